mod breaches;
mod builder;
mod samples;
mod survival;

mod breaches;
mod builder;
mod rules;
mod samples;
mod survival;

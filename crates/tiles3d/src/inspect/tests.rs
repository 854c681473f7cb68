mod breaches;
mod builder;
mod described;
mod rules;
mod samples;
mod survival;

//! Whole tilesets: implicit ones and metadata, from the samples and from a builder.

mod builder;
mod divided;
mod drafts;
mod metadata;
mod samples;
mod survival;

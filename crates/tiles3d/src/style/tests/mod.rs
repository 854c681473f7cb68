//! Tests of the styling language.

mod colors;
mod columns;
mod fixture;
mod random;
mod styles;
mod tables;

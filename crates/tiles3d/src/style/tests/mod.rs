//! Tests of the styling language.

mod colors;
mod columns;
mod fixture;
mod patterns;
mod random;
mod styles;
mod tables;

//! What the containers decode to, with files built here and values worked out by hand.

mod b3dm;
mod build;
mod cmpt;
mod draco;
mod i3dm;
mod pnts;
mod samples;

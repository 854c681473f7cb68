//! The cim-twin application: the city, live, on the desktop, on a wall and in a web page.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod app;
pub mod camera;
pub mod cases;
pub mod diagnostics;
pub mod feed;
pub mod grid;
#[cfg(not(target_arch = "wasm32"))]
pub mod headless;
pub mod live;
pub mod panels;
pub mod pick;
pub mod scene;
#[cfg(target_arch = "wasm32")]
pub mod web;

//! cim-twin
fn main() {}

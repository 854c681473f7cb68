//! cim-tiler

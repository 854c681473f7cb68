//! tiles3d

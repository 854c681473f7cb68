//! Why a tile could not be written.

/// Why a glb could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Arrays that must be as long as each other are not.
    #[error("{what} has {got} values where {want} are needed")]
    Length {
        /// Which array.
        what: String,
        /// Its length.
        got: usize,
        /// The length needed.
        want: usize,
    },
    /// A number that is not finite.
    #[error("a vertex of {0} is not a finite number")]
    NotFinite(String),
    /// A picture that is none.
    #[error("the picture on {0} is no WebP file")]
    Image(String),
    /// Indices that are no triangles of the vertices there are.
    #[error("the triangles of {0} have corners that are none of its vertices")]
    Index(String),
    /// The library that compresses refused the mesh.
    #[error("{what} could not be compressed: {why}")]
    Encode {
        /// Which mesh or stream.
        what: String,
        /// What the library says.
        why: String,
    },
    /// A tree that cannot be an implicit one.
    #[error("the tiles are no quadtree that can be written as an implicit one: {why} (at {place})")]
    NoQuadtree {
        /// Where in the tree.
        place: String,
        /// Why.
        why: String,
    },
    /// More than a glb can hold.
    #[error("the tile is larger than the 4 GiB that a glb can hold")]
    TooLarge,
}

//! Why a content could not be decoded.

/// Why a content could not be decoded.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// A length or offset points outside the file.
    #[error("{what} is cut off or points outside the file")]
    Truncated {
        /// Which part.
        what: &'static str,
    },
    /// A part is malformed.
    #[error("{what}: {message}")]
    Malformed {
        /// Which part.
        what: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// A format that is not read.
    #[error("content of the kind {0} is not read by this program")]
    Unsupported(String),
    /// A required glTF extension that is not read.
    #[error("the glTF requires the extension {0}, which this program does not read")]
    UnsupportedExtension(String),
    /// It would take more memory than allowed.
    #[error("the content would take {bytes} bytes decoded, more than the limit of {limit}")]
    TooLarge {
        /// Bytes that it would take.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A file that the glTF refers to could not be had.
    #[error("{uri}, which the content refers to: {message}")]
    External {
        /// Which file.
        uri: String,
        /// Why not.
        message: String,
    },
}

impl DecodeError {
    pub(crate) fn malformed(what: &'static str, message: impl ToString) -> Self {
        Self::Malformed { what, message: message.to_string() }
    }
}

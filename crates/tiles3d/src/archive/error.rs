//! Why an archive or one of its files cannot be read or written.

/// Why an archive or one of its files cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It has no end record where a ZIP ends.
    #[error("this is not a 3tz or ZIP archive: {0}")]
    NotAnArchive(&'static str),
    /// A record is malformed or points outside the archive.
    #[error("the archive's {what} is broken: {message}")]
    Broken {
        /// Which record or file.
        what: String,
        /// What is wrong with it.
        message: String,
    },
    /// The file is not in the archive.
    #[error("{0} is not in the archive")]
    NotFound(String),
    /// The file is stored in a way that is not read.
    #[error("{path} is {how} in the archive, which is not read")]
    Unsupported {
        /// Which file.
        path: String,
        /// Compression method or encryption.
        how: String,
    },
    /// It would take more memory than allowed.
    #[error("{what} would take {bytes} bytes, more than the limit of {limit}")]
    TooLarge {
        /// Which file or record.
        what: String,
        /// Bytes that it would take.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// Fewer or more bytes were fed than had been asked for.
    #[error("{got} bytes of the archive came where {want} were asked for")]
    WrongLength {
        /// Bytes asked for.
        want: u64,
        /// Bytes that came.
        got: u64,
    },
    /// A path that an archive must not hold.
    #[error("{path:?} cannot be put into an archive: {message}")]
    BadPath {
        /// The path.
        path: String,
        /// Why not.
        message: &'static str,
    },
    /// The underlying file failed.
    #[error("the archive cannot be read or written: {0}")]
    Io(#[from] std::io::Error),
}

impl ArchiveError {
    pub(super) fn broken(what: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Broken { what: what.into(), message: message.into() }
    }
}

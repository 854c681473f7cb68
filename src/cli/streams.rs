//! Standard output and standard error, which may close before the command is done: `cim-twin inspect CITY | head`.

use std::{
    fmt::Display,
    io::{ErrorKind, Write as _},
};

/// Prints a line of the command's result. That nobody reads on is no error.
///
/// # Errors
/// When it cannot be written for another reason, such as a full disk.
pub(super) fn print(line: impl Display) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(format!("the result cannot be printed: {e}")),
        _ => Ok(()),
    }
}

/// Tells the person something beside the result. Whether anybody reads it is no reason to stop.
pub(super) fn tell(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

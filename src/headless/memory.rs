//! The memory of this process.

/// Bytes of main memory that the process has now; `None` where the system does not tell.
pub(super) fn resident_bytes() -> Option<u64> {
    status("VmRSS:")
}

/// The most that it ever had, bytes.
pub(super) fn peak_bytes() -> Option<u64> {
    status("VmHWM:")
}

fn status(name: &str) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

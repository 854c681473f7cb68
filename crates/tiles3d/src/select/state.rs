//! What has become of the tiles' contents.

use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::Duration;

/// Decoded bytes, where they lie counted apart. Sums stop at the largest number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bytes {
    /// In main memory.
    pub cpu: u64,
    /// On the GPU.
    pub gpu: u64,
}

impl Bytes {
    /// Whether neither kind is more than in `limit`.
    #[must_use]
    pub fn fits(self, limit: Self) -> bool {
        self.cpu <= limit.cpu && self.gpu <= limit.gpu
    }

    /// How full `limit` is, by the kind that fills it more; 1 is full.
    pub(super) fn part_of(self, limit: Self) -> f64 {
        let part = |a: u64, b: u64| if a == 0 { 0.0 } else { a as f64 / b as f64 };
        part(self.cpu, limit.cpu).max(part(self.gpu, limit.gpu))
    }

    /// A little below, so that the next tile does not drop another at once.
    pub(super) fn with_slack(self) -> Self {
        Self { cpu: self.cpu - self.cpu / 16, gpu: self.gpu - self.gpu / 16 }
    }

    /// The lesser of each kind.
    pub(super) fn min(self, other: Self) -> Self {
        Self { cpu: self.cpu.min(other.cpu), gpu: self.gpu.min(other.gpu) }
    }
}

impl Add for Bytes {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { cpu: self.cpu.saturating_add(other.cpu), gpu: self.gpu.saturating_add(other.gpu) }
    }
}

impl Sub for Bytes {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self { cpu: self.cpu.saturating_sub(other.cpu), gpu: self.gpu.saturating_sub(other.gpu) }
    }
}

impl AddAssign for Bytes {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Bytes {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

/// What has become of a tile's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ContentState {
    /// Never asked for, or dropped.
    #[default]
    Unloaded,
    /// On its way.
    Loading,
    /// There.
    Ready {
        /// Its decoded size in main memory.
        cpu: u64,
        /// Its size on the GPU.
        gpu: u64,
    },
    /// It could not be reached, and is asked for again when the clock says this.
    RetryAt(Duration),
    /// It cannot be had: the rest goes on without it. Remembered until it is set otherwise.
    Failed,
}

impl ContentState {
    /// There, all of it in main memory.
    #[must_use]
    pub fn ready(bytes: u64) -> Self {
        Self::Ready { cpu: bytes, gpu: 0 }
    }
}

/// Why a tile could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The server or the link: it may work later.
    Temporary,
    /// It does not exist or cannot be read: asking again would not help.
    Permanent,
}

/// How many tiles are in which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// On their way.
    pub loading: usize,
    /// There.
    pub ready: usize,
    /// To be asked for again.
    pub retrying: usize,
    /// Broken for good.
    pub failed: usize,
}

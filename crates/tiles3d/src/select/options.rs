//! What selection is allowed to do.

use super::Bytes;
use std::time::Duration;

/// What selection is allowed to do.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectOptions {
    /// Error that may be seen, pixels. Lower is sharper and loads more; higher is coarser and faster.
    pub max_error_px: f64,
    /// Decoded bytes that may be held in main memory. Lower makes a small machine happy and coarsens wide views; higher
    /// keeps more of the city ready when the camera comes back.
    pub max_bytes: u64,
    /// Decoded bytes that may be held on the GPU; as for main memory.
    pub max_gpu_bytes: u64,
    /// Loads wanted at a time. Lower reacts faster when the camera turns, higher uses a fast link better.
    pub max_loading: usize,
    /// A tile that gave way to its children comes back only when its error is below this part of the limit, 0.1 to 1.
    /// Lower changes less often and holds more detail than asked for; 1 lets a camera that trembles flicker.
    pub hold: f64,
    /// Levels of REPLACE tiles that may be left out on the way down to the wanted one. 0 loads every level: coarse
    /// pictures come early and moving away always finds them. More loads less and shows the wanted level sooner.
    pub skip_levels: u32,
    /// A tile below a loaded one is left out while its error is above the loaded one's divided by this. Only with
    /// `skip_levels`; higher leaves out more.
    pub skip_factor: f64,
    /// Tiles with a larger error than this, pixels, are never left out: they are the first, coarse picture. Only with
    /// `skip_levels`.
    pub base_error_px: f64,
    /// A REPLACE tile with a descendant that is broken for good stays in its place, and all around it, while its own
    /// error is below this many times the limit. Higher hides gaps longer at the price of detail beside them (infinity
    /// never shows one), 0 shows a gap for each broken tile.
    pub broken_hold: f64,
    /// Whether what is beside the seen tiles is loaded too, after all else and only where it fits. Without it less is
    /// loaded, and a camera that turns shows coarse tiles at the edge of the picture for a moment.
    pub preload_siblings: bool,
    /// Frames after which a load that no view wants any more is cancelled. Lower saves the link when the camera turns
    /// quickly, higher keeps what a camera that turns back needs.
    pub cancel_after_frames: u32,
    /// Wait before a tile that could not be reached is asked for again; doubled each time.
    pub retry_after: Duration,
    /// The longest such wait.
    pub retry_at_most: Duration,
    /// Tries after which such a tile counts as broken for good.
    pub max_tries: u8,
    /// Frames after which what was grafted into the tree (external tilesets, subtrees) may be taken out when no view
    /// has seen it. Lower keeps the tree small, higher saves asking for it again.
    pub prune_after_frames: u32,
    /// Tiles in the tree up to which nothing is taken out.
    pub keep_tiles: usize,
}

impl Default for SelectOptions {
    fn default() -> Self {
        Self {
            max_error_px: 16.0,
            max_bytes: 1 << 30,
            max_gpu_bytes: 1 << 30,
            max_loading: 24,
            hold: 0.8,
            skip_levels: 0,
            skip_factor: 16.0,
            base_error_px: 1024.0,
            broken_hold: 4.0,
            preload_siblings: true,
            cancel_after_frames: 30,
            retry_after: Duration::from_secs(1),
            retry_at_most: Duration::from_secs(60),
            max_tries: 6,
            prune_after_frames: 3600,
            keep_tiles: 1 << 16,
        }
    }
}

impl SelectOptions {
    /// Both budgets.
    pub(super) fn max(&self) -> Bytes {
        Bytes { cpu: self.max_bytes, gpu: self.max_gpu_bytes }
    }

    /// The wait after so many tries that failed; `None` when that was the last one.
    pub(super) fn wait(&self, tries: u8) -> Option<Duration> {
        (tries < self.max_tries).then(|| {
            let doubled = 1u32.checked_shl(u32::from(tries.saturating_sub(1))).unwrap_or(u32::MAX);
            self.retry_after.saturating_mul(doubled).min(self.retry_at_most)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_end() {
        let options = SelectOptions { max_tries: 9, ..SelectOptions::default() };
        let secs: Vec<_> = (1..=9).map(|n| options.wait(n).map(|d| d.as_secs())).collect();
        let expected = [Some(1), Some(2), Some(4), Some(8), Some(16), Some(32), Some(60), Some(60), None];
        assert_eq!(secs, expected);
        assert_eq!(SelectOptions { max_tries: 255, ..options }.wait(254), Some(Duration::from_secs(60)));
    }
}

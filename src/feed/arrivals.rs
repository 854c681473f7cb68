//! Whether all that was asked of the backend is here: for pictures, which are taken once.

use super::{
    backend::{Backend, Clock, Inbox, LinkStatus},
    events::LinkState,
    fetch::Fetcher,
    records::Collections,
};
use bevy::{ecs::system::SystemParam, prelude::*};

/// Seconds in which the first positions are expected after the fleet is known.
const FIRST_POSITIONS_SECS: f64 = 5.0;

/// What is known of the vehicles.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fleet {
    /// Seconds since the program started at which it was known that there are any.
    pub(super) known_since: Option<f64>,
    /// Whether any of them has said where it is.
    pub(super) heard: bool,
}

impl Fleet {
    /// Whether there are vehicles that may say any moment for the first time where they are.
    fn is_awaited(&self, now_secs: f64) -> bool {
        !self.heard && self.known_since.is_some_and(|since| now_secs < since + FIRST_POSITIONS_SECS)
    }
}

/// Whether all that was asked of the backend is here.
#[derive(SystemParam)]
pub struct Arrivals<'w> {
    backend: Res<'w, Backend>,
    status: Res<'w, LinkStatus>,
    inbox: Res<'w, Inbox>,
    fetcher: Res<'w, Fetcher>,
    clock: Res<'w, Clock>,
}

impl Arrivals<'_> {
    /// What is still missing, for a person; `None` when everything is here, or there is no backend.
    #[must_use]
    pub fn missing(&self) -> Option<String> {
        let (busy, again) = (self.fetcher.busy(), self.inbox.again.len());
        if self.backend.base.is_some() && self.status.0 != LinkState::Connected {
            return Some("the backend is not connected".into());
        }
        if busy > 0 {
            return Some(format!("{busy} files are on their way"));
        }
        if again > 0 {
            return Some(format!("{again} answers of the backend failed and are asked for again"));
        }
        let unread = !self.inbox.receiver.is_empty();
        let unknown = self.backend.base.is_some() && matches!(self.inbox.collections, Collections::Unknown);
        if unread || unknown {
            return Some("answers of the backend are to be taken in".into());
        }
        self.inbox.fleet.is_awaited(self.clock.elapsed_secs()).then(|| "no vehicle has said yet where it is".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fleet_is_awaited_for_a_while() {
        let fleet = |known_since, heard| Fleet { known_since, heard };
        assert!(!fleet(None, false).is_awaited(3.0));
        assert!(fleet(Some(2.0), false).is_awaited(6.9));
        assert!(!fleet(Some(2.0), false).is_awaited(7.0));
        assert!(!fleet(Some(2.0), true).is_awaited(2.1));
    }
}

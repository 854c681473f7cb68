//! Collections that are too large to hold: read only around the camera, only from near enough, and only so many.

use super::{
    backend::{Backend, Clock, Inbox, LinkStatus},
    events::{FeedEvent, LinkState},
    fetch::Fetcher,
};
use crate::{camera::MapCamera, live::Layers, scene::SiteGeo};
use bevy::{math::DVec3, prelude::*};
use cim_model::LayerId;
use std::collections::HashMap;

/// How a layer is read.
pub(super) struct Reach {
    pub(super) layer: LayerId,
    pub(super) collection: &'static str,
    /// Metres from the camera to what it looks at up to which the layer is read: farther off its things are less than a
    /// pixel.
    within_m: f64,
    /// Metres from the middle of the square that is read to its edge: this share of the distance, within bounds.
    share: f64,
    half_m: [f64; 2],
    /// Things that are read at most: more cost a browser its frame.
    limit: usize,
    /// Seconds after which it is read again; none for what does not change by itself.
    every_secs: f64,
}

/// The layers that are read so.
pub(super) const REACHES: [Reach; 4] = [
    Reach {
        layer: LayerId::UnitGrid,
        collection: "unit_grid",
        within_m: 7000.0,
        share: 1.2,
        half_m: [1000.0, 3500.0],
        limit: 6000,
        every_secs: f64::INFINITY,
    },
    Reach {
        layer: LayerId::Component,
        collection: "components",
        within_m: 800.0,
        share: 1.0,
        half_m: [280.0, 380.0],
        limit: 5000,
        every_secs: f64::INFINITY,
    },
    Reach {
        layer: LayerId::SharedBike,
        collection: "shared_bike",
        within_m: 900.0,
        share: 1.0,
        half_m: [300.0, 500.0],
        limit: 4000,
        every_secs: 300.0,
    },
    Reach {
        layer: LayerId::ShopSign,
        collection: "shop_sign",
        within_m: 900.0,
        share: 1.0,
        half_m: [300.0, 500.0],
        limit: 3000,
        every_secs: f64::INFINITY,
    },
];

/// Whether only a part of the layer is ever held: its count comes from the backend.
#[must_use]
pub fn is_read_near(layer: LayerId) -> bool {
    REACHES.iter().any(|r| r.layer == layer)
}

/// Seconds after which an answer is no longer awaited.
const PATIENCE_SECS: f64 = 15.0;
/// Share of a square's half edge that the camera may move before the next one is read.
const SLACK: f64 = 0.35;

/// A square that was asked for.
#[derive(Debug, Clone, Copy)]
struct Asked {
    middle: DVec3,
    half_m: f64,
    at_secs: f64,
    /// Whether its answer is still awaited.
    waiting: bool,
}

/// What was asked for of each layer.
#[derive(Resource, Default)]
pub(super) struct Near(HashMap<LayerId, Asked>);

impl Asked {
    /// Whether this square still serves a view.
    fn serves(&self, reach: &Reach, target: DVec3, half_m: f64, now: f64) -> bool {
        let moved = (target.x - self.middle.x).abs().max((target.z - self.middle.z).abs());
        let grown = half_m > self.half_m * (1.0 + SLACK) || half_m < self.half_m * (1.0 - SLACK);
        moved < SLACK * self.half_m && !grown && now - self.at_secs < reach.every_secs
    }
}

/// West, south, east and north of a square, degrees.
fn bbox(site: &SiteGeo, middle: DVec3, half_m: f64) -> [f64; 4] {
    let corners = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]
        .map(|(x, z)| site.place(middle + DVec3::new(x * half_m, 0.0, z * half_m)));
    corners.iter().fold([f64::MAX, f64::MAX, f64::MIN, f64::MIN], |b, p| {
        [b[0].min(p.lon), b[1].min(p.lat), b[2].max(p.lon), b[3].max(p.lat)]
    })
}

/// Asks for what has come near, and forgets what is far.
pub(super) fn look(
    map: Option<Res<MapCamera>>,
    (site, layers, clock): (Res<SiteGeo>, Res<Layers>, Res<Clock>),
    (backend, status): (Res<Backend>, Res<LinkStatus>),
    fetcher: Res<Fetcher>,
    inbox: Res<Inbox>,
    mut near: ResMut<Near>,
    mut events: MessageWriter<FeedEvent>,
) {
    let (Some(map), Some(base)) = (map, &backend.base) else { return };
    if status.0 != LinkState::Connected {
        // What comes back may be another city.
        near.0.clear();
        return;
    }
    let (now, view) = (clock.elapsed_secs(), &map.0);
    for reach in &REACHES {
        let wanted = layers.is_on(reach.layer) && view.distance_m <= reach.within_m;
        let half_m = (reach.share * view.distance_m).clamp(reach.half_m[0], reach.half_m[1]);
        let asked = near.0.get(&reach.layer).copied();
        let waiting = asked.is_some_and(|a| a.waiting && now - a.at_secs < PATIENCE_SECS);
        if waiting {
            continue;
        }
        match asked {
            Some(_) if !wanted => {
                near.0.remove(&reach.layer);
                events.write(FeedEvent::Records { layer: reach.layer, first: true, records: Vec::new() });
            }
            None if !(wanted && inbox.collections.may_have(reach.collection)) => {}
            // One whose answer has not come in all that time is asked for again.
            Some(a) if !a.waiting && a.serves(reach, view.target, half_m, now) => {}
            _ => {
                let [w, s, e, n] = bbox(&site, view.target, half_m);
                let query = format!("?bbox={w:.6},{s:.6},{e:.6},{n:.6}&limit={}", reach.limit);
                inbox.read_square(&fetcher, base, reach, &query);
                near.0.insert(reach.layer, Asked { middle: view.target, half_m, at_secs: now, waiting: true });
            }
        }
    }
}

/// Hears that answers have come.
pub(super) fn hear(mut events: MessageReader<FeedEvent>, mut near: ResMut<Near>) {
    for event in events.read() {
        if let FeedEvent::Records { layer, .. } = event
            && let Some(asked) = near.0.get_mut(layer)
        {
            asked.waiting = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_serves_until_the_camera_leaves_its_middle_or_comes_much_nearer() {
        let reach = REACHES.iter().find(|r| r.layer == LayerId::SharedBike).unwrap();
        let asked = Asked { middle: DVec3::ZERO, half_m: 400.0, at_secs: 10.0, waiting: false };
        assert!(asked.serves(reach, DVec3::new(100.0, 0.0, -100.0), 400.0, 11.0));
        assert!(!asked.serves(reach, DVec3::new(150.0, 0.0, 0.0), 400.0, 11.0));
        assert!(!asked.serves(reach, DVec3::ZERO, 200.0, 11.0) && !asked.serves(reach, DVec3::ZERO, 560.0, 11.0));
        assert!(!asked.serves(reach, DVec3::ZERO, 400.0, 311.0));
    }

    #[test]
    fn a_square_becomes_a_box_of_degrees() {
        let site = SiteGeo::default();
        let [w, s, e, n] = bbox(&site, DVec3::ZERO, 500.0);
        let corner = site.position(cim_model::Place::new(e, n), 0.0);
        assert!((corner.x - 500.0).abs() < 2.0 && (corner.z + 500.0).abs() < 2.0, "{corner}");
        assert!(w < e && s < n);
    }
}

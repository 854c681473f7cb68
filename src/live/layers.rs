//! Which layers are on, and how fresh each is.

use bevy::prelude::*;
use cim_model::{LAYERS, LayerId};

/// Visibility and age of every layer.
#[derive(Resource, Debug, Clone)]
pub struct Layers {
    on: Vec<bool>,
    last_secs: Vec<Option<f64>>,
    count: Vec<usize>,
}

impl Default for Layers {
    /// Everything that does not cover the city is on.
    fn default() -> Self {
        let hidden = [LayerId::Admin, LayerId::ShopSign, LayerId::BikeArea, LayerId::Case];
        Self {
            on: LAYERS.iter().map(|l| !hidden.contains(&l.id)).collect(),
            last_secs: vec![None; LAYERS.len()],
            count: vec![0; LAYERS.len()],
        }
    }
}

impl Layers {
    /// Whether the layer is shown.
    #[must_use]
    pub fn is_on(&self, layer: LayerId) -> bool {
        self.on[layer as usize]
    }

    /// Shows or hides it.
    pub fn set_on(&mut self, layer: LayerId, on: bool) {
        self.on[layer as usize] = on;
    }

    /// Notes that data of the layer arrived at `now_secs` (seconds since the program started).
    pub fn touch(&mut self, layer: LayerId, now_secs: f64) {
        self.last_secs[layer as usize] = Some(now_secs);
    }

    /// Seconds since data of the layer last arrived.
    #[must_use]
    pub fn age_secs(&self, layer: LayerId, now_secs: f64) -> Option<f64> {
        self.last_secs[layer as usize].map(|t| (now_secs - t).max(0.0))
    }

    /// Whether a changing layer has been silent for three times its expected interval, or was never heard of.
    #[must_use]
    pub fn is_stale(&self, layer: LayerId, now_secs: f64) -> bool {
        layer
            .info()
            .expected_every_secs
            .is_some_and(|every| self.age_secs(layer, now_secs).is_none_or(|age| age > 3.0 * every))
    }

    /// How many things the layer shows.
    #[must_use]
    pub fn count(&self, layer: LayerId) -> usize {
        self.count[layer as usize]
    }

    /// Says how many things the layer shows.
    pub fn set_count(&mut self, layer: LayerId, count: usize) {
        self.count[layer as usize] = count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_makes_a_changing_layer_stale() {
        let mut layers = Layers::default();
        assert!(layers.is_stale(LayerId::MuckTruck, 0.0));
        layers.touch(LayerId::MuckTruck, 1.0);
        assert!(!layers.is_stale(LayerId::MuckTruck, 30.0));
        assert!(layers.is_stale(LayerId::MuckTruck, 32.0));
        assert!(!layers.is_stale(LayerId::Camera, 1e9));
    }
}

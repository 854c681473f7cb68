//! The demo city's description: names, numbers and shares, in `data/demo-city.json`.

use cim_model::SensorKind;
use serde::Deserialize;
use std::{collections::BTreeMap, sync::LazyLock};

/// The description.
const TEXT: &str = include_str!("../../../../data/demo-city.json");

/// What a block is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Zone {
    OldTown,
    Village,
    Slabs,
    Towers,
    Commerce,
    Mall,
    Offices,
    School,
    Hospital,
    Stadium,
    Factory,
    Park,
    Construction,
    Dump,
}

/// Chinese and English.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Name {
    pub(super) zh: String,
    pub(super) en: String,
}

/// How many there are of what a city of full size has.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(super) struct Numbers {
    pub(super) buildings: usize,
    pub(super) main_roads: usize,
    pub(super) cameras: usize,
    pub(super) shop_signs: usize,
    pub(super) shared_bikes: usize,
    pub(super) components: usize,
    pub(super) cases: usize,
    pub(super) flood_points: usize,
}

/// Sensors of a kind.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Sensors {
    pub(super) kind: SensorKind,
    /// What their ids begin with.
    pub(super) prefix: String,
    pub(super) count: usize,
    /// Lower and upper threshold, in the kind's unit.
    pub(super) warning: f64,
    pub(super) alarm: f64,
}

/// Which part of the city a district is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Part {
    East,
    South,
    West,
    Rest,
}

/// A district, or a zone that is managed as one.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct District {
    #[serde(flatten)]
    pub(super) name: Name,
    /// GB/T 2260's code; of a management area, which has none, one of the city's own.
    pub(super) code: String,
    pub(super) level: String,
    pub(super) part: Part,
}

/// A demonstration road (示范路段).
#[derive(Debug, Clone, Deserialize)]
pub(super) struct DemonstrationRoad {
    pub(super) name: String,
    pub(super) of: String,
}

/// Names of streets, the known ones from the centre outwards, and what others are made of.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Streets {
    pub(super) northward: Vec<String>,
    pub(super) eastward: Vec<String>,
    pub(super) prefixes: Vec<String>,
    pub(super) suffixes: Vec<String>,
}

/// What names of shops are made of.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Shops {
    pub(super) first: Vec<String>,
    pub(super) kind: Vec<String>,
}

/// What the blocks are used for within a distance from the centre.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Belt {
    /// Share of half the city's edge.
    pub(super) within: f64,
    pub(super) shares: BTreeMap<Zone, f64>,
}

/// Where components of a class stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stand {
    /// On the pavement at the kerb, both sides.
    Kerb,
    /// In the carriageway at the kerb, both sides.
    Gutter,
    /// In the lanes.
    Lane,
    /// Along the middle of the road.
    Centre,
    /// Somewhere on the pavement.
    Pavement,
    /// At bus stops, one on each side.
    Stop,
    /// Where a street tree stands.
    Tree,
    /// At the corners of crossings.
    Crossing,
}

/// A class of components (部件小类).
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ComponentClass {
    /// Major and minor class of CJ/T 214, four digits.
    pub(super) code: String,
    #[serde(flatten)]
    pub(super) name: Name,
    pub(super) place: Stand,
    /// Metres from one to the next; 0 where something else says where they are.
    pub(super) step_m: f64,
    /// Who looks after them.
    pub(super) department: String,
    pub(super) material: String,
    /// 设置位置.
    pub(super) set_at: String,
    /// Classes of roads that have them; all without.
    #[serde(default)]
    pub(super) roads: Vec<String>,
}

/// The description.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Demo {
    pub(super) name: Name,
    /// Longitude and latitude of the centre.
    pub(super) origin: [f64; 2],
    /// GB/T 2260's code of the county-level district that codes begin with.
    pub(super) county: String,
    pub(super) numbers: Numbers,
    pub(super) sensors: Vec<Sensors>,
    pub(super) districts: Vec<District>,
    pub(super) subdistricts: Vec<Name>,
    pub(super) demonstration_roads: Vec<DemonstrationRoad>,
    pub(super) streets: Streets,
    pub(super) estates: Vec<String>,
    /// What stands between the name of an estate and its kind where the name is taken.
    pub(super) estate_words: Vec<String>,
    pub(super) shops: Shops,
    pub(super) zones: Vec<Belt>,
    pub(super) lakeside: BTreeMap<Zone, f64>,
    /// Blocks that come once in so many, and which of them.
    pub(super) every: BTreeMap<Zone, [usize; 2]>,
    pub(super) block_names: BTreeMap<Zone, Vec<String>>,
    pub(super) component_classes: Vec<ComponentClass>,
    pub(super) component_majors: BTreeMap<String, String>,
}

static DEMO: LazyLock<Demo> = LazyLock::new(|| {
    // The file is part of the program, and a test reads it: were it broken, the city would be empty.
    serde_json::from_str(TEXT).unwrap_or_default()
});

/// The demo city's description.
pub(super) fn demo() -> &'static Demo {
    &DEMO
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_is_whole() {
        let demo: Demo = serde_json::from_str(TEXT).unwrap();
        for belt in demo.zones.iter().map(|b| &b.shares).chain([&demo.lakeside]) {
            assert!((belt.values().sum::<f64>() - 1.0).abs() < 1e-9, "{belt:?}");
        }
        let used = demo.zones.iter().flat_map(|b| b.shares.keys()).chain(demo.every.keys());
        assert!(used.into_iter().all(|z| demo.block_names.get(z).is_some_and(|n| !n.is_empty())));
        assert_eq!(demo.districts.iter().filter(|d| d.part == Part::Rest).count(), 1);
        for class in &demo.component_classes {
            assert!(class.code.len() == 4 && demo.component_majors.contains_key(&class.code[..2]), "{}", class.code);
            let stepped = !matches!(class.place, Stand::Tree | Stand::Crossing);
            assert_eq!(stepped, class.step_m > 5.0, "{}", class.code);
        }
        assert_eq!(demo.sensors.iter().map(|s| s.count).sum::<usize>(), 500);
        assert!(demo.subdistricts.iter().all(|s| s.en.is_ascii() && !s.zh.is_empty()));
    }
}

//! The one key of everything that can be clicked.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// What kind of thing an [`EntityKey`] names.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EntityKind { $($(#[$doc])* $variant),+ }

        impl EntityKind {
            /// Every kind, in the order of the enum.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name used in keys, tiles, links and messages.
            #[must_use]
            pub const fn name(self) -> &'static str { match self { $(Self::$variant => $name),+ } }

            /// The kind of that name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> { match name { $($name => Some(Self::$variant),)+ _ => None } }
        }
    };
}

kinds! {
    /// A building of the city model (建筑).
    Building = "building",
    /// A road (道路); the 238 main roads have a road chief (路长).
    Road = "road",
    /// A river, canal or lake (水系).
    Water = "water",
    /// A park or green (绿地).
    Green = "green",
    /// A vehicle that reports its position (车辆).
    Vehicle = "vehicle",
    /// An IoT sensor (物联感知设备).
    Sensor = "sensor",
    /// A video camera (视频监控).
    Camera = "camera",
    /// An alert raised by a camera's AI or by a sensor (告警).
    Alert = "alert",
    /// A unit grid cell (单元网格), 15-digit code.
    Grid = "grid",
    /// A shop sign (门店招牌).
    Sign = "sign",
    /// A shared bike (共享单车).
    Bike = "bike",
    /// A managed city component (部件), 16-digit code.
    Component = "component",
    /// A district, subdistrict or community (行政区划).
    Admin = "admin",
    /// A construction site (建设工地).
    ConstructionSite = "construction_site",
    /// A site where muck is dumped (消纳场).
    DumpSite = "dump_site",
    /// A place that floods (积水点).
    FloodPoint = "flood_point",
    /// An area where shared bikes are parked (单车停放区).
    BikeArea = "bike_area",
    /// A case (案件).
    Case = "case",
    /// A kind this version does not know.
    Other = "other",
}

/// Kind and the id that the owning system gave; unique in a city. Text form `kind:id`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityKey {
    /// What it is.
    pub kind: EntityKind,
    /// The owning system's id: opaque, never parsed.
    pub id: String,
}

/// The text is not an entity key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is no `:` or nothing behind it.
    #[error("`{0}` is not `kind:id`")]
    Shape(String),
    /// The kind is unknown.
    #[error("`{0}` is not a kind of entity")]
    Kind(String),
}

impl EntityKey {
    /// A key from its two parts.
    #[must_use]
    pub fn new(kind: EntityKind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into() }
    }
}

impl fmt::Display for EntityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.name(), self.id)
    }
}

impl FromStr for EntityKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let short = || text.chars().take(80).collect::<String>();
        let (kind, id) = text.split_once(':').ok_or_else(|| KeyError::Shape(short()))?;
        if id.is_empty() {
            return Err(KeyError::Shape(short()));
        }
        let kind = EntityKind::from_name(kind).ok_or_else(|| KeyError::Kind(short()))?;
        Ok(Self::new(kind, id))
    }
}

impl Serialize for EntityKey {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EntityKey {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(D::Error::custom)
    }
}

impl Serialize for EntityKind {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for EntityKind {
    /// A name this version does not know becomes [`EntityKind::Other`].
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let name = String::deserialize(d)?;
        Ok(Self::from_name(&name).unwrap_or(Self::Other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_form_round_trips_for_every_kind() {
        for &kind in EntityKind::ALL {
            let key = EntityKey::new(kind, "370811001001001:a");
            assert_eq!(key.to_string().parse::<EntityKey>().unwrap(), key);
        }
        assert!(matches!("building".parse::<EntityKey>(), Err(KeyError::Shape(_))));
        assert!(matches!("building:".parse::<EntityKey>(), Err(KeyError::Shape(_))));
        assert!(matches!("dragon:1".parse::<EntityKey>(), Err(KeyError::Kind(_))));
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in ".*") {
            if let Ok(key) = text.parse::<EntityKey>() {
                prop_assert_eq!(key.to_string(), text);
            }
        }
    }
}

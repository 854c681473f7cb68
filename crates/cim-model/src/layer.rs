//! The layer catalogue.

use serde::{Deserialize, Serialize};

macro_rules! layers {
    ($($(#[$doc:meta])* $variant:ident = $id:literal, $zh:literal, $en:literal, $every:expr;)+) => {
        /// A layer that can be switched on and off.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum LayerId { $($(#[$doc])* $variant),+ }

        /// Every layer, in the order in which a person sees them listed.
        pub const LAYERS: &[Layer] = &[$(Layer {
            id: LayerId::$variant, name: $id, zh: $zh, en: $en, expected_every_secs: $every,
        }),+];
    };
}

/// What the catalogue says of a layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layer {
    /// The layer.
    pub id: LayerId,
    /// Its stable name, also the name of its collection at the backend.
    pub name: &'static str,
    /// Its Chinese name.
    pub zh: &'static str,
    /// Its English name.
    pub en: &'static str,
    /// Seconds within which fresh data is expected; `None` for a layer that does not change by itself.
    /// A layer silent for three times as long is stale.
    pub expected_every_secs: Option<f64>,
}

layers! {
    /// The city model: buildings, roads, water, green.
    TerrainBuildings = "terrain_buildings", "城市底座", "City base model", None;
    /// Districts, subdistricts and communities.
    Admin = "admin", "行政区划", "Districts", None;
    /// Unit grid cells.
    UnitGrid = "unit_grid", "单元网格", "Unit grids", None;
    /// Main roads with a road chief.
    RoadChief = "road_chief", "路长制主干道路", "Road-chief roads", None;
    /// Video cameras.
    Camera = "camera", "视频监控", "CCTV cameras", None;
    /// Alerts raised by AI recognition and sensors.
    AiAlarm = "ai_alarm", "AI识别告警", "AI alerts", Some(60.0);
    /// Sanitation vehicles.
    SanitationVehicle = "sanitation_vehicle", "环卫车辆", "Sanitation vehicles", Some(10.0);
    /// Muck trucks.
    MuckTruck = "muck_truck", "渣土车", "Muck trucks", Some(10.0);
    /// Construction sites.
    MuckSite = "muck_site", "建设工地", "Construction sites", None;
    /// Sites where muck is dumped.
    MuckDump = "muck_dump", "消纳场", "Dump sites", None;
    /// Places that flood.
    FloodPoint = "flood_point", "积水点", "Flood points", None;
    /// IoT sensors.
    IotDevice = "iot_device", "物联感知设备", "IoT devices", Some(60.0);
    /// Shop signs.
    ShopSign = "shop_sign", "门店招牌", "Shop signs", None;
    /// Shared bikes.
    SharedBike = "shared_bike", "共享单车", "Shared bikes", None;
    /// Parking areas of shared bikes.
    BikeArea = "bike_area", "单车停放区", "Bike parking", None;
    /// Managed components.
    Component = "component", "城市部件", "City components", None;
    /// Cases.
    Case = "case", "案件", "Cases", Some(60.0);
}

impl LayerId {
    /// The layer's entry in the catalogue.
    #[must_use]
    pub fn info(self) -> &'static Layer {
        // The catalogue is written by the same macro, in the order of the variants.
        &LAYERS[self as usize]
    }

    /// The layer of that stable name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        LAYERS.iter().find(|l| l.name == name).map(|l| l.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn catalogue_and_enum_agree() {
        for layer in LAYERS {
            assert_eq!(layer.id.info(), layer);
            assert_eq!(LayerId::from_name(layer.name), Some(layer.id));
            assert_eq!(serde_json::to_string(&layer.id).unwrap(), format!("\"{}\"", layer.name));
        }
        assert_eq!(LayerId::from_name("nothing"), None);
    }
}

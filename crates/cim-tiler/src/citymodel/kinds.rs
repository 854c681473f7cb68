//! Classes of objects and of surfaces: what they are to the city.

use crate::city::{FacetKind, Skin};
use cim_model::EntityKind;

/// What a class (CityJSON's name of it) is to the city, how it looks, and its Chinese name.
pub(super) fn nature(kind: &str) -> (EntityKind, Skin, &'static str) {
    match kind {
        "Building" => (EntityKind::Building, Skin::Building, "建筑"),
        "BuildingPart" => (EntityKind::Building, Skin::Building, "建筑部分"),
        "BuildingInstallation" | "BuildingConstructiveElement" => (EntityKind::Building, Skin::Building, "建筑附属"),
        "BuildingRoom" | "BuildingStorey" | "BuildingUnit" | "BuildingFurniture" => {
            (EntityKind::Building, Skin::Structure, "建筑内部")
        }
        k if k.starts_with("Bridge") => (EntityKind::Other, Skin::Structure, "桥梁"),
        k if k.starts_with("Tunnel") => (EntityKind::Other, Skin::Structure, "隧道"),
        "Road" => (EntityKind::Road, Skin::Road, "道路"),
        "Railway" => (EntityKind::Other, Skin::Road, "铁路"),
        "Track" => (EntityKind::Other, Skin::Road, "小路"),
        "TransportSquare" | "Waterway" | "TransportationComplex" => (EntityKind::Other, Skin::Road, "交通用地"),
        "WaterBody" => (EntityKind::Water, Skin::Water, "水域"),
        "PlantCover" => (EntityKind::Green, Skin::Green, "植被"),
        "SolitaryVegetationObject" => (EntityKind::Green, Skin::Plant, "树木"),
        "LandUse" => (EntityKind::Other, Skin::Land, "用地"),
        "TINRelief" | "ReliefFeature" => (EntityKind::Other, Skin::Land, "地形"),
        "CityFurniture" => (EntityKind::Other, Skin::Structure, "市政设施"),
        "OtherConstruction" => (EntityKind::Other, Skin::Structure, "构筑物"),
        _ => (EntityKind::Other, Skin::Structure, "其他"),
    }
}

/// What a semantic surface (CityJSON's and CityGML's name of it) is to its object.
pub(crate) fn facet_kind(name: &str) -> FacetKind {
    match name {
        "RoofSurface" | "OuterCeilingSurface" => FacetKind::Roof,
        "WallSurface" | "InteriorWallSurface" => FacetKind::Wall,
        "GroundSurface" | "OuterFloorSurface" => FacetKind::Ground,
        "Window" | "WindowSurface" => FacetKind::Window,
        "Door" | "DoorSurface" => FacetKind::Door,
        "ClosureSurface" | "WaterClosureSurface" => FacetKind::Closure,
        _ => FacetKind::Unknown,
    }
}

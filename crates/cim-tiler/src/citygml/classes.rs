//! The classes of CityGML by CityJSON's names for them, which are also those of CityGML 3.0.

/// What an element of a feature is to its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// An object, with CityJSON's name of its class.
    Object(&'static str),
    /// A surface of its object, or a space that is one of its pieces: a lane of a road.
    Piece,
}

/// The class of an element by its name; `None` when it is no feature of CityGML's.
pub(super) fn class(name: &str) -> Option<Class> {
    let object = match name {
        "Building" => "Building",
        "BuildingPart" => "BuildingPart",
        "BuildingInstallation" | "IntBuildingInstallation" => "BuildingInstallation",
        "BuildingConstructiveElement" => "BuildingConstructiveElement",
        "Room" | "BuildingRoom" => "BuildingRoom",
        "Storey" => "BuildingStorey",
        "BuildingUnit" => "BuildingUnit",
        "BuildingFurniture" => "BuildingFurniture",
        "Bridge" => "Bridge",
        "BridgePart" => "BridgePart",
        "BridgeInstallation" | "IntBridgeInstallation" => "BridgeInstallation",
        "BridgeConstructionElement" | "BridgeConstructiveElement" => "BridgeConstructiveElement",
        "BridgeRoom" => "BridgeRoom",
        "BridgeFurniture" => "BridgeFurniture",
        "Tunnel" => "Tunnel",
        "TunnelPart" => "TunnelPart",
        "TunnelInstallation" | "IntTunnelInstallation" => "TunnelInstallation",
        "TunnelConstructiveElement" => "TunnelConstructiveElement",
        "HollowSpace" => "TunnelHollowSpace",
        "TunnelFurniture" => "TunnelFurniture",
        "Road" => "Road",
        "Railway" => "Railway",
        "Track" => "Track",
        "Square" => "TransportSquare",
        "Waterway" => "Waterway",
        "TransportationComplex" => "TransportationComplex",
        "WaterBody" => "WaterBody",
        "PlantCover" => "PlantCover",
        "SolitaryVegetationObject" => "SolitaryVegetationObject",
        "LandUse" => "LandUse",
        "ReliefFeature" => "ReliefFeature",
        "TINRelief" => "TINRelief",
        "MassPointRelief" => "MassPointRelief",
        "BreaklineRelief" => "BreaklineRelief",
        "RasterRelief" => "RasterRelief",
        "CityFurniture" => "CityFurniture",
        "GenericCityObject" | "GenericOccupiedSpace" | "GenericUnoccupiedSpace" | "GenericLogicalSpace" => {
            "GenericCityObject"
        }
        "CityObjectGroup" => "CityObjectGroup",
        "OtherConstruction" => "OtherConstruction",
        "Window"
        | "Door"
        | "TrafficArea"
        | "AuxiliaryTrafficArea"
        | "Section"
        | "Intersection"
        | "TrafficSpace"
        | "AuxiliaryTrafficSpace"
        | "ClearanceSpace"
        | "Marking"
        | "Hole" => return Some(Class::Piece),
        surface if surface.ends_with("Surface") => return Some(Class::Piece),
        _ => return None,
    };
    Some(Class::Object(object))
}

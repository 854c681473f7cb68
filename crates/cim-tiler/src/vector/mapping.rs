//! The mapping file: what the layers of a delivery are, and what their attributes mean.

use crate::TilerError;
use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;
use std::{fs, path::Path};

/// What the features of a layer become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Buildings, from footprints.
    Building,
    /// Roads, from centre lines.
    Road,
    /// Water, from outlines.
    Water,
    /// Green, from outlines.
    Green,
    /// Cells of the unit grid (管理网格), from outlines.
    Grid,
    /// Managed components (部件), of any geometry.
    Component,
    /// Shop signs (门店招牌), from points.
    Sign,
    /// Cameras (视频监控), from points.
    Camera,
    /// Sensors (物联感知设备), from points.
    Sensor,
    /// Trees (行道树), from points.
    Tree,
    /// Models of glTF files, from points with the names of the files.
    Model,
    /// Nothing.
    Ignore,
}

impl Kind {
    /// Its word in mapping files and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Road => "road",
            Self::Water => "water",
            Self::Green => "green",
            Self::Grid => "grid",
            Self::Component => "component",
            Self::Sign => "sign",
            Self::Camera => "camera",
            Self::Sensor => "sensor",
            Self::Tree => "tree",
            Self::Model => "model",
            Self::Ignore => "ignore",
        }
    }

    /// The roles that mean something to it, beside id, name, class and address.
    const fn roles(self) -> &'static [Role] {
        match self {
            Self::Building => &[Role::Height, Role::Base, Role::Floors],
            Self::Road => &[Role::Width, Role::Oneway],
            Self::Camera => &[Role::Heading],
            Self::Sign => &[Role::Heading, Role::Height],
            Self::Sensor => &[Role::SensorKind, Role::Warning, Role::Alarm],
            Self::Grid => &[Role::Inspector],
            Self::Tree => &[Role::Height],
            Self::Model => &[Role::Model, Role::Height, Role::Heading, Role::Scale],
            Self::Water | Self::Green | Self::Component | Self::Ignore => &[],
        }
    }

    /// Whether a role means something to it.
    pub(super) fn has(self, role: Role) -> bool {
        matches!(role, Role::Id | Role::Name | Role::Class | Role::Address) || self.roles().contains(&role)
    }
}

/// What an attribute can mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Id,
    Name,
    Class,
    Address,
    Height,
    Base,
    Floors,
    Width,
    Oneway,
    Heading,
    SensorKind,
    Warning,
    Alarm,
    Inspector,
    Model,
    Scale,
}

impl Role {
    pub(super) const ALL: [Self; 16] = [
        Self::Id,
        Self::Name,
        Self::Class,
        Self::Address,
        Self::Height,
        Self::Base,
        Self::Floors,
        Self::Width,
        Self::Oneway,
        Self::Heading,
        Self::SensorKind,
        Self::Warning,
        Self::Alarm,
        Self::Inspector,
        Self::Model,
        Self::Scale,
    ];

    /// Its key in mapping files.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Name => "name",
            Self::Class => "class",
            Self::Address => "address",
            Self::Height => "height",
            Self::Base => "base",
            Self::Floors => "floors",
            Self::Width => "width",
            Self::Oneway => "oneway",
            Self::Heading => "heading",
            Self::SensorKind => "sensor_kind",
            Self::Warning => "warning",
            Self::Alarm => "alarm",
            Self::Inspector => "inspector",
            Self::Model => "model",
            Self::Scale => "scale",
        }
    }
}

/// A mapping file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The layers, in the order of their precedence.
    #[serde(default, rename = "layer")]
    layers: Vec<LayerMapping>,
}

/// What is said of the layers whose name matches.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LayerMapping {
    #[serde(rename = "match")]
    pub(super) matches: Pattern,
    pub(super) kind: Option<Kind>,
    pub(super) crs: Option<String>,
    pub(super) encoding: Option<String>,
    id: Option<String>,
    name: Option<String>,
    class: Option<String>,
    address: Option<String>,
    height: Option<String>,
    base: Option<String>,
    floors: Option<String>,
    width: Option<String>,
    oneway: Option<String>,
    heading: Option<String>,
    sensor_kind: Option<String>,
    warning: Option<String>,
    alarm: Option<String>,
    inspector: Option<String>,
    model: Option<String>,
    scale: Option<String>,
    pub(super) default_name: Option<String>,
    pub(super) default_class: Option<String>,
    pub(super) default_height: Option<f64>,
    pub(super) default_floors: Option<u16>,
    pub(super) default_width: Option<f64>,
    /// Metres of a floor, where a height has to come from floors.
    pub(super) floor_height: Option<f64>,
}

impl LayerMapping {
    /// The attribute of a role.
    pub(super) fn attribute(&self, role: Role) -> Option<&str> {
        match role {
            Role::Id => &self.id,
            Role::Name => &self.name,
            Role::Class => &self.class,
            Role::Address => &self.address,
            Role::Height => &self.height,
            Role::Base => &self.base,
            Role::Floors => &self.floors,
            Role::Width => &self.width,
            Role::Oneway => &self.oneway,
            Role::Heading => &self.heading,
            Role::SensorKind => &self.sensor_kind,
            Role::Warning => &self.warning,
            Role::Alarm => &self.alarm,
            Role::Inspector => &self.inspector,
            Role::Model => &self.model,
            Role::Scale => &self.scale,
        }
        .as_deref()
    }
}

/// A name or a glob; the case of letters does not matter.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Pattern(GlobMatcher);

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let glob = GlobBuilder::new(&text).case_insensitive(true).build();
        glob.map(|g| Self(g.compile_matcher())).map_err(|e| format!("`{text}` is no pattern: {e}"))
    }
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// It cannot be read, is no TOML, or has keys or values that do not exist; the message names them, their line, and
    /// those that do.
    pub fn read(path: &Path) -> Result<Self, TilerError> {
        let text = fs::read_to_string(path).map_err(|source| TilerError::Read { path: path.to_owned(), source })?;
        Self::parse(&text).map_err(|reason| TilerError::Mapping { path: path.to_owned(), reason })
    }

    /// The same from text.
    ///
    /// # Errors
    /// As [`Mapping::read`], as a text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mapping: Self =
            toml::from_str(text.trim_start_matches('\u{feff}')).map_err(|e| e.to_string().trim().to_owned())?;
        for layer in &mapping.layers {
            let wrong = |key: &str, x: f64| format!("`{key}` is {x}: it has to be more than 0 and at most 2000 metres");
            for (key, value) in [
                ("default_height", layer.default_height),
                ("default_width", layer.default_width),
                ("floor_height", layer.floor_height),
            ] {
                if let Some(x) = value.filter(|x| !(*x > 0.0 && *x <= 2000.0)) {
                    return Err(wrong(key, x));
                }
            }
            if let Some(label) = layer.encoding.as_deref().filter(|l| super::dbf::encoding(l).is_none()) {
                return Err(format!(
                    "`encoding` is `{label}`, which is none that is known: UTF-8, GBK, GB18030, Big5, ..."
                ));
            }
        }
        Ok(mapping)
    }

    /// What is said of a layer: by the first that matches its name.
    pub(super) fn find(&self, layer: &str) -> Option<&LayerMapping> {
        self.layers.iter().find(|l| l.matches.0.is_match(layer))
    }

    /// The patterns that no layer has.
    pub(super) fn unused<'a>(&'a self, layers: &[&str]) -> Vec<&'a str> {
        let used = |l: &LayerMapping| layers.iter().any(|name| l.matches.0.is_match(name));
        self.layers.iter().filter(|l| !used(l)).map(|l| l.matches.0.glob().glob()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_found_by_name_or_glob_the_first_first() {
        let text = "[[layer]]\nmatch = \"房屋_2024\"\nkind = \"building\"\nid = \"编号\"\ndefault_height = 12\n\
                    [[layer]]\nmatch = \"房屋*\"\nkind = \"ignore\"\n[[layer]]\nmatch = \"{roads,道路}\"\nkind = \"road\"\n";
        let mapping = Mapping::parse(text).unwrap();
        let first = mapping.find("房屋_2024").unwrap();
        assert_eq!(
            (first.kind, first.attribute(Role::Id), first.default_height),
            (Some(Kind::Building), Some("编号"), Some(12.0))
        );
        assert_eq!(mapping.find("房屋_2023").unwrap().kind, Some(Kind::Ignore));
        assert_eq!(mapping.find("ROADS").unwrap().kind, Some(Kind::Road));
        assert!(mapping.find("水系").is_none());
        assert_eq!(mapping.unused(&["道路", "房屋_2024"]), Vec::<&str>::new());
        assert_eq!(mapping.unused(&["道路"]).len(), 2);
    }

    #[test]
    fn what_does_not_exist_is_named_with_what_does() {
        let error = |text: &str| Mapping::parse(text).unwrap_err();
        let unknown = error("[[layer]]\nmatch = \"a\"\nheigth = \"h\"\n");
        for part in ["line 3", "heigth", "height", "default_height", "sensor_kind"] {
            assert!(unknown.contains(part), "{part}: {unknown}");
        }
        let kind = error("[[layer]]\nmatch = \"a\"\nkind = \"house\"\n");
        assert!(kind.contains("house") && kind.contains("building") && kind.contains("tree"), "{kind}");
        assert!(error("[[layers]]\n").contains("layer"));
        assert!(error("[[layer]]\nkind = \"road\"\n").contains("match"));
        assert!(error("[[layer]]\nmatch = \"[\"\n").contains("no pattern"));
        assert!(error("[[layer]]\nmatch = \"a\"\ndefault_height = -3\n").contains("default_height"));
        assert!(error("[[layer]]\nmatch = \"a\"\nencoding = \"klingon\"\n").contains("klingon"));
    }
}

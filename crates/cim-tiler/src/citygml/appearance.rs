//! Appearances (CityGML 2.0, 9; 3.0, 7.8): the colours and the pictures of surfaces, of each in the theme that the file
//! names first.

use super::{geometry::target, georeference::World, xml::Element};
use crate::picture::{Wrap, byte};

/// What a file says of how its surfaces look, in its order.
#[derive(Debug, Default)]
pub(super) struct Appearances {
    color_theme: Option<String>,
    texture_theme: Option<String>,
    /// Id of a surface and sRGB colour.
    pub(super) colors: Vec<(String, [u8; 3])>,
    pub(super) images: Vec<Image>,
}

/// A picture with the surfaces that it is on.
#[derive(Debug)]
pub(super) struct Image {
    /// As the file has it.
    pub(super) uri: String,
    pub(super) wrap: Wrap,
    /// The id of a surface, and where the picture is on it.
    pub(super) targets: Vec<(String, Mapping)>,
}

/// Where a picture is on a surface.
#[derive(Debug, PartialEq)]
pub(super) enum Mapping {
    /// Id of a ring, where there is one, and the texture coordinates of its corners (`TexCoordList`).
    Rings(Vec<(String, Vec<[f32; 2]>)>),
    /// From coordinates of the file to homogeneous ones of the picture, row by row (`TexCoordGen`).
    Matrix([f64; 12]),
    /// By its place in the world (`GeoreferencedTexture`).
    World(World),
    /// In a way that is not known.
    Unread,
}

impl Appearances {
    /// Reads an `Appearance`, or what has one inside.
    pub(super) fn read(&mut self, element: &Element) {
        if element.name != "Appearance" {
            return element.children.iter().for_each(|c| self.read(c));
        }
        let theme = element.child("theme").map(|t| t.text.as_str()).unwrap_or_default();
        for data in element.children.iter().flat_map(|member| &member.children) {
            if data.child("isFront").is_some_and(|f| matches!(f.text.as_str(), "false" | "0")) {
                continue;
            }
            match data.name.as_str() {
                "X3DMaterial" if is_first(&mut self.color_theme, theme) => {
                    let Some(color) = data.child("diffuseColor").and_then(|c| color(&c.text)) else { continue };
                    let targets = data.children.iter().filter(|c| c.name == "target");
                    self.colors.extend(targets.map(|t| (target(&t.text), color)));
                }
                "ParameterizedTexture" | "GeoreferencedTexture" if is_first(&mut self.texture_theme, theme) => {
                    self.images.push(image(data));
                }
                _ => {}
            }
        }
    }
}

/// Whether a theme is the one that is shown.
fn is_first(shown: &mut Option<String>, theme: &str) -> bool {
    shown.get_or_insert_with(|| theme.to_owned()) == theme
}

/// Three shares of 0 to 1 (X3D, `SFColor`).
fn color(text: &str) -> Option<[u8; 3]> {
    let shares: [f64; 3] = numbers(text)?.try_into().ok()?;
    Some(shares.map(byte))
}

/// Numbers with spaces between them.
pub(super) fn numbers(text: &str) -> Option<Vec<f64>> {
    text.split_ascii_whitespace().map(|n| n.parse().ok()).collect()
}

fn image(data: &Element) -> Image {
    let text = |name: &str| data.child(name).map(|c| c.text.as_str()).unwrap_or_default();
    let border = numbers(text("borderColor")).unwrap_or_default();
    let world = (data.name == "GeoreferencedTexture").then(|| World::read(data));
    let placed = |holder: &Element| world.clone().map_or_else(|| mapping(holder), Mapping::World);
    let targets = data.children.iter().flat_map(|child| match child.name.as_str() {
        "target" => vec![(target(child.attribute("uri").unwrap_or(&child.text)), placed(child))],
        // CityGML 3.0 has an object between the picture and its surface.
        "textureParameterization" => child
            .children
            .iter()
            .filter_map(|association| {
                let holder = association.child("textureParameterization")?;
                Some((target(&association.child("target")?.text), placed(holder)))
            })
            .collect(),
        _ => Vec::new(),
    });
    Image {
        uri: text("imageURI").to_owned(),
        wrap: Wrap::named(text("wrapMode"), Some(&border)),
        targets: targets.collect(),
    }
}

/// What the parameterisation in an element says.
fn mapping(holder: &Element) -> Mapping {
    if let Some(list) = holder.child("TexCoordList") {
        return coordinates(list).map_or(Mapping::Unread, Mapping::Rings);
    }
    let matrix = holder.child("TexCoordGen").and_then(|g| numbers(&g.child("worldToTexture")?.text));
    matrix.and_then(|m| m.try_into().ok()).map_or(Mapping::Unread, Mapping::Matrix)
}

/// The rings are named by attributes (2.0), or by elements in the same order (3.0).
fn coordinates(list: &Element) -> Option<Vec<(String, Vec<[f32; 2]>)>> {
    let mut named = list.children.iter().filter(|c| c.name == "ring");
    let of_ring = |c: &Element| {
        let id = c.attribute("ring").or_else(|| named.next().map(|r| r.text.as_str())).unwrap_or_default();
        let numbers = numbers(&c.text)?;
        let (pairs, rest) = numbers.as_chunks::<2>();
        rest.is_empty().then(|| (target(id), pairs.iter().map(|uv| uv.map(|c| c as f32)).collect()))
    };
    list.children.iter().filter(|c| c.name == "textureCoordinates").map(of_ring).collect()
}

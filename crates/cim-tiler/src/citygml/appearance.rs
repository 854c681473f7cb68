//! Appearances (CityGML 2.0, 9; 3.0, 7.8): the colours and the pictures of surfaces, of each in the theme that the file
//! names first.

use super::{geometry::target, georeference::World, xml::Element};
use crate::picture::{Wrap, byte};

/// What a file says of how its surfaces look, in its order.
#[derive(Debug, Default)]
pub(super) struct Appearances {
    /// Ids of surfaces and sRGB colours.
    colors: Themes<(String, [u8; 3])>,
    images: Themes<Image>,
}

/// Lists of a theme each, in the order of the file. The first theme's are shown.
type Themes<T> = Vec<(String, Vec<T>)>;

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
                "X3DMaterial" => {
                    let colors = of_theme(&mut self.colors, theme);
                    let Some(color) = data.child("diffuseColor").and_then(|c| color(&c.text)) else { continue };
                    let targets = data.children.iter().filter(|c| c.name == "target");
                    colors.extend(targets.map(|t| (target(&t.text), color)));
                }
                "ParameterizedTexture" | "GeoreferencedTexture" => {
                    of_theme(&mut self.images, theme).push(image(data));
                }
                _ => {}
            }
        }
    }

    /// Takes what the part of the file that follows says.
    pub(super) fn append(&mut self, next: Self) {
        follow(&mut self.colors, next.colors);
        follow(&mut self.images, next.images);
    }

    /// Ids of surfaces and sRGB colours.
    pub(super) fn colors(&self) -> impl Iterator<Item = &(String, [u8; 3])> {
        shown(&self.colors)
    }

    /// The pictures.
    pub(super) fn images(&self) -> impl Iterator<Item = &Image> {
        shown(&self.images)
    }
}

/// The list that something of a theme belongs to.
fn of_theme<'t, T>(themes: &'t mut Themes<T>, theme: &str) -> &'t mut Vec<T> {
    let at = themes.iter().position(|(name, _)| name == theme).unwrap_or_else(|| {
        themes.push((theme.to_owned(), Vec::new()));
        themes.len() - 1
    });
    &mut themes[at].1
}

/// Adds the lists of what follows, but for those that will not be shown.
fn follow<T>(themes: &mut Themes<T>, next: Themes<T>) {
    match themes.first_mut() {
        None => *themes = next,
        Some((first, list)) => {
            list.extend(next.into_iter().filter(|(name, _)| name == first).flat_map(|(_, list)| list))
        }
    }
}

fn shown<T>(themes: &Themes<T>) -> impl Iterator<Item = &T> {
    themes.iter().take(1).flat_map(|(_, list)| list)
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

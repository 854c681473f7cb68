//! Appearances: the colours of surfaces, in the theme that the file names first.

use super::{geometry::target, xml::Element};

/// Colours by the ids of surfaces, of one theme.
#[derive(Debug, Default)]
pub(super) struct Colors {
    theme: Option<String>,
    /// Id and sRGB colour, in the order of the file.
    pub(super) of: Vec<(String, [u8; 3])>,
    /// Ids of surfaces that have pictures.
    pub(super) pictured: Vec<String>,
}

impl Colors {
    /// Reads an `Appearance`, or what has one inside.
    pub(super) fn read(&mut self, element: &Element) {
        if element.name != "Appearance" {
            return element.children.iter().for_each(|c| self.read(c));
        }
        let theme = element.child("theme").map(|t| t.text.clone()).unwrap_or_default();
        if *self.theme.get_or_insert_with(|| theme.clone()) != theme {
            return;
        }
        for data in element.children.iter().flat_map(|member| &member.children) {
            let front = data.child("isFront").is_none_or(|f| !matches!(f.text.as_str(), "false" | "0"));
            let targets = data.children.iter().filter(|c| c.name == "target");
            match data.name.as_str() {
                "X3DMaterial" if front => {
                    let Some(color) = data.child("diffuseColor").and_then(|c| color(&c.text)) else { continue };
                    self.of.extend(targets.map(|t| (target(&t.text), color)));
                }
                "ParameterizedTexture" | "GeoreferencedTexture" if front => {
                    let id = |t: &Element| target(t.attribute("uri").unwrap_or(&t.text));
                    self.pictured.extend(targets.map(id));
                }
                _ => {}
            }
        }
    }
}

/// Three shares of 0 to 1 (X3D, `SFColor`).
fn color(text: &str) -> Option<[u8; 3]> {
    let shares: Option<Vec<f64>> = text.split_ascii_whitespace().map(|n| n.parse().ok()).collect();
    let shares: [f64; 3] = shares?.try_into().ok()?;
    Some(shares.map(|s| (s.clamp(0.0, 1.0) * 255.0).round() as u8))
}

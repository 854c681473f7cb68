//! How features are coloured and which of them are shown: a style of the 3D Tiles Styling language, as texels.

use bevy::prelude::*;
use tiles3d::{
    FeatureTable,
    style::{Style, StyleError},
};

/// Alpha of a texel whose feature is hidden.
pub(super) const HIDDEN: u8 = 1;
/// Alpha of a texel that a style colours; a highlight has more.
const STYLED: u8 = 190;

/// Styles that come with the program: name (the message `style-NAME` says it in words) and text.
pub const STYLES: [(&str, &str); 2] =
    [("height", include_str!("../../data/styles/height.json")), ("use", include_str!("../../data/styles/use.json"))];

/// The style in force.
#[derive(Resource, Debug, Clone, Default)]
pub struct CityStyle {
    name: String,
    style: Option<Style>,
}

impl CityStyle {
    /// A style by the name of one that comes with the program.
    ///
    /// # Errors
    /// None has this name.
    pub fn named(name: &str) -> Result<Self, String> {
        let names: Vec<&str> = STYLES.iter().map(|s| s.0).collect();
        let (_, text) = STYLES
            .iter()
            .find(|s| s.0 == name)
            .ok_or_else(|| format!("there is no style `{name}`: there are {}", names.join(", ")))?;
        Self::parse(name, text.as_bytes()).map_err(|e| e.to_string())
    }

    /// A style of a person's own.
    ///
    /// # Errors
    /// It is no style; the error says where and why.
    pub fn parse(name: &str, json: &[u8]) -> Result<Self, StyleError> {
        Ok(Self { name: name.to_owned(), style: Some(Style::parse(json)?) })
    }

    /// The style's name; empty when there is none.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A texel for each feature: linear colour and how it counts; blank where the style says nothing. Opacity is not
    /// drawn: a city of translucent buildings cannot be read.
    pub(super) fn texels(&self, features: &FeatureTable) -> Vec<[u8; 4]> {
        let mut texels = vec![[0; 4]; features.count() as usize];
        if let Some(style) = &self.style {
            style.bind(features).apply(&mut texels);
            for texel in &mut texels {
                *texel = match *texel {
                    [_, _, _, 0] => [0, 0, 0, HIDDEN],
                    [255, 255, 255, _] => [0; 4],
                    [r, g, b, _] => {
                        let [r, g, b] = [r, g, b].map(linear);
                        [r, g, b, STYLED]
                    }
                };
            }
        }
        texels
    }
}

/// Linear value of an sRGB byte, as a byte.
fn linear(c: u8) -> u8 {
    let [linear, ..] = Color::srgb_u8(c, 0, 0).to_linear().to_f32_array();
    (linear * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_styles_that_come_with_the_program_are_styles() {
        for (name, _) in STYLES {
            assert_eq!(CityStyle::named(name).unwrap().name(), name);
        }
        assert!(CityStyle::named("none of them").unwrap_err().contains("height, use"));
        let error = CityStyle::parse("own", br#"{"color": "colour('red')"}"#).unwrap_err().to_string();
        assert!(error.contains("colour"), "{error}");
    }
}

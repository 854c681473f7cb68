//! How features are coloured and which of them are shown: a style of the 3D Tiles Styling language, as texels.

use bevy::prelude::*;
use tiles3d::{
    FeatureTable,
    style::{Style, StyleError},
};

/// Alpha of a texel whose feature is hidden.
pub(super) const HIDDEN: u8 = 1;
/// Alpha of a texel that a style colours and that hides all behind it. What can be seen through has less, and no less
/// than 2; a highlight has more.
const STYLED: u8 = 190;
/// The colour, in a texel that counts, of what the style gives no colour but an opacity.
const UNCOLOURED: [u8; 3] = [255; 3];

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

    /// Whether it changes with time.
    #[must_use]
    pub fn is_animated(&self) -> bool {
        self.style.as_ref().is_some_and(Style::is_animated)
    }

    /// A texel for each feature, `seconds` after the tileset came: linear colour and how it counts; blank where the style
    /// says nothing.
    pub(super) fn texels(&self, features: &FeatureTable, seconds: f64) -> Vec<[u8; 4]> {
        let mut texels = vec![[0; 4]; features.count() as usize];
        if let Some(style) = &self.style {
            let mut bound = style.bind(features);
            bound.set_time(seconds);
            bound.apply(&mut texels);
            for texel in &mut texels {
                *texel = match *texel {
                    [_, _, _, 0] => [0, 0, 0, HIDDEN],
                    [255, 255, 255, 255] => [0; 4],
                    [r, g, b, opacity] => {
                        let [r, g, b] = if [r, g, b] == UNCOLOURED { UNCOLOURED } else { [r, g, b].map(linear) };
                        [r, g, b, strength(opacity)]
                    }
                };
            }
        }
        texels
    }
}

/// Whether a texel leaves its feature out of pixels.
pub(super) fn lets_through(texel: [u8; 4]) -> bool {
    (HIDDEN..STYLED).contains(&texel[3])
}

/// Alpha of a texel that a style colours, for an opacity above 0.
fn strength(opacity: u8) -> u8 {
    let share = f32::from(opacity) / 255.0;
    (1.0 + share * f32::from(STYLED - 1)).round().max(2.0) as u8
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
    fn texels_hold_colour_and_opacity() {
        let features = two_features();
        let texels =
            |style: &str, seconds: f64| CityStyle::parse("own", style.as_bytes()).unwrap().texels(&features, seconds);
        assert_eq!(texels(r#"{"show": false}"#, 0.0), [[0, 0, 0, HIDDEN]; 2]);
        assert_eq!(texels(r#"{"color": "color('white')"}"#, 0.0), [[0; 4]; 2]);
        assert_eq!(texels(r#"{"color": "color('red')"}"#, 0.0), [[255, 0, 0, STYLED]; 2]);
        // (190 - 1) / 2 and the 1 that hides.
        assert_eq!(texels(r#"{"color": "rgba(255, 255, 255, 0.5)"}"#, 0.0), [[255, 255, 255, 96]; 2]);
        assert_eq!(texels(r#"{"color": "rgba(0, 0, 0, 0.004)"}"#, 0.0), [[0, 0, 0, 2]; 2]);
        assert!([[255, 0, 0, STYLED], [0; 4], [9, 9, 9, 230]].iter().all(|t| !lets_through(*t)));
        assert!([[255, 0, 0, STYLED - 1], [0, 0, 0, HIDDEN]].iter().all(|t| lets_through(*t)));
        let blink = r#"{"show": "${tiles3d_tileset_time} < 1"}"#;
        assert!(CityStyle::parse("own", blink.as_bytes()).unwrap().is_animated());
        assert_eq!((texels(blink, 0.5), texels(blink, 1.5)), (vec![[0; 4]; 2], vec![[0, 0, 0, HIDDEN]; 2]));
    }

    /// Two features.
    fn two_features() -> FeatureTable {
        use tiles3d::{
            Content, DecodeOptions,
            write::{Column, FeatureColumns, GlbWriter, WritePrimitive},
        };
        let part = WritePrimitive {
            material: "building".into(),
            positions: vec![[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
            normals: vec![[0.0, 0.0, 1.0]; 3],
            feature_ids: vec![0, 0, 1],
            indices: vec![0, 1, 2],
            ..Default::default()
        };
        let columns = FeatureColumns { count: 2, columns: [("height".to_owned(), Column::F32(vec![1.5, 2.5]))].into() };
        let glb = GlbWriter::write(&[part], &columns, bevy::math::DVec3::ZERO).unwrap();
        let decoded = tiles3d::decode_content(&glb, &DecodeOptions::default(), &mut |_| Err("nothing".into())).unwrap();
        let Content::Models(mut tiles) = decoded else { panic!("no model") };
        std::mem::take(&mut tiles[0].features)
    }

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

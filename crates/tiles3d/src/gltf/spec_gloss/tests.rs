use super::*;
use proptest::prelude::*;

/// Metallic-roughness to specular-glossiness, the other way round: the definition of the two workflows.
fn back(color: [f32; 3], metallic: f32) -> ([f32; 3], [f32; 3]) {
    let specular = color.map(|c| 0.04 + (c - 0.04) * metallic);
    let strength = 1.0 - specular.into_iter().fold(0.0, f32::max);
    (color.map(|c| c * 0.96 * (1.0 - metallic) / strength), specular)
}

fn close(a: Metal, color: [f32; 3], metallic: f32, tolerance: f32) -> bool {
    (a.metallic - metallic).abs() < tolerance && a.color.iter().zip(color).all(|(a, b)| (a - b).abs() < tolerance)
}

#[test]
fn known_surfaces_convert() {
    // Computed with the formulas in double precision.
    for (diffuse, specular, color, metallic) in [
        ([0.5, 0.4, 0.3], [0.0, 0.0, 0.0], [0.520_833, 0.416_667, 0.3125], 0.0),
        ([0.5, 0.4, 0.3], [0.04, 0.04, 0.04], [0.5, 0.4, 0.3], 0.0),
        ([0.0, 0.0, 0.0], [1.0, 0.766, 0.336], [1.0, 0.766, 0.336], 1.0),
        ([0.2, 0.2, 0.2], [0.5, 0.5, 0.5], [0.597_190, 0.597_190, 0.597_190], 0.825_572),
        ([0.3, 0.1, 0.2], [0.3, 0.25, 0.2], [0.539_580, 0.269_136, 0.356_635], 0.636_313),
    ] {
        let found = convert(diffuse, specular);
        assert!(close(found, color, metallic, 0.001), "{diffuse:?} {specular:?}: {found:?}");
    }
}

proptest! {
    #[test]
    fn gray_surfaces_survive_the_way_there_and_back(gray in 0.05f32..0.95, metallic in 0.0f32..1.0) {
        let (diffuse, specular) = back([gray; 3], metallic);
        prop_assume!(diffuse[0] <= 1.0);
        let found = convert(diffuse, specular);
        prop_assert!(close(found, [gray; 3], metallic, 0.01), "{:?}", found);
    }

    #[test]
    fn every_conversion_is_a_surface(d in prop::array::uniform3(0.0f32..=1.0), s in prop::array::uniform3(0.0f32..=1.0)) {
        let found = convert(d, s);
        prop_assert!((0.0..=1.0).contains(&found.metallic));
        prop_assert!(found.color.iter().all(|c| (0.0..=1.0).contains(c)));
    }
}

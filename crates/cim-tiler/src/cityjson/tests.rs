//! Appearances, from the file to the tile; the rest is tested with the city models.

use crate::{
    Silent, TilerError,
    atlas::tests::{BLUE, GREEN, RED, YELLOW, color_at, is_near, quarters, tile_of},
    city::{City, FacetKind},
    citymodel::{CityModelOptions, make_city},
};
use proptest::prelude::*;
use std::path::Path;

const VERTICES: &str = "[[0,0,0],[10,0,0],[10,10,0],[0,10,0],[0,0,10],[10,0,10],[10,10,10],[0,10,10],
    [3,3,10],[6,3,10],[6,6,10],[3,6,10]]";
const APPEARANCE: &str = r#"{"materials":[{"name":"a","diffuseColor":[1.0,0.0,0.0]},{"name":"b","diffuseColor":[0.0,0.0,1.0]}],
    "textures":[{"type":"PNG","image":"a.png"},{"type":"PNG","image":"a.png","wrapMode":"border","borderColor":[0,0,0,1]},
                {"type":"PNG","image":"../a.png"}],
    "vertices-texture":[[0,0],[1,0],[1,1],[0,1],[0.3,0.3],[0.6,0.3],[0.6,0.6],[0.3,0.6]],
    "default-theme-texture":"summer"}"#;
/// A cube with a hole in its roof.
const BOUNDARIES: &str = "[[[[0,3,2,1]],[[4,5,6,7],[8,11,10,9]],[[0,1,5,4]],[[1,2,6,5]],[[2,3,7,6]],[[3,0,4,7]]]]";

/// The city of a cube that looks so, as a document or as a sequence.
fn city_of(looks: &str, is_sequence: bool) -> (City, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (read(looks, is_sequence, folder.path()).unwrap(), folder)
}

fn read(looks: &str, is_sequence: bool, folder: &Path) -> Result<City, TilerError> {
    quarters(&folder.join("a.png"));
    let head = r#""transform":{"scale":[1,1,1],"translate":[155000,463000,7]},
        "metadata":{"referenceSystem":"https://www.opengis.net/def/crs/EPSG/0/7415"}"#
        .replace('\n', " ");
    let objects = format!(
        r#"{{"a":{{"type":"Building","geometry":[{{"type":"Solid","lod":"2","boundaries":{BOUNDARIES},{looks},
        "semantics":{{"surfaces":[{{"type":"RoofSurface"}},{{"type":"WallSurface"}}],"values":[[1,0,1,1,1,1]]}}}}]}}}}"#
    );
    let inside =
        format!(r#""CityObjects":{objects},"vertices":{VERTICES},"appearance":{APPEARANCE}"#).replace('\n', " ");
    let text = if is_sequence {
        format!(
            "{{\"type\":\"CityJSON\",\"version\":\"2.0\",{head},\"CityObjects\":{{}},\"vertices\":[]}}\n\
             {{\"type\":\"CityJSONFeature\",\"id\":\"a\",{inside}}}\n"
        )
    } else {
        format!("{{\"type\":\"CityJSON\",\"version\":\"1.1\",{head},{inside}}}")
    };
    let path = folder.join("test.city.json");
    std::fs::write(&path, text).unwrap();
    make_city(&[path], &CityModelOptions::default(), &mut Silent).map(|(city, _)| city)
}

const NOTHING: &str = "[[null]]";

#[test]
fn pictures_lie_on_roofs_with_holes_and_on_walls() {
    let looks = format!(
        r#""texture":{{"spring":{{"values":[[{NOTHING},{NOTHING},{NOTHING},{NOTHING},{NOTHING},{NOTHING}]]}},
        "summer":{{"values":[[{NOTHING},[[0,0,1,2,3],[0,4,7,6,5]],[[0,0,1,2,3]],{NOTHING},{NOTHING},{NOTHING}]]}}}}"#
    );
    for is_sequence in [false, true] {
        let (city, _folder) = city_of(&looks, is_sequence);
        // The hole is one of the solid as well.
        let notes: Vec<&str> = city.findings.mended.iter().map(|(_, note)| *note).collect();
        assert_eq!(notes, ["its solid is not closed"]);
        let roof = city.models[0].levels[0].iter().find(|f| f.kind == FacetKind::Roof).unwrap();
        let texture = roof.texture.as_ref().unwrap();
        assert_eq!(texture.uvs.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4]);
        let tile = tile_of(&city);
        for (x, y, color) in [(-4.0, -4.0, BLUE), (4.0, -4.0, YELLOW), (-4.0, 4.0, RED), (4.0, 4.0, GREEN)] {
            assert!(is_near(color_at(&tile, [x, y, 10.0]).unwrap(), color));
            assert!(is_near(color_at(&tile, [x, -5.0, y + 5.0]).unwrap(), color));
        }
        // Nothing covers the hole.
        assert_eq!(color_at(&tile, [-0.5, -0.5, 10.0]), None);
    }
}

#[test]
fn colours_of_materials_arrive_and_the_rest_is_named() {
    let looks = format!(
        r#""material":{{"any":{{"values":[[null,null,0,1,null,0]]}}}},
        "texture":{{"summer":{{"values":[[{NOTHING},{NOTHING},[[2,0,1,2,3]],[[9,0,1,2,3]],[[0,0,1,2]],[[0,0,1,2,99]]]]}}}}"#
    );
    let (city, _folder) = city_of(&looks, false);
    let colors: Vec<_> = city.models[0].levels[0].iter().map(|f| f.color).collect();
    assert_eq!(colors, [None, None, Some([255, 0, 0]), Some([0, 0, 255]), None, Some([255, 0, 0])]);
    assert!(city.models[0].levels[0].iter().all(|f| f.texture.is_none()));
    let notes: Vec<&str> = city.findings.mended.iter().map(|(_, note)| *note).collect();
    assert_eq!(notes.len(), 3, "{notes:?}");
    assert!(notes[1].contains("not in the folder") && notes[2].contains("as the standard has it"), "{notes:?}");
    // One for all of them: it tells nothing of any, but is read.
    let (city, _folder) = city_of(r#""material":{"any":{"value":1}}"#, false);
    assert!(city.models[0].levels[0].iter().all(|f| f.color.is_none()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn damaged_appearances_are_survived(
        at in any::<prop::sample::Index>(), with in prop::sample::select(vec!["", "-1", "1e300", "null", "[0]", "{}", "9", "7000"]),
    ) {
        let all = format!(
            r#""material":{{"any":{{"values":[[null,null,0,1,null,0]]}}}},
            "texture":{{"summer":{{"values":[[{NOTHING},[[0,0,1,2,3],[0,4,7,6,5]],[[1,0,1,2,3]],[[0,0,1,2,3]],{NOTHING},{NOTHING}]]}}}}"#
        );
        let digits: Vec<usize> = all.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(i, _)| i).collect();
        let i = digits[at.index(digits.len())];
        let folder = tempfile::tempdir().unwrap();
        if let Ok(city) = read(&format!("{}{with}{}", &all[..i], &all[i + 1..]), false, folder.path()) {
            prop_assert_eq!(city.models[0].levels[0].len(), 6);
            tile_of(&city);
        }
    }
}

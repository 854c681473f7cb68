use super::*;
use crate::{
    Silent,
    city::Skin,
    synth::{SynthOptions, make_city},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};
use tiles3d::inspect::{InspectOptions, inspect};

/// The materials of every layer's contents, and how many contents it has.
fn materials(folder: &Path) -> BTreeMap<String, (usize, BTreeSet<String>)> {
    let json: Value = serde_json::from_slice(&fs::read(folder.join("tiles/tileset.json")).unwrap()).unwrap();
    let mut found: BTreeMap<String, (usize, BTreeSet<String>)> = BTreeMap::new();
    let mut open = vec![&json["root"]];
    while let Some(tile) = open.pop() {
        open.extend(tile["children"].as_array().into_iter().flatten());
        let Some(uri) = tile["content"]["uri"].as_str() else { continue };
        let group = tile["content"]["group"].as_u64().unwrap() as usize;
        let layer = json["groups"][group]["properties"]["layer"].as_str().unwrap().to_owned();
        let bytes = fs::read(folder.join("tiles").join(uri)).unwrap();
        let content = tiles3d::decode_content(&bytes, &tiles3d::DecodeOptions::default(), &mut |_| Err(String::new()));
        let tiles3d::Content::Models(models) = content.unwrap() else { panic!("not a model") };
        let (count, names) = found.entry(layer).or_default();
        *count += 1;
        let used = models.iter().flat_map(|m| m.primitives.iter().map(move |p| m.materials[p.material].name.clone()));
        names.extend(used);
    }
    found
}

#[test]
fn every_layer_is_contents_and_a_group_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("city");
    let options = SynthOptions { seed: 5, buildings: 500, cases: 0, bikes: 0, ..SynthOptions::default() };
    let city = make_city(&options);
    assert!(city.models.iter().any(|m| m.skin != Skin::Building), "nothing but buildings stands in the city");
    let summary = write_city(&city, &out, &TilingOptions::default(), &mut Silent).unwrap();
    assert_eq!((summary.left_out.len(), summary.buildings), (0, 500));
    assert_eq!(summary.models + summary.roads + summary.areas, city.models.len() + city.roads.len() + city.areas.len());
    let found = materials(&out);
    let of = |layer: &str| found[layer].1.iter().map(String::as_str).collect::<Vec<_>>();
    // Windows and doors of surveyed buildings are of the material `structure`; so are parapets and piers of bridges.
    assert!(of("building").iter().all(|m| ["building", "structure"].contains(m)), "{found:?}");
    assert!(of("road").contains(&"road") && !of("road").contains(&"building"), "{found:?}");
    assert_eq!((of("water"), of("green")), (vec!["water"], vec!["green"]));
    assert_eq!(of("terrain"), ["ground"]);
    assert!(of("furniture").contains(&"plant") && !of("furniture").contains(&"road"), "{found:?}");
    assert_eq!(found.values().map(|(count, _)| count).sum::<usize>(), summary.tiles);
}

#[test]
fn a_layered_city_has_no_defect() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("city");
    let options = SynthOptions { seed: 6, buildings: 300, cases: 0, bikes: 0, ..SynthOptions::default() };
    crate::synth::write_city(&options, &out, &mut Silent).unwrap();
    let url = url::Url::from_file_path(out.join("tiles/tileset.json")).unwrap();
    let report = inspect(&url, &InspectOptions::default(), &mut |url| {
        fs::read(url.to_file_path().unwrap()).map_err(|e| e.to_string())
    });
    assert_eq!(report.defects.len(), 0, "{report}");
    assert!(report.tree.tiles() > 6);
}

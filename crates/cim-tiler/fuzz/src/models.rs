//! City models.

use super::{Folder, whole};
use cim_tiler::{
    Silent,
    citymodel::{CityModelOptions, make_city},
};

/// Any bytes as CityGML.
pub fn citygml(bytes: &[u8]) {
    model("a.gml", bytes);
}

/// Any bytes as CityJSON.
pub fn cityjson(bytes: &[u8]) {
    model("a.city.json", bytes);
}

/// Objects in are models, parents that stand for their parts, and objects left out.
fn model(name: &str, bytes: &[u8]) {
    let folder = Folder::new();
    let options = CityModelOptions { crs: None, ..CityModelOptions::default() };
    match make_city(&[folder.file(name, bytes)], &options, &mut Silent) {
        Ok((city, report)) => {
            assert_eq!(report.objects, report.parents + city.models.len() + city.findings.left_out.len());
            whole::look(&city);
        }
        Err(error) => assert!(error.to_string().contains(name), "{error}"),
    }
}

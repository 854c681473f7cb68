//! What importing costs from file to city folder, as a library on all cores: every file in the folder that
//! `CIM_TILER_CORPUS` names and that is an OpenStreetMap extract (`.osm.pbf`), CityGML (`.gml`) or CityJSON (`.json`), gzipped
//! or not. `benches/import/compare.mjs` sets other programs beside the whole program.
#![allow(clippy::unwrap_used, reason = "a measurement of files that are there, or none")]

use cim_tiler::{
    Silent,
    citymodel::{CityModelOptions, tile_city_model},
    osm::{OsmOptions, tile_osm},
};
use criterion::{Criterion, Throughput};
use std::path::{Path, PathBuf};

/// The program's allocator, where it has one of its own.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const ENDS: [&str; 3] = [".osm.pbf", ".gml", ".json"];

fn corpus() -> Vec<PathBuf> {
    let Some(folder) = std::env::var_os("CIM_TILER_CORPUS") else {
        eprintln!("skipped: CIM_TILER_CORPUS names no folder with city data");
        return Vec::new();
    };
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| {
        let name = path.to_string_lossy();
        ENDS.iter().any(|end| name.trim_end_matches(".gz").ends_with(end))
    });
    files.sort();
    files
}

fn import(from: &Path, to: &Path) {
    if from.to_string_lossy().ends_with(".pbf") {
        tile_osm(from, to, &OsmOptions::default(), &mut Silent).unwrap();
    } else {
        tile_city_model(&[from.to_owned()], to, &CityModelOptions::default(), &mut Silent).unwrap();
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for path in corpus() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut group = criterion.benchmark_group("import");
        group.throughput(Throughput::Bytes(std::fs::metadata(&path).unwrap().len())).sample_size(20);
        group.bench_function(&name, |b| {
            b.iter_with_large_drop(|| {
                let folder = tempfile::tempdir().unwrap();
                import(&path, &folder.path().join("city"));
                folder
            });
        });
        group.finish();
    }
    criterion.final_summary();
}

//! What making a decoded tile ready to be drawn and picked costs on one core, beside decoding it: every content in the
//! folder that `TILES3D_CORPUS` names (see `benches/decode/compare.mjs`).
#![allow(clippy::unwrap_used, reason = "a measurement of files that are there, or none")]

use cim_scene::PreparedTile;
use criterion::{BatchSize, Criterion, Throughput};
use glam::{DMat4, Vec3};
use std::hint::black_box;
use tiles3d::{Content, DecodeOptions, DecodedTile, decode_content};

/// As in the application: much of a large tile's time is that of its memory.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn decode(bytes: &[u8]) -> Vec<DecodedTile> {
    match decode_content(bytes, &DecodeOptions::default(), &mut |_| Err("one file".into())).unwrap() {
        Content::Models(tiles) => tiles,
        Content::Tileset => Vec::new(),
    }
}

/// How many of a thousand rays that look down at a tile at a slant hit something.
fn rays(tile: &PreparedTile) -> usize {
    let clouds = tile.clouds.iter().map(|c| (c.low, c.high));
    let Some((low, high)) = tile.pick.bounds().into_iter().chain(clouds).next() else { return 0 };
    let direction = Vec3::new(0.4, -0.8, 0.3).normalize();
    let spot = |i: u32| {
        let share = Vec3::new(i as f32 / 1000.0, 0.5, (i as f32 * 0.618_034).fract());
        low + (high - low) * share
    };
    let from = |i: u32| spot(i) - direction * (high - low).length();
    (0..1000).filter(|i| tile.pick.cast(from(*i), direction, 1e9).is_some()).count()
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let Some(folder) = std::env::var_os("TILES3D_CORPUS") else {
        eprintln!("skipped: TILES3D_CORPUS names no folder with tiles; run benches/decode/compare.mjs");
        return;
    };
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    // Z up to y up.
    let render_from_tile = DMat4::from_rotation_x(-std::f64::consts::FRAC_PI_2);
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        let mut group = criterion.benchmark_group("prepare");
        group.throughput(Throughput::Bytes(bytes.len() as u64)).sample_size(20);
        group.bench_function(&name, |b| {
            let ready = |tiles: Vec<DecodedTile>| {
                tiles.into_iter().map(|tile| cim_scene::prepare(tile, &render_from_tile)).collect::<Vec<_>>()
            };
            b.iter_batched(|| decode(black_box(&bytes)), ready, BatchSize::PerIteration);
        });
        group.finish();
        let ready: Vec<PreparedTile> =
            decode(&bytes).into_iter().map(|tile| cim_scene::prepare(tile, &render_from_tile)).collect();
        let mut group = criterion.benchmark_group("thousand rays");
        group.sample_size(20);
        group.bench_function(&name, |b| b.iter(|| ready.iter().map(rays).sum::<usize>()));
        group.finish();
        let picks: usize = ready.iter().map(|tile| tile.pick.byte_size()).sum();
        eprintln!("{name}: {} KiB for rays", picks / 1024);
    }
    criterion.final_summary();
}

//! What decoding a tile costs on one core, and what copying its bytes would: every content in the folder that
//! `TILES3D_CORPUS` names. `benches/decode/compare.mjs` fills such a folder and sets other readers beside the result.
#![allow(clippy::unwrap_used, reason = "a measurement of files that are there, or none")]

use criterion::{Criterion, Throughput};
use std::{hint::black_box, path::PathBuf};
use tiles3d::{DecodeOptions, decode_content};

/// As in the application: much of a large tile's time is that of its memory.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn corpus() -> Vec<PathBuf> {
    let Some(folder) = std::env::var_os("TILES3D_CORPUS") else {
        eprintln!("skipped: TILES3D_CORPUS names no folder with tiles; run benches/decode/compare.mjs");
        return Vec::new();
    };
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for path in corpus() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        let mut group = criterion.benchmark_group("decode");
        group.throughput(Throughput::Bytes(bytes.len() as u64)).sample_size(20);
        let options = DecodeOptions::default();
        group.bench_function(&name, |b| {
            b.iter(|| decode_content(black_box(&bytes), &options, &mut |_| Err("one file".into())).unwrap());
        });
        group.finish();
        let mut group = criterion.benchmark_group("copy");
        group.throughput(Throughput::Bytes(bytes.len() as u64)).sample_size(20);
        group.bench_function(&name, |b| b.iter(|| black_box(&bytes).clone()));
        group.finish();
    }
    criterion.final_summary();
}

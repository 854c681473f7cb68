//! The real program: what it does, and what it says when it cannot.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::{
    path::PathBuf,
    process::{Command, Output},
};

mod town;

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_cim-twin"))
}

fn fails(args: &[&str]) -> String {
    let output: Output = program().args(args).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{args:?}: {output:?}");
    let text = String::from_utf8(output.stderr).unwrap();
    let line = text.lines().last().unwrap().to_owned();
    assert!(line.starts_with("cim-twin: "), "{args:?}: {text}");
    assert!(!text.contains("panicked"), "{args:?}: {text}");
    line
}

#[test]
fn what_cannot_be_done_is_one_sentence_and_code_2() {
    let out = std::env::temp_dir().join("never.png");
    let out = out.to_str().unwrap();
    for (args, needed) in [
        (vec!["view"], "no display"),
        (vec!["snapshot", "--tiles", "/no/such/tileset.json", "-o", out], "cannot be opened"),
        (vec!["snapshot", "--backend", "http://127.0.0.1:1/", "-o", out], "cannot be reached"),
        (vec!["snapshot", "--city", "/no/such/city", "-o", out], "not a city folder"),
        (vec!["serve", "--city", "/no/such/city"], "cim-twin synth"),
        (vec!["inspect", "/no/such"], "cannot be opened"),
    ] {
        let said = fails(&args);
        assert!(said.contains(needed), "{args:?}: {said}");
    }
}

#[test]
fn a_port_in_use_is_said() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let city = town::folder().join("city");
    let database = town::folder().join("port.sqlite");
    let said =
        fails(&["serve", "--city", city.to_str().unwrap(), "--port", &port, "--database", database.to_str().unwrap()]);
    assert!(said.contains("already in use"), "{said}");
}

#[test]
fn no_graphics_is_said() {
    let tiles = town::folder().join("city/tiles/tileset.json");
    let output = program()
        .args(["snapshot", "--tiles", tiles.to_str().unwrap(), "-o", "never.png"])
        // No Vulkan driver and no OpenGL: what a server without Mesa offers.
        .env("VK_DRIVER_FILES", "/dev/null")
        .env("VK_ICD_FILENAMES", "/dev/null")
        .env("WGPU_BACKEND", "vulkan")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.lines().last().unwrap().contains("mesa-vulkan-drivers"), "{text}");
}

#[test]
fn a_machine_hears_of_progress_and_outcome_in_lines_of_json() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("city");
    let args = ["--buildings", "200", "--cases", "50", "--bikes", "50", "--components", "200", "--json"];
    let output = program().args(["synth", "-o", out.to_str().unwrap()]).args(args).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (end, stages) = lines.split_last().unwrap();
    assert!(stages.iter().all(|line| line["stage"].is_string() && line["done"].is_u64()), "{text}");
    assert_eq!((&end["summary"]["cases"], end["folder"].as_str()), (&50.into(), out.to_str()));
    assert!(end["summary"]["bytes"].as_u64().unwrap() > 0 && end["summary"]["left_out"].is_array(), "{end}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("200 buildings"));
}

/// A pipe that nobody reads from.
fn closed() -> std::io::PipeWriter {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer
}

#[test]
fn work_is_done_whether_anybody_reads_of_it_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let small = ["--buildings", "50", "--cases", "5", "--bikes", "5", "--components", "20"];
    let synth = |name: &'static str| [&["synth", "-o", name][..], &small[..]].concat();
    let commands = [synth("city"), [synth("other"), vec!["--json"]].concat(), vec!["inspect", "city"]];
    for args in commands {
        let status = program().current_dir(&folder).args(&args).stdout(closed()).stderr(closed()).status().unwrap();
        assert!(status.success(), "{args:?}: {status}");
    }
    assert!(folder.path().join("other/site.json").is_file());
    // A result that is lost is another matter.
    #[cfg(target_os = "linux")]
    {
        let full = std::fs::File::create("/dev/full").unwrap();
        let output = program().current_dir(&folder).args(["inspect", "city"]).stdout(full).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && text.contains("cannot be printed"), "{output:?}");
    }
}

fn samples() -> Option<PathBuf> {
    let folder = std::env::current_dir().unwrap().join("../shared/data/3d-tiles-samples");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: the 3D Tiles samples are not there ({})", folder.display());
    None
}

#[test]
fn inspect_reads_our_own_city_without_a_defect() {
    // The city's site.json says where its tiles are; the tiles' own folder will do, too.
    for folder in ["city", "city/tiles"] {
        let folder = town::folder().join(folder);
        let output = program().args(["inspect", folder.to_str().unwrap(), "--features", "2000"]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        assert!(text.contains("3D Tiles 1.1") && text.contains("key = building:"), "{text}");
    }
}

#[test]
fn every_sample_tileset_of_glb_or_b3dm_is_read() {
    let Some(samples) = samples() else { return };
    for name in [
        "1.0/TilesetWithRequestVolume/city",
        "1.1/MetadataGranularities",
        "1.1/TilesetWithFullMetadata",
        "1.1/MultipleContents",
        "glTF/EXT_mesh_features/FeatureIdAttribute",
        "glTF/EXT_structural_metadata/ComplexTypes",
        "glTF/EXT_structural_metadata/MultipleClasses",
        "glTF/EXT_structural_metadata/SharedPropertyTable",
    ] {
        let tileset = samples.join(name).join("tileset.json");
        let output = program().args(["inspect", tileset.to_str().unwrap()]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{name}: {text}");
    }
}

#[test]
fn a_content_that_is_not_there_is_named_and_the_rest_is_read() {
    let Some(samples) = samples() else { return };
    let tileset = samples.join("1.0/TilesetWithDiscreteLOD/tileset.json");
    let output = program().args(["inspect", tileset.to_str().unwrap()]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!output.status.success());
    assert!(text.contains("file-missing: 1") && text.contains("dragon_high.b3dm"), "{text}");

    let output = program().args(["inspect", tileset.to_str().unwrap(), "--json"]).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["tree"]["tiles_by_depth"], serde_json::json!([1, 1, 1]));
    assert_eq!(report["files"]["b3dm"]["files"], 2);
    assert_eq!(report["defects"][0]["rule"], "file-missing");
}

//! What happens to files: cities that are made again, interrupted, packed, or told implicitly.

use super::*;
use crate::{
    Silent,
    synth::{SynthOptions, make_city},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::OnceLock,
    time::SystemTime,
};
use tiles3d::{
    archive::{ArchiveFile, ArchiveLimits},
    inspect::{InspectOptions, Report, inspect},
};

/// A city some kilometres across.
fn city() -> &'static City {
    static CITY: OnceLock<City> = OnceLock::new();
    CITY.get_or_init(|| {
        let options = SynthOptions { seed: 11, buildings: 1500, cases: 5, bikes: 5, ..SynthOptions::default() };
        make_city(&SynthOptions { components: 5, ..options })
    })
}

fn plain() -> TilingOptions {
    TilingOptions { compression: tiles3d::write::Compression::None, ..TilingOptions::default() }
}

/// The files of a folder: what they hold and when they were changed.
fn files(folder: &Path) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    let (mut found, mut open) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
            found.insert(name, (fs::read(&path).unwrap(), fs::metadata(&path).unwrap().modified().unwrap()));
        }
    }
    found
}

fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    files(folder).into_iter().map(|(name, (bytes, _))| (name, bytes)).collect()
}

/// Interrupts after so many steps.
struct Impatient(u64);

impl Progress for Impatient {
    fn stage(&mut self, _: &str, _: Option<u64>) {}
    fn advance(&mut self, n: u64) {
        self.0 = self.0.checked_sub(n).expect("enough");
    }
}

#[test]
fn an_interrupted_run_is_gone_on_with() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, out) = (dir.path().join("whole"), dir.path().join("city"));
    let expected = write_city(city(), &whole, &plain(), &mut Silent).unwrap();
    assert_eq!((expected.resumed, expected.unchanged), (0, 0));
    let part = dir.path().join(".city.part");
    let interrupt = |steps| {
        let run = || write_city(city(), &out, &plain(), &mut Impatient(steps));
        assert!(catch_unwind(AssertUnwindSafe(run)).is_err() && !out.exists() && part.join("journal").exists());
    };
    interrupt(1700);
    // One tile is not what it was, and the last record is cut off.
    let tiles = part.join("tiles");
    let damaged = fs::read_dir(&tiles).unwrap().map(|e| e.unwrap().path()).min().unwrap();
    fs::write(&damaged, "damaged").unwrap();
    let journal = fs::read(part.join("journal")).unwrap();
    fs::write(part.join("journal"), &journal[..journal.len() - 5]).unwrap();
    interrupt(1900);
    let summary = write_city(city(), &out, &plain(), &mut Silent).unwrap();
    assert!(summary.resumed > 20, "{}", summary.resumed);
    assert_eq!(CitySummary { resumed: 0, ..summary }, expected);
    assert!(contents(&out) == contents(&whole) && !part.exists());
}

#[test]
fn however_many_hands_write_it_a_city_is_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let write = |hands| {
        let out = dir.path().join(format!("by{hands}"));
        let summary = write_city_by(hands, city(), &out, &plain(), &mut Silent).unwrap();
        (summary, contents(&out))
    };
    let alone = write(1);
    assert!(alone.0.tiles > 100);
    for hands in [2, 7] {
        assert!(write(hands) == alone, "{hands} hands make another city");
    }
}

#[test]
fn what_a_hand_cannot_do_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("city");
    let run = || write_city_by(3, city(), &out, &plain(), &mut Impatient(1700));
    assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
    // Where the root's file is to be, which comes last of a layer, there is a folder.
    let tiles = dir.path().join(".city.part/tiles");
    fs::remove_file(tiles.join("b.glb")).ok();
    fs::create_dir(tiles.join("b.glb")).unwrap();
    match write_city_by(3, city(), &out, &plain(), &mut Silent) {
        Err(TilerError::Write { path, .. }) => assert!(path.ends_with("tiles/b.glb"), "{path:?}"),
        other => panic!("{other:?}"),
    }
    assert!(!out.exists());
}

#[test]
fn what_an_interrupted_run_left_of_another_city_is_not_used() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, out) = (dir.path().join("whole"), dir.path().join("city"));
    let run = || write_city(city(), &out, &plain(), &mut Impatient(1700));
    assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
    let mut changed = city().clone();
    changed.buildings[0].attributes.push(("inspected".into(), crate::city::Attribute::Bool(true)));
    let expected = write_city(&changed, &whole, &plain(), &mut Silent).unwrap();
    assert_eq!(write_city(&changed, &out, &plain(), &mut Silent).unwrap(), expected);
    assert!(contents(&out) == contents(&whole));
}

#[test]
fn a_change_touches_only_the_tiles_that_it_changes() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("city");
    let first = write_city(city(), &out, &plain(), &mut Silent).unwrap();
    let before = files(&out);
    let again = write_city(city(), &out, &plain(), &mut Silent).unwrap();
    assert_eq!((again.unchanged, again.tiles, again.bytes), (first.tiles, first.tiles, first.bytes));
    assert!(files(&out) == before, "a file of an unchanged city was touched");

    let mut changed = city().clone();
    let named = |b: &crate::city::Building| (b.key.clone(), "改造后".to_owned());
    let (key, name) = named(&changed.buildings[700]);
    changed.buildings[700].name.clone_from(&name);
    let summary = write_city(&changed, &out, &plain(), &mut Silent).unwrap();
    let after = files(&out);
    let touched: BTreeSet<&String> = after.keys().filter(|name| after[*name] != before[*name]).collect();
    assert!(!touched.is_empty() && touched.iter().all(|name| name.starts_with("tiles/b")), "{touched:?}");
    assert_eq!(summary.unchanged, summary.tiles - touched.len());
    // They are a leaf and those on the way to it.
    let mut way: Vec<&&String> = touched.iter().collect();
    way.sort_by_key(|name| name.len());
    for pair in way.windows(2) {
        assert!(pair[1].starts_with(pair[0].trim_end_matches(".glb")), "{touched:?}");
    }
    let leaf = String::from_utf8_lossy(&after[**way.last().unwrap()].0).into_owned();
    assert!(leaf.contains(&key.to_string()) && leaf.contains(&name));
    assert!(!dir.path().join(".city.old").exists());
}

#[test]
fn two_runs_do_not_write_the_same_city() {
    struct Second<'a>(&'a Path, bool);
    impl Progress for Second<'_> {
        fn stage(&mut self, _: &str, _: Option<u64>) {
            if !std::mem::replace(&mut self.1, true) {
                let second = write_city(city(), self.0, &plain(), &mut Silent);
                assert!(matches!(second, Err(TilerError::Busy(_))), "{second:?}");
            }
        }
        fn advance(&mut self, _: u64) {}
    }
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("city");
    let mut progress = Second(&out, false);
    write_city(city(), &out, &plain(), &mut progress).unwrap();
    assert!(progress.1);
}

#[test]
fn a_run_that_was_stopped_between_old_and_new_leaves_the_old() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("city");
    write_city(city(), &out, &plain(), &mut Silent).unwrap();
    fs::rename(&out, dir.path().join(".city.old")).unwrap();
    let again = write_city(city(), &out, &plain(), &mut Silent).unwrap();
    assert_eq!(again.unchanged, again.tiles);
    assert!(!dir.path().join(".city.old").exists());
}

#[test]
fn an_archive_holds_what_the_folder_holds() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, packed) = (dir.path().join("folder"), dir.path().join("packed"));
    write_city(city(), &folder, &plain(), &mut Silent).unwrap();
    let options = TilingOptions { archive: true, ..plain() };
    let summary = write_city(city(), &packed, &options, &mut Silent).unwrap();
    let site: Site = serde_json::from_slice(&fs::read(packed.join("site.json")).unwrap()).unwrap();
    assert_eq!(site.tileset_url, "tiles/tileset.3tz");
    assert_eq!(fs::read_dir(packed.join("tiles")).unwrap().count(), 1);
    assert_eq!(summary.bytes, files(&packed).values().map(|(bytes, _)| bytes.len() as u64).sum::<u64>());
    let file = fs::File::open(packed.join("tiles/tileset.3tz")).unwrap();
    let mut archive = ArchiveFile::open(file, ArchiveLimits::default()).unwrap();
    let tiles = contents(&folder.join("tiles"));
    // The index is a file, too.
    assert_eq!(archive.file_count(), tiles.len());
    for (name, bytes) in &tiles {
        assert!(archive.read(name).unwrap() == *bytes, "{name}");
    }
}

#[test]
fn an_implicit_city_is_the_explicit_one() {
    let dir = tempfile::tempdir().unwrap();
    let look = |name: &str, tiling| {
        let out = dir.path().join(name);
        let summary = write_city(city(), &out, &TilingOptions { tiling, ..plain() }, &mut Silent).unwrap();
        let url = url::Url::from_file_path(out.join("tiles/tileset.json")).unwrap();
        let report = inspect(&url, &InspectOptions::default(), &mut |url| {
            fs::read(url.to_file_path().unwrap()).map_err(|e| e.to_string())
        });
        assert_eq!(report.defects.len(), 0, "{report}");
        let glbs = contents(&out.join("tiles")).into_iter().filter(|(name, _)| name.ends_with(".glb"));
        let mut glbs: Vec<Vec<u8>> = glbs.map(|(_, bytes)| bytes).collect();
        glbs.sort();
        (summary.tiles, report, glbs)
    };
    let (tiles, explicit, contents) = look("explicit", Tiling::Explicit);
    let (implicit_tiles, implicit, implicit_contents) = look("implicit", Tiling::Implicit);
    assert_eq!((implicit_tiles, implicit_contents.len()), (tiles, tiles));
    assert!(implicit_contents == contents, "contents differ");
    let counts = |r: &Report| r.properties.iter().map(|(name, p)| (name.clone(), p.count)).collect::<Vec<_>>();
    assert_eq!(counts(&implicit), counts(&explicit));
    assert!(implicit.tree.implicit_roots > 4 && implicit.files["tileset"].bytes < 8_000);
}

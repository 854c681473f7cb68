//! Tilesets in an archive (.3tz), whole and with one entry or the index broken.

use crate::{
    broken::{SOUND, content},
    build::*,
    cases,
    load::{Seen, load_from},
    triangle_at,
};
use std::{cell::RefCell, io::Cursor};
use tiles3d::archive::{ArchiveError, ArchiveFile, ArchiveLimits, ArchiveWriter, Compression};

fn packed(files: &Files, compression: Compression) -> Vec<u8> {
    let mut writer = ArchiveWriter::new(Vec::new());
    for (path, bytes) in files {
        writer.add(path, bytes, compression).unwrap();
    }
    writer.finish().unwrap()
}

/// What is seen of the tileset in an archive, and what is amiss with the archive itself.
fn load(bytes: Vec<u8>) -> Result<Seen, ArchiveError> {
    let archive = ArchiveFile::open(Cursor::new(bytes), ArchiveLimits::default())?;
    let found: Vec<String> = archive.diagnostics().iter().map(|d| d.code.to_owned()).collect();
    let archive = RefCell::new(archive);
    let mut seen = load_from(&|path| archive.borrow_mut().read(path).map_err(|e| e.to_string()));
    seen.amiss.extend(found);
    Ok(seen)
}

#[test]
fn an_archive_is_the_files_that_are_in_it() {
    for compression in [Compression::Stored, Compression::Deflate] {
        for (name, files, mut middles) in cases() {
            let seen = load(packed(&files, compression)).unwrap();
            middles.sort_unstable();
            assert_eq!((seen.middles, seen.amiss.len()), (middles, 0), "{name}, {compression:?}");
        }
    }
}

/// Where the last record of a kind that names `path` begins; `header` is what it has before the name.
fn record(archive: &[u8], magic: [u8; 4], header: usize, path: &str) -> usize {
    let at = |i: &usize| archive[*i..].starts_with(&magic) && archive[i + header..].starts_with(path.as_bytes());
    (0..archive.len() - header).rev().find(at).expect("there is one")
}

/// Where the local header of `path` begins, and where its data does.
fn local(archive: &[u8], path: &str) -> (usize, usize) {
    let at = record(archive, *b"PK\x03\x04", 30, path);
    (at, at + 30 + path.len())
}

#[test]
fn a_broken_entry_is_named_and_the_others_are_shown() {
    type Damage = fn(&mut Vec<u8>, usize, usize);
    let all: [(&str, Damage); 9] = [
        ("no header where the index says", |a, header, _| a[header] = 0),
        ("another name than the index has", |a, header, _| a[header + 30] = b'b'),
        ("encrypted", |a, header, _| a[header + 6] |= 1),
        ("packed in a way that the format does not know", |a, header, _| a[header + 8] = 12),
        ("another checksum", |a, header, _| a[header + 14] ^= 1),
        ("its sizes only behind its data", |a, header, _| {
            a[header + 6] |= 8;
            a[header + 14..header + 26].fill(0);
        }),
        ("data beyond the archive's end", |a, header, _| a[header + 20] = 0xff),
        ("another size than its data has", |a, header, _| a[header + 22] ^= 1),
        ("other data", |a, _, data| a[data + 9] ^= 0x55),
    ];
    for compression in [Compression::Stored, Compression::Deflate] {
        for (name, damage) in all {
            let mut archive = packed(&content("a.glb", glb()), compression);
            let (header, data) = local(&archive, "a.glb");
            damage(&mut archive, header, data);
            let seen = load(archive).unwrap();
            assert_eq!(seen.middles, [SOUND], "{name}, {compression:?}");
            assert!(seen.amiss.iter().any(|what| what.contains("a.glb")), "{name}, {compression:?}: {:?}", seen.amiss);
        }
    }
}

#[test]
fn an_index_that_is_broken_is_named_and_the_directory_read_instead() {
    type Damage = fn(&mut Vec<u8>, usize, usize);
    let all: [(&str, Damage); 5] = [
        ("another checksum", |a, _, directory| a[directory + 16] ^= 1),
        ("compressed", |a, _, directory| a[directory + 10] = 8),
        ("encrypted", |a, _, directory| a[directory + 8] |= 1),
        ("other bytes", |a, data, _| a[data] ^= 1),
        ("not the last file", |a, _, directory| a[directory + 46] = b'#'),
    ];
    for (name, damage) in all {
        let mut archive = packed(&content("a.glb", glb()), Compression::Deflate);
        let index = "@3dtilesIndex1@";
        let (_, data) = local(&archive, index);
        let directory = record(&archive, *b"PK\x01\x02", 46, index);
        damage(&mut archive, data, directory);
        let seen = load(archive).unwrap();
        let mut middles = [SOUND, triangle_at(0, 0, 0)];
        middles.sort_unstable();
        assert_eq!(
            (&seen.middles[..], seen.amiss),
            (&middles[..], vec!["archive-index-unusable".to_owned()]),
            "{name}"
        );
    }
}

#[test]
fn what_is_no_archive_says_so() {
    let whole = packed(&content("a.glb", glb()), Compression::Stored);
    for (name, bytes) in [
        ("nothing", Vec::new()),
        ("its first half", whole[..whole.len() / 2].to_vec()),
        ("a page", b"<html>502 Bad Gateway</html>".to_vec()),
        ("a directory outside the file", {
            let mut bytes = whole.clone();
            let end = bytes.len() - 22;
            bytes[end + 19] = 0x7f;
            bytes
        }),
    ] {
        let refused = load(bytes).map(|seen| seen.amiss);
        assert!(refused.is_err(), "{name}: {refused:?}");
    }
}

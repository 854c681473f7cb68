use super::*;
use proptest::prelude::*;
use std::{io::Cursor, process::Command};

fn files() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("tileset.json", br#"{"asset":{"version":"1.1"}}"#.to_vec()),
        ("tiles/0/0.glb", vec![7; 5000]),
        ("tiles/运河 1.glb", (0..=255).collect()),
        ("empty.bin", Vec::new()),
    ]
}

fn archive(compression: Compression) -> Vec<u8> {
    let mut writer = ArchiveWriter::new(Vec::new());
    for (path, bytes) in files() {
        writer.add(path, &bytes, compression).unwrap();
    }
    writer.finish().unwrap()
}

fn open(bytes: &[u8]) -> Result<ArchiveFile<Cursor<&[u8]>>, ArchiveError> {
    ArchiveFile::open(Cursor::new(bytes), ArchiveLimits::default())
}

fn codes(file: &ArchiveFile<Cursor<&[u8]>>) -> Vec<&'static str> {
    file.diagnostics().iter().map(|d| d.code).collect()
}

#[test]
fn what_is_written_is_read_back() {
    for compression in [Compression::Stored, Compression::Deflate] {
        let bytes = archive(compression);
        let mut file = open(&bytes).unwrap();
        assert_eq!(file.file_count(), 4);
        assert!(file.diagnostics().is_empty());
        for (path, content) in files() {
            assert_eq!(file.read(path).unwrap(), content, "{path}");
        }
        assert_eq!(file.read("/tiles/./%E8%BF%90%E6%B2%B3%201.glb?v=2").unwrap().len(), 256);
        assert!(matches!(file.read("tiles/1.glb"), Err(ArchiveError::NotFound(_))));
        assert_eq!(bytes, archive(compression), "the same files give the same archive");
    }
    assert!(archive(Compression::Deflate).len() < archive(Compression::Stored).len());
}

#[test]
fn a_small_archive_opens_by_one_read_and_a_file_by_another() {
    let bytes = archive(Compression::Stored);
    let mut reader = ArchiveReader::new(bytes.len() as u64, ArchiveLimits::default()).unwrap();
    assert_eq!(reader.need(), Some(0..bytes.len() as u64));
    assert!(reader.entry("tileset.json").is_none(), "not open yet");
    reader.feed(&bytes).unwrap();
    assert!(reader.is_open());
    let mut entry = reader.entry("tiles/0/0.glb").unwrap();
    let range = entry.need().unwrap();
    assert!(matches!(entry.feed(&[0; 3]), Err(ArchiveError::WrongLength { got: 3, .. })));
    entry.feed(&bytes[range.start as usize..range.end as usize]).unwrap();
    assert_eq!(entry.need(), None);
    assert_eq!(entry.finish().unwrap(), vec![7; 5000]);
}

#[test]
fn a_file_is_unpacked_elsewhere_with_the_same_checks() {
    for compression in [Compression::Stored, Compression::Deflate] {
        let bytes = archive(compression);
        let mut reader = ArchiveReader::new(bytes.len() as u64, ArchiveLimits::default()).unwrap();
        reader.feed(&bytes).unwrap();
        let mut entry = reader.entry("tiles/0/0.glb").unwrap();
        let range = entry.need().unwrap();
        entry.feed(&bytes[range.start as usize..range.end as usize]).unwrap();
        let packed = entry.finish_packed().unwrap();
        assert_eq!(packed.bytes.len() < 100, compression == Compression::Deflate);
        let reason = |packed: Packed| match packed.unpack() {
            Err(ArchiveError::Broken { what, message }) if what == "tiles/0/0.glb" => message,
            other => panic!("{other:?}"),
        };
        let mut short = packed.clone();
        short.bytes.truncate(9);
        reason(short);
        if compression == Compression::Stored {
            let mut other = packed.clone();
            other.bytes[100] ^= 1;
            assert_eq!(reason(other), "its checksum is wrong");
        }
        assert_eq!(packed.unpack().unwrap(), vec![7; 5000]);
    }
}

#[test]
fn the_index_is_sorted_as_the_format_says() {
    // Hashes by `printf %s PATH | md5sum`; the halves are compared as little-endian numbers.
    let index = index::Index::write([("tileset.json", 5), ("a", 6), ("b", 7)].into_iter());
    let digest = |i: usize| index[24 * i..24 * i + 16].iter().map(|b| format!("{b:02x}")).collect::<String>();
    let mut expected = ["0cc175b9c0f1b6a831c399e269772661", "92eb5ffee6ae2fec3ad71c777531578f", &digest_of_tileset()];
    expected.sort_by_key(|text| {
        let bytes: Vec<u8> = (0..16).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect();
        (u64::from_le_bytes(bytes[..8].try_into().unwrap()), u64::from_le_bytes(bytes[8..].try_into().unwrap()))
    });
    assert_eq!([digest(0), digest(1), digest(2)], expected);
}

fn digest_of_tileset() -> String {
    use md5::{Digest as _, Md5};
    Md5::digest(b"tileset.json").iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn more_files_than_a_short_end_record_can_count_need_zip64() {
    let mut writer = ArchiveWriter::new(Vec::new());
    for i in 0..70_000u32 {
        writer.add(&format!("{i}"), &i.to_le_bytes(), Compression::Stored).unwrap();
    }
    let bytes = writer.finish().unwrap();
    let mut file = open(&bytes).unwrap();
    assert_eq!(file.file_count(), 70_000);
    for i in [0, 1, 65_535, 69_999u32] {
        assert_eq!(file.read(&i.to_string()).unwrap(), i.to_le_bytes());
    }
}

#[test]
fn files_behind_four_gibibytes_are_found() {
    const SHIFT: u64 = 5 << 30;
    let mut writer = ArchiveWriter::at(Vec::new(), SHIFT);
    writer.add("tileset.json", b"{}", Compression::Stored).unwrap();
    let bytes = writer.finish().unwrap();
    let part = |range: std::ops::Range<u64>| {
        // What lies before the written part is never looked at.
        let mut out = vec![0; (SHIFT.saturating_sub(range.start)) as usize];
        let start = range.start.max(SHIFT) - SHIFT;
        out.extend(&bytes[start as usize..(range.end - SHIFT) as usize]);
        out
    };
    let mut reader = ArchiveReader::new(SHIFT + bytes.len() as u64, ArchiveLimits::default()).unwrap();
    while let Some(range) = reader.need() {
        reader.feed(&part(range)).unwrap();
    }
    assert!(reader.diagnostics().is_empty(), "{:?}", reader.diagnostics());
    let mut entry = reader.entry("tileset.json").unwrap();
    while let Some(range) = entry.need() {
        entry.feed(&part(range)).unwrap();
    }
    assert_eq!(entry.finish().unwrap(), b"{}");
}

/// Overwrites the index file's bytes and its checksums.
fn with_index(mut bytes: Vec<u8>, change: impl Fn(&mut [u8])) -> Vec<u8> {
    let find =
        |bytes: &[u8], from: usize| from + bytes[from..].windows(15).position(|w| w == INDEX_NAME.as_bytes()).unwrap();
    let local = find(&bytes, 0);
    let central = find(&bytes, local + 15);
    let length = 4 * 24;
    change(&mut bytes[local + 15..local + 15 + length]);
    let crc = reader::crc32(&bytes[local + 15..local + 15 + length]).to_le_bytes();
    bytes[local - 30 + 14..local - 30 + 18].copy_from_slice(&crc);
    bytes[central - 46 + 16..central - 46 + 20].copy_from_slice(&crc);
    bytes
}

#[test]
fn a_bad_index_is_mended_or_done_without() {
    let all_there = |file: &mut ArchiveFile<Cursor<&[u8]>>| {
        for (path, content) in files() {
            assert_eq!(file.read(path).unwrap(), content, "{path}");
        }
    };
    let unsorted = with_index(archive(Compression::Stored), |index| index.rotate_left(24));
    let mut file = open(&unsorted).unwrap();
    assert_eq!(codes(&file), ["archive-index-unsorted"]);
    all_there(&mut file);

    let mut damaged = archive(Compression::Stored);
    let at = damaged.windows(15).position(|w| w == INDEX_NAME.as_bytes()).unwrap();
    damaged[at + 20] ^= 1;
    let mut file = open(&damaged).unwrap();
    assert_eq!(codes(&file), ["archive-index-unusable"]);
    all_there(&mut file);

    let outside = with_index(archive(Compression::Stored), |index| index[16..24].fill(0xff));
    assert_eq!(codes(&open(&outside).unwrap()), ["archive-index-outside"]);

    // All entries claim the first one's hash: names tell them apart, and the other hashes are gone.
    let collision = with_index(archive(Compression::Stored), |index| {
        let first: [u8; 16] = index[..16].try_into().unwrap();
        (1..4).for_each(|i| index[24 * i..24 * i + 16].copy_from_slice(&first));
    });
    let mut file = open(&collision).unwrap();
    assert_eq!(codes(&file), ["archive-index-duplicate"]);
    let found = files().into_iter().filter(|(path, content)| file.read(path).is_ok_and(|b| b == *content)).count();
    assert_eq!(found, 1);
}

#[test]
fn paths_that_archives_must_not_hold_are_refused() {
    let mut writer = ArchiveWriter::new(Vec::new());
    writer.add("a", b"", Compression::Stored).unwrap();
    for path in ["", "..", "../a", "a", "./a", "@3dtilesIndex1@", "x.3tz", "y.3dtiles.zip/z"] {
        let result = writer.add(path, b"", Compression::Stored);
        assert!(matches!(result, Err(ArchiveError::BadPath { .. })), "{path}");
    }
}

#[test]
fn a_wrong_checksum_and_a_wrong_size_are_named() {
    let mut bytes = archive(Compression::Stored);
    let at = bytes.windows(8).position(|w| w == b"{\"asset\"").unwrap();
    bytes[at + 1] = b'!';
    let error = open(&bytes).unwrap().read("tileset.json").unwrap_err();
    assert!(error.to_string().contains("checksum"), "{error}");

    let mut bytes = archive(Compression::Stored);
    bytes[22..26].copy_from_slice(&9u32.to_le_bytes());
    let error = open(&bytes).unwrap().read("tileset.json").unwrap_err();
    assert!(error.to_string().contains("9 bytes"), "{error}");
}

#[test]
fn a_bomb_is_refused_before_it_is_unpacked() {
    let mut writer = ArchiveWriter::new(Vec::new());
    writer.add("bomb", &vec![0; 4 << 20], Compression::Deflate).unwrap();
    let bytes = writer.finish().unwrap();
    assert!(bytes.len() < 10_000);
    let limits = ArchiveLimits { max_file_bytes: 1 << 20, ..Default::default() };
    let mut file = ArchiveFile::open(Cursor::new(&bytes[..]), limits).unwrap();
    assert!(matches!(file.read("bomb"), Err(ArchiveError::TooLarge { bytes: 4_194_304, .. })));
    // A header that lies about the size stops the unpacking at that size.
    let mut lie = bytes.clone();
    lie[22..26].copy_from_slice(&100u32.to_le_bytes());
    assert!(matches!(open(&lie).unwrap().read("bomb"), Err(ArchiveError::Broken { .. })));
}

/// A file of a ZIP whose data is given as it is.
fn raw(method: u16, data: &[u8], content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let record = |offset| records::FileRecord {
        name: "f".into(),
        flags: 0,
        method,
        crc32: reader::crc32(content),
        compressed: data.len() as u64,
        uncompressed: content.len() as u64,
        offset,
        length: 0,
        comment: false,
    };
    record(0).write(false, &mut bytes);
    bytes.extend(data);
    let offset = bytes.len() as u64;
    record(0).write(true, &mut bytes);
    let size = bytes.len() as u64 - offset;
    records::Directory { entries: 1, size, offset }.write(offset + size, &mut bytes);
    bytes
}

#[test]
fn zstandard_is_read_and_its_bombs_are_not() {
    // RFC 8878: magic, single segment with one byte of content size, one raw last block of 5 bytes.
    let frame = [&[0x28, 0xb5, 0x2f, 0xfd, 0x20, 5, 0x29, 0, 0][..], b"hello"].concat();
    let bytes = raw(93, &frame, b"hello");
    let mut file = open(&bytes).unwrap();
    assert_eq!(codes(&file), ["archive-index-unusable"]);
    assert_eq!(file.read("f").unwrap(), b"hello");
    assert_eq!(open(&raw(93, &frame.repeat(2), b"hellohello")).unwrap().read("f").unwrap(), b"hellohello");

    // A repeated byte (block type 1) of 128 KiB where the header says 5 bytes.
    let bomb = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38, 0x03, 0, 0x10, 0];
    assert!(open(&raw(93, &bomb, b"hello")).unwrap().read("f").is_err());
    let window = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x80, 0x29, 0, 0, b'h', b'e', b'l', b'l', b'o'];
    let error = open(&raw(93, &window, b"hello")).unwrap().read("f").unwrap_err();
    assert!(error.to_string().contains("window"), "{error}");
    assert!(matches!(open(&raw(12, b"x", b"x")).unwrap().read("f"), Err(ArchiveError::Unsupported { .. })));
}

fn python(code: &str, path: &std::path::Path) -> Option<String> {
    match Command::new("python3").args(["-c", code]).arg(path).output() {
        Ok(out) => {
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
            Some(String::from_utf8(out.stdout).unwrap())
        }
        Err(_) => {
            eprintln!("skipped: there is no python3");
            None
        }
    }
}

#[test]
fn python_reads_what_is_written() {
    let folder = tempfile::tempdir().unwrap();
    for compression in [Compression::Stored, Compression::Deflate] {
        let path = folder.path().join("a.3tz");
        std::fs::write(&path, archive(compression)).unwrap();
        let code = "import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\n\
                    print(','.join(f'{i.filename}:{i.file_size}' for i in z.infolist()))";
        let Some(out) = python(code, &path) else { return };
        assert_eq!(
            out.trim(),
            "tileset.json:27,tiles/0/0.glb:5000,tiles/运河 1.glb:256,empty.bin:0,@3dtilesIndex1@:96"
        );
    }
}

#[test]
fn a_zip_of_python_is_read_by_its_directory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    let code = "import sys,zipfile,io\nb=io.BytesIO()\n\
                class Pipe:\n def write(s,d): return b.write(d)\n def flush(s): pass\n\
                z=zipfile.ZipFile(Pipe(),'w',zipfile.ZIP_DEFLATED)\nz.mkdir('tiles')\n\
                z.writestr('tileset.json','{}')\nz.writestr('tiles/a b.glb',b'x'*1000)\nz.comment=b'PK\\5\\6 no end'\n\
                z.close()\nopen(sys.argv[1],'wb').write(b.getvalue())";
    if python(code, &path).is_none() {
        return;
    }
    // Written to a pipe: sizes follow the data, and only the directory knows them.
    let bytes = std::fs::read(&path).unwrap();
    let mut file = open(&bytes).unwrap();
    assert_eq!(codes(&file), ["archive-index-unusable"]);
    assert_eq!(file.file_count(), 2);
    assert_eq!(file.read("tiles/a%20b.glb").unwrap(), vec![b'x'; 1000]);
    assert_eq!(file.read("tileset.json").unwrap(), b"{}");
}

fn survive(bytes: &[u8]) {
    let limits = ArchiveLimits { max_file_bytes: 1 << 20, max_index_bytes: 1 << 20 };
    let Ok(mut file) = ArchiveFile::open(Cursor::new(bytes), limits) else { return };
    for (path, _) in files() {
        if let Ok(content) = file.read(path) {
            assert!(content.len() <= 1 << 20);
        }
    }
}

#[test]
fn every_cut_is_survived() {
    let bytes = archive(Compression::Deflate);
    for length in 0..bytes.len() {
        survive(&bytes[..length]);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        survive(&bytes);
        survive(&[&bytes[..], b"PK\x05\x06", &[0; 18][..]].concat());
        survive(&raw(93, &[&[0x28, 0xb5, 0x2f, 0xfd][..], &bytes].concat(), b"hello"));
        survive(&raw(8, &bytes, b"hello"));
    }

    #[test]
    fn a_damaged_archive_is_survived(damage in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..6),
                                     from_end in any::<bool>()) {
        let mut bytes = archive(Compression::Deflate);
        let n = bytes.len();
        for (at, byte) in damage {
            // Half of the damage goes to the records at the end, where it matters most.
            let at = if from_end { n - 1 - at % 700.min(n) } else { at % n };
            bytes[at] = byte;
        }
        survive(&bytes);
    }
}

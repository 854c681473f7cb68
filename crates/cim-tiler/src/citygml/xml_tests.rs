//! What is wrong with a file is said with the line on which it is.

use super::tests::document;
use crate::{TilerError, citymodel};
use flate2::{Compression, write::GzEncoder};
use std::io::Write as _;

/// The line and the reason for which a file is refused.
fn refused(bytes: &[u8]) -> (usize, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("city.gml");
    std::fs::write(&path, bytes).unwrap();
    let file = citymodel::open(&path).unwrap();
    match super::read(file) {
        Err(TilerError::Source { reason, .. }) => {
            let (line, why) = reason.strip_prefix("line ").unwrap().split_once(": ").unwrap();
            (line.parse().unwrap(), why.to_owned())
        }
        other => panic!("{other:?}"),
    }
}

/// A file whose line 20 is `bad`.
fn with(bad: &str) -> String {
    let head = document("");
    let head = head.strip_suffix("</CityModel>").unwrap();
    let to_go = 20 - head.lines().count() - 1;
    let members: String = (0..to_go).map(|_| "<cityObjectMember/>\n").collect();
    format!("{head}{members}{bad}\n<cityObjectMember/>\n</CityModel>\n")
}

#[test]
fn what_is_not_well_formed() {
    assert_eq!(with("BAD").lines().position(|l| l.contains("BAD")), Some(19));
    for (bad, why) in [
        ("<a></b>", "expected"),
        ("<a x='1' x='2'/>", "duplicated"),
        ("<a x=1/>", ""),
        ("<a>&nbsp;</a>", "the entity `&nbsp;` is not known"),
        ("<a>&#xD800;</a>", "is not known"),
        ("<!-- no -- <!- end", ""),
        ("</cityObjectMember>", ""),
    ] {
        let (line, reason) = refused(with(bad).as_bytes());
        assert_eq!(line, 20, "{bad}: {reason}");
        assert!(reason.contains(why), "{bad}: {reason}");
    }
}

#[test]
fn what_was_cut_off() {
    let whole = with("<cityObjectMember><a>text</a></cityObjectMember>");
    let after = |text: &str| whole.find(text).unwrap() + text.len();
    for (end, line, why) in [
        (after("<cityObjectMember><a"), 20, ""),
        (after("<a>te"), 20, "it ends inside <a>: it was cut off"),
        (after("</a>"), 20, "it ends inside <cityObjectMember>: it was cut off"),
        (whole.find("</CityModel>").unwrap() - 1, 21, "it ends inside its root: it was cut off"),
    ] {
        let (at, reason) = refused(&whole.as_bytes()[..end]);
        assert_eq!(at, line, "{reason}");
        assert!(reason.contains(why), "{reason}");
        // The same when it is packed.
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&whole.as_bytes()[..end]).unwrap();
        assert_eq!(refused(&packed.finish().unwrap()), (line, reason));
    }
}

#[test]
fn what_is_not_utf_8() {
    for bad in ["<a>one ? two</a>", "<a x='?'/>", "<a><![CDATA[?]]></a>", "<a?/>", "<a\u{20}\u{20}?='1'/>"] {
        let bytes: Vec<u8> = with(bad).bytes().map(|b| if b == b'?' { 0xff } else { b }).collect();
        // The question marks of the declaration stay.
        let mut bytes = bytes;
        let end = bytes.iter().position(|b| *b == b'>').unwrap();
        (bytes[1], bytes[end - 1]) = (b'?', b'?');
        let (line, reason) = refused(&bytes);
        assert_eq!(line, 20, "{bad}: {reason}");
    }
    // A text of several lines: the line of the byte, not of the text's beginning.
    let mut bytes = with("<a>one").into_bytes();
    let at = bytes.windows(6).position(|w| w == b"<a>one").unwrap() + 6;
    bytes.splice(at..at, *b"\ntwo\n\xff</a>");
    assert_eq!(refused(&bytes), (22, "it is not UTF-8".to_owned()));
}

#[test]
fn what_is_no_city_model() {
    assert_eq!(refused(b"<?xml version='1.0'?>\n<!-- -->\n<kml/>").0, 3);
    assert_eq!(refused(b"<?xml version='1.0'?>\n\n"), (3, "it holds no element".to_owned()));
}

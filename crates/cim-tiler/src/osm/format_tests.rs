//! The same small map in each format, whole and damaged.

use super::*;
use crate::Silent;
use proptest::prelude::*;
use std::path::PathBuf;

/// A node, a way or a relation with its tags.
struct Thing {
    id: i64,
    tags: Vec<(&'static str, &'static str)>,
    is: Is,
}

enum Is {
    /// In steps of 1e-7 degrees, east and north.
    Node(i64, i64),
    Way(Vec<i64>),
    /// Types, ids and roles.
    Relation(Vec<(&'static str, i64, &'static str)>),
}

/// A house, a courtyard of two ways with an island, a one-way street, a park, a tree; and what refers to nothing.
fn map() -> Vec<Thing> {
    let (east, north) = (1_165_800_000, 354_100_000);
    let node = |id, x: i64, y: i64| Thing { id, tags: vec![], is: Is::Node(east + x, north + y) };
    let way = |id, nodes: &[i64], tags: &[(&'static str, &'static str)]| Thing {
        id,
        tags: tags.to_vec(),
        is: Is::Way(nodes.to_vec()),
    };
    let mut map: Vec<Thing> = [(1, 0, 0), (2, 3_001, 0), (3, 3_001, 2_003), (4, 0, 2_003)]
        .into_iter()
        .chain([(11, 10_000, 0), (12, 18_000, 0), (13, 18_000, 9_000), (14, 10_000, 9_000)])
        .chain([(15, 12_000, 2_000), (16, 14_000, 2_000), (17, 13_000, 4_000)])
        .chain([(21, -5_007, -3_000), (22, 25_003, -3_011), (23, 25_003, 12_345)])
        .map(|(id, x, y)| node(id, x, y))
        .collect();
    let tree = vec![("natural", "tree"), ("height", "12 m"), ("species", "Populus alba")];
    map.push(Thing { id: -7, tags: tree, is: Is::Node(east + 5_000, north + 5_000) });
    let lamp = vec![("highway", "street_lamp"), ("height", "6"), ("light:direction", "90")];
    map.push(Thing { id: -8, tags: lamp, is: Is::Node(east + 5_500, north + 5_000) });
    let house = [("building", "house"), ("name", "雅居 & \"1<2\""), ("building:levels", "2")];
    map.push(way(100, &[1, 2, 3, 4, 1], &house));
    map.push(way(101, &[11, 12, 13], &[("source", "survey")]));
    map.push(way(102, &[13, 14, 11], &[]));
    map.push(way(103, &[15, 16, 17, 15], &[]));
    map.push(way(104, &[21, 22, 23], &[("highway", "primary"), ("oneway", "yes"), ("name", "太白路")]));
    map.push(way(105, &[1, 2, 14, 1], &[("leisure", "park")]));
    map.push(way(106, &[1, 2, 999, 1], &[("building", "yes")]));
    let members = vec![("way", 101, "outer"), ("way", 102, "outer"), ("way", 103, "inner"), ("node", 1, "entrance")];
    let tags = vec![("type", "multipolygon"), ("building", "school")];
    map.push(Thing { id: 200, tags: tags.clone(), is: Is::Relation(members) });
    map.push(Thing { id: 201, tags, is: Is::Relation(vec![("way", 12_345, "outer")]) });
    map
}

fn as_xml(map: &[Thing]) -> String {
    let escaped = |t: &str| t.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let degrees = |n: i64| format!("{}.{:07}", n / 10_000_000, n % 10_000_000);
    let mut out = "<?xml version='1.0' encoding='UTF-8'?>\n<osm version=\"0.6\" generator=\"test\">\n".to_owned();
    out += " <bounds minlat=\"35\" minlon=\"116\" maxlat=\"36\" maxlon=\"117\"/>\n";
    for thing in map {
        let id = thing.id;
        let (name, head, inside) = match &thing.is {
            Is::Node(x, y) => {
                ("node", format!(" lat=\"{}\" lon=\"{}\" version=\"3\"", degrees(*y), degrees(*x)), String::new())
            }
            Is::Way(nodes) => ("way", String::new(), nodes.iter().map(|n| format!("  <nd ref=\"{n}\"/>\n")).collect()),
            Is::Relation(members) => {
                let member = |(kind, id, role): &(&str, i64, &str)| {
                    format!("  <member type=\"{kind}\" ref=\"{id}\" role=\"{role}\"></member>\n")
                };
                ("relation", String::new(), members.iter().map(member).collect())
            }
        };
        let tags: String =
            thing.tags.iter().map(|(k, v)| format!("  <tag k=\"{k}\" v=\"{}\"/>\n", escaped(v))).collect();
        out += &match inside + &tags {
            inside if inside.is_empty() => format!(" <{name} id=\"{id}\"{head}/>\n"),
            inside => format!(" <{name} id=\"{id}\"{head}>\n{inside} </{name}>\n"),
        };
    }
    out + "</osm>\n"
}

/// The wire format of protocol buffers, as far as extracts need it.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut n: u64) {
        while n > 0x7f {
            self.0.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.0.push(n as u8);
    }

    fn number(mut self, field: u64, n: u64) -> Self {
        self.varint(field << 3);
        self.varint(n);
        self
    }

    fn bytes(mut self, field: u64, bytes: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
        self
    }

    fn packed(self, field: u64, numbers: impl IntoIterator<Item = u64>) -> Self {
        let mut list = Self::default();
        numbers.into_iter().for_each(|n| list.varint(n));
        self.bytes(field, &list.0)
    }
}

fn zigzag(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)) as u64
}

fn deltas(numbers: impl IntoIterator<Item = i64>) -> Vec<u64> {
    let mut last = 0;
    numbers.into_iter().map(|n| zigzag(n - std::mem::replace(&mut last, n))).collect()
}

fn blob(kind: &str, content: &Message) -> Vec<u8> {
    let blob = Message::default().bytes(1, &content.0);
    let header = Message::default().bytes(1, kind.as_bytes()).number(3, blob.0.len() as u64);
    [(header.0.len() as u32).to_be_bytes().as_slice(), &header.0, &blob.0].concat()
}

fn as_pbf(map: &[Thing]) -> Vec<u8> {
    let mut words: Vec<&str> = vec![""];
    let mut word = |text: &'static str| {
        words.iter().position(|w| *w == text).unwrap_or_else(|| {
            words.push(text);
            words.len() - 1
        }) as u64
    };
    let (mut nodes, mut texts) = (Vec::new(), Vec::new());
    let (mut ways, mut relations) = (Message::default(), Message::default());
    for thing in map {
        let tags: Vec<[u64; 2]> = thing.tags.iter().map(|(k, v)| [word(k), word(v)]).collect();
        let start = Message::default()
            .number(1, thing.id as u64)
            .packed(2, tags.iter().map(|t| t[0]))
            .packed(3, tags.iter().map(|t| t[1]));
        match &thing.is {
            Is::Node(x, y) => {
                nodes.push((thing.id, *x, *y));
                texts.extend(tags.into_iter().flatten().chain([0]));
            }
            Is::Way(list) => ways = ways.bytes(3, &start.packed(8, deltas(list.iter().copied())).0),
            Is::Relation(members) => {
                let types = members.iter().map(|m| if m.0 == "way" { 1 } else { 0 });
                let relation = start
                    .packed(8, members.iter().map(|m| word(m.2)))
                    .packed(9, deltas(members.iter().map(|m| m.1)))
                    .packed(10, types);
                relations = relations.bytes(4, &relation.0);
            }
        }
    }
    let dense = Message::default()
        .packed(1, deltas(nodes.iter().map(|n| n.0)))
        .packed(8, deltas(nodes.iter().map(|n| n.2)))
        .packed(9, deltas(nodes.iter().map(|n| n.1)))
        .packed(10, texts);
    let table = words.iter().fold(Message::default(), |table, w| table.bytes(1, w.as_bytes()));
    let groups = [Message::default().bytes(2, &dense.0), ways, relations];
    let block = groups.iter().fold(Message::default().bytes(1, &table.0), |block, group| block.bytes(2, &group.0));
    [blob("OSMHeader", &Message::default().bytes(4, b"OsmSchema-V0.6")), blob("OSMData", &block)].concat()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// What is said about a file that makes no city.
    fn refusal(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let error = make_city(&self.file(name, bytes), &OsmOptions::default(), &mut Silent).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
        error
    }
}

#[test]
fn the_same_map_makes_the_same_city_in_every_format() {
    let folder = Folder::new();
    let (xml, pbf) = (as_xml(&map()), as_pbf(&map()));
    let city = |folder_name: &str, bytes: &[u8]| {
        std::fs::create_dir(folder.0.path().join(folder_name)).unwrap();
        // The name says nothing.
        let path = folder.file(&format!("{folder_name}/map.data"), bytes);
        assert!(recognises(&path), "{folder_name}");
        make_city(&path, &OsmOptions::default(), &mut Silent).unwrap()
    };
    let by_pbf = city("pbf", &pbf);
    assert_eq!((by_pbf.buildings.len(), by_pbf.roads.len(), by_pbf.areas.len()), (2, 1, 1));
    assert_eq!((by_pbf.buildings[1].name.as_str(), by_pbf.roads[0].oneway), ("雅居 & \"1<2\"", true));
    assert_eq!(by_pbf.buildings[0].holes.len(), 1);
    assert_eq!((by_pbf.plants.len(), by_pbf.plants[0].height_m), (1, 12.0));
    let lamps: Vec<_> = by_pbf.lamps.iter().map(|l| (l.height_m, l.heading_deg, l.is_lit)).collect();
    assert_eq!(lamps, [(6.0, Some(90.0), true)]);
    let left_out: Vec<String> = by_pbf.findings.left_out.iter().map(|(key, _)| key.to_string()).collect();
    assert_eq!(left_out.len(), 2, "{left_out:?}");
    // To the last bit: the text of floats tells them all apart.
    let expected = format!("{by_pbf:?}");
    for (name, bytes) in [("xml", xml.clone().into_bytes()), ("gzip", gzipped(xml.as_bytes()))] {
        assert!(format!("{:?}", city(name, &bytes)) == expected, "{name} differs");
    }
    let mut marked = b"\xef\xbb\xbf".to_vec();
    marked.extend(xml.as_bytes());
    assert!(format!("{:?}", city("marked", &marked)) == expected);
}

#[test]
fn what_was_deleted_in_an_editor_is_not_there() {
    let folder = Folder::new();
    let xml = as_xml(&map())
        .replace("<way id=\"100\"", "<way id=\"100\" action=\"delete\"")
        .replace("<way id=\"105\"", "<way visible=\"false\" id=\"105\"");
    let city = make_city(&folder.file("map.osm", xml), &OsmOptions::default(), &mut Silent).unwrap();
    assert_eq!((city.buildings.len(), city.areas.len()), (1, 0));
}

#[test]
fn what_is_wrong_with_a_map_is_said_with_its_line() {
    let folder = Folder::new();
    let whole = as_xml(&map());
    let cut = folder.refusal("cut.osm", &whole.as_bytes()[..whole.len() / 2]);
    assert!(cut.contains("cut off") || cut.contains("line"), "{cut}");
    let cut = folder.refusal("ending.osm", whole.trim_end().trim_end_matches("</osm>"));
    assert!(cut.contains("it was cut off"), "{cut}");
    let packed = gzipped(whole.as_bytes());
    folder.refusal("cut.osm.gz", &packed[..packed.len() / 2]);
    let mut latin = whole.clone().into_bytes();
    let at = whole.find("太白路").unwrap();
    latin[at] = 0xe4;
    latin[at + 1] = b'x';
    assert!(folder.refusal("latin.osm", latin).to_lowercase().contains("utf-8"));
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(whole.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    folder.refusal("wide.osm", wide);
    let huge = whole.replace("<way id=\"100\"", "<way id=\"99999999999999999999\"");
    let huge = folder.refusal("huge.osm", huge);
    assert!(huge.contains("`id` of a <way> is `99999999999999999999`") && huge.contains("line 28"), "{huge}");
    let nameless = whole.replace("<nd ref=\"21\"/>", "<nd/>");
    assert!(folder.refusal("nameless.osm", nameless).contains("a <nd> has no `ref`"));
    let lat = whole.replace("lat=\"35.4100000\"", "lat=\"north\"");
    assert!(folder.refusal("lat.osm", lat).contains("`lat` of a <node> is `north`"));
    let entity = whole.replace("太白路", "&bomb;");
    assert!(folder.refusal("entity.osm", entity).contains("bomb"));
    assert!(folder.refusal("change.osm", "<osmChange version='0.6'><modify/></osmChange>").contains("apply it"));
    assert!(folder.refusal("gml.osm", "<CityModel/>").contains("its root is <CityModel>"));
    assert!(folder.refusal("nothing.osm", "<osm/>").contains("nothing that is drawn"));
    assert!(folder.refusal("blank.osm", "<!-- -->").contains("no element"));
    assert!(folder.refusal("map.osm.bz2", b"BZh91AY&SY").contains("bunzip2"));
}

#[test]
fn places_beyond_the_earth_are_places_of_nothing() {
    let folder = Folder::new();
    let whole = as_xml(&map());
    for bad in ["1e300", "NaN", "-inf", "91"] {
        let xml = whole.replacen("lat=\"35.4100000\"", &format!("lat=\"{bad}\""), 1);
        let city = make_city(&folder.file("map.osm", xml), &OsmOptions::default(), &mut Silent).unwrap();
        assert!(city.findings.left_out.iter().any(|(key, _)| key.id == "w100"), "{bad}");
    }
}

#[test]
fn progress_is_told_in_bytes_of_the_file() {
    #[derive(Default)]
    struct Heard(Vec<(String, u64, u64)>);
    impl Progress for Heard {
        fn stage(&mut self, name: &str, total: Option<u64>) {
            self.0.push((name.into(), total.unwrap_or(0), 0));
        }
        fn advance(&mut self, steps: u64) {
            self.0.last_mut().unwrap().2 += steps;
        }
    }
    let folder = Folder::new();
    for bytes in [as_xml(&map()).into_bytes(), as_pbf(&map())] {
        let (mut heard, size) = (Heard::default(), bytes.len() as u64);
        make_city(&folder.file("map", bytes), &OsmOptions::default(), &mut heard).unwrap();
        for stage in ["reading relations", "reading ways", "reading nodes"] {
            assert!(heard.0.contains(&(stage.into(), size, size)), "{:?}", heard.0);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damage_gives_a_city_or_a_sentence(
        pbf: bool,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = if pbf { as_pbf(&map()) } else { as_xml(&map()).into_bytes() };
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let folder = Folder::new();
        if let Err(e) = make_city(&folder.file("damaged.osm", bytes), &OsmOptions::default(), &mut Silent) {
            prop_assert!(e.to_string().contains("damaged.osm"), "{e}");
        }
    }
}

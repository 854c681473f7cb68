//! The walk from file to file. Each kind of file has a function; what is still to be read stands in one list, so that
//! no depth of tree or chain of tilesets can exhaust the stack.

mod content;
mod subtrees;

use super::{
    Fetch, InspectOptions, document,
    finding::{Findings, at, short},
    implicit::Implicit,
    metadata,
    report::{Report, RootVolume},
    rules, schemas,
    tile::{self, Above, ContentLink},
    tileset::{self, Source},
    volume::Volume,
};
use base64::Engine as _;
use cim_geo::Geodetic;
use serde_json::Value;
use std::{collections::HashSet, rc::Rc};
use url::Url;

/// Longer URLs are not followed: a tileset that refers to itself in a folder below makes one of every length.
const MAX_URL: usize = 4096;

pub(super) struct Walk<'a, 'f> {
    root: Url,
    options: &'a InspectOptions,
    fetch: &'a mut Fetch<'f>,
    find: Findings,
    report: Report,
    jobs: Vec<Job>,
    /// Files read already: each is checked once, with the first tile that refers to it.
    seen: HashSet<Url>,
    stopped: bool,
}

enum Job {
    Tile { json: Value, place: String, source: Rc<Source>, above: Above, depth: usize, is_root: bool },
    Content(ContentJob),
    Subtree(SubtreeJob),
}

struct ContentJob {
    url: Url,
    place: String,
    source: Rc<Source>,
    volume: Option<Volume>,
    above: Above,
    depth: usize,
    has_children: bool,
    is_implicit: bool,
}

#[derive(Clone)]
struct SubtreeJob {
    place: String,
    source: Rc<Source>,
    /// The implicit root tile as the tileset's file has it.
    above: Above,
    /// The tile that the root of the subtree hangs below.
    parent: Above,
    depth: usize,
    implicit: Rc<Implicit>,
    /// Templates and places of the contents.
    contents: Rc<Vec<(String, String)>>,
    level: u64,
    at: [u64; 3],
}

impl<'a, 'f> Walk<'a, 'f> {
    pub(super) fn new(root: &Url, options: &'a InspectOptions, fetch: &'a mut Fetch<'f>) -> Self {
        Self {
            root: root.clone(),
            options,
            fetch,
            find: Findings::default(),
            report: Report { url: root.to_string(), ..Report::default() },
            jobs: Vec::new(),
            seen: HashSet::new(),
            stopped: false,
        }
    }

    pub(super) fn run(mut self) -> Report {
        let url = self.root.clone();
        self.seen.insert(url.clone());
        let label = self.label(&url);
        if let Some(bytes) = self.read(&url, &label) {
            self.count_file("tileset", bytes.len());
            if let Some(json) = document::parse(&bytes, &format!("{label}#"), &mut self.find) {
                self.tileset(json, &url, None, Above::default(), 0);
            }
        }
        while let Some(job) = self.jobs.pop() {
            match job {
                Job::Tile { json, place, source, above, depth, is_root } => {
                    self.tile(json, &place, source, &above, depth, is_root);
                }
                Job::Content(job) => self.content(job),
                Job::Subtree(job) => self.subtree(job),
            }
            if self.stopped {
                break;
            }
        }
        self.report.close(self.find)
    }

    fn tileset(&mut self, mut json: Value, url: &Url, parent: Option<Rc<Source>>, above: Above, depth: usize) {
        let place = format!("{}#", self.label(url));
        let is_first = parent.is_none();
        let root = json.get_mut("root").map(Value::take);
        // The schema of the tileset only wants the root to be an object; the tile itself comes next.
        if let (Some(root), Some(members)) = (&root, json.as_object_mut()) {
            let stand_in = if root.is_object() { Value::Object(serde_json::Map::new()) } else { root.clone() };
            members.insert("root".into(), stand_in);
        }
        let mut uses = std::mem::take(&mut self.report.extensions);
        let mut find = std::mem::take(&mut self.find);
        let source = tileset::check(&json, url, &place, parent, &mut find, &mut uses, |uri, find| {
            std::mem::swap(&mut self.find, find);
            let schema = self.schema(uri, url, &place);
            std::mem::swap(&mut self.find, find);
            schema
        });
        self.find = find;
        self.report.extensions = uses;
        let error = json.get("geometricError").and_then(Value::as_f64);
        if is_first {
            let version = json.get("asset").and_then(|a| a.get("version")).and_then(Value::as_str);
            self.report.version = version.unwrap_or_default().to_owned();
            self.report.geometric_error = error;
        }
        let Some(root) = root.filter(Value::is_object) else { return };
        if let (Some(error), Some(below)) = (error, root.get("geometricError").and_then(Value::as_f64))
            && below > error * (1.0 + 1e-6)
        {
            let message = format!("{error} m is less than the {below} m of its root");
            self.find.add(&rules::TILESET_ERROR, &at(&place, "geometricError"), message);
        }
        // An external tileset takes over the place and the volume, but says anew how it is refined.
        let above = Above { refine: None, ..above };
        let place = at(&place, "root");
        self.jobs.push(Job::Tile { json: root, place, source: Rc::new(source), above, depth, is_root: true });
    }

    fn schema(&mut self, uri: &str, base: &Url, place: &str) -> Option<Value> {
        let place = at(place, "schemaUri");
        let url = self.resolve(uri, base, &place)?;
        let bytes = self.read(&url, &place)?;
        self.count_file("schema", bytes.len());
        let place = format!("{}#", self.label(&url));
        let json = document::parse(&bytes, &place, &mut self.find)?;
        schemas::SCHEMA.check(&json, &place, &mut self.find);
        metadata::check_schema(&json, &place, &mut self.find);
        Some(json)
    }

    fn tile(&mut self, mut json: Value, place: &str, source: Rc<Source>, above: &Above, depth: usize, is_root: bool) {
        // The children become jobs of their own; the schema sees what is left of the list.
        let children = match json.get_mut("children") {
            Some(Value::Array(list)) => {
                let (tiles, other): (Vec<Value>, Vec<Value>) =
                    std::mem::take(list).into_iter().partition(Value::is_object);
                list.extend(other);
                Some(tiles)
            }
            _ => None,
        };
        let count = children.as_ref().map(Vec::len);
        let checked = tile::check(&json, place, count, &source, above, is_root, &mut self.find);
        self.report.tree.count(depth, 1);
        self.check_limit();
        if let Some(volume) = &checked.here.volume {
            *self.report.volumes.entry(volume.kind()).or_insert(0) += 1;
            if depth == 0 {
                self.report.volume = Some(describe(volume));
            }
        }
        let has_children = count.is_some_and(|n| n > 0);
        let implicit = json.get("implicitTiling").and_then(Implicit::parse);
        // Whether an implicit root has children and contents, only its subtree knows.
        if implicit.is_none() {
            self.tally_tile(&checked.here, has_children, checked.contents.is_empty());
        }
        for (i, child) in children.into_iter().flatten().enumerate().collect::<Vec<_>>().into_iter().rev() {
            let place = at(&at(place, "children"), i);
            let (source, above) = (source.clone(), checked.here.clone());
            self.jobs.push(Job::Tile { json: child, place, source, above, depth: depth + 1, is_root: false });
        }
        if let Some(implicit) = implicit {
            self.report.tree.implicit_roots += 1;
            let contents = checked.contents.into_iter().map(|c| (c.uri, c.place)).collect();
            self.jobs.push(Job::Subtree(SubtreeJob {
                place: place.to_owned(),
                source,
                above: checked.here,
                parent: above.clone(),
                depth,
                implicit: Rc::new(implicit),
                contents: Rc::new(contents),
                level: 0,
                at: [0; 3],
            }));
            return;
        }
        for ContentLink { uri, place, volume } in checked.contents {
            let Some(url) = self.resolve(&uri, &source.url, &at(&place, "uri")) else { continue };
            let (source, above) = (source.clone(), checked.here.clone());
            let is_implicit = false;
            self.jobs.push(Job::Content(ContentJob {
                url,
                place,
                source,
                volume,
                above,
                depth,
                has_children,
                is_implicit,
            }));
        }
    }

    fn tally_tile(&mut self, here: &Above, is_parent: bool, is_empty: bool) {
        let tree = &mut self.report.tree;
        tree.leaves += u64::from(!is_parent);
        tree.empty += u64::from(is_empty);
        match here.refine.as_deref() {
            Some("ADD") => tree.add += 1,
            _ => tree.replace += 1,
        }
    }

    fn check_limit(&mut self) {
        if self.report.tree.tiles() > self.options.max_tiles {
            self.stop();
        }
    }

    fn stop(&mut self) {
        self.stopped = true;
        let message = format!("more than {} tiles; the rest was not looked at", self.options.max_tiles);
        let label = self.label(&self.root);
        self.find.add(&rules::INSPECTION_STOPPED, &label, message);
    }

    fn count_file(&mut self, kind: &'static str, bytes: usize) {
        let tally = self.report.files.entry(kind).or_default();
        tally.files += 1;
        tally.bytes += bytes as u64;
    }

    /// How files are called: relative to the tileset's folder where that is shorter.
    fn label(&self, url: &Url) -> String {
        if url.scheme() == "data" {
            return short(url.as_str());
        }
        let name = || url.path_segments().and_then(|mut s| s.next_back()).unwrap_or_default().to_owned();
        if *url == self.root {
            return Some(name()).filter(|n| !n.is_empty()).unwrap_or_else(|| url.to_string());
        }
        self.root.make_relative(url).filter(|r| !r.is_empty()).unwrap_or_else(|| url.to_string())
    }

    fn resolve(&mut self, uri: &str, base: &Url, place: &str) -> Option<Url> {
        let url = base.join(uri).map_err(|e| e.to_string());
        let url = url.and_then(|url| {
            let long = url.scheme() != "data" && url.as_str().len() > MAX_URL;
            if long { Err(format!("its URL is longer than {MAX_URL} bytes")) } else { Ok(url) }
        });
        url.map_err(|e| self.find.add(&rules::URI_INVALID, place, format!("{:?}: {e}", short(uri)))).ok()
    }

    fn read(&mut self, url: &Url, place: &str) -> Option<Vec<u8>> {
        let result = if url.scheme() == "data" { data(url) } else { (self.fetch)(url) };
        let missing = |e| {
            let message = format!("{}: {e}", self.label(url));
            self.find.add(&rules::FILE_MISSING, place, message);
        };
        result.map_err(missing).ok()
    }
}

fn data(url: &Url) -> Result<Vec<u8>, String> {
    let (kind, text) = url.path().split_once(',').ok_or("a data URI without data")?;
    if kind.ends_with(";base64") {
        base64::engine::general_purpose::STANDARD.decode(text).map_err(|e| e.to_string())
    } else {
        Ok(text.as_bytes().to_vec())
    }
}

fn describe(volume: &Volume) -> RootVolume {
    let (center, radius) = volume.sphere();
    // A point within 1,000 km of the Earth's centre is not on the Earth.
    let geodetic = (center.length() > 1.0e6).then(|| {
        let g = Geodetic::from_ecef(center);
        [g.lon_deg, g.lat_deg, g.height_m]
    });
    RootVolume { kind: volume.kind(), center: center.to_array(), radius, geodetic }
}

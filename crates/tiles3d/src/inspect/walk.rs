//! The walk from file to file. Each kind of file has a function; what is still to be read stands in one list, so that
//! no depth of tree or chain of tilesets can exhaust the stack.

use super::{
    Fetch, InspectOptions, container, document,
    finding::{Findings, at, short},
    glb, gltf,
    implicit::{Implicit, fill},
    metadata, model,
    report::{Report, RootVolume},
    rules, schemas, subtree,
    tile::{self, Above, ContentLink},
    tileset::{self, Source},
    volume::Volume,
};
use crate::{Content, DecodeError, DecodeOptions, decode_content};
use base64::Engine as _;
use cim_geo::Geodetic;
use serde_json::Value;
use std::{collections::HashSet, io::Read as _, rc::Rc};
use url::Url;

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
    above: Above,
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
        self.tally_tile(&checked.here, has_children || implicit.is_some(), checked.contents.is_empty());
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

    fn content(&mut self, job: ContentJob) {
        if job.source.is_below(&job.url) {
            let message = "leads back to a tileset that leads here";
            return self.find.add(&rules::CYCLE, &at(&job.place, "uri"), message);
        }
        if job.url.scheme() != "data" && !self.seen.insert(job.url.clone()) {
            return;
        }
        let Some(bytes) = self.read(&job.url, &at(&job.place, "uri")) else { return };
        let size = bytes.len();
        let Some(bytes) = self.gunzip(bytes, &job.place) else { return };
        let place = self.label(&job.url);
        let mut documents = Vec::new();
        let kind = match bytes.get(..4) {
            Some(b"glTF") => {
                documents.extend(glb::check(&bytes, &place, &mut self.find));
                "glb"
            }
            Some(magic @ (b"b3dm" | b"i3dm" | b"pnts" | b"cmpt")) => {
                container::check(&bytes, &place, &mut self.find, &mut |json| documents.push(json.clone()));
                match magic {
                    b"b3dm" => "b3dm",
                    b"i3dm" => "i3dm",
                    b"pnts" => "pnts",
                    _ => "cmpt",
                }
            }
            _ => match self.json_content(&bytes, &place, &job, size) {
                Some(json) => {
                    documents.push(json);
                    "gltf"
                }
                None => return,
            },
        };
        self.count_file(kind, size);
        if matches!(kind, "glb" | "gltf")
            && job.source.version_1_0
            && !job.source.extensions.contains("3DTILES_content_gltf")
        {
            let message = "3D Tiles 1.0 has glTF only inside b3dm and i3dm, or by 3DTILES_content_gltf";
            self.find.add(&rules::GLTF_IN_1_0, &job.place, message);
        }
        for json in &documents {
            self.tally_extensions(json);
        }
        self.decode(&bytes, &place, &job);
    }

    /// JSON is a glTF, which is given back, or another tileset, which is walked.
    fn json_content(&mut self, bytes: &[u8], place: &str, job: &ContentJob, size: usize) -> Option<Value> {
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
        if !text.starts_with(b"{") {
            let start = String::from_utf8_lossy(bytes.get(..4).unwrap_or(bytes)).into_owned();
            let message = format!("begins with {start:?}: neither glTF, b3dm, i3dm, pnts, cmpt nor JSON");
            self.find.add(&rules::CONTENT_UNKNOWN, place, message);
            return None;
        }
        let pointer = format!("{place}#");
        let json = document::parse(bytes, &pointer, &mut self.find)?;
        if json.get("root").is_some() {
            self.count_file("tileset", size);
            self.report.tree.external_tilesets += 1;
            if job.has_children {
                let message = "a tile with an external tileset cannot have children of its own";
                self.find.add(&rules::EXTERNAL_CHILDREN, &job.place, message);
            } else {
                self.report.tree.leaves = self.report.tree.leaves.saturating_sub(1);
            }
            if job.is_implicit {
                let message = "a content of an implicit tile cannot be an external tileset";
                self.find.add(&rules::IMPLICIT_EXTERNAL, &job.place, message);
            }
            self.tileset(json, &job.url, Some(job.source.clone()), job.above.clone(), job.depth + 1);
            return None;
        }
        if json.get("asset").is_none() {
            self.find.add(&rules::CONTENT_UNKNOWN, place, "is JSON, but neither a tileset nor a glTF");
            return None;
        }
        gltf::check(&json, &pointer, &mut self.find);
        Some(json)
    }

    fn tally_extensions(&mut self, json: &Value) {
        for (key, required) in [("extensionsUsed", false), ("extensionsRequired", true)] {
            for name in json.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
                let entry = self.report.extensions.entry(short(name)).or_default();
                if required { entry.required += 1 } else { entry.contents += 1 }
            }
        }
    }

    fn decode(&mut self, bytes: &[u8], place: &str, job: &ContentJob) {
        let mut options = DecodeOptions { gltf_z_up: job.source.z_up, ..DecodeOptions::default() };
        options.max_decoded_bytes = self.options.max_decoded_bytes;
        let base = job.url.clone();
        let decoded = {
            let (fetch, report) = (&mut *self.fetch, &mut self.report);
            decode_content(bytes, &options, &mut |uri| {
                let url = base.join(uri).map_err(|e| e.to_string())?;
                let bytes = fetch(&url)?;
                let tally = report.files.entry("resource").or_default();
                (tally.files, tally.bytes) = (tally.files + 1, tally.bytes + bytes.len() as u64);
                Ok(bytes)
            })
        };
        match decoded {
            Ok(Content::Models(models)) => {
                for tile in &models {
                    model::tally(tile, self.options, &mut self.report);
                    model::check(tile, &job.above.transform, job.volume.as_ref(), place, &mut self.find);
                    for d in &tile.diagnostics {
                        let message = format!("{} at {}: {}", d.code, short(&d.place), d.message);
                        self.find.add(&rules::CONTENT_DEFECT, place, message);
                    }
                }
            }
            // JSON with a root does not come here.
            Ok(_) => {}
            Err(e @ DecodeError::External { .. }) => self.find.add(&rules::FILE_MISSING, place, e.to_string()),
            Err(
                e @ (DecodeError::Unsupported(_) | DecodeError::UnsupportedExtension(_) | DecodeError::TooLarge { .. }),
            ) => self.find.add(&rules::CONTENT_UNREAD, place, e.to_string()),
            Err(e) => self.find.add(&rules::CONTENT_BROKEN, place, e.to_string()),
        }
    }

    fn subtree(&mut self, job: SubtreeJob) {
        let pointer = at(&at(&at(&job.place, "implicitTiling"), "subtrees"), "uri");
        let uri = fill(&job.implicit.subtrees, job.level, job.at);
        let Some(url) = self.resolve(&uri, &job.source.url, &pointer) else { return };
        if !self.seen.insert(url.clone()) {
            // A template without coordinates gives the same file again and again.
            return;
        }
        let Some(bytes) = self.read(&url, &pointer) else { return };
        let size = bytes.len();
        let Some(bytes) = self.gunzip(bytes, &job.place) else { return };
        self.count_file("subtree", size);
        let place = self.label(&url);
        let mut find = std::mem::take(&mut self.find);
        let schema = job.source.schema.as_ref();
        let tree = subtree::check(&bytes, &job.implicit, job.level, schema, &place, &mut find, &mut |uri, find| {
            std::mem::swap(&mut self.find, find);
            let buffer = self.resolve(uri, &url, &place).and_then(|url| self.read(&url, &place));
            if let Some(bytes) = &buffer {
                self.count_file("resource", bytes.len());
            }
            std::mem::swap(&mut self.find, find);
            buffer
        });
        self.find = find;
        if let Some(tree) = tree {
            self.subtree_tiles(&job, &tree);
        }
    }

    /// Counts the tiles of a subtree, and lists its contents and the subtrees below it.
    fn subtree_tiles(&mut self, job: &SubtreeJob, tree: &subtree::Subtree) {
        let implicit = &job.implicit;
        for l in 0..implicit.subtree_levels {
            let (first, end) = (implicit.tiles_above(l), implicit.tiles_above(l + 1));
            let depth = job.depth + l as usize;
            let level = job.level + u64::from(l);
            let error = job.above.error * 0.5f64.powi(level as i32);
            for tile in tree.tiles.set(first, end) {
                // The implicit root itself has been counted as a tile of its tileset.
                self.report.tree.count(depth, u64::from(level > 0));
                self.check_limit();
                if self.stopped {
                    return;
                }
                let coordinates = implicit.coordinates(job.at, l, tile - first);
                let whole = job.above.volume.as_ref();
                let volume = whole.and_then(|v| v.part(implicit.octree, level as u32, coordinates));
                let here = Above { volume, error, ..job.above.clone() };
                if level > 0 {
                    if let Some(volume) = &here.volume {
                        *self.report.volumes.entry(volume.kind()).or_insert(0) += 1;
                    }
                    let children = 1u64 << implicit.dimensions();
                    let below = (tile - first) * children;
                    let is_parent = if l + 1 < implicit.subtree_levels {
                        tree.tiles.set(end + below, end + below + children).next().is_some()
                    } else {
                        tree.children.set(below, below + children).next().is_some()
                    };
                    self.tally_tile(&here, is_parent, !tree.contents.iter().any(|c| c.get(tile)));
                }
                let links = job.contents.iter().zip(&tree.contents).filter(|(_, bits)| bits.get(tile));
                for ((template, place), _) in links {
                    let uri = fill(template, level, coordinates);
                    let Some(url) = self.resolve(&uri, &job.source.url, place) else { continue };
                    // Metadata may give a tile a volume of its own, which the decoders of this crate read.
                    let volume = here.volume.clone().filter(|_| !tree.has_metadata);
                    self.jobs.push(Job::Content(ContentJob {
                        url,
                        place: place.clone(),
                        source: job.source.clone(),
                        volume,
                        above: here.clone(),
                        depth,
                        has_children: false,
                        is_implicit: true,
                    }));
                }
            }
        }
        let level = job.level + u64::from(implicit.subtree_levels);
        // Deeper ones are a defect that has been found already.
        if level >= implicit.available_levels {
            return;
        }
        let last = 1u64 << (implicit.dimensions() * implicit.subtree_levels);
        for index in tree.children.set(0, last) {
            if self.jobs.len() as u64 > self.options.max_tiles {
                return self.stop();
            }
            let coordinates = implicit.coordinates(job.at, implicit.subtree_levels, index);
            let depth = job.depth + implicit.subtree_levels as usize;
            self.jobs.push(Job::Subtree(SubtreeJob { level, at: coordinates, depth, ..job.clone() }));
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
        base.join(uri).map_err(|e| self.find.add(&rules::URI_INVALID, place, format!("{:?}: {e}", short(uri)))).ok()
    }

    fn read(&mut self, url: &Url, place: &str) -> Option<Vec<u8>> {
        let result = if url.scheme() == "data" { data(url) } else { (self.fetch)(url) };
        let label = self.label(url);
        result.map_err(|e| self.find.add(&rules::FILE_MISSING, place, format!("{label}: {e}"))).ok()
    }

    /// Files may be compressed as a whole; clients unpack them.
    fn gunzip(&mut self, bytes: Vec<u8>, place: &str) -> Option<Vec<u8>> {
        if !bytes.starts_with(&[0x1f, 0x8b]) {
            return Some(bytes);
        }
        let limit = self.options.max_decoded_bytes as u64;
        let mut out = Vec::new();
        match flate2::read::MultiGzDecoder::new(&bytes[..]).take(limit + 1).read_to_end(&mut out) {
            Ok(n) if n as u64 <= limit => Some(out),
            Ok(_) => {
                self.find.add(&rules::CONTENT_UNREAD, place, format!("unpacks to more than {limit} bytes"));
                None
            }
            Err(e) => {
                self.find.add(&rules::CONTENT_BROKEN, place, format!("is not valid gzip: {e}"));
                None
            }
        }
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

//! Contents: what they are, whether they are right, and what is in them.

use super::{ContentJob, Walk};
use crate::{
    Content, DecodeError, DecodeOptions, decode_content,
    inspect::{
        container, document,
        finding::{at, short},
        glb, gltf, model, rules,
    },
};
use serde_json::Value;
use std::io::Read as _;

/// Tilesets inside tilesets are followed so deep.
const MAX_NESTING: u32 = 64;

impl Walk<'_, '_> {
    pub(super) fn content(&mut self, job: ContentJob) {
        if job.source.is_below(&job.url) {
            let message = "leads back to a tileset that leads here";
            return self.find.add(&rules::CYCLE, &at(&job.place, "uri"), message);
        }
        // A server that answers every address with the same tileset has no cycle, but no end either.
        if job.source.nesting >= MAX_NESTING {
            let message = format!("more than {MAX_NESTING} tilesets lead here");
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
                        // What the inspector has a rule for, it has found by itself, but for ids that the decoder drops.
                        let rule = match rules::RULES.iter().find(|r| r.name == d.code) {
                            Some(rule) if rule.name == rules::FEATURE_ID.name => rule,
                            Some(_) => continue,
                            None => &rules::CONTENT_DEFECT,
                        };
                        self.find.add(rule, place, message);
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

    /// Files may be compressed as a whole; clients unpack them.
    pub(super) fn gunzip(&mut self, bytes: Vec<u8>, place: &str) -> Option<Vec<u8>> {
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

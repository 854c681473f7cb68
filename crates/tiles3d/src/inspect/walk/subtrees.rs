//! Subtrees of implicit tilesets, and the tiles in them.

use super::{ContentJob, Job, SubtreeJob, Walk};
use crate::inspect::{finding::at, implicit::fill, subtree, tile::Above};

impl Walk<'_, '_> {
    pub(super) fn subtree(&mut self, job: SubtreeJob) {
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
}

//! Subtrees of implicit tilesets, and the tiles in them.

use super::{ContentJob, Job, SubtreeJob, Walk};
use crate::{
    inspect::{
        finding::at,
        given::Rows,
        implicit::fill,
        rules, subtree,
        tile::{Above, slack},
        volume::{Volume, scale},
    },
    tileset::Rank,
};
use std::collections::BTreeMap;

impl Walk<'_, '_> {
    pub(super) fn subtree(&mut self, job: SubtreeJob) {
        let pointer = at(&at(&at(&job.place, "implicitTiling"), "subtrees"), "uri");
        let uri = fill(&job.implicit.subtrees, job.level, job.at);
        let Some(url) = self.resolve(&uri, &job.source.url, &pointer) else { return self.tally_unknown(&job) };
        if !self.seen.insert(url.clone()) {
            // A template without coordinates gives the same file again and again.
            return;
        }
        let Some(bytes) = self.read(&url, &pointer) else { return self.tally_unknown(&job) };
        let size = bytes.len();
        let Some(bytes) = self.gunzip(bytes, &job.place) else { return self.tally_unknown(&job) };
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
        match tree {
            Some(tree) => self.subtree_tiles(&job, &tree, &place),
            None => self.tally_unknown(&job),
        }
    }

    /// An implicit root without a subtree that can be read has nothing in it and nothing below.
    fn tally_unknown(&mut self, job: &SubtreeJob) {
        if job.level == 0 {
            self.tally_tile(&job.above, false, true);
        }
    }

    /// Counts the tiles of a subtree, and lists its contents and the subtrees below it.
    fn subtree_tiles(&mut self, job: &SubtreeJob, tree: &subtree::Subtree, place: &str) {
        let implicit = &job.implicit;
        let mut rank = Rank::new(&tree.tiles);
        let mut ranks: Vec<Rank<'_>> = tree.contents.iter().map(Rank::new).collect();
        // The tiles of the level above by their Morton index, where a table says what they are.
        let mut above: BTreeMap<u64, Above> = BTreeMap::new();
        for l in 0..implicit.subtree_levels {
            let (first, end) = (implicit.tiles_above(l), implicit.tiles_above(l + 1));
            let mut row = BTreeMap::new();
            for tile in tree.tiles.set(first, end) {
                let cell = Cell::new(job, l, tile - first);
                // The implicit root itself has been counted as a tile of its tileset.
                self.report.tree.count(job.depth + l as usize, u64::from(cell.level > 0));
                self.check_limit();
                if self.stopped {
                    return;
                }
                let mut here = cell.divided(job);
                if let Some(rows) = &tree.given.tiles {
                    let parent = cell.parent(job, &above);
                    here = self.given_tile(rows, rank.of(tile), &cell, here, &parent, &rows.place(place));
                    row.insert(cell.index, here.clone());
                }
                if cell.level > 0
                    && let Some(volume) = &here.volume
                {
                    *self.report.volumes.entry(volume.kind()).or_insert(0) += 1;
                }
                let children = 1u64 << implicit.dimensions();
                let below = cell.index * children;
                let is_parent = if l + 1 < implicit.subtree_levels {
                    tree.tiles.set(end + below, end + below + children).next().is_some()
                } else {
                    tree.children.set(below, below + children).next().is_some()
                };
                self.tally_tile(&here, is_parent, !tree.contents.iter().any(|c| c.get(tile)));
                for (n, (template, link)) in job.contents.iter().enumerate() {
                    if !tree.contents.get(n).is_some_and(|bits| bits.get(tile)) {
                        continue;
                    }
                    let volume = match (tree.given.contents.get(n), ranks.get_mut(n)) {
                        (Some(Some(rows)), Some(rank)) => {
                            self.given_content(rows, rank.of(tile), &cell, &here, &rows.place(place))
                        }
                        _ => here.volume.clone(),
                    };
                    let uri = fill(template, cell.level, cell.at);
                    let Some(url) = self.resolve(&uri, &job.source.url, link) else { continue };
                    self.jobs.push(Job::Content(ContentJob {
                        url,
                        place: link.clone(),
                        source: job.source.clone(),
                        volume,
                        above: here.clone(),
                        depth: job.depth + l as usize,
                        has_children: false,
                        is_implicit: true,
                    }));
                }
            }
            above = row;
        }
        self.subtrees_below(job, tree, &above);
    }

    /// Lists the subtrees below one whose last level is `above`.
    fn subtrees_below(&mut self, job: &SubtreeJob, tree: &subtree::Subtree, above: &BTreeMap<u64, Above>) {
        let implicit = &job.implicit;
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
            let cell = Cell::new(job, implicit.subtree_levels, index);
            let parent = cell.parent(job, above);
            let depth = job.depth + implicit.subtree_levels as usize;
            self.jobs.push(Job::Subtree(SubtreeJob { level, at: cell.at, depth, parent, ..job.clone() }));
        }
    }

    /// What a row makes of a tile that the division alone would make `divided`.
    fn given_tile(&mut self, rows: &Rows, row: u32, cell: &Cell, divided: Above, parent: &Above, place: &str) -> Above {
        let outer = if cell.level == 0 { divided.transform } else { parent.transform };
        let transform = rows.transform(row).map_or(outer, |local| outer * local);
        let volumes = rows.volumes(row, "TILE", divided.volume.as_ref(), &transform, place, &mut self.find);
        // Beyond what the division gives it a tile may reach: trees of loose fit, whose tiles overlap, do.
        if let Some(outer) = &parent.volume {
            for volume in &volumes.list {
                let out = outer.sticks_out(volume);
                if out > slack(outer) {
                    let (kind, outer) = (volume.kind(), outer.kind());
                    let message =
                        format!("the {kind} of {cell} sticks {out:.3} m out of the {outer} of the tile above");
                    self.find.add(&rules::CHILD_OUTSIDE, place, message);
                }
            }
        }
        let error = rows.error(row).map(|e| e * scale(&transform));
        if let Some(error) = error.filter(|e| *e > parent.error * (1.0 + 1e-6)) {
            let message = format!("{error} m of {cell} is more than the {} m of the tile above", parent.error);
            self.find.add(&rules::ERROR_INCREASES, place, message);
        }
        let volume = volumes.effective(divided.volume.as_ref());
        Above { volume, error: error.unwrap_or(divided.error), transform, ..divided }
    }

    /// The volume that a row leaves a content of the tile `here`; `None` when it is not known.
    fn given_content(&mut self, rows: &Rows, row: u32, cell: &Cell, here: &Above, place: &str) -> Option<Volume> {
        let tile = here.volume.as_ref();
        let volumes = rows.volumes(row, "CONTENT", tile, &here.transform, place, &mut self.find);
        for volume in &volumes.list {
            let out = tile.map_or(0.0, |tile| tile.sticks_out(volume));
            if tile.is_some_and(|tile| out > slack(tile)) {
                let message =
                    format!("the {} of the content of {cell} sticks {out:.3} m out of its tile's", volume.kind());
                self.find.add(&rules::CONTENT_VOLUME_OUTSIDE, place, message);
            }
        }
        volumes.effective(tile)
    }
}

/// Where a tile of a subtree is.
struct Cell {
    /// Below the root of the subtree.
    local: u32,
    /// The Morton index in its level of the subtree.
    index: u64,
    /// Below the implicit root.
    level: u64,
    at: [u64; 3],
}

impl Cell {
    fn new(job: &SubtreeJob, local: u32, index: u64) -> Self {
        let at = job.implicit.coordinates(job.at, local, index);
        Self { local, index, level: job.level + u64::from(local), at }
    }

    /// The tile that the division of the implicit root makes here.
    fn divided(&self, job: &SubtreeJob) -> Above {
        let whole = job.above.volume.as_ref();
        let volume = whole.and_then(|v| v.part(job.implicit.octree, self.level as u32, self.at));
        let transform = if job.level == 0 { job.above.transform } else { job.parent.transform };
        Above { volume, error: job.above.error * 0.5f64.powi(self.level as i32), transform, ..job.above.clone() }
    }

    /// The tile above, `row` being what tables say of the level that it is in.
    fn parent(&self, job: &SubtreeJob, row: &BTreeMap<u64, Above>) -> Above {
        let Some(local) = self.local.checked_sub(1) else { return job.parent.clone() };
        let index = self.index >> job.implicit.dimensions();
        row.get(&index).cloned().unwrap_or_else(|| Self::new(job, local, index).divided(job))
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [x, y, z] = self.at;
        write!(f, "tile {}/{x}/{y}/{z}", self.level)
    }
}

//! What a run has finished, written down as it goes: an interrupted one is gone on with where it was stopped.
//!
//! A unit is the part of a tree below a square of about a kilometre. Its record is there once all its files are, and is
//! believed when those are still what they were.

use super::{CitySummary, Folder, TilingOptions, Writer, fingerprint::fingerprint, folder::Written};
use crate::{Progress, TilerError, city::City};
use cim_model::EntityKey;
use serde::{Deserialize, Serialize};
use std::{
    collections::{HashMap, HashSet},
    fs::{File, TryLockError},
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tiles3d::{Refine, write::TileNode};

/// Metres of the edge of a unit's square at most.
pub(super) const UNIT_M: f64 = 1000.0;
/// The journal's file in the folder that is being built.
const NAME: &str = "journal";

/// A finished unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Unit {
    name: String,
    tree: Node,
    files: Vec<Written>,
    gained: Gained,
}

/// A tile; as [`TileNode`], whose frame and implicit root a tile of a unit never has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Node {
    volume: [f64; 12],
    geometric_error: f64,
    add: bool,
    content: Option<String>,
    group: Option<u32>,
    quarter: Option<u8>,
    children: Vec<Node>,
}

/// What the summary gained.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Gained {
    counts: [usize; 5],
    left_out: Vec<(EntityKey, String)>,
    mended: Vec<(EntityKey, String)>,
}

impl From<&TileNode> for Node {
    fn from(tile: &TileNode) -> Self {
        Self {
            volume: tile.volume,
            geometric_error: tile.geometric_error,
            add: tile.refine == Refine::Add,
            content: tile.content.clone(),
            group: tile.group,
            quarter: tile.quarter,
            children: tile.children.iter().map(Self::from).collect(),
        }
    }
}

impl From<Node> for TileNode {
    fn from(node: Node) -> Self {
        Self {
            volume: node.volume,
            geometric_error: node.geometric_error,
            refine: if node.add { Refine::Add } else { Refine::Replace },
            transform: None,
            content: node.content,
            group: node.group,
            children: node.children.into_iter().map(Self::from).collect(),
            quarter: node.quarter,
            implicit: None,
        }
    }
}

/// The journal of a run, which all hands write.
pub(super) struct Journal {
    path: PathBuf,
    book: Mutex<Book>,
}

struct Book {
    file: File,
    /// What an earlier run finished.
    done: HashMap<String, Unit>,
    reasons: HashSet<&'static str>,
}

impl Journal {
    /// Opens the journal of a folder. What an earlier run left there is kept if it was to become the same tiles, and is
    /// removed otherwise.
    ///
    /// # Errors
    /// Another run is at work in the folder, or the disk refuses.
    pub(super) fn open(folder: &Folder, city: &City, options: &TilingOptions) -> Result<Self, TilerError> {
        let path = folder.part().join(NAME);
        let failed = |source| TilerError::Write { path: path.clone(), source };
        let open = || File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let lock = |file: &File| match file.try_lock() {
            Err(TryLockError::WouldBlock) => Err(TilerError::Busy(folder.part().to_owned())),
            // Where a disk knows no locks, there is none.
            Err(TryLockError::Error(_)) | Ok(()) => Ok(()),
        };
        let mut file = open().map_err(failed)?;
        lock(&file)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let mark = fingerprint(city, options).to_le_bytes();
        let (mut done, mut end) = (HashMap::new(), mark.len());
        if let Some(records) = bytes.strip_prefix(&mark) {
            for (unit, at) in units(records) {
                end = mark.len() + at;
                done.insert(unit.name.clone(), unit);
            }
        } else {
            drop(file);
            folder.clear()?;
            file = open().map_err(failed)?;
            lock(&file)?;
            file.write_all(&mark).map_err(failed)?;
        }
        // Half a record at the end is written over.
        file.set_len(end as u64).and_then(|()| file.seek(SeekFrom::End(0))).map_err(failed)?;
        Ok(Self { path, book: Mutex::new(Book { file, done, reasons: HashSet::new() }) })
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // A record is written at once: who panicked left none half done that is not seen to be.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, unit: &Unit) -> Result<(), TilerError> {
        let failed = |source| TilerError::Write { path: self.path.clone(), source };
        let record = postcard::to_stdvec(unit).map_err(|e| failed(std::io::Error::other(e)))?;
        let mut crc = flate2::Crc::new();
        crc.update(&record);
        let mut bytes = Vec::with_capacity(12 + record.len());
        bytes.extend_from_slice(&(record.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&crc.sum().to_le_bytes());
        bytes.extend_from_slice(&record);
        self.book().file.write_all(&bytes).map_err(failed)
    }

    /// A reason as long-lived as those of this run. They are a few sentences of this program.
    fn reason(&self, text: String) -> &'static str {
        let reasons = &mut self.book().reasons;
        if let Some(known) = reasons.get(text.as_str()) {
            return known;
        }
        let kept: &'static str = Box::leak(text.into_boxed_str());
        reasons.insert(kept);
        kept
    }

    /// Removes it: the city is whole.
    pub(super) fn close(self) -> Result<(), TilerError> {
        let Self { path, book } = self;
        drop(book);
        std::fs::remove_file(&path).map_err(|source| TilerError::Write { path, source })
    }
}

/// The records that are whole, each with where it ends.
fn units(bytes: &[u8]) -> Vec<(Unit, usize)> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some((head, rest)) = bytes.get(at..).and_then(<[u8]>::split_first_chunk::<12>) {
        let [length, crc32] =
            [&head[..8], &head[8..]].map(|part| part.iter().rev().fold(0u64, |n, b| n << 8 | u64::from(*b)));
        let Some(record) = usize::try_from(length).ok().and_then(|length| rest.get(..length)) else { break };
        let mut crc = flate2::Crc::new();
        crc.update(record);
        let unit = postcard::from_bytes(record).ok().filter(|_| u64::from(crc.sum()) == crc32);
        let Some(unit) = unit else { break };
        at += 12 + record.len();
        found.push((unit, at));
    }
    found
}

/// What a unit adds to.
fn counts(summary: &mut CitySummary) -> [&mut usize; 5] {
    let CitySummary { buildings, models, roads, areas, tiles, .. } = summary;
    [buildings, models, roads, areas, tiles]
}

impl Writer<'_> {
    /// The part of a tree below the square of tile `name`, `edge` metres wide: built, or taken over from a run that was
    /// interrupted. `steps` is what building it would have added to the progress.
    pub(super) fn unit(
        &mut self,
        (name, edge, steps): (&str, f64, u64),
        progress: &mut dyn Progress,
        build: impl FnOnce(&mut Self, &mut dyn Progress) -> Result<TileNode, TilerError>,
    ) -> Result<TileNode, TilerError> {
        if edge > UNIT_M || 2.0 * edge <= UNIT_M {
            return build(self, progress);
        }
        let unit = self.journal.book().done.remove(name);
        if let Some(unit) = unit
            && self.folder.has(&unit.files)
        {
            progress.advance(steps);
            return Ok(self.take_over(unit));
        }
        let tree = build(self, progress)?;
        let told = |list: &[(EntityKey, &'static str)]| -> Vec<(EntityKey, String)> {
            list.iter().map(|(key, why)| (key.clone(), (*why).to_owned())).collect()
        };
        // A unit is a job of its own: all that its hand has gained is the unit's.
        let gained = Gained {
            counts: counts(&mut self.summary).map(|n| *n),
            left_out: told(&self.summary.left_out),
            mended: told(&self.summary.mended),
        };
        let files = std::mem::take(&mut self.written);
        self.journal.put(&Unit { name: name.to_owned(), tree: Node::from(&tree), files, gained })?;
        Ok(tree)
    }

    fn take_over(&mut self, unit: Unit) -> TileNode {
        let Gained { counts: gained, left_out, mended } = unit.gained;
        for (count, n) in counts(&mut self.summary).into_iter().zip(gained) {
            *count += n;
        }
        self.summary.resumed += unit.files.len();
        for (key, why) in left_out {
            self.summary.left_out.push((key, self.journal.reason(why)));
        }
        for (key, why) in mended {
            self.summary.mended.push((key, self.journal.reason(why)));
        }
        unit.tree.into()
    }
}

//! A file read in parts, on all cores: it is cut behind children of its root.
//!
//! Where a part begins, the parser is between two children in the whole file just when it comes out of the part before
//! between two children; so parts that are all read without an error say what the whole file says. What is wrong with a
//! file, and in which line, is found by reading it in one piece.

use super::{
    objects::Reading,
    xml::{Fragment, MAX_DEPTH, Source, decoded},
};
use crate::citymodel::Opened;
use std::{
    collections::BTreeMap,
    io::BufRead,
    num::NonZeroUsize,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// Bytes of a part at least.
pub(super) const PART: usize = 1 << 18;
/// Bytes of a part at most: one object of a city is less. What is longer is read in one piece, which holds none of it.
const MOST_BYTES: usize = 1 << 28;
/// Bytes of the root's opening tag at most, which every part repeats.
const MOST_ROOT_BYTES: usize = 1 << 16;

/// Reads a file in parts of `size` bytes at least; `None` where anything is wrong with it.
pub(super) fn read(file: Opened, size: usize) -> Option<Reading> {
    let mut parts = Parts::new(decoded(file).ok()?);
    let mut reading = Reading::default();
    // The coordinate system, which all parts need, is mostly in one of the first children.
    let mut first_size = 1;
    while !reading.is_placed() {
        let Some(part) = parts.next(first_size)? else { return Some(reading) };
        part.read(&mut reading)?;
        first_size = size.min(2 * first_size);
    }
    let beside = reading.beside();
    let workers = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let (parts, failed) = (Mutex::new((0, parts)), AtomicBool::new(false));
    let whole = Mutex::new(Whole { reading, next: 0, waiting: BTreeMap::new() });
    let work = || {
        while !failed.load(Ordering::Relaxed) {
            let (number, part) = {
                let (next, parts) = &mut *parts.lock().unwrap_or_else(PoisonError::into_inner);
                *next += 1;
                (*next - 1, parts.next(size))
            };
            let mut reading = beside.beside();
            match part.map(|part| part.map(|part| part.read(&mut reading))) {
                Some(Some(Some(()))) => whole.lock().unwrap_or_else(PoisonError::into_inner).append(number, reading),
                Some(None) => break,
                None | Some(Some(None)) => failed.store(true, Ordering::Relaxed),
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..workers {
            scope.spawn(work);
        }
        work();
    });
    let whole = whole.into_inner().unwrap_or_else(PoisonError::into_inner);
    (!failed.into_inner()).then_some(whole.reading)
}

/// What was read without gaps from the beginning on, and parts that are further on.
struct Whole {
    reading: Reading,
    next: usize,
    waiting: BTreeMap<usize, Reading>,
}

impl Whole {
    fn append(&mut self, number: usize, reading: Reading) {
        self.waiting.insert(number, reading);
        while let Some(reading) = self.waiting.remove(&self.next) {
            self.reading.append(reading);
            self.next += 1;
        }
    }
}

/// The opening tag of a root, and children of it.
struct Part {
    text: Vec<u8>,
    /// Whether the file begins here.
    is_first: bool,
    /// Whether the root ends here.
    is_last: bool,
}

impl Part {
    fn read(&self, reading: &mut Reading) -> Option<()> {
        let mut fragment = Fragment::open(&self.text)?;
        if self.is_first {
            reading.system(&fragment.root);
        }
        fragment.each(|child| reading.child(child))?;
        (fragment.ended == self.is_last).then_some(())
    }
}

/// What a byte is in.
#[derive(Debug, Clone, Copy)]
enum Inside {
    Text,
    Comment,
    Data,
    Instruction,
    /// A closing tag.
    End,
    /// Another tag, from this byte on.
    Tag(usize),
    /// A value of an attribute of such a tag, with this sign around it.
    Quoted(usize, u8),
}

/// Cuts a file into parts.
struct Parts {
    source: Source,
    /// What comes next, behind the opening tag of the root once that is known.
    text: Vec<u8>,
    /// The root's opening tag.
    root: Vec<u8>,
    inside: Inside,
    /// Of the first byte that was not looked at.
    at: usize,
    /// Elements that are open.
    depth: usize,
    ended: bool,
}

impl Parts {
    fn new(source: Source) -> Self {
        let (text, root) = (Vec::new(), Vec::new());
        Self { source, text, root, inside: Inside::Text, at: 0, depth: 0, ended: false }
    }

    /// The next part of `size` bytes or a little more, or the last one; an outer `None` where the file cannot be read, or
    /// begins with what is read in one piece.
    fn next(&mut self, size: usize) -> Option<Option<Part>> {
        if self.ended {
            return Some(None);
        }
        let is_first = self.root.is_empty();
        loop {
            let before = self.depth;
            if self.depth > MAX_DEPTH || self.at > MOST_BYTES || self.root.len() > MOST_ROOT_BYTES {
                return None;
            }
            if !self.step()? {
                let more = self.source.fill_buf().ok()?;
                let n = more.len();
                if n == 0 {
                    return None;
                }
                self.text.extend_from_slice(more);
                self.source.consume(n);
                continue;
            }
            let is_between = matches!(self.inside, Inside::Text);
            self.ended = before == 1 && self.depth == 0;
            if self.ended || is_between && self.depth == 1 && self.at >= size + self.root.len() {
                let rest = &self.text[self.at..];
                // Room for a part of the usual size, which need not grow then.
                let mut next = Vec::with_capacity(self.root.len() + rest.len() + size + size / 4);
                next.extend_from_slice(&self.root);
                next.extend_from_slice(rest);
                let mut text = std::mem::replace(&mut self.text, next);
                text.truncate(self.at);
                self.at = self.root.len();
                return Some(Some(Part { text, is_first, is_last: self.ended }));
            }
        }
    }

    /// Goes to where something else begins; false when that has not been read yet.
    fn step(&mut self) -> Option<bool> {
        let rest = &self.text[self.at..];
        let found = match self.inside {
            Inside::Text => match memchr::memchr(b'<', rest) {
                None => {
                    self.at = self.text.len();
                    return Some(false);
                }
                Some(i) => {
                    self.at += i;
                    return self.open();
                }
            },
            Inside::Comment => memchr::memmem::find(rest, b"-->").map(|i| i + 3),
            Inside::Data => memchr::memmem::find(rest, b"]]>").map(|i| i + 3),
            Inside::Instruction => memchr::memmem::find(rest, b"?>").map(|i| i + 2),
            Inside::End => memchr::memchr(b'>', rest).map(|i| i + 1),
            Inside::Tag(_) => memchr::memchr3(b'>', b'"', b'\'', rest).map(|i| i + 1),
            Inside::Quoted(_, sign) => memchr::memchr(sign, rest).map(|i| i + 1),
        };
        let Some(length) = found else {
            // The last two bytes may begin the sign that was looked for.
            self.at = self.at.max(self.text.len().saturating_sub(2));
            return Some(false);
        };
        self.at += length;
        let last = self.text[self.at - 1];
        self.inside = match self.inside {
            Inside::Tag(from) if last != b'>' => Inside::Quoted(from, last),
            Inside::Quoted(from, _) => Inside::Tag(from),
            Inside::Tag(from) => {
                let is_empty = self.text[from..self.at].ends_with(b"/>");
                if self.depth == 0 {
                    if is_empty {
                        return None;
                    }
                    self.root = self.text[from - 1..self.at].to_vec();
                }
                self.depth += usize::from(!is_empty);
                Inside::Text
            }
            Inside::End => {
                self.depth = self.depth.checked_sub(1)?;
                Inside::Text
            }
            _ => Inside::Text,
        };
        Some(true)
    }

    /// Looks at what begins at a `<`.
    fn open(&mut self) -> Option<bool> {
        const DATA: &[u8] = b"<![CDATA[";
        let head = &self.text[self.at..];
        let (inside, length) = match head {
            [_, b'!', ..] if head.len() < DATA.len() => return Some(false),
            [_, b'!', b'-', b'-', ..] => (Inside::Comment, 4),
            [_, b'!', ..] if head.starts_with(DATA) => (Inside::Data, DATA.len()),
            // Declarations of a document type have a grammar of their own.
            [_, b'!', ..] => return None,
            [_, b'?', ..] => (Inside::Instruction, 2),
            [_, b'/', ..] => (Inside::End, 2),
            [_, _, ..] => (Inside::Tag(self.at + 1), 1),
            _ => return Some(false),
        };
        (self.inside, self.at) = (inside, self.at + length);
        Some(true)
    }
}

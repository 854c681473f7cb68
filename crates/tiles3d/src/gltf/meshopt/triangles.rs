//! Mode 1, triangles, and mode 2, indices (`KHR_meshopt_compression`, appendix A).

use super::Broken;

/// The bytes that a stream of indices ends with.
const TABLE: usize = 16;
const PADDING: usize = 4;

/// Decodes `count` indices of a triangle list into integers of `stride` (2 or 4) bytes. Version 0 (`0xe0`) is what was
/// written before the extension was.
pub(super) fn triangles(stream: &[u8], count: usize, stride: usize) -> Result<Vec<u8>, Broken> {
    let (header, body) = stream.split_first().ok_or(Broken("it is empty"))?;
    // From which code on a third vertex is no recent one.
    let free = match header {
        0xe0 => 15,
        0xe1 => 13,
        _ => return Err(Broken("it has another header than triangles have")),
    };
    let (body, table) = body.split_last_chunk::<TABLE>().ok_or(Broken("it is cut off"))?;
    let (codes, data) = body.split_at_checked(count / 3).ok_or(Broken("it is too short for its count"))?;
    let mut out = Indices::new(count, stride);
    let mut state = Triangles { data, next: 0, last: 0, edges: Recent::default(), vertices: Recent::default() };
    for &code in codes {
        out.push(state.triangle(code, free, table)?);
    }
    if !state.data.is_empty() {
        return Err(Broken("it is longer than its triangles"));
    }
    Ok(out.bytes)
}

/// Decodes `count` indices of any kind into integers of `stride` (2 or 4) bytes.
pub(super) fn sequence(stream: &[u8], count: usize, stride: usize) -> Result<Vec<u8>, Broken> {
    let (header, body) = stream.split_first().ok_or(Broken("it is empty"))?;
    if !matches!(header, 0xd0 | 0xd1) {
        return Err(Broken("it has another header than indices have"));
    }
    let (mut data, _) = body.split_last_chunk::<PADDING>().ok_or(Broken("it is cut off"))?;
    if count > data.len() {
        return Err(Broken("it is too short for its count"));
    }
    let mut out = Indices::new(count, stride);
    let mut last = [0u32; 2];
    for _ in 0..count {
        let v = varint(&mut data)?;
        let last = &mut last[(v & 1) as usize];
        *last = last.wrapping_add(unzigzag(v >> 1));
        out.push([*last]);
    }
    if !data.is_empty() {
        return Err(Broken("it is longer than its indices"));
    }
    Ok(out.bytes)
}

struct Indices {
    bytes: Vec<u8>,
    wide: bool,
}

impl Indices {
    fn new(count: usize, stride: usize) -> Self {
        Self { bytes: Vec::with_capacity(count * stride), wide: stride == 4 }
    }

    fn push<const N: usize>(&mut self, indices: [u32; N]) {
        if self.wide {
            self.bytes.extend_from_slice(indices.map(u32::to_le_bytes).as_flattened());
        } else {
            self.bytes.extend_from_slice(indices.map(|i| (i as u16).to_le_bytes()).as_flattened());
        }
    }
}

/// The last 16 of something.
#[derive(Default)]
struct Recent<T> {
    entries: [T; 16],
    next: usize,
}

impl<T: Copy> Recent<T> {
    /// The entry that was pushed `age` pushes before the last one.
    fn get(&self, age: usize) -> T {
        self.entries[self.next.wrapping_sub(1 + age) & 15]
    }

    fn push(&mut self, entry: T) {
        self.entries[self.next & 15] = entry;
        self.next = self.next.wrapping_add(1);
    }

    fn push_if(&mut self, entry: T, wanted: bool) {
        self.entries[self.next & 15] = entry;
        self.next = self.next.wrapping_add(usize::from(wanted));
    }
}

/// What the decoding of triangles carries from one to the next.
struct Triangles<'a> {
    data: &'a [u8],
    /// The next index that was not used before.
    next: u32,
    /// What explicit indices are relative to.
    last: u32,
    edges: Recent<u64>,
    vertices: Recent<u32>,
}

impl Triangles<'_> {
    fn triangle(&mut self, code: u8, free: u8, table: &[u8; TABLE]) -> Result<[u32; 3], Broken> {
        let (high, low) = (code >> 4, code & 15);
        if high < 15 {
            let [a, b] = apart(self.edges.get(usize::from(high)));
            let c = if low < free {
                let recent = self.vertices.get(usize::from(low));
                let fresh = low == 0;
                let c = if fresh { self.next } else { recent };
                self.next = self.next.wrapping_add(u32::from(fresh));
                self.vertices.push_if(c, fresh);
                c
            } else {
                self.last = match low {
                    13 => self.last.wrapping_sub(1),
                    14 => self.last.wrapping_add(1),
                    _ => self.explicit()?,
                };
                self.vertices.push(self.last);
                self.last
            };
            self.edges.push(edge(c, b));
            self.edges.push(edge(a, c));
            return Ok([a, b, c]);
        }
        let listed = low < 14;
        let pair = if listed {
            table[usize::from(low)]
        } else {
            let (pair, rest) = self.data.split_first().ok_or(Broken("it is cut off"))?;
            self.data = rest;
            if *pair == 0 {
                self.next = 0;
            }
            *pair
        };
        if listed && pair == 0 {
            // Three that were not used before, as at the beginning of every quad that stands alone.
            let [a, b, c] = [0, 1, 2].map(|i| self.next.wrapping_add(i));
            self.next = self.next.wrapping_add(3);
            self.vertices.push(a);
            self.vertices.push(b);
            self.vertices.push(c);
            return Ok(self.begin([a, b, c]));
        }
        let (second, third) = (pair >> 4, pair & 15);
        if listed && (second == 15 || third == 15) {
            return Err(Broken("its table has an explicit index"));
        }
        // Ages count from the state before this triangle, and fresh vertices come before explicit ones.
        let mut a = if low == 15 { 0 } else { self.fresh() };
        let mut b = self.fresh_or_recent(second);
        let mut c = self.fresh_or_recent(third);
        if low == 15 {
            a = self.explicit()?;
        }
        if second == 15 {
            b = self.explicit()?;
        }
        if third == 15 {
            c = self.explicit()?;
        }
        self.vertices.push(a);
        self.vertices.push_if(b, second == 0 || second == 15);
        self.vertices.push_if(c, third == 0 || third == 15);
        Ok(self.begin([a, b, c]))
    }

    /// A triangle that continues no other.
    fn begin(&mut self, [a, b, c]: [u32; 3]) -> [u32; 3] {
        self.edges.push(edge(b, a));
        self.edges.push(edge(c, b));
        self.edges.push(edge(a, c));
        [a, b, c]
    }

    fn fresh(&mut self) -> u32 {
        let index = self.next;
        self.next = index.wrapping_add(1);
        index
    }

    fn fresh_or_recent(&mut self, code: u8) -> u32 {
        match usize::from(code).checked_sub(1) {
            None => self.fresh(),
            Some(age) => self.vertices.get(age),
        }
    }

    fn explicit(&mut self) -> Result<u32, Broken> {
        self.last = self.last.wrapping_add(unzigzag(varint(&mut self.data)?));
        Ok(self.last)
    }
}

/// Both ends in one word.
fn edge(a: u32, b: u32) -> u64 {
    u64::from(a) | u64::from(b) << 32
}

fn apart(edge: u64) -> [u32; 2] {
    [edge as u32, (edge >> 32) as u32]
}

fn unzigzag(v: u32) -> u32 {
    (v >> 1) ^ (v & 1).wrapping_neg()
}

/// Unsigned LEB128 of at most 5 bytes; bits beyond 32 are dropped.
fn varint(data: &mut &[u8]) -> Result<u32, Broken> {
    let mut value = 0;
    for i in 0..5 {
        let (&byte, rest) = data.split_first().ok_or(Broken("it is cut off"))?;
        *data = rest;
        value |= u32::from(byte & 127) << (7 * i);
        if byte < 128 {
            return Ok(value);
        }
    }
    Err(Broken("it has a number of more than 5 bytes"))
}

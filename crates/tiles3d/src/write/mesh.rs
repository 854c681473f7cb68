//! Quantised meshes: vertices as small whole numbers, each one once unless very many others are at its place.

use super::{
    WritePrimitive,
    layout::{ELEMENT_ARRAY_BUFFER, Filter, Format, Layout},
    primitive::y_up,
};
use foldhash::fast::RandomState;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
};

/// A vertex as it is stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Vertex {
    /// Steps.
    pub(super) position: [i32; 3],
    /// y-up, 127 for 1; or as the octahedral filter has it.
    pub(super) normal: [i8; 4],
    pub(super) color: [u8; 4],
    /// 65,535ths of the picture.
    pub(super) uv: [i32; 2],
    pub(super) feature: u32,
}

/// A place as a key, which the hasher takes in one go.
#[derive(Debug, PartialEq, Eq)]
struct Place([i32; 3]);

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [x, y, z] = self.0.map(i32::cast_unsigned);
        state.write_u64(u64::from(x) << 32 | u64::from(y));
        state.write_u32(z);
    }
}

/// Vertices, each once, by where they are.
#[derive(Debug, Default)]
struct Welded {
    vertices: Vec<Vertex>,
    /// The numbers of places, in the order in which they come up.
    known: HashMap<Place, u32, RandomState>,
    /// The vertex at every place that came last, and the one that came before each there.
    newest: Vec<Option<u32>>,
    before: Vec<Option<u32>>,
}

/// Vertices at a place that one is compared with: thousands around the tip of a fan would be compared in pairs.
const COMPARED: usize = 64;

impl Welded {
    fn with_capacity(vertices: usize) -> Self {
        Self { known: HashMap::with_capacity_and_hasher(vertices, RandomState::default()), ..Self::default() }
    }

    /// The number of a vertex.
    fn number(&mut self, vertex: Vertex) -> u32 {
        let place = *self.known.entry(Place(vertex.position)).or_insert_with(|| {
            self.newest.push(None);
            self.newest.len() as u32 - 1
        });
        let newest = &mut self.newest[place as usize];
        let there = std::iter::successors(*newest, |v| self.before[*v as usize]).take(COMPARED);
        for number in there {
            if self.vertices[number as usize] == vertex {
                return number;
            }
        }
        let number = self.vertices.len() as u32;
        self.vertices.push(vertex);
        self.before.push(newest.replace(number));
        number
    }

    /// The number of every vertex's place, and how many places there are.
    #[cfg(feature = "compress")]
    fn places(&self) -> (Vec<u32>, usize) {
        let mut places = vec![0; self.vertices.len()];
        for (place, newest) in (0..).zip(&self.newest) {
            std::iter::successors(*newest, |v| self.before[*v as usize]).for_each(|v| places[v as usize] = place);
        }
        (places, self.newest.len())
    }
}

/// The triangles of a primitive and their vertices, in the order in which they are used.
#[derive(Debug, Default)]
pub(super) struct Mesh {
    pub(super) vertices: Vec<Vertex>,
    pub(super) indices: Vec<u32>,
    pub(super) has_colors: bool,
    pub(super) has_uvs: bool,
    pub(super) has_features: bool,
}

impl Mesh {
    /// The triangles of `p`, which was checked, on a grid. Those with two corners in one place go: they show nothing.
    pub(super) fn new(p: &WritePrimitive, snap: impl Fn([f32; 3]) -> [i32; 3], layout: &Layout) -> Self {
        let mut out = Self {
            has_colors: !p.colors.is_empty(),
            has_uvs: !p.uvs.is_empty(),
            has_features: !p.feature_ids.is_empty(),
            ..Self::default()
        };
        let normals: Vec<[i8; 4]> = normals(p, layout);
        let vertex = |i: usize| Vertex {
            position: snap(p.positions[i]),
            normal: normals[i],
            color: p.colors.get(i).copied().unwrap_or_default(),
            uv: p.uvs.get(i).map(|uv| uv.map(|c| (c * WHOLE).round() as i32)).unwrap_or_default(),
            feature: p.feature_ids.get(i).copied().unwrap_or_default(),
        };
        let all: Vec<Vertex> = (0..p.positions.len()).map(vertex).collect();
        let mut welded = Welded::with_capacity(all.len());
        // Most vertices are corners of several triangles and looked up once.
        let mut numbers: Vec<Option<u32>> = vec![None; all.len()];
        for triangle in p.indices.as_chunks::<3>().0 {
            let [a, b, c] = triangle.map(|i| all[i as usize]);
            if a.position == b.position || b.position == c.position || c.position == a.position {
                continue;
            }
            for (i, vertex) in triangle.iter().zip([a, b, c]) {
                out.indices.push(*numbers[*i as usize].get_or_insert_with(|| welded.number(vertex)));
            }
        }
        #[cfg(feature = "compress")]
        if layout.is_coded() && !out.indices.is_empty() {
            super::meshopt::order(&mut out.indices, welded.vertices.len());
            super::faces::order(&mut out.indices, &welded.vertices, welded.places());
            super::meshopt::by_use(&mut out.indices, &mut welded.vertices);
        }
        out.vertices = welded.vertices;
        out
    }

    /// Puts it into a glb: the primitive's `attributes`, and the accessor of its indices.
    pub(super) fn store(&self, layout: &mut Layout) -> (Value, usize) {
        let n = self.vertices.len();
        let (position, filter, bytes) = positions(&self.vertices, layout.is_coded());
        let positions = layout.elements("POSITION", position, filter, n, &bytes);
        let (low, high) = self.bounds();
        layout.bound(positions, json!(low), json!(high));
        let mut attributes = json!({ "POSITION": positions });
        let bytes: Vec<u8> = self.vertices.iter().flat_map(|v| v.normal.map(i8::cast_unsigned)).collect();
        let filter = if layout.is_coded() { Filter::Octahedral } else { Filter::None };
        attributes["NORMAL"] = json!(layout.elements("NORMAL", NORMAL, filter, n, &bytes));
        if self.has_colors {
            let bytes: Vec<u8> = self.vertices.iter().flat_map(|v| v.color).collect();
            attributes["COLOR_0"] = json!(layout.elements("COLOR_0", COLOR, Filter::None, n, &bytes));
        }
        if self.has_uvs {
            let (format, bytes) = uvs(&self.vertices);
            attributes["TEXCOORD_0"] = json!(layout.elements("TEXCOORD_0", format, Filter::None, n, &bytes));
        }
        if self.has_features {
            let ids: Vec<u32> = self.vertices.iter().map(|v| v.feature).collect();
            let (format, filter, bytes) = features(&ids, layout.is_coded());
            attributes["_FEATURE_ID_0"] = json!(layout.elements("_FEATURE_ID_0", format, filter, n, &bytes));
        }
        (attributes, indices(&self.indices, n, layout))
    }

    /// The lowest and the highest coordinates.
    pub(super) fn bounds(&self) -> ([i32; 3], [i32; 3]) {
        let all = self.vertices.iter().map(|v| v.position);
        let start = ([i32::MAX; 3], [i32::MIN; 3]);
        all.fold(start, |(low, high), p| {
            let each = |k: usize| (low[k].min(p[k]), high[k].max(p[k]));
            let [x, y, z] = [0, 1, 2].map(each);
            ([x.0, y.0, z.0], [x.1, y.1, z.1])
        })
    }
}

/// Colours, linear.
pub(super) const COLOR: Format = Format::vertex(5121, "VEC4", 4).normalized();
/// Texture coordinates that are not between 0 and 1.
pub(super) const UV: Format = Format::vertex(5126, "VEC2", 8);
/// What 1 is in texture coordinates of 16 bits.
const WHOLE: f32 = 65_535.0;
/// Normals of 8 bits.
pub(super) const NORMAL: Format = Format::vertex(5120, "VEC3", 4).normalized();

/// As they are stored, one for each vertex.
fn normals(p: &WritePrimitive, layout: &Layout) -> Vec<[i8; 4]> {
    let unit = |n: &[f32; 3]| glam::Vec3::from_array(y_up(*n)).normalize_or(glam::Vec3::Y);
    #[cfg(feature = "compress")]
    if layout.is_coded() {
        let units: Vec<[f32; 4]> = p.normals.iter().map(|n| unit(n).extend(0.0).to_array()).collect();
        return super::meshopt::octahedral(&units);
    }
    let short = |n: &[f32; 3]| (unit(n) * 127.0).round().extend(0.0).to_array().map(|c| c as i8);
    debug_assert!(!layout.is_coded());
    p.normals.iter().map(short).collect()
}

/// Positions in the smallest type that holds them: 16 bits, padded to 8 bytes, or floats.
fn positions(vertices: &[Vertex], coded: bool) -> (Format, Filter, Vec<u8>) {
    let fits = |low: i32, high: i32| vertices.iter().flat_map(|v| v.position).all(|c| (low..=high).contains(&c));
    let short = |signed: bool| {
        let bytes = vertices.iter().flat_map(|v| {
            let [x, y, z] = v.position;
            // The low half of the two's complement is that of either type.
            [x, y, z, 0].map(|c| (c as u16).to_le_bytes()).into_iter().flatten()
        });
        (Format::vertex(if signed { 5122 } else { 5123 }, "VEC3", 8), Filter::None, bytes.collect())
    };
    if fits(0, i32::from(u16::MAX)) {
        return short(false);
    }
    if fits(i32::from(i16::MIN), i32::from(i16::MAX)) {
        return short(true);
    }
    let (filter, bytes) = whole_floats(vertices.iter().flat_map(|v| v.position), 0, coded);
    (Format::vertex(5126, "VEC3", 12), filter, bytes)
}

/// Texture coordinates: of 16 bits where they are between 0 and 1, else floats.
pub(super) fn uvs(vertices: &[Vertex]) -> (Format, Vec<u8>) {
    let all = || vertices.iter().flat_map(|v| v.uv);
    if all().all(|c| (0..=i32::from(u16::MAX)).contains(&c)) {
        let bytes = all().flat_map(|c| (c as u16).to_le_bytes()).collect();
        return (Format::vertex(5123, "VEC2", 4).normalized(), bytes);
    }
    (UV, all().flat_map(|c| (c as f32 / WHOLE).to_le_bytes()).collect())
}

/// Feature ids in the smallest type that vertices may have and that holds them.
pub(super) fn features(ids: &[u32], coded: bool) -> (Format, Filter, Vec<u8>) {
    // In two's complement and little-endian, padded with the bytes that are 0 anyway.
    let padded = || ids.iter().flat_map(|id| id.to_le_bytes()).collect();
    match ids.iter().max().copied().unwrap_or(0) {
        0..=0xff => (Format::vertex(5121, "SCALAR", 4), Filter::None, padded()),
        0x100..=0xffff => (Format::vertex(5123, "SCALAR", 4), Filter::None, padded()),
        most => {
            let coded = coded && most < 1 << 23;
            let (filter, bytes) = whole_floats(ids.iter().map(|id| *id as i32), 0, coded);
            (Format::vertex(5126, "SCALAR", 4), filter, bytes)
        }
    }
}

/// Floats that are `counts` times a power of two; where they may be `coded`, as the exponential filter has them, whose
/// mantissas have 24 bits.
pub(super) fn whole_floats(counts: impl Iterator<Item = i32>, exponent: i32, coded: bool) -> (Filter, Vec<u8>) {
    if coded {
        let word = |c: i32| (exponent << 24 | c & 0xff_ffff).to_le_bytes();
        return (Filter::Exponential, counts.flat_map(word).collect());
    }
    let unit = 2f32.powi(exponent);
    (Filter::None, counts.flat_map(|c| (c as f32 * unit).to_le_bytes()).collect())
}

/// The accessor of a list of triangles of `vertices` vertices.
pub(super) fn indices(indices: &[u32], vertices: usize, layout: &mut Layout) -> usize {
    let format = |component, stride| Format {
        component,
        kind: "SCALAR",
        normalized: false,
        stride,
        target: Some(ELEMENT_ARRAY_BUFFER),
    };
    if vertices <= usize::from(u16::MAX) {
        let bytes: Vec<u8> = indices.iter().flat_map(|i| (*i as u16).to_le_bytes()).collect();
        layout.elements("indices", format(5123, 2), Filter::None, indices.len(), &bytes)
    } else {
        let bytes: Vec<u8> = indices.iter().flat_map(|i| i.to_le_bytes()).collect();
        layout.elements("indices", format(5125, 4), Filter::None, indices.len(), &bytes)
    }
}

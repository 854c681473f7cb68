//! The order of triangles and vertices that keeps streams of differences short.
//!
//! What is built has flat faces, whose vertices are their own. Faces of one feature and one colour follow each other, and
//! among them those that touch: one begins at the corner where the one before ended, and goes straight up or down from there
//! if it can. So of two vertices in a row mostly one coordinate or two are the same.

use super::mesh::Vertex;

/// Faces at a corner that are looked at: of a fan of a thousand any will do.
const LOOKED_AT: usize = 16;
/// Triangles of a face that are put in an order of their own, and corners of it that are looked at.
const FEW: usize = 8;

/// Puts the triangles of a welded mesh in order. The vertices are to follow in the order in which they are used. `places` are
/// the number of every vertex's place, and how many there are.
pub(super) fn order(indices: &mut [u32], vertices: &[Vertex], places: (Vec<u32>, usize)) {
    let mut faces = Faces::new(indices.as_chunks().0, vertices, places);
    let mut out = Vec::with_capacity(indices.len());
    let mut first: Vec<u32> = (0..faces.done.len() as u32).collect();
    first.sort_by_key(|face| faces.groups[*face as usize]);
    for face in first {
        if faces.done[face as usize] {
            continue;
        }
        let mut next = Some((face, faces.beginning(face, None)));
        while let Some((face, beginning)) = next {
            faces.put(face, beginning, &mut out);
            next = (0..faces.last.len()).rev().take(FEW).find_map(|i| faces.beside(faces.last[i]));
        }
    }
    indices.copy_from_slice(&out);
}

/// Lists of numbers, one behind the other.
struct Lists {
    items: Vec<u32>,
    /// Where each list begins, and the last one ends.
    starts: Vec<u32>,
}

impl Lists {
    /// Every item's number in the list that it is of, in their order.
    fn of(lists: &[u32], count: usize) -> Self {
        let mut starts = vec![0; count + 1];
        lists.iter().for_each(|list| starts[*list as usize + 1] += 1);
        (0..count).for_each(|i| starts[i + 1] += starts[i]);
        let mut next = starts.clone();
        let mut items = vec![0; lists.len()];
        for (item, list) in (0..).zip(lists) {
            let at = &mut next[*list as usize];
            items[*at as usize] = item;
            *at += 1;
        }
        Self { items, starts }
    }

    fn list(&self, i: u32) -> &[u32] {
        &self.items[self.starts[i as usize] as usize..self.starts[i as usize + 1] as usize]
    }
}

/// Where a face begins.
#[derive(Debug, Clone, Copy, Default)]
struct Beginning {
    /// Which of its triangles, and which corner of that.
    triangle: usize,
    turn: usize,
    /// Whether the next corner is straight above or below.
    is_upright: bool,
}

struct Faces<'v> {
    vertices: &'v [Vertex],
    all: &'v [[u32; 3]],
    /// The triangles of every face.
    triangles: Lists,
    /// The feature and the colour of every face as one number.
    groups: Vec<u64>,
    /// The number of every vertex's face, and of its place.
    faces: Vec<u32>,
    places: Vec<u32>,
    /// The vertices at every place, and how many of them are known to be of faces that are done.
    at: Lists,
    begun: Vec<u32>,
    done: Vec<bool>,
    used: Vec<bool>,
    /// The triangles of the face that was put last, and its vertices in the order in which they are used.
    own: Vec<[u32; 3]>,
    last: Vec<u32>,
}

impl<'v> Faces<'v> {
    fn new(all: &'v [[u32; 3]], vertices: &'v [Vertex], (places, count): (Vec<u32>, usize)) -> Self {
        let mut roots: Vec<u32> = (0..vertices.len() as u32).collect();
        for [a, b, c] in all {
            for other in [b, c] {
                let (a, b) = (root(&mut roots, *a), root(&mut roots, *other));
                roots[a.max(b) as usize] = a.min(b);
            }
        }
        // In the order in which triangles have them; vertices of none have no face.
        let mut numbers = vec![u32::MAX; vertices.len()];
        let (mut groups, mut of_triangles) = (Vec::new(), Vec::with_capacity(all.len()));
        for t in all {
            let number = &mut numbers[root(&mut roots, t[0]) as usize];
            if *number == u32::MAX {
                *number = groups.len() as u32;
                groups.push(group(&vertices[t[0] as usize]));
            }
            of_triangles.push(*number);
        }
        let faces = (0..vertices.len() as u32).map(|v| numbers[root(&mut roots, v) as usize]).collect();
        let (triangles, at) = (Lists::of(&of_triangles, groups.len()), Lists::of(&places, count));
        let (begun, done, used) = (vec![0; count], vec![false; groups.len()], vec![false; vertices.len()]);
        let (own, last) = (Vec::new(), Vec::new());
        Self { vertices, all, triangles, groups, faces, places, at, begun, done, used, own, last }
    }

    /// The triangles of a face.
    fn of(&self, face: u32) -> impl Iterator<Item = &'v [u32; 3]> {
        self.triangles.list(face).iter().map(|t| &self.all[*t as usize])
    }

    /// Where a face can begin, at a place if one is given.
    fn beginning(&self, face: u32, place: Option<u32>) -> Beginning {
        let mut found = None;
        for (triangle, t) in self.of(face).enumerate().take(LOOKED_AT) {
            for turn in (0..3).filter(|k| place.is_none_or(|p| self.places[t[*k] as usize] == p)) {
                let [[x, _, z], [u, _, w]] = [t[turn], t[(turn + 1) % 3]].map(|v| self.vertices[v as usize].position);
                if (x, z) == (u, w) {
                    return Beginning { triangle, turn, is_upright: true };
                }
                found.get_or_insert(Beginning { triangle, turn, is_upright: false });
            }
        }
        found.unwrap_or_default()
    }

    /// Adds a face's triangles.
    fn put(&mut self, face: u32, beginning: Beginning, out: &mut Vec<u32>) {
        self.done[face as usize] = true;
        self.last.clear();
        self.own.clear();
        self.own.extend(self.triangles.list(face).iter().map(|t| self.all[*t as usize]));
        self.own[..=beginning.triangle].rotate_right(1);
        self.own[0].rotate_left(beginning.turn);
        for i in 0..self.own.len() {
            let t = self.own[i];
            for v in t {
                if !std::mem::replace(&mut self.used[v as usize], true) {
                    self.last.push(v);
                }
            }
            out.extend(t);
            // The triangles of a large face are in a good order as they are.
            let left = &mut self.own[i + 1..];
            if left.len() <= FEW
                && let Some(next) = left.iter().position(|other| other.iter().filter(|v| t.contains(v)).count() == 2)
            {
                left[..=next].rotate_right(1);
            }
        }
    }

    /// A face of the same feature and colour as a vertex that has a corner in the same place, and where it begins there.
    fn beside(&mut self, vertex: u32) -> Option<(u32, Beginning)> {
        let (place, group) = (self.places[vertex as usize], group(&self.vertices[vertex as usize]));
        let all = self.at.list(place);
        let (begun, face_of) = (&mut self.begun[place as usize], |v: &u32| self.faces[*v as usize]);
        let is_open = |face: u32| self.done.get(face as usize) == Some(&false);
        while all.get(*begun as usize).is_some_and(|v| !is_open(face_of(v))) {
            *begun += 1;
        }
        let mut found = None;
        let near = all[*begun as usize..].iter().take(LOOKED_AT).map(face_of);
        for face in near.filter(|f| is_open(*f) && self.groups[*f as usize] == group) {
            let beginning = self.beginning(face, Some(place));
            if beginning.is_upright {
                return Some((face, beginning));
            }
            found.get_or_insert((face, beginning));
        }
        found
    }
}

/// Of the same feature and colour are those of the same number.
fn group(v: &Vertex) -> u64 {
    u64::from(v.feature) << 32 | u64::from(u32::from_be_bytes(v.color))
}

/// Of the tree that a vertex is in.
fn root(roots: &mut [u32], mut v: u32) -> u32 {
    while roots[v as usize] != v {
        let above = roots[roots[v as usize] as usize];
        roots[v as usize] = above;
        v = above;
    }
    v
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As [`super::order`], with places numbered as they come up.
    fn order(indices: &mut [u32], vertices: &[Vertex]) {
        let mut known = std::collections::HashMap::new();
        let places = vertices.iter().map(|v| {
            let next = known.len() as u32;
            *known.entry(v.position).or_insert(next)
        });
        let places: Vec<u32> = places.collect();
        super::order(indices, vertices, (places, known.len()));
    }

    /// The vertices in the order in which they are used.
    fn used(indices: &[u32]) -> Vec<u32> {
        let mut seen = std::collections::HashSet::new();
        indices.iter().copied().filter(|v| seen.insert(*v)).collect()
    }

    /// Walls around a square, each of two triangles, in an order that nobody would build them in.
    fn walls(diagonal: bool) -> (Vec<u32>, Vec<Vertex>) {
        let corners = [[0, 0], [100, 0], [100, 100], [0, 100]];
        let (mut indices, mut vertices) = (Vec::new(), Vec::new());
        for wall in [2, 0, 3, 1] {
            let first = vertices.len() as u32;
            let [[a, b], [c, d]] = [corners[wall], corners[(wall + 1) % 4]];
            let normal = [wall as i8, 0, 0, 0];
            let corner = |position| Vertex { position, normal, ..Vertex::default() };
            vertices.extend([[a, 0, b], [c, 0, d], [c, 50, d], [a, 50, b]].map(corner));
            let triangles = if diagonal { [0, 1, 3, 1, 2, 3] } else { [0, 1, 2, 0, 2, 3] };
            indices.extend(triangles.map(|i| first + i));
        }
        (indices, vertices)
    }

    #[test]
    fn walls_follow_each_other_around_a_house() {
        for diagonal in [false, true] {
            let (mut indices, vertices) = walls(diagonal);
            order(&mut indices, &vertices);
            let path: Vec<_> = used(&indices).into_iter().map(|v| vertices[v as usize].position).collect();
            assert_eq!(path.len(), 16);
            let same = path.windows(2).filter(|pair| pair[0] == pair[1]).count();
            assert_eq!(same, 3, "{path:?}");
        }
    }

    proptest! {
        #[test]
        fn no_triangle_is_lost_or_turned(
            corners in prop::collection::vec((0..3i32, 0..3i32, 0..3i32, 0..2u32), 3..40),
            triangles in prop::collection::vec(prop::array::uniform3(any::<prop::sample::Index>()), 0..60),
        ) {
            let vertex = |&(x, y, z, feature): &(i32, i32, i32, u32)| Vertex { position: [x, y, z], feature, ..Vertex::default() };
            let vertices: Vec<Vertex> = corners.iter().map(vertex).collect();
            let mut indices: Vec<u32> = triangles.iter().flatten().map(|i| i.index(vertices.len()) as u32).collect();
            let turned = |indices: &[u32]| {
                let least = |t: &[u32; 3]| (0..3).map(|k| [t[k], t[(k + 1) % 3], t[(k + 2) % 3]]).min().unwrap();
                let mut all: Vec<_> = indices.as_chunks().0.iter().map(least).collect();
                all.sort_unstable();
                all
            };
            let before = turned(&indices);
            order(&mut indices, &vertices);
            prop_assert_eq!(before, turned(&indices));
        }
    }
}

//! Synthetic cities, and a loader that pretends to fetch their tiles.
#![allow(dead_code, reason = "each test uses its part")]
#![allow(clippy::unwrap_used, reason = "test code")]

use glam::{DVec2, DVec3};
use std::time::Duration;
use tiles3d::select::Projection;
use tiles3d::{BoundingVolume, ContentState, Failure, Selection, Selector, TileId, Tileset, View};
use url::Url;

/// Half the edge of every city, metres.
pub(crate) const HALF: f64 = 512.0;

/// Random numbers that are the same everywhere.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n.max(1)
    }

    /// 0 to 1.
    pub(crate) fn part(&mut self) -> f64 {
        self.below(1 << 20) as f64 / f64::from(1 << 20)
    }
}

/// A square of a quadtree, in the form that `tileset.json` wants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Square {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) half: f64,
}

impl Square {
    pub(crate) fn quarters(self) -> [Self; 4] {
        let h = self.half / 2.0;
        [(-h, -h), (h, -h), (-h, h), (h, h)].map(|(dx, dy)| Self { x: self.x + dx, y: self.y + dy, half: h })
    }

    fn json(self, error: f64, refine: &str, content: Option<&str>, children: &str) -> String {
        let Self { x, y, half } = self;
        let content = content.map_or(String::new(), |c| format!(r#""content":{{"uri":"{x}_{y}_{half}.{c}"}},"#));
        format!(
            r#"{{"boundingVolume":{{"box":[{x},{y},0,{half},0,0,0,{half},0,0,0,10]}},"geometricError":{error},{content}
            "refine":"{refine}","children":[{children}]}}"#
        )
    }

    /// Itself and so many levels below it; tiles of the lowest are leaves, or point to external tilesets.
    fn tree(self, below: u32, refine: &str, external: bool) -> String {
        let error = self.half / 8.0;
        if below == 0 {
            return self.json(
                if external { error } else { 0.0 },
                refine,
                Some(if external { "json" } else { "glb" }),
                "",
            );
        }
        let children: Vec<_> = self.quarters().iter().map(|q| q.tree(below - 1, refine, external)).collect();
        self.json(error, refine, Some("glb"), &children.join(","))
    }
}

fn tileset(root: &str) -> String {
    format!(r#"{{"asset":{{"version":"1.1"}},"geometricError":1000,"root":{root}}}"#)
}

fn parse(text: &str) -> Tileset {
    Tileset::parse(text.as_bytes(), &Url::parse("http://h/t.json").unwrap()).unwrap().0
}

const ALL: Square = Square { x: 0.0, y: 0.0, half: HALF };

/// A quadtree of `levels` levels over the whole square; every tile has content.
pub(crate) fn quadtree(levels: u32, refine: &str) -> Tileset {
    parse(&tileset(&ALL.tree(levels - 1, refine, false)))
}

/// A quadtree of `levels` levels whose lowest tiles are external tilesets ([`external`]).
pub(crate) fn nested(levels: u32) -> Tileset {
    parse(&tileset(&ALL.tree(levels - 1, "REPLACE", true)))
}

/// What such a tile points to: two levels more.
fn external(set: &Tileset, id: TileId) -> String {
    tileset(&square(set, id).tree(1, "REPLACE", false))
}

/// More than 100,000 tiles: five districts of a quadtree of eight levels each, beside one another.
pub(crate) fn hundred_thousand() -> Tileset {
    let district = |i: i32| Square { x: f64::from(i) * 2.0 * HALF, y: 0.0, half: HALF }.tree(7, "REPLACE", false);
    let districts: Vec<_> = (-2..3).map(district).collect();
    let whole = Square { x: 0.0, y: 0.0, half: 5.0 * HALF };
    parse(&tileset(&whole.json(5.0 * HALF / 8.0, "REPLACE", Some("glb"), &districts.join(","))))
}

pub(crate) fn square(set: &Tileset, id: TileId) -> Square {
    let BoundingVolume::Box { center, half_axes } = &set.tile(id).unwrap().volume else { panic!("no box") };
    Square { x: center.x, y: center.y, half: half_axes.x_axis.x }
}

/// A view from `eye` to `at`.
pub(crate) fn look(eye: DVec3, at: DVec3) -> View {
    let projection = Projection::Perspective { fovy_rad: 1.0 };
    View::framed(eye, at - eye, DVec3::new(0.01, 1.0, 0.1), DVec2::new(1600.0, 900.0), projection)
}

/// The same content is always as large: about `mean` bytes, and half as much on the GPU.
pub(crate) fn size(set: &Tileset, id: TileId, mean: u64) -> (u64, u64) {
    let s = square(set, id);
    let mut random = Random((s.x * 8.0) as i64 as u64 ^ ((s.y * 8.0) as i64 as u64) << 20 ^ (s.half * 8.0) as u64);
    random.below(2);
    let cpu = mean / 2 + random.below(mean);
    (cpu, cpu / 2)
}

/// How the pretended network behaves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Network {
    /// Frames until a tile is there, at least and how many more at most.
    pub(crate) latency: (u64, u64),
    /// Loads in a thousand that fail for the time being.
    pub(crate) flaky: u64,
    /// Tiles in a thousand that are broken for good, never the root.
    pub(crate) broken: u64,
    /// Mean size of a tile.
    pub(crate) bytes: u64,
}

impl Default for Network {
    fn default() -> Self {
        Self { latency: (1, 0), flaky: 0, broken: 0, bytes: 1000 }
    }
}

/// Loads what is selected.
pub(crate) struct Loader {
    network: Network,
    random: Random,
    flight: Vec<(u64, TileId, u32)>,
    frame: u64,
    /// The largest content so far.
    pub(crate) largest: (u64, u64),
}

impl Loader {
    pub(crate) fn new(network: Network, seed: u64) -> Self {
        Self { network, random: Random(seed), flight: Vec::new(), frame: 0, largest: (0, 0) }
    }

    pub(crate) fn loading(&self) -> usize {
        self.flight.len()
    }

    /// Starts what `selection` asks for and delivers what is due.
    pub(crate) fn step(&mut self, set: &mut Tileset, selector: &mut Selector, selection: &Selection, now: Duration) {
        self.frame += 1;
        self.flight.retain(|(_, id, _)| !selection.cancel.contains(id));
        for (id, _) in &selection.load {
            let (least, more) = self.network.latency;
            selector.set_state(*id, ContentState::Loading);
            self.flight.push((self.frame + least + self.random.below(more + 1), *id, set.generation(*id)));
        }
        let due: Vec<_> = self.flight.extract_if(.., |(due, ..)| *due <= self.frame).collect();
        for (_, id, generation) in due {
            assert_eq!(set.generation(id), generation, "a tile on its way was taken out");
            self.deliver(set, selector, id, now);
        }
    }

    fn deliver(&mut self, set: &mut Tileset, selector: &mut Selector, id: TileId, now: Duration) {
        let s = square(set, id);
        if self.random.below(1000) < self.network.flaky {
            selector.set_failed(id, Failure::Temporary, now);
            return;
        }
        let mut lot = Random((s.x * 3.0 + s.y * 5000.0 + s.half) as i64 as u64);
        lot.below(2);
        let url = set.tile(id).unwrap().contents[0].clone();
        if id != set.root().id && lot.below(1000) < self.network.broken {
            selector.set_failed(id, Failure::Permanent, now);
        } else if url.path().ends_with(".json") {
            let json = external(set, id);
            assert!(set.attach_external(id, json.as_bytes(), &url).unwrap().is_empty());
            selector.set_state(id, ContentState::ready(0));
        } else {
            let (cpu, gpu) = size(set, id, self.network.bytes);
            self.largest = (self.largest.0.max(cpu), self.largest.1.max(gpu));
            selector.set_state(id, ContentState::Ready { cpu, gpu });
        }
    }
}

/// A point in each of the 64 m cells that a view sees.
fn seen_cells(view: &View) -> impl Iterator<Item = DVec3> {
    let cells = (0..256).map(|i| DVec3::new(-475.0 + 64.0 * f64::from(i % 16), -477.0 + 64.0 * f64::from(i / 16), 0.0));
    cells.filter(|p| view.planes.iter().all(|(n, d)| n.dot(*p) + d >= 0.0))
}

/// For each seen cell, by how many rendered tiles it is covered.
pub(crate) fn coverage(set: &Tileset, render: &[TileId], view: &View) -> Vec<usize> {
    let squares: Vec<_> = render.iter().map(|id| square(set, *id)).collect();
    let covers = |s: &Square, p: DVec3| (p.x - s.x).abs() < s.half && (p.y - s.y).abs() < s.half;
    seen_cells(view).map(|p| squares.iter().filter(|s| covers(s, p)).count()).collect()
}

/// A camera that wanders about: at frame `i` of a walk with this seed.
pub(crate) fn wander(seed: u64, i: u64) -> View {
    let mut random = Random(seed);
    let mut wave = |low: f64, high: f64| {
        let (speed, phase) = (0.01 + 0.03 * random.part(), 6.3 * random.part());
        low + (high - low) * (0.5 + 0.5 * (speed * i as f64 + phase).sin())
    };
    let height = wave(3.0, 7.5).exp();
    let at = DVec3::new(wave(-450.0, 450.0), wave(-450.0, 450.0), 0.0);
    look(at + DVec3::new(wave(-1.0, 1.0) * height, wave(-1.0, 1.0) * height, height), at)
}

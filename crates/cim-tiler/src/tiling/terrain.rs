//! The quadtree of the ground itself: meshes whose error is measured, coarse to fine.

use super::{
    ERROR_SHARE, FINEST_RIM_M, Rows, Writer,
    ground::PIXEL,
    growth::{Square, Tree},
    layers::Layer,
    obb,
};
use crate::{
    Progress, TilerError,
    mesh::Surface,
    terrain::{Errors, Square as Part},
};
use cim_geo::Relief;
use glam::{DVec2, DVec3, Vec3};
use tiles3d::{
    Refine,
    write::{TileNode, WritePrimitive},
};

/// What the names of its tiles begin with.
pub(super) const PREFIX: &str = "e";
/// Metres that the finest mesh may be off the ground.
pub(super) const FINEST_M: f64 = 0.15;
/// Metres that the mesh lies below the ground, so that what lies on the ground is above it by more than both are off.
const BELOW_M: f64 = 0.6;
/// Triangles of a leaf at most.
const LEAF_TRIANGLES: usize = 12_000;
/// Depth of a tile's skirt as a share of its edge: sixteen times its error, for neighbours that are far coarser.
const SKIRT_SHARE: f64 = 0.04;
/// Steps of a tile's edge over which its slopes are taken at least: shading no finer than its triangles.
const SHADES: usize = 128;
/// Edges along a tile's side at most that the change from town to country asks for.
const RIM_STEPS: f64 = 48.0;
/// Nodes on a side of the grid of heights for the viewer, at most: two megabytes.
const VIEW_NODES: u32 = 1025;
/// Metres around what is built that the viewer knows heights of.
const VIEW_AROUND_M: f64 = 1000.0;

impl Writer<'_> {
    /// The edge of the ground's square, and its tree; none without a terrain.
    pub(super) fn terrain(&mut self, progress: &mut dyn Progress) -> Result<(f64, Option<TileNode>), TilerError> {
        let Some(relief) = self.ground.relief() else { return Ok((0.0, None)) };
        let steps = relief.size().0 as usize - 1;
        progress.stage("terrain", Some((steps * steps) as u64));
        let errors = Errors::measure(steps, |i, j| self.node(relief, [i, j]).z);
        let edge = relief.step() * steps as f64;
        let part = Part { column: 0, row: 0, size: steps };
        let root = Square { name: PREFIX.into(), edge, steps: (steps * steps) as u64, inside: part };
        Ok((edge, self.grow(&Land { errors, step: relief.step() }, root, progress)?))
    }

    /// Writes the heights that vehicles and lines lie on in the viewer, where there is a terrain. What is built goes from
    /// `low` to `high`.
    pub(super) fn heights(&mut self, (low, high): ([f64; 2], [f64; 2])) -> Result<(), TilerError> {
        let Some(relief) = self.ground.relief() else { return Ok(()) };
        let grid = relief.coarser(low.map(|v| v - VIEW_AROUND_M), high.map(|v| v + VIEW_AROUND_M), VIEW_NODES);
        let bytes = grid.as_ref().unwrap_or(relief).to_bytes();
        self.file(super::HEIGHTS, &bytes)
    }

    /// A node of the ground in site metres.
    fn node(&self, relief: &Relief, [i, j]: [usize; 2]) -> DVec3 {
        let ([west, south], step) = (relief.corner(), relief.step());
        let (x, y) = (west + step * i as f64, south + step * j as f64);
        DVec3::new(x, y, relief.node(i as u32, j as u32) + super::drop_m(x, y))
    }

    /// The mesh of a square with its skirt, relative to an origin; its lowest and highest corner in site metres.
    fn relief_mesh(
        &self,
        square: Part,
        (nodes, triangles): &(Vec<[usize; 2]>, Vec<[u32; 3]>),
        tolerance: f64,
    ) -> (WritePrimitive, DVec3, [DVec3; 2]) {
        let mut p = Surface::Ground.primitive();
        let Some(relief) = self.ground.relief() else { return (p, DVec3::ZERO, [DVec3::ZERO; 2]) };
        let half = square.size / 2;
        let below = BELOW_M + tolerance;
        let origin = self.node(relief, [square.column + half, square.row + half]);
        let (mut low, mut high) = (DVec3::MAX, DVec3::MIN);
        for node in nodes {
            let at = self.node(relief, *node) - DVec3::Z * below;
            (low, high) = (low.min(at), high.max(at));
            p.positions.push((at - origin).as_vec3().to_array());
            p.normals.push(normal(relief, *node, (square.size / SHADES).max(1)));
        }
        p.indices = triangles.iter().flatten().copied().collect();
        let depth = SKIRT_SHARE * relief.step() * square.size as f64 + 1.0;
        let cuts = self.ground.cuts(tolerance);
        let outside = |a: DVec2, b: DVec2| {
            let off = origin.truncate();
            cuts.map_or_else(|| vec![[0.0, 1.0]], |c| c.outside(a + off, b + off))
        };
        skirt(&mut p, square, (nodes, triangles), (depth as f32, &outside));
        if let Some(cuts) = cuts {
            cuts.carve(&mut p, origin);
        }
        let finest = (relief.step() * square.size as f64 / RIM_STEPS).max(FINEST_RIM_M);
        self.ground.country().colour(&mut p, [origin.x, origin.y], finest);
        (p, origin, [low - DVec3::Z * depth, high])
    }
}

/// The tree of the ground.
struct Land {
    errors: Errors,
    /// Metres between nodes.
    step: f64,
}

impl Tree<Part> for Land {
    fn quarters(&self, square: &Square<Part>) -> Vec<(u8, Square<Part>)> {
        let part = square.inside;
        if self.errors.mesh(part, FINEST_M).1.len() <= LEAF_TRIANGLES {
            return Vec::new();
        }
        let size = part.size / 2;
        let quarter = |quarter: u8| {
            let at = usize::from(quarter);
            let (column, row) = (part.column + at % 2 * size, part.row + at / 2 * size);
            let (name, inside) = (format!("{}{quarter}", square.name), Part { column, row, size });
            (quarter, Square { name, edge: 0.5 * square.edge, steps: (size * size) as u64, inside })
        };
        (0..4).map(quarter).collect()
    }

    fn tile(&self, writer: &mut Writer<'_>, square: &Square<Part>, below: usize) -> Result<TileNode, TilerError> {
        let leaf = below == 0;
        let edge = self.step * square.inside.size as f64;
        let tolerance = if leaf { FINEST_M } else { (edge * ERROR_SHARE * PIXEL).max(2.0 * FINEST_M) };
        let mesh = self.errors.mesh(square.inside, tolerance);
        let (primitive, origin, [low, high]) = writer.relief_mesh(square.inside, &mesh, tolerance);
        let content = writer.content(&square.name, &[primitive], &Rows::default().columns(), (origin, 0.0))?;
        Ok(TileNode {
            volume: obb(low, high),
            geometric_error: if leaf { 0.0 } else { tolerance / PIXEL },
            refine: Refine::Replace,
            transform: None,
            content,
            group: Layer::Terrain.group(),
            children: Vec::new(),
            quarter: None,
            implicit: None,
        })
    }
}

/// The ground's normal, from the heights `reach` nodes around.
fn normal(relief: &Relief, [i, j]: [usize; 2], reach: usize) -> [f32; 3] {
    let (columns, rows) = relief.size();
    let rise = |of: &dyn Fn(usize) -> f64, at: usize, nodes: u32| {
        let (from, to) = (at.saturating_sub(reach), (at + reach).min(nodes as usize - 1));
        (of(to) - of(from)) / (relief.step() * (to - from) as f64)
    };
    let east = rise(&|i| relief.node(i as u32, j as u32), i, columns);
    let north = rise(&|j| relief.node(i as u32, j as u32), j, rows);
    Vec3::new(-east as f32, -north as f32, 1.0).normalize_or(Vec3::Z).to_array()
}

/// Walls down from the outline of a square, which hide the gap to a neighbour of another tolerance; `outside` says which
/// shares of a line are not open.
fn skirt(
    p: &mut WritePrimitive,
    s: Part,
    (nodes, triangles): (&[[usize; 2]], &[[u32; 3]]),
    (depth, outside): (f32, &dyn Fn(DVec2, DVec2) -> Vec<[f64; 2]>),
) {
    let ends = [[s.column, s.column + s.size], [s.row, s.row + s.size]];
    let rim = |a: [usize; 2], b: [usize; 2]| (0..2).any(|k| a[k] == b[k] && ends[k].contains(&a[k]));
    for t in triangles {
        for k in 0..3 {
            let (a, b) = (t[k] as usize, t[(k + 1) % 3] as usize);
            if !rim(nodes[a], nodes[b]) {
                continue;
            }
            let [top, next] = [a, b].map(|v| Vec3::from(p.positions[v]));
            let normals = [a, b].map(|v| p.normals[v]);
            for shares in outside(top.truncate().as_dvec2(), next.truncate().as_dvec2()) {
                let first = p.positions.len() as u32;
                for (share, normal) in shares.into_iter().zip(normals) {
                    let [x, y, z] = top.lerp(next, share as f32).to_array();
                    p.positions.extend([[x, y, z], [x, y, z - depth]]);
                    p.normals.extend([normal; 2]);
                }
                p.indices.extend([first, first + 1, first + 3, first, first + 3, first + 2]);
            }
        }
    }
}

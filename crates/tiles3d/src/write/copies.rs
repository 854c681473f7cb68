//! Shapes that stand in many places (`EXT_mesh_gpu_instancing`).

use super::{
    CopyPlace, WriteCopies, WriteOptions,
    grid::{Fixed, Grid, reach},
    layout::{Filter, Format, Layout},
    mesh::{Mesh, whole_floats},
    options::power_of_two,
    primitive::y_up,
};
use serde_json::{Value, json};

/// Bits of a turn, where they may be chosen: 0.02 degrees.
#[cfg(feature = "compress")]
const TURN_BITS: i32 = 12;

const VECTOR: Format = Format { component: 5126, kind: "VEC3", normalized: false, stride: 12, target: None };
const TURN: Format = Format { component: 5122, kind: "VEC4", normalized: true, stride: 8, target: None };

/// Puts a shape and its places into a glb as they come: the mesh's `attributes`, its indices, and the attributes of the
/// places, 32 bytes each.
pub(super) fn plain(copies: &WriteCopies, layout: &mut Layout) -> (Value, usize, Value) {
    let (attributes, indices) = super::plain::store(&copies.shape, layout);
    let n = copies.places.len();
    let at: Vec<[f32; 3]> = copies.places.iter().map(|p| y_up(p.at)).collect();
    let scale: Vec<[f32; 3]> = copies.places.iter().map(|p| stretch(p).map(|c| c as f32)).collect();
    let places = json!({
        "TRANSLATION": layout.elements("TRANSLATION", VECTOR, Filter::None, n, bytemuck::cast_slice(&at)),
        "ROTATION": turns(&copies.places, layout),
        "SCALE": layout.elements("SCALE", VECTOR, Filter::None, n, bytemuck::cast_slice(&scale)),
    });
    (attributes, indices, places)
}

/// The same in steps: the shape's own, which the places' scales undo, and those of the options. `None` when no triangle
/// of the shape is left.
pub(super) fn quantised(
    copies: &WriteCopies,
    options: &WriteOptions,
    layout: &mut Layout,
) -> Option<(Value, usize, Value)> {
    let grid = Grid::of_shape(&copies.shape);
    let mesh = Mesh::new(&copies.shape, |p| grid.snap(p), layout);
    if mesh.indices.is_empty() {
        return None;
    }
    let (attributes, indices) = mesh.store(layout);
    let places = ordered(&copies.places, layout);
    let (n, step) = (places.len(), options.step());
    let at = places.iter().flat_map(|p| y_up(p.at)).map(f64::from);
    let (filter, bytes) = floats(&Fixed::of(at, step), 0, layout);
    let at = layout.elements("TRANSLATION", VECTOR, filter, n, &bytes);
    // What a scale is off by moves the farthest vertex by half a step at most.
    let unit = power_of_two(step / reach(&copies.shape).max(1e-3));
    let scale = Fixed::of(places.iter().flat_map(stretch), unit);
    let (filter, bytes) = floats(&scale, grid.step().log2().round() as i32, layout);
    let scale = layout.elements("SCALE", VECTOR, filter, n, &bytes);
    let places = json!({ "TRANSLATION": at, "ROTATION": turns(&places, layout), "SCALE": scale });
    Some((attributes, indices, places))
}

/// Numbers times another power of two.
fn floats(fixed: &Fixed, exponent: i32, layout: &Layout) -> (Filter, Vec<u8>) {
    whole_floats(fixed.counts.iter().copied(), fixed.exponent + exponent, layout.is_coded())
}

/// Along the axes of a y-up shape.
fn stretch(p: &CopyPlace) -> [f64; 3] {
    [p.scale[0], p.scale[2], p.scale[1]].map(f64::from)
}

/// Neighbours after each other where the stream is shorter for it.
fn ordered(places: &[CopyPlace], layout: &Layout) -> Vec<CopyPlace> {
    #[cfg(feature = "compress")]
    if layout.is_coded() {
        let at: Vec<[f32; 3]> = places.iter().map(|p| p.at).collect();
        let mut ranked: Vec<(u32, CopyPlace)> =
            super::meshopt::near(&at).into_iter().zip(places.iter().copied()).collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        return ranked.into_iter().map(|(_, place)| place).collect();
    }
    debug_assert!(!layout.is_coded());
    places.to_vec()
}

/// The accessor of the turns, quaternions around the upright axis.
fn turns(places: &[CopyPlace], layout: &mut Layout) -> usize {
    let turn = |p: &CopyPlace| {
        let (sin, cos) = (0.5 * p.turn).sin_cos();
        [0.0, sin, 0.0, cos]
    };
    #[cfg(feature = "compress")]
    if layout.is_coded() {
        let turns: Vec<[f32; 4]> = places.iter().map(turn).collect();
        let coded = super::meshopt::quaternions(&turns, TURN_BITS);
        return layout.elements("ROTATION", TURN, Filter::Quaternion, places.len(), bytemuck::cast_slice(&coded));
    }
    let short = |x: f32| (x * f32::from(i16::MAX)).round() as i16;
    let turns: Vec<[i16; 4]> = places.iter().map(|p| turn(p).map(short)).collect();
    layout.elements("ROTATION", TURN, Filter::None, places.len(), bytemuck::cast_slice(&turns))
}

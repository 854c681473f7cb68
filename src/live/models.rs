//! Small models of what lives in the city, made of boxes and cones. Metres, y up, looking along -z (north).
//!
//! Colour: rgb and how much of the copy's own colour (alpha 1) or the model's (alpha 0) is seen.

use bevy::{
    asset::RenderAssetUsages,
    mesh::{Indices, PrimitiveTopology},
    prelude::*,
};

/// What of a layer's things a model stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Form {
    /// The layer has one model.
    Only,
    /// A street lamp.
    Lamp,
    /// A cover or grate in the ground.
    Cover,
    /// A sign on a post.
    Sign,
    /// A traffic light.
    Light,
    /// A cabinet, a bin, a box.
    Cabinet,
    /// A bus shelter.
    Shelter,
    /// A bench, a rack, a fence: long and low.
    Low,
    /// A pole.
    Pole,
    /// What stands in the tiles already, as trees do: it can be pointed at, not seen.
    Unseen,
}

impl Form {
    /// The form of a component by its class, four digits of CJ/T 214; a post for what is not known.
    pub(super) fn of_component(class: &str) -> Self {
        match class {
            "0118" | "0119" | "0120" => Self::Lamp,
            "0101" | "0102" | "0103" | "0104" | "0105" | "0106" | "0107" | "0108" | "0109" | "0110" | "0111"
            | "0112" | "0114" | "0403" => Self::Cover,
            "0209" | "0213" | "0501" | "0307" => Self::Sign,
            "0214" => Self::Light,
            "0113" | "0115" | "0116" | "0123" | "0210" | "0305" | "0404" => Self::Cabinet,
            "0203" | "0121" => Self::Shelter,
            "0211" | "0212" | "0407" | "0408" => Self::Low,
            "0117" => Self::Pole,
            "0401" | "0402" | "0405" => Self::Unseen,
            _ => Self::Sign,
        }
    }
}

/// Triangles of one model.
#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    positions: Vec<[f32; 3]>,
    normals: Vec<[f32; 3]>,
    colors: Vec<[f32; 4]>,
    indices: Vec<u32>,
}

const OWN: [f32; 4] = [1.0, 1.0, 1.0, 1.0];
const GLASS: [f32; 4] = [0.03, 0.05, 0.07, 0.0];
const DARK: [f32; 4] = [0.02, 0.02, 0.022, 0.0];
const GREY: [f32; 4] = [0.32, 0.33, 0.34, 0.0];

impl Model {
    /// A box from its lowest to its highest corner.
    fn cuboid(mut self, low: [f32; 3], high: [f32; 3], color: [f32; 4]) -> Self {
        for axis in 0..3 {
            for (side, at) in [(-1.0f32, low), (1.0, high)] {
                let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
                let mut normal = [0.0; 3];
                normal[axis] = side;
                let corner = |a: f32, b: f32| {
                    let mut p = [0.0; 3];
                    p[axis] = at[axis];
                    p[u] = a;
                    p[v] = b;
                    p
                };
                let mut ring = [
                    corner(low[u], low[v]),
                    corner(high[u], low[v]),
                    corner(high[u], high[v]),
                    corner(low[u], high[v]),
                ];
                if side < 0.0 {
                    ring.reverse();
                }
                self.quad(ring, normal, color);
            }
        }
        self
    }

    fn quad(&mut self, ring: [[f32; 3]; 4], normal: [f32; 3], color: [f32; 4]) {
        let base = self.positions.len() as u32;
        self.positions.extend(ring);
        self.normals.extend([normal; 4]);
        self.colors.extend([color; 4]);
        self.indices.extend([0, 1, 2, 0, 2, 3].map(|i| base + i));
    }

    /// A body of revolution round the y axis through `(radius, height)` points from below, `sides` corners.
    fn turned(mut self, profile: &[(f32, f32)], sides: u32, color: [f32; 4]) -> Self {
        for w in profile.windows(2) {
            let ((r0, y0), (r1, y1)) = (w[0], w[1]);
            let slope = Vec2::new(y1 - y0, r0 - r1).normalize_or(Vec2::X);
            for i in 0..sides {
                let angle = |k: u32| (k % sides) as f32 / sides as f32 * std::f32::consts::TAU;
                let ((s0, c0), (s1, c1)) = (angle(i).sin_cos(), angle(i + 1).sin_cos());
                let base = self.positions.len() as u32;
                for (r, y, s, c) in [(r0, y0, s0, c0), (r0, y0, s1, c1), (r1, y1, s1, c1), (r1, y1, s0, c0)] {
                    self.positions.push([r * s, y, r * c]);
                    self.normals.push([s * slope.x, slope.y, c * slope.x]);
                    self.colors.push(color);
                }
                self.indices.extend([0, 1, 2, 0, 2, 3].map(|k| base + k));
            }
        }
        self
    }

    /// One mesh with `copies` copies; a vertex says its copy and the model's size (metres).
    pub(super) fn repeated(&self, copies: u32) -> Mesh {
        let size = self.positions.iter().fold(0.0f32, |m, p| m.max(Vec3::from(*p).length()));
        let n = self.positions.len();
        let total = n * copies as usize;
        let mut positions = Vec::with_capacity(total);
        let mut normals = Vec::with_capacity(total);
        let mut colors = Vec::with_capacity(total);
        let mut sizes = Vec::with_capacity(total);
        let mut marks = Vec::with_capacity(total);
        let mut indices = Vec::with_capacity(self.indices.len() * copies as usize);
        for copy in 0..copies {
            let base = positions.len() as u32;
            positions.extend_from_slice(&self.positions);
            normals.extend_from_slice(&self.normals);
            colors.extend_from_slice(&self.colors);
            sizes.resize(positions.len(), [size, 0.0]);
            marks.resize(positions.len(), [copy as f32, 0.0]);
            indices.extend(self.indices.iter().map(|i| i + base));
        }
        Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::RENDER_WORLD)
            .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, positions)
            .with_inserted_attribute(Mesh::ATTRIBUTE_NORMAL, normals)
            .with_inserted_attribute(Mesh::ATTRIBUTE_UV_0, sizes)
            .with_inserted_attribute(Mesh::ATTRIBUTE_UV_1, marks)
            .with_inserted_attribute(Mesh::ATTRIBUTE_COLOR, colors)
            .with_inserted_indices(Indices::U32(indices))
    }
}

/// A muck truck: cab in front, tipper behind.
pub(super) fn truck() -> Model {
    Model::default()
        .cuboid([-1.1, 0.35, -4.2], [1.1, 0.9, 4.2], DARK)
        .cuboid([-1.25, 0.9, -4.3], [1.25, 3.1, -2.4], OWN)
        .cuboid([-1.15, 1.9, -4.34], [1.15, 2.8, -4.28], GLASS)
        .cuboid([-1.3, 1.0, -2.1], [1.3, 2.9, 4.3], OWN)
        .cuboid([-1.1, 2.9, -1.9], [1.1, 3.1, 4.1], [0.16, 0.11, 0.07, 0.0])
}

/// A sanitation vehicle: a rounded body behind a cab.
pub(super) fn sweeper() -> Model {
    Model::default()
        .cuboid([-1.0, 0.3, -3.1], [1.0, 0.8, 3.1], DARK)
        .cuboid([-1.1, 0.8, -3.2], [1.1, 2.6, -1.7], [0.86, 0.88, 0.88, 0.0])
        .cuboid([-1.0, 1.6, -3.24], [1.0, 2.4, -3.18], GLASS)
        .cuboid([-1.15, 0.8, -1.5], [1.15, 2.7, 3.2], OWN)
        .cuboid([-0.3, 2.6, -2.6], [0.3, 2.85, -2.2], [1.0, 0.35, 0.02, 0.0])
}

/// A sensor: a mast with a ball of its state's colour.
pub(super) fn sensor() -> Model {
    Model::default().turned(&[(0.12, 0.0), (0.09, 5.0)], 5, GREY).turned(
        &[(0.0, 5.0), (0.75, 5.5), (0.95, 6.1), (0.75, 6.8), (0.0, 7.2)],
        8,
        OWN,
    )
}

/// A camera on its mast, and its field of view as a flat cone.
pub(super) fn camera() -> Model {
    Model::default()
        .turned(&[(0.14, 0.0), (0.10, 6.5)], 5, GREY)
        .cuboid([-0.45, 6.1, -1.3], [0.45, 7.0, 0.7], OWN)
        .cuboid([-0.3, 6.25, -1.36], [0.3, 6.85, -1.28], GLASS)
}

/// An alert: a diamond over a thin ray.
pub(super) fn beacon() -> Model {
    Model::default().turned(&[(0.12, 0.0), (0.12, 16.0)], 4, OWN).turned(
        &[(0.0, 14.0), (2.2, 17.5), (0.0, 21.0)],
        4,
        OWN,
    )
}

/// A case: a pin.
pub(super) fn pin() -> Model {
    Model::default().turned(&[(0.0, 0.0), (1.0, 4.6), (1.15, 5.6), (0.8, 6.6), (0.0, 7.0)], 6, OWN)
}

/// A shop sign: a board.
pub(super) fn board() -> Model {
    Model::default().cuboid([-1.6, -0.35, -0.1], [1.6, 0.35, 0.1], OWN)
}

/// A shared bike.
pub(super) fn bike() -> Model {
    Model::default()
        .cuboid([-0.04, 0.0, -0.85], [0.04, 0.62, -0.25], DARK)
        .cuboid([-0.04, 0.0, 0.25], [0.04, 0.62, 0.85], DARK)
        .cuboid([-0.06, 0.4, -0.5], [0.06, 0.8, 0.45], OWN)
        .cuboid([-0.28, 0.9, -0.52], [0.28, 0.98, -0.44], GREY)
}

/// A place that floods: a gauge as a column.
pub(super) fn gauge() -> Model {
    Model::default().turned(&[(0.5, 0.0), (0.5, 5.5), (0.0, 6.2)], 8, OWN).turned(&[(1.4, 0.05), (0.0, 0.3)], 10, OWN)
}

/// A component of a form; `None` for what is not drawn.
pub(super) fn component(form: Form) -> Option<Model> {
    let model = Model::default();
    Some(match form {
        Form::Lamp => model
            .turned(&[(0.11, 0.0), (0.06, 8.2)], 6, GREY)
            .cuboid([-0.05, 8.05, -2.2], [0.05, 8.2, 0.05], GREY)
            .cuboid([-0.16, 7.98, -2.6], [0.16, 8.12, -1.7], OWN),
        // It lies on the carriageway, whose surface is above the ground.
        Form::Cover => model.turned(&[(0.36, 0.20), (0.35, 0.27), (0.0, 0.275)], 8, OWN),
        Form::Sign => {
            model.turned(&[(0.05, 0.0), (0.05, 2.9)], 5, GREY).cuboid([-0.45, 2.1, -0.08], [0.45, 2.9, -0.04], OWN)
        }
        Form::Light => model
            .turned(&[(0.1, 0.0), (0.08, 6.2)], 5, GREY)
            .cuboid([-0.06, 5.9, -4.0], [0.06, 6.05, 0.0], GREY)
            .cuboid([-0.2, 5.4, -4.1], [0.2, 6.5, -3.75], DARK)
            .cuboid([-0.13, 5.5, -3.76], [0.13, 5.75, -3.72], OWN),
        Form::Cabinet => model.cuboid([-0.35, 0.0, -0.22], [0.35, 1.05, 0.22], OWN),
        Form::Shelter => model
            .cuboid([-3.2, 0.0, 0.6], [3.2, 2.5, 0.68], GLASS)
            .cuboid([-3.4, 2.5, -0.9], [3.4, 2.65, 0.9], OWN)
            .cuboid([-2.4, 0.42, 0.1], [2.4, 0.5, 0.5], GREY)
            .cuboid([-3.2, 0.0, -0.05], [-3.08, 2.5, 0.05], GREY)
            .cuboid([3.08, 0.0, -0.05], [3.2, 2.5, 0.05], GREY),
        Form::Low => model
            .cuboid([-1.1, 0.42, -0.2], [1.1, 0.5, 0.2], OWN)
            .cuboid([-1.0, 0.0, -0.15], [-0.9, 0.42, 0.15], GREY)
            .cuboid([0.9, 0.0, -0.15], [1.0, 0.42, 0.15], GREY),
        Form::Pole => model.turned(&[(0.16, 0.0), (0.1, 9.0)], 6, [0.5, 0.49, 0.47, 0.0]),
        Form::Only | Form::Unseen => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faces_look_outwards() {
        let forms =
            [Form::Lamp, Form::Cover, Form::Sign, Form::Light, Form::Cabinet, Form::Shelter, Form::Low, Form::Pole];
        let components = forms.map(|f| component(f).unwrap());
        let others = [truck(), sweeper(), sensor(), camera(), beacon(), pin(), board(), bike(), gauge()];
        for model in others.into_iter().chain(components) {
            for t in model.indices.chunks_exact(3) {
                let [a, b, c] = [t[0], t[1], t[2]].map(|i| Vec3::from(model.positions[i as usize]));
                let face = (b - a).cross(c - a);
                let normal = Vec3::from(model.normals[t[0] as usize]);
                assert!(face.length() < 1e-6 || face.dot(normal) > 0.0, "{a} {b} {c}: {normal}");
            }
        }
    }
}

//! From a decoded tile to what the renderer and the picker want. Runs off the render thread.

use super::{
    bvh::Bvh,
    points::{self, PreparedPoints},
    surface::{FEATURE_IN_TAG, Surface},
};
use bevy::{
    asset::RenderAssetUsages,
    image::{ImageAddressMode, ImageSampler, ImageSamplerDescriptor},
    math::{DAffine3, DMat3, DMat4, DVec3},
    mesh::{Indices, PrimitiveTopology},
    prelude::*,
    render::render_resource::{Extent3d, TextureDimension, TextureFormat},
};
use std::collections::HashMap;
use tiles3d::{
    DecodedTile, FeatureTable,
    content::{Instance, Primitive, PrimitiveMode, TileMaterial},
};

/// One draw of a tile.
#[derive(Debug)]
pub(super) struct PreparedMesh {
    /// Render-world mesh relative to the tile's anchor, render axes.
    pub(super) mesh: Mesh,
    /// How it looks; its image is an index into [`PreparedTile::images`].
    pub(super) material: TileMaterial,
    /// Where its copies stand; empty when it stands once, at the tile's anchor.
    pub(super) copies: Vec<PreparedCopy>,
}

/// One copy of a mesh.
#[derive(Debug, Clone, Copy)]
pub(super) struct PreparedCopy {
    /// Where it stands, site metres.
    pub(super) anchor: DVec3,
    /// How it is turned.
    pub(super) rotation: Quat,
    /// How it is stretched.
    pub(super) scale: Vec3,
    /// The feature that it is.
    pub(super) feature: Option<u32>,
}

/// Triangles that copies may add for rays; more of them are boxes to a ray.
const PICKED_TRIANGLES: usize = 500_000;

/// One content of a tile, ready to be put into the world.
#[derive(Debug)]
pub(super) struct PreparedTile {
    /// Where it stands, site metres.
    pub(super) anchor: DVec3,
    /// What to draw.
    pub(super) meshes: Vec<PreparedMesh>,
    /// Clouds to draw.
    pub(super) points: Vec<PreparedPoints>,
    /// Base colour textures.
    pub(super) images: Vec<Image>,
    /// Its features and their properties.
    pub(super) features: FeatureTable,
    /// Feature by the text of its key.
    pub(super) keys: HashMap<String, u32>,
    /// For rays.
    pub(super) pick: Bvh,
    /// Memory it takes, bytes.
    pub(super) bytes: u64,
}

/// Turns `tile` into render axes with `render_from_tile` (f64) and its parts into as few meshes as possible: all plain
/// opaque surfaces become one.
pub(super) fn prepare(tile: DecodedTile, render_from_tile: &DMat4) -> PreparedTile {
    let bytes = tile.byte_size() as u64;
    let anchor = render_from_tile.transform_point3(tile.origin);
    let turn = DMat3::from_mat4(*render_from_tile);
    let turn = Turn { points: turn, normals: turn.inverse().transpose(), mirrored: turn.determinant() < 0.0 };
    let mut pick = PickArrays::default();
    let mut merged = Arrays::default();
    let (mut meshes, mut clouds) = (Vec::new(), Vec::new());
    let fallback = TileMaterial::default();
    for primitive in &tile.primitives {
        let material = tile.materials.get(primitive.material).unwrap_or(&fallback);
        let surface = Surface::from_name(&material.name);
        if let Some(instances) = primitive.instances.and_then(|i| tile.instances.get(i)) {
            pick.add_copies(primitive, &turn, instances);
            meshes.push(copied(primitive, material, &turn, anchor, instances));
            continue;
        }
        if primitive.mode == PrimitiveMode::Points {
            clouds.push(points::prepare(primitive, material.base_color, |p| turn.point(p), |n| turn.normal(n)));
            continue;
        }
        if primitive.mode == PrimitiveMode::Triangles {
            pick.add(primitive, &turn);
        }
        if surface != Surface::Plain && primitive.mode == PrimitiveMode::Triangles && !material.blend {
            merged.add(primitive, material, surface, &turn, anchor);
        } else {
            let mut arrays = Arrays::default();
            arrays.add(primitive, material, surface, &turn, anchor);
            let (mesh, material) = (arrays.into_mesh(primitive.mode), material.clone());
            meshes.push(PreparedMesh { mesh, material, copies: Vec::new() });
        }
    }
    if !merged.indices.is_empty() {
        let material = TileMaterial { name: "city".into(), metallic: 0.0, roughness: 0.88, ..default() };
        meshes.push(PreparedMesh { mesh: merged.into_mesh(PrimitiveMode::Triangles), material, copies: Vec::new() });
    }
    let keys = (0..tile.features.count())
        .filter_map(|f| match tile.features.get(f, "key")? {
            tiles3d::Value::String(key) => Some((key, f)),
            _ => None,
        })
        .collect();
    let images = tile.images.into_iter().map(image).collect();
    PreparedTile { anchor, meshes, points: clouds, images, keys, features: tile.features, pick: pick.build(), bytes }
}

/// A mesh that stands in many places: drawn in its own frame, placed by each copy's transform.
fn copied(p: &Primitive, material: &TileMaterial, turn: &Turn, anchor: DVec3, instances: &[Instance]) -> PreparedMesh {
    let mut arrays = Arrays::default();
    arrays.add(p, material, Surface::Plain, &Turn::NONE, DVec3::ZERO);
    if instances.iter().any(|i| i.feature.is_some()) {
        arrays.marks.iter_mut().for_each(|m| m[0] = FEATURE_IN_TAG);
    }
    let copy = |instance: &Instance| {
        let whole = DAffine3::from_mat3(turn.points) * instance.transform;
        let (scale, rotation, at) = whole.to_scale_rotation_translation();
        PreparedCopy {
            anchor: anchor + at,
            rotation: rotation.as_quat().normalize(),
            scale: scale.as_vec3(),
            feature: instance.feature,
        }
    };
    let usable = |c: &PreparedCopy| c.anchor.is_finite() && c.rotation.is_finite() && c.scale.is_finite();
    let copies = instances.iter().map(copy).filter(usable).collect();
    PreparedMesh { mesh: arrays.into_mesh(p.mode), material: material.clone(), copies }
}

struct Turn {
    points: DMat3,
    normals: DMat3,
    mirrored: bool,
}

impl Turn {
    const NONE: Self = Self { points: DMat3::IDENTITY, normals: DMat3::IDENTITY, mirrored: false };

    fn point(&self, p: [f32; 3]) -> [f32; 3] {
        (self.points * DVec3::from(p.map(f64::from))).as_vec3().to_array()
    }

    fn normal(&self, n: [f32; 3]) -> [f32; 3] {
        (self.normals * DVec3::from(n.map(f64::from))).as_vec3().normalize_or(Vec3::Y).to_array()
    }

    /// Triangles of a mirrored transform are turned round, so that their front stays their front.
    fn indices(&self, primitive: &Primitive, base: u32, out: &mut Vec<u32>) {
        let from = out.len();
        out.extend(primitive.indices.iter().map(|i| i + base));
        if self.mirrored && primitive.mode == PrimitiveMode::Triangles {
            for triangle in out[from..].chunks_exact_mut(3) {
                triangle.swap(1, 2);
            }
        }
    }
}

#[derive(Default)]
struct Arrays {
    positions: Vec<[f32; 3]>,
    normals: Vec<[f32; 3]>,
    uvs: Vec<[f32; 2]>,
    marks: Vec<[f32; 2]>,
    colors: Vec<[f32; 4]>,
    indices: Vec<u32>,
}

impl Arrays {
    fn add(&mut self, p: &Primitive, material: &TileMaterial, surface: Surface, turn: &Turn, anchor: DVec3) {
        let base = self.positions.len() as u32;
        self.positions.extend(p.positions.iter().map(|&v| turn.point(v)));
        if p.normals.len() == p.positions.len() {
            self.normals.extend(p.normals.iter().map(|&n| turn.normal(n)));
        } else {
            self.normals.resize(self.positions.len(), [0.0, 1.0, 0.0]);
        }
        let from = base as usize;
        match surface {
            Surface::Plain if p.uvs.len() == p.positions.len() => self.uvs.extend(&p.uvs),
            Surface::Plain => self.uvs.resize(self.positions.len(), [0.0; 2]),
            Surface::Building => {
                let wall = |(v, n): (&[f32; 3], &[f32; 3])| {
                    let along = Vec2::new(-n[2], n[0]).normalize_or(Vec2::X);
                    [along.dot(Vec2::new(v[0], v[2])), v[1] + anchor.y as f32 + drop_m(v, anchor)]
                };
                let made: Vec<_> = self.positions[from..].iter().zip(&self.normals[from..]).map(wall).collect();
                self.uvs.extend(made);
            }
            // Patterns on the ground go on from tile to tile; the remainder keeps f32 precise.
            _ => {
                let shift = [anchor.x.rem_euclid(4096.0) as f32, anchor.z.rem_euclid(4096.0) as f32];
                let made: Vec<_> = self.positions[from..].iter().map(|v| [v[0] + shift[0], v[2] + shift[1]]).collect();
                self.uvs.extend(made);
            }
        }
        let factor = material.base_color;
        let colors = (0..p.positions.len()).map(|i| {
            let c = p.colors.get(i).copied().unwrap_or([1.0; 4]);
            std::array::from_fn(|k| c[k] * factor[k])
        });
        self.colors.extend(colors);
        let mark = f32::from(surface as u8);
        let features = (0..p.positions.len()).map(|i| [p.feature_ids.get(i).map_or(-1.0, |f| *f as f32), mark]);
        self.marks.extend(features);
        turn.indices(p, base, &mut self.indices);
    }

    fn into_mesh(self, mode: PrimitiveMode) -> Mesh {
        let topology = match mode {
            PrimitiveMode::Triangles => PrimitiveTopology::TriangleList,
            PrimitiveMode::Lines => PrimitiveTopology::LineList,
            PrimitiveMode::Points => PrimitiveTopology::PointList,
        };
        Mesh::new(topology, RenderAssetUsages::RENDER_WORLD)
            .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, self.positions)
            .with_inserted_attribute(Mesh::ATTRIBUTE_NORMAL, self.normals)
            .with_inserted_attribute(Mesh::ATTRIBUTE_UV_0, self.uvs)
            .with_inserted_attribute(Mesh::ATTRIBUTE_UV_1, self.marks)
            .with_inserted_attribute(Mesh::ATTRIBUTE_COLOR, self.colors)
            .with_inserted_indices(Indices::U32(self.indices))
    }
}

/// Metres that the earth's surface has fallen below the site's horizontal plane: heights of walls count from there.
fn drop_m(v: &[f32; 3], anchor: DVec3) -> f32 {
    let (x, z) = (anchor.x + f64::from(v[0]), anchor.z + f64::from(v[2]));
    ((x * x + z * z) / (2.0 * 6_371_000.0)) as f32
}

#[derive(Default)]
struct PickArrays {
    positions: Vec<[f32; 3]>,
    indices: Vec<u32>,
    /// Features by ranges of triangles would need sorting: one number a vertex is simpler and small enough.
    features: Vec<u32>,
}

impl PickArrays {
    fn add(&mut self, p: &Primitive, turn: &Turn) {
        let base = self.positions.len() as u32;
        self.positions.extend(p.positions.iter().map(|&v| turn.point(v)));
        self.features.extend((0..p.positions.len()).map(|i| p.feature_ids.get(i).copied().unwrap_or(u32::MAX)));
        turn.indices(p, base, &mut self.indices);
    }

    /// The copies' own triangles, or, where those would be too many, a box round each copy.
    fn add_copies(&mut self, p: &Primitive, turn: &Turn, instances: &[Instance]) {
        let few = p.indices.len() / 3 * instances.len() <= PICKED_TRIANGLES;
        let boxed = (!few || p.mode != PrimitiveMode::Triangles).then(|| box_around(&p.positions));
        let (positions, indices) = match &boxed {
            Some((corners, indices)) => (&corners[..], &indices[..]),
            None => (&p.positions[..], &p.indices[..]),
        };
        for instance in instances {
            let base = self.positions.len() as u32;
            let whole = DAffine3::from_mat3(turn.points) * instance.transform;
            let place = |v: &[f32; 3]| whole.transform_point3(DVec3::from(v.map(f64::from))).as_vec3().to_array();
            self.positions.extend(positions.iter().map(place));
            let own = |i: usize| match (instance.feature, &boxed) {
                (Some(feature), _) => feature,
                (None, None) => p.feature_ids.get(i).copied().unwrap_or(u32::MAX),
                (None, Some(_)) => u32::MAX,
            };
            self.features.extend((0..positions.len()).map(own));
            self.indices.extend(indices.iter().map(|i| i + base));
        }
    }

    fn build(self) -> Bvh {
        Bvh::new(self.positions, self.indices, self.features)
    }
}

/// Corners and triangles of the box round some points.
fn box_around(points: &[[f32; 3]]) -> ([[f32; 3]; 8], [u32; 36]) {
    const FACES: [u32; 36] =
        [0, 2, 1, 1, 2, 3, 4, 5, 6, 5, 7, 6, 0, 1, 4, 1, 5, 4, 2, 6, 3, 3, 6, 7, 0, 4, 2, 2, 4, 6, 1, 3, 5, 3, 7, 5];
    let (mut low, mut high) = (Vec3::INFINITY, Vec3::NEG_INFINITY);
    for p in points {
        low = low.min(Vec3::from(*p));
        high = high.max(Vec3::from(*p));
    }
    let corner = |i: usize| {
        let side = |bit: usize, axis: usize| if i >> bit & 1 == 0 { low[axis] } else { high[axis] };
        [side(0, 0), side(1, 1), side(2, 2)]
    };
    (std::array::from_fn(corner), FACES)
}

fn image(picture: tiles3d::content::RgbaImage) -> Image {
    let size = Extent3d { width: picture.width, height: picture.height, depth_or_array_layers: 1 };
    let mut image = Image::new(
        size,
        TextureDimension::D2,
        picture.rgba8,
        TextureFormat::Rgba8UnormSrgb,
        RenderAssetUsages::RENDER_WORLD,
    );
    image.sampler = ImageSampler::Descriptor(ImageSamplerDescriptor {
        address_mode_u: ImageAddressMode::Repeat,
        address_mode_v: ImageAddressMode::Repeat,
        ..ImageSamplerDescriptor::linear()
    });
    image
}

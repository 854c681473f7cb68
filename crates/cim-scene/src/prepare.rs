//! One decoded content, ready for a renderer and a pointer.

use crate::{
    Cloud, Copy, Outlines, Pick, Surface,
    arrays::{MeshArrays, Turn},
    copies::{copied, merge, merges},
    pick::PickArrays,
    textures::lay,
};
use foldhash::fast::RandomState;
use glam::{DMat4, DVec3};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use tiles3d::{
    DecodedTile, FeatureTable, Value,
    content::{Picture, PrimitiveMode, Sampler, TileMaterial},
};

/// The property that says which thing of the city a feature is.
const KEY: &str = "key";

/// One draw of a tile.
#[derive(Debug, Serialize, Deserialize)]
pub struct Piece {
    /// What to draw.
    pub arrays: MeshArrays,
    /// How it looks; its images are indices into [`PreparedTile::images`].
    pub material: TileMaterial,
    /// Where its copies stand; empty when it stands once, at the tile's anchor.
    pub copies: Vec<Copy>,
}

/// One content of a tile, ready to be put into the world.
#[derive(Debug, Serialize, Deserialize)]
pub struct PreparedTile {
    /// Where it stands, site metres.
    pub anchor: DVec3,
    /// What to draw.
    pub pieces: Vec<Piece>,
    /// Clouds to draw.
    pub clouds: Vec<Cloud>,
    /// Edges to draw.
    pub outlines: Outlines,
    /// The pictures of the materials.
    pub images: Vec<Picture>,
    /// Its features and their properties.
    pub features: FeatureTable,
    /// Feature by the text of its key.
    pub keys: HashMap<String, u32, RandomState>,
    /// For rays.
    pub pick: Pick,
    /// Main memory that it keeps, bytes: properties, and what rays need.
    pub cpu_bytes: u64,
    /// Memory of the graphics card that it takes, bytes.
    pub gpu_bytes: u64,
}

/// Turns `tile` into render axes with `render_from_tile` (f64) and its parts into as few meshes as possible: all plain
/// opaque surfaces become one.
pub fn prepare(mut tile: DecodedTile, render_from_tile: &DMat4) -> PreparedTile {
    let anchor = render_from_tile.transform_point3(tile.origin);
    let turn = Turn::of(render_from_tile);
    let mut pick = PickArrays::new(tile.take_surfaces());
    let mut merged = MeshArrays::new(PrimitiveMode::Triangles);
    let (mut pieces, mut clouds, mut outlines) = (Vec::new(), Vec::new(), Outlines::default());
    // Copies that become one mesh, by material.
    let mut copies: BTreeMap<usize, MeshArrays> = BTreeMap::new();
    let fallback = TileMaterial::default();
    for (at, primitive) in tile.primitives.iter().enumerate() {
        let material = tile.materials.get(primitive.material).unwrap_or(&fallback);
        // What has textures looks as they say.
        let textured = material.textures().next().is_some();
        let surface = if textured { Surface::Plain } else { Surface::from_name(&material.name) };
        if let Some(instances) = primitive.instances.and_then(|i| tile.instances.get(i)) {
            outlines.add_copies(primitive, &turn, instances);
            let scenery = merges(primitive, material, instances);
            // Nobody points at light.
            if surface != Surface::Lamplight {
                pick.add_copies(at, primitive, &turn, instances, scenery);
            }
            if scenery {
                // Its factor is for those who do not know what it is.
                let (factor, surface) = match surface {
                    Surface::Lamplight => ([1.0; 4], surface),
                    Surface::Lamp => (material.base_color, surface),
                    _ => (material.base_color, Surface::Plain),
                };
                let mesh =
                    copies.entry(primitive.material).or_insert_with(|| MeshArrays::new(PrimitiveMode::Triangles));
                merge(mesh, (primitive, factor, surface), &turn, instances);
                continue;
            }
            pieces.push(copied(primitive, material, &turn, anchor, instances));
            continue;
        }
        outlines.add(primitive, &turn);
        if primitive.mode == PrimitiveMode::Points {
            let cloud = Cloud::new(primitive, material.base_color, &turn);
            pick.add_points(at, primitive, &turn, 0.5 * cloud.spacing_m);
            clouds.push(cloud);
            continue;
        }
        if surface != Surface::Plain && primitive.mode == PrimitiveMode::Triangles && !material.blend {
            let from = merged.positions.len();
            merged.add(primitive, material.base_color, (surface, &tile.features), &turn, anchor);
            pick.add(at, primitive, &merged.positions[from..], &turn);
        } else {
            let mut laid = lay(material, primitive);
            let arrays = MeshArrays::of(primitive, &mut laid, (surface, &tile.features), &turn, anchor);
            if primitive.mode == PrimitiveMode::Triangles {
                pick.add(at, primitive, &arrays.positions, &turn);
            }
            pieces.push(Piece { arrays, material: laid.material, copies: Vec::new() });
        }
    }
    for (material, arrays) in copies.into_iter().filter(|(_, arrays)| !arrays.indices.is_empty()) {
        let material = tile.materials.get(material).unwrap_or(&fallback);
        // Its colour is in the corners already.
        let material = TileMaterial { base_color: [1.0; 4], ..material.clone() };
        pieces.push(Piece { arrays, material, copies: Vec::new() });
    }
    if !merged.indices.is_empty() {
        let material = TileMaterial { name: "city".into(), metallic: 0.0, roughness: 0.88, ..TileMaterial::default() };
        pieces.push(Piece { arrays: merged, material, copies: Vec::new() });
    }
    let keys = keys(&tile.features);
    let (images, features) = (tile.images, tile.features);
    let pick = pick.build();
    let keyed: usize = keys.keys().map(|k: &String| k.len() + size_of::<(String, u32)>()).sum();
    let cpu_bytes = (pick.byte_size() + features.byte_size() + keyed) as u64;
    let drawn = pieces.iter().map(|p| p.arrays.byte_size()).chain(clouds.iter().map(Cloud::byte_size));
    let drawn = drawn.chain([outlines.byte_size()]);
    // A picture that is read in several ways is several textures.
    let textures: HashSet<(usize, Sampler)> =
        pieces.iter().flat_map(|p| p.material.textures()).map(|t| (t.image, t.sampler)).collect();
    let pictures = textures.iter().filter_map(|(image, _)| images.get(*image)).map(Picture::byte_size);
    let gpu_bytes = drawn.chain(pictures).sum::<usize>() as u64;
    PreparedTile { anchor, pieces, clouds, outlines, images, keys, features, pick, cpu_bytes, gpu_bytes }
}

/// Feature by the text of its key.
fn keys(features: &FeatureTable) -> HashMap<String, u32, RandomState> {
    let mut keys = HashMap::default();
    if !features.property_names().contains(&KEY) {
        return keys;
    }
    // Rows without keys may be many, and cost nothing.
    keys.reserve((features.count() as usize).min(1 << 12));
    keys.extend((0..features.count()).filter_map(|f| match features.get(f, KEY)? {
        Value::String(key) => Some((key, f)),
        _ => None,
    }));
    keys
}

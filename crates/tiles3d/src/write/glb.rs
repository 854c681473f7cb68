//! glb with `EXT_mesh_features` and `EXT_structural_metadata`.

use super::{
    Compression, FeatureColumns, WriteCopies, WriteError, WriteOptions, WritePrimitive, copies, grid::Grid,
    layout::Layout, material::Materials, mesh::Mesh, plain,
};
use glam::DVec3;
use serde_json::{Value, json};

/// Puts a glb together.
#[derive(Debug)]
pub struct GlbWriter;

impl GlbWriter {
    /// The glb's bytes, not compressed. Positions are relative to `centre` (z-up metres in the tile's frame), which becomes
    /// the node's translation, so that they keep their precision. The same input gives the same bytes.
    ///
    /// # Errors
    /// Arrays do not fit each other, or numbers are not finite.
    pub fn write(
        primitives: &[WritePrimitive],
        features: &FeatureColumns,
        centre: DVec3,
    ) -> Result<Vec<u8>, WriteError> {
        Self::write_with(primitives, features, centre, &WriteOptions::default())
    }

    /// As [`Self::write`], as small as the options want it.
    ///
    /// # Errors
    /// As [`Self::write`]; and a library that compresses refuses a mesh.
    pub fn write_with(
        primitives: &[WritePrimitive],
        features: &FeatureColumns,
        centre: DVec3,
        options: &WriteOptions,
    ) -> Result<Vec<u8>, WriteError> {
        let mut layout = Layout::new(options.compression);
        let some: Vec<&WritePrimitive> = primitives.iter().filter(|p| !p.indices.is_empty()).collect();
        some.iter().try_for_each(|p| p.check())?;
        let (mut stored, mut materials) = (Vec::new(), Materials::default());
        let grid = Grid::around(&some, centre, options.step());
        let mut uses_features = false;
        for p in some {
            let primitive = match options.compression {
                Compression::None => Some(primitive(plain::store(p, &mut layout))),
                _ => quantised(p, &grid, options.compression, &mut layout)?,
            };
            let Some(mut primitive) = primitive else { continue };
            primitive["material"] = json!(materials.of(p, &mut layout));
            if !p.feature_ids.is_empty() {
                uses_features = true;
                let mut set = json!({ "featureCount": features.count.max(1), "attribute": 0 });
                if features.count > 0 {
                    set["propertyTable"] = json!(0);
                }
                primitive["extensions"]["EXT_mesh_features"] = json!({ "featureIds": [set] });
            }
            stored.push(primitive);
        }
        let mut root = root();
        if stored.is_empty() {
            return layout.finish(root);
        }
        root["scenes"] = json!([{ "nodes": [0] }]);
        root["nodes"] = if options.compression == Compression::None {
            json!([{ "mesh": 0, "translation": [centre.x, centre.z, -centre.y] }])
        } else {
            let scale = [grid.step(); 3];
            json!([{ "mesh": 0, "translation": grid.origin().to_array(), "scale": scale }])
        };
        root["meshes"] = json!([{ "primitives": stored }]);
        materials.give(&mut root);
        if uses_features {
            layout.uses("EXT_mesh_features");
        }
        if features.count > 0 && uses_features {
            layout.uses("EXT_structural_metadata");
            root["extensions"] = json!({ "EXT_structural_metadata": layout.table(features)? });
        }
        layout.finish(root)
    }

    /// The glb's bytes for shapes that stand in many places (`EXT_mesh_gpu_instancing`), all of one material, that of the
    /// first; not compressed. Places are relative to `centre`, as positions are in [`Self::write`]. The same input gives
    /// the same bytes.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn write_copies(shapes: &[WriteCopies], centre: DVec3) -> Result<Vec<u8>, WriteError> {
        Self::write_copies_with(shapes, centre, &WriteOptions::default())
    }

    /// As [`Self::write_copies`], as small as the options want it. A shape has 16 bits for its own size, and its vertices
    /// are up to [`WriteOptions::precision_m`] off for where its copy stands and as much for how large it is.
    ///
    /// # Errors
    /// As [`Self::write_with`].
    pub fn write_copies_with(
        shapes: &[WriteCopies],
        centre: DVec3,
        options: &WriteOptions,
    ) -> Result<Vec<u8>, WriteError> {
        let mut layout = Layout::new(options.compression);
        let (mut meshes, mut nodes, mut materials) = (Vec::new(), Vec::new(), Materials::default());
        for shape in shapes.iter().filter(|s| !s.places.is_empty() && !s.shape.indices.is_empty()) {
            shape.check()?;
            let stored = match options.compression {
                Compression::None => Some(copies::plain(shape, &mut layout)),
                _ => copies::quantised(shape, options, &mut layout),
            };
            let Some((attributes, indices, places)) = stored else { continue };
            let mut primitive = primitive((attributes, indices));
            primitive["material"] = json!(materials.of(&shape.shape, &mut layout));
            nodes.push(json!({ "mesh": meshes.len(),
                "extensions": { "EXT_mesh_gpu_instancing": { "attributes": places } } }));
            meshes.push(json!({ "primitives": [primitive] }));
        }
        let mut root = root();
        if nodes.is_empty() {
            return layout.finish(root);
        }
        let children: Vec<usize> = (0..nodes.len()).collect();
        nodes.push(json!({ "children": children, "translation": [centre.x, centre.z, -centre.y] }));
        root["scenes"] = json!([{ "nodes": [nodes.len() - 1] }]);
        root["nodes"] = json!(nodes);
        root["meshes"] = json!(meshes);
        materials.give(&mut root);
        layout.requires("EXT_mesh_gpu_instancing");
        if options.compression != Compression::None {
            layout.requires("KHR_mesh_quantization");
        }
        layout.finish(root)
    }
}

/// A glTF that shows nothing yet.
fn root() -> Value {
    json!({ "asset": { "version": "2.0", "generator": "cim-twin" }, "scene": 0, "scenes": [{}] })
}

fn primitive((attributes, indices): (Value, usize)) -> Value {
    json!({ "attributes": attributes, "indices": indices })
}

/// A primitive on the grid; `None` when no triangle of it is left.
fn quantised(
    p: &WritePrimitive,
    grid: &Grid,
    compression: Compression,
    layout: &mut Layout,
) -> Result<Option<Value>, WriteError> {
    let mesh = Mesh::new(p, |at| grid.snap(at), layout);
    if mesh.indices.is_empty() {
        return Ok(None);
    }
    layout.requires("KHR_mesh_quantization");
    match compression {
        #[cfg(feature = "compress")]
        Compression::Draco => super::draco::store(&mesh, &p.material, layout).map(Some),
        _ => Ok(Some(primitive(mesh.store(layout)))),
    }
}

//! glb with `EXT_mesh_features` and `EXT_structural_metadata`.

use super::FeatureColumns;
use glam::DVec3;
use serde_json::{Value, json};

/// One primitive: z-up metres around the tile's centre; turned to glTF's y-up when it is written.
#[derive(Debug, Default, Clone)]
pub struct WritePrimitive {
    /// Name of its material; cim-twin's viewer tells surfaces apart by it.
    pub material: String,
    /// Linear base colour of the material.
    pub base_color: [f32; 4],
    /// Roughness of the material.
    pub roughness: f32,
    /// Vertices.
    pub positions: Vec<[f32; 3]>,
    /// Unit normals, one per vertex.
    pub normals: Vec<[f32; 3]>,
    /// Linear colours, one per vertex or none.
    pub colors: Vec<[u8; 4]>,
    /// Feature of each vertex; one per vertex or none.
    pub feature_ids: Vec<u32>,
    /// Triangles.
    pub indices: Vec<u32>,
}

/// A shape and where it stands.
#[derive(Debug, Default, Clone)]
pub struct WriteCopies {
    /// The shape, z-up, around its own origin; without features.
    pub shape: WritePrimitive,
    /// Its copies.
    pub places: Vec<CopyPlace>,
}

/// Where a copy of a shape stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CopyPlace {
    /// Its origin, z-up metres around the tile's centre.
    pub at: [f32; 3],
    /// Radians counter-clockwise, seen from above.
    pub turn: f32,
    /// Stretch along the shape's own axes.
    pub scale: [f32; 3],
}

/// Why a glb could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Arrays that must be as long as each other are not.
    #[error("{what} has {got} values where {want} are needed")]
    Length {
        /// Which array.
        what: String,
        /// Its length.
        got: usize,
        /// The length needed.
        want: usize,
    },
    /// A number that is not finite.
    #[error("a vertex of {0} is not a finite number")]
    NotFinite(String),
    /// More than a glb can hold.
    #[error("the tile is larger than the 4 GiB that a glb can hold")]
    TooLarge,
}

/// Puts a glb together.
#[derive(Debug, Default)]
pub struct GlbWriter {
    bin: Vec<u8>,
    views: Vec<Value>,
    accessors: Vec<Value>,
}

const ARRAY_BUFFER: u32 = 34962;
const ELEMENT_ARRAY_BUFFER: u32 = 34963;

impl GlbWriter {
    /// The glb's bytes. Positions are relative to `centre` (z-up metres in the tile's frame), which becomes the
    /// node's translation, so that they keep their precision. The same input gives the same bytes.
    ///
    /// # Errors
    /// Arrays do not fit each other, or numbers are not finite.
    pub fn write(
        primitives: &[WritePrimitive],
        features: &FeatureColumns,
        centre: DVec3,
    ) -> Result<Vec<u8>, WriteError> {
        let mut w = Self::default();
        let (mut json_primitives, mut materials) = (Vec::new(), Vec::<Value>::new());
        let mut names: Vec<&str> = Vec::new();
        let has_table = features.count > 0;
        let mut uses_features = false;
        for p in primitives.iter().filter(|p| !p.indices.is_empty()) {
            let material = names.iter().position(|n| *n == p.material).unwrap_or_else(|| {
                names.push(&p.material);
                materials.push(json!({
                    "name": p.material,
                    "pbrMetallicRoughness":
                        { "baseColorFactor": p.base_color, "metallicFactor": 0, "roughnessFactor": p.roughness },
                }));
                names.len() - 1
            });
            let mut primitive = w.primitive(p, material)?;
            if !p.feature_ids.is_empty() {
                uses_features = true;
                let mut set = json!({ "featureCount": features.count.max(1), "attribute": 0 });
                if has_table {
                    set["propertyTable"] = json!(0);
                }
                primitive["extensions"] = json!({ "EXT_mesh_features": { "featureIds": [set] } });
            }
            json_primitives.push(primitive);
        }
        let mut root = json!({
            "asset": { "version": "2.0", "generator": "cim-twin" },
            "scene": 0,
        });
        if json_primitives.is_empty() {
            root["scenes"] = json!([{}]);
        } else {
            root["scenes"] = json!([{ "nodes": [0] }]);
            root["nodes"] = json!([{ "mesh": 0, "translation": [centre.x, centre.z, -centre.y] }]);
            root["meshes"] = json!([{ "primitives": json_primitives }]);
            root["materials"] = json!(materials);
        }
        let mut used = Vec::new();
        if uses_features {
            used.push("EXT_mesh_features");
        }
        if has_table && uses_features {
            used.push("EXT_structural_metadata");
            root["extensions"] = json!({ "EXT_structural_metadata": w.table(features)? });
        }
        if !used.is_empty() {
            root["extensionsUsed"] = json!(used);
        }
        w.finish(root)
    }

    /// The glb's bytes for shapes that stand in many places (`EXT_mesh_gpu_instancing`), all of one material, that of the
    /// first. Places are relative to `centre`, as positions are in [`Self::write`]. The same input gives the same bytes.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn write_copies(shapes: &[WriteCopies], centre: DVec3) -> Result<Vec<u8>, WriteError> {
        let mut w = Self::default();
        let (mut meshes, mut nodes) = (Vec::new(), Vec::new());
        for shape in shapes.iter().filter(|s| !s.places.is_empty() && !s.shape.indices.is_empty()) {
            let primitive = w.primitive(&shape.shape, 0)?;
            let attributes = w.places(shape)?;
            nodes.push(json!({ "mesh": meshes.len(),
                "extensions": { "EXT_mesh_gpu_instancing": { "attributes": attributes } } }));
            meshes.push(json!({ "primitives": [primitive] }));
        }
        let mut root = json!({ "asset": { "version": "2.0", "generator": "cim-twin" }, "scene": 0 });
        let Some(first) = shapes.first().filter(|_| !nodes.is_empty()) else {
            root["scenes"] = json!([{}]);
            return w.finish(root);
        };
        let p = &first.shape;
        let children: Vec<usize> = (0..nodes.len()).collect();
        nodes.push(json!({ "children": children, "translation": [centre.x, centre.z, -centre.y] }));
        root["scenes"] = json!([{ "nodes": [nodes.len() - 1] }]);
        root["nodes"] = json!(nodes);
        root["meshes"] = json!(meshes);
        root["materials"] = json!([{ "name": p.material, "pbrMetallicRoughness":
            { "baseColorFactor": p.base_color, "metallicFactor": 0, "roughnessFactor": p.roughness } }]);
        root["extensionsUsed"] = json!(["EXT_mesh_gpu_instancing"]);
        root["extensionsRequired"] = json!(["EXT_mesh_gpu_instancing"]);
        w.finish(root)
    }

    /// Where copies stand: 32 bytes each.
    fn places(&mut self, shape: &WriteCopies) -> Result<Value, WriteError> {
        if shape.places.iter().any(|p| !(p.at.iter().chain(&p.scale).all(|x| x.is_finite()) && p.turn.is_finite())) {
            return Err(WriteError::NotFinite(shape.shape.material.clone()));
        }
        let n = shape.places.len();
        let at: Vec<[f32; 3]> = shape.places.iter().map(|p| [p.at[0], p.at[2], -p.at[1]]).collect();
        let scale: Vec<[f32; 3]> = shape.places.iter().map(|p| [p.scale[0], p.scale[2], p.scale[1]]).collect();
        let short = |x: f32| (x * f32::from(i16::MAX)).round() as i16;
        let turn = |p: &CopyPlace| {
            let (sin, cos) = (0.5 * p.turn).sin_cos();
            [0, short(sin), 0, short(cos)]
        };
        let turns: Vec<[i16; 4]> = shape.places.iter().map(turn).collect();
        let mut add = |bytes: &[u8], accessor: Value| {
            let view = self.view(bytes, None, None);
            let mut accessor = accessor;
            accessor["bufferView"] = json!(view);
            accessor["count"] = json!(n);
            self.accessors.push(accessor);
            self.accessors.len() - 1
        };
        Ok(json!({
            "TRANSLATION": add(bytemuck::cast_slice(&at), json!({ "componentType": 5126, "type": "VEC3" })),
            "ROTATION": add(bytemuck::cast_slice(&turns),
                json!({ "componentType": 5122, "normalized": true, "type": "VEC4" })),
            "SCALE": add(bytemuck::cast_slice(&scale), json!({ "componentType": 5126, "type": "VEC3" })),
        }))
    }

    fn primitive(&mut self, p: &WritePrimitive, material: usize) -> Result<Value, WriteError> {
        let n = p.positions.len();
        let fits = |what: &str, got: usize, optional: bool| {
            if got == n || (optional && got == 0) {
                Ok(())
            } else {
                Err(WriteError::Length { what: format!("{what} of {}", p.material), got, want: n })
            }
        };
        fits("normals", p.normals.len(), false)?;
        fits("colours", p.colors.len(), true)?;
        fits("feature ids", p.feature_ids.len(), true)?;
        if p.positions.iter().chain(&p.normals).flatten().any(|x| !x.is_finite()) {
            return Err(WriteError::NotFinite(p.material.clone()));
        }
        // z-up (x, y, z) to y-up (x, z, -y).
        let y_up = |v: &[f32; 3]| [v[0], v[2], -v[1]];
        let positions: Vec<[f32; 3]> = p.positions.iter().map(y_up).collect();
        let normals: Vec<[f32; 3]> = p.normals.iter().map(y_up).collect();
        let (mut low, mut high) = ([f32::INFINITY; 3], [f32::NEG_INFINITY; 3]);
        for v in &positions {
            for k in 0..3 {
                low[k] = low[k].min(v[k]);
                high[k] = high[k].max(v[k]);
            }
        }
        let view = self.view(bytemuck::cast_slice(&positions), Some(ARRAY_BUFFER), Some(12));
        self.accessors.push(json!({ "bufferView": view, "componentType": 5126, "count": n, "type": "VEC3",
            "min": low, "max": high }));
        let mut attributes = json!({ "POSITION": self.accessors.len() - 1 });
        let view = self.view(bytemuck::cast_slice(&normals), Some(ARRAY_BUFFER), Some(12));
        self.accessors.push(json!({ "bufferView": view, "componentType": 5126, "count": n, "type": "VEC3" }));
        attributes["NORMAL"] = json!(self.accessors.len() - 1);
        if !p.colors.is_empty() {
            let view = self.view(bytemuck::cast_slice(&p.colors), Some(ARRAY_BUFFER), Some(4));
            self.accessors.push(json!({ "bufferView": view, "componentType": 5121, "normalized": true, "count": n,
                "type": "VEC4" }));
            attributes["COLOR_0"] = json!(self.accessors.len() - 1);
        }
        if !p.feature_ids.is_empty() {
            // Vertex attributes may not be 32-bit integers (glTF 2.0, 3.6.2.4); floats hold ids exactly up to 2^24.
            let ids: Vec<f32> = p.feature_ids.iter().map(|&i| i as f32).collect();
            let view = self.view(bytemuck::cast_slice(&ids), Some(ARRAY_BUFFER), Some(4));
            self.accessors.push(json!({ "bufferView": view, "componentType": 5126, "count": n, "type": "SCALAR" }));
            attributes["_FEATURE_ID_0"] = json!(self.accessors.len() - 1);
        }
        let (view, kind) = if n <= usize::from(u16::MAX) {
            let short: Vec<u16> = p.indices.iter().map(|&i| i as u16).collect();
            (self.view(bytemuck::cast_slice(&short), Some(ELEMENT_ARRAY_BUFFER), None), 5123)
        } else {
            (self.view(bytemuck::cast_slice(&p.indices), Some(ELEMENT_ARRAY_BUFFER), None), 5125)
        };
        self.accessors.push(json!({ "bufferView": view, "componentType": kind, "count": p.indices.len(),
            "type": "SCALAR" }));
        Ok(json!({ "attributes": attributes, "indices": self.accessors.len() - 1, "material": material }))
    }

    /// Appends bytes at an 8-byte boundary, which property tables require and everything else allows.
    pub(super) fn view(&mut self, bytes: &[u8], target: Option<u32>, stride: Option<usize>) -> usize {
        self.bin.resize(self.bin.len().next_multiple_of(8), 0);
        let mut view = json!({ "buffer": 0, "byteOffset": self.bin.len(), "byteLength": bytes.len() });
        if let Some(target) = target {
            view["target"] = json!(target);
        }
        if let Some(stride) = stride {
            view["byteStride"] = json!(stride);
        }
        self.bin.extend_from_slice(bytes);
        self.views.push(view);
        self.views.len() - 1
    }

    fn finish(mut self, mut root: Value) -> Result<Vec<u8>, WriteError> {
        self.bin.resize(self.bin.len().next_multiple_of(4), 0);
        if !self.bin.is_empty() {
            root["buffers"] = json!([{ "byteLength": self.bin.len() }]);
            root["bufferViews"] = json!(self.views);
            root["accessors"] = json!(self.accessors);
        }
        let mut text = root.to_string().into_bytes();
        text.resize(text.len().next_multiple_of(4), b' ');
        let binary = if self.bin.is_empty() { 0 } else { 8 + self.bin.len() };
        let total = u32::try_from(12 + 8 + text.len() + binary).map_err(|_| WriteError::TooLarge)?;
        let mut out = Vec::with_capacity(total as usize);
        out.extend(b"glTF");
        out.extend(2u32.to_le_bytes());
        out.extend(total.to_le_bytes());
        out.extend((text.len() as u32).to_le_bytes());
        out.extend(b"JSON");
        out.extend(&text);
        if !self.bin.is_empty() {
            out.extend((self.bin.len() as u32).to_le_bytes());
            out.extend(b"BIN\0");
            out.extend(&self.bin);
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::{Content, DecodeOptions, decode_content};
    use crate::write::Column;

    fn triangle() -> WritePrimitive {
        WritePrimitive {
            material: "building".into(),
            base_color: [1.0; 4],
            roughness: 0.9,
            positions: vec![[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 2.0, 3.0]],
            normals: vec![[0.0, 0.0, 1.0]; 3],
            colors: vec![[255, 128, 0, 255]; 3],
            feature_ids: vec![1; 3],
            indices: vec![0, 1, 2],
        }
    }

    fn columns() -> FeatureColumns {
        let columns = [
            ("name".to_owned(), Column::Text(vec![String::new(), "运河家园".into()])),
            ("height".to_owned(), Column::F32(vec![1.0, 33.3])),
            ("floors".to_owned(), Column::U16(vec![1, 11])),
        ];
        FeatureColumns { count: 2, columns: columns.into() }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let glb = GlbWriter::write(&[triangle()], &columns(), DVec3::ZERO).unwrap();
        let decoded = decode_content(&glb, &DecodeOptions::default(), &mut |_| Err(String::new())).unwrap();
        let Content::Models(tiles) = decoded else { panic!("not a model") };
        let [tile] = &tiles[..] else { panic!("not one model") };
        assert_eq!(tile.primitives[0].positions, triangle().positions);
        assert_eq!(tile.primitives[0].feature_ids, [1, 1, 1]);
        assert_eq!(tile.materials[0].name, "building");
        assert_eq!(tile.features.get(1, "name").unwrap().to_string(), "运河家园");
        assert_eq!(tile.features.get(1, "height").unwrap().to_string(), "33.3");
        assert_eq!(tile.features.get(1, "floors").unwrap().as_f64(), Some(11.0));
        assert_eq!(tile.features.get(2, "floors"), None);
    }

    #[test]
    fn copies_are_read_back_where_they_stand() {
        let places = vec![
            CopyPlace { at: [10.0, 20.0, 1.0], turn: 0.0, scale: [1.0; 3] },
            CopyPlace { at: [-5.0, 0.0, 2.0], turn: std::f32::consts::FRAC_PI_2, scale: [2.0, 2.0, 3.0] },
        ];
        let shape = WritePrimitive { feature_ids: Vec::new(), material: "plant".into(), ..triangle() };
        let copies = WriteCopies { shape: shape.clone(), places };
        let glb = GlbWriter::write_copies(&[copies], DVec3::new(100.0, 0.0, 0.0)).unwrap();
        let decoded = decode_content(&glb, &DecodeOptions::default(), &mut |_| Err(String::new())).unwrap();
        let Content::Models(tiles) = decoded else { panic!("not a model") };
        assert_eq!((tiles[0].diagnostics.len(), tiles[0].materials[0].name.as_str()), (0, "plant"));
        let instances = &tiles[0].instances[tiles[0].primitives[0].instances.unwrap()];
        let at = |i: usize, v: DVec3| tiles[0].origin + instances[i].transform.transform_point3(v);
        assert!((at(0, DVec3::new(0.0, 2.0, 3.0)) - DVec3::new(110.0, 22.0, 4.0)).length() < 1e-4);
        // A quarter turn to the left takes ahead to the west.
        assert!((at(1, DVec3::new(0.0, 2.0, 3.0)) - DVec3::new(91.0, 0.0, 11.0)).length() < 1e-3);
        let nothing = GlbWriter::write_copies(&[WriteCopies { shape, places: Vec::new() }], DVec3::ZERO).unwrap();
        assert!(decode_content(&nothing, &DecodeOptions::default(), &mut |_| Err(String::new())).is_ok());
    }

    #[test]
    fn the_gltf_crate_accepts_it() {
        let glb = GlbWriter::write(&[triangle()], &columns(), DVec3::ZERO).unwrap();
        let parsed = gltf::Gltf::from_slice(&glb).unwrap();
        assert_eq!(parsed.meshes().next().unwrap().primitives().count(), 1);
    }

    #[test]
    fn wrong_lengths_and_nan_are_refused() {
        let mut p = triangle();
        p.colors.pop();
        assert!(matches!(GlbWriter::write(&[p], &columns(), DVec3::ZERO), Err(WriteError::Length { .. })));
        let mut p = triangle();
        p.positions[0][0] = f32::NAN;
        assert!(matches!(GlbWriter::write(&[p], &columns(), DVec3::ZERO), Err(WriteError::NotFinite(_))));
    }
}

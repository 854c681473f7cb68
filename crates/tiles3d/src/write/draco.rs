//! `KHR_draco_mesh_compression`: meshes whose numbers of steps are predicted from their neighbours and entropy-coded.

use super::{
    WriteError,
    layout::{Format, Layout},
    mesh::{COLOR, Mesh, Vertex, uvs},
};
use draco_core::{DataType, EncoderBuffer, EncoderOptions, GeometryAttributeType, MeshEncoder, PointAttribute};
use serde_json::{Value, json};

/// Bits of each of the two numbers that a normal becomes.
const NORMAL_BITS: i32 = 8;
/// Compression level, from 0 to 10: that of Draco's own tools.
const LEVEL: i32 = 7;

/// One attribute of the mesh, with what the glTF says of it.
struct Attribute {
    name: &'static str,
    kind: GeometryAttributeType,
    data: DataType,
    format: Format,
    bytes: Vec<u8>,
    bits: Option<i32>,
}

/// Puts a mesh into a glb: the primitive but for its material.
pub(super) fn store(mesh: &Mesh, material: &str, layout: &mut Layout) -> Result<Value, WriteError> {
    let fail = |why: String| WriteError::Encode { what: material.to_owned(), why };
    let attributes = attributes(mesh);
    let (stream, points, triangles) = encoded(mesh, &attributes).map_err(fail)?;
    let view = layout.view(&stream);
    let (mut accessors, mut ids) = (json!({}), json!({}));
    for (id, attribute) in attributes.iter().enumerate() {
        let accessor = layout.described(attribute.format, points);
        let accessor = layout.accessor(accessor);
        if attribute.name == "POSITION" {
            let (low, high) = mesh.bounds();
            layout.bound(accessor, json!(low), json!(high));
        }
        accessors[attribute.name] = json!(accessor);
        ids[attribute.name] = json!(id);
    }
    let wide = points > usize::from(u16::MAX);
    let indices = layout.described(Format::vertex(if wide { 5125 } else { 5123 }, "SCALAR", 4), 3 * triangles);
    let indices = layout.accessor(indices);
    layout.requires("KHR_draco_mesh_compression");
    Ok(json!({ "attributes": accessors, "indices": indices,
        "extensions": { "KHR_draco_mesh_compression": { "bufferView": view, "attributes": ids } } }))
}

fn attributes(mesh: &Mesh) -> Vec<Attribute> {
    let mut out = vec![positions(mesh)];
    // Draco turns them into two numbers itself.
    let unit = |v: &Vertex| v.normal.map(|c| (f32::from(c) / 127.0).to_le_bytes());
    out.push(Attribute {
        name: "NORMAL",
        kind: GeometryAttributeType::Normal,
        data: DataType::Float32,
        format: Format::vertex(5126, "VEC3", 12),
        bytes: mesh.vertices.iter().flat_map(|v| unit(v).into_iter().take(3).flatten()).collect(),
        bits: Some(NORMAL_BITS),
    });
    if mesh.has_colors {
        out.push(Attribute {
            name: "COLOR_0",
            kind: GeometryAttributeType::Color,
            data: DataType::Uint8,
            format: COLOR,
            bytes: mesh.vertices.iter().flat_map(|v| v.color).collect(),
            bits: None,
        });
    }
    if mesh.has_uvs {
        let (format, bytes) = uvs(&mesh.vertices);
        let data = if format.normalized { DataType::Uint16 } else { DataType::Float32 };
        out.push(Attribute {
            name: "TEXCOORD_0",
            kind: GeometryAttributeType::TexCoord,
            data,
            format,
            bytes,
            bits: None,
        });
    }
    if mesh.has_features {
        out.push(features(mesh));
    }
    out
}

/// As numbers of 16 bits, which come back as they are; floats, where those do not do, to an eighth of a step.
fn positions(mesh: &Mesh) -> Attribute {
    let (low, high) = mesh.bounds();
    let short = low.iter().all(|c| *c >= 0) && high.iter().all(|c| *c <= i32::from(u16::MAX));
    let numbers = mesh.vertices.iter().flat_map(|v| v.position);
    let (data, format, bytes, bits) = if short {
        let bytes = numbers.flat_map(|c| (c as u16).to_le_bytes()).collect();
        (DataType::Uint16, Format::vertex(5123, "VEC3", 8), bytes, None)
    } else {
        let across = (0..3).map(|k| high[k].abs_diff(low[k])).max().unwrap_or(1);
        let bits = (34 - across.leading_zeros() as i32).min(30);
        let bytes = numbers.flat_map(|c| (c as f32).to_le_bytes()).collect();
        (DataType::Float32, Format::vertex(5126, "VEC3", 12), bytes, Some(bits))
    };
    Attribute { name: "POSITION", kind: GeometryAttributeType::Position, data, format, bytes, bits }
}

/// In the smallest type that holds them; all of them come back as they are.
fn features(mesh: &Mesh) -> Attribute {
    let ids = mesh.vertices.iter().map(|v| v.feature);
    let (data, component, bytes) = match ids.clone().max().unwrap_or(0) {
        0..=0xff => (DataType::Uint8, 5121, ids.map(|id| id as u8).collect()),
        0x100..=0xffff => (DataType::Uint16, 5123, ids.flat_map(|id| (id as u16).to_le_bytes()).collect()),
        _ => (DataType::Float32, 5126, ids.flat_map(|id| (id as f32).to_le_bytes()).collect::<Vec<u8>>()),
    };
    let format = Format::vertex(component, "SCALAR", 4);
    Attribute { name: "_FEATURE_ID_0", kind: GeometryAttributeType::Generic, data, format, bytes, bits: None }
}

/// The stream, and how many vertices and triangles are in it.
fn encoded(mesh: &Mesh, attributes: &[Attribute]) -> Result<(Vec<u8>, usize, usize), String> {
    let n = mesh.vertices.len();
    let mut out = draco_core::Mesh::new();
    let mut options = EncoderOptions::new();
    options.set_compression_level(LEVEL);
    for (id, attribute) in attributes.iter().enumerate() {
        let mut values = PointAttribute::new();
        let width = match attribute.format.kind {
            "SCALAR" => 1,
            "VEC2" => 2,
            "VEC3" => 3,
            _ => 4,
        };
        values.init(attribute.kind, width, attribute.data, attribute.format.normalized, n);
        if !values.buffer_mut().try_write(0, &attribute.bytes) {
            return Err(format!("{} values do not fit", attribute.name));
        }
        // Attributes are numbered as they come.
        out.add_attribute(values);
        if let Some(bits) = attribute.bits {
            options.set_attribute_quantization(id as i32, bits);
        }
    }
    out.set_num_points(n);
    out.set_num_faces(mesh.indices.len() / 3);
    out.set_faces_from_flat_indices(&mesh.indices);
    // What differs in one attribute only shares the values of the others.
    out.finalize().map_err(|e| e.to_string())?;
    let mut encoder = MeshEncoder::new();
    encoder.set_mesh(out);
    let mut buffer = EncoderBuffer::new();
    let info = encoder.encode_with_info(&options, &mut buffer).map_err(|e| e.to_string())?;
    Ok((buffer.data().to_vec(), info.num_encoded_points, info.num_encoded_faces))
}

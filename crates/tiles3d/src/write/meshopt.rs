//! Streams of differences (`EXT_meshopt_compression`), and the order of triangles and vertices that keeps them short.

use super::{
    WriteError,
    layout::{ELEMENT_ARRAY_BUFFER, Filter, Stream},
};
use serde_json::{Value, json};

/// Version of the attribute bitstream that the extension has.
const VERSION: i32 = 0;

/// The extension of a view, but for where its bytes are, and these. `None` for what the extension has nothing for, and
/// what would not become smaller.
pub(super) fn coded(stream: &Stream) -> Result<Option<(Value, Vec<u8>)>, WriteError> {
    let Some(format) = stream.format else { return Ok(None) };
    let is_index = format.target == Some(ELEMENT_ARRAY_BUFFER);
    let coded = if is_index { triangles(&stream.bytes, format.stride) } else { vertices(&stream.bytes, format.stride) };
    let coded = coded.map_err(|why| WriteError::Encode { what: "a buffer view".into(), why })?;
    // Bytes before a filter are of no use without it.
    if stream.filter == Filter::None && coded.len() >= stream.bytes.len() {
        return Ok(None);
    }
    let mut extension = json!({
        "buffer": 0,
        "byteLength": coded.len(),
        "byteStride": format.stride,
        "count": stream.bytes.len() / format.stride,
        "mode": if is_index { "TRIANGLES" } else { "ATTRIBUTES" },
    });
    match stream.filter {
        Filter::None => {}
        Filter::Octahedral => extension["filter"] = json!("OCTAHEDRAL"),
        Filter::Quaternion => extension["filter"] = json!("QUATERNION"),
        Filter::Exponential => extension["filter"] = json!("EXPONENTIAL"),
    }
    Ok(Some((extension, coded)))
}

fn vertices(bytes: &[u8], stride: usize) -> Result<Vec<u8>, String> {
    let coded = match stride {
        4 => meshopt::encode_vertex_buffer_level(bytes.as_chunks::<4>().0, 0, Some(VERSION)),
        8 => meshopt::encode_vertex_buffer_level(bytes.as_chunks::<8>().0, 0, Some(VERSION)),
        12 => meshopt::encode_vertex_buffer_level(bytes.as_chunks::<12>().0, 0, Some(VERSION)),
        other => return Err(format!("elements of {other} bytes")),
    };
    done(coded)
}

fn triangles(bytes: &[u8], stride: usize) -> Result<Vec<u8>, String> {
    let indices: Vec<u32> = if stride == 2 {
        bytes.as_chunks().0.iter().map(|b| u32::from(u16::from_le_bytes(*b))).collect()
    } else {
        bytes.as_chunks().0.iter().map(|b| u32::from_le_bytes(*b)).collect()
    };
    let vertices = indices.iter().max().map_or(0, |most| *most as usize + 1);
    done(meshopt::encode_index_buffer(&indices, vertices))
}

/// The library says that its buffer was too small by leaving it empty.
fn done(coded: meshopt::Result<Vec<u8>>) -> Result<Vec<u8>, String> {
    let coded = coded.map_err(|e| e.to_string())?;
    if coded.is_empty() { Err("the library wrote nothing".into()) } else { Ok(coded) }
}

/// Unit vectors as the octahedral filter has them, each component of 8 bits; the fourth stays.
pub(super) fn octahedral(units: &[[f32; 4]]) -> Vec<[i8; 4]> {
    meshopt::encode_filter_oct(units, 8)
}

/// Unit quaternions as their filter has them, of `bits` bits.
pub(super) fn quaternions(turns: &[[f32; 4]], bits: i32) -> Vec<[i16; 4]> {
    meshopt::encode_filter_quat(turns, bits)
}

/// Triangles in an order in which neighbours follow each other.
pub(super) fn order(indices: &mut [u32], vertices: usize) {
    meshopt::optimize_vertex_cache_in_place(indices, vertices);
}

/// Vertices in the order in which they are used.
pub(super) fn by_use<V: Clone + Default>(indices: &mut [u32], vertices: &mut Vec<V>) {
    *vertices = meshopt::optimize_vertex_fetch(indices, vertices);
}

/// What lies near each other after each other: for every place its rank.
pub(super) fn near(places: &[[f32; 3]]) -> Vec<u32> {
    meshopt::spatial_sort_remap_decoder(places)
}

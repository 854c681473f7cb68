//! The containers of 3D Tiles 1.0.

use super::{content::decode, glb};

/// A byte that chooses the container, the feature table's JSON, a zero byte, the batch table's JSON, a zero byte, and
/// what both tables have as their binary bodies.
pub fn legacy(bytes: &[u8]) {
    let Some((kind, rest)) = bytes.split_first() else { return };
    let (feature, rest) = glb::split(rest);
    let (batch, binary) = glb::split(rest);
    let mut model = glb::Gltf::square();
    model.attribute("_BATCHID", 5121, 4, "SCALAR", &[0, 1, 2, 1]);
    let model = model.file();
    let (magic, format, body): (&[u8], Option<u32>, &[u8]) = match kind % 3 {
        0 => (b"b3dm", None, &model),
        1 => (b"i3dm", Some(1), &model),
        _ => (b"pnts", None, &[]),
    };
    let header = if format.is_some() { 32 } else { 28 };
    let padded = |bytes: &[u8], before: usize, with: u8| {
        let mut out = bytes.to_vec();
        out.resize((before + out.len()).next_multiple_of(8) - before, with);
        out
    };
    let feature = if feature.is_empty() { Vec::new() } else { padded(feature, header, b' ') };
    let binary = padded(binary, header + feature.len(), 0);
    let batch = if batch.is_empty() { Vec::new() } else { padded(batch, header + feature.len() + binary.len(), b' ') };
    let parts = [&feature, &binary, &batch, &binary];
    let length = header + parts.iter().map(|p| p.len()).sum::<usize>() + body.len();
    let mut file = magic.to_vec();
    let words = [1, length as u32].into_iter().chain(parts.iter().map(|p| p.len() as u32)).chain(format);
    words.for_each(|word| file.extend(word.to_le_bytes()));
    parts.iter().for_each(|part| file.extend_from_slice(part));
    file.extend_from_slice(body);
    decode(&file);
}

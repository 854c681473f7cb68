//! What the library encodes, whatever it is, is decoded to what it was.

use super::*;

fn agree<const STRIDE: usize>(elements: &[u8]) {
    let elements = elements.as_chunks::<STRIDE>().0;
    for (version, level) in [(0, 0), (1, 0), (1, 1), (1, 2), (1, 3)] {
        let stream = ::meshopt::encode_vertex_buffer_level(elements, level, Some(version)).unwrap();
        let decoded = compressed(elements.len(), STRIDE, "ATTRIBUTES", "NONE").decode(&stream);
        let same = decoded.is_ok_and(|bytes| bytes == elements.as_flattened());
        assert!(same, "{} elements of {STRIDE} bytes, version {version}, level {level}", elements.len());
    }
}

/// Bytes whose deltas need few bits for some time, and then more.
fn bytes(stride: usize) -> impl Strategy<Value = Vec<u8>> {
    let runs = prop::collection::vec((1usize..40, 0u32..9, any::<u64>()), 1..24);
    runs.prop_map(move |runs| {
        let mut last = vec![0u8; stride];
        let mut out = Vec::new();
        for (length, bits, mut seed) in runs {
            for _ in 0..length {
                for byte in &mut last {
                    // Xorshift.
                    seed ^= seed << 13;
                    seed ^= seed >> 7;
                    seed ^= seed << 17;
                    // Now and then one that the bits do not hold.
                    let bits = if seed >> 60 == 0 { 8 } else { bits };
                    *byte = byte.wrapping_add((seed >> 20 & ((1 << bits) - 1)) as u8);
                }
                out.extend_from_slice(&last);
            }
        }
        out
    })
}

proptest! {
    #[test]
    fn elements_of_every_kind_of_stride_come_back(
        a in bytes(4), b in bytes(8), c in bytes(12), d in bytes(16), e in bytes(20), f in bytes(64), g in bytes(256),
    ) {
        agree::<4>(&a);
        agree::<8>(&b);
        agree::<12>(&c);
        agree::<16>(&d);
        agree::<20>(&e);
        agree::<64>(&f);
        agree::<256>(&g);
    }

    #[test]
    fn elements_that_other_numbers_predict_come_back(words in prop::collection::vec(any::<u16>(), 1..2000)) {
        // Sums of 16 and of 32 bits, and floats, which version 1 has channels for.
        let mut sum = 0u32;
        let mut add = |w: &u16| { sum = sum.wrapping_add(u32::from(*w)); sum };
        let sums: Vec<u8> = words.iter().flat_map(|w| add(w).to_le_bytes()).collect();
        agree::<4>(&sums);
        agree::<8>(&sums);
        let floats: Vec<u8> = words.iter().enumerate().flat_map(|(i, w)| (i as f32 + f32::from(*w) * 1e-5).to_le_bytes()).collect();
        agree::<4>(&floats);
        agree::<12>(&floats);
    }

    #[test]
    fn triangles_come_back(corners in prop::collection::vec(prop::array::uniform3(0u32..400), 1..300)) {
        let indices = corners.as_flattened();
        let stream = ::meshopt::encode_index_buffer(indices, 400).unwrap();
        let bytes = compressed(indices.len(), 4, "TRIANGLES", "NONE").decode(&stream).unwrap();
        let first = |t: &[u32; 3]| [[t[0], t[1], t[2]], [t[1], t[2], t[0]], [t[2], t[0], t[1]]].into_iter().min();
        let read: Vec<u32> = bytes.as_chunks().0.iter().map(|b| u32::from_le_bytes(*b)).collect();
        prop_assert!(read.as_chunks().0.iter().map(first).eq(corners.iter().map(first)));
    }
}

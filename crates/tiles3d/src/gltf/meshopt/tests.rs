//! Streams of the library meshoptimizer 1.3 and of its own tests, and what its decoder makes of them.

#[cfg(feature = "compress")]
mod encoded;
mod vectors;

use super::*;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use serde_json::json;
use vectors::{VECTORS, Vector};

impl Vector {
    fn stream(&self) -> Vec<u8> {
        STANDARD.decode(self.stream).unwrap()
    }

    fn compressed(&self) -> Compressed {
        compressed(self.count, self.stride, self.mode, self.filter)
    }
}

fn compressed(count: usize, stride: usize, mode: &str, filter: &str) -> Compressed {
    let json =
        json!({ "buffer": 0, "byteLength": 0, "byteStride": stride, "count": count, "mode": mode, "filter": filter });
    Compressed::deserialize(&json).unwrap()
}

fn named(name: &str) -> &'static Vector {
    VECTORS.iter().find(|v| v.name == name).unwrap()
}

fn decoded(name: &str) -> Vec<u8> {
    let vector = named(name);
    vector.compressed().decode(&vector.stream()).unwrap()
}

/// FNV-1a of 64 bits.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}

/// The elements that the streams `attributes_*` were made from: 16-bit lines and parabolas, steps, a spike in each group,
/// and noise.
fn source() -> Vec<u8> {
    let element = |i: u32| {
        let mut out = Vec::new();
        out.extend((3 * i as u16).to_le_bytes());
        out.extend(((i * i % 1000) as u16).to_le_bytes());
        out.extend((i / 50).wrapping_mul(2_654_435_761).to_le_bytes());
        let noise = if i < 40 { (i * 37 * i) as u8 } else { 0 };
        out.extend([if i % 16 == 5 { 200 } else { 1 }, (i * 7 % 13) as u8, 255 - (i >> 5) as u8, noise]);
        out
    };
    (0..300).flat_map(element).collect()
}

#[test]
fn streams_decode_as_the_library_decodes_them() {
    for vector in VECTORS {
        let bytes = vector.compressed().decode(&vector.stream()).unwrap();
        assert_eq!(bytes.len(), vector.count * vector.stride, "{}", vector.name);
        assert_eq!(hash(&bytes), vector.hash, "{}: {:?}", vector.name, &bytes[..bytes.len().min(64)]);
    }
}

#[test]
fn attributes_of_both_versions_are_what_was_encoded() {
    for name in ["attributes_0", "attributes_1_plain", "attributes_1_best"] {
        assert!(decoded(name) == source(), "{name}");
    }
    // Channels of exclusive ors, from the tests of the library.
    let words: Vec<u32> = decoded("version_1_xor").as_chunks().0.iter().map(|b| u32::from_le_bytes(*b)).collect();
    assert_eq!(words[..8], [0, 112, 201_818_112, 2_252_023_330, 1, 29, 1_188_167_680, 1_600_748_723]);
}

#[test]
fn octahedral_bytes_are_the_nearest_to_unit_vectors() {
    for (one, x, y) in
        (1..=127i8).flat_map(|one| (-one..=one).flat_map(move |x| (-one..=one).map(move |y| (one, x, y))))
    {
        let mut bytes = [x.cast_unsigned(), y.cast_unsigned(), one.cast_unsigned(), 77];
        Filter::Octahedral.apply(&mut bytes, 4);
        let [a, b, c] = [x, y, one].map(f64::from);
        let z = c - a.abs() - b.abs();
        let unfold = |v: f64| if v >= 0.0 { v + z.min(0.0) } else { v - z.min(0.0) };
        let (a, b) = (unfold(a), unfold(b));
        let scale = 127.0 / (a * a + b * b + z * z).sqrt();
        for (byte, v) in bytes.iter().zip([a, b, z]) {
            let off = (f64::from(byte.cast_signed()) - v * scale).abs();
            assert!(off <= 0.5 + 1e-4, "{x} {y} of {one}: {bytes:?}");
        }
        assert_eq!(bytes[3], 77);
    }
}

#[test]
fn triangles_keep_their_corners() {
    let words: Vec<u16> = decoded("triangles_version_0").as_chunks().0.iter().map(|b| u16::from_le_bytes(*b)).collect();
    assert_eq!(words, [0, 1, 2, 2, 1, 3, 4, 6, 5, 7, 8, 9]);
    let words: Vec<u32> = decoded("triangles_4").as_chunks().0.iter().map(|b| u32::from_le_bytes(*b)).collect();
    let mut expected = Vec::new();
    for a in (0..7).flat_map(|y| (0..7).map(move |x| 8 * y + x)) {
        expected.extend([[a, a + 1, a + 8], [a + 8, a + 1, a + 9]]);
    }
    expected.extend((0..30).map(|i| [i * 31 % 64, (i * 17 + 5) % 64, (i * 7 + 9) % 64]));
    expected.extend([[0, 1, 2], [60000, 60001, 60002], [0, 60000, 4_000_000_000]]);
    // The encoder may begin a triangle with another of its corners.
    let first = |t: &[u32; 3]| {
        let least = (0..3).min_by_key(|k| t[*k]).unwrap();
        [t[least], t[(least + 1) % 3], t[(least + 2) % 3]]
    };
    assert_eq!(
        words.as_chunks().0.iter().map(first).collect::<Vec<_>>(),
        expected.iter().map(first).collect::<Vec<_>>()
    );
}

#[test]
fn sequences_of_indices_are_what_was_encoded() {
    let expected: Vec<u32> = (0..40).flat_map(|i| [2 * i, 1000 - i]).chain([65535, 0, 3]).collect();
    let wide = decoded("indices_4").as_chunks().0.iter().map(|b| u32::from_le_bytes(*b)).collect::<Vec<_>>();
    let narrow = decoded("indices_2").as_chunks().0.iter().map(|b| u16::from_le_bytes(*b).into()).collect::<Vec<u32>>();
    assert_eq!((&wide, &narrow), (&expected, &expected));
}

#[test]
fn filters_give_the_vectors_colours_and_numbers_back() {
    let near = |a: f64, b: f64, by: f64, what: &str| assert!((a - b).abs() <= by, "{what}: {a} is not {b}");
    let words = |name| decoded(name).as_chunks().0.iter().map(|b| i16::from_le_bytes(*b)).collect::<Vec<_>>();
    let (bytes, octahedral, turns) = (decoded("octahedral_8"), words("octahedral_16"), words("quaternion"));
    let (colors, floats) = (decoded("color_8"), decoded("exponential"));
    for i in 0..33usize {
        let x = i as f64;
        let (t, p) = (x * 0.7, x * 0.31 - 3.0);
        let normal = [t.cos() * p.cos(), t.sin() * p.cos(), p.sin()];
        for k in 0..3 {
            near(f64::from(bytes[4 * i + k].cast_signed()) / 127.0, normal[k], 0.02, "normal of 8 bits");
            near(f64::from(octahedral[4 * i + k]) / 32767.0, normal[k], 0.002, "normal of 12 bits");
        }
        let turn = [t.sin(), p.cos(), (p * t).sin(), (t + p).cos()];
        let length = turn.iter().map(|v| v * v).sum::<f64>().sqrt();
        let read: Vec<f64> = turns[4 * i..4 * i + 4].iter().map(|v| f64::from(*v) / 32767.0).collect();
        // A quaternion and its negative turn alike.
        let dot: f64 = read.iter().zip(turn).map(|(a, b)| a * b / length).sum();
        near(dot.abs(), 1.0, 1e-4, "quaternion");
        let color = [x / 32.0, (i * 5 % 33) as f64 / 32.0, 1.0 - x / 32.0, (i * 3 % 33) as f64 / 32.0];
        for (k, c) in color.into_iter().enumerate() {
            near(f64::from(colors[4 * i + k]) / 255.0, c, 0.02, "colour");
        }
        // The three numbers of a vector share their exponent.
        let vector = [0, 1, 2].map(|k| (3 * i + k) as f64);
        let vector = vector.map(|k| (k - 40.0) * 1234.5678 * 10f64.powf(k % 7.0 - 3.0));
        let most = vector.iter().fold(0.0f64, |most, v| most.max(v.abs()));
        for (k, expected) in vector.into_iter().enumerate() {
            let read = f32::from_le_bytes(floats[12 * i + 4 * k..][..4].try_into().unwrap());
            near(f64::from(read), expected, most * 1e-4, "float");
        }
    }
}

#[test]
fn what_does_not_go_together_is_refused() {
    let refused = |count, stride, mode, filter, stream: &[u8]| {
        compressed(count, stride, mode, filter).decode(stream).unwrap_err().to_string()
    };
    assert!(refused(4, 12, "ATTRIBUTES", "OCTAHEDRAL", &[0xa0; 100]).contains("filter"));
    assert!(refused(4, 6, "ATTRIBUTES", "NONE", &[0xa0; 100]).contains("stride"));
    assert!(refused(4, 260, "ATTRIBUTES", "NONE", &[0xa0; 400]).contains("stride"));
    assert!(refused(3, 1, "TRIANGLES", "NONE", &[0xe1; 40]).contains("2 or 4"));
    assert!(refused(4, 2, "TRIANGLES", "NONE", &[0xe1; 40]).contains("whole number"));
    assert!(refused(3, 2, "TRIANGLES", "NONE", &[0xd1; 40]).contains("header"));
    assert!(refused(3, 2, "INDICES", "NONE", &[0xe1; 40]).contains("header"));
    assert!(refused(4, 4, "ATTRIBUTES", "NONE", &[0xa2; 100]).contains("header"));
    // Counts that nothing stands behind take no memory.
    for (stride, mode, header) in [(4, "ATTRIBUTES", 0xa0), (4, "ATTRIBUTES", 0xa1), (4, "INDICES", 0xd1)] {
        let stream = [&[header][..], &[0; 99]].concat();
        assert!(refused(1 << 40, stride, mode, "NONE", &stream).contains("too short"));
    }
    assert!(refused(3 << 40, 4, "TRIANGLES", "NONE", &[&[0xe1][..], &[0; 99]].concat()).contains("too short"));
}

#[test]
fn every_cut_is_noticed() {
    for vector in VECTORS {
        let stream = vector.stream();
        for end in 0..stream.len() {
            assert!(vector.compressed().decode(&stream[..end]).is_err(), "{} cut at {end}", vector.name);
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(
        mut stream in proptest::collection::vec(any::<u8>(), 0..600),
        header in 0usize..8,
        count in 0usize..2000,
        stride in prop_oneof![Just(2usize), (1usize..65).prop_map(|n| 4 * n)],
        mode in 0usize..3,
    ) {
        if let (Some(first), Some(header)) = (stream.first_mut(), [0xa0, 0xa1, 0xe0, 0xe1, 0xd0, 0xd1].get(header)) {
            *first = *header;
        }
        let mode = ["ATTRIBUTES", "TRIANGLES", "INDICES"][mode];
        if let Ok(bytes) = compressed(count, stride, mode, "NONE").decode(&stream) {
            prop_assert_eq!(bytes.len(), count * stride);
        }
    }

    #[test]
    fn damaged_streams_are_survived(which in 0..VECTORS.len(), at in any::<usize>(), byte in any::<u8>(), more in 0usize..40) {
        let vector = &VECTORS[which];
        let mut stream = vector.stream();
        let length = stream.len();
        stream[at % length] = byte;
        for count in [vector.count, vector.count + more, vector.count.saturating_sub(more)] {
            let damaged = Compressed { count, ..vector.compressed() };
            if let Ok(bytes) = damaged.decode(&stream) {
                prop_assert_eq!(bytes.len(), count * vector.stride);
            }
        }
    }
}

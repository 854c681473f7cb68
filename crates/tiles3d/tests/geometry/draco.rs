//! `KHR_draco_mesh_compression`: streams of the library draco3d 1.5.9, and what its decoder makes of them.

use crate::builder::*;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tiles3d::{
    DecodedTile,
    content::{Colors, Normals, PrimitiveMode},
};

/// A wavy grid of 5 x 5 vertices with normals, texture coordinates and ids, encoded in some way. The hashes are FNV-1a of
/// 64 bits of what the library decodes, as f32 and, for triangles, u32.
struct Stream {
    name: &'static str,
    triangles: u64,
    /// Positions, normals, texture coordinates, ids.
    attributes: [u64; 4],
    stream: &'static str,
}

const STREAMS: [Stream; 4] = [
    Stream {
        name: "edgebreaker",
        triangles: 0x42f4_dbf4_ab27_918d,
        attributes: [0xfdf0_25db_c7b8_9241, 0xc305_e15b_15ac_ec0e, 0x31ba_b174_d59e_dbcd, 0x43d7_3d79_72a5_3fb5],
        stream: "RFJBQ08CAgEBAAAAGSADIAMACu/T6lOt6lPVqhr/ARH/AsxC/wLMQv8CzEIE/wABAAAAAQAAAgAAAQAJAwAAAgEBCQMAAQMBAwkCAAICAQQEAQADAQEBAQAMA0UhIQULkQKRApECPQohBZECCSfVBArv1tI/tv9nphT+NxMAAMqECwACAAA8AkANAACmAhEAAIBFAABQCwAA9wAA/AQAAAAA/wcAAAAAAAAAAEDAEHx1vwAAIEELBgMBAAkXkQI9CjUzBVhKY9SL/ALvBgPu9PTkCqphBFkgMuxPoAfw2+PTp3yDEJdspJeEd9QX9/hWO9h7WD6ZI6s/Bv8AAAB/AAAA/wKzQQgFAQEACxs9CmkmzQyRAgfa5miqlg+M////3z9jGABiju2W5dMDTQ8QJDuOAb4B2ACVAsuA9FQAE9MAFAJYAvQhvABwDy0ApD4kFwAAAAsD+a+DAAAAAP8DAAAAAAAAAAAAAAAAgD8KAQEBAAQDSSE9Cn0UBzVQR+WN+YOXarSI0QYAAAAABgAAAA==",
    },
    Stream {
        name: "edgebreaker_fast",
        triangles: 0xe8b4_3ee2_8ac9_fd00,
        attributes: [0x79e1_8385_5c2b_4859, 0x98ac_996e_3aaa_ac32, 0x6e6f_bfc1_c769_4f8d, 0xb9b1_2436_bb98_56e5],
        stream: "RFJBQ08CAgEBAAAAGSAAIAMACu/T6lOt6lPVqhr/AREB/wAABAAJAwAAAQkDAAEDCQIAAgQEAQADAgMCAQEBAQAMA0UhIQULkQKRApECPQohBZECCYlY+S4UROI/tv9nphT+NxMAAMqECwACAAA8AkANAACmAgCAn4gAAAAsAgBQAwDgXgAAAAAA/wcAAAADAQAJByEFIQWRAiEFA5ECgSsHuBYIj/WjVLCvPMFCfbzBPcK4sM+w31Dvn9+f/27wAF9hPw9QAcLB4DzCPIHXD7i+Pv8AAAB/AAAAAQEBAAsDFS49ChchBZECBqimdOr/of///98/gP4gJACQgCACAAAAAP8DAAABAQEABANJIT0KfRQHNVBH5Y35g5dqtIjRBgAAAAAGAAAAAAAAAAAAQMAQfHW/AAAgQQsIAAAAAAAAAAAAAIA/Cg==",
    },
    Stream {
        name: "sequential",
        triangles: 0xc4ea_fb90_d7f5_025d,
        attributes: [0x5879_7bf1_9f6c_e411, 0x7c66_8593_c9d1_1626, 0xa4d9_eaa7_a977_e421, 0x432d_e387_2e37_f875],
        stream: "RFJBQ08CAgEAAAAgGQEAAQUFAQYBAgYGAgcCAwcHAwgDBAgIBAkFBgoKBgsGBwsLBwwHCAwMCA0ICQ0NCQ4KCw8PCxALDBAQDBEMDRERDRINDhISDhMPEBQUEBUQERUVERYREhYWEhcSExcXExgBBAAJAwAAAQkDAAEDCQIAAgQEAQADAgMCAQABAQEEgQjFEgNpA1u1AddpA9fci9z/o5ECh5ECf9xPaQM/tQEb3P//59yHaQOj3P+r3P////8DRQQDzQwi7agxUlBbz0dklxMS31n+6jUis5sP8sgYZsKSMZu4os2RiQAAAAD/BwAAAAMBAAkHsQdJIT0KB5ECPQoIWAxMtskNzaSAP0MCwgFfESnH8fq8LIvi+v04it6OP4rr/wAAAH8AAAAAAQEBAoEEJRwDIQX/////////67EHAw0XDfiRH307Dv5HQ5JAk4sAAAAA/wMAAAABAQEBA5ECA3E9A5TAkQAAAAAGAAAAAAAAAAAAQMAQfHW/AAAgQQsIAAAAAAAAAAAAAIA/Cg==",
    },
    Stream {
        name: "unquantised",
        triangles: 0xc4ea_fb90_d7f5_025d,
        attributes: [0x035a_6198_b4e9_0916, 0xdbe6_5feb_e6fc_a3bb, 0x8abd_b121_8240_6415, 0x432d_e387_2e37_f875],
        stream: "RFJBQ08CAgEAAAAgGQEAAQUFAQYBAgYGAgcCAwcHAwgDBAgIBAkFBgoKBgsGBwsLBwwHCAwMCA0ICQ0NCQ4KCw8PCxALDBAQDBEMDRERDRINDhISDhMPEBQUEBUQERUVERYREhYWEhcSExcXExgBBAAJAwAAAQkDAAEDCQIAAgQEAQADAAAAAQAAAAAAAEDAAAAAAAAAIEAAAEDApGpXPwAAoEAAAEDAt8doPwAA8EAAAEDAw4EQPgAAIEEAAEDAz71BvwAAAAAAAMC/pGpXPwAAIEAAAMC/t8doPwAAoEAAAMC/w4EQPgAA8EAAAMC/z71BvwAAIEEAAMC/EHx1vwAAAAAAAAAAt8doPwAAIEAAAAAAw4EQPgAAoEAAAAAAz71BvwAA8EAAAAAAEHx1vwAAIEEAAAAAjA+PvgAAAAAAAMA/w4EQPgAAIEAAAMA/z71BvwAAoEAAAMA/EHx1vwAA8EAAAMA/jA+PvgAAIEEAAMA/RjAoPwAAAAAAAEBAz71BvwAAIEAAAEBAEHx1vwAAoEAAAEBAjA+PvgAA8EAAAEBARjAoPwAAIEEAAEBAlUZ9PwAAAAAAAAAAAACAP5vIyz0AAAAAwrp+P6vSSD4AAAAAVgd7P0Mfkz4AAAAAGjR1P+smvj4AAAAAprBtPwAAAACr0kg+Vgd7P0Xdxz1F3Uc+ltR5P6MRRT6jEUU+DFZ2P6Z+kD7eqEA+FdNwP7r0uj669Do+6bFpPwAAAADrJr4+prBtP3FWvT1xVr0+DqxsP7r0Oj669Lo+6bFpP09iiT6/Lbc+LvlkP2pBsj5qQbI+xNFePwAAAAD+tQM/qIRbP/L4rj22OgM/L7daP2wWLT7R0AE/B1xYP58dfz6fHf8+sJhUP18dpj4PLPk+t6RPPwAAAAAE7B8/BedHP8Rvnz3Ebx8/tUtHP7MBHj6zAR4/H4JFP1GPaT7htBs/GaJCPx+mmD4fphg/ps8+PwAAAAAAAAAAAACAPgAAAAAAAAA/AAAAAAAAQD8AAAAAAACAPwAAAAAAAAAAAACAPgAAgD4AAIA+AAAAPwAAgD4AAEA/AACAPgAAgD8AAIA+AAAAAAAAAD8AAIA+AAAAPwAAAD8AAAA/AABAPwAAAD8AAIA/AAAAPwAAAAAAAEA/AACAPgAAQD8AAAA/AABAPwAAQD8AAEA/AACAPwAAQD8AAAAAAACAPwAAgD4AAIA/AAAAPwAAgD8AAEA/AACAPwAAgD8AAIA/AAEBAQEDkQIDcT0DlMCRAAAAAAYAAAA=",
    },
];

/// A glTF with nothing but the stream, but for the types of its accessors.
fn grid(stream: &[u8]) -> Gltf {
    let mut gltf = Gltf::new().requires("KHR_draco_mesh_compression");
    let view = gltf.view(stream);
    let mut accessor = |component: u32, count: usize, kind: &str| {
        gltf.add_accessor(json!({ "componentType": component, "count": count, "type": kind }))
    };
    let accessors =
        [accessor(F32, 25, "VEC3"), accessor(F32, 25, "VEC3"), accessor(F32, 25, "VEC2"), accessor(U16, 25, "SCALAR")];
    let indices = accessor(U16, 96, "SCALAR");
    let [position, normal, uv, id] = accessors;
    gltf.primitive(json!({
        "attributes": { "POSITION": position, "NORMAL": normal, "TEXCOORD_0": uv, "_BATCHID": id },
        "indices": indices,
        "extensions": { "KHR_draco_mesh_compression": {
            "bufferView": view,
            "attributes": { "POSITION": 0, "NORMAL": 1, "TEXCOORD_0": 2, "_BATCHID": 3 },
        } },
    }));
    gltf
}

pub(crate) fn files() -> Vec<Vec<u8>> {
    STREAMS.iter().map(|s| grid(&STANDARD.decode(s.stream).unwrap()).file()).collect()
}

fn compressed(gltf: &mut Gltf) -> &mut Value {
    &mut gltf.json["meshes"][0]["primitives"][0]["extensions"]["KHR_draco_mesh_compression"]
}

fn first() -> Gltf {
    grid(&STANDARD.decode(STREAMS[0].stream).unwrap())
}

#[test]
fn streams_decode_as_the_library_decodes_them() {
    for stream in &STREAMS {
        let tile = grid(&STANDARD.decode(stream.stream).unwrap()).decode();
        let p = &tile.primitives[0];
        let bits: Vec<f32> = p.indices.iter().map(|i| f32::from_bits(*i)).collect();
        assert_eq!((p.positions.len(), p.indices.len()), (25, 96), "{}", stream.name);
        assert_eq!(hash(&bits), stream.triangles, "{}", stream.name);
        let ids: Vec<f32> = p.feature_ids.iter().map(|id| *id as f32).collect();
        let Normals::Float(normals) = &p.normals else { panic!("{:?}", p.normals) };
        let read =
            [hash(p.positions.as_flattened()), hash(normals.as_flattened()), hash(p.uvs.as_flattened()), hash(&ids)];
        assert_eq!(read, stream.attributes, "{}", stream.name);
    }
}

/// Every vertex is one of the grid that was encoded, and its other attributes are those of that one.
#[test]
fn vertices_are_those_that_were_encoded() {
    for stream in &STREAMS {
        let tile = grid(&STANDARD.decode(stream.stream).unwrap()).decode();
        let p = &tile.primitives[0];
        for i in 0..25 {
            let [x, y, z] = p.positions[i];
            let (column, row) = ((x / 2.5).round(), ((y + 3.0) / 1.5).round());
            let near = |a: f32, b: f32, what: &str| assert!((a - b).abs() < 0.02, "{}: {what} {a}, {b}", stream.name);
            near(z, (column + row).sin(), "height");
            near(p.uvs[i][0], column / 4.0, "u");
            near(p.uvs[i][1], row / 4.0, "v");
            let normal = [0.1 * column, 0.2 * row, 1.0];
            let length = normal.iter().map(|v| v * v).sum::<f32>().sqrt();
            let read = p.normals.get(i).unwrap();
            (0..3).for_each(|k| near(read[k], normal[k] / length, "normal"));
            assert_eq!(p.feature_ids[i], (row * 5.0 + column) as u32 % 7, "{}", stream.name);
        }
    }
}

#[test]
fn numbers_become_those_of_the_accessor() {
    let mut gltf = first();
    let accessor = gltf.json["meshes"][0]["primitives"][0]["attributes"]["_BATCHID"].as_u64().unwrap() as usize;
    let expected = gltf.decode().primitives[0].feature_ids.clone();
    for component in [U8, U32, F32, I16, I8] {
        gltf.json["accessors"][accessor]["componentType"] = json!(component);
        assert_eq!(gltf.decode().primitives[0].feature_ids, expected);
    }
}

#[test]
fn strips_are_lists_in_the_stream() {
    let mut gltf = first();
    gltf.json["meshes"][0]["primitives"][0]["mode"] = json!(5);
    let tile = gltf.decode();
    assert_eq!((tile.primitives[0].mode, tile.primitives[0].indices.len()), (PrimitiveMode::Triangles, 96));
}

#[test]
fn attributes_beside_the_stream_are_read_from_their_accessors() {
    let mut gltf = first();
    let colors = gltf.floats(&[[0.5, 0.25, 1.0, 1.0]; 25]);
    gltf.json["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"] = json!(colors);
    let tile = gltf.decode();
    assert_eq!(tile.primitives[0].colors, Colors::Float(vec![[0.5, 0.25, 1.0, 1.0]; 25]));
}

#[test]
fn counts_that_differ_are_named_and_the_stream_followed() {
    let mut gltf = first();
    gltf.json["accessors"][0]["count"] = json!(24);
    let (tile, codes) = gltf.amiss();
    assert_eq!((tile.primitives[0].positions.len(), codes), (25, vec!["draco-count"]));
}

/// A broken stream beside accessors that have the same uncompressed.
fn with_fallback() -> Gltf {
    let mut gltf = triangle();
    let view = gltf.view(b"DRACO, but not really");
    gltf.json["meshes"][0]["primitives"][0]["extensions"]["KHR_draco_mesh_compression"] =
        json!({ "bufferView": view, "attributes": { "POSITION": 0 } });
    gltf
}

#[test]
fn broken_streams_fall_back_on_what_is_not_compressed() {
    let (tile, codes): (DecodedTile, _) = with_fallback().amiss();
    assert_eq!((tile.primitives[0].positions.len(), codes), (3, vec!["draco-broken"]));
    let refused = with_fallback().requires("KHR_draco_mesh_compression").try_decode().unwrap_err();
    assert!(refused.to_string().contains("KHR_draco_mesh_compression"), "{refused}");
}

#[test]
fn what_the_stream_has_not_is_named() {
    let mut gltf = first();
    compressed(&mut gltf)["attributes"]["POSITION"] = json!(9);
    assert!(gltf.try_decode().unwrap_err().to_string().contains("attribute 9 (POSITION)"));
    let mut gltf = first();
    compressed(&mut gltf)["bufferView"] = json!(9);
    assert!(gltf.try_decode().is_err());
    let mut gltf = first();
    *compressed(&mut gltf) = json!([]);
    assert!(gltf.try_decode().is_err());
}

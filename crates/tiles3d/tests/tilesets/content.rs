//! Containers of 1.0, and the ways in which a content may come.

use crate::{Case, build::*, load::load, triangle_at};
use serde_json::{Value as Json, json};

const HERE: [i64; 3] = [100, 100, 0];

pub(crate) fn cases() -> Vec<Case> {
    let one = json!({ "BATCH_LENGTH": 1 });
    let none: (&Json, &[u8]) = (&Json::Null, &[]);
    let copies = [[10.0, 0.0, 0.0], [0.0, 20.0, 0.0]];
    let copied = vec![triangle_at(10, 0, 0), triangle_at(0, 20, 0)];
    let points = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let far = json!({ "BATCH_LENGTH": 0, "RTC_CENTER": [50, 60, 70] });
    let quantized = json!({ "POINTS_LENGTH": 1, "POSITION_QUANTIZED": { "byteOffset": 0 },
        "QUANTIZED_VOLUME_OFFSET": [1, 1, 1], "QUANTIZED_VOLUME_SCALE": [65535, 65535, 65535] });
    let quantized = container(b"pnts", [(&quantized, &bytes_of(&[1u16, 2, 3])), none], None, &[]);
    let nested = cmpt(&[b3dm(&one, none), cmpt(&[i3dm(&copies, None), pnts(&points)])]);
    let mut all = copied.clone();
    all.extend([HERE, [100, 200, 300], [400, 500, 600]]);
    let mut apart = Gltf::new();
    apart.textured(json!({ "uri": "p/blue.png" }), json!({ "source": 0 }));
    vec![
        ("b3dm", single("a.b3dm", b3dm(&one, none)), vec![HERE]),
        ("b3dm with RTC_CENTER", single("a.b3dm", b3dm(&far, none)), vec![triangle_at(50, 60, 70)]),
        ("i3dm", single("a.i3dm", i3dm(&copies, None)), copied.clone()),
        (
            "i3dm of a glTF elsewhere",
            files([
                ("tileset.json", tileset(leaf("a.i3dm"))),
                ("a.i3dm", i3dm(&copies, Some("m/a.glb"))),
                ("m/a.glb", glb()),
            ]),
            copied,
        ),
        ("pnts", single("a.pnts", pnts(&points)), vec![[100, 200, 300], [400, 500, 600]]),
        ("pnts, quantized", single("a.pnts", quantized), vec![[200, 300, 400]]),
        ("cmpt in cmpt", single("a.cmpt", nested), all),
        ("glb", single("a.glb", glb()), vec![HERE]),
        (
            "glTF with a buffer and a picture elsewhere",
            files([
                ("tileset.json", tileset(leaf("d/a.gltf"))),
                ("d/a.gltf", apart.text(Some("b/a.bin"))),
                ("d/b/a.bin", apart.binary.clone()),
                ("d/p/blue.png", png()),
            ]),
            vec![HERE],
        ),
        ("glTF with everything in it", single("a.gltf", Gltf::new().text(None)), vec![HERE]),
        (
            "gzip",
            files([("tileset.json", gzip(&tileset(leaf("a.b3dm")))), ("a.b3dm", gzip(&b3dm(&one, none)))]),
            vec![HERE],
        ),
    ]
}

#[test]
fn the_picture_of_another_file_is_the_material() {
    let mut gltf = Gltf::new();
    gltf.textured(json!({ "uri": "blue.png" }), json!({ "source": 0 }));
    let seen = load(&files([
        ("tileset.json", tileset(leaf("a.gltf"))),
        ("a.gltf", gltf.text(Some("a.bin"))),
        ("a.bin", gltf.binary.clone()),
        ("blue.png", png()),
    ]));
    let (_, model) = &seen.models[0];
    assert_eq!(model.images[0].data, [0, 0, 255, 255]);
    assert_eq!(model.materials[model.primitives[0].material].base_color_texture.unwrap().image, 0);
}

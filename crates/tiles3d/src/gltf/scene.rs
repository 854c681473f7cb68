//! The node graph of a glTF.

use super::json::{Mesh, Node, Root};
use glam::{DMat4, DQuat, DVec3};

/// Every node that shows a mesh, the mesh and the node's transform. A node graph with cycles ends: each node is visited once.
pub(super) fn placed_meshes(root: &Root, axes: DMat4) -> Vec<(&Node, &Mesh, DMat4)> {
    let scene = root.scenes.get(root.scene.unwrap_or(0));
    let mut queue: Vec<(usize, DMat4)> = match scene {
        Some(scene) => scene.nodes.iter().map(|&n| (n, axes)).collect(),
        None => (0..root.nodes.len()).map(|n| (n, axes)).collect(),
    };
    queue.reverse();
    let mut seen = vec![false; root.nodes.len()];
    let mut out = Vec::new();
    while let Some((index, outer)) = queue.pop() {
        let Some(node) = root.nodes.get(index) else { continue };
        if std::mem::replace(&mut seen[index], true) {
            continue;
        }
        let transform = outer * local(node);
        if let Some(mesh) = node.mesh.and_then(|m| root.meshes.get(m)) {
            out.push((node, mesh, transform));
        }
        queue.extend(node.children.iter().rev().map(|&c| (c, transform)));
    }
    out
}

fn local(node: &Node) -> DMat4 {
    let m = node.matrix.map_or_else(
        || {
            DMat4::from_scale_rotation_translation(
                DVec3::from_array(node.scale.unwrap_or([1.0; 3])),
                DQuat::from_array(node.rotation.unwrap_or([0.0, 0.0, 0.0, 1.0])),
                DVec3::from_array(node.translation.unwrap_or_default()),
            )
        },
        |m| DMat4::from_cols_array(&m),
    );
    if m.is_finite() { m } else { DMat4::IDENTITY }
}

//! The node graph of a glTF.

use super::json::{Mesh, Node, Root};
use crate::Diagnostic;
use glam::{DMat4, DQuat, DVec3};

/// A node that shows a mesh.
pub(super) struct PlacedMesh<'a> {
    pub(super) node: &'a Node,
    pub(super) mesh: &'a Mesh,
    /// The index of the mesh.
    pub(super) index: usize,
    /// From the node's frame to that around the axes.
    pub(super) transform: DMat4,
}

/// Every node that shows a mesh. Each node stands once: below a second parent, which glTF forbids (2.0, 3.5.2), or below
/// itself it is left out, with a diagnostic.
pub(super) fn placed_meshes<'a>(root: &'a Root, axes: DMat4, found: &mut Vec<Diagnostic>) -> Vec<PlacedMesh<'a>> {
    let scene = root.scenes.get(root.scene.unwrap_or(0));
    let roots = match scene {
        Some(scene) => scene.nodes.clone(),
        None => roots(root),
    };
    let mut queue: Vec<(usize, DMat4)> = roots.into_iter().rev().map(|n| (n, axes)).collect();
    let mut seen = vec![false; root.nodes.len()];
    let mut out = Vec::new();
    let mut again = None;
    while let Some((index, outer)) = queue.pop() {
        let Some((node, seen)) = root.nodes.get(index).zip(seen.get_mut(index)) else { continue };
        if std::mem::replace(seen, true) {
            again = again.or(Some(index));
            continue;
        }
        let transform = outer * local(node);
        if let Some((index, mesh)) = node.mesh.and_then(|m| Some((m, root.meshes.get(m)?))) {
            out.push(PlacedMesh { node, mesh, index, transform });
        }
        queue.extend(node.children.iter().rev().map(|&c| (c, transform)));
    }
    if let Some(index) = again {
        let message = "it is below more than one node, or below itself; it stands once";
        found.push(Diagnostic::new("node-twice", format!("node {index}"), message));
    }
    out
}

/// The nodes that are no other's child: what a glTF without scenes shows.
fn roots(root: &Root) -> Vec<usize> {
    let mut is_child = vec![false; root.nodes.len()];
    for child in root.nodes.iter().flat_map(|node| &node.children) {
        is_child.get_mut(*child).into_iter().for_each(|c| *c = true);
    }
    (0..root.nodes.len()).filter(|n| !is_child.get(*n).copied().unwrap_or_default()).collect()
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

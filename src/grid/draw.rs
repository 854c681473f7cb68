//! Boundaries as lines, the selected cell or area as a fill.

use super::GridBook;
use crate::{camera::MapCamera, live::Layers, pick::Selection, scene::Anchor};
use bevy::{
    asset::RenderAssetUsages,
    light::{NotShadowCaster, NotShadowReceiver},
    math::DVec3,
    mesh::{Indices, PrimitiveTopology},
    prelude::*,
};
use cim_model::{EntityKind, LayerId};

/// Metres above the ground where lines lie: above every kerb.
const LINE_M: f64 = 1.2;

/// A drawn overlay of a layer, and the metres from the camera to what it looks at up to which it is seen.
#[derive(Component)]
pub(super) struct Overlay(pub(super) LayerId, f64);

/// Metres up to which outlines of districts, subdistricts and communities are seen: from afar the small ones are noise.
const LEVELS_M: [f64; 3] = [f64::INFINITY, 30_000.0, 9_000.0];

/// Marks the fill of the selected cell or area.
#[derive(Component)]
pub(super) struct Fill;

#[expect(clippy::too_many_arguments, reason = "a system's parameters are its inputs")]
pub(super) fn lines(
    book: Res<GridBook>,
    layers: Res<Layers>,
    map: Res<MapCamera>,
    mut drawn: Local<u64>,
    mut commands: Commands,
    meshes: Option<ResMut<Assets<Mesh>>>,
    materials: Option<ResMut<Assets<StandardMaterial>>>,
    mut overlays: Query<(Entity, &Overlay, &mut Visibility)>,
) {
    for (_, overlay, mut visibility) in &mut overlays {
        let seen = layers.is_on(overlay.0) && map.0.distance_m <= overlay.1;
        visibility.set_if_neq(if seen { Visibility::Inherited } else { Visibility::Hidden });
    }
    let (Some(mut meshes), Some(mut materials)) = (meshes, materials) else { return };
    if *drawn == book.version {
        return;
    }
    *drawn = book.version;
    for (entity, _, _) in &overlays {
        commands.entity(entity).despawn();
    }
    let cells = book.cells.iter().flat_map(|c| &c.rings).map(|ring| (ring.as_slice(), true));
    let roads = book.roads.iter().map(|r| (r.points.as_slice(), false));
    let zones = |layer: LayerId, level: u8| {
        let own = book.zones.iter().filter(move |z| z.layer == layer && z.level == level);
        line_mesh(own.flat_map(|z| &z.rings).map(|ring| (ring.as_slice(), true)))
    };
    let all = f64::INFINITY;
    for (layer, within_m, mesh, color) in [
        (LayerId::UnitGrid, all, line_mesh(cells), Color::linear_rgba(0.10, 0.55, 0.75, 0.20)),
        (LayerId::RoadChief, all, line_mesh(roads), Color::linear_rgba(0.95, 0.60, 0.12, 0.5)),
        (LayerId::Admin, LEVELS_M[0], zones(LayerId::Admin, 0), Color::linear_rgba(0.95, 0.16, 0.22, 0.95)),
        (LayerId::Admin, LEVELS_M[1], zones(LayerId::Admin, 1), Color::linear_rgba(0.90, 0.30, 0.75, 0.85)),
        (LayerId::Admin, LEVELS_M[2], zones(LayerId::Admin, 2), Color::linear_rgba(0.55, 0.40, 0.95, 0.7)),
        (LayerId::MuckSite, all, zones(LayerId::MuckSite, 0), Color::linear_rgba(1.0, 0.45, 0.02, 0.95)),
        (LayerId::MuckDump, all, zones(LayerId::MuckDump, 0), Color::linear_rgba(0.75, 0.30, 0.02, 0.95)),
        (LayerId::BikeArea, all, zones(LayerId::BikeArea, 0), Color::linear_rgba(0.05, 0.75, 0.90, 0.9)),
    ] {
        let Some((anchor, mesh)) = mesh else { continue };
        commands.spawn((
            Overlay(layer, within_m),
            Anchor(anchor),
            if layers.is_on(layer) && map.0.distance_m <= within_m {
                Visibility::Inherited
            } else {
                Visibility::Hidden
            },
            Mesh3d(meshes.add(mesh)),
            MeshMaterial3d(materials.add(StandardMaterial {
                base_color: color,
                unlit: true,
                alpha_mode: AlphaMode::Blend,
                ..default()
            })),
            NotShadowCaster,
            NotShadowReceiver,
        ));
    }
}

/// All lines as one line list, relative to the first point.
fn line_mesh<'a>(lines: impl Iterator<Item = (&'a [DVec3], bool)>) -> Option<(DVec3, Mesh)> {
    let mut anchor = None;
    let (mut positions, mut indices) = (Vec::new(), Vec::new());
    for (points, closed) in lines {
        let anchor = *anchor.get_or_insert(*points.first()?);
        let base = positions.len() as u32;
        positions.extend(points.iter().map(|p| (*p - anchor + DVec3::Y * LINE_M).as_vec3().to_array()));
        let n = points.len() as u32;
        for i in 0..n.saturating_sub(1) {
            indices.extend([base + i, base + i + 1]);
        }
        if closed && n > 2 {
            indices.extend([base + n - 1, base]);
        }
    }
    let mesh = Mesh::new(PrimitiveTopology::LineList, RenderAssetUsages::RENDER_WORLD)
        .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, positions)
        .with_inserted_indices(Indices::U32(indices));
    Some((anchor?, mesh))
}

pub(super) fn fill(
    book: Res<GridBook>,
    selection: Res<Selection>,
    mut commands: Commands,
    meshes: Option<ResMut<Assets<Mesh>>>,
    materials: Option<ResMut<Assets<StandardMaterial>>>,
    old: Query<Entity, With<Fill>>,
) {
    let (Some(mut meshes), Some(mut materials)) = (meshes, materials) else { return };
    if !selection.is_changed() {
        return;
    }
    for entity in &old {
        commands.entity(entity).despawn();
    }
    let Some(key) = selection.current.as_ref().map(|p| &p.key) else { return };
    let rings =
        if key.kind == EntityKind::Grid { book.cell(key).map(|c| &c.rings) } else { book.zone(key).map(|z| &z.rings) };
    let Some(ring) = rings.and_then(|r| r.first()) else { return };
    let Some(&anchor) = ring.first() else { return };
    // Cells are small and nearly convex: a wall along the boundary shows them better than a flat fill, on any ground.
    let (mut positions, mut colors, mut indices) = (Vec::new(), Vec::new(), Vec::new());
    let n = ring.len() as u32;
    for p in ring {
        let foot = (*p - anchor).as_vec3();
        positions.extend([foot.to_array(), (foot + Vec3::Y * 26.0).to_array()]);
        colors.extend([[0.10, 0.75, 1.0, 0.62], [0.10, 0.75, 1.0, 0.0]]);
    }
    for i in 0..n {
        let (a, b) = (2 * i, 2 * ((i + 1) % n));
        indices.extend([a, b, b + 1, a, b + 1, a + 1]);
    }
    let mesh = Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::RENDER_WORLD)
        .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, positions)
        .with_inserted_attribute(Mesh::ATTRIBUTE_COLOR, colors)
        .with_inserted_indices(Indices::U32(indices));
    let material = StandardMaterial { unlit: true, alpha_mode: AlphaMode::Blend, cull_mode: None, ..default() };
    commands.spawn((
        Fill,
        Anchor(anchor),
        Mesh3d(meshes.add(mesh)),
        MeshMaterial3d(materials.add(material)),
        NotShadowCaster,
        NotShadowReceiver,
    ));
}

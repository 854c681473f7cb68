//! What every decoded tile promises.

use tiles3d::DecodedTile;
use tiles3d::content::{FeatureSource, NO_FEATURE, Normals, Picture, PictureFormat, Primitive, PrimitiveMode};

/// Checks everything that the documentation of [`DecodedTile`] promises, and asks it everything that a viewer asks.
pub(crate) fn check(tile: &DecodedTile) {
    assert!(tile.origin.is_finite(), "{}", tile.origin);
    for primitive in &tile.primitives {
        arrays(primitive);
        references(tile, primitive);
    }
    for instance in tile.instances.iter().flatten() {
        assert!(instance.transform.is_finite(), "{:?}", instance.transform);
    }
    for texture in tile.materials.iter().flat_map(|material| material.textures()) {
        assert!(texture.image < tile.images.len());
    }
    tile.images.iter().for_each(picture);
    for data in &tile.data_images {
        picture(data);
        assert_eq!((data.format, data.levels), (PictureFormat::Rgba8, 1));
    }
    for property in tile.property_textures.iter().flat_map(|texture| &texture.properties) {
        assert!(property.texels.image < tile.data_images.len());
    }
    features(tile);
    places(tile);
}

fn arrays(p: &Primitive) {
    let n = p.positions.len();
    let lengths = [p.normals.len(), p.tangents.len(), p.uvs.len(), p.uvs1.len(), p.colors.len(), p.feature_ids.len()];
    assert!(lengths.iter().all(|length| [0, n].contains(length)), "{lengths:?} for {n} vertices");
    assert!(p.indices.iter().chain(&p.outline).all(|i| (*i as usize) < n), "an index beyond {n} vertices");
    let corners = match p.mode {
        PrimitiveMode::Triangles => 3,
        PrimitiveMode::Lines => 2,
        PrimitiveMode::Points => 1,
    };
    assert!(p.indices.len().is_multiple_of(corners) && p.outline.len().is_multiple_of(2));
    assert!(p.positions.as_flattened().iter().all(|v| v.is_finite()));
    assert!(p.mode != PrimitiveMode::Triangles || p.normals.len() == n, "triangles without normals");
    let off = |v: [f32; 3]| (glam::Vec3::from_array(v).length() - 1.0).abs();
    let unit = |v: [f32; 3]| off(v) < 1e-2;
    let rounded = if matches!(p.normals, Normals::Snorm8(_)) { 0.025 } else { 1e-2 };
    assert!(p.normals.iter().all(|v| off(v) < rounded), "a normal that is no unit vector");
    assert!(p.tangents.iter().all(|[x, y, z, side]| unit([*x, *y, *z]) && side.abs() == 1.0), "a broken tangent");
}

fn references(tile: &DecodedTile, p: &Primitive) {
    let (n, count) = (p.positions.len(), tile.features.count());
    assert!(p.material < tile.materials.len());
    assert!(p.instances.is_none_or(|list| list < tile.instances.len()));
    assert!(p.properties.textures.iter().all(|i| *i < tile.property_textures.len()));
    assert!(p.properties.uv_sets.iter().all(|set| set.uvs.len() == n));
    for set in &p.feature_sets {
        assert!(set.first.checked_add(set.count).is_some_and(|end| end <= count), "a set beyond {count} features");
        let known = |id: u32| id == NO_FEATURE || (set.first..set.first + set.count).contains(&id);
        match &set.source {
            FeatureSource::Primary => assert!(p.feature_ids.iter().all(|id| known(*id))),
            FeatureSource::Vertex(ids) => assert!(ids.len() == n && ids.iter().all(|id| known(*id))),
            FeatureSource::Texture { texels, .. } => assert!(texels.image < tile.data_images.len()),
            FeatureSource::Whole(id) => assert!(known(*id)),
        }
    }
}

fn picture(p: &Picture) {
    assert!(p.width > 0 && p.height > 0 && p.levels > 0 && p.levels <= 32 - p.width.max(p.height).leading_zeros());
    assert_eq!(p.data.len(), p.format.bytes(p.width, p.height, p.levels), "{} by {}", p.width, p.height);
    assert!((0..p.levels).all(|level| p.level(level).is_some()) && p.level(p.levels).is_none());
    assert!(p.format != PictureFormat::Rgba8 || p.pixel(p.width - 1, p.height - 1).is_some());
}

fn features(tile: &DecodedTile) {
    let table = &tile.features;
    let names = table.property_names();
    let last = table.count().saturating_sub(1);
    for feature in (0..table.count()).take(4).chain([last]) {
        for (name, value) in table.row(feature) {
            assert!(names.contains(&name.as_str()));
            // As text, since a batch table may hold numbers that are none.
            assert_eq!(format!("{:?}", table.get(feature, &name)), format!("{:?}", Some(value)), "{name}");
            let _ = (table.property_info(feature, &name), table.semantic(&name));
        }
        let scope = table.scope(feature);
        assert!(scope.infos.is_empty() || scope.infos.len() == scope.properties.len());
        let _ = (table.class_names(feature), table.class_info(feature), table.id_in_file(feature));
        let _ = (table.property_by_semantic(feature, "NAME"), table.is_class(feature, "a"));
    }
    let mut column = Vec::new();
    for name in names.into_iter().take(8) {
        assert!(table.fill_numbers(name, &mut column) && column.len() == table.count() as usize);
    }
    assert!(table.row(table.count()).is_empty());
}

/// Asks what is known at the first and the last triangle, line or point of each primitive.
fn places(tile: &DecodedTile) {
    for (i, p) in tile.primitives.iter().enumerate() {
        let last = p.indices.len().saturating_sub(1) / 3;
        for element in [0, last, usize::MAX] {
            for scope in tile.properties_at(i, element, [0.2, 0.5, 0.3]) {
                assert!(scope.infos.is_empty() || scope.infos.len() == scope.properties.len());
            }
            for set in 0..=p.feature_sets.len() {
                let feature = tile.feature_at(i, element, [0.2, 0.5, 0.3], set);
                assert!(feature.is_none_or(|f| f != NO_FEATURE));
            }
        }
    }
}

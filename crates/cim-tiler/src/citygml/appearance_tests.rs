//! Pictures and colours on surfaces, from the file to the tile.

use super::tests::{document, member, sides};
use crate::{
    Silent,
    atlas::tests::{BLUE, GREEN, RED, YELLOW, color_at, is_near, quarters, read, tile_of},
    city::City,
    citymodel::{CityModelOptions, make_city},
    mesh::linear_bytes,
    picture::{Picture, Pixels, Wrap},
};
use image::RgbaImage;
use proptest::prelude::*;
use std::{io::Write as _, sync::Arc};
use tiles3d::DecodedTile;

/// A box whose sides have ids, `s0` and so on, and their rings, `r0` and so on; seen from inside where it is turned.
fn building(turned: bool) -> String {
    let side = |(i, corners): (usize, &[[i32; 3]; 4])| {
        let mut corners = corners.to_vec();
        if turned {
            corners.reverse();
        }
        let at = |c: &[i32; 3]| format!("{} {} {}", 155_000 + c[0], 463_000 + c[1], 10 + c[2]);
        let list: Vec<String> = corners.iter().chain(corners.first()).map(at).collect();
        format!(
            "<gml:surfaceMember><gml:Polygon gml:id=\"s{i}\"><gml:exterior><gml:LinearRing gml:id=\"r{i}\"><gml:posList>{}\
             </gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>",
            list.join(" ")
        )
    };
    let sides: String = sides([10, 8, 6]).iter().enumerate().map(side).collect();
    format!(
        "<bldg:Building gml:id=\"a\"><bldg:lod2MultiSurface><gml:MultiSurface>{sides}</gml:MultiSurface></bldg:lod2MultiSurface>\
         </bldg:Building>"
    )
}

fn appearance(theme: &str, data: &str) -> String {
    format!(
        "<app:appearanceMember><app:Appearance><app:theme>{theme}</app:theme><app:surfaceDataMember>{data}\
         </app:surfaceDataMember></app:Appearance></app:appearanceMember>"
    )
}

/// A picture on a side by the texture coordinates of its corners.
fn by_list(image: &str, side: u8, uvs: &str) -> String {
    format!(
        "<app:ParameterizedTexture><app:imageURI>{image}</app:imageURI><app:wrapMode>wrap</app:wrapMode>\
         <app:target uri=\"#s{side}\"><app:TexCoordList><app:textureCoordinates ring=\"#r{side}\">{uvs}</app:textureCoordinates>\
         </app:TexCoordList></app:target></app:ParameterizedTexture>"
    )
}

const WHOLE: &str = "0 0 1 0 1 1 0 1 0 0";

/// The city of these members, packed, with a picture beside it.
fn city_of(members: &str) -> (City, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("appearance")).unwrap();
    quarters(&folder.path().join("appearance/a.png"));
    let path = folder.path().join("test.gml.gz");
    let mut packed = flate2::write::GzEncoder::new(std::fs::File::create(&path).unwrap(), flate2::Compression::fast());
    packed.write_all(document(members).as_bytes()).unwrap();
    packed.finish().unwrap();
    (make_city(&[path], &CityModelOptions::default(), &mut Silent).unwrap().0, folder)
}

/// Checks the quarters of the picture on the south wall.
fn check_south(tile: &DecodedTile) {
    for (x, z, color) in [(-2.5, 1.5, BLUE), (2.5, 1.5, YELLOW), (-2.5, 4.5, RED), (2.5, 4.5, GREEN), (-4.9, 5.9, RED)]
    {
        let found = color_at(tile, [x, -4.0, z]).unwrap();
        assert!(is_near(found, color), "{found:?} for {color:?}");
    }
}

#[test]
fn pictures_lie_where_their_coordinates_say() {
    let east = "0 0.125 0 -57875  0 0 0.16666666666666666 -1.6666666666666667  0 0 0 1";
    let by_matrix = format!(
        "<app:ParameterizedTexture><app:imageURI>appearance/a.png</app:imageURI><app:target uri=\"#s3\"><app:TexCoordGen>\
         <app:worldToTexture>{east}</app:worldToTexture></app:TexCoordGen></app:target></app:ParameterizedTexture>"
    );
    let world = "<app:GeoreferencedTexture><app:imageURI>appearance/a.png</app:imageURI><app:referencePoint><gml:Point>\
                 <gml:pos>155000.078125 463007.9375</gml:pos></gml:Point></app:referencePoint>\
                 <app:orientation>0.15625 0 0 -0.125</app:orientation><app:target>#s1</app:target></app:GeoreferencedTexture>";
    let all = [by_list("appearance/a.png", 2, WHOLE), by_matrix, world.to_owned()];
    let all: String = all.iter().map(|data| appearance("rgb", data)).collect();
    let (city, _folder) = city_of(&(member(&building(false)) + &all));
    assert_eq!((&city.findings.mended[..], city.pictures.len()), (&[][..], 1));
    let tile = tile_of(&city);
    check_south(&tile);
    for (y, z, color) in [(-2.0, 1.5, BLUE), (2.0, 1.5, YELLOW), (-2.0, 4.5, RED), (2.0, 4.5, GREEN)] {
        assert!(is_near(color_at(&tile, [5.0, y, z]).unwrap(), color));
    }
    for (x, y, color) in [(-2.5, -2.0, BLUE), (2.5, -2.0, YELLOW), (-2.5, 2.0, RED), (2.5, 2.0, GREEN)] {
        assert!(is_near(color_at(&tile, [x, y, 6.0]).unwrap(), color));
    }
    // The walls without a picture are drawn as ever.
    assert_eq!(color_at(&tile, [-5.0, 0.0, 3.0]), None);
    let names: Vec<_> = tile.primitives.iter().map(|p| tile.materials[p.material].name.as_str()).collect();
    assert_eq!(names, ["building", "facade"]);
}

#[test]
fn surfaces_that_are_turned_take_their_pictures_along() {
    // The ring the other way around: from the upper left corner, down last.
    let texture = appearance("", &by_list("appearance/a.png", 2, "0 1 1 1 1 0 0 0 0 1"));
    let (city, _folder) = city_of(&(member(&building(true)) + &texture));
    assert!(city.findings.mended[0].1.contains("turned"), "{:?}", city.findings.mended);
    check_south(&tile_of(&city));
}

#[test]
fn citygml_3_has_an_association_between_picture_and_surface() {
    let texture = "<app:ParameterizedTexture><app:imageURI>appearance/a.png</app:imageURI><app:textureParameterization>\
                   <app:TextureAssociation><app:target>#s2</app:target><app:textureParameterization><app:TexCoordList>\
                   <app:textureCoordinates>0 0 1 0 1 1 0 1 0 0</app:textureCoordinates><app:ring>#r2</app:ring>\
                   </app:TexCoordList></app:textureParameterization></app:TextureAssociation></app:textureParameterization>\
                   </app:ParameterizedTexture>";
    let (city, _folder) = city_of(&(member(&building(false)) + &appearance("", texture)));
    check_south(&tile_of(&city));
}

#[test]
fn the_theme_that_comes_first_is_shown() {
    let (first, second) = (by_list("appearance/a.png", 2, WHOLE), by_list("appearance/a.png", 5, WHOLE));
    let material =
        "<app:X3DMaterial><app:diffuseColor>1 0 0</app:diffuseColor><app:target>#s2</app:target></app:X3DMaterial>";
    let all = appearance("colours", material) + &appearance("photos", &first) + &appearance("infrared", &second);
    let (city, _folder) = city_of(&(member(&building(false)) + &all));
    let pictured = city.models[0].levels[0].iter().filter(|f| f.texture.is_some()).count();
    assert_eq!((pictured, city.pictures.len()), (1, 1));
    check_south(&tile_of(&city));
}

#[test]
fn pictures_that_cannot_be_shown_are_named_and_leave_colours() {
    let material = |side: u8, color: &str| {
        format!(
            "<app:X3DMaterial><app:diffuseColor>{color}</app:diffuseColor><app:target>#s{side}</app:target></app:X3DMaterial>"
        )
    };
    let data = [
        material(2, "1 0 0"),
        material(3, "0 0 1"),
        by_list("appearance/none.png", 2, WHOLE),
        by_list("../out.png", 3, WHOLE),
        by_list("appearance/a.png", 4, "0 0 1 0 1 1"),
        by_list("test.gml.gz", 5, WHOLE),
    ];
    let all: String = data.iter().map(|data| appearance("", data)).collect();
    let (city, folder) = city_of(&(member(&building(false)) + &all));
    let notes: Vec<&str> = city.findings.mended.iter().map(|(_, note)| *note).collect();
    let said = ["not where the file says", "not in the folder", "no PNG or JPEG", "as the standard has it"];
    assert_eq!(notes.len(), said.len(), "{notes:?}");
    assert!(notes.iter().zip(said).all(|(note, said)| note.contains(said)), "{notes:?}");
    let tile = tile_of(&city);
    assert!(tile.images.is_empty());
    let linear = |rgb| linear_bytes(rgb).map(|c| f32::from(c) / 255.0);
    for rgb in [[255, 0, 0], [0, 0, 255]] {
        assert!(tile.primitives.iter().any(|p| p.colors.iter().any(|c| c == linear(rgb))), "{rgb:?}");
    }
    // One that breaks after its head was read is named when it is to be shown.
    let (city, broken) = city_of(&(member(&building(false)) + &appearance("", &by_list("appearance/a.png", 2, WHOLE))));
    let file = broken.path().join("appearance/a.png");
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..60]).unwrap();
    let out = folder.path().join("city");
    let summary = crate::tiling::write_city(&city, &out, &crate::TilingOptions::default(), &mut Silent).unwrap();
    assert_eq!(summary.mended.len(), 1);
    let report = std::fs::read_to_string(out.join("report.json")).unwrap();
    assert!(report.contains("no PNG or JPEG"), "{report}");
}

#[test]
fn far_tiles_have_smaller_pictures_and_all_of_them_are_as_the_standards_have_them() {
    let texture = appearance("", &by_list("appearance/a.png", 2, WHOLE));
    let (mut city, folder) = city_of(&(member(&building(false)) + &texture));
    // Blocks of 60 by 48 by 36 m, more than a tile holds.
    let (one, centre) = (city.models[0].clone(), city.origin);
    city.models = (0..225u32)
        .map(|i| {
            let mut model = one.clone();
            model.key.id = format!("a{i}");
            let (east, north) = (f64::from(i % 15) - 7.0, f64::from(i / 15) - 7.0);
            for p in model.points_mut() {
                p.place.lon = centre.lon + 6.0 * (p.place.lon - centre.lon) + 0.0004 * east;
                p.place.lat = centre.lat + 6.0 * (p.place.lat - centre.lat) + 0.00025 * north;
                p.height_m *= 6.0;
            }
            model
        })
        .collect();
    let out = folder.path().join("city");
    crate::tiling::write_city(&city, &out, &crate::TilingOptions::default(), &mut Silent).unwrap();
    let across = |name: &str| read(&out.join("tiles").join(name)).images[0].width;
    // A wall of 2,160 m² on pixels of 1.25 m, and on those of the picture; with gutters.
    assert_eq!((across("b.glb"), across("b0.glb")), (48, 72));
    let url = url::Url::from_file_path(out.join("tiles/tileset.json")).unwrap();
    let mut fetch = |url: &url::Url| std::fs::read(url.to_file_path().unwrap()).map_err(|e| e.to_string());
    let report = tiles3d::inspect::inspect(&url, &tiles3d::inspect::InspectOptions::default(), &mut fetch);
    assert_eq!(report.defects, []);
    assert!(report.extensions.contains_key("EXT_texture_webp"), "{:?}", report.extensions);
}

#[test]
fn what_shows_many_pictures_is_in_many_tiles() {
    let texture = appearance("", &by_list("appearance/a.png", 2, WHOLE));
    let (mut city, folder) = city_of(&(member(&building(false)) + &texture));
    // Eight blocks of 60 by 48 by 36 m, each with a picture of its own.
    let (one, centre) = (city.models[0].clone(), city.origin);
    city.models = (0..8u32)
        .map(|i| {
            let mut model = one.clone();
            model.key.id = format!("a{i}");
            for p in model.points_mut() {
                p.place.lon = centre.lon + 6.0 * (p.place.lon - centre.lon) + 0.0012 * f64::from(i);
                p.place.lat = centre.lat + 6.0 * (p.place.lat - centre.lat);
                p.height_m *= 6.0;
            }
            model.levels.iter_mut().flatten().flat_map(|f| &mut f.texture).for_each(|t| t.picture = i as usize);
            model
        })
        .collect();
    for (side, is_split) in [(256, false), (1024, true)] {
        let pixels = Arc::new(RgbaImage::from_pixel(side, side, image::Rgba([90, 120, 150, 255])));
        city.pictures =
            vec![Picture { pixels: Pixels::Here(pixels), size: [side; 2], wrap: Wrap::Repeat }; city.models.len()];
        let out = folder.path().join(side.to_string());
        crate::tiling::write_city(&city, &out, &crate::TilingOptions::default(), &mut Silent).unwrap();
        let tiles = std::fs::read_dir(out.join("tiles")).unwrap().map(|e| e.unwrap().file_name());
        let of_buildings = tiles.filter(|n| n.to_str().is_some_and(|n| n.starts_with('b') && n != "base.glb")).count();
        assert_eq!(of_buildings > 1, is_split, "{side}: {of_buildings} tiles");
    }
}

#[test]
fn the_same_city_has_the_same_bytes() {
    let texture = appearance("", &by_list("appearance/a.png", 2, WHOLE));
    let (city, folder) = city_of(&(member(&building(false)) + &texture));
    let write = |name: &str| {
        let out = folder.path().join(name);
        crate::tiling::write_city(&city, &out, &crate::TilingOptions::default(), &mut Silent).unwrap();
        std::fs::read(out.join("tiles/b.glb")).unwrap()
    };
    assert_eq!(write("one"), write("two"));
}

/// A box whose south wall has these bounds, by their corners in metres.
fn with_south(exterior: &[[i32; 2]], interior: &[[i32; 2]]) -> String {
    let ring = |name: &str, id: &str, corners: &[[i32; 2]]| {
        let at = |c: &[i32; 2]| format!("{} 463000 {}", 155_000 + c[0], 10 + c[1]);
        let list: Vec<String> = corners.iter().chain(corners.first()).map(at).collect();
        format!(
            "<gml:{name}><gml:LinearRing gml:id=\"{id}\"><gml:posList>{}</gml:posList></gml:LinearRing></gml:{name}>",
            list.join(" ")
        )
    };
    let hole = if interior.is_empty() { String::new() } else { ring("interior", "hole", interior) };
    let text = building(false);
    let from = text.find("<gml:Polygon gml:id=\"s2\">").unwrap();
    let end = from + text[from..].find("</gml:Polygon>").unwrap();
    let bounds = ring("exterior", "r2", exterior) + &hole;
    format!("{}<gml:Polygon gml:id=\"s2\">{bounds}{}", &text[..from], &text[end..])
}

#[test]
fn mended_surfaces_keep_their_pictures_where_they_were() {
    // A corner that is there twice has its own coordinates in the list.
    let text = with_south(&[[0, 0], [10, 0], [10, 0], [10, 6], [0, 6]], &[]);
    let list = by_list("appearance/a.png", 2, "0 0 1 0 1 0 1 1 0 1 0 0");
    let (city, _folder) = city_of(&(member(&text) + &appearance("", &list)));
    check_south(&tile_of(&city));
    // A hole that reaches over the edge leaves a wall with new corners.
    let text = with_south(&[[0, 0], [10, 0], [10, 6], [0, 6]], &[[8, 2], [8, 4], [12, 4], [12, 2]]);
    let third = 1.0 / 3.0;
    let hole = format!("0.8 {third} 0.8 {} 1.2 {} 1.2 {third} 0.8 {third}", 2.0 * third, 2.0 * third);
    let list = by_list("appearance/a.png", 2, WHOLE).replace(
        "</app:TexCoordList>",
        &format!("<app:textureCoordinates ring=\"#hole\">{hole}</app:textureCoordinates></app:TexCoordList>"),
    );
    let (city, _folder) = city_of(&(member(&text) + &appearance("", &list)));
    assert!(city.findings.mended.iter().any(|(_, note)| note.contains("crosses itself")), "{:?}", city.findings.mended);
    let tile = tile_of(&city);
    check_south(&tile);
    for (x, z, color) in [(4.9, 1.9, YELLOW), (4.9, 4.1, GREEN), (2.9, 2.9, YELLOW), (2.9, 3.1, GREEN)] {
        assert!(is_near(color_at(&tile, [x, -4.0, z]).unwrap(), color), "{x} {z}");
    }
    assert_eq!(color_at(&tile, [4.0, -4.0, 3.0]), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn damaged_appearances_are_survived(
        at in any::<prop::sample::Index>(), with in prop::sample::select(vec!["", "-", "1e300", "nan", "#r2", "<a/>", "9 9 9", "7e3"]),
    ) {
        let world = "<app:GeoreferencedTexture><app:imageURI>appearance/a.png</app:imageURI><app:referencePoint><gml:Point>\
                     <gml:pos>155000 463008</gml:pos></gml:Point></app:referencePoint><app:orientation>0.1 0 0 -0.1\
                     </app:orientation><app:target>#s1</app:target></app:GeoreferencedTexture>";
        let border = by_list("appearance/a.png", 3, "0 0 3 0 3 1 0 1 0 0").replace(">wrap<", ">border<");
        let all = appearance("", &by_list("appearance/a.png", 2, WHOLE)) + &appearance("", &border) + &appearance("", world);
        // Numbers, ids and names are changed, each to something else.
        let starts: Vec<usize> =
            all.match_indices([' ', '>', '"', '#']).map(|(i, _)| i + 1).filter(|i| !all[*i..].starts_with('<')).collect();
        let start = starts[at.index(starts.len())];
        let end = all[start..].find([' ', '<', '"']).map_or(all.len(), |n| start + n);
        let damaged = format!("{}{with}{}", &all[..start], &all[end..]);
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("appearance")).unwrap();
        quarters(&folder.path().join("appearance/a.png"));
        let path = folder.path().join("test.gml");
        std::fs::write(&path, document(&(member(&building(false)) + &damaged))).unwrap();
        if let Ok((city, _)) = make_city(&[path], &CityModelOptions::default(), &mut Silent) {
            let surfaces = city.models[0].levels[0].len();
            prop_assert_eq!(surfaces, 6);
            tile_of(&city);
        }
    }
}

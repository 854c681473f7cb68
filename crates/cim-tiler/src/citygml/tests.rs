use crate::{
    Silent, TilerError,
    city::{Attribute, City, FacetKind, Model, Skin},
    citymodel::{
        CityModelOptions, CityModelReport, make_city,
        tests::{city_of, shared},
    },
    crs::AxisOrder,
    tiling,
};
use cim_model::EntityKind;
use proptest::prelude::*;
use std::io::Read as _;

const SPACES_2: &str = r#"xmlns="http://www.opengis.net/citygml/2.0" xmlns:bldg="http://www.opengis.net/citygml/building/2.0"
    xmlns:tran="http://www.opengis.net/citygml/transportation/2.0" xmlns:veg="http://www.opengis.net/citygml/vegetation/2.0"
    xmlns:dem="http://www.opengis.net/citygml/relief/2.0" xmlns:gen="http://www.opengis.net/citygml/generics/2.0"
    xmlns:app="http://www.opengis.net/citygml/appearance/2.0" xmlns:gml="http://www.opengis.net/gml"
    xmlns:xAL="urn:oasis:names:tc:ciq:xsdschema:xAL:2.0" xmlns:xlink="http://www.w3.org/1999/xlink"
    xmlns:ade="http://example.org/heating""#;

/// A file of CityGML 2.0 in the Dutch grid; `members` are the children of its root.
pub(super) fn document(members: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<CityModel {SPACES_2}><gml:name>样本</gml:name>
<gml:boundedBy><gml:Envelope srsName="urn:ogc:def:crs,crs:EPSG::28992,crs:EPSG::5709" srsDimension="3"/></gml:boundedBy>
{members}</CityModel>"#
    )
}

pub(super) fn member(feature: &str) -> String {
    format!("<cityObjectMember>{feature}</cityObjectMember>\n")
}

/// A ring in metres from the origin of the Dutch grid, 10 m above its zero.
fn ring(corners: &[[i32; 3]]) -> String {
    let at = |c: &[i32; 3]| format!("{} {} {}", 155_000 + c[0], 463_000 + c[1], 10 + c[2]);
    let list: Vec<String> = corners.iter().chain(corners.first()).map(at).collect();
    format!("<gml:LinearRing><gml:posList>{}</gml:posList></gml:LinearRing>", list.join(" "))
}

fn polygon(id: &str, corners: &[[i32; 3]]) -> String {
    format!(r#"<gml:Polygon gml:id="{id}"><gml:exterior>{}</gml:exterior></gml:Polygon>"#, ring(corners))
}

/// The six sides of a box: floor, roof, four walls; from outside.
pub(super) fn sides([w, d, h]: [i32; 3]) -> [[[i32; 3]; 4]; 6] {
    [
        [[0, 0, 0], [0, d, 0], [w, d, 0], [w, 0, 0]],
        [[0, 0, h], [w, 0, h], [w, d, h], [0, d, h]],
        [[0, 0, 0], [w, 0, 0], [w, 0, h], [0, 0, h]],
        [[w, 0, 0], [w, d, 0], [w, d, h], [w, 0, h]],
        [[w, d, 0], [0, d, 0], [0, d, h], [w, d, h]],
        [[0, d, 0], [0, 0, 0], [0, 0, h], [0, d, h]],
    ]
}

fn attribute<'a>(model: &'a Model, name: &str) -> &'a Attribute {
    let found = model.attributes.iter().find(|a| a.0 == name);
    &found.unwrap_or_else(|| panic!("no {name} in {:?}", model.attributes)).1
}

fn text(s: &str) -> Attribute {
    Attribute::Text(s.to_owned())
}

/// Six times the volume that the surfaces of a level enclose, in cubic metres, positive when they face outwards.
fn volume(model: &Model, level: usize) -> f64 {
    let foot = model.points().next().unwrap().place;
    let metres = |p: &crate::city::Point| {
        let east = (p.place.lon - foot.lon) * 111_320.0 * foot.lat.to_radians().cos();
        glam::DVec3::new(east, (p.place.lat - foot.lat) * 111_320.0, p.height_m)
    };
    let facets = model.levels[level].iter().flat_map(|f| &f.rings);
    let of = |ring: &Vec<crate::city::Point>| -> f64 {
        (1..ring.len() - 1).map(|i| metres(&ring[0]).dot(metres(&ring[i]).cross(metres(&ring[i + 1])))).sum()
    };
    facets.map(of).sum()
}

#[test]
fn a_building_arrives_with_surfaces_parts_and_every_attribute() {
    let walls: String = sides([10, 8, 6])
        .iter()
        .enumerate()
        .map(|(i, side)| {
            let kind = ["GroundSurface", "RoofSurface", "WallSurface"][i.min(2)];
            let about = if i == 1 {
                r#"<gen:doubleAttribute name="Slope"><gen:value>0.5</gen:value></gen:doubleAttribute>"#
            } else {
                ""
            };
            let opening = if i == 2 {
                let window = polygon("w", &[[2, 0, 2], [4, 0, 2], [4, 0, 4], [2, 0, 4]]);
                format!("<bldg:opening><bldg:Window gml:id=\"win\"><bldg:lod3MultiSurface><gml:MultiSurface><gml:surfaceMember>{window}</gml:surfaceMember></gml:MultiSurface></bldg:lod3MultiSurface></bldg:Window></bldg:opening>")
            } else {
                String::new()
            };
            let surface = polygon(&format!("s{i}"), side);
            format!(
                "<bldg:boundedBy><bldg:{kind} gml:id=\"k{i}\">{about}<bldg:lod2MultiSurface><gml:MultiSurface>\
                 <gml:surfaceMember>{surface}</gml:surfaceMember></gml:MultiSurface></bldg:lod2MultiSurface>{opening}\
                 </bldg:{kind}></bldg:boundedBy>"
            )
        })
        .collect();
    let links: String = (0..6).map(|i| format!("<gml:surfaceMember xlink:href=\"#s{i}\"/>")).collect();
    let lod1: String = sides([10, 8, 5])
        .iter()
        .map(|s| format!("<gml:surfaceMember>{}</gml:surfaceMember>", polygon("", s).replace(" gml:id=\"\"", "")))
        .collect();
    let solid = |level: u8, members: &str| {
        format!(
            "<bldg:lod{level}Solid><gml:Solid><gml:exterior><gml:CompositeSurface>{members}</gml:CompositeSurface>\
             </gml:exterior></gml:Solid></bldg:lod{level}Solid>"
        )
    };
    let building = format!(
        r##"<bldg:Building gml:id="a"><gml:name>市民中心 &amp; 塔</gml:name><gml:description><![CDATA[<b>]]></gml:description>
        <creationDate>2019-05-01</creationDate>
        <externalReference><informationSystem>http://example.org</informationSystem><externalObject><name>X1</name></externalObject></externalReference>
        <gen:stringAttribute name="区划"><gen:value>任城区</gen:value></gen:stringAttribute>
        <gen:intAttribute name="count"><gen:value>7</gen:value></gen:intAttribute>
        <gen:measureAttribute name="flow"><gen:value uom="l/s">1.25</gen:value></gen:measureAttribute>
        <gen:genericAttributeSet name="set"><gen:dateAttribute name="day"><gen:value>2020-01-02</gen:value></gen:dateAttribute></gen:genericAttributeSet>
        <bldg:function>1000</bldg:function><bldg:function>2000</bldg:function>
        <bldg:usage codeSpace="http://example.org/codes">1010</bldg:usage>
        <bldg:yearOfConstruction>1988</bldg:yearOfConstruction>
        <bldg:measuredHeight uom="urn:ogc:def:uom:UCUM::m">6.5</bldg:measuredHeight>
        <bldg:storeysAboveGround>2</bldg:storeysAboveGround>
        <bldg:address><Address><xalAddress><xAL:AddressDetails><xAL:Locality><xAL:LocalityName>济宁</xAL:LocalityName>
          <xAL:Thoroughfare><xAL:ThoroughfareName>太白路</xAL:ThoroughfareName><xAL:ThoroughfareNumber>8号</xAL:ThoroughfareNumber></xAL:Thoroughfare>
          </xAL:Locality></xAL:AddressDetails></xalAddress></Address></bldg:address>
        <ade:heating><ade:Heating><ade:fuel>gas</ade:fuel><ade:power>12.5</ade:power><ade:code>007</ade:code></ade:Heating></ade:heating>
        {}{}{walls}
        <bldg:consistsOfBuildingPart><bldg:BuildingPart gml:id="b"><bldg:storeysAboveGround>1</bldg:storeysAboveGround>{}</bldg:BuildingPart></bldg:consistsOfBuildingPart>
        </bldg:Building>"##,
        solid(1, &lod1),
        solid(2, &links),
        solid(1, &lod1),
    );
    let (city, report) = city_of(&document(&member(&building))).unwrap();
    assert_eq!((city.name_zh.as_str(), report.crs.as_str(), report.axes), ("样本", "EPSG:28992", AxisOrder::EastFirst));
    assert_eq!((report.objects, report.parents, city.models.len()), (2, 0, 2));
    assert_eq!((&city.findings.left_out, &city.findings.mended), (&Vec::new(), &Vec::new()));

    let a = &city.models[0];
    assert_eq!((a.key.kind, a.key.id.as_str(), a.name.as_str()), (EntityKind::Building, "a", "市民中心 & 塔"));
    assert_eq!((a.height_m, a.floors, a.skin, a.address.as_str()), (6.5, 2, Skin::Building, "济宁 太白路 8号"));
    for (name, value) in [
        ("description", text("<b>")),
        ("creationDate", text("2019-05-01")),
        ("externalReference.externalObject.name", text("X1")),
        ("区划", text("任城区")),
        ("count", Attribute::Integer(7)),
        ("flow", Attribute::Number(1.25)),
        ("flow.uom", text("l/s")),
        ("set.day", text("2020-01-02")),
        ("function", text(r#"["1000","2000"]"#)),
        ("usage", text("1010")),
        ("usage.codeSpace", text("http://example.org/codes")),
        ("yearOfConstruction", Attribute::Integer(1988)),
        ("heating.fuel", text("gas")),
        ("heating.power", Attribute::Number(12.5)),
        ("heating.code", text("007")),
        ("address.ThoroughfareName", text("太白路")),
        ("surfaces", text(r#"[{"Slope":0.5,"id":"k1","type":"RoofSurface"}]"#)),
    ] {
        assert_eq!(attribute(a, name), &value, "{name}");
    }
    // Coarse to fine; the solid's links are the named surfaces, each there once; the window is of LoD 3.
    assert_eq!(a.levels.iter().map(Vec::len).collect::<Vec<_>>(), [6, 6, 1]);
    let count = |kind| a.levels[1].iter().filter(|f| f.kind == kind).count();
    assert_eq!((count(FacetKind::Ground), count(FacetKind::Roof), count(FacetKind::Wall)), (1, 1, 4));
    assert_eq!(a.levels[2][0].kind, FacetKind::Window);
    for (level, expected) in [(0, 10.0 * 8.0 * 5.0), (1, 10.0 * 8.0 * 6.0)] {
        let found = volume(a, level) / 6.0;
        assert!((found / expected - 1.0).abs() < 0.01, "level {level}: {found} for {expected}");
    }
    let b = &city.models[1];
    assert_eq!((attribute(b, "parent"), b.floors), (&text("a"), 1));
    assert_eq!(attribute(b, "yearOfConstruction"), &Attribute::Integer(1988));
}

#[test]
fn all_kinds_of_things_are_known() {
    let square = |id: &str| polygon(id, &[[0, 0, 0], [9, 0, 0], [9, 9, 0], [0, 9, 0]]);
    let multi = |id: &str| {
        format!("<gml:MultiSurface><gml:surfaceMember>{}</gml:surfaceMember></gml:MultiSurface>", square(id))
    };
    let triangle = format!(
        "<gml:TriangulatedSurface><gml:trianglePatches><gml:Triangle><gml:exterior>{}</gml:exterior></gml:Triangle>\
         </gml:trianglePatches></gml:TriangulatedSurface>",
        ring(&[[0, 0, 0], [0, 90, 0], [90, 0, 0]])
    );
    let tree = "<veg:lod1ImplicitRepresentation><ImplicitGeometry>\
        <transformationMatrix>2 0 0 5 0 2 0 0 0 0 3 0 0 0 0 1</transformationMatrix>\
        <relativeGMLGeometry><gml:MultiSurface gml:id=\"shape\"><gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing>\
        <gml:pos>0 0 0</gml:pos><gml:pos>1 0 0</gml:pos><gml:pos>0 0 4</gml:pos><gml:pos>0 0 0</gml:pos></gml:LinearRing>\
        </gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface></relativeGMLGeometry>\
        <referencePoint><gml:Point><gml:pos>155010 463000 10</gml:pos></gml:Point></referencePoint>\
        </ImplicitGeometry></veg:lod1ImplicitRepresentation>";
    let again = tree.find("<gml:MultiSurface").unwrap()..tree.find("</relativeGMLGeometry>").unwrap();
    let again = tree
        .replace(&tree[again], "")
        .replace("<relativeGMLGeometry></relativeGMLGeometry>", "<relativeGMLGeometry xlink:href=\"#shape\"/>");
    let members = [
        format!(
            "<tran:Road gml:id=\"r\"><tran:trafficArea><tran:TrafficArea gml:id=\"t1\"><tran:surfaceMaterial>asphalt\
             </tran:surfaceMaterial><tran:lod2MultiSurface>{}</tran:lod2MultiSurface></tran:TrafficArea></tran:trafficArea></tran:Road>",
            multi("rt")
        ),
        // The tree that links to a shape comes before the one that has it.
        format!(
            "<veg:SolitaryVegetationObject gml:id=\"t2\"><veg:species>杨</veg:species>{again}</veg:SolitaryVegetationObject>"
        ),
        format!(
            "<veg:SolitaryVegetationObject gml:id=\"t1\"><veg:height uom=\"m\">12</veg:height>{tree}</veg:SolitaryVegetationObject>"
        ),
        format!(
            "<dem:ReliefFeature gml:id=\"d\"><dem:lod>1</dem:lod><dem:reliefComponent><dem:TINRelief gml:id=\"e\"><dem:lod>1</dem:lod>\
             <dem:tin>{triangle}</dem:tin></dem:TINRelief></dem:reliefComponent></dem:ReliefFeature>"
        ),
        format!(
            "<gen:GenericCityObject gml:id=\"g\"><gen:lod1Geometry>{}</gen:lod1Geometry></gen:GenericCityObject>",
            multi("gs")
        ),
        format!("<ade:Boiler gml:id=\"x\"><ade:lod2MultiSurface>{}</ade:lod2MultiSurface></ade:Boiler>", multi("bs")),
        "<bldg:Building gml:id=\"n\"/>".to_owned(),
        "<bldg:Building gml:id=\"p\"><bldg:lod1Solid xlink:href=\"#nowhere\"/></bldg:Building>".to_owned(),
    ];
    let members: String = members.iter().map(|m| member(m)).collect();
    let (city, report) = city_of(&document(&members)).unwrap();
    assert_eq!((report.objects, report.parents), (9, 1));
    let left_out: Vec<_> = city.findings.left_out.iter().map(|(k, why)| format!("{k}: {why}")).collect();
    let links = "building:p: it refers to a geometry that is not in the file";
    assert_eq!(left_out, ["building:n: it has no geometry", links]);
    assert_eq!(city.models.len() + report.parents + left_out.len(), report.objects);
    let of = |id: &str| city.models.iter().find(|m| m.key.id == id).unwrap();
    assert_eq!((of("r").skin, of("r").key.kind, of("e").skin), (Skin::Road, EntityKind::Road, Skin::Land));
    assert_eq!((of("g").skin, of("x").class.as_str()), (Skin::Structure, "其他"));
    assert_eq!(
        attribute(of("r"), "surfaces"),
        &text(r#"[{"id":"t1","surfaceMaterial":"asphalt","type":"TrafficArea"}]"#)
    );
    // The triangle of the relief was wound clockwise: it looks up now, and the report says so.
    assert!(city.findings.mended.iter().any(|(k, why)| k.id == "e" && why.contains("turned")), "{:?}", city.findings);
    // Both trees stand 15 m east of the origin and are 12 m high.
    for id in ["t1", "t2"] {
        let tree = of(id);
        assert_eq!((tree.skin, tree.height_m), (Skin::Plant, 12.0));
        let first = tree.points().next().unwrap().place;
        let east_m = (first.lon - 5.387_206).to_radians() * 6_378_137.0 * first.lat.to_radians().cos();
        assert!((east_m - 15.0).abs() < 2.0, "{id}: {east_m}");
    }
}

#[test]
fn citygml_3_reads_like_its_forerunners() {
    let surfaces: String = sides([10, 8, 6])
        .iter()
        .enumerate()
        .map(|(i, side)| {
            let kind = ["GroundSurface", "RoofSurface", "WallSurface"][i.min(2)];
            let surface = polygon(&format!("s{i}"), side);
            format!(
                "<core:boundary><con:{kind} gml:id=\"k{i}\"><core:lod2MultiSurface><gml:MultiSurface><gml:surfaceMember>{surface}\
                 </gml:surfaceMember></gml:MultiSurface></core:lod2MultiSurface></con:{kind}></core:boundary>"
            )
        })
        .collect();
    let road = polygon("lane", &[[0, 20, 0], [90, 20, 0], [90, 24, 0], [0, 24, 0]]);
    let document = format!(
        r#"<core:CityModel xmlns:core="http://www.opengis.net/citygml/3.0" xmlns:bldg="http://www.opengis.net/citygml/building/3.0"
        xmlns:con="http://www.opengis.net/citygml/construction/3.0" xmlns:gen="http://www.opengis.net/citygml/generics/3.0"
        xmlns:tran="http://www.opengis.net/citygml/transportation/3.0" xmlns:gml="http://www.opengis.net/gml/3.2">
        <gml:boundedBy><gml:Envelope srsName="http://www.opengis.net/def/crs/EPSG/0/28992"/></gml:boundedBy>
        <core:cityObjectMember><bldg:Building gml:id="a">
        <core:genericAttribute><gen:IntAttribute><gen:name>beds</gen:name><gen:value>4</gen:value></gen:IntAttribute></core:genericAttribute>
        {surfaces}
        <con:height><con:Height><con:highReference>top</con:highReference><con:value uom="m">6.25</con:value></con:Height></con:height>
        <bldg:storeysAboveGround>3</bldg:storeysAboveGround></bldg:Building></core:cityObjectMember>
        <core:cityObjectMember><tran:Road gml:id="r"><tran:section><tran:Section gml:id="sec"><tran:trafficSpace>
        <tran:TrafficSpace gml:id="ts"><core:boundary><tran:TrafficArea gml:id="ta"><core:lod2MultiSurface><gml:MultiSurface>
        <gml:surfaceMember>{road}</gml:surfaceMember></gml:MultiSurface></core:lod2MultiSurface></tran:TrafficArea></core:boundary>
        </tran:TrafficSpace></tran:trafficSpace></tran:Section></tran:section></tran:Road></core:cityObjectMember>
        </core:CityModel>"#
    );
    let (city, report) = city_of(&document).unwrap();
    assert_eq!((report.objects, city.models.len(), &city.findings.left_out), (2, 2, &Vec::new()));
    let a = &city.models[0];
    assert_eq!((a.height_m, a.floors, a.levels[0].len()), (6.25, 3, 6));
    assert_eq!(attribute(a, "beds"), &Attribute::Integer(4));
    assert!((volume(a, 0) / 6.0 / 480.0 - 1.0).abs() < 0.01);
    assert_eq!((city.models[1].key.to_string().as_str(), city.models[1].levels[0].len()), ("road:r", 1));
}

#[test]
fn colours_arrive_where_they_tell_something() {
    let building = |id: &str, color: &str| {
        let surfaces: String = sides([10, 8, 6])
            .iter()
            .enumerate()
            .map(|(i, s)| format!("<gml:surfaceMember>{}</gml:surfaceMember>", polygon(&format!("{id}{i}"), s)))
            .collect();
        member(&format!(
            "<bldg:Building gml:id=\"{id}\"><appearanceMember/><app:appearance><app:Appearance><app:theme>day</app:theme>\
             <app:surfaceDataMember><app:X3DMaterial><app:diffuseColor>{color}</app:diffuseColor><app:target>#{id}m</app:target>\
             </app:X3DMaterial></app:surfaceDataMember></app:Appearance></app:appearance><bldg:lod2MultiSurface>\
             <gml:MultiSurface gml:id=\"{id}m\">{surfaces}</gml:MultiSurface></bldg:lod2MultiSurface></bldg:Building>"
        ))
    };
    let colors =
        |text: &str| -> Vec<_> { city_of(text).unwrap().0.models.iter().map(|m| m.levels[0][0].color).collect() };
    let two = document(&(building("a", "1 0.5 0") + &building("b", "0 0 1")));
    assert_eq!(colors(&two), [Some([255, 128, 0]), Some([0, 0, 255])]);
    let same = document(&(building("a", "1 0.5 0") + &building("b", "1 0.5 0")));
    assert_eq!(colors(&same), [None, None]);
}

#[test]
fn bad_geometry_is_mended_or_named() {
    let built = |id: &str, surfaces: &[String]| {
        let members: String = surfaces.iter().map(|s| format!("<gml:surfaceMember>{s}</gml:surfaceMember>")).collect();
        member(&format!(
            "<bldg:Building gml:id=\"{id}\"><bldg:lod2Solid><gml:Solid><gml:exterior><gml:CompositeSurface>{members}\
             </gml:CompositeSurface></gml:exterior></gml:Solid></bldg:lod2Solid></bldg:Building>"
        ))
    };
    type Faces = Vec<Vec<[i32; 3]>>;
    let solid = |id: &str, change: &dyn Fn(&mut Faces)| {
        let mut faces: Faces = sides([10, 8, 6]).iter().map(|s| s.to_vec()).collect();
        change(&mut faces);
        built(id, &faces.iter().enumerate().map(|(i, f)| polygon(&format!("{id}{i}"), f)).collect::<Vec<_>>())
    };
    let members = [
        solid("good", &|_| {}),
        solid("inside-out", &|f| f.iter_mut().for_each(|s| s.reverse())),
        solid("one-turned", &|f| f[3].reverse()),
        solid("twice", &|f| f.push(f[2].clone())),
        solid("gap", &|f| {
            f.pop();
        }),
        solid("bow-tie", &|f| f[1] = vec![[0, 0, 6], [10, 0, 6], [0, 8, 6], [10, 8, 6]]),
        solid("line", &|f| f.push(vec![[0, 0, 0], [5, 0, 0], [10, 0, 0]])),
        built(
            "unclosed",
            &[polygon("u", &[[0, 0, 0], [9, 0, 0], [9, 9, 0], [0, 9, 0]]).replace(" 155000 463000 10</", "</")],
        ),
        built("words", &[polygon("v", &[[0, 0, 0], [9, 0, 0], [9, 9, 0]]).replace("155009", "east")]),
        solid("good", &|_| {}),
    ];
    let (city, report) = city_of(&document(&members.concat())).unwrap();
    assert_eq!(report.objects, 10);
    let said = |id: &str| -> Vec<&str> {
        let all = city.findings.mended.iter().chain(&city.findings.left_out);
        all.filter(|(k, _)| k.id == id).map(|(_, why)| *why).collect()
    };
    for (id, word, enclosed) in [
        ("inside-out", "turned", true),
        ("one-turned", "turned", true),
        ("twice", "there twice", true),
        ("gap", "not closed", false),
        ("line", "no area", true),
        ("bow-tie", "taken apart", false),
        ("unclosed", "closed", false),
        ("good~2", "same id", true),
    ] {
        assert!(said(id).iter().any(|why| why.contains(word)), "{id}: {:?}", said(id));
        let model = city.models.iter().find(|m| m.key.id == id).unwrap();
        assert!(!enclosed || (volume(model, 0) / 6.0 / 480.0 - 1.0).abs() < 0.01, "{id}: {}", volume(model, 0));
    }
    assert_eq!(said("good"), [""; 0]);
    assert_eq!(said("words"), ["its surfaces have too few or unknown corners"]);
    // A bow tie has half the area of its box, in two triangles.
    let tie = city.models.iter().find(|m| m.key.id == "bow-tie").unwrap();
    assert_eq!(tie.levels[0].len(), 7);
}

#[test]
fn what_is_no_citygml_is_named_with_its_line() {
    let reason = |text: &str| city_of(text).unwrap_err().to_string();
    assert!(reason("<html><body/></html>").contains("<html>"));
    assert!(reason("<CityModel xmlns=\"http://www.citygml.org/citygml/1/0/0\"/>").contains("1/0/0"));
    assert!(reason(&document("")).contains("surfaces"));
    let good = document(&member("<bldg:Building/>"));
    let cut = &good[..good.find("</cityObjectMember>").unwrap()];
    assert!(reason(cut).contains("cut off") && reason(cut).contains("line "), "{}", reason(cut));
    let crossed = document("\n\n<cityObjectMember><bldg:Building></cityObjectMember></bldg:Building>");
    let line = crossed.lines().position(|l| l.contains("<cityObjectMember>")).unwrap() + 1;
    assert!(reason(&crossed).contains(&format!("line {line}")), "{}", reason(&crossed));
    assert!(reason(&document("&unknown;<cityObjectMember>&unknown;</cityObjectMember>")).contains("&unknown;"));
    let deep = "<a>".repeat(300);
    assert!(reason(&document(&deep)).contains("deeper"));
    let square = polygon("q", &[[0, 0, 0], [9, 0, 0], [9, 9, 0]]);
    let building = format!(
        "<bldg:Building><bldg:lod2MultiSurface><gml:MultiSurface><gml:surfaceMember>{square}</gml:surfaceMember></gml:MultiSurface></bldg:lod2MultiSurface></bldg:Building>"
    );
    let without = document(&member(&building)).replace("srsName=", "other=");
    assert!(reason(&without).contains("--crs"), "{}", reason(&without));
}

#[test]
fn other_encodings_and_orders_of_axes_are_read() {
    let square = polygon("q", &[[0, 0, 0], [9, 0, 0], [9, 9, 0]]);
    let building = format!(
        "<bldg:Building gml:id=\"a\"><gml:name>济宁站</gml:name><bldg:lod2MultiSurface><gml:MultiSurface><gml:surfaceMember>{square}</gml:surfaceMember></gml:MultiSurface></bldg:lod2MultiSurface></bldg:Building>"
    );
    let text = document(&member(&building));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gbk.gml");
    let read = |bytes: &[u8]| -> (City, CityModelReport) {
        std::fs::write(&path, bytes).unwrap();
        make_city(std::slice::from_ref(&path), &CityModelOptions::default(), &mut Silent).unwrap()
    };
    let (gbk, _, _) = encoding_rs::GBK.encode(&text);
    let gbk =
        String::from_utf8_lossy(b"").into_owned().into_bytes().into_iter().chain(gbk.into_owned()).collect::<Vec<_>>();
    let declared: Vec<u8> = {
        let at = gbk.windows(5).position(|w| w == b"UTF-8").unwrap();
        [&gbk[..at], b"GBK", &gbk[at + 5..]].concat()
    };
    let utf16: Vec<u8> = std::iter::once(0xfeff)
        .chain(text.replace("UTF-8", "UTF-16").encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    for bytes in [text.as_bytes(), &declared, &utf16] {
        assert_eq!(read(bytes).0.models[0].name, "济宁站");
    }
    // Latitude first, as the authority has it.
    let degrees = text.replace("urn:ogc:def:crs,crs:EPSG::28992,crs:EPSG::5709", "urn:ogc:def:crs:EPSG::4490");
    let degrees = degrees
        .replace("155000 463000", "35.4 116.6")
        .replace("155009 463000", "35.4 116.601")
        .replace("155009 463009", "35.401 116.601");
    let (city, report) = read(degrees.as_bytes());
    assert_eq!(report.axes, AxisOrder::NorthFirst);
    assert!((city.origin.lon - 116.6).abs() < 0.01 && (city.origin.lat - 35.4).abs() < 0.01, "{:?}", city.origin);
}

#[test]
fn the_hague_arrives_whole() {
    let Some(path) = shared("DenHaag_01.gml.gz") else { return };
    let mut xml = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(&path).unwrap()).read_to_string(&mut xml).unwrap();
    let count = |tag: &str| xml.matches(tag).count();
    let objects = count("<bldg:Building ")
        + count("<bldg:BuildingPart ")
        + count("<dem:ReliefFeature ")
        + count("<dem:TINRelief ");
    let (city, report) = make_city(std::slice::from_ref(&path), &CityModelOptions::default(), &mut Silent).unwrap();
    assert_eq!((report.crs.as_str(), report.objects), ("EPSG:28992", objects));
    assert_eq!(city.models.len() + report.parents + city.findings.left_out.len(), objects);
    assert_eq!(city.findings.left_out, []);
    assert_eq!(city.models.iter().filter(|m| m.skin == Skin::Building).count(), count("<bldg:lod2Solid>"));
    // Every attribute that the file has: four heights of every solid, a slope and a direction of every roof.
    let numbers = |name: &str| city.models.iter().filter(|m| m.attributes.iter().any(|a| a.0 == name)).count();
    for name in ["RelativeEavesHeight", "AbsoluteEavesHeight", "RelativeRidgeHeight", "AbsoluteRidgeHeight"] {
        assert_eq!(numbers(name), count(&format!("name=\"{name}\"")), "{name}");
    }
    let slopes: usize = city
        .models
        .iter()
        .filter_map(|m| match m.attributes.iter().find(|a| a.0 == "surfaces") {
            Some((_, Attribute::Text(json))) => Some(json.matches("\"Slope\"").count()),
            _ => None,
        })
        .sum();
    assert_eq!(slopes, count("name=\"Slope\""));
    let roofs = city.models.iter().flat_map(|m| &m.levels[0]).filter(|f| f.kind == FacetKind::Roof).count();
    assert!(roofs >= count("<bldg:RoofSurface "), "{roofs}");
    assert!((city.origin.lon - 4.27).abs() < 0.05 && (city.origin.lat - 52.10).abs() < 0.05, "{:?}", city.origin);
    let out = tempfile::tempdir().unwrap();
    let summary =
        tiling::write_city(&city, &out.path().join("city"), &tiling::TilingOptions::default(), &mut Silent).unwrap();
    assert_eq!(summary.models + summary.left_out.len(), city.models.len(), "{:?}", summary.left_out);
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.path().join("city/report.json")).unwrap()).unwrap();
    let number = |name: &str| report[name].as_u64().unwrap() as usize;
    let left_out = report["left_out"].as_array().unwrap().len();
    assert_eq!(number("models") + number("stand_for_parts") + left_out, number("objects"));
}

fn sample() -> String {
    let square = polygon("q", &[[0, 0, 0], [9, 0, 0], [9, 9, 0], [0, 9, 0]]);
    document(&member(&format!(
        "<bldg:Building gml:id=\"a\"><gen:intAttribute name=\"n\"><gen:value>5</gen:value></gen:intAttribute><bldg:lod2Solid>\
         <gml:Solid><gml:exterior><gml:CompositeSurface><gml:surfaceMember>{square}</gml:surfaceMember><gml:surfaceMember \
         xlink:href=\"#q\"/></gml:CompositeSurface></gml:exterior></gml:Solid></bldg:lod2Solid></bldg:Building>"
    )))
}

proptest! {
    #[test]
    fn damaged_files_are_survived(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut bytes = sample().into_bytes();
        let n = bytes.len();
        let _: Result<_, TilerError> = city_of(&String::from_utf8_lossy(&bytes[..cut.index(n)]));
        bytes[at.index(n)] = byte;
        let _ = city_of(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn damaged_numbers_are_survived(which in any::<prop::sample::Index>(), value in any::<f64>()) {
        let text = sample();
        let digits: Vec<usize> = text.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(i, _)| i).collect();
        let i = digits[which.index(digits.len())];
        let _ = city_of(&format!("{}{value}{}", &text[..i], &text[i + 1..]));
    }

    #[test]
    fn moved_elements_are_survived(from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()) {
        let text = sample();
        let tags: Vec<usize> = text.match_indices('<').map(|(i, _)| i).collect();
        let (a, b) = (tags[from.index(tags.len())], tags[to.index(tags.len())]);
        let (a, b) = (a.min(b), a.max(b));
        let _ = city_of(&format!("{}{}{}", &text[..a], &text[b..], &text[a..b]));
    }
}

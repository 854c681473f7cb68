//! What is read in parts is what is read in one piece.

use super::{
    parts,
    tests::{document, member},
    whole,
};
use crate::{
    citymodel::{self, Opened, tests::shared},
    picture::Pictures,
};
use proptest::prelude::*;
use std::path::Path;

/// What is read in one piece, and in parts of so many bytes; `None` for what is wrong with a file.
fn both(path: &Path, size: usize) -> [Option<String>; 2] {
    let open = || -> Opened { citymodel::open(path).unwrap() };
    let told = |reading: super::objects::Reading| format!("{:#?}", reading.finish(Pictures::beside(path)));
    [whole(open()).ok().map(told), parts::read(open(), size).map(told)]
}

fn both_of(text: &str, size: usize) -> [Option<String>; 2] {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("city.gml");
    std::fs::write(&path, text).unwrap();
    both(&path, size)
}

/// A building of one surface; `b` and `s` are the ids, of which those that are empty are left out.
fn building(b: &str, s: &str, link: &str) -> String {
    let id = |id: &str| if id.is_empty() { String::new() } else { format!(" gml:id='{id}'") };
    member(&format!(
        "<bldg:Building{}><bldg:function>a &lt; b</bldg:function>
        <bldg:lod2MultiSurface><gml:MultiSurface><gml:surfaceMember><gml:Polygon{}><gml:exterior><gml:LinearRing>
        <gml:pos>155000 463000 1</gml:pos><gml:pos>155009 463000 1</gml:pos><gml:pos>155000 463009 1</gml:pos>
        <gml:pos>155000 463000 1</gml:pos></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
        <gml:surfaceMember xlink:href='#{link}'/></gml:MultiSurface></bldg:lod2MultiSurface>
        <bldg:consistsOfBuildingPart><bldg:BuildingPart/></bldg:consistsOfBuildingPart></bldg:Building>",
        id(b),
        id(s)
    ))
}

fn appearance(theme: &str, target: &str, red: &str) -> String {
    format!(
        "<app:appearanceMember><app:Appearance><app:theme>{theme}</app:theme><app:surfaceDataMember><app:X3DMaterial>
        <app:diffuseColor>{red} 0 0</app:diffuseColor><app:target>#{target}</app:target></app:X3DMaterial>
        </app:surfaceDataMember></app:Appearance></app:appearanceMember>"
    )
}

proptest! {
    #[test]
    fn parts_of_any_size_say_what_the_whole_says(
        members in prop::collection::vec((0..7u8, 0..4u8, 0..4u8), 0..12),
        size in 1..3000usize,
        placed in any::<bool>(),
    ) {
        let id = |n: u8| if n == 0 { String::new() } else { format!("s{n}") };
        let members: String = members.iter().map(|(kind, a, b)| match kind {
            0..=2 => building(&format!("b{a}"), &id(*a), &id(*b)),
            3 => building("", &id(*a), &id(*b)),
            4 => appearance(&format!("theme {a}"), &id(*b), &format!("0.{a}")),
            5 => "<!-- </CityModel> > ' --><?a '>?><cityObjectMember a='>' b=\"'/>\"/>".to_owned(),
            _ => "<gml:description><![CDATA[</CityModel><a>]]> it&apos;s</gml:description>".to_owned(),
        }).collect();
        let text = document(&members);
        let text = if placed { text } else { text.replace("srsName", "name") };
        let [whole, parts] = both_of(&text, size);
        prop_assert!(whole.is_some());
        prop_assert_eq!(whole, parts);
    }

    #[test]
    fn what_is_damaged_is_left_to_who_reads_it_in_one_piece(at in 0.0..1.0f64, byte in any::<u8>(), size in 1..3000usize) {
        let text = document(&[building("a", "x", "y"), building("b", "y", "x"), appearance("t", "x", "1")].concat());
        let mut bytes = text.into_bytes();
        let at = (at * bytes.len() as f64) as usize;
        bytes[at] = byte;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("city.gml");
        std::fs::write(&path, bytes).unwrap();
        let [whole, parts] = both(&path, size);
        prop_assert!(parts.is_none() || parts == whole);
    }
}

#[test]
fn what_cannot_be_cut_is_read_all_the_same() {
    let text = document(&building("a", "x", "y"));
    let [whole, parts] =
        both_of(&text.replacen("<CityModel", "<!DOCTYPE CityModel [<!ENTITY a '>'>]>\n<CityModel", 1), 1);
    assert!(whole.is_some_and(|w| w.contains("Polygon")) && parts.is_none());
    let root = text.split_once("<gml:name>").unwrap().0;
    assert_eq!(both_of(&root.replace(">\n<", "><").replacen("gml\">", "gml\"/>", 1), 1)[1], None);
    // After its end a file may hold what it likes.
    let [whole, parts] = both_of(&format!("{text}\n</a><b>"), 1);
    assert!(whole.is_some() && whole == parts);
}

#[test]
fn the_hague_in_parts() {
    let Some(path) = shared("DenHaag_01.gml.gz") else { return };
    let [whole, parts] = both(&path, parts::PART);
    assert!(whole.is_some() && whole == parts);
}

#[test]
fn what_never_ends_is_not_held() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deep.gml");
    // Deeper than any file is: read no further than that.
    let deep = "<a>".repeat(5_000_000);
    std::fs::write(&path, &deep).unwrap();
    assert!(both(&path, 1000) == [None, None]);
    // A root that is longer than what is in it.
    let long = document(&building("b", "s", "s"));
    let names: String = (0..9000).map(|k| format!(" note{k}='what{k}'")).collect();
    let root = long.find("CityModel").unwrap() + "CityModel".len();
    let long = format!("{}{names}{}", &long[..root], &long[root..]);
    assert!(long.len() > 1 << 17);
    std::fs::write(&path, &long).unwrap();
    let [whole, parts] = both(&path, 1000);
    assert!(whole.is_some() && parts.is_none());
}

#[test]
fn links_that_multiply_are_given_up() {
    let surfaces = |id: usize, links: &str| {
        member(&format!(
            "<gen:GenericCityObject><gen:lod2Geometry><gml:MultiSurface gml:id='m{id}'>{links}</gml:MultiSurface>
            </gen:lod2Geometry></gen:GenericCityObject>"
        ))
    };
    let link = |id: usize| format!("<gml:surfaceMember xlink:href='#m{id}'/>");
    let mut text: String = (0..31).map(|k| surfaces(k, &link(k + 1).repeat(2))).collect();
    text += &surfaces(
        31,
        "<gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing>
        <gml:posList>155000 463000 1 155009 463000 1 155000 463009 1 155000 463000 1</gml:posList>
        </gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>",
    );
    let [whole, parts] = both_of(&document(&text), 1000);
    assert!(whole.is_some() && whole == parts);
}

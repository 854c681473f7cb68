use crate::style::color::{byte, parse};
use crate::style::color_names::NAMES;

/// The list of the npm package color-name 2.
#[test]
fn every_css_name_has_its_colour() {
    let list = include_str!("css_colors.txt");
    let mut names = Vec::new();
    for line in list.lines() {
        let mut parts = line.split(' ');
        let name = parts.next().unwrap();
        let rgb: Vec<u8> = parts.map(|p| p.parse().unwrap()).collect();
        let [r, g, b, a] = parse(name).unwrap_or_else(|| panic!("{name}")).map(byte);
        assert_eq!((vec![r, g, b], a), (rgb, 255), "{name}");
        assert_eq!(parse(&name.to_uppercase()), parse(name));
        names.push(name);
    }
    names.sort_unstable();
    assert!(NAMES.iter().map(|(name, _)| *name).eq(names), "the same names, sorted");
}

#[test]
fn notations() {
    for (text, rgba) in [
        ("#fff", [255, 255, 255, 255]),
        ("#0F08", [0, 255, 0, 136]),
        ("#102030", [16, 32, 48, 255]),
        ("#10203040", [16, 32, 48, 64]),
        ("rgb(1,2,3)", [1, 2, 3, 255]),
        ("rgba( 1 , 2 , 3 , 0.5 )", [1, 2, 3, 128]),
        ("RGB(100%, 0%, 50%)", [255, 0, 128, 255]),
        ("rgb(1 2 3)", [1, 2, 3, 255]),
        ("hsl(0, 100%, 50%)", [255, 0, 0, 255]),
        ("hsl(240, 100%, 50%)", [0, 0, 255, 255]),
        ("hsla(60, 100%, 50%, 0.2)", [255, 255, 0, 51]),
        ("transparent", [0, 0, 0, 0]),
    ] {
        assert_eq!(parse(text).unwrap().map(byte), rgba, "{text}");
    }
    for text in [
        "",
        "#",
        "#1",
        "#12",
        "#12345",
        "#1234567",
        "#ggg",
        "#+12",
        "redd",
        "rgb",
        "rgb(",
        "rgb(1,2)",
        "rgb(a,b,c)",
        "hsl(1,2,3)",
        "rgb(1,2,3",
        "rgb(inf,1,1)",
    ] {
        assert_eq!(parse(text), None, "{text:?}");
    }
    assert_eq!([-1.0, 0.0, 0.5, 1.0, 2.0, f64::NAN].map(byte), [0, 0, 128, 255, 255, 0]);
}

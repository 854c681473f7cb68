//! What attributes mean: numbers as people write them, classes of roads, directions, kinds of sensors.

use crate::city::{Attribute, RoadClass};

/// The number in a value: `18.5`, `18,5 m`, `18.5米`, `６层`, `6F`.
pub(super) fn number(value: &Attribute) -> Option<f64> {
    match value {
        Attribute::Bool(_) => None,
        Attribute::Integer(i) => Some(*i as f64),
        Attribute::Number(x) => Some(*x),
        Attribute::Text(t) => {
            // Full-width digits and signs are what a Chinese keyboard writes.
            let half = |c: char| match c {
                '０'..='９' | '．' | '－' | '，' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
                c => c,
            };
            let text: String = t.trim().chars().map(half).collect();
            let end = text.find(|c: char| !(c.is_ascii_digit() || "+-.,".contains(c))).unwrap_or(text.len());
            let unit = text[end..].trim();
            let known = ["", "m", "米", "公尺", "层", "f", "floors", "storeys", "metres", "meters", "m."];
            known.contains(&unit.to_lowercase().as_str()).then(|| text[..end].replace(',', ".").parse().ok()).flatten()
        }
    }
    .filter(|x: &f64| x.is_finite())
}

/// A value as text.
pub(super) fn text(value: &Attribute) -> String {
    match value {
        Attribute::Bool(b) => b.to_string(),
        Attribute::Integer(i) => i.to_string(),
        // Codes that a table keeps as floating point are whole numbers still.
        Attribute::Number(x) if x.fract() == 0.0 && x.abs() < 9e15 => format!("{}", *x as i64),
        Attribute::Number(x) => x.to_string(),
        Attribute::Text(t) => t.trim().to_owned(),
    }
}

/// A value of a record.
pub(super) fn json(value: &Attribute) -> serde_json::Value {
    match value {
        Attribute::Bool(b) => (*b).into(),
        Attribute::Integer(i) => (*i).into(),
        Attribute::Number(x) => (*x).into(),
        Attribute::Text(t) => t.clone().into(),
    }
}

/// The class of a road by OpenStreetMap's words or those of Chinese city planning; `None` for any other word.
pub(super) fn road_class(word: &str) -> Option<RoadClass> {
    let word = word.trim().to_lowercase();
    let plain = word.strip_suffix("_link").unwrap_or(&word);
    let has = |parts: &[&str]| parts.iter().any(|p| plain.contains(p));
    Some(match plain {
        "unclassified" | "living_street" | "street" | "local" => RoadClass::Residential,
        "track" | "busway" => RoadClass::Service,
        "pedestrian" | "path" | "cycleway" | "steps" | "bridleway" => RoadClass::Footway,
        _ if has(&["高速", "motorway", "freeway"]) => RoadClass::Motorway,
        _ if has(&["快速", "trunk", "expressway"]) => RoadClass::Trunk,
        // Before 主干 and 支路: 次干路 is neither.
        _ if has(&["次干", "secondary"]) => RoadClass::Secondary,
        _ if has(&["主干", "primary", "arterial", "国道", "省道"]) => RoadClass::Primary,
        _ if has(&["支路", "支线", "县道", "tertiary", "collector"]) => RoadClass::Tertiary,
        _ if has(&["街巷", "背街", "小区", "胡同", "里弄", "巷", "乡道", "村道", "residential"]) => {
            RoadClass::Residential
        }
        _ if has(&["内部", "通道", "匝道", "service"]) => RoadClass::Service,
        _ if has(&["人行", "步行", "非机动", "自行车", "绿道", "footway", "footpath"]) => {
            RoadClass::Footway
        }
        _ => return None,
    })
}

/// The class that a road of a width usually has.
pub(super) fn road_class_by_width(width_m: f64) -> RoadClass {
    match width_m {
        w if w >= 30.0 => RoadClass::Primary,
        w if w >= 18.0 => RoadClass::Secondary,
        w if w >= 10.0 => RoadClass::Tertiary,
        w if w >= 4.0 => RoadClass::Residential,
        _ => RoadClass::Service,
    }
}

/// Whether and how a road is one-way: 1 along its points, -1 against them, 0 both; `None` for any other word.
pub(super) fn direction(value: &Attribute) -> Option<i8> {
    let word = match value {
        Attribute::Bool(b) => return Some(i8::from(*b)),
        other => text(other).to_lowercase(),
    };
    Some(match word.as_str() {
        "yes" | "true" | "1" | "y" | "t" | "f" | "ft" | "forward" | "是" | "单向" | "单行" | "单行线" | "单行道"
        | "顺向" => {
            // `F` is `forward` where `T` is `backward` (extracts of OpenStreetMap); as yes or no it comes as a boolean.
            if word == "t" { -1 } else { 1 }
        }
        "-1" | "reverse" | "backward" | "tf" | "逆向" | "反向" => -1,
        "no" | "false" | "0" | "n" | "b" | "both" | "否" | "双向" | "双行" => 0,
        _ => return None,
    })
}

/// The kind of a sensor, as records name it, by what people call it.
pub(super) fn sensor_kind(word: &str) -> Option<&'static str> {
    let word = word.trim().to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|p| word.contains(p));
    Some(match () {
        () if has(&["积水", "水位", "液位", "water"]) => "water_depth",
        () if has(&["扬尘", "粉尘", "pm10", "pm2.5", "dust"]) => "dust",
        () if has(&["噪声", "噪音", "noise"]) => "noise",
        () if has(&["满溢", "垃圾", "fill"]) => "fill_level",
        () if has(&["燃气", "可燃", "甲烷", "gas"]) => "gas",
        () => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let of = |t: &str| number(&Attribute::Text(t.into()));
        let found = ["18.5", " 18,5 m", "18.5米", "６层", "6F", "-3", "六层", "3-5", "", "12 栋"].map(of);
        let expected = [Some(18.5), Some(18.5), Some(18.5), Some(6.0), Some(6.0), Some(-3.0), None, None, None, None];
        assert_eq!(found, expected);
        assert_eq!(text(&Attribute::Number(370_811.0)), "370811");
    }

    #[test]
    fn classes_and_directions_are_known_in_both_languages() {
        let words = ["城市主干路", "次干路", "支路", "快速路", "trunk_link", "小区道路", "人行道", "cycleway", "主街"];
        let expected = [
            Some(RoadClass::Primary),
            Some(RoadClass::Secondary),
            Some(RoadClass::Tertiary),
            Some(RoadClass::Trunk),
            Some(RoadClass::Trunk),
            Some(RoadClass::Residential),
            Some(RoadClass::Footway),
            Some(RoadClass::Footway),
            None,
        ];
        assert_eq!(words.map(road_class), expected);
        let of = |t: &str| direction(&Attribute::Text(t.into()));
        assert_eq!(
            ["是", "双向", "F", "T", "B", "-1", "?"].map(of),
            [Some(1), Some(0), Some(1), Some(-1), Some(0), Some(-1), None]
        );
        assert_eq!(direction(&Attribute::Integer(1)), Some(1));
    }
}

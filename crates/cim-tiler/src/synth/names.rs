//! Names of streets, blocks and administrative areas.

use super::demo::{Name, Zone, demo};

/// The rank of the `index`-th of `count` streets of a direction, from the centre outwards: the known names belong there.
pub(super) fn from_centre(index: usize, count: usize) -> usize {
    let middle = count / 2;
    if index > middle { 2 * (index - middle) - 1 } else { 2 * (middle - index) }
}

/// The entry of a list that is begun anew at its end.
fn turn(list: &[String], index: usize) -> &str {
    list.get(index % list.len().max(1)).map_or("", String::as_str)
}

/// The name of the street of a direction that has this rank.
pub(super) fn street(index: usize, vertical: bool) -> String {
    let streets = &demo().streets;
    let list = if vertical { &streets.northward } else { &streets.eastward };
    match list.get(index) {
        Some(name) => name.clone(),
        None => {
            let i = (index - list.len()) * 2 + usize::from(vertical);
            let round = i / streets.prefixes.len().max(1);
            let again = round / streets.suffixes.len().max(1);
            let number = if again == 0 { String::new() } else { (again + 1).to_string() };
            format!("{}{number}{}", turn(&streets.prefixes, i), turn(&streets.suffixes, round))
        }
    }
}

/// The name of one part of a street.
pub(super) fn part(base: &str, vertical: bool, part: usize, parts: usize) -> String {
    let (first, last) = if vertical { ("南", "北") } else { ("西", "东") };
    let stem = base.trim_end_matches('路');
    let road = if stem.len() < base.len() { "路" } else { "" };
    match (part, parts) {
        (_, 1) => base.to_owned(),
        (0, _) => format!("{stem}{first}{road}"),
        (p, n) if p + 1 == n => format!("{stem}{last}{road}"),
        (1, 3) => format!("{stem}中{road}"),
        (p, _) => format!("{stem}中{road}{}段", ["一", "二", "三", "四", "五", "六", "七", "八", "九"][(p - 1) % 9]),
    }
}

/// The name of the `index`-th block, which is used for `zone`. Indices are unique among all blocks, so names are too.
pub(super) fn estate(index: usize, zone: Zone) -> String {
    let none = Vec::new();
    let (estates, words) = (&demo().estates, &demo().estate_words);
    let kinds = demo().block_names.get(&zone).unwrap_or(&none);
    let of_estate = index / estates.len().max(1);
    let (kind, round) = (turn(kinds, of_estate), of_estate / kinds.len().max(1));
    // The first has no word, then each word in turn, then all of it once more under a number.
    let (word, number) = match round {
        0 => ("", 1),
        n => (turn(words, n - 1), (n - 1) / words.len().max(1) + 1),
    };
    let name = turn(estates, index);
    match number {
        1 => format!("{name}{word}{kind}"),
        n if matches!(zone, Zone::School | Zone::Hospital) => format!("{name}{word}第{n}{kind}"),
        n => format!("{name}{word}{kind}{n}期"),
    }
}

/// The name of the `index`-th subdistrict (街道), from the centre outwards.
pub(super) fn subdistrict(index: usize) -> Name {
    let known = &demo().subdistricts;
    if let Some(name) = known.get(index) {
        return Name { zh: format!("{}街道", name.zh), en: format!("{} Subdistrict", name.en) };
    }
    let prefixes = &demo().streets.prefixes;
    let i = index - known.len();
    let kinds = ["城", "河", "山", "湖", "桥", "园", "阳", "兴"];
    let round = i / (prefixes.len().max(1) * kinds.len());
    let suffix = if round == 0 { String::new() } else { (round + 1).to_string() };
    let zh = format!("{}{}{suffix}街道", turn(prefixes, i), kinds[i / prefixes.len().max(1) % kinds.len()]);
    Name { zh, en: format!("Subdistrict {}", index + 1) }
}

/// The name of a community (社区) of a subdistrict.
pub(super) fn community(subdistrict: usize, index: usize) -> Name {
    let estates = &demo().estates;
    let i = subdistrict * 7 + index;
    let kinds = ["", "新", "东", "西"];
    let zh = format!("{}{}社区", turn(estates, i), kinds[i / estates.len().max(1) % kinds.len()]);
    Name { zh, en: format!("Community {}-{}", subdistrict + 1, index + 1) }
}

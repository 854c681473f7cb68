//! The property table of one tile.

use crate::city::{Area, AreaKind, Attribute, Building, Model, PlacedModel, Road};
use cim_model::EntityKey;
use std::collections::BTreeMap;
use tiles3d::write::{Column, FeatureColumns};

/// What a card calls several buildings that are one from afar.
const MASS_NAME: &str = "建筑群";

/// The property table of one tile, row by row.
#[derive(Default)]
pub(super) struct Rows {
    /// `None` of what is no object of the city by itself.
    key: Vec<Option<String>>,
    name: Vec<String>,
    class: Vec<String>,
    address: Vec<String>,
    height: Vec<f32>,
    floors: Vec<u16>,
    width: Vec<f32>,
    /// What sources say beyond that: by name, row and value.
    more: BTreeMap<String, Vec<(u32, Attribute)>>,
}

impl Rows {
    pub(super) fn count(&self) -> u32 {
        self.key.len() as u32
    }

    /// What a feature of the tile is.
    pub(super) fn entity(&self, feature: u32) -> Option<EntityKey> {
        self.key.get(feature as usize)?.as_ref()?.parse().ok()
    }

    fn push(&mut self, key: &EntityKey, name: &str, class: &str) {
        self.key.push(Some(key.to_string()));
        self.name.push(name.to_owned());
        self.class.push(class.to_owned());
    }

    /// What the source of the row that was just begun says beyond our own columns.
    fn attributes(&mut self, attributes: &[(String, Attribute)]) {
        let row = self.count() - 1;
        for (name, value) in attributes {
            self.more.entry(name.clone()).or_default().push((row, value.clone()));
        }
    }

    pub(super) fn building(&mut self, b: &Building) {
        self.push(&b.key, &b.name, &b.class);
        self.address.push(b.address.clone());
        self.height.push(b.top_m());
        self.floors.push(b.floors);
        self.attributes(&b.attributes);
    }

    pub(super) fn model(&mut self, m: &Model) {
        self.push(&m.key, &m.name, &m.class);
        self.address.push(m.address.clone());
        self.height.push(m.height_m);
        self.floors.push(m.floors);
        self.attributes(&m.attributes);
    }

    pub(super) fn placed(&mut self, m: &PlacedModel) {
        self.push(&m.key, &m.name, &m.class);
        self.address.push(m.address.clone());
        self.height.push(m.height_m() as f32);
        self.floors.push(0);
        self.attributes(&m.attributes);
    }

    /// What stands for several buildings from afar: it has no key, since it is none of them.
    pub(super) fn mass(&mut self, class: &str, height: f32, floors: u16) {
        self.key.push(None);
        self.name.push(MASS_NAME.to_owned());
        self.class.push(class.to_owned());
        self.address.push(String::new());
        self.height.push(height);
        self.floors.push(floors);
    }

    pub(super) fn area(&mut self, a: &Area) {
        self.push(&a.key, &a.name, if a.kind == AreaKind::Water { "水域" } else { "绿地" });
        self.width.push(0.0);
        self.attributes(&a.attributes);
    }

    pub(super) fn road(&mut self, r: &Road) {
        self.push(&r.key, &r.name, r.class.name());
        self.width.push(r.width_m);
        self.attributes(&r.attributes);
    }

    /// Columns that every row of this tile has.
    pub(super) fn columns(self) -> FeatureColumns {
        let count = self.key.len();
        let key = if self.key.iter().all(Option::is_some) {
            Column::Text(self.key.into_iter().flatten().collect())
        } else {
            Column::SomeText(self.key)
        };
        let columns = [
            ("key", key),
            ("name", Column::Text(self.name)),
            ("class", Column::Text(self.class)),
            ("address", Column::Text(self.address)),
            ("height", Column::F32(self.height)),
            ("floors", Column::U16(self.floors)),
            ("width", Column::F32(self.width)),
        ];
        let full = |c: &Column| match c {
            Column::Text(v) => v.len() == count,
            Column::F32(v) => v.len() == count,
            Column::U16(v) => v.len() == count,
            Column::SomeText(v) => v.len() == count,
            _ => false,
        };
        let mut columns: BTreeMap<String, Column> =
            columns.into_iter().filter(|(_, c)| full(c)).map(|(n, c)| (n.to_owned(), c)).collect();
        for (name, values) in self.more {
            // A source's own `name` or `height` stands beside ours, unless it says the same.
            let name = match columns.get(&name) {
                Some(ours) if says_the_same(ours, &values) => continue,
                Some(_) => format!("source.{name}"),
                None => name,
            };
            columns.insert(name, column(count, values));
        }
        FeatureColumns { count, columns }
    }
}

/// Whether a column of ours has all these values.
fn says_the_same(ours: &Column, values: &[(u32, Attribute)]) -> bool {
    let Column::Text(ours) = ours else { return false };
    values.iter().all(|(row, value)| matches!(value, Attribute::Text(text) if ours.get(*row as usize) == Some(text)))
}

/// A column of the narrowest type that holds all the values; text where they are of several types.
fn column(count: usize, values: Vec<(u32, Attribute)>) -> Column {
    fn spread<T: Clone>(count: usize, values: Vec<(u32, T)>) -> Vec<Option<T>> {
        let mut out = vec![None; count];
        for (row, value) in values {
            if let Some(slot) = out.get_mut(row as usize) {
                *slot = Some(value);
            }
        }
        out
    }
    let whole = |v: &(u32, Attribute)| matches!(v.1, Attribute::Integer(_));
    let number = |v: &(u32, Attribute)| matches!(v.1, Attribute::Integer(_) | Attribute::Number(_));
    let yes_or_no = |v: &(u32, Attribute)| matches!(v.1, Attribute::Bool(_));
    if values.iter().all(whole) {
        let integer = |(row, v)| if let Attribute::Integer(i) = v { (row, i) } else { (row, 0) };
        Column::I64(spread(count, values.into_iter().map(integer).collect()))
    } else if values.iter().all(number) {
        let float = |(row, v)| match v {
            Attribute::Integer(i) => (row, i as f64),
            Attribute::Number(x) => (row, x),
            _ => (row, f64::NAN),
        };
        Column::F64(spread(count, values.into_iter().map(float).collect()))
    } else if values.len() == count && values.iter().all(yes_or_no) {
        Column::Bool(values.into_iter().map(|v| v.1 == Attribute::Bool(true)).collect())
    } else {
        let text = |(row, v)| match v {
            Attribute::Text(s) => (row, s),
            Attribute::Bool(b) => (row, b.to_string()),
            Attribute::Integer(i) => (row, i.to_string()),
            Attribute::Number(x) => (row, x.to_string()),
        };
        Column::SomeText(spread(count, values.into_iter().map(text).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_source_says_as_we_do_is_there_once() {
        let columns = |names: [&str; 2]| {
            let text = |s: &str| Attribute::Text(s.into());
            let more = BTreeMap::from([("name".into(), vec![(0, text(names[0])), (1, text(names[1]))])]);
            let key = ["building:1", "building:2"].map(|k| Some(k.to_owned())).to_vec();
            let name = vec!["甲".to_owned(), "乙".to_owned()];
            Rows { key, name, more, ..Rows::default() }.columns().columns
        };
        assert!(matches!(&columns(["甲", "乙"])["name"], Column::Text(names) if names == &["甲", "乙"]));
        assert!(!columns(["甲", "乙"]).contains_key("source.name"));
        assert!(
            matches!(&columns(["甲", " 乙"])["source.name"], Column::SomeText(v) if v[1].as_deref() == Some(" 乙"))
        );
    }

    #[test]
    fn columns_are_as_narrow_as_their_values_allow() {
        let integer = |i| Attribute::Integer(i);
        let c = column(3, vec![(0, integer(4)), (2, integer(-5))]);
        assert!(matches!(c, Column::I64(v) if v == [Some(4), None, Some(-5)]));
        let c = column(2, vec![(0, integer(4)), (1, Attribute::Number(0.5))]);
        assert!(matches!(c, Column::F64(v) if v == [Some(4.0), Some(0.5)]));
        let c = column(2, vec![(0, Attribute::Bool(true)), (1, Attribute::Bool(false))]);
        assert!(matches!(c, Column::Bool(v) if v == [true, false]));
        let c = column(2, vec![(1, Attribute::Bool(true))]);
        assert!(matches!(c, Column::SomeText(v) if v == [None, Some("true".into())]));
        let c = column(2, vec![(0, integer(1)), (1, Attribute::Text("一".into()))]);
        assert!(matches!(c, Column::SomeText(v) if v == [Some("1".into()), Some("一".into())]));
    }
}

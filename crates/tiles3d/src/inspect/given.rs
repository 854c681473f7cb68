//! What the property tables of a subtree say of its tiles and contents in place of what follows from the division of the
//! implicit root (OGC 22-025r4, Tile metadata and Content metadata): volumes, geometric errors, transforms.

use super::{
    finding::{Findings, at},
    rules,
    volume::{Volume, numbers},
};
use crate::{
    Value,
    content::DecodeError,
    metadata::{PropertyTable, Schema},
};
use glam::DMat4;
use serde::Deserialize as _;
use serde_json::{Value as Json, json};

/// The tables of a subtree that its tiles and contents have.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) tiles: Option<Rows>,
    /// For each content of the tiles, as far as they have any.
    pub(super) contents: Vec<Option<Rows>>,
}

/// A table, one row for each available tile or content.
#[derive(Debug)]
pub(super) struct Rows {
    table: PropertyTable,
    index: usize,
}

/// The volumes that metadata gives.
#[derive(Debug, Default)]
pub(super) struct Volumes {
    /// Clients choose among several, so that each of them has to be right.
    pub(super) list: Vec<Volume>,
    /// There is one of a kind that is not looked into here.
    pub(super) has_other: bool,
}

impl Volumes {
    /// The volume that holds, `otherwise` where there is none in the metadata; `None` when it is not known.
    pub(super) fn effective(&self, otherwise: Option<&Volume>) -> Option<Volume> {
        let otherwise = otherwise.filter(|_| !self.has_other);
        self.list.first().or(otherwise).cloned()
    }
}

impl Given {
    /// Tables that cannot be read have been found by the rules of tables; they give nothing.
    pub(super) fn read<'a>(
        subtree: &Json,
        schema: Option<&Json>,
        view: &dyn Fn(usize) -> Result<&'a [u8], DecodeError>,
    ) -> Self {
        let tables = subtree.get("propertyTables");
        let is_used = ["tileMetadata", "contentMetadata"].iter().any(|key| subtree.get(*key).is_some());
        let Some(schema) = schema.filter(|_| is_used && tables.is_some()).and_then(|s| Schema::deserialize(s).ok())
        else {
            return Self::default();
        };
        let rows = |index: &Json| {
            let index = usize::try_from(index.as_u64()?).ok()?;
            let table = PropertyTable::read(tables?.get(index)?, &schema, view, &mut Vec::new()).ok()?;
            Some(Rows { table, index })
        };
        let contents = subtree.get("contentMetadata").and_then(Json::as_array);
        Self {
            tiles: subtree.get("tileMetadata").and_then(rows),
            contents: contents.into_iter().flatten().map(rows).collect(),
        }
    }
}

impl Rows {
    /// Where the table is in the subtree at `place`.
    pub(super) fn place(&self, place: &str) -> String {
        at(&at(place, "propertyTables"), self.index)
    }

    fn value(&self, row: u32, semantic: &str) -> Option<Value> {
        (row < self.table.count()).then_some(())?;
        self.table.get(row, self.table.by_semantic(semantic)?)
    }

    fn number(&self, row: u32, semantic: &str) -> Option<f64> {
        self.value(row, semantic)?.as_f64().filter(|x| x.is_finite())
    }

    /// The volumes of a row by the semantics that begin with `of`, `TILE` or `CONTENT`; `derived` is what follows from
    /// the division, which heights alone change. Breaches of the rules of a single volume are found at `place`.
    pub(super) fn volumes(
        &self,
        row: u32,
        of: &str,
        derived: Option<&Volume>,
        transform: &DMat4,
        place: &str,
        find: &mut Findings,
    ) -> Volumes {
        let has = |name: &str| self.value(row, &format!("{of}_{name}")).filter(|v| *v != Value::Null);
        let mut out = Volumes { has_other: has("BOUNDING_S2_CELL").is_some(), ..Volumes::default() };
        let mut add = |json: &Json, find: &mut Findings| {
            Volume::check(json, false, place, find);
            out.list.extend(Volume::parse(json, transform));
        };
        let mut region = None;
        for (name, key) in [("BOUNDING_BOX", "box"), ("BOUNDING_REGION", "region"), ("BOUNDING_SPHERE", "sphere")] {
            match has(name) {
                Some(Value::Array(values)) => {
                    let values: Vec<Option<f64>> = values.iter().map(Value::as_f64).collect();
                    let json = json!({ key: values });
                    if key == "region" {
                        region = numbers::<6>(json.get(key));
                    } else {
                        add(&json, find);
                    }
                }
                Some(_) => find.add(&rules::VALUE_TYPE, place, format!("{of}_{name} is no array of numbers")),
                None => {}
            }
        }
        let height = |name: &str| self.number(row, &format!("{of}_{name}"));
        let (low, high) = (height("MINIMUM_HEIGHT"), height("MAXIMUM_HEIGHT"));
        if region.is_none() && (low.is_some() || high.is_some()) {
            match derived {
                Some(Volume::Region(derived)) => region = Some(*derived),
                Some(_) => {}
                None => out.has_other = true,
            }
        }
        if let Some([w, s, e, n, bottom, top]) = region {
            // The division of a region around the antimeridian goes beyond it.
            let json = json!({ "region": [wrap(w), s, wrap(e), n, low.unwrap_or(bottom), high.unwrap_or(top)] });
            Volume::check(&json, false, place, find);
            out.list.extend(Volume::parse(&json, transform));
        }
        out
    }

    /// The geometric error that a tile is given, metres in its own frame.
    pub(super) fn error(&self, row: u32) -> Option<f64> {
        self.number(row, "TILE_GEOMETRIC_ERROR")
    }

    /// The transform that a tile is given.
    pub(super) fn transform(&self, row: u32) -> Option<DMat4> {
        let Value::Array(values) = self.value(row, "TILE_TRANSFORM")? else { return None };
        let values: Vec<f64> = values.iter().map(Value::as_f64).collect::<Option<_>>()?;
        let matrix = <[f64; 16]>::try_from(values).ok().map(|v| DMat4::from_cols_array(&v))?;
        matrix.is_finite().then_some(matrix)
    }
}

/// A longitude from -π to π, as regions have them.
fn wrap(longitude: f64) -> f64 {
    use std::f64::consts::{PI, TAU};
    if longitude > PI && longitude <= PI + TAU { longitude - TAU } else { longitude }
}

//! What metadata says of a tile or a content in place of what it would be otherwise (3D Metadata Semantic Reference).

use super::{Refine, s2::Cell, shape::Shape};
use crate::{Value, metadata::PropertyTable};
use glam::DMat4;

/// Whose properties they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Tile,
    Content,
}

/// What a volume is said to be.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Bounds {
    shape: Option<Shape>,
    cell: Option<Cell>,
    min_height: Option<f64>,
    max_height: Option<f64>,
}

/// Everything that metadata can say of a tile.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct TileOverrides {
    pub(super) bounds: Bounds,
    pub(super) geometric_error: Option<f64>,
    pub(super) refine: Option<Refine>,
    pub(super) transform: Option<DMat4>,
}

/// Everything that metadata can say of a content.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ContentOverrides {
    pub(super) bounds: Bounds,
    pub(super) uri: Option<String>,
    pub(super) group: Option<u32>,
}

/// The properties of a table that have a meaning here, looked up once for all rows.
#[derive(Debug, Default)]
pub(super) struct Meanings<'a>(Vec<(&'static str, &'a str)>);

const TILE: [&str; 9] = [
    "TILE_BOUNDING_BOX",
    "TILE_BOUNDING_REGION",
    "TILE_BOUNDING_SPHERE",
    "TILE_BOUNDING_S2_CELL",
    "TILE_MINIMUM_HEIGHT",
    "TILE_MAXIMUM_HEIGHT",
    "TILE_GEOMETRIC_ERROR",
    "TILE_REFINE",
    "TILE_TRANSFORM",
];

const CONTENT: [&str; 8] = [
    "CONTENT_BOUNDING_BOX",
    "CONTENT_BOUNDING_REGION",
    "CONTENT_BOUNDING_SPHERE",
    "CONTENT_BOUNDING_S2_CELL",
    "CONTENT_MINIMUM_HEIGHT",
    "CONTENT_MAXIMUM_HEIGHT",
    "CONTENT_URI",
    "CONTENT_GROUP_ID",
];

impl<'a> Meanings<'a> {
    pub(super) fn new(of: Of, table: &'a PropertyTable) -> Self {
        let all = if of == Of::Tile { &TILE[..] } else { &CONTENT[..] };
        Self(all.iter().filter_map(|semantic| Some((*semantic, table.by_semantic(semantic)?))).collect())
    }

    /// The value of a semantic in a row.
    pub(super) fn get(&self, table: &PropertyTable, row: u32, semantic: &str) -> Option<Value> {
        let (_, property) = self.0.iter().find(|(s, _)| *s == semantic)?;
        table.get(row, property)
    }
}

impl Bounds {
    fn read(of: Of, get: &dyn Fn(&str) -> Option<Value>) -> Self {
        let [obb, region, sphere, cell, low, high]: [&str; 6] = match of {
            Of::Tile => [TILE[0], TILE[1], TILE[2], TILE[3], TILE[4], TILE[5]],
            Of::Content => [CONTENT[0], CONTENT[1], CONTENT[2], CONTENT[3], CONTENT[4], CONTENT[5]],
        };
        let shape = numbers(get(obb)).and_then(|v| Shape::from_box(&v));
        let shape = shape.or_else(|| Shape::from_region(&numbers(get(region))?));
        let shape = shape.or_else(|| Shape::from_sphere(&numbers(get(sphere))?));
        let cell = match get(cell) {
            Some(Value::UInt(id)) => Cell::from_id(id),
            _ => None,
        };
        Self { shape, cell, min_height: number(get(low)), max_height: number(get(high)) }
    }

    /// The volume that results, `derived` being what it would be otherwise; `None` when metadata says nothing of it.
    ///
    /// Heights are put into a region or a cell that metadata gives, then into the one that it would be otherwise. A box
    /// or a sphere that metadata gives stands when there is nothing to put heights into.
    pub(super) fn apply(&self, derived: Option<&Shape>) -> Option<Shape> {
        let heights = |shape: &Shape| shape.with_heights(self.min_height, self.max_height);
        let cell = self.cell.and_then(|cell| {
            let (low, high) = match derived {
                Some(Shape::S2 { min_height, max_height, .. } | Shape::Region([.., min_height, max_height])) => {
                    (Some(*min_height), Some(*max_height))
                }
                _ => (None, None),
            };
            Shape::s2(cell, self.min_height.or(low)?, self.max_height.or(high)?)
        });
        let given = self.shape.clone().or(cell);
        given.as_ref().and_then(heights).or_else(|| derived.and_then(heights)).or(given)
    }
}

impl TileOverrides {
    /// By what the metadata has for a semantic.
    pub(super) fn read(get: &dyn Fn(&str) -> Option<Value>) -> Self {
        let refine = match number(get("TILE_REFINE")) {
            Some(0.0) => Some(Refine::Add),
            Some(1.0) => Some(Refine::Replace),
            _ => None,
        };
        let transform = numbers(get("TILE_TRANSFORM")).and_then(|v| <[f64; 16]>::try_from(v).ok());
        let transform = transform.filter(|v| v.iter().all(|x| x.is_finite() && x.abs() < 1e12));
        Self {
            bounds: Bounds::read(Of::Tile, get),
            geometric_error: number(get("TILE_GEOMETRIC_ERROR")).filter(|e| *e >= 0.0),
            refine,
            transform: transform.map(|v| DMat4::from_cols_array(&v)),
        }
    }
}

impl ContentOverrides {
    /// By what the metadata has for a semantic.
    pub(super) fn read(get: &dyn Fn(&str) -> Option<Value>) -> Self {
        let uri = match get("CONTENT_URI") {
            Some(Value::String(uri)) if !uri.is_empty() => Some(uri),
            _ => None,
        };
        let group = match get("CONTENT_GROUP_ID") {
            Some(Value::UInt(group)) => u32::try_from(group).ok(),
            _ => None,
        };
        Self { bounds: Bounds::read(Of::Content, get), uri, group }
    }
}

fn number(value: Option<Value>) -> Option<f64> {
    value?.as_f64().filter(|x| x.is_finite())
}

fn numbers(value: Option<Value>) -> Option<Vec<f64>> {
    let Value::Array(values) = value? else { return None };
    values.iter().map(Value::as_f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(pairs: &[(&str, Value)]) -> Bounds {
        Bounds::read(Of::Tile, &|semantic| pairs.iter().find(|(s, _)| *s == semantic).map(|(_, v)| v.clone()))
    }

    fn list(numbers: &[f64]) -> Value {
        Value::Array(numbers.iter().map(|x| Value::Float(*x)).collect())
    }

    #[test]
    fn heights_go_into_what_has_heights() {
        let derived = Shape::Region([0.0, 0.0, 0.1, 0.1, -10.0, 320.0]);
        let low = ("TILE_MINIMUM_HEIGHT", Value::Float(5.0));
        let high = ("TILE_MAXIMUM_HEIGHT", Value::Float(80.0));
        let sphere = ("TILE_BOUNDING_SPHERE", list(&[1.0, 2.0, 3.0, 4.0]));
        let region = ("TILE_BOUNDING_REGION", list(&[0.0, 0.0, 0.05, 0.05, 0.0, 1.0]));
        let put = |pairs: &[(&str, Value)]| bounds(pairs).apply(Some(&derived));
        assert_eq!(put(&[]), None);
        assert_eq!(put(std::slice::from_ref(&high)), Some(Shape::Region([0.0, 0.0, 0.1, 0.1, -10.0, 80.0])));
        assert_eq!(put(&[low.clone(), region.clone()]), Some(Shape::Region([0.0, 0.0, 0.05, 0.05, 5.0, 1.0])));
        assert_eq!(put(std::slice::from_ref(&sphere)), Shape::from_sphere(&[1.0, 2.0, 3.0, 4.0]));
        assert_eq!(put(&[sphere.clone(), low.clone()]), Some(Shape::Region([0.0, 0.0, 0.1, 0.1, 5.0, 320.0])));
        let cube = Shape::from_box(&[0.0; 12]).unwrap();
        assert_eq!(bounds(&[sphere.clone(), low]).apply(Some(&cube)), Shape::from_sphere(&[1.0, 2.0, 3.0, 4.0]));
        let cell = ("TILE_BOUNDING_S2_CELL", Value::UInt(3_383_782_026_967_071_427));
        let expected = Shape::s2(Cell::from_token("2ef59bd352b93ac3").unwrap(), -10.0, 80.0);
        assert_eq!(put(&[cell, high]), expected);
    }

    #[test]
    fn what_is_no_value_says_nothing() {
        assert_eq!(bounds(&[("TILE_BOUNDING_BOX", Value::Null)]), Bounds::default());
        let odd = TileOverrides::read(&|s| match s {
            "TILE_REFINE" => Some(Value::UInt(1)),
            "TILE_GEOMETRIC_ERROR" => Some(Value::Float(-1.0)),
            "TILE_TRANSFORM" => Some(list(&[1.0; 3])),
            _ => None,
        });
        assert_eq!(odd, TileOverrides { refine: Some(Refine::Replace), ..TileOverrides::default() });
    }
}

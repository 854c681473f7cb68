//! `3DTILES_batch_table_hierarchy`: features with classes, and with ancestors whose properties they inherit.

use super::{Component, Value, batch_table::Column};
use crate::Diagnostic;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// How many instances a lookup visits at most. Real hierarchies have a handful; a hostile one must not stall a click.
const MAX_VISITED: usize = 4096;
const PLACE: &str = "3DTILES_batch_table_hierarchy";
/// In place of a class: the file's class id is none.
const NO_CLASS: u32 = u32::MAX;

/// Classes, and the instances of them that features and their ancestors are. Feature n is instance n.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Hierarchy {
    classes: Vec<Class>,
    /// Class of each instance.
    class_ids: Vec<u32>,
    /// Which one of its class each instance is.
    class_rows: Vec<u32>,
    /// Where each instance's parents start in `parents`, and after the last their number; empty: there are none.
    first_parents: Vec<u32>,
    parents: Vec<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Class {
    name: String,
    columns: BTreeMap<String, Column>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    classes: Vec<RawClass>,
    instances_length: usize,
    class_ids: Json,
    parent_counts: Option<Json>,
    parent_ids: Option<Json>,
}

#[derive(Deserialize)]
struct RawClass {
    #[serde(default)]
    name: String,
    length: usize,
    #[serde(default)]
    instances: Map<String, Json>,
}

/// A reference to whole numbers in the binary body.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    byte_offset: usize,
    #[serde(default = "unsigned_short")]
    component_type: Component,
}

fn unsigned_short() -> Component {
    Component::UnsignedShort
}

impl Hierarchy {
    /// Reads the extension's object for a table of `features`. What can be left out is left out and named.
    ///
    /// # Errors
    /// The object, or one of the lists that hold it together, cannot be read.
    pub(super) fn read(json: Json, binary: &[u8], features: u32, found: &mut Vec<Diagnostic>) -> Result<Self, String> {
        let raw = Raw::deserialize(json).map_err(|e| e.to_string())?;
        let mut report = |what: String| found.push(Diagnostic::new("batch-table-hierarchy", PLACE, what));
        let count = raw.instances_length;
        let mut class_ids = numbers("classIds", &raw.class_ids, binary, count)?;
        if count < features as usize {
            report(format!("{count} instances for {features} features; the last features have no class"));
        }
        let classes: Vec<Class> = raw.classes.into_iter().map(|c| Class::read(c, binary, &mut report)).collect();

        let mut sizes = vec![0u32; classes.len()];
        let mut unknown = 0usize;
        let mut class_rows = Vec::with_capacity(count);
        for id in &mut class_ids {
            match sizes.get_mut(*id as usize) {
                Some(size) => {
                    class_rows.push(*size);
                    *size += 1;
                }
                None => {
                    unknown += 1;
                    *id = NO_CLASS;
                    class_rows.push(0);
                }
            }
        }
        if unknown > 0 {
            report(format!("{unknown} instances are of a class that does not exist; they have no properties"));
        }
        let mut hierarchy = Self { classes, class_ids, class_rows, first_parents: Vec::new(), parents: Vec::new() };
        if let Some(ids) = &raw.parent_ids {
            hierarchy.read_parents(raw.parent_counts.as_ref(), ids, binary, &mut report)?;
            let cut = hierarchy.cut_cycles();
            if cut > 0 {
                report(format!("the hierarchy has cycles, which is not allowed; {cut} parents were left out"));
            }
        }
        Ok(hierarchy)
    }

    fn read_parents(
        &mut self,
        counts: Option<&Json>,
        ids: &Json,
        binary: &[u8],
        report: &mut impl FnMut(String),
    ) -> Result<(), String> {
        let count = self.class_ids.len();
        let counts = match counts {
            Some(json) => numbers("parentCounts", json, binary, count)?,
            None => vec![1; count],
        };
        let total =
            counts.iter().try_fold(0u32, |sum, n| sum.checked_add(*n)).ok_or("the parentCounts are too large")?;
        let ids = numbers("parentIds", ids, binary, total as usize)?;
        let (mut wrong, mut rest) = (0usize, ids.as_slice());
        self.first_parents.reserve_exact(count + 1);
        self.first_parents.push(0);
        for (instance, n) in counts.into_iter().enumerate() {
            let (own, after) = rest.split_at_checked(n as usize).unwrap_or((rest, &[]));
            rest = after;
            for &parent in own {
                // An instance that is its own parent has none (the extension's own words).
                if (parent as usize) >= count {
                    wrong += 1;
                } else if parent as usize != instance {
                    self.parents.push(parent);
                }
            }
            self.first_parents.push(self.parents.len() as u32);
        }
        if wrong > 0 {
            report(format!("{wrong} parents do not exist; left out"));
        }
        Ok(())
    }

    fn parents(&self, instance: u32) -> &[u32] {
        let at = |i: usize| self.first_parents.get(i).map(|n| *n as usize);
        let range = at(instance as usize).zip(at(instance as usize + 1));
        range.and_then(|(from, to)| self.parents.get(from..to)).unwrap_or_default()
    }

    /// Takes out the parents that close a cycle; returns how many. What remains ends from wherever one starts.
    fn cut_cycles(&mut self) -> usize {
        #[derive(Clone, Copy, PartialEq)]
        enum Mark {
            New,
            Open,
            Done,
        }
        let mut marks = vec![Mark::New; self.class_ids.len()];
        let mut cut = HashSet::new();
        // Instance and which of its parents is next.
        let mut path: Vec<(u32, u32)> = Vec::new();
        for start in 0..self.class_ids.len() as u32 {
            if marks[start as usize] == Mark::New {
                path.push((start, 0));
            }
            while let Some((instance, next)) = path.last_mut() {
                let (of, k) = (*instance, *next);
                marks[of as usize] = Mark::Open;
                *next += 1;
                match self.parents(of).get(k as usize) {
                    None => {
                        marks[of as usize] = Mark::Done;
                        path.pop();
                    }
                    Some(&parent) => match marks[parent as usize] {
                        Mark::New => path.push((parent, 0)),
                        Mark::Open => drop(cut.insert(self.first_parents[of as usize] + k)),
                        Mark::Done => {}
                    },
                }
            }
        }
        if !cut.is_empty() {
            let mut kept = Vec::with_capacity(self.parents.len() - cut.len());
            let mut from = 0;
            for end in self.first_parents.iter_mut().skip(1) {
                kept.extend((from..*end).filter(|at| !cut.contains(at)).map(|at| self.parents[at as usize]));
                from = *end;
                *end = kept.len() as u32;
            }
            self.parents = kept;
        }
        cut.len()
    }

    /// Visits the instance that the feature is, then its ancestors, nearest first and none twice, until `visit` returns
    /// something.
    fn search<'a, T>(&'a self, feature: u32, mut visit: impl FnMut(&'a Class, u32) -> Option<T>) -> Option<T> {
        let mut seen = HashSet::new();
        let mut order = vec![feature];
        let mut next = 0;
        while let Some(&instance) = order.get(next).filter(|_| next < MAX_VISITED) {
            next += 1;
            let (id, row) = (*self.class_ids.get(instance as usize)?, *self.class_rows.get(instance as usize)?);
            if let Some(result) = self.classes.get(id as usize).and_then(|class| visit(class, row)) {
                return Some(result);
            }
            match self.parents(instance) {
                [] => {}
                // As long as there is one way up, nothing can be met twice.
                [only] if order.len() == next && seen.is_empty() => order.push(*only),
                parents => {
                    if seen.is_empty() {
                        seen.extend(order.iter().copied());
                    }
                    order.extend(parents.iter().take(MAX_VISITED).filter(|parent| seen.insert(**parent)));
                }
            }
        }
        None
    }

    /// Names of the properties of all classes, in any order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.classes.iter().flat_map(|class| class.columns.keys().map(String::as_str))
    }

    /// A property of a feature: its own or that of its nearest ancestor; a null gives way to the next one's value.
    pub(super) fn get(&self, feature: u32, name: &str, binary: &[u8]) -> Option<Value> {
        if !self.classes.iter().any(|class| class.columns.contains_key(name)) {
            return None;
        }
        let mut null = None;
        let found = self.search(feature, |class, row| match class.columns.get(name)?.get(row, binary)? {
            Value::Null => {
                null = Some(Value::Null);
                None
            }
            value => Some(value),
        });
        found.or(null)
    }

    /// All properties of a feature and its ancestors.
    pub(super) fn row(&self, feature: u32, binary: &[u8]) -> BTreeMap<&str, Value> {
        let mut row: BTreeMap<&str, Value> = BTreeMap::new();
        self.search(feature, |class, index| {
            for (name, column) in &class.columns {
                if row.get(name.as_str()).is_none_or(|v| *v == Value::Null)
                    && let Some(value) = column.get(index, binary)
                {
                    row.insert(name, value);
                }
            }
            None::<()>
        });
        row
    }

    /// Class names of the feature and its ancestors, nearest first, each once.
    pub(super) fn class_names(&self, feature: u32) -> Vec<&str> {
        let (mut names, mut seen) = (Vec::new(), BTreeSet::new());
        self.search(feature, |class, _| {
            if seen.insert(class.name.as_str()) {
                names.push(class.name.as_str());
            }
            None::<()>
        });
        names
    }

    /// Bytes that it takes beside the binary body.
    pub(super) fn byte_size(&self) -> usize {
        let class = |class: &Class| {
            let columns = class.columns.iter().map(|(name, column)| name.len() + column.byte_size());
            size_of::<Class>() + class.name.len() + columns.sum::<usize>()
        };
        let lists = self.class_ids.len() + self.class_rows.len() + self.first_parents.len() + self.parents.len();
        self.classes.iter().map(class).sum::<usize>() + lists * size_of::<u32>()
    }
}

impl Class {
    fn read(raw: RawClass, binary: &[u8], report: &mut impl FnMut(String)) -> Self {
        let mut columns = BTreeMap::new();
        for (name, value) in raw.instances {
            let mut odd = None;
            match Column::read(value, binary, raw.length, &mut odd) {
                Ok(column) => drop(columns.insert(name.clone(), column)),
                Err(why) => odd = Some(format!("{why}; left out")),
            }
            if let Some(why) = odd {
                report(format!("{name} of class {:?}: {why}", raw.name));
            }
        }
        Self { name: raw.name, columns }
    }
}

/// `count` whole numbers, in JSON or in the binary body.
fn numbers(what: &str, json: &Json, binary: &[u8], count: usize) -> Result<Vec<u32>, String> {
    let whole = |v: f64| {
        let fits = v >= 0.0 && v <= f64::from(u32::MAX) && v.fract() == 0.0;
        fits.then_some(v as u32).ok_or_else(|| format!("{what} has {v}, which is not a whole number"))
    };
    if let Json::Array(list) = json {
        if list.len() != count {
            return Err(format!("{what} has {} numbers where {count} are needed", list.len()));
        }
        return list.iter().map(|v| whole(v.as_f64().unwrap_or(-1.0))).collect();
    }
    let r = Reference::deserialize(json).map_err(|e| format!("{what}: {e}"))?;
    let size = r.component_type.size();
    let bytes = count
        .checked_mul(size)
        .and_then(|length| length.checked_add(r.byte_offset))
        .and_then(|end| binary.get(r.byte_offset..end))
        .ok_or_else(|| format!("{what}: {count} numbers do not fit into the binary body"))?;
    let number = |b| r.component_type.read(b).and_then(|v| v.as_f64()).unwrap_or(-1.0);
    bytes.chunks_exact(size).map(|b| whole(number(b))).collect()
}

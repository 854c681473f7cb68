//! `report.json`: what became of the source's objects, one by one.

use super::CitySummary;
use crate::city::Findings;
use cim_model::EntityKey;
use serde::Serialize;
use serde_json::{Value, json};

/// `objects` is the sum of everything below it, where the source's objects were counted.
#[derive(Serialize)]
pub(super) struct Report<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    objects: Option<usize>,
    /// Objects without a shape of their own that stand for the parts that they have.
    stand_for_parts: usize,
    buildings: usize,
    models: usize,
    roads: usize,
    areas: usize,
    /// What the city stands on.
    #[serde(skip_serializing_if = "str::is_empty")]
    terrain: &'a str,
    /// Trees and lamps have no keys: how many stand where the ground is open over a tunnel's ramp, and are not drawn.
    #[serde(skip_serializing_if = "is_none")]
    trees_over_ramps: usize,
    #[serde(skip_serializing_if = "is_none")]
    lamps_over_ramps: usize,
    left_out: Vec<Entry<'a>>,
    /// Objects that are in the tiles, though not quite as the source has them.
    mended: Vec<Entry<'a>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

#[derive(Serialize)]
struct Entry<'a> {
    key: String,
    reason: &'a str,
}

impl CitySummary {
    /// What was made as JSON, for machines: counts, bytes, and what was left out or mended, by key.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let list = |things: &[(EntityKey, &'static str)]| -> Vec<Value> {
            things.iter().map(|(key, reason)| json!({ "key": key.to_string(), "reason": reason })).collect()
        };
        json!({
            "buildings": self.buildings,
            "models": self.models,
            "roads": self.roads,
            "areas": self.areas,
            "tiles": self.tiles,
            "records": self.records,
            "cases": self.cases,
            "bytes": self.bytes,
            "resumed": self.resumed,
            "unchanged": self.unchanged,
            "terrain": self.terrain,
            "trees_over_ramps": self.trees_over_ramps,
            "lamps_over_ramps": self.lamps_over_ramps,
            "left_out": list(&self.left_out),
            "mended": list(&self.mended),
        })
    }
}

impl<'a> Report<'a> {
    pub(super) fn new(findings: &Findings, summary: &'a CitySummary) -> Self {
        let entry = |(key, reason): &'a (EntityKey, &'static str)| Entry { key: key.to_string(), reason };
        Self {
            objects: Some(findings.objects).filter(|n| *n > 0),
            stand_for_parts: findings.stand_for_parts,
            buildings: summary.buildings,
            models: summary.models,
            roads: summary.roads,
            areas: summary.areas,
            terrain: &summary.terrain,
            trees_over_ramps: summary.trees_over_ramps,
            lamps_over_ramps: summary.lamps_over_ramps,
            left_out: summary.left_out.iter().map(entry).collect(),
            mended: summary.mended.iter().map(entry).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cim_model::EntityKind;

    #[test]
    fn a_summary_for_machines_names_what_was_left_out() {
        let key = EntityKey::new(EntityKind::Building, "w1");
        let (left_out, mended) = (vec![(key.clone(), "it has no area")], Vec::new());
        let summary = CitySummary { buildings: 3, bytes: 4_096, left_out, mended, ..CitySummary::default() };
        let json = summary.to_json();
        assert_eq!((&json["buildings"], &json["bytes"], &json["mended"]), (&json!(3), &json!(4_096), &json!([])));
        assert_eq!(json["left_out"], json!([{ "key": key.to_string(), "reason": "it has no area" }]));
    }
}

//! `report.json`: what became of the source's objects, one by one.

use super::CitySummary;
use crate::city::Findings;
use cim_model::EntityKey;
use serde::Serialize;

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
    left_out: Vec<Entry<'a>>,
    /// Objects that are in the tiles, though not quite as the source has them.
    mended: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    key: String,
    reason: &'a str,
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
            left_out: summary.left_out.iter().map(entry).collect(),
            mended: summary.mended.iter().map(entry).collect(),
        }
    }
}

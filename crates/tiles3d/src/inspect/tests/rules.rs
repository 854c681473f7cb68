//! What is right finds nothing, and what is wrong finds its rule.

use super::{
    breaches::{all, child, edit},
    builder::*,
};
use crate::inspect::{InspectOptions, RULES, Severity, inspect};
use serde_json::json;
use std::collections::BTreeSet;

#[test]
fn what_is_right_finds_nothing() {
    for (name, files) in [("explicit", files()), ("implicit", implicit())] {
        let report = run(&files);
        assert_eq!(report.count(Severity::Error) + report.count(Severity::Warning), 0, "{name}: {report}");
    }
    let report = run(&implicit());
    assert_eq!(report.tree.tiles_by_depth, [1, 1]);
    assert_eq!((report.tree.leaves, report.tree.empty, report.tree.implicit_roots), (1, 0, 1));
    assert_eq!(report.files["subtree"].files, 2);
    let report = run(&files());
    assert_eq!(report.tree.tiles_by_depth, [1, 2, 1, 4]);
    assert_eq!((report.tree.leaves, report.tree.external_tilesets), (5, 1));
    assert_eq!(report.properties["name"].examples, [crate::Value::String("河".into())]);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["tree"]["tiles_by_depth"], json!([1, 2, 1, 4]));
    assert_eq!(json["files"]["b3dm"]["files"], 1);
}

#[test]
fn every_breach_is_found_and_every_rule_can_be_broken() {
    let mut broken = BTreeSet::new();
    for (i, (rule, files)) in all().into_iter().enumerate() {
        let max_tiles = if rule == "inspection-stopped" { 1 } else { 1000 };
        let report = run_with(&files, &InspectOptions { max_tiles, ..Default::default() });
        assert!(report.rules.contains_key(rule), "case {i}: {rule} is not among what was found: {report}");
        let defect = report.defects.iter().find(|d| d.rule == rule).unwrap();
        assert!(!defect.place.is_empty() && !defect.message.is_empty() && !defect.clause.is_empty());
        assert!(report.to_string().contains(rule), "it is printed");
        broken.insert(rule);
    }
    let all: BTreeSet<&str> = RULES.iter().map(|r| r.name).collect();
    assert_eq!(all.len(), RULES.len(), "names are unique");
    assert_eq!(broken, all);
}

#[test]
fn places_are_json_pointers() {
    let report = run(&edit(|t| child(t)["geometricError"] = json!(-1)));
    let defect = report.defects.iter().find(|d| d.rule == "json-out-of-range").unwrap();
    assert_eq!(defect.place, "tileset.json#/root/children/0/geometricError");
    assert_eq!(defect.clause, "OGC 22-025r4, tile.schema.json");
    assert_eq!(defect.severity, Severity::Error);
    assert!(!report.is_valid());
}

#[test]
fn a_defect_repeated_a_million_times_is_kept_a_thousand_times() {
    let tile = child(&mut tileset()).clone();
    let mut wrong = tile;
    wrong["geometricError"] = json!(-1);
    let report = run(&edit(|t| t["root"]["children"] = json!(vec![wrong; 3000])));
    assert_eq!(report.rules["json-out-of-range"], 3000);
    assert_eq!(report.defects.iter().filter(|d| d.rule == "json-out-of-range").count(), 1000);
}

#[test]
fn a_server_that_says_the_same_everywhere_comes_to_an_end() {
    let mut json = external();
    json["root"] = json["root"]["children"][0].take();
    json["root"]["refine"] = json!("ADD");
    json["root"]["content"]["uri"] = json!("deeper/tileset.json");
    let url = "http://h/tileset.json".parse().unwrap();
    let report = inspect(&url, &InspectOptions::default(), &mut |_| Ok(json.to_string().into_bytes()));
    assert_eq!(report.rules["external-tileset-cycle"], 1);
    assert_eq!(report.tree.external_tilesets, 64);
}

//! Regular expressions whose patterns are properties.

use super::columns::{Row, Table};
use crate::style::limits::{MAX_PATTERN_MEMORY, MAX_PATTERNS};
use crate::style::{Style, Value};
use serde_json::json;

fn style(expression: &str) -> Style {
    Style::parse(json!({ "show": expression }).to_string().as_bytes()).unwrap()
}

/// A table of so many features with the property `p`.
fn table(count: u32, p: impl Fn(u32) -> String) -> Table {
    Table { count, columns: [("p", (0..count).map(|n| Value::text(&p(n))).collect())].into() }
}

#[test]
fn a_column_of_few_patterns_is_searched_to_its_end() {
    let table = table(20_000, |n| format!("^{}$", n % 300));
    let bound = style("regExp(${p} + '').test('7')").bind(&table);
    let mut texels = vec![[0; 4]; 20_000];
    bound.apply(&mut texels);
    for (n, texel) in texels.iter().enumerate() {
        assert_eq!(texel[3] > 0, n % 300 == 7, "feature {n}");
    }
    assert_eq!(bound.errors(), None);
}

#[test]
fn a_column_of_many_patterns_ends_by_their_number() {
    let count = MAX_PATTERNS as u32 + 5_000;
    let table = table(count, |n| format!("{n}"));
    let style = style("regExp(${p} + '$').test('7')");
    let bound = style.bind(&table);
    let mut texels = vec![[0; 4]; count as usize];
    bound.apply(&mut texels);
    let hidden = texels.iter().filter(|texel| texel[3] == 0).count();
    assert_eq!(hidden, MAX_PATTERNS - 1, "all but the one that matches");
    let errors = bound.errors().unwrap();
    assert!(errors.patterns_spent, "{errors:?}");
    assert_eq!(errors.count, 5_000);
    assert!(errors.first.contains("more regular expressions"), "{}", errors.first);
    // Those that are compiled go on.
    bound.apply(&mut texels);
    assert_eq!(texels.iter().filter(|texel| texel[3] == 0).count(), hidden);
    assert!(!bound.evaluate(0).show);
    // One feature alone has the same to itself.
    assert!(!style.evaluate(&Row(&table, count - 1)).0.show);
}

#[test]
fn large_patterns_end_by_their_memory() {
    let table = table(2_000, |n| format!(r"(?:\s{{9}}.{n}){{5}}"));
    let bound = style("regExp(${p} + '').test('7')").bind(&table);
    let mut texels = vec![[0; 4]; 2_000];
    bound.apply(&mut texels);
    let errors = bound.errors().unwrap();
    assert!(errors.patterns_spent, "{errors:?}");
    let compiled = 2_000 - errors.count as usize;
    assert!((10..1_900).contains(&compiled), "{compiled} are compiled in {MAX_PATTERN_MEMORY} bytes");
}

#[test]
fn expressions_written_alike_are_equal() {
    let table = table(1, |_| "a".to_owned());
    for (expression, shown) in [
        ("regExp(${p}) === regExp('a')", true),
        ("regExp(${p}, 'i') === regExp('a')", false),
        ("regExp(${p}) === regExp('b')", false),
    ] {
        assert_eq!(style(expression).evaluate(&Row(&table, 0)).0.show, shown, "{expression}");
    }
}

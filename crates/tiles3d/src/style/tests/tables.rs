use super::fixture::{evaluate, same, show};

fn check(table: &str) -> usize {
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in table.lines().filter(|line| !line.is_empty()) {
        let (expression, expected) = line.rsplit_once("  =>  ").unwrap();
        let found = match evaluate(expression) {
            Ok(Ok(value)) => show(&value),
            Ok(Err(error)) => format!("error {error}"),
            Err(error) => format!("error {error}"),
        };
        let agrees = if expected == "error" { found.starts_with("error") } else { same(&found, expected) };
        if !agrees {
            wrong.push(format!("{expression}\n    is {found}\n    not {expected}"));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{} of {count} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    count
}

/// Expressions of the specification, of CesiumJS's own tests and others, each with the value that `Expression.evaluate` of
/// @cesium/engine 24.0.0 gives for the same feature.
#[test]
fn evaluates_as_cesium() {
    check(include_str!("expressions.txt"));
}

/// Expressions that CesiumJS cannot read or leaves to chance, with the values that the specification or JavaScript give.
#[test]
fn evaluates_what_cesium_leaves_open() {
    check(include_str!("beyond.txt"));
}

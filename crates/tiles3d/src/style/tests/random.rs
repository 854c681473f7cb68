//! Random texts and random expressions.

use super::fixture::{House, show, style_of};
use crate::style::Style;
use crate::style::ast::Expr;
use crate::style::parser;
use crate::style::variable::{Piece, Step, Variable};
use proptest::prelude::*;

/// Expressions that are mostly well formed, over the properties n (number), b (boolean), t (text) and m (anything).
pub(super) fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => prop::sample::select(vec!["${n}", "${b}", "${t}", "${m}", "${missing}", "${m}.x", "${m[0]}", "${tiles3d_tileset_time}"])
            .prop_map(str::to_owned),
        3 => (-100i32..100).prop_map(|i| format!("{}", f64::from(i) / 4.0)),
        2 => prop::sample::select(vec![
            "true", "false", "null", "undefined", "NaN", "Infinity", "Math.PI", "'a'", "'ab${t}'", "color('red')", "color()",
            "regExp('^a')", "vec2(1, 2)", "vec3(3)", "vec4(0.25)",
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(5, 48, 4, |inner| {
        let unary = prop::sample::select(vec![
            "-",
            "+",
            "!",
            "abs",
            "floor",
            "round",
            "sqrt",
            "sign",
            "length",
            "normalize",
            "Number",
            "String",
            "Boolean",
            "isNaN",
            "isFinite",
            "vec2",
            "vec3",
            "vec4",
            "color",
            "isClass",
        ]);
        let binary = prop::sample::select(vec![
            "+", "-", "*", "/", "%", "<", "<=", ">", ">=", "===", "!==", "&&", "||", "=~", "!~",
        ]);
        let function =
            prop::sample::select(vec!["min", "max", "pow", "atan2", "dot", "distance", "cross", "vec2", "color"]);
        let ternary = prop::sample::select(vec!["clamp", "mix", "rgb", "hsl", "vec3", "vec4"]);
        prop_oneof![
            (unary, inner.clone()).prop_map(|(f, x)| format!("{f}({x})")),
            (inner.clone(), binary.clone(), inner.clone()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            (inner.clone(), binary.clone(), inner.clone(), binary, inner.clone())
                .prop_map(|(a, p, b, q, c)| format!("{a} {p} {b} {q} {c}")),
            (function, inner.clone(), inner.clone()).prop_map(|(f, a, b)| format!("{f}({a}, {b})")),
            (ternary, inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(f, a, b, c)| format!("{f}({a}, {b}, {c})")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
            (inner.clone(), prop::sample::select(vec![".x", ".a", "[1]", "['y']", ".toString()"]))
                .prop_map(|(a, m)| format!("({a}){m}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[{a}, {b}]")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("regExp({a}).test({b})")),
        ]
    })
}

/// The expression with all its parentheses.
fn print(expr: &Expr) -> String {
    let list = |items: &[Expr]| items.iter().map(print).collect::<Vec<_>>().join(", ");
    match expr {
        Expr::Literal(value) => show(value),
        Expr::Template(pieces) => {
            let piece = |piece: &Piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Variable(_, whole) => format!("${{{whole}}}"),
            };
            format!("\"{}\"", pieces.iter().map(piece).collect::<String>())
        }
        Expr::Variable(Variable { name, qualified, path }, _) => {
            let mut text = if *qualified { format!("feature['{name}']") } else { name.clone() };
            for step in path {
                match step {
                    Step::Name(name) => text.push_str(&format!("['{name}']")),
                    Step::Index(index) => text.push_str(&format!("[{index}]")),
                }
            }
            format!("${{{text}}}")
        }
        Expr::Array(items) => format!("[{}]", list(items)),
        Expr::Unary(op, operand) => format!("({}({}))", op.symbol(), print(operand)),
        Expr::Chain(first, rest) => {
            let start = print(first);
            rest.iter().fold(start, |left, (op, right)| format!("({left} {} {})", op.symbol(), print(right)))
        }
        Expr::Conditional(arms, otherwise) => {
            let arms: String =
                arms.iter().map(|(test, value)| format!("{} ? {} : ", print(test), print(value))).collect();
            format!("({arms}{})", print(otherwise))
        }
        Expr::Member(object, name) => format!("({}).{name}", print(object)),
        Expr::Index(object, index) => format!("({})[{}]", print(object), print(index)),
        Expr::Call(builtin, arguments, _) => format!("{}({})", builtin.name, list(arguments)),
        Expr::Method(method, object, argument) => {
            let name = format!("{method:?}").to_lowercase().replace("totext", "toString");
            format!("({}).{name}({})", print(object), argument.as_ref().map_or_else(String::new, |a| print(a)))
        }
    }
}

fn outcome(source: &str) -> String {
    match style_of(source) {
        Ok(style) => match style.meta("value", &House).unwrap() {
            Ok(value) => show(&value),
            Err(error) => format!("failed: {error}"),
        },
        Err(error) => format!("refused: {:?}", error.kind),
    }
}

/// Everything that the lexer knows, to be shuffled.
const SCRAPS: [&str; 48] = [
    "(",
    ")",
    "[",
    "]",
    "${",
    "}",
    "${a",
    "${a}",
    "'",
    "\"",
    "`",
    "\\",
    ".",
    ",",
    "?",
    ":",
    "!",
    "-",
    "+",
    "*",
    "/",
    "%",
    "===",
    "!==",
    "<",
    ">=",
    "&&",
    "||",
    "=~",
    "!~",
    "=",
    "&",
    "1",
    "2.5e",
    "1e400",
    "true",
    "null",
    "NaN",
    "Math",
    "Math.PI",
    "abs(",
    "regExp(",
    ".test(",
    "color('red')",
    "vec2(",
    "高",
    "feature",
    " ",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn random_text_never_panics(text in any::<String>()) {
        drop(style_of(&text).map(|style| style.meta("value", &House)));
    }

    #[test]
    fn random_scraps_never_panic(scraps in prop::collection::vec(prop::sample::select(SCRAPS.to_vec()), 0..40)) {
        let text = scraps.concat();
        match style_of(&text) {
            Ok(style) => drop(style.meta("value", &House)),
            Err(error) => prop_assert!(error.column >= 1 && error.column <= text.chars().count() + 1, "{error:?}"),
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(Style::parse(&bytes));
    }

    #[test]
    fn random_patterns_never_panic(pattern in r"[\[\]()\\^$.|?*+{}a-cdwsbux0-9,:<>=!&~-]{0,20}", text in "[a-c0-9 ]{0,10}") {
        let quoted = serde_json::json!({"meta": {"value": format!("regExp(${{p}}).test('{text}')")}});
        struct Pattern(String);
        impl crate::style::StyleFeature for Pattern {
            fn property(&self, name: &str) -> Option<crate::style::Value> {
                (name == "p").then(|| crate::style::Value::text(&self.0))
            }
        }
        let style = Style::parse(quoted.to_string().as_bytes()).unwrap();
        if let Err(error) = style.meta("value", &Pattern(pattern)).unwrap() {
            prop_assert!(!error.to_string().contains('\n'));
        }
    }

    #[test]
    fn a_printed_expression_means_the_same(source in expression()) {
        if let Ok(expr) = parser::parse(&source) {
            let printed = print(&expr);
            prop_assert_eq!(outcome(&source), outcome(&printed), "{}", printed);
        }
    }
}

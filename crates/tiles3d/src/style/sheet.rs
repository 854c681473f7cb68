//! Styles: the JSON file with its properties and conditions.

use super::ast::Expr;
use super::bound::BoundStyle;
use super::compile::Compiler;
use super::error::{StyleError, StyleErrorKind as Kind};
use super::feature::{StyleFeature, StyleTable};
use super::limits::MAX_JSON_BYTES;
use super::look::FeatureStyle;
use super::node::{Node, Row};
use super::regexp::Patterns;
use super::{EvaluationError, RegExp, Value, parser};
use crate::Diagnostic;
use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

type Json = serde_json::Value;
type Object = serde_json::Map<String, Json>;

/// Properties of points and labels that CesiumJS has beyond the specification.
const LABELS: [&str; 23] = [
    "anchorLineColor",
    "anchorLineEnabled",
    "backgroundColor",
    "backgroundEnabled",
    "backgroundPadding",
    "disableDepthTestDistance",
    "distanceDisplayCondition",
    "font",
    "heightOffset",
    "horizontalOrigin",
    "image",
    "labelColor",
    "labelHorizontalOrigin",
    "labelOutlineColor",
    "labelOutlineWidth",
    "labelStyle",
    "labelText",
    "labelVerticalOrigin",
    "pointOutlineColor",
    "pointOutlineWidth",
    "scaleByDistance",
    "translucencyByDistance",
    "verticalOrigin",
];

/// A style, compiled. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Style {
    pub(super) sheet: Arc<Sheet>,
}

#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub(super) properties: Vec<String>,
    /// How many of the properties the look needs: those of `show`, `color` and `pointSize` come first.
    pub(super) look_properties: usize,
    pub(super) show: Option<Rule>,
    pub(super) color: Option<Rule>,
    pub(super) point_size: Option<Rule>,
    meta: BTreeMap<String, Rule>,
    labels: BTreeMap<String, Rule>,
    pub(super) asks_classes: bool,
    asks_time: bool,
    diagnostics: Vec<Diagnostic>,
}

/// The value of one property of a style: the first of the conditions that is met, or one expression.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) conditions: Vec<(Node, Node)>,
    pub(super) otherwise: Option<Node>,
}

impl Rule {
    /// The value for a row; `undefined` when no condition is met. A condition holds as in CesiumJS: by `Boolean(value)`.
    pub(super) fn evaluate(&self, row: &dyn Row) -> Result<Value, EvaluationError> {
        for (condition, value) in &self.conditions {
            if condition.evaluate(row)?.to_bool() {
                return value.evaluate(row);
            }
        }
        self.otherwise.as_ref().map_or(Ok(Value::Undefined), |node| node.evaluate(row))
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.conditions.iter().flat_map(|(condition, value)| [condition, value]).chain(&self.otherwise)
    }
}

impl Style {
    /// Reads and compiles a style.
    ///
    /// `defines` may refer to each other, but not in a circle; one that names itself means the feature's property of
    /// that name. Properties that neither the specification nor CesiumJS has are kept where they are expressions, and
    /// otherwise left out with a [`Diagnostic`].
    ///
    /// # Errors
    /// The first mistake, with its place in the JSON and its column in the expression.
    pub fn parse(json: &[u8]) -> Result<Self, StyleError> {
        if json.len() > MAX_JSON_BYTES {
            let message = format!("the style is larger than {MAX_JSON_BYTES} bytes");
            return Err(StyleError::json(Kind::TooLarge, "", message));
        }
        let json: Json = serde_json::from_slice(json)
            .map_err(|e| StyleError::json(Kind::Json, "", format!("the style is not valid JSON: {e}")))?;
        let Json::Object(object) = &json else {
            return Err(StyleError::json(Kind::Shape, "", format!("a style is an object, not {}", kind(&json))));
        };
        let defines = defines(object)?;
        let mut compiler = Compiler::new(&defines);
        let mut sheet = Sheet {
            show: named(object, "show", &mut compiler)?,
            color: named(object, "color", &mut compiler)?,
            point_size: named(object, "pointSize", &mut compiler)?,
            ..Sheet::default()
        };
        sheet.look_properties = compiler.properties.len();
        if let Some(meta) = object.get("meta") {
            let Json::Object(meta) = meta else { return Err(shape("meta", "an object of expressions", meta)) };
            for (name, value) in meta {
                let rule = rule(value, &format!("meta.{name}"), &mut compiler)?;
                sheet.meta.insert(name.clone(), rule);
            }
        }
        for (name, value) in object {
            match name.as_str() {
                "show" | "color" | "pointSize" | "meta" | "defines" | "extensions" | "extras" => {}
                name if LABELS.contains(&name) => {
                    sheet.labels.insert(name.to_owned(), rule(value, name, &mut compiler)?);
                }
                name => match rule(value, name, &mut compiler) {
                    Ok(rule) => drop(sheet.labels.insert(name.to_owned(), rule)),
                    Err(error) => {
                        let message = format!("the property is not known and no expression, and is left out: {error}");
                        sheet.diagnostics.push(Diagnostic::new("style-property-unknown", name, message));
                    }
                },
            }
        }
        sheet.properties = compiler.properties;
        let (mut asks_classes, mut asks_time) = (false, false);
        for rule in sheet.look() {
            for node in rule.nodes() {
                node.visit(&mut |node| match node {
                    Node::Time => asks_time = true,
                    Node::Call(builtin, _) => asks_classes |= builtin.asks_classes(),
                    _ => {}
                });
            }
        }
        (sheet.asks_classes, sheet.asks_time) = (asks_classes, asks_time);
        Ok(Self { sheet: Arc::new(sheet) })
    }

    /// Names of all properties that the style reads, those of `show`, `color` and `pointSize` first.
    #[must_use]
    pub fn properties(&self) -> &[String] {
        &self.sheet.properties
    }

    /// Whether the look changes with time and must be applied again in each frame.
    #[must_use]
    pub fn is_animated(&self) -> bool {
        self.sheet.asks_time
    }

    /// What was left out.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.sheet.diagnostics
    }

    /// Names of the `meta` properties, sorted.
    pub fn meta_names(&self) -> impl Iterator<Item = &str> {
        self.sheet.meta.keys().map(String::as_str)
    }

    /// A `meta` property of a feature; `None` when the style has none of that name.
    #[must_use]
    pub fn meta(&self, name: &str, feature: &dyn StyleFeature) -> Option<Result<Value, EvaluationError>> {
        Some(self.sheet.meta.get(name)?.evaluate(&FeatureRow::new(&self.sheet, feature)))
    }

    /// Names of the further properties of points and labels, such as `labelText`, sorted.
    pub fn label_names(&self) -> impl Iterator<Item = &str> {
        self.sheet.labels.keys().map(String::as_str)
    }

    /// A further property of a point or label, such as `labelText`; `None` when the style has none of that name.
    #[must_use]
    pub fn label(&self, name: &str, feature: &dyn StyleFeature) -> Option<Result<Value, EvaluationError>> {
        Some(self.sheet.labels.get(name)?.evaluate(&FeatureRow::new(&self.sheet, feature)))
    }

    /// The look of one feature. What cannot be evaluated keeps its default, and its error is returned beside the look.
    #[must_use]
    pub fn evaluate(&self, feature: &dyn StyleFeature) -> (FeatureStyle, Vec<EvaluationError>) {
        let mut errors = Vec::new();
        let look = FeatureStyle::evaluate(&self.sheet, &FeatureRow::new(&self.sheet, feature), &mut |e| errors.push(e));
        (look, errors)
    }

    /// Reads the columns that the look needs, once, so that it can be evaluated for many features.
    pub fn bind<T: StyleTable + ?Sized>(&self, table: &T) -> BoundStyle {
        BoundStyle::new(Arc::clone(&self.sheet), table)
    }
}

impl Sheet {
    fn look(&self) -> impl Iterator<Item = &Rule> {
        [&self.show, &self.color, &self.point_size].into_iter().flatten()
    }
}

fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}

fn shape(place: &str, wanted: &str, found: &Json) -> StyleError {
    StyleError::json(Kind::Shape, place, format!("this must be {wanted}, not {}", kind(found)))
}

/// The text of an expression; booleans and numbers stand for themselves.
fn source<'j>(json: &'j Json, place: &str) -> Result<Cow<'j, str>, StyleError> {
    match json {
        Json::String(text) => Ok(Cow::Borrowed(text)),
        Json::Bool(_) | Json::Number(_) => Ok(Cow::Owned(json.to_string())),
        other => Err(shape(place, "an expression, which is a string, a boolean or a number", other)),
    }
}

fn defines(object: &Object) -> Result<BTreeMap<String, Expr>, StyleError> {
    let Some(json) = object.get("defines") else { return Ok(BTreeMap::new()) };
    let Json::Object(json) = json else { return Err(shape("defines", "an object of expressions", json)) };
    let mut defines = BTreeMap::new();
    for (name, value) in json {
        let place = format!("defines.{name}");
        let text = source(value, &place)?;
        let expr = parser::parse(&text).map_err(|fault| StyleError::at(fault, &place, &text))?;
        defines.insert(name.clone(), expr);
    }
    let mut checker = Compiler::new(&defines);
    for (name, expr) in &defines {
        checker.check_define(name, expr).map_err(|fault| {
            let place = format!("defines.{name}");
            let text = json.get(name).and_then(|value| source(value, &place).ok()).unwrap_or_default();
            StyleError::at(fault, &place, &text)
        })?;
    }
    Ok(defines)
}

fn named(object: &Object, name: &str, compiler: &mut Compiler<'_>) -> Result<Option<Rule>, StyleError> {
    object.get(name).map(|json| rule(json, name, compiler)).transpose()
}

fn rule(json: &Json, place: &str, compiler: &mut Compiler<'_>) -> Result<Rule, StyleError> {
    let Json::Object(object) = json else {
        return Ok(Rule { conditions: Vec::new(), otherwise: Some(expression(json, place, compiler)?) });
    };
    let place = format!("{place}.conditions");
    let Some(Json::Array(conditions)) = object.get("conditions") else {
        return Err(StyleError::json(Kind::Shape, &place, "this must be an array of conditions"));
    };
    let mut rules = Vec::with_capacity(conditions.len());
    for (i, condition) in conditions.iter().enumerate() {
        let place = format!("{place}[{i}]");
        let Json::Array(pair) = condition else {
            return Err(shape(&place, "an array of a condition and a value", condition));
        };
        let [condition, value] = pair.as_slice() else {
            let message = format!("this must be a condition and a value, not {} items", pair.len());
            return Err(StyleError::json(Kind::Shape, &place, message));
        };
        let condition = expression(condition, &format!("{place}[0]"), compiler)?;
        rules.push((condition, expression(value, &format!("{place}[1]"), compiler)?));
    }
    Ok(Rule { conditions: rules, otherwise: None })
}

fn expression(json: &Json, place: &str, compiler: &mut Compiler<'_>) -> Result<Node, StyleError> {
    let text = source(json, place)?;
    let node = parser::parse(&text).and_then(|expr| compiler.compile(&expr));
    node.map_err(|fault| StyleError::at(fault, place, &text))
}

/// A feature as a row: each property is asked for once, when an expression needs it.
struct FeatureRow<'a> {
    sheet: &'a Sheet,
    feature: &'a dyn StyleFeature,
    classes: OnceCell<Cow<'a, [String]>>,
    known: RefCell<BTreeMap<usize, Value>>,
    patterns: RefCell<Patterns>,
}

impl<'a> FeatureRow<'a> {
    fn new(sheet: &'a Sheet, feature: &'a dyn StyleFeature) -> Self {
        Self { sheet, feature, classes: OnceCell::new(), known: RefCell::default(), patterns: RefCell::default() }
    }
}

impl Row for FeatureRow<'_> {
    fn property(&self, index: usize) -> Value {
        if let Some(value) = self.known.borrow().get(&index) {
            return value.clone();
        }
        let name = self.sheet.properties.get(index);
        let value = name.and_then(|name| self.feature.property(name)).unwrap_or(Value::Undefined);
        self.known.borrow_mut().insert(index, value.clone());
        value
    }

    fn time(&self) -> f64 {
        self.feature.time()
    }

    fn classes(&self) -> &[String] {
        self.classes.get_or_init(|| self.feature.classes())
    }

    fn regexp(&self, pattern: &str, flags: &str) -> Result<Arc<RegExp>, String> {
        self.patterns.borrow_mut().get(pattern, flags)
    }
}

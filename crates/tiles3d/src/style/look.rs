//! The look of a feature.

use super::EvaluationError;
use super::node::Row;
use super::operators::mismatch;
use super::sheet::Sheet;
use super::value::Value;

/// What a style says about the look of a feature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FeatureStyle {
    /// Whether it is drawn.
    pub show: bool,
    /// Its colour and opacity, sRGB from 0 to 1 with straight alpha, as CesiumJS multiplies it with the feature's own;
    /// `None` when the style leaves the colour alone.
    pub color: Option<[f32; 4]>,
    /// Diameter of its points in pixels; `None` when the style leaves it alone (the default is 1).
    pub point_size: Option<f32>,
}

impl Default for FeatureStyle {
    fn default() -> Self {
        Self { show: true, color: None, point_size: None }
    }
}

impl FeatureStyle {
    /// Evaluates a row; what fails is told and keeps its default.
    pub(super) fn evaluate(sheet: &Sheet, row: &dyn Row, failed: &mut dyn FnMut(EvaluationError)) -> Self {
        let show = or_default(show(sheet, row), true, failed);
        let color = or_default(color(sheet, row), None, failed);
        let point_size = or_default(point_size(sheet, row), None, failed);
        Self { show, color: color.map(|rgba| rgba.map(unit)), point_size: point_size.map(|size| size as f32) }
    }
}

pub(super) fn or_default<T>(
    result: Result<T, EvaluationError>,
    default: T,
    failed: &mut dyn FnMut(EvaluationError),
) -> T {
    result.unwrap_or_else(|error| {
        failed(error);
        default
    })
}

/// Whether a feature is shown. As in CesiumJS any value counts by `Boolean(value)`, and no value shows it.
pub(super) fn show(sheet: &Sheet, row: &dyn Row) -> Result<bool, EvaluationError> {
    let Some(rule) = &sheet.show else { return Ok(true) };
    let value = rule.evaluate(row)?;
    Ok(matches!(value, Value::Undefined | Value::Null) || value.to_bool())
}

/// The colour of a feature, not yet clamped; none where the style gives no value.
pub(super) fn color(sheet: &Sheet, row: &dyn Row) -> Result<Option<[f64; 4]>, EvaluationError> {
    let Some(rule) = &sheet.color else { return Ok(None) };
    match rule.evaluate(row)? {
        Value::Undefined | Value::Null => Ok(None),
        Value::Vector(v) if v.as_vec4().is_some() => Ok(v.as_vec4()),
        other => Err(mismatch("color", &[other])),
    }
}

/// The size of a feature's points; none where the style gives no number.
pub(super) fn point_size(sheet: &Sheet, row: &dyn Row) -> Result<Option<f64>, EvaluationError> {
    let Some(rule) = &sheet.point_size else { return Ok(None) };
    match rule.evaluate(row)? {
        Value::Undefined | Value::Null => Ok(None),
        Value::Number(size) => Ok((!size.is_nan()).then_some(size)),
        other => Err(mismatch("pointSize", &[other])),
    }
}

/// A component as a number from 0 to 1; what is no number is 0.
fn unit(x: f64) -> f32 {
    if x.is_nan() { 0.0 } else { x.clamp(0.0, 1.0) as f32 }
}

//! Rows of a table that place model files.

use super::{
    feature::{Feature, Position, Reason},
    make::{Made, NULL_ISLAND, Work},
    mapping::{Kind, Role},
    place::NOT_OF_CRS,
    values,
};
use crate::city::PlacedModel;
use std::path::Path;

const NO_MODEL: Reason = "it names no model file";
const NO_SCALE: Reason = "its scale is no number above 0 and up to 10000";
/// Times that a model may be enlarged.
const LARGEST_SCALE: f64 = 10_000.0;
/// Metres above or below the ground that a model may stand at.
const HIGHEST_M: f64 = 10_000.0;

impl Made {
    /// Places the model that a feature names.
    pub(super) fn place_model(
        &mut self,
        feature: &Feature,
        at: Position,
        made: &mut usize,
        work: &mut Work<'_>,
    ) -> Result<(), Reason> {
        if at == [0.0, 0.0] {
            return Err(NULL_ISLAND);
        }
        let place = work.crs.place(at).ok_or(NOT_OF_CRS)?;
        let file = work.plan.text(feature, Role::Model).ok_or(NO_MODEL)?;
        let scale = match work.plan.value(feature, Role::Scale) {
            None => 1.0,
            Some(value) => values::number(value).filter(|s| *s > 0.0 && *s <= LARGEST_SCALE).ok_or(NO_SCALE)?,
        };
        let folder = work.report.path.parent().unwrap_or(Path::new("")).to_owned();
        let shape = self.library.get(&folder, &file)?;
        let above_m = number(feature, Role::Height, work, |h| h.abs() <= HIGHEST_M);
        let heading_deg = number(feature, Role::Heading, work, |h| h.abs() <= 1e6);
        let class = work.plan.class(feature).unwrap_or_else(|| "模型".into());
        let name = work.plan.name(feature).unwrap_or_else(|| class.clone());
        let address = work.plan.text(feature, Role::Address).unwrap_or_default();
        let key = self.key(feature, Kind::Model, made, work);
        let attributes = feature.attributes.clone();
        self.placed.push(PlacedModel {
            key,
            name,
            class,
            address,
            shape,
            place,
            above_m,
            heading_deg,
            scale,
            attributes,
        });
        Ok(())
    }
}

/// The number of a role; 0 where none is said, and with a note where what is said is none that is allowed.
fn number(feature: &Feature, role: Role, work: &mut Work<'_>, allowed: impl Fn(f64) -> bool) -> f64 {
    let Some(value) = work.plan.value(feature, role) else { return 0.0 };
    match values::number(value).filter(|x| allowed(*x)) {
        Some(x) => x,
        None => {
            let value = values::text(value);
            work.odd(role, &value);
            0.0
        }
    }
}

//! Cells of the unit grid (万米单元网格): tens of thousands of them, so each becomes a feature only when it is written.

use super::{Feature, Geometry};
use cim_model::{EntityKey, EntityKind, Place};
use std::sync::Arc;

/// A cell of the unit grid.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitCell {
    /// Its 15 digits: county, subdistrict, community and number, as a number (GB/T 30428.1).
    pub code: u64,
    /// Its outline, counter-clockwise; the first corner is not repeated.
    pub ring: [Place; 8],
    /// Its area.
    pub area_m2: f32,
    /// What most of it is used for (用地类别).
    pub landuse: &'static str,
    /// How closely it is looked after (管理等级).
    pub level: &'static str,
    /// Who walks it.
    pub inspector: Arc<str>,
    /// The subdistrict that it lies in.
    pub subdistrict: Arc<str>,
    /// The community that it lies in.
    pub community: Arc<str>,
}

impl UnitCell {
    /// Its key.
    #[must_use]
    pub fn key(&self) -> EntityKey {
        EntityKey::new(EntityKind::Grid, format!("{:015}", self.code))
    }

    /// What a person calls it.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}{}{:03}网格", self.subdistrict, self.community, self.code % 1000)
    }

    /// The cell with its attributes.
    #[must_use]
    pub fn feature(&self) -> Feature {
        let key = self.key();
        let code = key.id.clone();
        Feature::new(key, self.name(), Geometry::Polygon(vec![self.ring.to_vec()]))
            .with("code", code)
            .with("area_m2", f64::from(self.area_m2).round())
            .with("landuse", self.landuse)
            .with("mgmt_level", self.level)
            .with("inspector", self.inspector.as_ref())
            .with("subdistrict", self.subdistrict.as_ref())
    }
}

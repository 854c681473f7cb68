//! Unit grid cells (万米单元网格): the quarters of the blocks, about 10,000 m² each.

use super::{
    Survey,
    index::PolygonIndex,
    people::{self, office, seat},
};
use crate::{
    records::UnitCell,
    synth::{
        districts::{self, Community, Subdistrict},
        plan::bend,
        squares::Rings,
    },
    workers,
};
use cim_model::{EntityKey, EntityKind};
use std::sync::Arc;

/// Cells that one inspector walks.
const CELLS_PER_INSPECTOR: usize = 12;

/// What other records need of a cell.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) code: u64,
    pub(super) inspector: Arc<str>,
    pub(super) subdistrict: Arc<str>,
    pub(super) community: Arc<str>,
    pub(super) subdistrict_number: u64,
}

impl Cell {
    pub(super) fn key(&self) -> EntityKey {
        EntityKey::new(EntityKind::Grid, format!("{:015}", self.code))
    }
}

/// The unit grid.
pub(super) struct Grid {
    pub(super) cells: Vec<Cell>,
    pub(super) polygons: PolygonIndex,
    uses: Vec<&'static str>,
}

impl Grid {
    pub(super) fn new(survey: &Survey<'_>) -> Self {
        let plan = survey.given.plan;
        let (mut cells, mut rings) = (Vec::new(), Rings::default());
        for subdistrict in districts::subdistricts(plan) {
            for community in districts::communities(&subdistrict) {
                community_cells(survey, (&subdistrict, &community), &mut cells, &mut rings);
            }
        }
        let polygons = PolygonIndex::new(rings);
        let uses = land_uses(survey, &polygons);
        Self { cells, polygons, uses }
    }

    /// The cell that a place lies in.
    pub(super) fn at(&self, p: [f64; 2]) -> Option<&Cell> {
        self.polygons.at(p).map(|i| &self.cells[i])
    }

    /// The cells as they are recorded.
    pub(super) fn into_records(self, survey: &Survey<'_>) -> Vec<UnitCell> {
        let extent = survey.given.plan.half_extent();
        let Self { cells, polygons, uses } = self;
        workers::consume(cells, |i, cell| {
            let centre = polygons.centre(i);
            let level = match centre[0].hypot(centre[1]) / extent {
                d if d < 0.3 => "一级",
                d if d < 0.7 => "二级",
                _ => "三级",
            };
            let ring = &polygons.rings[i];
            UnitCell {
                code: cell.code,
                ring: std::array::from_fn(|k| survey.given.site.place(ring[k % ring.len()])),
                area_m2: (0.5 * crate::mesh::twice_area(ring).abs()) as f32,
                landuse: uses[i],
                level,
                inspector: cell.inspector,
                subdistrict: cell.subdistrict,
                community: cell.community,
            }
        })
    }
}

/// The cells of a community, numbered from west to east and from north to south, as the standard has it.
fn community_cells(
    survey: &Survey<'_>,
    (subdistrict, community): (&Subdistrict, &Community),
    cells: &mut Vec<Cell>,
    rings: &mut Rings,
) {
    let [columns, rows] = [community.blocks.columns, community.blocks.rows];
    let first = community.code.parse::<u64>().unwrap_or_default() * 1000;
    let names: [Arc<str>; 2] = [subdistrict.name.zh.as_str().into(), community.name.zh.as_str().into()];
    let mut inspector: Arc<str> = "".into();
    let mut order: usize = 0;
    for j in (2 * rows[0]..2 * rows[1]).rev() {
        for i in 2 * columns[0]..2 * columns[1] {
            if order.is_multiple_of(CELLS_PER_INSPECTOR) {
                let walk = (subdistrict.number * 100 + community.number) * 100 + order / CELLS_PER_INSPECTOR;
                inspector = people::name(seat(office::INSPECTOR, walk as u64)).into();
            }
            order += 1;
            cells.push(Cell {
                code: first + order as u64,
                inspector: Arc::clone(&inspector),
                subdistrict: Arc::clone(&names[0]),
                community: Arc::clone(&names[1]),
                subdistrict_number: subdistrict.number as u64,
            });
            rings.push(ring(survey, i, j));
        }
    }
}

/// The outline of a quarter of a block: half columns and half rows. Its edges pass through the same points as the
/// streets and the neighbours', so that no gap opens between them.
fn ring(survey: &Survey<'_>, i: usize, j: usize) -> Vec<[f64; 2]> {
    let plan = survey.given.plan;
    let (x, y) = (2 * i, 2 * j);
    [(0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (1, 2), (0, 2), (0, 1)]
        .map(|(dx, dy)| bend([districts::along(&plan.columns, x + dx), districts::along(&plan.rows, y + dy)]))
        .to_vec()
}

/// What most of the built area of a cell is used for; else water or green.
fn land_uses(survey: &Survey<'_>, polygons: &PolygonIndex) -> Vec<&'static str> {
    const USES: [&str; 4] = ["住宅用地", "商业服务业用地", "公共管理与公共服务用地", "工业用地"];
    let mut built = vec![[0.0; 4]; polygons.rings.len()];
    for (i, b) in survey.given.buildings.iter().enumerate() {
        let kind = match b.class.as_str() {
            "商业" | "商铺" | "办公" => 1,
            "学校" | "医院" | "公共" => 2,
            "工业" => 3,
            _ => 0,
        };
        if let Some(cell) = polygons.at(survey.buildings.centre(i)) {
            built[cell][kind] += crate::mesh::twice_area(&survey.buildings.rings[i]).abs();
        }
    }
    let metres = |a: &crate::city::Area| a.ring.iter().map(|p| survey.given.site.metres(*p)).collect::<Vec<_>>();
    let parks: Rings = survey.given.areas.iter().filter(|a| a.name.ends_with("公园")).map(metres).collect();
    let parks = PolygonIndex::new(parks);
    (0..polygons.rings.len())
        .map(|i| {
            let centre = polygons.centre(i);
            let most = (0..4).max_by(|a, b| built[i][*a].total_cmp(&built[i][*b])).unwrap_or(0);
            if survey.in_water(centre, 0.0) {
                "水域"
            } else if parks.at(centre).is_some() {
                "绿地与广场用地"
            } else if built[i][most] > 0.0 {
                USES[most]
            } else {
                "待建用地"
            }
        })
        .collect()
}

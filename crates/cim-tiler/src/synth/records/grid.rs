//! Unit grid cells (万米单元网格): the quarters of the blocks, about 10,000 m² each.

use super::{
    Survey,
    index::PolygonIndex,
    people::{self, office, seat},
};
use crate::{
    records::{Feature, Geometry},
    ring::inside,
    synth::{names, plan::bend},
};
use cim_model::{EntityKey, EntityKind};

/// Blocks along the edge of a community, and communities along the edge of a subdistrict.
const COMMUNITY_BLOCKS: usize = 3;
const SUBDISTRICT_COMMUNITIES: usize = 3;
/// Rencheng District.
const DISTRICT: &str = "370811";
/// Cells that one inspector walks.
const CELLS_PER_INSPECTOR: usize = 12;

/// What other records need of a cell.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) key: EntityKey,
    pub(super) name: String,
    pub(super) inspector: String,
    pub(super) subdistrict: String,
    pub(super) subdistrict_number: u64,
}

/// The unit grid.
pub(super) struct Grid {
    pub(super) cells: Vec<Cell>,
    pub(super) polygons: PolygonIndex,
    features: Vec<Feature>,
}

impl Grid {
    pub(super) fn new(survey: &Survey<'_>) -> Self {
        let plan = survey.given.plan;
        let (columns, rows) = (plan.columns.len() - 1, plan.rows.len() - 1);
        let mut cells = Vec::new();
        let mut rings = Vec::new();
        let mut areas = Vec::new();
        for (number, sub) in subdistricts(columns, rows).into_iter().enumerate() {
            let subdistrict = names::subdistrict(number);
            for k in 0..SUBDISTRICT_COMMUNITIES * SUBDISTRICT_COMMUNITIES {
                let community = names::community(number, k);
                let west = 2 * COMMUNITY_BLOCKS * (sub.0 * SUBDISTRICT_COMMUNITIES + k % SUBDISTRICT_COMMUNITIES);
                let south = 2 * COMMUNITY_BLOCKS * (sub.1 * SUBDISTRICT_COMMUNITIES + k / SUBDISTRICT_COMMUNITIES);
                let mut order = 0;
                // Numbered from west to east and from north to south within a community, as the standard has it.
                for j in (south..(south + 2 * COMMUNITY_BLOCKS).min(2 * rows)).rev() {
                    for i in west..(west + 2 * COMMUNITY_BLOCKS).min(2 * columns) {
                        order += 1;
                        let code = format!("{DISTRICT}{:03}{:03}{order:03}", number + 1, k + 1);
                        let ring = ring(survey, i, j);
                        let walk = (number * 9 + k) * 16 + (order - 1) / CELLS_PER_INSPECTOR;
                        cells.push(Cell {
                            key: EntityKey::new(EntityKind::Grid, code),
                            name: format!("{subdistrict}{community}{order:03}网格"),
                            inspector: people::name(seat(office::INSPECTOR, walk as u64)),
                            subdistrict: subdistrict.clone(),
                            subdistrict_number: number as u64,
                        });
                        areas.push(0.5 * crate::mesh::twice_area(&ring).abs());
                        rings.push(ring);
                    }
                }
            }
        }
        let polygons = PolygonIndex::new(rings);
        let uses = land_uses(survey, &polygons);
        let extent = plan.half_extent();
        let features = cells
            .iter()
            .enumerate()
            .map(|(i, cell)| {
                let ring = polygons.rings[i].iter().map(|p| survey.given.site.place(*p)).collect();
                let centre = polygons.centre(i);
                let level = match centre[0].hypot(centre[1]) / extent {
                    d if d < 0.3 => "一级",
                    d if d < 0.7 => "二级",
                    _ => "三级",
                };
                Feature::new(cell.key.clone(), cell.name.clone(), Geometry::Polygon(vec![ring]))
                    .with("code", cell.key.id.clone())
                    .with("area_m2", areas[i].round())
                    .with("landuse", uses[i])
                    .with("mgmt_level", level)
                    .with("inspector", cell.inspector.clone())
                    .with("subdistrict", cell.subdistrict.clone())
            })
            .collect();
        Self { cells, polygons, features }
    }

    /// The cell that a place lies in.
    pub(super) fn at(&self, p: [f64; 2]) -> Option<&Cell> {
        self.polygons.at(p).map(|i| &self.cells[i])
    }

    pub(super) fn into_features(self) -> Vec<Feature> {
        self.features
    }
}

/// Subdistricts as columns and rows, from the centre outwards.
fn subdistricts(columns: usize, rows: usize) -> Vec<(usize, usize)> {
    let edge = COMMUNITY_BLOCKS * SUBDISTRICT_COMMUNITIES;
    let mut list: Vec<(usize, usize)> =
        (0..columns.div_ceil(edge)).flat_map(|i| (0..rows.div_ceil(edge)).map(move |j| (i, j))).collect();
    let distance = |&(i, j): &(usize, usize)| {
        let off = |k: usize, n: usize| ((2 * k + 1) * edge).abs_diff(n);
        off(i, columns).pow(2) + off(j, rows).pow(2)
    };
    list.sort_by_key(|s| (distance(s), *s));
    list
}

/// The outline of a quarter of a block: half columns and half rows. Its edges pass through the same points as the
/// streets and the neighbours', so that no gap opens between them.
fn ring(survey: &Survey<'_>, i: usize, j: usize) -> Vec<[f64; 2]> {
    let plan = survey.given.plan;
    let along = |lines: &[crate::synth::plan::Line], quarter: usize| {
        let (k, part) = (quarter / 4, quarter % 4);
        let next = lines[(k + 1).min(lines.len() - 1)].at;
        lines[k].at + (next - lines[k].at) * part as f64 / 4.0
    };
    let (x, y) = (2 * i, 2 * j);
    [(0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (1, 2), (0, 2), (0, 1)]
        .map(|(dx, dy)| bend([along(&plan.columns, x + dx), along(&plan.rows, y + dy)]))
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
    let parks: Vec<Vec<[f64; 2]>> =
        survey.given.areas.iter().filter(|a| a.name.ends_with("公园")).map(metres).collect();
    let parks = PolygonIndex::new(parks);
    (0..polygons.rings.len())
        .map(|i| {
            let centre = polygons.centre(i);
            let most = (0..4).max_by(|a, b| built[i][*a].total_cmp(&built[i][*b])).unwrap_or(0);
            if survey.in_water(centre, 0.0) {
                "水域"
            } else if parks.rings.iter().any(|r| inside(r, centre)) {
                "绿地与广场用地"
            } else if built[i][most] > 0.0 {
                USES[most]
            } else {
                "待建用地"
            }
        })
        .collect()
}

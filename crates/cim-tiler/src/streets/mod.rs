//! From the centre lines of roads to streets: carriageways that are cut where roads meet, junctions with rounded corners,
//! pavements that go round them, bridges, tunnels and ramps. Site metres (east, north), and metres above the ground at each point.

mod bed;
mod chord;
mod cover;
mod hats;
mod junction;
mod levels;
mod meet;
mod runs;
mod section;
mod tunnel;
mod water;

pub(crate) use bed::Bed;
pub(crate) use cover::cover;
pub(crate) use levels::level;
pub(crate) use meet::{Course, Meeting};
pub(crate) use section::Section;
pub(crate) use tunnel::{covered_m, room_m};
pub(crate) use water::Shores;

use crate::city::{Road, RoadClass};
use glam::{DVec2, DVec3};
use junction::{Arm, Corner, CutEnd, Layout};
use levels::Levels;

/// A road as it is built.
#[derive(Debug, Clone)]
pub(crate) struct Street {
    pub(crate) class: RoadClass,
    /// What it is across.
    pub(crate) section: Section,
    /// The whole centre line, for where junctions are too small to be seen.
    pub(crate) course: Vec<DVec3>,
    /// Carriageway between junctions.
    pub(crate) pieces: Vec<Piece>,
    /// Junctions that belong to this road, the most important one there.
    pub(crate) junctions: Vec<Junction>,
}

impl Street {
    /// Where the ground must be open so that what is below it can be seen: over cuttings, walls included.
    pub(crate) fn openings(&self) -> Vec<Vec<DVec2>> {
        /// Half the thickness of walls, metres: their tops hide the edge.
        const WALL_M: f64 = 0.15;
        /// What is less deep than this is above the mesh of the ground, metres.
        const DEEP_M: f64 = 0.35;
        let reach = self.section.half + self.section.pavement + WALL_M;
        let mut out = Vec::new();
        for piece in &self.pieces {
            let (left, right) = (beside(&piece.line, -reach), beside(&piece.line, reach));
            for (i, covered) in piece.covered.iter().enumerate() {
                if !covered && piece.line[i].z.min(piece.line[i + 1].z) < -DEEP_M {
                    out.push(vec![right[i], right[i + 1], left[i + 1], left[i]]);
                }
            }
        }
        for junction in &self.junctions {
            let lines = || junction.corners.iter().map(|c| if c.back.is_empty() { &c.kerb } else { &c.back });
            if junction.covered || !lines().flatten().any(|p| p.z < -DEEP_M) {
                continue;
            }
            // Where a ramp begins at a junction, what is beside the carriageway is on the ground.
            let all = lines().flatten().all(|p| p.z < 0.0);
            let outline: Vec<&DVec3> =
                if all { lines().flatten().collect() } else { junction.outline.iter().collect() };
            out.push(outline.into_iter().map(|p| p.truncate()).collect());
        }
        out
    }

    /// The street, moved in plan.
    pub(crate) fn moved(&self, by: DVec2) -> Self {
        let by = by.extend(0.0);
        let mut out = self.clone();
        out.course.iter_mut().for_each(|p| *p += by);
        for piece in &mut out.pieces {
            piece.line.iter_mut().chain(piece.piers.iter_mut().map(|(at, _)| at)).for_each(|p| *p += by);
        }
        for junction in &mut out.junctions {
            junction.outline.iter_mut().for_each(|p| *p += by);
            for corner in &mut junction.corners {
                corner.kerb.iter_mut().chain(&mut corner.back).for_each(|p| *p += by);
            }
        }
        out
    }
}

/// A piece of carriageway without junctions.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    /// Centre line; two points at least.
    pub(crate) line: Vec<DVec3>,
    /// Whether each segment of the line is a bridge.
    pub(crate) bridge: Vec<bool>,
    /// Whether each segment of the line has a roof: of a tunnel that is deep enough, of a ramp that something lies over.
    pub(crate) covered: Vec<bool>,
    /// Whether a tunnel comes out at each end.
    pub(crate) mouths: [bool; 2],
    /// What it ends at.
    pub(crate) ends: [End; 2],
    /// Where piers carry it, and the direction of the road there.
    pub(crate) piers: Vec<(DVec3, DVec2)>,
}

/// What a piece of road ends at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Nothing.
    Dead,
    /// Another road, or a junction too small for a crossing.
    Joint,
    /// A junction where people cross; which ways vehicles may go on there.
    Crossing {
        /// To the left.
        left: bool,
        /// Straight on.
        ahead: bool,
        /// To the right.
        right: bool,
    },
}

/// The carriageway where roads meet.
#[derive(Debug, Clone)]
pub(crate) struct Junction {
    /// Its outline, counter-clockwise.
    pub(crate) outline: Vec<DVec3>,
    /// Its corners.
    pub(crate) corners: Vec<Corner>,
    /// Whether it has a roof: in a tunnel that is deep enough, below a building.
    pub(crate) covered: bool,
}

/// A road between two places that cut it.
#[derive(Debug)]
struct Edge {
    road: usize,
    line: Vec<DVec2>,
    length: f64,
    from: usize,
    to: usize,
    level: i8,
    class: RoadClass,
}

/// An end of an edge at a place.
#[derive(Debug, Clone, Copy)]
struct Limb {
    edge: usize,
    /// Whether the edge begins here.
    begins: bool,
}

/// The streets of roads whose centre lines are given in site metres; `None` for a road that is no line, or whose width is
/// none.
pub(crate) fn streets(roads: &[Road], lines: &[Vec<DVec2>], shores: &Shores, bed: Bed<'_>) -> Vec<Option<Street>> {
    let lines: Vec<Vec<DVec2>> = lines.iter().map(|l| clean(l)).collect();
    let usable = |r: usize| lines[r].len() > 1 && roads[r].width_m > 0.5 && roads[r].width_m < 200.0;
    let levels_of: Vec<i8> = roads.iter().map(|r| level(&r.attributes)).collect();
    let mut out: Vec<Option<Street>> = vec![None; roads.len()];
    for (r, road) in roads.iter().enumerate().filter(|(r, _)| usable(*r)) {
        let (pieces, junctions) = (Vec::new(), Vec::new());
        out[r] = Some(Street { class: road.class, section: Section::of(road), course: Vec::new(), pieces, junctions });
    }
    let mut build = Build::new(roads, &lines, &levels_of, |r| out[r].is_some(), bed);
    build.raise(shores);
    build.meet();
    build.finish(&mut out);
    out
}

/// Streets while they are put together.
struct Build<'a> {
    roads: &'a [Road],
    sections: Vec<Section>,
    edges: Vec<Edge>,
    /// What ends at each place.
    limbs: Vec<Vec<Limb>>,
    bed: Bed<'a>,
    levels: Option<Levels<'a>>,
    /// Metres that each edge is cut at its beginning and its end.
    cuts: Vec<[f64; 2]>,
    ends: Vec<[End; 2]>,
    junctions: Vec<(usize, Junction)>,
}

impl<'a> Build<'a> {
    fn new(
        roads: &'a [Road],
        lines: &[Vec<DVec2>],
        levels: &[i8],
        is_street: impl Fn(usize) -> bool,
        bed: Bed<'a>,
    ) -> Self {
        let mut edges: Vec<Edge> = Vec::new();
        let mut limbs: Vec<Vec<Limb>> = Vec::new();
        // Paths cross carriageways without a junction: they meet among themselves.
        for paths in [false, true] {
            let of_kind = |r: usize| is_street(r) && (roads[r].class == RoadClass::Footway) == paths;
            let course = |r: usize| Course { points: if of_kind(r) { &lines[r] } else { &[] }, level: levels[r] };
            let courses: Vec<Course<'_>> = (0..roads.len()).map(course).collect();
            let meeting = Meeting::new(&courses);
            let at = |c: (usize, usize)| lines[c.0][c.1];
            let before = limbs.len();
            limbs.resize(before + meeting.at.len(), Vec::new());
            for (r, level) in levels.iter().enumerate() {
                for (first, last) in meeting.pieces(r) {
                    let (from, to) = (meeting.places[r][first], meeting.places[r][last]);
                    let mut line: Vec<DVec2> = meeting.courses[r][first..=last].iter().map(|c| at(*c)).collect();
                    let n = line.len();
                    (line[0], line[n - 1]) = (at(meeting.at[from]), at(meeting.at[to]));
                    let line = clean(&line);
                    if line.len() < 2 {
                        continue;
                    }
                    let (edge, from, to) = (edges.len(), before + from, before + to);
                    limbs[from].push(Limb { edge, begins: true });
                    limbs[to].push(Limb { edge, begins: false });
                    let class = roads[r].class;
                    edges.push(Edge { road: r, length: length(&line), line, from, to, level: *level, class });
                }
            }
        }
        make_room(&mut edges, &limbs);
        let sections = roads.iter().map(Section::of).collect();
        let (cuts, ends) = (vec![[0.0; 2]; edges.len()], vec![[End::Dead; 2]; edges.len()]);
        Self { roads, sections, edges, limbs, bed, levels: None, cuts, ends, junctions: Vec::new() }
    }

    fn raise(&mut self, shores: &Shores) {
        self.levels = Some(Levels::new(&self.edges, &self.limbs, shores, self.bed));
    }

    fn is_path(&self, limb: Limb) -> bool {
        self.roads[self.edges[limb.edge].road].class == RoadClass::Footway
    }

    /// Cuts what meets, place by place, and makes the junctions.
    fn meet(&mut self) {
        for place in 0..self.limbs.len() {
            let mut limbs: Vec<Limb> = self.limbs[place].iter().copied().filter(|l| !self.is_path(*l)).collect();
            if limbs.len() < 2 {
                continue;
            }
            let direction = |l: &Limb| self.direction(*l).to_angle();
            limbs.sort_by(|a, b| direction(a).total_cmp(&direction(b)).then(a.edge.cmp(&b.edge)));
            let arms: Vec<Arm> = limbs.iter().map(|l| self.arm(*l, limbs.len())).collect();
            let layout = Layout::new(&arms);
            for (k, limb) in limbs.iter().enumerate() {
                let end = usize::from(!limb.begins);
                self.cuts[limb.edge][end] = layout.cuts[k];
                self.ends[limb.edge][end] = self.end(k, &limbs, &arms);
            }
            let ends: Vec<CutEnd> = limbs.iter().zip(&arms).map(|(l, arm)| self.cut_end(*l, arm.half)).collect();
            let first = &self.edges[limbs[0].edge];
            let at = if limbs[0].begins { first.line[0] } else { first.line[first.line.len() - 1] };
            let centre = at.extend(self.height(limbs[0], 0.0));
            let corners: Vec<Corner> =
                (0..arms.len()).map(|i| layout.corner(i, &arms, &ends, (centre, self.bed))).collect();
            let mut outline: Vec<DVec3> = corners.iter().flat_map(|c| c.kerb.iter().copied()).collect();
            outline.dedup_by(|a, b| a.truncate().distance(b.truncate()) < 0.02);
            let importance = |l: &Limb| {
                let road = self.edges[l.edge].road;
                (self.roads[road].class, std::cmp::Reverse((self.roads[road].width_m * 100.0) as u32), road)
            };
            let owner = limbs.iter().map(importance).min().map(|(_, _, road)| road);
            let is_below = |l: &Limb| self.edges[l.edge].level < 0;
            let is_deep = |l: &Limb| self.height(*l, 0.0) <= -covered_m(self.edges[l.edge].class);
            let covered = limbs.iter().all(|l| is_below(l) && is_deep(l));
            self.junctions.extend(owner.map(|road| (road, Junction { outline, corners, covered })));
        }
    }

    /// Away from the place that a limb is at.
    fn direction(&self, limb: Limb) -> DVec2 {
        let edge = &self.edges[limb.edge];
        let look = (self.sections[edge.road].half + 4.0).min(edge.length);
        let (near, far) = if limb.begins {
            (edge.line[0], point_at(&edge.line, look))
        } else {
            (edge.line[edge.line.len() - 1], point_at(&edge.line, edge.length - look))
        };
        (far - near).normalize_or(DVec2::X)
    }

    fn arm(&self, limb: Limb, arms: usize) -> Arm {
        let edge = &self.edges[limb.edge];
        let section = &self.sections[edge.road];
        let other = if limb.begins { edge.to } else { edge.from };
        let share = if self.limbs[other].len() > 1 { 0.48 } else { 0.9 };
        let radius = match self.roads[edge.road].class {
            _ if arms == 2 => section.half,
            RoadClass::Motorway | RoadClass::Trunk => 15.0,
            RoadClass::Primary => 12.0,
            RoadClass::Secondary => 10.0,
            RoadClass::Tertiary => 7.0,
            RoadClass::Residential => 5.0,
            RoadClass::Service | RoadClass::Footway => 3.0,
        };
        let (half, pavement) = (section.half, section.pavement);
        Arm { direction: self.direction(limb), half, pavement, room: share * edge.length, radius }
    }

    fn end(&self, k: usize, limbs: &[Limb], arms: &[Arm]) -> End {
        /// Radians from straight on that are a turn.
        const TURN: f64 = 0.7;
        let class = |l: &Limb| self.roads[self.edges[l.edge].road].class;
        let large = |l: &Limb| (RoadClass::Primary..=RoadClass::Tertiary).contains(&class(l));
        if limbs.iter().filter(|l| large(l)).count() < 3 || !large(&limbs[k]) {
            return End::Joint;
        }
        let heading = -arms[k].direction;
        let turn = |i: usize| heading.angle_to(arms[i].direction);
        let others = || (0..arms.len()).filter(|i| *i != k).map(turn);
        End::Crossing {
            left: others().any(|t| t > TURN),
            ahead: others().any(|t| t.abs() <= TURN),
            right: others().any(|t| t < -TURN),
        }
    }

    /// Metres above the ground at so many metres from the place of a limb.
    fn height(&self, limb: Limb, from_place: f64) -> f64 {
        let at = if limb.begins { from_place } else { self.edges[limb.edge].length - from_place };
        self.levels.as_ref().map_or(0.0, |l| l.height(limb.edge, &self.edges[limb.edge], at))
    }

    fn cut_end(&self, limb: Limb, half: f64) -> CutEnd {
        let edge = &self.edges[limb.edge];
        let cut = self.cuts[limb.edge][usize::from(!limb.begins)];
        let at = if limb.begins { cut } else { edge.length - cut };
        let (point, along) = frame_at(&edge.line, at, limb.begins);
        let across = if limb.begins { along.perp() } else { -along.perp() };
        let centre = point.extend(self.height(limb, cut));
        CutEnd::new(centre, across, half, self.bed)
    }

    fn finish(self, out: &mut [Option<Street>]) {
        /// Metres between the piers of a bridge, and from what it crosses.
        const PIERS_M: f64 = 26.0;
        let Some(levels) = &self.levels else { return };
        for (e, edge) in self.edges.iter().enumerate() {
            let Some(street) = out[edge.road].as_mut() else { continue };
            let whole = levels.profile(e, edge, (0.0, edge.length));
            let joins = usize::from(!street.course.is_empty());
            street.course.extend(whole.iter().skip(joins).map(|(_, p)| *p));
            let [first, last] = self.cuts[e];
            let profile = levels.profile(e, edge, (first, edge.length - last));
            if profile.len() < 2 {
                continue;
            }
            let bridge = profile.windows(2).map(|w| levels.is_bridge(e, 0.5 * (w[0].0 + w[1].0))).collect();
            let piers = levels.piers(e, (first, edge.length - last), PIERS_M).into_iter().map(|at| {
                let (point, along) = frame_at(&edge.line, at, true);
                (point.extend(levels.height(e, edge, at)), along)
            });
            let piers = piers.collect();
            let line: Vec<DVec3> = profile.into_iter().map(|(_, p)| p).collect();
            let roofed = |p: &DVec3| edge.level < 0 && p.z <= -covered_m(edge.class);
            let covered = line.windows(2).map(|w| w.iter().all(roofed)).collect();
            let is_above = |l: &Limb| self.edges[l.edge].level >= 0;
            let mouths = [edge.from, edge.to].map(|place| edge.level < 0 && self.limbs[place].iter().any(is_above));
            street.pieces.push(Piece { line, bridge, covered, mouths, ends: self.ends[e], piers });
        }
        for (road, junction) in self.junctions {
            if let Some(street) = out[road].as_mut() {
                street.junctions.push(junction);
            }
        }
    }
}

/// Moves joints away from junctions. Data cut a road anywhere, where its name or its speed limit changes, too; a piece that
/// ends shortly before a junction would leave that no room for its corners.
fn make_room(edges: &mut [Edge], limbs: &[Vec<Limb>]) {
    /// What a junction wants, metres.
    const ROOM_M: f64 = 40.0;
    for joint in limbs.iter().filter(|l| l.len() == 2 && l[0].edge != l[1].edge) {
        let (a, b) = (joint[0], joint[1]);
        let (short, long) = if edges[a.edge].length <= edges[b.edge].length { (a, b) } else { (b, a) };
        let wants = (ROOM_M - edges[short.edge].length).min(0.5 * edges[long.edge].length);
        if wants <= 0.0 || edges[short.edge].level != edges[long.edge].level {
            continue;
        }
        // Both lines as they lead away from the joint.
        let away = |limb: Limb, edges: &[Edge]| {
            let mut line = edges[limb.edge].line.clone();
            if !limb.begins {
                line.reverse();
            }
            line
        };
        let (mut short_line, long_line) = (away(short, edges), away(long, edges));
        let mut at = 0.0;
        let (mut given, mut kept) = (Vec::new(), vec![point_at(&long_line, wants)]);
        for (i, p) in long_line.iter().enumerate() {
            at += if i > 0 { p.distance(long_line[i - 1]) } else { 0.0 };
            if at < wants { given.push(*p) } else { kept.push(*p) }
        }
        short_line.splice(0..1, kept[..1].iter().copied().chain(given.into_iter().rev()));
        for (limb, mut line) in [(short, short_line), (long, kept)] {
            line = clean(&line);
            if !limb.begins {
                line.reverse();
            }
            let edge = &mut edges[limb.edge];
            (edge.length, edge.line) = (length(&line), line);
        }
    }
}

fn length(line: &[DVec2]) -> f64 {
    line.windows(2).map(|w| w[0].distance(w[1])).sum()
}

/// The points of a line that are numbers and lie apart.
fn clean(line: &[DVec2]) -> Vec<DVec2> {
    let mut out: Vec<DVec2> = Vec::with_capacity(line.len());
    for &p in line.iter().filter(|p| p.is_finite()) {
        if out.last().is_none_or(|q| p.distance(*q) > 0.05) {
            out.push(p);
        }
    }
    out
}

/// The point at so many metres along a line of two points at least.
fn point_at(line: &[DVec2], at: f64) -> DVec2 {
    frame_at(line, at, true).0
}

/// The point at so many metres along a line of two points at least, and the direction of the line there; at a corner that of
/// the segment that begins there, or of the one that ends there.
fn frame_at(line: &[DVec2], at: f64, ahead: bool) -> (DVec2, DVec2) {
    let mut from = 0.0;
    let last = line.len() - 2;
    for (i, pair) in line.windows(2).enumerate() {
        let length = pair[0].distance(pair[1]);
        let within = if ahead { at < from + length } else { at <= from + length };
        if within || i == last {
            let share = if length > 0.0 { ((at - from) / length).clamp(0.0, 1.0) } else { 0.0 };
            return (pair[0].lerp(pair[1], share), (pair[1] - pair[0]).normalize_or(DVec2::X));
        }
        from += length;
    }
    (line[0], DVec2::X)
}

/// A line so many metres to the right of another, with mitres that are no longer than twice that.
fn beside(line: &[DVec3], right_m: f64) -> Vec<DVec2> {
    let direction = |i: usize| (line[i + 1] - line[i]).truncate().normalize_or_zero();
    let point = |i: usize| {
        let (ahead, back) = (direction(i.min(line.len() - 2)), direction(i.max(1) - 1));
        let along = (ahead + back).normalize_or(ahead);
        line[i].truncate() - along.perp() * (right_m / along.dot(ahead).max(0.5))
    };
    (0..line.len()).map(point).collect()
}

#[cfg(test)]
mod cover_tests;
#[cfg(test)]
mod deck_tests;
#[cfg(test)]
mod run_tests;
#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
mod tunnel_tests;

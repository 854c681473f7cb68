//! The sea from coastlines. A coastline has land on its left and water on its right; it is cut at the edge of the city
//! and closed along that edge.

use super::rings::{Outline, inside};
use cim_model::{Place, SiteBounds};

/// Coastlines that end this share of the city's extent away from its edge, or less, are drawn on to the edge; others
/// say too little of where the sea is.
const REACH: f64 = 0.2;

/// The sea within `bounds`, and how many coastlines could not be used. Rings come without the first corner repeated.
pub(super) fn sea(rings: Vec<Vec<Place>>, lines: Vec<Vec<Place>>, bounds: SiteBounds) -> (Vec<Outline>, usize) {
    let frame = Frame(bounds);
    let (mut pieces, mut islands, mut lakes, mut unused) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for ring in rings {
        match ring.iter().position(|p| !frame.holds(*p)) {
            Some(outside) => {
                let mut line: Vec<Place> = ring[outside..].iter().chain(&ring[..outside]).copied().collect();
                line.extend(ring.get(outside));
                pieces.extend(frame.cut(&line));
            }
            None if turns_left(&ring) => islands.push(ring),
            None => lakes.push(ring),
        }
    }
    for line in lines {
        match frame.lengthened(line) {
            Some(line) => pieces.extend(frame.cut(&line)),
            None => unused += 1,
        }
    }
    let mut outlines: Vec<Outline> =
        frame.close(pieces).into_iter().chain(lakes).map(|ring| Outline { ring, holes: Vec::new() }).collect();
    if outlines.is_empty() && !islands.is_empty() && unused == 0 {
        outlines.push(Outline { ring: frame.corners().to_vec(), holes: Vec::new() });
    }
    for island in islands {
        if let Some(sea) = outlines.iter_mut().find(|o| inside(&o.ring, island[0])) {
            sea.holes.push(island);
        }
    }
    (outlines, unused)
}

fn turns_left(ring: &[Place]) -> bool {
    let corners: Vec<[f64; 2]> = ring.iter().map(|p| [p.lon, p.lat]).collect();
    crate::mesh::twice_area(&corners) > 0.0
}

/// The edge of the city, walked clockwise from its south-west corner: 0 to 1 north, 1 to 2 east, 2 to 3 south, 3 to 4
/// west.
struct Frame(SiteBounds);

impl Frame {
    fn holds(&self, p: Place) -> bool {
        let b = &self.0;
        (b.west..=b.east).contains(&p.lon) && (b.south..=b.north).contains(&p.lat)
    }

    fn corners(&self) -> [Place; 4] {
        let b = &self.0;
        [(b.west, b.south), (b.west, b.north), (b.east, b.north), (b.east, b.south)].map(|(x, y)| Place::new(x, y))
    }

    /// Distances to the edges as shares of the extent: west, north, east, south.
    fn distances(&self, p: Place) -> [f64; 4] {
        let b = &self.0;
        let (w, h) = ((b.east - b.west).max(1e-12), (b.north - b.south).max(1e-12));
        [(p.lon - b.west) / w, (b.north - p.lat) / h, (b.east - p.lon) / w, (p.lat - b.south) / h]
    }

    /// Where along the edge a place on it is.
    fn along(&self, p: Place) -> f64 {
        let d = self.distances(p);
        let edge = (0..4).min_by(|a, b| d[*a].abs().total_cmp(&d[*b].abs())).unwrap_or(0);
        let part = [d[3], d[0], d[1], d[2]][edge];
        (edge as f64 + part.clamp(0.0, 1.0)).rem_euclid(4.0)
    }

    /// The line drawn on to the nearest edge where it ends within the city; `None` when that is too far.
    fn lengthened(&self, mut line: Vec<Place>) -> Option<Vec<Place>> {
        for _ in 0..2 {
            let end = *line.last()?;
            if self.holds(end) {
                let d = self.distances(end);
                let edge = (0..4).min_by(|a, b| d[*a].total_cmp(&d[*b]))?;
                if d[edge] > REACH {
                    return None;
                }
                let b = &self.0;
                line.push(match edge {
                    0 => Place::new(b.west, end.lat),
                    1 => Place::new(end.lon, b.north),
                    2 => Place::new(b.east, end.lat),
                    _ => Place::new(end.lon, b.south),
                });
            }
            line.reverse();
        }
        Some(line)
    }

    /// The parts of a line within the city, each from edge to edge.
    fn cut(&self, line: &[Place]) -> Vec<Vec<Place>> {
        let mut pieces: Vec<Vec<Place>> = Vec::new();
        let mut current: Vec<Place> = Vec::new();
        for pair in line.windows(2) {
            let Some((from, to)) = self.clip(pair[0], pair[1]) else { continue };
            if current.last() != Some(&from) {
                pieces.push(std::mem::replace(&mut current, vec![from]));
            }
            current.push(to);
        }
        pieces.push(current);
        pieces.retain(|p| p.len() > 1 && p[0] != p[p.len() - 1]);
        pieces
    }

    /// The part of a segment within the city (Liang and Barsky).
    fn clip(&self, a: Place, b: Place) -> Option<(Place, Place)> {
        let (d, f) = ([b.lon - a.lon, b.lat - a.lat], &self.0);
        let (mut t0, mut t1): (f64, f64) = (0.0, 1.0);
        let sides =
            [(-d[0], a.lon - f.west), (d[0], f.east - a.lon), (-d[1], a.lat - f.south), (d[1], f.north - a.lat)];
        for (p, q) in sides {
            if p == 0.0 {
                if q < 0.0 {
                    return None;
                }
            } else if p < 0.0 {
                t0 = t0.max(q / p);
            } else {
                t1 = t1.min(q / p);
            }
        }
        let at = |t: f64| match t {
            0.0 => a,
            1.0 => b,
            t => Place::new(a.lon + t * d[0], a.lat + t * d[1]),
        };
        (t0 < t1).then(|| (at(t0), at(t1)))
    }

    /// Rings of water from pieces of coast: from where a piece leaves the city clockwise along the edge to where the
    /// next one enters.
    fn close(&self, pieces: Vec<Vec<Place>>) -> Vec<Vec<Place>> {
        let starts: Vec<f64> = pieces.iter().map(|p| self.along(p[0])).collect();
        let mut used = vec![false; pieces.len()];
        let mut rings = Vec::new();
        for first in 0..pieces.len() {
            if used[first] {
                continue;
            }
            let (mut ring, mut piece) = (Vec::new(), first);
            // Every turn uses up a piece, so it ends.
            while !used[piece] {
                used[piece] = true;
                ring.extend(&pieces[piece]);
                let Some(end) = pieces[piece].last().map(|p| self.along(*p)) else { break };
                let ahead = |k: &usize| (starts[*k] - end).rem_euclid(4.0);
                let open = (0..pieces.len()).filter(|k| !used[*k] || *k == first);
                let Some(next) = open.min_by(|a, b| ahead(a).total_cmp(&ahead(b))) else { break };
                let way = ahead(&next);
                let corners = self.corners();
                let mut corner = end.floor() + 1.0;
                while corner - end < way {
                    ring.push(corners[corner as usize % 4]);
                    corner += 1.0;
                }
                piece = next;
            }
            rings.push(ring);
        }
        rings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: SiteBounds = SiteBounds { west: 0.0, south: 0.0, east: 10.0, north: 10.0 };

    fn line(list: &[(f64, f64)]) -> Vec<Place> {
        list.iter().map(|(x, y)| Place::new(*x, *y)).collect()
    }

    fn area(o: &Outline) -> f64 {
        let a = |r: &[Place]| {
            let corners: Vec<[f64; 2]> = r.iter().map(|p| [p.lon, p.lat]).collect();
            0.5 * crate::mesh::twice_area(&corners).abs()
        };
        a(&o.ring) - o.holes.iter().map(|h| a(h)).sum::<f64>()
    }

    #[test]
    fn water_lies_to_the_right_of_the_coast() {
        // Eastwards through the middle: land in the north, sea in the south; westwards the other way round.
        let coast = line(&[(-5.0, 4.0), (5.0, 4.0), (15.0, 4.0)]);
        let (sea_south, unused) = sea(vec![], vec![coast.clone()], BOUNDS);
        assert_eq!((unused, sea_south.len()), (0, 1));
        assert!((area(&sea_south[0]) - 40.0).abs() < 1e-9 && inside(&sea_south[0].ring, Place::new(5.0, 1.0)));
        let (sea_north, _) = sea(vec![], vec![coast.into_iter().rev().collect()], BOUNDS);
        assert!((area(&sea_north[0]) - 60.0).abs() < 1e-9 && inside(&sea_north[0].ring, Place::new(5.0, 9.0)));
    }

    #[test]
    fn a_strait_has_two_coasts_and_an_island() {
        let north = line(&[(-1.0, 7.0), (11.0, 7.0)]);
        let south = line(&[(11.0, 3.0), (-1.0, 3.0)]);
        let island = line(&[(4.0, 4.0), (6.0, 4.0), (6.0, 6.0), (4.0, 6.0)]);
        let (found, _) = sea(vec![island], vec![north, south], BOUNDS);
        assert_eq!((found.len(), found[0].holes.len()), (1, 1));
        assert!((area(&found[0]) - 36.0).abs() < 1e-9, "{}", area(&found[0]));
    }

    #[test]
    fn a_coast_that_the_extract_cut_reaches_the_edge_or_is_left_out() {
        let (found, unused) = sea(vec![], vec![line(&[(0.5, 4.0), (9.5, 4.0)])], BOUNDS);
        assert!(unused == 0 && (area(&found[0]) - 40.0).abs() < 1e-9);
        let (found, unused) = sea(vec![], vec![line(&[(4.0, 5.0), (6.0, 5.0)])], BOUNDS);
        assert_eq!((found.len(), unused), (0, 1));
    }

    #[test]
    fn islands_alone_stand_in_the_sea_and_a_peninsula_is_cut() {
        let (found, _) = sea(vec![line(&[(4.0, 4.0), (6.0, 4.0), (6.0, 6.0), (4.0, 6.0)])], vec![], BOUNDS);
        assert!((area(&found[0]) - 96.0).abs() < 1e-9);
        let (found, _) = sea(vec![line(&[(8.0, 4.0), (12.0, 4.0), (12.0, 6.0), (8.0, 6.0)])], vec![], BOUNDS);
        assert!((area(&found[0]) - 96.0).abs() < 1e-9, "{}", area(&found[0]));
    }
}

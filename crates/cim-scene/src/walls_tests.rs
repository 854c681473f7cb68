use crate::{
    packed,
    walls::{Said, Walls},
};
use glam::{DVec3, Vec3};
use proptest::prelude::*;

/// Polygons that look to a side, each with its own corners and building.
#[derive(Default)]
struct Made {
    positions: Vec<[f32; 3]>,
    normals: Vec<[i16; 4]>,
    features: Vec<u32>,
    indices: Vec<u32>,
}

impl Made {
    fn add(&mut self, corners: &[[f32; 3]], normal: [f32; 3], feature: u32) {
        let first = self.positions.len() as u32;
        self.positions.extend(corners);
        self.normals.extend(corners.iter().map(|_| packed::normal(Vec3::from(normal))));
        self.features.extend(corners.iter().map(|_| feature));
        self.indices.extend((2..corners.len() as u32).flat_map(|i| [first, first + i - 1, first + i]));
    }

    /// A wall to the south from x = 0 on.
    fn wall(&mut self, x: f32, wide: f32, [low, high]: [f32; 2], feature: u32) {
        let corners = [[x, low, 0.0], [x + wide, low, 0.0], [x + wide, high, 0.0], [x, high, 0.0]];
        self.add(&corners, [0.0, 0.0, 1.0], feature);
    }

    fn windows(&self, said: impl Fn(u32) -> Said) -> Vec<([f32; 2], f32)> {
        let Self { positions, normals, features, indices } = self;
        Walls { positions, normals, features, indices, anchor: DVec3::ZERO }.windows(said)
    }
}

fn floors(floors: f32) -> Said {
    Said { floors: Some(floors), height_m: None }
}

fn whole(x: f32) -> bool {
    (x - x.round()).abs() < 1e-4
}

#[test]
fn bays_and_storeys_are_whole_and_as_many_as_are_said() {
    let mut made = Made::default();
    for (feature, x) in [(0, 0.0), (1, 100.0), (2, 200.0), (3, 300.0)] {
        made.wall(x, 23.7, [4.0, 22.0], feature);
    }
    // Six floors; nobody says; more than can be; one great hall.
    let said = |f: u32| [floors(6.0), Said::default(), floors(40.0), floors(1.0)][f as usize];
    let windows = made.windows(said);
    for (feature, storeys) in [(0, 6.0), (1, 5.0), (2, 5.0), (3, 5.0)] {
        let [a, b, c, d] = windows[4 * feature..4 * feature + 4] else { panic!() };
        let bays = a.0[0] - b.0[0];
        assert!(whole(bays) && (2.5..=4.8).contains(&(23.7 / bays)), "{feature}: {bays} bays");
        let close = (c.0[1] - storeys).abs() < 1.01 && whole(c.0[1]);
        assert!(close && (feature != 0 || c.0[1].round() == 6.0), "{feature}: {} storeys", c.0[1]);
        assert!(whole(b.0[0]) && b.0[0] < 256.0, "{feature}");
        assert_eq!((b.0[1], d.0, a.1), (0.0, [a.0[0], c.0[1]], c.0[1].round()), "{feature}");
    }
    let bays: Vec<f32> = windows.chunks(4).map(|w| w[0].0[0] - w[1].0[0]).collect();
    assert!(bays.iter().any(|b| *b != bays[0]), "all look alike: {bays:?}");
}

#[test]
fn rows_go_on_round_the_corner_and_end_below_a_gable() {
    let mut made = Made::default();
    made.wall(0.0, 20.0, [0.0, 9.0], 5);
    let gable = [[20.0, 0.0, 0.0], [20.0, 0.0, -10.0], [20.0, 9.0, -10.0], [20.0, 13.0, -5.0], [20.0, 9.0, 0.0]];
    made.add(&gable, [1.0, 0.0, 0.0], 5);
    let roof = [[0.0, 9.0, 0.0], [20.0, 9.0, 0.0], [20.0, 13.0, -5.0], [0.0, 13.0, -5.0]];
    made.add(&roof, [0.0, 0.78, 0.62], 5);
    // Heights are of the eaves for some, of the ridge for others.
    for height_m in [None, Some(9.0), Some(13.0)] {
        let windows = made.windows(|_| Said { floors: Some(3.0), height_m });
        assert!(windows[..9].iter().all(|(_, rows)| *rows == 3.0), "{height_m:?}: {windows:?}");
        assert_eq!([0, 2, 5, 6, 8].map(|i| windows[i].0[1]), [0.0, 3.0, 0.0, 3.0, 3.0], "{height_m:?}");
        assert!(windows[9..].iter().all(|w| *w == ([0.0; 2], 0.0)), "the roof has windows");
    }
}

#[test]
fn a_flat_roof_has_a_parapet_above_its_rows_on_a_terrain_too() {
    for low in [0.0, -1.5] {
        let mut made = Made::default();
        made.wall(0.0, 12.0, [low, 9.9], 0);
        let windows = made.windows(|_| Said { floors: Some(3.0), height_m: Some(9.0) });
        let (at, rows) = ([windows[0].0[1], windows[2].0[1]], windows[0].1);
        assert!((at[0] - low / 3.0).abs() < 1e-5 && (at[1] - 3.3).abs() < 1e-5 && rows == 3.0, "{windows:?}");
    }
}

#[test]
fn bays_go_on_around_a_tower() {
    let mut made = Made::default();
    let at = |k: usize| (k as f32 / 64.0 * std::f32::consts::TAU).sin_cos();
    for k in 0..64 {
        let ((az, ax), (bz, bx)) = (at(k), at((k + 1) % 64));
        let [a, b] = [[10.0 * ax, 10.0 * az], [10.0 * bx, 10.0 * bz]];
        let normal = Vec3::new(ax + bx, 0.0, az + bz).normalize().to_array();
        let corners = [[b[0], 0.0, b[1]], [a[0], 0.0, a[1]], [a[0], 12.0, a[1]], [b[0], 12.0, b[1]]];
        made.add(&corners, normal, 0);
    }
    let windows = made.windows(|_| floors(4.0));
    assert!(windows.iter().all(|w| w.1 == 4.0), "{windows:?}");
    let ends: Vec<[f32; 2]> = windows.chunks(4).map(|w| [w[0].0[0], w[1].0[0]]).collect();
    let (first, breaks) = (ends[0], (0..64).filter(|k| (ends[*k][0] - ends[(k + 1) % 64][1]).abs() > 1e-3).count());
    let steps: f32 = ends.iter().map(|e| (e[0] - e[1]).abs()).sum();
    assert!(breaks == 1 && whole(steps) && steps > 12.0, "{breaks} breaks, {steps} bays, {first:?}");
}

#[test]
fn triangles_with_vertices_of_their_own_are_one_wall() {
    let mut made = Made::default();
    let corners = [[0.0, 0.0, 0.0], [20.0, 0.0, 0.0], [20.0, 18.0, 0.0], [0.0, 18.0, 0.0]];
    made.add(&[corners[0], corners[1], corners[2]], [0.0, 0.0, 1.0], 0);
    made.add(&[corners[0], corners[2], corners[3]], [0.01, 0.0, 1.0], 0);
    let windows = made.windows(|_| floors(6.0));
    assert!(windows.iter().all(|w| w.1 == 6.0), "{windows:?}");
}

#[test]
fn the_eaves_of_a_deep_house_are_not_its_ridge() {
    let mut made = Made::default();
    made.wall(0.0, 7.0, [0.0, 3.2], 5);
    let gable = [[7.0, 0.0, 0.0], [7.0, 0.0, -8.0], [7.0, 3.2, -8.0], [7.0, 5.2, -4.0], [7.0, 3.2, 0.0]];
    made.add(&gable, [1.0, 0.0, 0.0], 5);
    let windows = made.windows(|_| Said { floors: Some(1.0), height_m: Some(3.2) });
    assert!(windows.iter().all(|(_, rows)| *rows == 1.0), "{windows:?}");
    assert_eq!([0, 2, 4, 6].map(|i| windows[i].0[1]), [0.0, 1.0, 0.0, 1.0]);
}

#[test]
fn parapets_and_chimneys_have_no_windows_and_setbacks_go_on_counting() {
    let mut made = Made::default();
    made.wall(0.0, 30.0, [0.0, 12.0], 1);
    made.wall(5.0, 20.0, [12.0, 21.0], 1);
    made.wall(5.2, 19.6, [21.0, 22.2], 1);
    made.wall(40.0, 1.2, [12.0, 15.0], 1);
    let rows: Vec<f32> = made.windows(|_| floors(4.0)).iter().step_by(4).map(|w| w.1).collect();
    assert_eq!(rows, [4.0, 7.0, 0.0, 0.0]);
    let upper = made.windows(|_| floors(4.0))[4..8].to_vec();
    assert_eq!((upper[0].0[1], upper[2].0[1]), (4.0, 7.0));
}

#[test]
fn what_is_below_the_ground_is_no_storey() {
    let mut made = Made::default();
    made.wall(0.0, 12.0, [-1.5, 9.0], 0);
    let said = |_| Said { floors: Some(3.0), height_m: Some(9.0) };
    let windows = made.windows(said);
    assert_eq!((windows[2].0[1], windows[2].1), (3.0, 3.0));
    assert!((windows[0].0[1] + 0.5).abs() < 1e-5, "{windows:?}");
}

proptest! {
    #[test]
    fn any_triangles_have_windows_somewhere_finite(
        corners in proptest::collection::vec((-1e4..1e4f32, -100.0..500.0f32, -1e4..1e4f32, -1.0..1.0f32, 0..4u32), 3..40),
        indices in proptest::collection::vec(0..40u32, 0..120),
        said in (proptest::option::of(-10.0..1e6f32), proptest::option::of(-1e5..1e5f32)),
    ) {
        let positions: Vec<[f32; 3]> = corners.iter().map(|c| [c.0, c.1, c.2]).collect();
        let normal = |c: &(f32, f32, f32, f32, u32)| Vec3::new(c.3, if c.4 == 0 { 0.7 } else { 0.0 }, 0.4).normalize().to_array();
        let normals: Vec<[i16; 4]> = corners.iter().map(|c| packed::normal(Vec3::from(normal(c)))).collect();
        let features: Vec<u32> = corners.iter().map(|c| c.4).collect();
        let mut indices: Vec<u32> = indices.iter().map(|i| i % positions.len() as u32).collect();
        indices.truncate(indices.len() / 3 * 3);
        let walls = Walls {
            positions: &positions,
            normals: &normals,
            features: &features,
            indices: &indices,
            anchor: DVec3::ZERO,
        };
        let windows = walls.windows(|_| Said { floors: said.0, height_m: said.1 });
        prop_assert_eq!(windows.len(), positions.len());
        prop_assert!(windows.iter().all(|([u, v], rows)| u.is_finite() && v.is_finite() && (0.0..=255.0).contains(rows)));
    }
}

#[test]
fn windows_are_the_same_in_tiles_that_stand_elsewhere() {
    let mut made = Made::default();
    made.wall(812.3, 23.7, [4.0, 22.0], 0);
    made.add(&[[836.0, 4.0, 0.0], [836.0, 4.0, -9.0], [836.0, 22.0, -9.0], [836.0, 22.0, 0.0]], [1.0, 0.0, 0.0], 0);
    let anchor = DVec3::new(640.0, 3.0, -32.0);
    let positions: Vec<[f32; 3]> =
        made.positions.iter().map(|p| (Vec3::from(*p) - anchor.as_vec3()).to_array()).collect();
    let moved = Walls {
        positions: &positions,
        normals: &made.normals,
        features: &made.features,
        indices: &made.indices,
        anchor,
    };
    for (here, there) in made.windows(|_| floors(6.0)).iter().zip(moved.windows(|_| floors(6.0))) {
        assert!((here.0[0] - there.0[0]).abs() < 1e-3 && (here.0[1] - there.0[1]).abs() < 1e-3, "{here:?} {there:?}");
    }
}

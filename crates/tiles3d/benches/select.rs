//! Selection over a tileset of 109,226 tiles: what one frame costs on one core. Everything that is wanted is loaded
//! before the clock starts.
#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]

#[path = "../tests/select_city/mod.rs"]
mod select_city;

use criterion::{Criterion, criterion_group, criterion_main};
use glam::DVec3;
use select_city::{Loader, Network, hundred_thousand, look};
use std::time::Duration;
use tiles3d::{SelectOptions, Selector, Tileset, View};

type Path = fn(u32) -> View;

/// The same picture again and again.
fn still(_: u32) -> View {
    look(DVec3::new(0.0, -450.0, 180.0), DVec3::new(0.0, 0.0, 0.0))
}

/// Round the middle of the city.
fn orbit(i: u32) -> View {
    let turn = f64::from(i) * std::f64::consts::TAU / 360.0;
    look(DVec3::new(600.0 * turn.cos(), 600.0 * turn.sin(), 250.0), DVec3::ZERO)
}

/// Over it from one end to the other, low.
fn fly_through(i: u32) -> View {
    let x = -2400.0 + 4800.0 * f64::from(i) / 360.0;
    look(DVec3::new(x, -200.0, 80.0), DVec3::new(x + 200.0, 0.0, 0.0))
}

fn frames(c: &mut Criterion, set: &mut Tileset, name: &str, error: f64, path: Path) {
    let mut selector =
        Selector::new(SelectOptions { max_error_px: error, max_loading: 4000, ..SelectOptions::default() });
    let mut loader = Loader::new(Network::default(), 1);
    let views: Vec<View> = (0..360).map(path).collect();
    let (mut visited, mut shown) = (0, 0);
    for i in 0..1440 {
        let s = selector.update(set, &views[i % 360..=i % 360]).clone();
        (visited, shown) = (visited.max(s.visited), shown.max(s.render.len()));
        loader.step(set, &mut selector, &s, Duration::ZERO);
    }
    let tiles = set.tiles().len();
    println!("{name}: at most {visited} of {tiles} tiles visited, {shown} shown, {:?}", selector.counts());
    let mut i = 0;
    c.bench_function(name, |b| {
        b.iter(|| {
            i = (i + 1) % views.len();
            selector.update(set, &views[i..=i]).render.len()
        });
    });
}

fn select(c: &mut Criterion) {
    let mut set = hundred_thousand();
    frames(c, &mut set, "select/100k/still", 2.0, still);
    frames(c, &mut set, "select/100k/orbit", 2.0, orbit);
    frames(c, &mut set, "select/100k/fly-through", 2.0, fly_through);
    frames(c, &mut set, "select/100k/orbit-finest", 0.2, orbit);
}

criterion_group!(benches, select);
criterion_main!(benches);

//! A frame in which nothing changes allocates nothing, and neither does one in which the camera moves over what is there.
#![allow(unsafe_code, reason = "counting allocations takes a global allocator")]

mod select_city;

use select_city::{Loader, Network, look, quadtree};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;
use tiles3d::{Frame, SelectOptions, Selector};

struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: all is handed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = COUNT.try_with(|c| c.set(c.get() + 1));
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let _ = COUNT.try_with(|c| c.set(c.get() + 1));
        // SAFETY: as the caller promises.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn the_steady_state_allocates_nothing() {
    let mut set = quadtree(7, "REPLACE");
    let mut selector = Selector::new(SelectOptions { max_error_px: 4.0, ..SelectOptions::default() });
    let mut loader = Loader::new(Network::default(), 1);
    let at = |i: u32| {
        let turn = f64::from(i) / 20.0;
        glam::DVec3::new(300.0 * turn.cos(), 300.0 * turn.sin(), 150.0)
    };
    let mini_map = look(glam::DVec3::new(0.0, 0.0, 2000.0), glam::DVec3::ZERO).with_cut(1);
    let mut round = |steady: bool| {
        for i in 0..130 {
            let views = [look(at(i), glam::DVec3::ZERO), mini_map.clone()];
            let hints = [look(at(i + 30), glam::DVec3::ZERO)];
            let frame = Frame { views: &views, hints: &hints, now: Duration::ZERO };
            let before = COUNT.get();
            let selection = selector.update_with(&set, &frame, None);
            let after = COUNT.get();
            if steady {
                assert!(selection.load.is_empty() && selection.render.len() > 50);
                assert_eq!(after - before, 0, "frame {i}");
            }
            let selection = selection.clone();
            loader.step(&mut set, &mut selector, &selection, Duration::ZERO);
            let before = COUNT.get();
            selector.prune(&mut set);
            assert_eq!(COUNT.get(), before);
        }
    };
    // The first rounds load and let the buffers grow.
    for _ in 0..4 {
        round(false);
    }
    round(true);
}

//! How much memory a reader takes.
#![allow(unsafe_code, reason = "counting bytes takes a global allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// What a reader may take at once beside what is in proportion to its input: the limit given to the decoders several times
/// over, and the windows and tables of the decompressors.
const FREE: usize = 48 << 20;
/// How many times its input a reader may take: JSON as values, diagnostics of everything.
const TIMES: usize = 1000;

struct Counting;

thread_local! {
    static NOW: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    let _ = NOW.try_with(|now| {
        now.set(now.get() + bytes);
        let _ = MOST.try_with(|most| most.set(most.get().max(now.get())));
    });
}

// SAFETY: all is handed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: as the caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Old and new are there at once while one is copied to the other.
        count(size as isize);
        // SAFETY: as the caller promises.
        let new = unsafe { System.realloc(at, layout, size) };
        count(-(layout.size() as isize));
        new
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Does the work, which must not take more memory than is due to so many bytes of input.
pub(crate) fn bounded<T>(input: usize, work: impl FnOnce() -> T) -> T {
    let before = NOW.get();
    MOST.set(before);
    let out = work();
    let took = MOST.get().saturating_sub(before) as usize;
    assert!(took <= FREE + TIMES * input, "{took} bytes of memory for {input} bytes of input");
    out
}

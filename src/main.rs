//! The command line of cim-twin.

mod cli;

/// Tiles come and go for months on threads that change: the C library's allocator keeps ever more room that is free but in
/// pieces.
#[cfg(not(target_arch = "wasm32"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::run()
}

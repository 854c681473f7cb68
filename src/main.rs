//! The command line of cim-twin.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod cli;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    cli::run()
}

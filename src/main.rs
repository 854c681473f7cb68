//! The command line of cim-twin.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}

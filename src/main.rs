//! The `ofscope` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ofscope::cli::run(std::env::args_os())
}

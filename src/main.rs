//! The `pinfold` program: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(pinfold::cli::run(std::env::args_os()))
}

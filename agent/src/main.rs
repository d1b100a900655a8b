//! `scout`: arguments in, one command out.

use std::process::ExitCode;

fn main() -> ExitCode {
    scout::cli::main()
}

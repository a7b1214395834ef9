//! The exam portal's command; everything it does is in the library of the same name.

use std::process::ExitCode;

fn main() -> ExitCode {
    exam_portal::run(std::env::args_os())
}

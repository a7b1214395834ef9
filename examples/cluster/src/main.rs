//! The command: `cargo run -p cluster`.

use std::process::ExitCode;

#[cfg(target_os = "linux")]
mod command;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    command::run()
}

/// Servers are children that die with their parent, which is Linux's.
#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    #[expect(clippy::print_stderr, reason = "nothing else is left to do")]
    {
        eprintln!("cluster: runs on Linux; elsewhere take compose.yaml");
    }
    ExitCode::from(2)
}

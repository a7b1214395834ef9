//! Where things are.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// The workspace, its target directory and the tools in it.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
    pub(crate) llvm_major: String,
}

impl Context {
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask stands in the workspace's root")?
            .to_path_buf();
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(dir) => env::current_dir()?.join(dir),
            None => root.join("target"),
        };
        Ok(Self { root, target, llvm_major: llvm_major()? })
    }

    /// Returns the folder of the pinned cargo tools.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// Returns the folder that keeps what each phase printed.
    pub(crate) fn logs(&self) -> PathBuf {
        self.target.join("xtask")
    }

    /// Makes a command that runs in the root, finds the pinned tools first and colours nothing.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.root)
            .env("PATH", self.search_path())
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_TERM_COLOR", "never")
            // cargo-llvm-cov must take Debian's LLVM and never fetch a component.
            .env("CARGO_LLVM_COV_SETUP", "no")
            .env("LLVM_COV", format!("/usr/bin/llvm-cov-{}", self.llvm_major))
            .env("LLVM_PROFDATA", format!("/usr/bin/llvm-profdata-{}", self.llvm_major));
        command
    }

    /// Makes a `cargo` command.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = self.command("cargo");
        command.args(arguments);
        command
    }

    fn search_path(&self) -> OsString {
        let own = [self.tools().join("bin")];
        let inherited = env::var_os("PATH").unwrap_or_default();
        env::join_paths(own.into_iter().chain(env::split_paths(&inherited))).unwrap_or(inherited)
    }
}

/// The coverage tools must be of the LLVM that rustc was built with.
fn llvm_major() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("rustc does not start")?;
    let text = String::from_utf8(output.stdout)?;
    let version = text.lines().find_map(|line| line.strip_prefix("LLVM version: "));
    match version.and_then(|version| version.split('.').next()) {
        Some(major) => Ok(major.to_owned()),
        None => bail!("rustc -vV names no LLVM version"),
    }
}

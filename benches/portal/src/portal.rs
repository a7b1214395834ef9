//! The server, as people start it.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// A running portal on a free port, ended when dropped.
pub(crate) struct Portal {
    child: Child,
    pub(crate) origin: String,
    passwords: HashMap<String, String>,
    folder: TempDir,
}

impl Portal {
    /// Starts with the table of limits of that name, or with the default one.
    pub(crate) fn start(limits: Option<&str>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new(program());
        command.args(["--listen", "127.0.0.1:0", "--trusted-proxy", "127.0.0.1/32", "--data"]);
        command.arg(folder.path().join("data"));
        if let Some(limits) = limits {
            command.arg("--limits").arg(root().join("examples/exam-portal").join(limits));
        }
        let log = File::create(folder.path().join("log")).expect("a file");
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().expect("the portal");
        let mut passwords = HashMap::new();
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let origin = loop {
            let line = lines.next().expect("the portal starts").expect("a line");
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["account", name, "password", password] => {
                    passwords.insert(name.to_owned(), password.to_owned());
                }
                ["listening", "on", origin] => break origin.to_owned(),
                _ => {}
            }
        };
        Self { child, origin, passwords, folder }
    }

    /// Returns the password that the first start printed for this account.
    pub(crate) fn password(&self, name: &str) -> &str {
        &self.passwords[name]
    }

    /// Adds a teacher; returns the temporary password.
    pub(crate) fn add_teacher(&self, name: &str) -> String {
        let mut command = Command::new(program());
        command.args(["user", "add", name, "--role", "teacher", "--email"]);
        command.arg(format!("{name}@school.example")).arg("--data");
        let output = command.arg(self.folder.path().join("data")).output().expect("the command");
        let text = String::from_utf8_lossy(&output.stdout);
        let words: Vec<&str> = text.split_whitespace().collect();
        let [.., "password", password] = words[..] else { panic!("no password: {output:?}") };
        password.to_owned()
    }

    /// Returns the memory that the server has in use, in KiB.
    pub(crate) fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("the server is alive");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let figure = line.and_then(|rest| rest.trim().strip_suffix(" kB"));
        figure.and_then(|text| text.parse().ok()).expect("the system tells its memory")
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Builds the portal as it is deployed, once.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let target = root().join("target/release-portal");
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or(target, PathBuf::from);
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.args(["build", "--release", "--locked", "--quiet", "-p", "exam-portal"]);
        let done = build.current_dir(root()).env("CARGO_TARGET_DIR", &target).status();
        assert!(done.expect("cargo").success(), "the portal does not build");
        target.join("release/exam-portal")
    })
}

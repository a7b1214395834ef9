//! Programs from Debian's packages.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};
use rustix::process::geteuid;

use crate::context::Context;
use crate::process::Log;
use crate::report;

/// A program that the checks start, and the package that brings it.
///
/// Debian keeps the servers' programs outside the search path of ordinary users.
const PROGRAMS: &[(&str, &str)] = &[
    ("chromium", "/usr/bin/chromium"),
    ("g++", "/usr/bin/g++"),
    ("haproxy", "/usr/sbin/haproxy"),
    ("jq", "/usr/bin/jq"),
    ("nginx", "/usr/sbin/nginx"),
    ("nodejs", "/usr/bin/node"),
    ("npm", "/usr/bin/npm"),
    ("openssl", "/usr/bin/openssl"),
    ("postgresql", "/usr/lib/postgresql"),
    ("prometheus", "/usr/bin/promtool"),
    ("python3-venv", "/usr/share/python-wheels"),
    ("redis-server", "/usr/bin/redis-server"),
    ("slowhttptest", "/usr/bin/slowhttptest"),
    ("strace", "/usr/bin/strace"),
    ("valgrind", "/usr/bin/valgrind"),
    ("wrk", "/usr/bin/wrk"),
];

/// Installs the missing packages as root or through sudo; elsewhere names the commands.
pub(super) fn install(context: &Context, log: &Log) -> Result<()> {
    let missing = missing(context);
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    let install = format!("apt-get install --yes --no-install-recommends {packages}");
    if !Path::new("/usr/bin/apt-get").exists() {
        bail!("install with your system's package manager what Debian calls: {packages}");
    }
    report::note(&format!("installing {packages}"));
    let as_root = geteuid().is_root();
    if !as_root && !log.status(Command::new("sudo").args(["--non-interactive", "true"]))?.success()
    {
        bail!("run as root, then try again:\n  apt-get update\n  {install}");
    }
    let through: &[&str] = if as_root { &[] } else { &["sudo"] };
    for line in ["apt-get update", &install] {
        let words: Vec<&str> = through.iter().copied().chain(line.split(' ')).collect();
        // Packages that bring a service must not start it: the checks start their own.
        let settings = ["DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1"];
        log.run(Command::new("env").args(settings).args(words))?;
    }
    Ok(())
}

fn missing(context: &Context) -> Vec<String> {
    let llvm = format!("/usr/bin/llvm-cov-{}", context.llvm_major);
    let mut missing: Vec<String> = PROGRAMS
        .iter()
        .filter(|(_, path)| !Path::new(path).exists())
        .map(|(package, _)| (*package).to_owned())
        .collect();
    if !Path::new(&llvm).exists() {
        missing.push(format!("llvm-{}", context.llvm_major));
    }
    missing
}

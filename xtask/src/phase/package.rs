//! What `cargo add` gives to others: each crate from its own tarball, and the first program of the
//! facade's README on top of them.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use crate::context::Context;
use crate::interrupt::Watched;
use crate::process::Log;
use crate::report::Tally;

const FACADE: &str = "palisade";

/// The address in the README, in whose place a free one is tried.
const ADDRESS: &str = "127.0.0.1:3000";

/// How often the program is asked, with a tenth of a second in between, until it answers.
const TRIES: u32 = 300;

pub(super) fn check(context: &Context, log: &Log) -> Result<Tally> {
    let crates = published(context, log)?;
    let mut package = context.cargo(&["package", "--locked", "--no-verify", "--allow-dirty"]);
    for Package { name, .. } in &crates {
        package.args(["--package", name]);
    }
    log.run(&mut package)?;

    let folder = context.logs().join("package");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    for package in &crates {
        let tarball = context.target.join("package").join(format!("{}.crate", package.folder()));
        let mut tar = context.command("tar");
        log.run(tar.arg("-xzf").arg(tarball).arg("-C").arg(&folder))?;
    }
    let facade = crates.iter().find(|package| package.name == FACADE);
    let facade = facade.with_context(|| format!("{FACADE} is not to be published"))?;
    let address = free_address()?;
    newcomer(&folder, facade, address)?;
    fs::write(folder.join("Cargo.toml"), workspace(&crates))?;
    fs::copy(context.root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    let mut check = context.cargo(&["check", "--workspace", "--all-features"]);
    log.run(check.current_dir(&folder))?;
    let mut build = context.cargo(&["build", "--package", "newcomer"]);
    log.run(build.current_dir(&folder))?;
    answers(context, log, address)?;
    Ok(Tally::passed(u64::try_from(crates.len())?.saturating_add(1)))
}

/// A workspace of the crates as they were unpacked, in which each finds the others beside it.
fn workspace(crates: &[Package]) -> String {
    let beside =
        crates.iter().map(|of| format!("{} = {{ path = \"{}\" }}\n", of.name, of.folder()));
    let head = "[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\n\n[patch.crates-io]\n";
    head.to_owned() + &beside.collect::<String>()
}

/// Writes a program of somebody who copies the first one of the README.
fn newcomer(folder: &Path, facade: &Package, address: SocketAddr) -> Result<()> {
    let readme = fs::read_to_string(folder.join(facade.folder()).join("README.md"))?;
    let program = block(&readme, "rust", "fn main");
    let program = program.context("the README of the facade has no program")?;
    let added = block(&readme, "toml", "[dependencies]");
    let added = added.context("the README of the facade does not say what to depend on")?;
    ensure!(program.contains(ADDRESS), "the program of the README does not listen on {ADDRESS}");
    let manifest = format!(
        "[package]\nname = \"newcomer\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n{added}\
         axum = {{ version = \"0.8\", default-features = false }}\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"net\", \"rt-multi-thread\"] }}\n"
    );
    let source = folder.join("newcomer/src");
    fs::create_dir_all(&source)?;
    fs::write(folder.join("newcomer/Cargo.toml"), manifest)?;
    fs::write(source.join("main.rs"), program.replace(ADDRESS, &address.to_string()))?;
    Ok(())
}

/// Returns the first block of a language that contains these words.
fn block<'a>(readme: &'a str, language: &str, words: &str) -> Option<&'a str> {
    let begin = format!("```{language}");
    let mut rest = readme;
    while let Some((_, after)) = rest.split_once(&begin) {
        let (found, behind) = after.split_once('\n')?.1.split_once("```")?;
        if found.contains(words) {
            return Some(found);
        }
        rest = behind;
    }
    None
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Starts the program and asks it as the README's proxy would.
fn answers(context: &Context, log: &Log, address: SocketAddr) -> Result<()> {
    let program = context.target.join("debug/newcomer");
    let mut command = Command::new(&program);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let (mut child, watched) = Watched::spawn(&mut command)?;
    let asked = (0..TRIES).find_map(|_| {
        thread::sleep(Duration::from_millis(100));
        ask(address).ok()
    });
    let killed = child.kill().and_then(|()| child.wait());
    drop(watched);
    killed?;
    let answer = asked.with_context(|| format!("{} answers nothing", program.display()))?;
    log.note(&answer)?;
    ensure!(answer.starts_with("HTTP/1.1 200 "), "{} answers {answer:?}", program.display());
    Ok(())
}

fn ask(address: SocketAddr) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: exams.example.org\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    ensure!(!answer.is_empty(), "an empty answer");
    Ok(answer)
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    /// Where it may be published: nowhere if the list is empty, anywhere without one.
    publish: Option<Vec<String>>,
}

impl Package {
    fn folder(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }
}

fn published(context: &Context, log: &Log) -> Result<Vec<Package>> {
    let mut metadata = context.cargo(&["metadata", "--locked", "--no-deps", "--format-version=1"]);
    let metadata: Metadata = serde_json::from_str(&log.read(&mut metadata)?)?;
    let packages = metadata.packages.into_iter();
    let anywhere = |package: &Package| package.publish.as_ref().is_none_or(|to| !to.is_empty());
    Ok(packages.filter(anywhere).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_behind_fragments() {
        let readme =
            "```toml\na = 1\n```\n```rust\nlet a = 1;\n```\n```rust,no_run\nfn main() {}\n```\n";
        assert_eq!(block(readme, "rust", "fn main"), Some("fn main() {}\n"));
        assert_eq!(block(readme, "toml", ""), Some("a = 1\n"));
        assert_eq!(block("```rust\nlet a = 1;\n", "rust", "let"), None);
    }
}

//! Files and crates.

use std::fs;

use anyhow::Result;

use super::{crates, files, shown};
use crate::context::Context;

/// Lines of a source file without its tests.
const LONGEST: usize = 400;

const PLACES: &[&str] =
    &["compile-tests", "crates", "examples", "loom-tests", "xtask", "fuzz", "benches"];

pub(super) fn files_are_short(context: &Context) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    for path in sources(context)? {
        let text = fs::read_to_string(&path)?;
        let lines = text.lines().take_while(|line| *line != "#[cfg(test)]").count();
        let tests = path.components().any(|part| part.as_os_str() == "tests");
        if lines > LONGEST && !tests {
            let path = shown(context, &path);
            broken.push(format!("{path}: {lines} lines; a room of over {LONGEST} wants dividing"));
        }
    }
    Ok(broken)
}

pub(super) fn sources_are_ascii(context: &Context) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    for path in sources(context)? {
        let text = fs::read_to_string(&path)?;
        for (number, _) in (1..).zip(text.lines()).filter(|(_, line)| !line.is_ascii()) {
            let path = shown(context, &path);
            broken.push(format!("{path}:{number}: not ASCII; write \\u{{...}}"));
        }
    }
    Ok(broken)
}

/// A crate has a README, which is its front page, and the workspace's lints (testkit: its own).
pub(super) fn crates_are_complete(context: &Context) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    let with_macros = |name| [format!("{name}/derive"), format!("{name}/macros"), name];
    for name in crates(context)?.into_iter().flat_map(with_macros) {
        let folder = context.root.join("crates").join(&name);
        if !folder.join("Cargo.toml").exists() {
            continue; // a crate without macros of its own
        }
        if !folder.join("README.md").exists() {
            broken.push(format!("crates/{name}: README.md is missing"));
        }
        let front = fs::read_to_string(folder.join("src/lib.rs"))?;
        if !front.contains("include_str!(\"../README.md\")") {
            broken.push(format!("crates/{name}/src/lib.rs: its front page is not README.md"));
        }
        let manifest = fs::read_to_string(folder.join("Cargo.toml"))?;
        let unpublished = manifest.contains("publish = false");
        if !unpublished && !manifest.contains("[lints]\nworkspace = true") {
            broken.push(format!("crates/{name}/Cargo.toml: lints are not the workspace's"));
        }
    }
    Ok(broken)
}

fn sources(context: &Context) -> Result<Vec<std::path::PathBuf>> {
    let mut all = Vec::new();
    for place in PLACES {
        all.extend(files(&context.root.join(place), "rs")?);
    }
    Ok(all)
}

//! What the documents say to type and where they lead.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::{crates, files, members, shown};
use crate::context::Context;

/// Relative links of every Markdown file point at a file or folder.
pub(super) fn links_lead_somewhere(context: &Context) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    for path in files(&context.root, "md")? {
        let text = fs::read_to_string(&path)?;
        let folder = path.parent().unwrap_or(&context.root);
        for link in links(&text) {
            let file = link.split('#').next().unwrap_or_default();
            let elsewhere = file.is_empty() || file.contains("://") || file.starts_with("mailto:");
            if !elsewhere && !folder.join(file).exists() {
                broken.push(format!("{}: {link} leads nowhere", shown(context, &path)));
            }
        }
    }
    Ok(broken)
}

/// The commands in README, CHANGELOG, CONTRIBUTING and COMPARE name packages and tasks that exist.
pub(super) fn commands_exist(context: &Context) -> Result<Vec<String>> {
    let mut packages = vec!["xtask".to_owned()];
    packages.extend(members(context, "examples")?);
    packages.extend(members(context, "benches")?);
    // The facade is called by its first name alone.
    packages.extend(crates(context)?.iter().map(|name| match name.as_str() {
        "palisade" => name.clone(),
        _ => format!("palisade-{name}"),
    }));
    let tasks = ["setup", "test", "run", "bench", "fuzz", "--help"];
    let mut broken = Vec::new();
    for document in ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "COMPARE.md", "SECURITY.md"] {
        let text = fs::read_to_string(context.root.join(document))?;
        for words in code_words(&text) {
            let problem = match words.as_slice() {
                ["cargo", "xtask", task, ..] if !tasks.contains(task) => {
                    format!("no task {task:?}")
                }
                ["cargo", "run" | "add" | "test" | "bench", "-p", name, ..]
                | ["cargo", "add", name, ..]
                    if !packages.iter().any(|package| package == name) =>
                {
                    format!("no package {name:?}")
                }
                _ => continue,
            };
            broken.push(format!("{document}: `{}`: there is {problem}", words.join(" ")));
        }
    }
    Ok(broken)
}

/// README.md, SECURITY.md and CHANGELOG.md know every crate, and README.md every example.
pub(super) fn every_crate_is_listed(context: &Context) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    for name in crates(context)? {
        let link = format!("crates/{name}");
        let entry = format!("- `{name}`:");
        for (document, words) in
            [("README.md", &link), ("SECURITY.md", &format!("`{name}`")), ("CHANGELOG.md", &entry)]
        {
            if !fs::read_to_string(context.root.join(document))?.contains(words) {
                broken.push(format!(
                    "{document}: says nothing of crates/{name} ({words} is missing)"
                ));
            }
        }
    }
    let readme = fs::read_to_string(context.root.join("README.md"))?;
    for name in members(context, "examples")? {
        if !readme.contains(&name) {
            broken.push(format!("README.md: says nothing of examples/{name}"));
        }
    }
    Ok(broken)
}

/// A test that README.md names as a proof is in the file that the link leads to.
pub(super) fn proofs_exist(context: &Context) -> Result<Vec<String>> {
    let text = fs::read_to_string(context.root.join("README.md"))?;
    let mut broken = Vec::new();
    for (test, file) in proofs(&text) {
        let source = fs::read_to_string(context.root.join(file)).unwrap_or_default();
        if !has_test(&source, test) {
            broken.push(format!("README.md: there is no test {test} in {file}"));
        }
    }
    Ok(broken)
}

/// Returns what ``[`test`](file.rs)`` names.
fn proofs(text: &str) -> Vec<(&str, &str)> {
    let links = text.split("[`").skip(1).filter_map(|rest| rest.split_once("`]("));
    let links = links.filter_map(|(test, rest)| Some((test, rest.split_once(')')?.0)));
    links.filter(|(_, file)| Path::new(file).extension().is_some_and(|it| it == "rs")).collect()
}

fn has_test(source: &str, test: &str) -> bool {
    source.lines().map(str::trim_start).any(|line| {
        let line = line.strip_prefix("async ").unwrap_or(line);
        let name = line.strip_prefix("fn ").unwrap_or_default();
        name.strip_prefix(test).is_some_and(|rest| rest.starts_with('('))
    })
}

/// Returns the targets of `[text](target)`.
fn links(text: &str) -> Vec<&str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect()
}

/// Returns the words of every command line in backticks or in a fenced block.
fn code_words(text: &str) -> Vec<Vec<&str>> {
    let mut fenced = false;
    let mut commands = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            commands.push(line.trim().trim_start_matches("$ ").split_whitespace().collect());
        } else {
            let inline = line.split('`').skip(1).step_by(2);
            commands.extend(inline.map(|code| code.split_whitespace().collect()));
        }
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_a_function_of_that_name() {
        assert_eq!(proofs("[`a_b`](x/y.rs), [`c`](d.md), [`e"), [("a_b", "x/y.rs")]);
        assert!(has_test("  async fn a_b() {", "a_b") && has_test("fn a_b() {", "a_b"));
        assert!(!has_test("fn a_bc() {", "a_b") && !has_test("// a_b()", "a_b"));
    }

    #[test]
    fn finds_links_and_commands() {
        let text =
            "See [one](docs/A.md#b), `cargo xtask test`.\n```sh\n$ cargo run -p exam-portal\n```\n";
        assert_eq!(links(text), ["docs/A.md#b"]);
        let commands: Vec<Vec<&str>> =
            vec![vec!["cargo", "xtask", "test"], vec!["cargo", "run", "-p", "exam-portal"]];
        assert_eq!(code_words(text), commands);
    }
}

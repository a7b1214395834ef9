//! docs/ARCHITECTURE.md stays true.

use std::collections::BTreeSet;
use std::fs;

use anyhow::Result;

use super::{crates, files, members};
use crate::context::Context;

const DOCUMENT: &str = "docs/ARCHITECTURE.md";

/// Every crate, layer and example named in the document exists, and every crate is named.
pub(super) fn name_what_exists(context: &Context) -> Result<Vec<String>> {
    let text = fs::read_to_string(context.root.join(DOCUMENT))?;
    let crates: BTreeSet<String> = crates(context)?.into_iter().collect();
    let examples: BTreeSet<String> = members(context, "examples")?.into_iter().collect();
    let mut broken = Vec::new();
    for (folder, existing) in [("crates/", &crates), ("examples/", &examples)] {
        let named: BTreeSet<String> = names_after(&text, folder).collect();
        broken.extend(
            named.difference(existing).map(|name| format!("{folder}{name} does not exist")),
        );
        broken
            .extend(existing.difference(&named).map(|name| format!("{folder}{name} is not named")));
    }
    let layers = layers(context)?;
    let named = words(&text).filter(|word| is_layer(word)).collect::<BTreeSet<&str>>();
    let unknown = named.iter().filter(|name| !layers.contains(**name));
    broken.extend(unknown.map(|name| format!("layer {name} does not exist")));
    let untold = layers.iter().filter(|name| !named.contains(name.as_str()));
    broken.extend(untold.map(|name| format!("layer {name} is not named")));
    Ok(broken.into_iter().map(|line| format!("{DOCUMENT}: {line}")).collect())
}

/// Returns the names of the published layers: `pub struct <Noun>Layer`.
fn layers(context: &Context) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for path in files(&context.root.join("crates"), "rs")? {
        if path.components().any(|part| part.as_os_str() == "src") {
            let text = fs::read_to_string(&path)?;
            let declared = text.lines().filter_map(|line| line.strip_prefix("pub struct "));
            let names_of = declared.filter_map(|rest| words(rest).next());
            names.extend(names_of.filter(|name| is_layer(name)).map(str::to_owned));
        }
    }
    Ok(names)
}

fn is_layer(word: &str) -> bool {
    word.len() > "Layer".len() && word.ends_with("Layer")
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}

/// Returns the folder names that follow `folder` in the text.
fn names_after<'a>(text: &'a str, folder: &'a str) -> impl Iterator<Item = String> + 'a {
    text.split(folder).skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
        rest.get(..end).filter(|name| !name.is_empty()).map(str::to_owned)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_names_in_diagrams() {
        let text = "core[\"crates/core\"] --> x[EdgeLayer]; a Layer, crates/input-validation.";
        assert_eq!(names_after(text, "crates/").collect::<Vec<_>>(), ["core", "input-validation"]);
        assert_eq!(words(text).filter(|word| is_layer(word)).collect::<Vec<_>>(), ["EdgeLayer"]);
    }
}

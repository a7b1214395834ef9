//! The configuration file.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::mistake::quote;
use super::setting::{Given, Kind, Origin, SETTINGS, Setting, Written};
use super::{Mistake, Mistakes};

pub(super) fn read(path: &Path, mistakes: &mut Mistakes) -> Written {
    let name = path.display().to_string();
    match load(path) {
        Ok(text) => parse(&name, &text, mistakes),
        Err(wrong) => {
            let place = format!("configuration file {}", quote(&name));
            mistakes.add(Mistake::new(&place, &wrong, "give a readable TOML file"));
            Written::default()
        }
    }
}

/// Reads a text file of at most 64 KiB.
pub(super) fn load(path: &Path) -> Result<String, String> {
    const MAX_BYTES: u64 = 64 * 1024;
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut text = String::new();
    // One byte more than allowed tells a file of the greatest size from a longer one.
    file.take(MAX_BYTES.saturating_add(1))
        .read_to_string(&mut text)
        .map_err(|error| error.to_string())?;
    match u64::try_from(text.len()) {
        Ok(length) if length <= MAX_BYTES => Ok(text),
        _ => Err("longer than 64 KiB".to_owned()),
    }
}

fn parse(file: &str, text: &str, mistakes: &mut Mistakes) -> Written {
    let (table, broken) = DeTable::parse_recoverable(text);
    for error in &broken {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        let place = format!("{file} line {line}");
        mistakes.add(Mistake::new(&place, error.message(), "mend the TOML"));
    }
    if !broken.is_empty() {
        return Written::default();
    }
    let mut written = Written::default();
    for (key, value) in table.get_ref() {
        let line = line_of(text, key.span().start);
        let known = SETTINGS.iter().find(|setting| setting.key == Some(key.get_ref().as_ref()));
        let Some(Setting { name, key: Some(key), kind, .. }) = known else {
            let place = format!("{file} line {line}");
            let wrong = format!("unknown key {}", quote(key.get_ref()));
            mistakes.add(Mistake::new(&place, &wrong, &format!("the keys are {}", keys())));
            continue;
        };
        let origin = Origin::File { file: file.to_owned(), line, key };
        if let Some(values) = values(value.get_ref(), *kind) {
            for value in values {
                written.add(name, Given { value, origin: origin.clone() });
            }
            continue;
        }
        let (wrong, form) = match kind {
            Kind::List => ("not a list of strings", "[\"...\"]"),
            Kind::Switch => ("neither true nor false", "true"),
            Kind::Value => ("not a string", "\"...\""),
        };
        mistakes.add(Mistake::new(&origin, wrong, &format!("write {key} = {form}")));
    }
    written
}

/// Returns the values as texts; nothing for a switch that is off.
fn values(value: &DeValue<'_>, kind: Kind) -> Option<Vec<String>> {
    match (value, kind) {
        (DeValue::String(text), Kind::Value) => Some(vec![text.to_string()]),
        (DeValue::Boolean(on), Kind::Switch) => {
            Some(on.then(|| "true".to_owned()).into_iter().collect())
        }
        (DeValue::Array(items), Kind::List) => items
            .iter()
            .map(|item| match item.get_ref() {
                DeValue::String(text) => Some(text.to_string()),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

fn keys() -> String {
    let keys: Vec<&str> = SETTINGS.iter().filter_map(|setting| setting.key).collect();
    keys.join(", ")
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or(text);
    before.bytes().filter(|byte| *byte == b'\n').count().saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        let mut mistakes = Mistakes::default();
        parse("p.toml", text, &mut mistakes);
        mistakes.lines()
    }

    #[test]
    fn every_mistake_of_a_file_is_named_with_its_line() {
        let found = lines("listn = \"x\"\nlisten = 8080\nallowed_hosts = \"one\"\n");
        assert_eq!(found.len(), 3, "{found:?}");
        let all = found.join("\n");
        assert!(all.contains("p.toml line 1: unknown key \"listn\"; the keys are listen, data,"));
        assert!(all.contains("p.toml line 2, listen: not a string; write listen = \"...\""));
        assert!(all.contains("p.toml line 3, allowed_hosts: not a list of strings"));
    }

    #[test]
    fn broken_toml_is_a_mistake_with_its_line_and_no_value_of_it_counts() {
        let found = lines("data = \"a\"\nlisten = \n");
        assert!(found[0].contains("p.toml line 2: "), "{found:?}");
        assert!(lines("[listen]\nx = 1\n")[0].contains("not a string"));
        assert!(lines("production = \"yes\"\n")[0].contains("neither true nor false"));
    }

    #[test]
    fn lists_and_strings_are_read() {
        let mut mistakes = Mistakes::default();
        let text = "log = \"json\"\nallowed_hosts = [\"a.example\", \"b.example\"]\n";
        let file = parse("p.toml", text, &mut mistakes);
        assert!(mistakes.lines().is_empty());
        let hosts: Vec<String> =
            file.all("allowed-host").into_iter().map(|given| given.value).collect();
        assert_eq!(hosts, ["a.example", "b.example"]);
        assert_eq!(file.all("log").len(), 1);
        let file = parse("p.toml", "production = false\n", &mut mistakes);
        assert_eq!(file.all("production").len(), 0);
    }
}

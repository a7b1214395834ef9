//! Policies out of configuration files.

use std::str::FromStr;

use super::{Csp, Directive, Sandbox, Source, TrustedTypes};
use crate::ConfigError;

/// Directives that browsers no longer know: each one is a console message and protects nothing.
const DEAD: &[&str] = &[
    "block-all-mixed-content",
    "navigate-to",
    "plugin-types",
    "prefetch-src",
    "referrer",
    "reflected-xss",
    "require-sri-for",
];

impl FromStr for Csp {
    type Err = ConfigError;

    /// Reads one policy as the header writes it, with `'nonce'` for the nonce of the response.
    ///
    /// # Errors
    ///
    /// What a browser would ignore: unknown or repeated directives, malformed sources, `'none'`
    /// beside other sources. What lets injected script run ([`Csp::insecure_only`]).
    /// `report-uri` and `report-to`, which the layer writes by the scheme of each request.
    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let mut policy = Self::empty();
        let mut trusted_types = None;
        let mut seen = Vec::new();
        for part in text.split(';').map(str::trim_ascii).filter(|part| !part.is_empty()) {
            let (name, value) =
                part.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((part, ""));
            let name = name.to_ascii_lowercase();
            let words: Vec<&str> = value.split_ascii_whitespace().collect();
            if seen.contains(&name) {
                return Err(refused(
                    &name,
                    "write it once: browsers obey the first and drop the others",
                ));
            }
            match name.as_str() {
                "sandbox" => policy.sandbox = Some(sandbox(&words)?),
                "require-trusted-types-for" if words == ["'script'"] => {
                    trusted_types.get_or_insert_with(TrustedTypes::any);
                }
                "trusted-types" => trusted_types = Some(policies(&words)?),
                "upgrade-insecure-requests" if words.is_empty() => policy.upgrade = true,
                "report-uri" | "report-to" => {
                    return Err(refused(
                        &name,
                        "give the layer an Endpoint: it writes what each scheme needs",
                    ));
                }
                dead if DEAD.contains(&dead) => {
                    return Err(refused(dead, "leave it out: browsers no longer know it"));
                }
                _ => policy = list(policy, &name, &words)?,
            }
            seen.push(name);
        }
        let names_policies = seen.iter().any(|name| name == "trusted-types");
        if names_policies && !seen.iter().any(|name| name == "require-trusted-types-for") {
            let instead = "add require-trusted-types-for 'script': alone it protects no sink";
            return Err(refused("trusted-types", instead));
        }
        policy.trusted_types = trusted_types;
        if seen.is_empty() {
            return Err(ConfigError::new("CSP", text, "write at least default-src 'none'"));
        }
        Ok(policy)
    }
}

#[cold]
fn refused(name: &str, instead: &str) -> ConfigError {
    ConfigError::new("CSP directive", name, instead)
}

fn list(policy: Csp, name: &str, words: &[&str]) -> Result<Csp, ConfigError> {
    let directive = Directive::ALL.iter().find(|directive| directive.as_str() == name);
    let Some(&directive) = directive else {
        return Err(refused(name, "write a directive of CSP 3, such as img-src"));
    };
    if let [single] = words
        && single.eq_ignore_ascii_case("'none'")
    {
        return policy.only(directive, []);
    }
    if words.iter().any(|word| word.eq_ignore_ascii_case("'none'")) {
        let value = format!("{name} {}", words.join(" "));
        let instead = "write 'none' alone: beside other sources browsers ignore it";
        return Err(ConfigError::new("CSP source list", value, instead));
    }
    let sources = words.iter().map(|word| word.parse()).collect::<Result<Vec<Source>, _>>()?;
    policy.only(directive, sources)
}

fn sandbox(words: &[&str]) -> Result<Vec<Sandbox>, ConfigError> {
    let flag = |word: &&str| {
        let known = Sandbox::ALL.iter().find(|flag| word.eq_ignore_ascii_case(flag.as_str()));
        known.copied().ok_or_else(|| {
            ConfigError::new("sandbox flag", *word, "write a flag such as allow-scripts")
        })
    };
    words.iter().map(flag).collect()
}

fn policies(words: &[&str]) -> Result<TrustedTypes, ConfigError> {
    match words {
        ["'none'"] | [] => Ok(TrustedTypes::none()),
        ["*"] => Ok(TrustedTypes::any()),
        names => TrustedTypes::only(names.iter().copied()),
    }
}

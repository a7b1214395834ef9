//! What a policy says and browsers do not do.

use super::{Csp, Directive, Sandbox, Source};
use crate::Finding;

impl Csp {
    /// Returns the findings about this policy alone.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (directive, list) in &self.lists {
            list_findings(*directive, list, &mut findings);
        }
        for (directive, what) in [(Directive::Script, "scripts"), (Directive::Object, "plug-ins")] {
            if self.effective(directive).is_none() {
                findings.push(Finding::warning(
                    "csp_unrestricted",
                    format!(
                        "neither {} nor default-src is written: any {what}",
                        directive.as_str()
                    ),
                    "write default-src 'none' and allow what the pages load",
                ));
            }
        }
        let silent = |flags: &[Sandbox]| !flags.contains(&Sandbox::AllowScripts);
        let runs =
            self.effective(Directive::ScriptElem).is_some_and(|l| l.iter().any(Source::admits));
        if runs && self.sandbox_flags().is_some_and(silent) {
            findings.push(Finding::warning(
                "csp_sandbox_stops_scripts",
                "in a sandbox without allow-scripts none of the scripts runs that script-src allows",
                "allow Sandbox::AllowScripts, or write script-src 'none'",
            ));
        }
        if self.own(Directive::BaseUri).is_none() && self.uses_nonce() {
            findings.push(Finding::warning(
                "csp_base_uri_open",
                "without base-uri an injected <base> sends relative nonced scripts elsewhere",
                "write base-uri 'none'",
            ));
        }
        findings
    }
}

fn list_findings(directive: Directive, list: &[Source], findings: &mut Vec<Finding>) {
    let name = directive.as_str();
    let keyed = |source: &Source| matches!(source, Source::Hash(_) | Source::Nonce);
    let has_key = list.iter().any(keyed);
    let strict = list.contains(&Source::StrictDynamic);
    if strict && !has_key {
        findings.push(Finding::error(
            "csp_strict_dynamic_alone",
            format!("{name}: 'strict-dynamic' without nonce or hash lets no script start"),
            "add Source::Nonce or a Hash",
        ));
    }
    if strict && let Some(dead) = list.iter().find(|source| source.matches_by_address()) {
        findings.push(Finding::warning(
            "csp_dead_address",
            format!("{name}: {dead} is ignored beside 'strict-dynamic'"),
            "leave it out, or leave 'strict-dynamic' out",
        ));
    }
    if (has_key || strict) && list.contains(&Source::UnsafeInline) {
        findings.push(Finding::warning(
            "csp_dead_unsafe_inline",
            format!(
                "{name}: 'unsafe-inline' is ignored beside a nonce, a hash or 'strict-dynamic'"
            ),
            "leave it out",
        ));
    }
    if list.contains(&Source::UnsafeHashes) && !list.iter().any(|s| matches!(s, Source::Hash(_))) {
        findings.push(Finding::warning(
            "csp_dead_unsafe_hashes",
            format!("{name}: 'unsafe-hashes' without a hash allows nothing"),
            "add the hash of the attribute, or leave it out",
        ));
    }
    let wide = |source: &&Source| match source {
        Source::Any => true,
        Source::Scheme(scheme) => matches!(scheme.name(), "http" | "https"),
        _ => false,
    };
    if directive.decides_scripts()
        && !strict
        && let Some(source) = list.iter().find(wide)
    {
        findings.push(Finding::warning(
            "csp_any_host",
            format!("{name}: {source} lets scripts come from any host"),
            "name the hosts, or use a nonce with 'strict-dynamic'",
        ));
    }
    if directive.decides_scripts() && list.iter().any(Source::lets_injected_script_run) {
        findings.push(Finding::warning(
            "csp_injection",
            format!("{name}: whoever can write markup into a page runs script in it"),
            "use a nonce or hashes",
        ));
    }
}

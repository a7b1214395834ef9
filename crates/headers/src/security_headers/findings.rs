//! What disagrees across headers.

use super::SecurityHeaders;
use crate::Finding;
use crate::csp::{Csp, Directive, Sandbox, Source};
use crate::value::{EmbedderPolicy, Framing, ReferrerPolicy, ResourcePolicy};

pub(super) fn of(set: &SecurityHeaders) -> Vec<Finding> {
    let mut findings = Vec::new();
    for policy in set.enforced.iter().chain(&set.reported) {
        findings.extend(policy.findings());
        for grant in &set.grants {
            findings.extend(policy.grant_findings(grant));
        }
    }
    grants(set, &mut findings);
    framing(set, &mut findings);
    embedding(set, &mut findings);
    reporting(set, &mut findings);
    surroundings(set, &mut findings);
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.level()));
    findings.dedup();
    findings
}

fn grants(set: &SecurityHeaders, findings: &mut Vec<Finding>) {
    for (index, grant) in set.grants.iter().enumerate() {
        if set.grants.iter().take(index).any(|earlier| earlier.name() == grant.name()) {
            findings.push(Finding::error(
                "grant_twice",
                format!("two grants are called {:?} and only the first is used", grant.name()),
                "give each its own name",
            ));
        }
    }
}

fn framing(set: &SecurityHeaders, findings: &mut Vec<Finding>) {
    let Some(framing) = set.framing else { return };
    let lists: Vec<_> =
        set.enforced.iter().filter_map(|csp| csp.effective(Directive::FrameAncestors)).collect();
    let agrees = |list: &&[Source]| match framing {
        Framing::Deny => list.is_empty(),
        Framing::SameOrigin => list.iter().all(|source| *source == Source::This),
    };
    if !lists.is_empty() && !lists.iter().any(agrees) {
        findings.push(Finding::warning(
            "framing_disagrees",
            format!(
                "frame-ancestors allows more than X-Frame-Options {}: browsers obey the former",
                framing.as_str()
            ),
            "widen frame-ancestors by a grant on the routes that are framed, or align both",
        ));
    }
}

fn embedding(set: &SecurityHeaders, findings: &mut Vec<Finding>) {
    let foreign = |csp: &Csp, directive| {
        csp.effective(directive).is_none_or(|list| {
            list.iter().any(|source| matches!(source, Source::Any | Source::Host(_)))
        })
    };
    let loads =
        [Directive::Img, Directive::Media, Directive::Script, Directive::Style, Directive::Font];
    if set.embedder.enforced == Some(EmbedderPolicy::RequireCorp)
        && set.enforced.iter().any(|csp| loads.iter().any(|&directive| foreign(csp, directive)))
    {
        findings.push(Finding::warning(
            "embedder_blocks_allowed_hosts",
            "Cross-Origin-Embedder-Policy require-corp blocks what the CSP allows from other hosts, \
             unless they send Cross-Origin-Resource-Policy",
            "use EmbedderPolicy::Credentialless",
        ));
    }
}

fn reporting(set: &SecurityHeaders, findings: &mut Vec<Finding>) {
    let tried = !set.reported.is_empty()
        || set.opener.reported.is_some()
        || set.embedder.reported.is_some()
        || set.integrity.reported.is_some();
    if tried && set.endpoint.is_none() {
        findings.push(Finding::error(
            "report_only_unheard",
            "a report-only policy without an endpoint does nothing but write to consoles",
            "name an endpoint with report_to",
        ));
    }
}

fn surroundings(set: &SecurityHeaders, findings: &mut Vec<Finding>) {
    if set.surroundings.origin_checked && set.referrer == Some(ReferrerPolicy::NoReferrer) {
        findings.push(Finding::warning(
            "no_referrer_nulls_origin",
            "under no-referrer browsers send Origin: null with the site's own forms, and in clear \
             text no Sec-Fetch-Site: the cross-site check refuses them",
            "use ReferrerPolicy::StrictOriginWhenCrossOrigin or SameOrigin",
        ));
    }
    let opaque = |csp: &Csp| {
        csp.sandbox_flags().is_some_and(|flags| !flags.contains(&Sandbox::AllowSameOrigin))
    };
    if set.surroundings.origin_checked && set.enforced.iter().any(opaque) {
        findings.push(Finding::warning(
            "sandbox_nulls_origin",
            "in a sandbox without allow-same-origin browsers send Origin: null with the site's own \
             forms and calls: the cross-site check refuses them",
            "allow Sandbox::AllowSameOrigin, or put only pages that send nothing into the sandbox",
        ));
    }
    let shared = set.surroundings.shared_with_cookies;
    if shared && matches!(set.resource, Some(ResourcePolicy::SameOrigin | ResourcePolicy::SameSite))
    {
        findings.push(Finding::warning(
            "cors_blocked_by_resource_policy",
            "Cross-Origin-Resource-Policy blocks what other origins load without CORS, an image or \
             a script without the attribute crossorigin, also where CORS would allow them",
            "use ResourcePolicy::CrossOrigin, or have partners write crossorigin",
        ));
    }
    let unframed =
        |csp: &Csp| csp.effective(Directive::FrameAncestors).is_some_and(<[_]>::is_empty);
    let granted = set.grants.iter().any(crate::csp::Grant::widens_framing);
    if set.surroundings.embedded_cookies && !granted && set.enforced.iter().any(unframed) {
        findings.push(Finding::warning(
            "same_site_none_unframed",
            "cookies with SameSite=None are for frames of other sites, and frame-ancestors 'none' \
             lets nobody frame a page",
            "use SameSite=Lax, or register a grant that widens frame-ancestors",
        ));
    }
}

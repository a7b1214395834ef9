//! What is fuzzed: one function for each target, each with three callers.
//!
//! The libFuzzer binary in `fuzz_targets/`, the test that replays `seeds/` and `regressions/` on any
//! machine, and a property test over random bytes. A function panics if a rule is broken.

mod answers;
mod audit;
mod cache;
mod edge;
mod files;
mod forwarded_reference;
mod headers;
mod input_validation;
mod limits;
mod markup;
mod observe;
mod passwords;
mod ratelimit;
#[cfg(test)]
mod replay;
mod resets;
mod resilience;

pub use answers::{cache_control, cache_http_policy};
pub use audit::{audit_cursor, audit_note, audit_proof, audit_recovery, audit_segment, audit_tile};
pub use cache::{cache_conditional, cache_envelope, cache_key};
pub use edge::{
    edge_client_ip, edge_external_url, edge_forwarded, edge_hosts, edge_proxy_protocol,
    edge_x_forwarded_for,
};
pub use files::{
    input_validation_csv, input_validation_file, input_validation_multipart, input_validation_zip,
};
pub use headers::{headers_cookies, headers_csp, headers_origin, headers_reports, headers_request};
pub use input_validation::{
    input_validation_cursor, input_validation_email, input_validation_header,
    input_validation_json, input_validation_number, input_validation_text, input_validation_url,
};
pub use limits::{ratelimit_fields, ratelimit_key, ratelimit_rules, ratelimit_snapshot};
pub use markup::{input_validation_html, input_validation_markdown};
pub use observe::{
    observe_escape, observe_fingerprint, observe_redact, observe_rotation, observe_traceparent,
};
pub use passwords::{
    passwords_fields, passwords_legacy_aspnet, passwords_legacy_bcrypt, passwords_legacy_django,
    passwords_legacy_ldap, passwords_legacy_passlib, passwords_legacy_phc, passwords_legacy_spring,
    passwords_legacy_werkzeug, passwords_legacy_wordpress, passwords_policy, passwords_session_id,
    passwords_signature, passwords_stored,
};
pub use ratelimit::{ratelimit_lockout, ratelimit_store_reply};
pub use resets::{passwords_reset_mail, passwords_reset_token};
pub use resilience::resilience_retry_after;

/// A target by its name.
pub type Target = (&'static str, fn(&[u8]));

/// Every target, by the name of its function, its binary and its folders.
pub const TARGETS: &[Target] = &[
    ("audit_cursor", audit_cursor),
    ("audit_note", audit_note),
    ("audit_proof", audit_proof),
    ("audit_recovery", audit_recovery),
    ("audit_segment", audit_segment),
    ("audit_tile", audit_tile),
    ("cache_conditional", cache_conditional),
    ("cache_control", cache_control),
    ("cache_envelope", cache_envelope),
    ("cache_http_policy", cache_http_policy),
    ("cache_key", cache_key),
    ("edge_client_ip", edge_client_ip),
    ("edge_external_url", edge_external_url),
    ("edge_forwarded", edge_forwarded),
    ("edge_hosts", edge_hosts),
    ("edge_proxy_protocol", edge_proxy_protocol),
    ("edge_x_forwarded_for", edge_x_forwarded_for),
    ("headers_cookies", headers_cookies),
    ("headers_csp", headers_csp),
    ("headers_origin", headers_origin),
    ("headers_reports", headers_reports),
    ("headers_request", headers_request),
    ("input_validation_csv", input_validation_csv),
    ("input_validation_cursor", input_validation_cursor),
    ("input_validation_email", input_validation_email),
    ("input_validation_file", input_validation_file),
    ("input_validation_header", input_validation_header),
    ("input_validation_html", input_validation_html),
    ("input_validation_json", input_validation_json),
    ("input_validation_markdown", input_validation_markdown),
    ("input_validation_multipart", input_validation_multipart),
    ("input_validation_number", input_validation_number),
    ("input_validation_text", input_validation_text),
    ("input_validation_url", input_validation_url),
    ("input_validation_zip", input_validation_zip),
    ("observe_escape", observe_escape),
    ("observe_fingerprint", observe_fingerprint),
    ("observe_redact", observe_redact),
    ("observe_rotation", observe_rotation),
    ("observe_traceparent", observe_traceparent),
    ("passwords_fields", passwords_fields),
    ("passwords_legacy_aspnet", passwords_legacy_aspnet),
    ("passwords_legacy_bcrypt", passwords_legacy_bcrypt),
    ("passwords_legacy_django", passwords_legacy_django),
    ("passwords_legacy_ldap", passwords_legacy_ldap),
    ("passwords_legacy_passlib", passwords_legacy_passlib),
    ("passwords_legacy_phc", passwords_legacy_phc),
    ("passwords_legacy_spring", passwords_legacy_spring),
    ("passwords_legacy_werkzeug", passwords_legacy_werkzeug),
    ("passwords_legacy_wordpress", passwords_legacy_wordpress),
    ("passwords_policy", passwords_policy),
    ("passwords_reset_mail", passwords_reset_mail),
    ("passwords_reset_token", passwords_reset_token),
    ("passwords_session_id", passwords_session_id),
    ("passwords_signature", passwords_signature),
    ("passwords_stored", passwords_stored),
    ("ratelimit_fields", ratelimit_fields),
    ("ratelimit_key", ratelimit_key),
    ("ratelimit_lockout", ratelimit_lockout),
    ("ratelimit_rules", ratelimit_rules),
    ("ratelimit_snapshot", ratelimit_snapshot),
    ("ratelimit_store_reply", ratelimit_store_reply),
    ("resilience_retry_after", resilience_retry_after),
];

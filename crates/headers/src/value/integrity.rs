//! `Integrity-Policy` (Subresource Integrity, editor's draft of 2026-03).

/// Refuses scripts that carry no `integrity` attribute, those of the own origin included.
///
/// Only scripts: the destination `style` is in the draft, but Chromium reports it as unsupported
/// on the console.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct IntegrityPolicy;

impl IntegrityPolicy {
    /// Requires integrity of every script.
    #[must_use]
    pub const fn scripts() -> Self {
        Self
    }

    /// Writes the structured field, with the endpoint that hears of violations.
    pub(crate) fn field(self, endpoint: Option<&str>) -> String {
        let Self = self;
        endpoint.map_or_else(
            || "blocked-destinations=(script)".to_owned(),
            |name| format!("blocked-destinations=(script), endpoints=({name})"),
        )
    }
}

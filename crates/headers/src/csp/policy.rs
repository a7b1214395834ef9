//! The policy.

use std::fmt;

use super::{Directive, Sandbox, Source, TrustedTypes};
use crate::ConfigError;

/// One Content Security Policy.
///
/// # Example
///
/// ```
/// use palisade_headers::csp::{Csp, Directive, Source};
///
/// let csp = Csp::strict()
///     .also(Directive::Img, Source::host("https://cdn.example.com")?)?
///     .only(Directive::Connect, [])?;
/// assert!(csp.to_string().contains("img-src 'self' https://cdn.example.com;"));
/// assert!(csp.to_string().contains("connect-src 'none';"));
/// assert!(csp.only(Directive::Script, [Source::UnsafeInline]).is_err());
/// # Ok::<(), palisade_headers::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a policy protects nothing until a response carries it"]
pub struct Csp {
    pub(super) lists: Vec<(Directive, Vec<Source>)>,
    pub(super) sandbox: Option<Vec<Sandbox>>,
    pub(super) trusted_types: Option<TrustedTypes>,
    pub(super) upgrade: bool,
}

impl Csp {
    pub(super) const fn empty() -> Self {
        Self { lists: Vec::new(), sandbox: None, trusted_types: None, upgrade: false }
    }

    fn of<const N: usize>(lists: [(Directive, &[Source]); N]) -> Self {
        let lists = lists.map(|(directive, sources)| (directive, sources.to_vec()));
        Self { lists: lists.into(), ..Self::empty() }
    }

    /// Lets nothing be loaded, framed, submitted or rebased; the ground to build on.
    pub fn deny_all() -> Self {
        Self::of([
            (Directive::Default, &[]),
            (Directive::BaseUri, &[]),
            (Directive::FormAction, &[]),
            (Directive::FrameAncestors, &[]),
        ])
    }

    /// The policy of JSON: `default-src 'none';frame-ancestors 'none'`.
    pub fn api() -> Self {
        Self::of([(Directive::Default, &[]), (Directive::FrameAncestors, &[])])
    }

    /// The policy of server-rendered pages: scripts by nonce and what they load, styles by nonce or
    /// own file, everything else from the own origin or not at all, Trusted Types required.
    pub fn strict() -> Self {
        let own: &[Source] = &[Source::This];
        Self::of([
            (Directive::Default, &[]),
            (Directive::Script, &[Source::Nonce, Source::StrictDynamic]),
            (Directive::Style, &[Source::This, Source::Nonce]),
            (Directive::Img, own),
            (Directive::Font, own),
            (Directive::Connect, own),
            (Directive::Manifest, own),
            (Directive::Object, &[]),
            (Directive::BaseUri, &[]),
            (Directive::FormAction, own),
            (Directive::FrameAncestors, &[]),
        ])
        .trusted_types(TrustedTypes::any())
    }

    /// The default policy of the Node package helmet, 8.3, to the byte.
    pub(crate) fn compat() -> Self {
        let own: &[Source] = &[Source::This];
        let scheme = |name| super::Scheme::new(name).ok().map(Source::Scheme);
        let with = |first: &[Source], more: &[Option<Source>]| -> Vec<Source> {
            first.iter().cloned().chain(more.iter().flatten().cloned()).collect()
        };
        let font = with(own, &[scheme("https"), scheme("data")]);
        let img = with(own, &[scheme("data")]);
        let style = with(own, &[scheme("https"), Some(Source::UnsafeInline)]);
        Self::of([
            (Directive::Default, own),
            (Directive::BaseUri, own),
            (Directive::Font, &font),
            (Directive::FormAction, own),
            (Directive::FrameAncestors, own),
            (Directive::Img, &img),
            (Directive::Object, &[]),
            (Directive::Script, own),
            (Directive::ScriptAttr, &[]),
            (Directive::Style, &style),
        ])
        .upgrade_insecure_requests()
    }

    /// Replaces the list of a directive; of no source, it becomes `'none'`.
    ///
    /// # Errors
    ///
    /// A source that means nothing in this directive, or that lets injected script run; see
    /// [`insecure_only`](Self::insecure_only).
    pub fn only(
        self,
        directive: Directive,
        sources: impl IntoIterator<Item = Source>,
    ) -> Result<Self, ConfigError> {
        let sources: Vec<_> = sources.into_iter().collect();
        sources.iter().try_for_each(|source| refuse_unsafe(directive, source))?;
        self.insecure_only(directive, sources)
    }

    /// Adds a source to the list that holds for a directive: its own, or the one it falls back to.
    ///
    /// # Errors
    ///
    /// As [`only`](Self::only).
    pub fn also(self, directive: Directive, source: Source) -> Result<Self, ConfigError> {
        let mut sources = self.effective(directive).unwrap_or_default().to_vec();
        refuse_unsafe(directive, &source)?;
        sources.push(source);
        self.insecure_only(directive, sources)
    }

    /// As [`only`](Self::only), and takes `'unsafe-inline'`, `'unsafe-eval'`, `data:`, `blob:` and
    /// `filesystem:` for scripts.
    ///
    /// With one of them whoever can write markup into a page runs script in it: escape every value
    /// in every template, and move inline script behind a [`Nonce`](super::Nonce) or a
    /// [`Hash`](super::Hash) instead.
    ///
    /// # Errors
    ///
    /// A source that means nothing in this directive.
    pub fn insecure_only(
        mut self,
        directive: Directive,
        sources: impl IntoIterator<Item = Source>,
    ) -> Result<Self, ConfigError> {
        let mut list = Vec::new();
        for source in sources {
            if let Some(instead) = directive.refusal(&source) {
                let what = "CSP source";
                let value = format!("{} {source}", directive.as_str());
                return Err(ConfigError::new(what, value, instead));
            }
            if !list.contains(&source) {
                list.push(source);
            }
        }
        self.put(directive, list);
        Ok(self)
    }

    /// Shows the page in a sandbox that allows only what is listed.
    pub fn sandbox(mut self, allowed: impl IntoIterator<Item = Sandbox>) -> Self {
        self.sandbox = Some(allowed.into_iter().collect());
        self
    }

    /// Requires Trusted Types.
    pub fn trusted_types(mut self, trusted_types: TrustedTypes) -> Self {
        self.trusted_types = Some(trusted_types);
        self
    }

    /// Lets the browser load `http:` addresses over https; written on https only.
    pub const fn upgrade_insecure_requests(mut self) -> Self {
        self.upgrade = true;
        self
    }

    /// Returns the list that holds for a directive, its own or the nearest fallback; without any,
    /// everything is allowed.
    #[must_use]
    pub fn effective(&self, directive: Directive) -> Option<&[Source]> {
        self.own(directive)
            .or_else(|| directive.fallbacks().iter().find_map(|&fallback| self.own(fallback)))
    }

    pub(crate) fn sandbox_flags(&self) -> Option<&[Sandbox]> {
        self.sandbox.as_deref()
    }

    pub(super) fn own(&self, directive: Directive) -> Option<&[Source]> {
        self.lists.iter().find(|(known, _)| *known == directive).map(|(_, list)| list.as_slice())
    }

    pub(super) fn put(&mut self, directive: Directive, list: Vec<Source>) {
        match self.lists.iter_mut().find(|(known, _)| *known == directive) {
            Some((_, present)) => *present = list,
            None => self.lists.push((directive, list)),
        }
    }

    /// Returns whether some list holds the nonce of the response.
    #[must_use]
    pub fn uses_nonce(&self) -> bool {
        self.lists.iter().any(|(_, list)| list.contains(&Source::Nonce))
    }
}

fn refuse_unsafe(directive: Directive, source: &Source) -> Result<(), ConfigError> {
    if directive.decides_scripts() && source.lets_injected_script_run() {
        let value = format!("{} {source}", directive.as_str());
        let instead = "use a nonce or a hash; insecure_only takes it all the same";
        return Err(ConfigError::new("CSP source", value, instead));
    }
    Ok(())
}

impl fmt::Display for Csp {
    /// Writes the policy with `'nonce'` where the nonce of a response goes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

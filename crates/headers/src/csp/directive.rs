//! Directives whose value is a list of sources.

use super::Source;

macro_rules! directives {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// A directive whose value is a list of sources (CSP 3 6.1 to 6.4).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Directive {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Directive {
            /// Every directive, by name.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns the name in the header.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

directives! {
    /// What `<base>` may point at; without it, anything.
    BaseUri = "base-uri",
    /// Frames and workers, where they have no directive of their own.
    Child = "child-src",
    /// `fetch`, `WebSocket`, `EventSource`, `sendBeacon`, `ping`.
    Connect = "connect-src",
    /// Every fetch directive that is not written.
    Default = "default-src",
    /// Fonts.
    Font = "font-src",
    /// Where forms may be sent; without it, anywhere.
    FormAction = "form-action",
    /// Frames in the page.
    Frame = "frame-src",
    /// Who may frame the page; without it, anybody.
    FrameAncestors = "frame-ancestors",
    /// Images.
    Img = "img-src",
    /// Web app manifests.
    Manifest = "manifest-src",
    /// Audio, video and tracks.
    Media = "media-src",
    /// `<object>` and `<embed>`.
    Object = "object-src",
    /// Scripts.
    Script = "script-src",
    /// Event handler attributes.
    ScriptAttr = "script-src-attr",
    /// Script elements.
    ScriptElem = "script-src-elem",
    /// Styles.
    Style = "style-src",
    /// Style attributes.
    StyleAttr = "style-src-attr",
    /// Style elements and style sheets.
    StyleElem = "style-src-elem",
    /// Workers.
    Worker = "worker-src",
}

impl Directive {
    /// Returns the directives that are asked in its place, nearest first (CSP 3 6.8.3).
    #[must_use]
    pub const fn fallbacks(self) -> &'static [Self] {
        match self {
            Self::BaseUri | Self::Default | Self::FormAction | Self::FrameAncestors => &[],
            Self::Frame => &[Self::Child, Self::Default],
            Self::ScriptAttr | Self::ScriptElem => &[Self::Script, Self::Default],
            Self::StyleAttr | Self::StyleElem => &[Self::Style, Self::Default],
            Self::Worker => &[Self::Child, Self::Script, Self::Default],
            _ => &[Self::Default],
        }
    }

    /// Returns whether its list decides, alone or for others, which scripts run.
    pub(crate) const fn decides_scripts(self) -> bool {
        matches!(self, Self::Default | Self::Script | Self::ScriptAttr | Self::ScriptElem)
    }

    /// Returns what to write where a source of this kind has no meaning.
    pub(crate) const fn refusal(self, source: &Source) -> Option<&'static str> {
        let elements = self.decides_scripts() && !matches!(self, Self::ScriptAttr)
            || matches!(self, Self::Style | Self::StyleElem);
        let code = self.decides_scripts()
            || matches!(self, Self::Style | Self::StyleAttr | Self::StyleElem);
        match source {
            Source::Nonce if !elements => {
                Some("a nonce belongs into default-src, script-src, style-src or their -elem forms")
            }
            Source::Hash(_)
            | Source::ReportSample
            | Source::UnsafeHashes
            | Source::UnsafeInline
                if !code =>
            {
                Some("it belongs into default-src, or a script-src or style-src directive")
            }
            Source::InlineSpeculationRules
            | Source::StrictDynamic
            | Source::TrustedTypesEval
            | Source::UnsafeEval
            | Source::WasmUnsafeEval
                if !self.decides_scripts() =>
            {
                Some("it belongs into default-src or a script-src directive")
            }
            _ => None,
        }
    }
}

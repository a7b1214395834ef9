//! The directive `sandbox`.

macro_rules! flags {
    ($($variant:ident = $name:literal,)+) => {
        /// One thing that a sandboxed page may still do (HTML, sandboxing flags).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Sandbox {
            $(#[doc = concat!("`", $name, "`")] $variant,)+
        }

        impl Sandbox {
            /// Every flag, by name.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns the word in the header.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

flags! {
    AllowDownloads = "allow-downloads",
    AllowForms = "allow-forms",
    AllowModals = "allow-modals",
    AllowOrientationLock = "allow-orientation-lock",
    AllowPointerLock = "allow-pointer-lock",
    AllowPopups = "allow-popups",
    AllowPopupsToEscapeSandbox = "allow-popups-to-escape-sandbox",
    AllowPresentation = "allow-presentation",
    AllowSameOrigin = "allow-same-origin",
    AllowScripts = "allow-scripts",
    AllowTopNavigation = "allow-top-navigation",
    AllowTopNavigationByUserActivation = "allow-top-navigation-by-user-activation",
    AllowTopNavigationToCustomProtocols = "allow-top-navigation-to-custom-protocols",
}

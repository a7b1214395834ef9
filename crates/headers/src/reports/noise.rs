//! Reports that no page of ours has caused.

use super::address::{host, scheme};
use super::parse::Report;

/// Who caused a report that says nothing about the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Noise {
    /// A browser extension that loads into every page.
    Extension,
    /// A browser inside of another app, which adds scripts of its own.
    InAppBrowser,
    /// Software on the visitor's machine that rewrites pages, such as virus scanners.
    Interceptor,
    /// A page that is not on the web: a saved copy, a new tab.
    LocalPage,
    /// A translation service, as a proxy or as a script in the page.
    Translation,
}

impl Noise {
    /// Every class.
    pub const ALL: &'static [Self] = &[
        Self::Extension,
        Self::InAppBrowser,
        Self::Interceptor,
        Self::LocalPage,
        Self::Translation,
    ];

    /// Returns the machine word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Extension => "extension",
            Self::InAppBrowser => "in_app_browser",
            Self::Interceptor => "interceptor",
            Self::LocalPage => "local_page",
            Self::Translation => "translation",
        }
    }

    /// Tells by its `User-Agent` whether a browser is part of another app.
    #[must_use]
    pub fn of_user_agent(user_agent: &[u8]) -> Option<Self> {
        let has = |mark: &&[u8]| user_agent.windows(mark.len()).any(|part| part == *mark);
        APPS.iter().any(has).then_some(Self::InAppBrowser)
    }

    /// Tells by its addresses whether a report is noise.
    #[must_use]
    pub fn of(report: &Report<'_>) -> Option<Self> {
        let page = report.page.text().unwrap_or_default();
        let addresses = [report.blocked.text(), report.source.text()];
        let mut loaded = addresses.into_iter().flatten();
        if !matches!(scheme(page), "http" | "https") {
            return Some(Self::LocalPage);
        }
        if is_at(host(page), TRANSLATORS) {
            return Some(Self::Translation);
        }
        loaded.find_map(|address| {
            let (scheme, host) = (scheme(address), host(address));
            if EXTENSIONS.contains(&scheme) || scheme.ends_with("-extension") {
                Some(Self::Extension)
            } else if APP_SCHEMES.contains(&scheme) {
                Some(Self::InAppBrowser)
            } else if is_at(host, TRANSLATORS) {
                Some(Self::Translation)
            } else if is_at(host, INTERCEPTORS) {
                Some(Self::Interceptor)
            } else {
                None
            }
        })
    }
}

/// Returns whether a host is one of these or below one.
fn is_at(host: &str, domains: &[&str]) -> bool {
    let below = |domain: &&str| {
        host.strip_suffix(*domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    domains.iter().any(below)
}

/// Beside every scheme that ends in `-extension`.
const EXTENSIONS: &[&str] =
    &["chromeinvoke", "chromenull", "mxaddon-pkg", "resource", "user-script", "webkit-masked-url"];

const APP_SCHEMES: &[&str] =
    &["fb", "fbapi", "gsa", "mbinit", "mx", "snssdk", "tbopen", "webviewprogressproxy", "weixin"];

/// The browsers inside of the apps whose names these are, and Android's own view for apps.
const APPS: &[&[u8]] = &[
    b"; wv)",
    b"BytedanceWebview",
    b"FBAN/",
    b"FBAV/",
    b"GSA/",
    b"Instagram ",
    b"Line/",
    b"LinkedInApp",
    b"MicroMessenger/",
    b"Pinterest/",
    b"Snapchat/",
    b"Twitter for",
    b"musical_ly",
];

const TRANSLATORS: &[&str] = &[
    "microsofttranslator.com",
    "translate.goog",
    "translate.google.com",
    "translate.googleapis.com",
    "translate.googleusercontent.com",
    "translate.yandex.net",
    "translatoruser-int.com",
    "turbopages.org",
];

const INTERCEPTORS: &[&str] =
    &["kaspersky-labs.com", "kis.v2.scr.kaspersky-labs.com", "local.adguard.org", "superfish.com"];

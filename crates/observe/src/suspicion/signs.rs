//! What a single request shows.

use http::header::USER_AGENT;
use http::request::Parts;

use super::needles::Needles;

/// Signs that a request probes.
///
/// # Example
///
/// ```
/// use palisade_observe::suspicion::Signs;
///
/// let signs = |uri: &str| Signs::of(&http::Request::get(uri).body(()).unwrap().into_parts().0);
/// assert!(signs("/files/..%2f..%2fetc/passwd").probes);
/// assert!(signs("/wp-login.php").scans);
/// assert_eq!(signs("/students?q=a..b"), Signs::NONE);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signs {
    /// It tries to leave a folder, to end a header or a text, or to have something looked up.
    pub probes: bool,
    /// It asks for what is there on other people's servers.
    pub scans: bool,
    /// It calls itself an attack tool.
    pub tool: bool,
}

/// Paths that scanners ask for; those that end in a slash match what is below too.
const SCANNED: Needles = Needles::new(&[
    "/.aws/",
    "/.env",
    "/.git/",
    "/.htaccess",
    "/.htpasswd",
    "/.ssh/",
    "/.svn/",
    "/.vscode/",
    "/actuator/",
    "/administrator/",
    "/boaform/",
    "/cgi-bin/",
    "/config.json",
    "/etc/passwd",
    "/hnap1",
    "/id_rsa",
    "/jenkins/",
    "/manager/html",
    "/owa/",
    "/phpinfo",
    "/phpmyadmin",
    "/pma/",
    "/server-status",
    "/solr/",
    "/telescope/",
    "/vendor/phpunit/",
    "/web-inf/",
    "/wordpress/",
    "/wp-admin",
    "/wp-content/",
    "/wp-includes/",
    "/wp-login",
    "/xmlrpc.php",
]);

/// Endings of programs that this server does not have.
const ENDINGS: Needles =
    Needles::new(&[".asp", ".aspx", ".bak", ".cgi", ".jsp", ".old", ".php", ".sql"]);

const TOOLS: Needles = Needles::new(&[
    "acunetix",
    "arachni",
    "dirbuster",
    "feroxbuster",
    "ffuf",
    "gobuster",
    "jaeles",
    "masscan",
    "nessus",
    "netsparker",
    "nikto",
    "nmap",
    "nuclei",
    "openvas",
    "sqlmap",
    "wfuzz",
    "wpscan",
    "zgrab",
]);

/// Ways out of a folder, out of a header, out of a text, and into a look-up.
const PROBES: Needles = Needles::new(&[
    "../",
    "..\\",
    "/..",
    "%00",
    "%0a",
    "%0d",
    "%2e%2e",
    "..%2f",
    "..%5c",
    ".%2e",
    "%2e.",
    "%252e",
    "%c0%ae",
    "${jndi:",
    "$%7bjndi:",
    "%24%7bjndi:",
]);

impl Signs {
    /// No sign.
    pub const NONE: Self = Self { probes: false, scans: false, tool: false };

    /// Looks at path, query and `User-Agent`, at most 2 KiB of each.
    ///
    /// # Cost
    ///
    /// No allocation; one pass over the query and the header, three over the path.
    #[must_use]
    pub fn of(parts: &Parts) -> Self {
        let path = beginning(parts.uri.path().as_bytes());
        let query = beginning(parts.uri.query().unwrap_or_default().as_bytes());
        let agent = parts.headers.get(USER_AGENT).map_or(&b""[..], |agent| agent.as_bytes());
        Self {
            probes: PROBES.find(path, |_, _| true) || PROBES.find(query, |_, _| true),
            scans: ENDINGS.find(path, |_, end| end == path.len())
                || SCANNED.find(path, |word, end| {
                    // `/.env` must not be `/.environment`.
                    word.ends_with('/') || !path.get(end).is_some_and(u8::is_ascii_alphabetic)
                }),
            tool: TOOLS.find(beginning(agent), |_, _| true),
        }
    }
}

fn beginning(text: &[u8]) -> &[u8] {
    const MOST: usize = 2048;
    text.get(..MOST).unwrap_or(text)
}

//! What Chromium has told of its page.

use serde_json::Value;
use std::collections::HashSet;

/// One message of the console.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConsoleMessage {
    /// `log`, `info`, `warning`, `error` and so on, as Chromium names it.
    pub level: String,
    /// `script` for what scripts write, `exception` for their uncaught errors, `dialog` for dialogs,
    /// else the part of the browser that speaks: `security`, `network`, `deprecation` and others.
    pub source: String,
    /// The message.
    pub text: String,
    /// Where it comes from, if known.
    pub url: Option<String>,
}

impl ConsoleMessage {
    /// Returns whether it reports a violation of the content security policy.
    #[must_use]
    pub fn is_csp_violation(&self) -> bool {
        self.source == "security" && self.text.contains("Content Security Policy")
    }
}

/// A cookie as the browser keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cookie {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The host it goes to; with a leading dot, subdomains too.
    pub domain: String,
    /// The path under which it goes.
    pub path: String,
    /// Whether it goes over encrypted connections only.
    pub secure: bool,
    /// Whether scripts cannot read it.
    pub http_only: bool,
    /// `Strict`, `Lax` or `None` as it was set, nothing if it was not.
    pub same_site: Option<String>,
    /// Whether it ends with the browser's session.
    pub session: bool,
}

impl Cookie {
    pub(super) fn from_json(cookie: &Value) -> Self {
        let flag = |name| cookie.get(name).and_then(Value::as_bool).unwrap_or(false);
        Self {
            name: text(cookie, "name"),
            value: text(cookie, "value"),
            domain: text(cookie, "domain"),
            path: text(cookie, "path"),
            secure: flag("secure"),
            http_only: flag("httpOnly"),
            same_site: cookie.get("sameSite").and_then(Value::as_str).map(str::to_owned),
            session: flag("session"),
        }
    }
}

/// What events have told so far.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) console: Vec<ConsoleMessage>,
    pub(super) page: Option<Attached>,
    loaded: HashSet<String>,
    loading: bool,
}

/// The page's names in the protocol.
#[derive(Clone, Debug)]
pub(super) struct Attached {
    pub(super) target: String,
    pub(super) session: String,
}

impl State {
    pub(super) fn has_loaded(&self, loader: &str) -> bool {
        self.loaded.contains(loader)
    }

    pub(super) const fn is_loading(&self) -> bool {
        self.loading
    }

    /// Takes one event in.
    pub(super) fn take(&mut self, method: &str, params: &Value) {
        // The main frame has the target's name.
        let frame = params.get("frameId").and_then(Value::as_str);
        let main = self.page.as_ref().is_some_and(|page| frame == Some(page.target.as_str()));
        match method {
            "Page.lifecycleEvent" if main && text(params, "name") == "load" => {
                self.loaded.insert(text(params, "loaderId"));
            }
            "Page.frameStartedLoading" | "Page.frameRequestedNavigation" if main => {
                self.loading = true;
            }
            "Page.frameStoppedLoading" if main => self.loading = false,
            "Page.javascriptDialogOpening" => self.note(ConsoleMessage {
                level: text(params, "type"),
                source: "dialog".to_owned(),
                text: text(params, "message"),
                url: url(params),
            }),
            "Runtime.consoleAPICalled" => {
                let words = params.get("args").and_then(Value::as_array).into_iter().flatten();
                let words: Vec<String> = words.map(word).collect();
                let first_frame = params.pointer("/stackTrace/callFrames/0");
                self.note(ConsoleMessage {
                    level: text(params, "type"),
                    source: "script".to_owned(),
                    text: words.join(" "),
                    url: first_frame.and_then(url),
                });
            }
            "Runtime.exceptionThrown" => {
                let details = params.get("exceptionDetails").unwrap_or(&Value::Null);
                let thrown = details.pointer("/exception/description").and_then(Value::as_str);
                self.note(ConsoleMessage {
                    level: "error".to_owned(),
                    source: "exception".to_owned(),
                    text: format!("{} {}", text(details, "text"), thrown.unwrap_or_default()),
                    url: url(details),
                });
            }
            "Log.entryAdded" => {
                let entry = params.get("entry").unwrap_or(&Value::Null);
                self.note(ConsoleMessage {
                    level: text(entry, "level"),
                    source: text(entry, "source"),
                    text: text(entry, "text"),
                    url: url(entry),
                });
            }
            _ => {}
        }
    }

    fn note(&mut self, message: ConsoleMessage) {
        self.console.push(message);
    }
}

/// Writes an argument of `console.log` as the console shows it.
fn word(argument: &Value) -> String {
    match argument.get("value") {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => text(argument, "description"),
    }
}

fn url(of: &Value) -> Option<String> {
    of.get("url").and_then(Value::as_str).filter(|url| !url.is_empty()).map(str::to_owned)
}

fn text(of: &Value, name: &str) -> String {
    of.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

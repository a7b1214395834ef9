//! A real, headless Chromium, driven through the `DevTools` protocol over a pipe.

mod page;
mod pipe;
mod state;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::ops::Deref;
use std::path::Path;
use std::time::Duration;

use crate::background::Background;
use crate::browser::pipe::Pipe;
use crate::error::Error;
use crate::process::{Folder, Process, Program};

pub use state::{ConsoleMessage, Cookie};

/// How long a page may take to load, a script to end, an element to appear.
const PATIENCE: Duration = Duration::from_secs(30);

/// One Chromium with one page and a profile of its own.
///
/// Every host name leads to this machine, so that `portal.example` and `evil.example` are two sites
/// on loopback; nothing else on the network is asked. Dialogs are closed, and noted as console
/// messages of source `dialog`. It dereferences to its [`Process`].
///
/// Chromium runs without its sandbox, which root and most containers do not let it have: open only
/// pages of the test's own.
#[derive(Debug)]
pub struct Browser {
    pipe: Pipe,
    process: Process,
    _profile: Folder,
}

impl Browser {
    /// Starts Chromium with an empty page of 1280 by 800.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] without Chromium, else [`Error::Io`], [`Error::Answer`] or
    /// [`Error::TimedOut`].
    pub async fn start() -> Result<Self, Error> {
        Self::start_with(&[]).await
    }

    /// Starts Chromium with more flags, such as `--ignore-certificate-errors`.
    ///
    /// # Errors
    ///
    /// Those of [`start`](Self::start).
    pub async fn start_with(flags: &[&str]) -> Result<Self, Error> {
        let profile = Folder::new("chromium-profile")?;
        let chromium = crate::process::find_program("chromium")?;
        // Chromium reads commands from descriptor 3 and writes answers to descriptor 4.
        let program = Program::find("sh")?
            .add_args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >&2", "sh"])
            .add_arg(chromium)
            .add_args(["--headless", "--no-sandbox", "--remote-debugging-pipe", "--disable-gpu"])
            .add_args(["--disable-quic", "--no-first-run", "--disable-background-networking"])
            .add_args(["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"])
            .add_args(["--disable-breakpad", "--window-size=1280,800"])
            .add_arg("--host-resolver-rules=MAP * 127.0.0.1, EXCLUDE 127.*, EXCLUDE localhost")
            .add_arg(format!("--user-data-dir={}", profile.path().join("data").display()))
            .add_args(flags)
            .add_arg("about:blank")
            .add_env("HOME", profile.path());
        let (process, input, output) = Process::piped(program)?;
        let pipe = Pipe::new(Background::start()?, input, output)?;
        let attached = pipe.attach().await;
        let browser = Self { pipe, process, _profile: profile };
        match attached {
            Ok(()) => browser.viewport(1280, 800).await.map(|()| browser),
            Err(error) => Err(browser.explain(error)),
        }
    }

    /// Opens a page and waits until it has loaded.
    ///
    /// # Errors
    ///
    /// [`Error::Answer`] when it cannot be reached, [`Error::TimedOut`] when it does not load.
    pub async fn goto(&self, url: &str) -> Result<(), Error> {
        let answer = self.call("Page.navigate", json!({ "url": url })).await?;
        if let Some(reason) = answer.get("errorText").and_then(Value::as_str) {
            return Err(Error::answer(format!("open {url}"), reason));
        }
        // Without a loader it was a jump inside the page.
        let Some(loader) = answer.get("loaderId").and_then(Value::as_str) else { return Ok(()) };
        let what = format!("{url} had loaded");
        self.pipe.wait(&what, PATIENCE, |state| state.has_loaded(loader)).await
    }

    /// Returns the console's messages since the start or [`clear_console`](Self::clear_console):
    /// what scripts write, their uncaught errors, and what the browser itself reports, such as
    /// violations of the content security policy.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`] when the page does not answer, which it is asked to do first so that no
    /// message is still under way.
    pub async fn console_messages(&self) -> Result<Vec<ConsoleMessage>, Error> {
        self.evaluate("0").await?;
        Ok(self.pipe.state(|state| state.console.clone()))
    }

    /// Forgets the console's messages so far.
    pub fn clear_console(&self) {
        self.pipe.state(|state| state.console.clear());
    }

    /// Returns all cookies of the profile.
    ///
    /// # Errors
    ///
    /// [`Error::Answer`] or [`Error::TimedOut`].
    pub async fn cookies(&self) -> Result<Vec<Cookie>, Error> {
        let answer = self.call("Network.getAllCookies", json!({})).await?;
        let cookies = answer.get("cookies").and_then(Value::as_array);
        Ok(cookies.into_iter().flatten().map(Cookie::from_json).collect())
    }

    /// Sets the size of the page's window in CSS pixels.
    ///
    /// # Errors
    ///
    /// [`Error::Answer`] or [`Error::TimedOut`].
    pub async fn viewport(&self, width: u32, height: u32) -> Result<(), Error> {
        self.metrics(width, height, 1, false).await
    }

    /// Becomes a telephone of 390 by 844 CSS pixels, two device pixels to each.
    ///
    /// # Errors
    ///
    /// [`Error::Answer`] or [`Error::TimedOut`].
    pub async fn phone(&self) -> Result<(), Error> {
        self.metrics(390, 844, 2, true).await
    }

    async fn metrics(&self, width: u32, height: u32, scale: u32, phone: bool) -> Result<(), Error> {
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": scale, "mobile": phone,
        });
        self.call("Emulation.setDeviceMetricsOverride", size).await.map(drop)
    }

    /// Returns what the window shows, as a PNG.
    ///
    /// # Errors
    ///
    /// [`Error::Answer`] or [`Error::TimedOut`].
    pub async fn screenshot(&self) -> Result<Vec<u8>, Error> {
        let answer = self.call("Page.captureScreenshot", json!({ "format": "png" })).await?;
        let data = answer.get("data").and_then(Value::as_str).unwrap_or_default();
        STANDARD.decode(data).map_err(|error| Error::answer("take a screenshot", error.to_string()))
    }

    /// Writes what the window shows to a PNG file.
    ///
    /// # Errors
    ///
    /// Those of [`screenshot`](Self::screenshot), and [`Error::Io`].
    pub async fn save_screenshot(&self, path: &Path) -> Result<(), Error> {
        let png = self.screenshot().await?;
        std::fs::write(path, png).map_err(Error::io(format!("write {}", path.display())))
    }

    /// Sends one command of the `DevTools` protocol to the page: the way to all that has no method
    /// here.
    ///
    /// # Errors
    ///
    /// [`Error::Answer`] when Chromium refuses, [`Error::TimedOut`] when it does not answer.
    pub async fn call(&self, method: &str, params: Value) -> Result<Value, Error> {
        self.pipe.call_page(method, params, PATIENCE).await.map_err(|error| self.explain(error))
    }

    /// Adds what Chromium wrote to an error of the pipe.
    fn explain(&self, error: Error) -> Error {
        match error {
            Error::TimedOut { what, limit, last, .. } => {
                Error::TimedOut { what, limit, last, log: self.process.log() }
            }
            other => other,
        }
    }
}

impl Deref for Browser {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

//! What a person does with a page, and what they see.

use serde_json::{Value, json};
use std::path::Path;

use crate::browser::{Browser, PATIENCE};
use crate::error::Error;

impl Browser {
    /// Runs a script in the page and returns its value; a promise is waited for.
    ///
    /// The page's content security policy does not bind it.
    ///
    /// # Errors
    ///
    /// [`Error::Answer`] when the script throws, [`Error::TimedOut`] when it does not end.
    pub async fn evaluate(&self, script: &str) -> Result<Value, Error> {
        let params = json!({
            "expression": script, "awaitPromise": true, "returnByValue": true, "userGesture": true,
        });
        let answer = self.call("Runtime.evaluate", params).await?;
        if let Some(thrown) = answer.get("exceptionDetails") {
            return Err(Error::answer(format!("evaluate {script}"), thrown.to_string()));
        }
        Ok(answer.pointer("/result/value").cloned().unwrap_or(Value::Null))
    }

    /// Returns the page as it stands after its scripts.
    ///
    /// # Errors
    ///
    /// Those of [`evaluate`](Self::evaluate).
    pub async fn dump_dom(&self) -> Result<String, Error> {
        self.text_of("document.documentElement.outerHTML").await
    }

    /// Returns the address of the page.
    ///
    /// # Errors
    ///
    /// Those of [`evaluate`](Self::evaluate).
    pub async fn url(&self) -> Result<String, Error> {
        self.text_of("location.href").await
    }

    /// Returns the visible text of the first element that the CSS selector finds.
    ///
    /// # Errors
    ///
    /// [`Error::Answer`] when there is none.
    pub async fn text(&self, selector: &str) -> Result<String, Error> {
        self.text_of(&on(selector, "return element.innerText")).await
    }

    /// Returns an attribute of the first element that the CSS selector finds.
    ///
    /// # Errors
    ///
    /// [`Error::Answer`] when there is no such element.
    pub async fn attr(&self, selector: &str, name: &str) -> Result<Option<String>, Error> {
        let script = format!("return element.getAttribute({})", quoted(name));
        Ok(self.evaluate(&on(selector, &script)).await?.as_str().map(str::to_owned))
    }

    /// Returns how many elements the CSS selector finds.
    ///
    /// # Errors
    ///
    /// Those of [`evaluate`](Self::evaluate).
    pub async fn count(&self, selector: &str) -> Result<u64, Error> {
        let script = format!("document.querySelectorAll({}).length", quoted(selector));
        Ok(self.evaluate(&script).await?.as_u64().unwrap_or(0))
    }

    /// Clicks the middle of an element with the mouse, then waits for the page it leads to, if any.
    ///
    /// # Errors
    ///
    /// [`Error::Answer`] when there is no such element or it has no size, else those of
    /// [`evaluate`](Self::evaluate).
    pub async fn click(&self, selector: &str) -> Result<(), Error> {
        let middle = "element.scrollIntoView({block: 'center', behavior: 'instant'});\
            const box = element.getBoundingClientRect();\
            if (!box.width || !box.height) throw new Error('it has no size');\
            return [box.left + box.width / 2, box.top + box.height / 2]";
        let at = self.evaluate(&on(selector, middle)).await?;
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({
                "type": kind, "x": at.get(0), "y": at.get(1), "button": "left", "clickCount": 1,
            });
            self.call("Input.dispatchMouseEvent", event).await?;
        }
        self.settle().await
    }

    /// Replaces what a field holds by typing; of a list of choices, takes the one of that value.
    ///
    /// # Errors
    ///
    /// [`Error::Answer`] when there is no such element, else those of [`evaluate`](Self::evaluate).
    pub async fn fill(&self, selector: &str, text: &str) -> Result<(), Error> {
        let script = format!(
            "if (element.tagName === 'SELECT') {{ element.value = {};\
             element.dispatchEvent(new Event('input', {{bubbles: true}}));\
             element.dispatchEvent(new Event('change', {{bubbles: true}})); return true }}\
             element.focus(); element.value = ''; return false",
            quoted(text)
        );
        if self.evaluate(&on(selector, &script)).await? == Value::Bool(false) {
            self.call("Input.insertText", json!({ "text": text })).await?;
        }
        Ok(())
    }

    /// Chooses a file in a file field.
    ///
    /// # Errors
    ///
    /// [`Error::Answer`] when there is no such field.
    pub async fn attach_file(&self, selector: &str, file: &Path) -> Result<(), Error> {
        let element = json!({ "expression": on(selector, "return element") });
        let answer = self.call("Runtime.evaluate", element).await?;
        let Some(object) = answer.pointer("/result/objectId") else {
            return Err(Error::answer(format!("find {selector}"), answer.to_string()));
        };
        let params = json!({ "objectId": object, "files": [file] });
        self.call("DOM.setFileInputFiles", params).await.map(drop)
    }

    /// Submits a form as its button does, with the browser's checks, then waits for the next page.
    ///
    /// # Errors
    ///
    /// [`Error::Answer`] when there is no such form.
    pub async fn submit(&self, selector: &str) -> Result<(), Error> {
        self.evaluate(&on(selector, "element.requestSubmit()")).await?;
        self.settle().await
    }

    /// Waits until a script's value is true, over changes of the page.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`].
    pub async fn wait_until(&self, script: &str) -> Result<(), Error> {
        let alarm = self.pipe.alarm(PATIENCE);
        let mut alarm = std::pin::pin!(alarm);
        loop {
            // An error may be the end of the old page: the new one is asked.
            let answer = self.evaluate(script).await;
            if matches!(answer, Ok(Value::Bool(true))) {
                return Ok(());
            }
            tokio::select! {
                biased;
                _ = &mut alarm => return Err(Error::TimedOut {
                    what: format!("{script} was true"),
                    limit: PATIENCE,
                    last: format!("{answer:?}"),
                    log: String::new(),
                }),
                _ = self.pipe.alarm(std::time::Duration::from_millis(20)) => {}
            }
        }
    }

    /// Waits for a page that is on its way. A form's submission is a task of its own in the page, so
    /// the page's tasks go first.
    async fn settle(&self) -> Result<(), Error> {
        let later = "new Promise(done => setTimeout(() => setTimeout(done, 0), 0))";
        // The page may be gone before it answers: then the next one is on its way.
        let _ = self.evaluate(later).await;
        self.pipe.wait("the next page had loaded", PATIENCE, |state| !state.is_loading()).await
    }

    async fn text_of(&self, script: &str) -> Result<String, Error> {
        let value = self.evaluate(script).await?;
        Ok(value.as_str().unwrap_or_default().to_owned())
    }
}

/// Wraps a function body so that it runs with the first element found, or fails with its selector.
fn on(selector: &str, body: &str) -> String {
    let selector = quoted(selector);
    format!(
        "(() => {{ const element = document.querySelector({selector});\
         if (!element) throw new Error('no element ' + {selector}); {body} }})()"
    )
}

/// Quotes a text for a script.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

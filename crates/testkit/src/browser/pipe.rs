//! The `DevTools` protocol over a pipe: JSON messages, each ended by a zero byte.

use serde_json::{Value, json};
use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::process::{ChildStdin, ChildStdout};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::pipe::{Receiver, Sender};
use tokio::sync::{mpsc, oneshot, watch};

use crate::background::Background;
use crate::browser::state::{Attached, State};
use crate::error::Error;

const ATTACH_WITHIN: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub(super) struct Pipe {
    shared: Arc<Shared>,
    background: Background,
}

#[derive(Debug)]
struct Shared {
    commands: mpsc::UnboundedSender<String>,
    next: AtomicU64,
    pending: Mutex<HashMap<u64, oneshot::Sender<Value>>>,
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

impl Pipe {
    pub(super) fn new(
        background: Background,
        input: ChildStdin,
        output: ChildStdout,
    ) -> Result<Self, Error> {
        let (sender, receiver) = background
            .enter(|| {
                let sender = Sender::from_owned_fd(OwnedFd::from(input))?;
                Ok((sender, Receiver::from_owned_fd(OwnedFd::from(output))?))
            })
            .map_err(Error::io("take Chromium's pipes"))?;
        let (commands, to_send) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            commands,
            next: AtomicU64::new(1),
            pending: Mutex::default(),
            state: Mutex::default(),
            changed: watch::Sender::new(()),
        });
        background.spawn(write(sender, to_send));
        background.spawn(read(receiver, Arc::clone(&shared)));
        Ok(Self { shared, background })
    }

    /// Opens the page and asks for its events.
    pub(super) async fn attach(&self) -> Result<(), Error> {
        let created = json!({ "url": "about:blank" });
        let created = self.call(None, "Target.createTarget", created, ATTACH_WITHIN).await?;
        let target = name(&created, "targetId")?;
        let attach = json!({ "targetId": target, "flatten": true });
        let attached = self.call(None, "Target.attachToTarget", attach, ATTACH_WITHIN).await?;
        let session = name(&attached, "sessionId")?;
        self.state(|state| state.page = Some(Attached { target, session }));
        for domain in ["Page", "Runtime", "Log", "Network", "DOM"] {
            self.call_page(&format!("{domain}.enable"), json!({}), ATTACH_WITHIN).await?;
        }
        let on = json!({ "enabled": true });
        self.call_page("Page.setLifecycleEventsEnabled", on, ATTACH_WITHIN).await.map(drop)
    }

    /// Sends a command to the page.
    pub(super) async fn call_page(
        &self,
        method: &str,
        params: Value,
        limit: Duration,
    ) -> Result<Value, Error> {
        let session = self.state(|state| state.page.as_ref().map(|page| page.session.clone()));
        self.call(session.as_deref(), method, params, limit).await
    }

    async fn call(
        &self,
        session: Option<&str>,
        method: &str,
        params: Value,
        limit: Duration,
    ) -> Result<Value, Error> {
        let (id, answered) = self.shared.send(session, method, &params);
        let answer = tokio::select! {
            biased;
            answer = answered => answer,
            _ = self.alarm(limit) => {
                lock(&self.shared.pending).remove(&id);
                return Err(timed_out(format!("{method} was answered"), limit));
            }
        };
        let mut answer = answer.map_err(|_| Error::answer(method, "Chromium has ended"))?;
        match answer.get("error") {
            Some(error) => Err(Error::answer(method, error.to_string())),
            None => Ok(answer.get_mut("result").map(Value::take).unwrap_or_default()),
        }
    }

    /// Waits until what events have told satisfies the question.
    pub(super) async fn wait(
        &self,
        what: &str,
        limit: Duration,
        mut ask: impl FnMut(&State) -> bool,
    ) -> Result<(), Error> {
        let mut changed = self.shared.changed.subscribe();
        let alarm = self.alarm(limit);
        let holds = async {
            while !self.state(|state| ask(state)) {
                let _ = changed.changed().await;
            }
        };
        tokio::select! {
            biased;
            () = holds => Ok(()),
            _ = alarm => Err(timed_out(what.to_owned(), limit)),
        }
    }

    pub(super) fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut lock(&self.shared.state))
    }

    pub(super) fn alarm(&self, after: Duration) -> oneshot::Receiver<()> {
        self.background.alarm(after)
    }
}

impl Shared {
    fn send(
        &self,
        session: Option<&str>,
        method: &str,
        params: &Value,
    ) -> (u64, oneshot::Receiver<Value>) {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (answer, answered) = oneshot::channel();
        lock(&self.pending).insert(id, answer);
        let mut command = json!({ "id": id, "method": method, "params": params });
        if let (Some(session), Some(command)) = (session, command.as_object_mut()) {
            command.insert("sessionId".to_owned(), session.into());
        }
        if self.commands.send(command.to_string()).is_err() {
            lock(&self.pending).remove(&id); // which tells the one who waits
        }
        (id, answered)
    }

    fn take(&self, mut message: Value) {
        if let Some(id) = message.get("id").and_then(Value::as_u64) {
            if let Some(answer) = lock(&self.pending).remove(&id) {
                let _ = answer.send(message);
            }
            return;
        }
        let params = message.get_mut("params").map(Value::take).unwrap_or_default();
        let method = message.get("method").and_then(Value::as_str).unwrap_or_default();
        if method == "Page.javascriptDialogOpening" {
            // An open dialog would hold the page for ever.
            let session = message.get("sessionId").and_then(Value::as_str);
            let close = json!({ "accept": false });
            drop(self.send(session, "Page.handleJavaScriptDialog", &close));
        }
        lock(&self.state).take(method, &params);
        self.changed.send_replace(());
    }
}

async fn write(mut pipe: Sender, mut commands: mpsc::UnboundedReceiver<String>) {
    while let Some(mut command) = commands.recv().await {
        command.push('\0');
        if pipe.write_all(command.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read(pipe: Receiver, shared: Arc<Shared>) {
    let mut pipe = BufReader::new(pipe);
    let mut message = Vec::new();
    while matches!(pipe.read_until(0, &mut message).await, Ok(1..)) {
        message.pop();
        if let Ok(message) = serde_json::from_slice(&message) {
            shared.take(message);
        }
        message.clear();
    }
    // Chromium has ended: nobody is left to answer.
    lock(&shared.pending).clear();
}

fn name(answer: &Value, of: &str) -> Result<String, Error> {
    let name = answer.get(of).and_then(Value::as_str).map(str::to_owned);
    name.ok_or_else(|| Error::answer("open a page", answer.to_string()))
}

fn timed_out(what: String, limit: Duration) -> Error {
    Error::TimedOut { what, limit, last: "nothing".to_owned(), log: String::new() }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

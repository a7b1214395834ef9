//! What a sink has taken in, and waiting for more.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::background::Background;
use crate::error::Error;

/// A list that grows, whose length can be waited for.
#[derive(Debug)]
pub(crate) struct Inbox<T> {
    items: Mutex<Vec<T>>,
    length: watch::Sender<usize>,
}

impl<T: Clone> Inbox<T> {
    pub(crate) fn new() -> Self {
        Self { items: Mutex::new(Vec::new()), length: watch::Sender::new(0) }
    }

    pub(crate) fn push(&self, item: T) {
        let length = {
            let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
            items.push(item);
            items.len()
        };
        self.length.send_replace(length);
    }

    pub(crate) fn all(&self) -> Vec<T> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until there are so many; the limit is measured by the fixture's own runtime.
    pub(crate) async fn wait_for(
        &self,
        background: &Background,
        what: &str,
        count: usize,
        limit: Duration,
    ) -> Result<Vec<T>, Error> {
        let alarm = background.alarm(limit);
        let mut length = self.length.subscribe();
        tokio::select! {
            biased;
            _ = length.wait_for(|length| *length >= count) => Ok(self.all()),
            _ = alarm => Err(Error::TimedOut {
                what: format!("{count} {what} had come"),
                limit,
                last: format!("{} had", self.all().len()),
                log: String::new(),
            }),
        }
    }
}

//! The whole service in the process of who asks it, without a listener.

use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Request, Response};
use palisade_core::Clock;
use palisade_observe::health::Health;
use tower::ServiceExt;

use crate::accounts::Printed;
use crate::app::App;
use crate::config::{self, Asked, Mistakes, Task};
use crate::health;
use crate::limits::Saving;
use crate::start::{Assembled, StartError, assemble};
use crate::state::Portal;
use crate::store::Seed;

/// Where links of mails lead.
const ORIGIN: &str = "http://localhost";

/// A portal that is asked by calls instead of connections, for whoever drives it by the million.
pub struct Inside {
    service: Router,
    portal: Portal,
    made: Vec<Printed>,
    saving: Option<Saving>,
}

impl fmt::Debug for Inside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inside").finish_non_exhaustive()
    }
}

/// Why there is no portal.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct InsideError {
    reason: String,
}

impl From<Mistakes> for InsideError {
    fn from(mistakes: Mistakes) -> Self {
        Self { reason: mistakes.lines().join("; ") }
    }
}

impl From<StartError> for InsideError {
    fn from(error: StartError) -> Self {
        Self { reason: error.to_string() }
    }
}

impl Inside {
    /// Opens the portal of that command line, program name first, with demo data and demo accounts.
    ///
    /// Called on the runtime that will answer.
    ///
    /// # Errors
    ///
    /// Everything that keeps the portal from serving; a command line that asks for something else.
    pub async fn open(
        args: impl IntoIterator<Item = OsString>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, InsideError> {
        let Asked::Run(Task::Serve, config) = config::read(args)? else {
            return Err(InsideError { reason: "this command line does not serve".to_owned() });
        };
        let seed = Seed::Demo { today: clock.wall() };
        let Assembled { portal, made, saving } = assemble(&config, &clock, seed, ORIGIN).await?;
        let (app, health) =
            (App::new(&config, &clock).map_err(StartError::from)?, Health::new(Arc::clone(&clock)));
        let service = app.service(&config, Arc::clone(&clock), health.clone());
        app.open(portal.clone(), &config, clock).map_err(StartError::from)?;
        health.started(health::checks(portal.store.clone(), &config));
        Ok(Self { service, portal, made, saving })
    }

    /// Gives a line for each account that was made: `account NAME password PASSWORD`.
    pub fn accounts(&self) -> impl Iterator<Item = &str> {
        self.made.iter().map(Printed::line)
    }

    /// Answers a request of that client.
    pub async fn answer(&self, mut request: Request<Body>, client: SocketAddr) -> Response<Body> {
        request.extensions_mut().insert(ConnectInfo(client));
        match self.service.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    /// Writes down what is on its way.
    pub async fn close(self) {
        let Self { portal, saving, .. } = self;
        portal.resets.stop().await;
        if let Some(saving) = saving {
            saving.finish().await;
        }
        portal.trail.close().await;
        portal.store.close().await;
    }
}

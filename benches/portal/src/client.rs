//! Somebody who asks the portal.

use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Response;

use crate::portal::Portal;

/// A client behind an address of its own, signed in or not; it keeps its connection.
#[derive(Clone)]
pub(crate) struct Client {
    agent: Agent,
    origin: String,
    address: String,
    cookie: Option<String>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    cookie: Option<String>,
}

impl Client {
    pub(crate) fn new(portal: &Portal, number: u16) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_mins(1)))
            .max_idle_connections_per_host(1);
        let [high, low] = number.to_be_bytes();
        Self {
            agent: config.build().into(),
            origin: portal.origin.clone(),
            address: format!("198.18.{high}.{low}"),
            cookie: None,
        }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        let mut request = self.agent.get(format!("{}{path}", self.origin));
        request = request.header("x-forwarded-for", &self.address);
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        answer(request.call())
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.agent.post(format!("{}{path}", self.origin)), body)
    }

    pub(crate) fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.agent.patch(format!("{}{path}", self.origin)), body)
    }

    fn send(
        &self,
        mut request: ureq::RequestBuilder<ureq::typestate::WithBody>,
        body: &Value,
    ) -> Answer {
        request = request.header("x-forwarded-for", &self.address);
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        answer(request.send_json(body))
    }

    pub(crate) fn sign_in(&self, name: &str, password: &str) -> Answer {
        self.post("/api/v1/auth/login", &json!({"username": name, "password": password}))
    }

    /// The same client with the session of an answer.
    pub(crate) fn with_session(mut self, answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "a sign-in that has to work: {}", answer.body);
        self.cookie.clone_from(&answer.cookie);
        self
    }
}

fn answer(result: Result<Response<ureq::Body>, ureq::Error>) -> Answer {
    let mut response = result.unwrap_or_else(|error| panic!("no answer: {error}"));
    let cookie = response.headers().get("set-cookie").and_then(|value| value.to_str().ok());
    let cookie = cookie.and_then(|value| value.split(';').next()).map(str::to_owned);
    let status = response.status().as_u16();
    let text = response.body_mut().read_to_string().expect("a body");
    Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::Null), cookie }
}

//! The requests of a check.

use std::fmt::Write;

use http::header::{CONTENT_TYPE, COOKIE};
use http::{HeaderName, HeaderValue, Method, Request, Uri};

use super::body::State;
use super::{Body, Canaries, Sent};
use crate::redact::Redactor;

/// Names of fields and parameters whose values are secrets.
pub(super) const SECRETS: &[&str] = &[
    "access_token",
    "api_key",
    "authorization",
    "client_secret",
    "csrf_token",
    "current_password",
    "cvc",
    "iban",
    "new_password",
    "otp",
    "passphrase",
    "password",
    "pin",
    "refresh_token",
    "secret",
    "session_id",
    "token",
];

/// Headers whose whole value is a secret.
const SECRET_HEADERS: &[&str] = &[
    "authorization",
    "cookie",
    "proxy-authorization",
    "x-api-key",
    "x-auth-token",
    "x-csrf-token",
    "x-xsrf-token",
];

/// Headers in which a credential may stand by mistake.
const HEADERS: &[&str] = &[
    "accept",
    "accept-encoding",
    "accept-language",
    "access-control-request-headers",
    "cache-control",
    "content-disposition",
    "content-type",
    "expect",
    "forwarded",
    "from",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "origin",
    "pragma",
    "range",
    "referer",
    "te",
    "traceparent",
    "tracestate",
    "user-agent",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-request-id",
    "x-unknown",
];

const BOUNDARY: &str = "canary-boundary";
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Makes the requests for one route.
pub(super) struct Maker<'a> {
    told: &'a Canaries,
    sent: &'a mut Sent,
    redactor: Redactor,
    method: Method,
    template: &'a str,
    requests: Vec<Request<Body>>,
}

impl<'a> Maker<'a> {
    pub(super) fn new(
        told: &'a Canaries,
        sent: &'a mut Sent,
        method: &str,
        template: &'a str,
    ) -> Self {
        let method = method.parse().unwrap_or(Method::GET);
        Self { told, sent, redactor: Redactor::new(), method, template, requests: Vec::new() }
    }

    pub(super) fn all(mut self) -> Vec<Request<Body>> {
        self.headers();
        self.addresses();
        self.bodies();
        let template = self.path();
        for method in [Method::PUT, Method::GET, Method::OPTIONS, Method::TRACE] {
            let query = self.query();
            self.push_as(method, &format!("{template}?{query}"), &[], State::End);
        }
        self.requests
    }

    fn canary(&mut self, what: &str) -> String {
        let place = format!("{what} of {} {}", self.method, self.template);
        self.sent.make(place)
    }

    /// The path with its parameters.
    fn path(&mut self) -> String {
        let mut path = String::new();
        for segment in self.template.split('/').skip(1) {
            path.push('/');
            match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                None => path.push_str(segment),
                Some(name) => {
                    let name = name.trim_start_matches('*');
                    let given = self.told.params.iter().find(|(known, _)| known == name);
                    match given {
                        Some((_, value)) => path.push_str(value),
                        None if self.redactor.hides(name) => {
                            let canary = self.canary(&format!("the parameter {name}"));
                            path.push_str(&canary);
                        }
                        None => {
                            let canary = self.canary(&format!("token= in the parameter {name}"));
                            path.push_str("token=");
                            path.push_str(&canary);
                        }
                    }
                }
            }
        }
        path
    }

    fn query(&mut self) -> String {
        let mut pairs: Vec<String> = self
            .told
            .fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        for name in &self.told.secrets {
            let canary = self.canary(&format!("{name} in the query"));
            pairs.push(format!("{name}={canary}"));
        }
        let card = self.sent.card(format!("a card in the query of {}", self.template));
        pairs.push(format!("note={card}"));
        pairs.join("&")
    }

    fn headers(&mut self) {
        for name in SECRET_HEADERS {
            for form in ["Bearer ", "session=", ""] {
                let value = format!("{form}{}", self.canary(&format!("the header {name}")));
                let path = self.path();
                self.push(&path, &[(name, &value)], State::End);
            }
        }
        for name in HEADERS {
            let value = format!("token={}", self.canary(&format!("token= in the header {name}")));
            let path = self.path();
            self.push(&path, &[(name, &value)], State::End);
        }
    }

    fn addresses(&mut self) {
        let path = self.path();
        let query = self.query();
        self.push(&format!("{path}?{query}"), &[], State::End);
        let canary = self.canary("token= behind a broken escape in the query");
        self.push(&format!("{path}?q=%ff%zz&token={canary}"), &[], State::End);
        let canary = self.canary("token= in a path that is not there");
        self.push(&format!("{path}/%0d%0atoken={canary}"), &[], State::End);
    }

    fn bodies(&mut self) {
        let json = self.json();
        let broken = json.trim_end_matches('}').to_owned();
        let list = format!("[{json}]");
        let wrong = json.replace("\":\"", "\":[\"").replace("\",", "\"],").replace("\"}", "\"]}");
        for body in [json, broken, list, wrong] {
            self.push_body(JSON, body);
        }
        let form = self.query();
        self.push_body(FORM, form);
        let form = self.query();
        self.push_body(JSON, form);
        let json = self.json();
        self.push_body(FORM, json);
        let form = format!("{}&password=%ff%", self.query());
        self.push_body(FORM, form);
        let parts = self.multipart();
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let torn = parts.trim_end_matches("--\r\n").to_owned();
        self.push_body(&kind, parts);
        self.push_body(&kind, torn);
        for kind in [JSON, FORM, kind.as_str()] {
            let canary = self.canary("the error of a body");
            let fails = format!("cannot read postgres://app:{canary}@db/shop");
            let path = self.path();
            self.push(&path, &[("content-type", kind)], State::Fails(fails));
            let canary = self.canary("the panic of a body");
            let panics = format!("no such row: password={canary}");
            let path = self.path();
            self.push(&path, &[("content-type", kind)], State::Panics(panics));
        }
    }

    fn json(&mut self) -> String {
        let mut members: Vec<String> = self
            .told
            .fields
            .iter()
            .map(|(name, value)| format!("\"{name}\":\"{}\"", value.replace('"', "\\\"")))
            .collect();
        for name in &self.told.secrets {
            let canary = self.canary(&format!("{name} in JSON"));
            members.push(format!("\"{name}\":\"{canary}\""));
        }
        format!("{{{}}}", members.join(","))
    }

    fn multipart(&mut self) -> String {
        let part = |name: &str, value: &str| {
            let head = format!("content-disposition: form-data; name=\"{name}\"");
            format!("--{BOUNDARY}\r\n{head}\r\n\r\n{value}\r\n")
        };
        let mut parts: Vec<String> =
            self.told.fields.iter().map(|(name, value)| part(name, value)).collect();
        for name in &self.told.secrets {
            parts.push(part(name, &self.canary(&format!("{name} in multipart"))));
        }
        let canary = self.canary("token= in a name of a file");
        parts.push(part(&format!("file\"; filename=\"token={canary}"), "x"));
        parts.concat() + &format!("--{BOUNDARY}--\r\n")
    }

    fn push_body(&mut self, kind: &str, body: String) {
        let path = self.path();
        self.push(&path, &[("content-type", kind)], State::Whole(body.into()));
    }

    fn push(&mut self, path: &str, headers: &[(&str, &str)], body: State) {
        self.push_as(self.method.clone(), path, headers, body);
    }

    fn push_as(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: State) {
        let mut request = Request::new(Body { state: body });
        *request.method_mut() = method;
        // What no client can send is not sent.
        let Ok(uri) = path.parse::<Uri>() else { return };
        *request.uri_mut() = uri;
        if let Some(prepare) = &self.told.prepare {
            prepare(request.extensions_mut());
        }
        let every = self.told.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in every.chain(headers.iter().copied()) {
            let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value))
            else {
                continue;
            };
            // A second cookie stands beside the first; of all others there is one.
            if name == COOKIE {
                request.headers_mut().append(name, value);
            } else {
                request.headers_mut().insert(name, value);
            }
        }
        if !request.headers().contains_key(CONTENT_TYPE) && method_has_body(request.method()) {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(FORM));
        }
        self.requests.push(request);
    }
}

fn method_has_body(method: &Method) -> bool {
    [Method::POST, Method::PUT, Method::PATCH].contains(method)
}

/// Percent-encodes what may not stand in a form.
fn encoded(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            // Nothing that fails: a string takes everything.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_that_is_sent_is_one_that_the_redactor_hides() {
        let redactor = Redactor::new();
        for name in SECRETS.iter().chain(SECRET_HEADERS) {
            assert!(redactor.hides(name), "{name}");
        }
    }
}

//! From where an event came.

use std::borrow::Cow;
use std::net::IpAddr;

use http::request::Parts;
use palisade_edge::ClientIp;

/// The client's address and the identifiers of a request.
///
/// # Example
///
/// ```
/// use palisade_audit::Context;
///
/// let (parts, ()) = http::Request::get("/")
///     .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
///     .body(())?
///     .into_parts();
/// let context = Context::of(&parts).with_request_id("r-17");
/// # let _ = context;
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    pub(super) ip: Option<IpAddr>,
    pub(super) request_id: Option<Cow<'static, str>>,
    pub(super) trace_id: Option<Cow<'static, str>>,
}

impl Context {
    /// Knows nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { ip: None, request_id: None, trace_id: None }
    }

    /// Takes the address that `EdgeLayer` found and the trace of a W3C `traceparent`.
    #[must_use]
    pub fn of(parts: &Parts) -> Self {
        let trace = parts.headers.get("traceparent").and_then(|value| value.to_str().ok());
        Self {
            ip: parts.extensions.get::<ClientIp>().map(ClientIp::address),
            request_id: None,
            trace_id: trace.and_then(trace_id).map(|id| Cow::Owned(id.to_owned())),
        }
    }

    /// Adds the client's address.
    #[must_use]
    pub const fn with_ip(mut self, ip: IpAddr) -> Self {
        self.ip = Some(ip);
        self
    }

    /// Adds the request's own identifier; one that a client chose is no identifier.
    #[must_use]
    pub fn with_request_id(mut self, id: impl Into<Cow<'static, str>>) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// Adds the identifier of the trace.
    #[must_use]
    pub fn with_trace_id(mut self, id: impl Into<Cow<'static, str>>) -> Self {
        self.trace_id = Some(id.into());
        self
    }
}

/// The second field of a `traceparent` (W3C Trace Context, section 3.2.2).
fn trace_id(value: &str) -> Option<&str> {
    let mut fields = value.split('-');
    let (version, trace, parent, flags) =
        (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let hex = |text: &str, length: usize| {
        text.len() == length
            && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let all_zero = |text: &str| text.bytes().all(|byte| byte == b'0');
    let legal = hex(version, 2)
        && version != "ff"
        && (version != "00" || fields.next().is_none())
        && hex(trace, 32)
        && !all_zero(trace)
        && hex(parent, 16)
        && !all_zero(parent)
        && hex(flags, 2);
    legal.then_some(trace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_legal_trace_is_taken() {
        let trace = "0af7651916cd43dd8448eb211c80319c";
        let parent = "b7ad6b7169203331";
        assert_eq!(trace_id(&format!("00-{trace}-{parent}-01")), Some(trace));
        assert_eq!(trace_id(&format!("01-{trace}-{parent}-01-more")), Some(trace));
        let zero = "0".repeat(32);
        for wrong in [
            String::new(),
            trace.to_owned(),
            format!("ff-{trace}-{parent}-01"),
            format!("00-{trace}-{parent}-01-more"),
            format!("00-{zero}-{parent}-01"),
            format!("00-{trace}-0000000000000000-01"),
            format!("00-{}-{parent}-01", trace.to_uppercase()),
        ] {
            assert_eq!(trace_id(&wrong), None, "{wrong}");
        }
    }
}

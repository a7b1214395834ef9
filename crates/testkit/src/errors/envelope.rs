//! The envelope: a line of JSON, then items of a line of JSON and a payload each.
//!
//! <https://develop.sentry.dev/sdk/data-model/envelopes/>

use serde_json::Value;

/// One envelope as it came.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Envelope {
    /// The project in the path.
    pub project: String,
    /// What the client signed in with: the header `X-Sentry-Auth`, else the query.
    pub auth: Option<String>,
    /// The envelope's own headers, as `event_id` and `dsn`.
    pub headers: Value,
    /// The items in order.
    pub items: Vec<Item>,
    /// The whole body, to look for what must not be in it.
    pub bytes: Vec<u8>,
}

impl Envelope {
    /// Returns the payloads of the items of type `event`.
    pub fn events(&self) -> impl Iterator<Item = Value> + '_ {
        let events = self.items.iter().filter(|item| item.kind() == Some("event"));
        events.filter_map(|item| serde_json::from_slice(&item.payload).ok())
    }
}

/// One item of an [`Envelope`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Item {
    /// The item's headers, as `type` and `length`.
    pub headers: Value,
    /// The item's bytes.
    pub payload: Vec<u8>,
}

impl Item {
    /// Returns the item's type, as `event` or `transaction`.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        self.headers.get("type")?.as_str()
    }
}

/// Splits a body into the envelope's headers and its items; the error says what is wrong.
pub(super) fn parse(body: &[u8]) -> Result<(Value, Vec<Item>), String> {
    let (headers, mut rest) = object(body, "envelope")?;
    let mut items = Vec::new();
    while !rest.is_empty() {
        let (headers, after) = object(rest, "item")?;
        if headers.get("type").and_then(Value::as_str).is_none() {
            return Err("an item without a type".to_owned());
        }
        let payload = match headers.get("length") {
            Some(length) => {
                let length = length.as_u64().and_then(|length| usize::try_from(length).ok());
                let payload = length.and_then(|length| after.get(..length));
                payload.ok_or("an item's length is no number or beyond the end")?
            }
            None => after.split(|byte| *byte == b'\n').next().unwrap_or_default(),
        };
        items.push(Item { headers, payload: payload.to_vec() });
        rest = after.get(payload.len()..).unwrap_or_default();
        rest = match rest.split_first() {
            None => rest,
            Some((b'\n', next)) => next,
            Some(_) => return Err("an item's payload is longer than its length".to_owned()),
        };
    }
    Ok((headers, items))
}

/// Takes a line that is a JSON object; returns what follows the line.
fn object<'a>(bytes: &'a [u8], whose: &str) -> Result<(Value, &'a [u8]), String> {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (line, rest) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
    let value: Value =
        serde_json::from_slice(line).map_err(|error| format!("the {whose}'s headers: {error}"))?;
    if !value.is_object() {
        return Err(format!("the {whose}'s headers are no object"));
    }
    Ok((value, rest.strip_prefix(b"\n").unwrap_or(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_end_by_their_length_or_at_the_line() {
        let body = b"{\"event_id\":\"1\"}\n{\"type\":\"attachment\",\"length\":5}\na\nb\nc\n{\"type\":\"event\"}\n{\"level\":\"error\"}\n";
        let (headers, items) = parse(body).unwrap();
        assert_eq!(headers["event_id"], "1");
        assert_eq!(items.len(), 2);
        assert_eq!(items[0].payload, b"a\nb\nc");
        assert_eq!(
            (items[1].kind(), items[1].payload.as_slice()),
            (Some("event"), &b"{\"level\":\"error\"}"[..])
        );
        assert_eq!(parse(b"{}").unwrap().1, []);
    }

    #[test]
    fn wrong_envelopes_are_refused() {
        for (body, why) in [
            (&b""[..], "envelope's headers"),
            (b"[]", "no object"),
            (b"{}\nnonsense", "item's headers"),
            (b"{}\n{}", "without a type"),
            (b"{}\n{\"type\":\"event\",\"length\":9}\n{}", "beyond the end"),
            (b"{}\n{\"type\":\"event\",\"length\":1}\n{}", "longer than its length"),
        ] {
            let error = parse(body).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}

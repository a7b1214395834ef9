//! What is answered if all is well, by the types that are written.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json as value};

/// A status and what comes with it.
#[derive(Clone, Copy)]
pub(super) struct Answer {
    pub(super) status: u16,
    about: &'static str,
    pub(super) body: Body,
}

#[derive(Clone, Copy)]
pub(super) enum Body {
    Empty,
    /// JSON of this schema.
    Json(fn() -> Value),
    /// Something else, of this media type.
    Other(&'static str),
}

/// An answer without a body.
pub(super) const fn empty(status: u16, about: &'static str) -> Answer {
    Answer { status, about, body: Body::Empty }
}

/// A value of that type, as JSON.
pub(super) const fn json<T: JsonSchema>(status: u16, about: &'static str) -> Answer {
    Answer { status, about, body: Body::Json(schema_of::<T>) }
}

/// JSON of a type that another crate writes.
pub(super) const fn by(schema: fn() -> Value, about: &'static str) -> Answer {
    Answer { status: 200, about, body: Body::Json(schema) }
}

/// Something that is no JSON.
pub(super) const fn other(status: u16, kind: &'static str, about: &'static str) -> Answer {
    Answer { status, about, body: Body::Other(kind) }
}

impl Answer {
    pub(super) fn document(&self) -> Value {
        match self.body {
            Body::Empty => value!({"description": self.about}),
            Body::Json(schema) => {
                let content = value!({"application/json": {"schema": schema()}});
                value!({"description": self.about, "content": content})
            }
            Body::Other(kind) => value!({"description": self.about, "content": {kind: {}}}),
        }
    }
}

/// Writes the schema of what serde writes for a type, whole in itself.
fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// An event, and why it is in the log (`palisade_audit::Proof`).
pub(super) fn proof() -> Value {
    value!({
        "type": "object",
        "required": ["seq", "size", "event", "path", "checkpoint"],
        "properties": {
            "seq": {"type": "integer", "description": "the number of the event"},
            "size": {"type": "integer", "description": "how many events the checkpoint covers"},
            "event": {"type": "string", "description": "the event as it is stored"},
            "path": {
                "type": "array",
                "maxItems": 63,
                "items": {"type": "string"},
                "description": "hashes from the event upwards (RFC 9162 2.1.3.2), in base64",
            },
            "checkpoint": {"type": "string", "description": "a signed note (C2SP tlog-checkpoint)"},
        },
    })
}

/// This document.
pub(super) fn document() -> Value {
    value!({"type": "object", "required": ["openapi", "info", "paths"]})
}

/// What the probes answer (`palisade_observe::health`).
pub(super) fn status() -> Value {
    value!({
        "type": "object",
        "required": ["status"],
        "properties": {"status": {"type": "string"}},
    })
}

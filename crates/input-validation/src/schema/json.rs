//! JSON Schema (draft 2020-12, as `OpenAPI` 3.1 takes it).

use serde_json::{Map, Value, json};

use super::{Field, Format, Schema, Shape};
use crate::check::{Bounds, Kind, Rule};
use crate::issue::Num;

impl Schema {
    /// Writes it as JSON Schema.
    ///
    /// Lengths in bytes, functions and equality of fields have no form there; all other rules have.
    #[must_use]
    pub fn to_json_schema(&self) -> Value {
        match &self.shape {
            Shape::Anything => json!({}),
            Shape::Array(element) => json!({"type": "array", "items": element.to_json_schema()}),
            Shape::Boolean => json!({"type": "boolean"}),
            Shape::Choice(names) => json!({"enum": names}),
            Shape::Coded(pattern) => {
                json!({"type": "string", "pattern": anchored(pattern.source())})
            }
            Shape::Formatted(format) => formatted(*format),
            Shape::Integer(bounds) => with("integer", "minimum", "maximum", bounds),
            Shape::Line(bounds) => with("string", "minLength", "maxLength", bounds),
            Shape::Number => json!({"type": "number"}),
            Shape::Object(object) => object_schema(object.fields, object.open),
            Shape::Optional(inside) => {
                json!({"anyOf": [inside.to_json_schema(), {"type": "null"}]})
            }
            Shape::Text => json!({"type": "string"}),
        }
    }
}

fn object_schema(fields: &[Field], open: bool) -> Value {
    let properties: Map<String, Value> =
        fields.iter().map(|field| (field.name.to_owned(), field.keywords())).collect();
    let required: Vec<&str> =
        fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": open,
    })
}

impl Field {
    fn keywords(self) -> Value {
        let mut all = vec![self.schema.to_json_schema()];
        all.extend(self.rules.iter().filter_map(Rule::keywords));
        let each: Vec<Value> = self.each.iter().filter_map(Rule::keywords).collect();
        if !each.is_empty() {
            all.push(json!({"items": {"allOf": each}}));
        }
        if all.len() > 1 { json!({"allOf": all}) } else { all.pop().unwrap_or_default() }
    }
}

impl Rule {
    /// A rule holds for values of its own kind; for others its keywords say nothing.
    fn keywords(&self) -> Option<Value> {
        Some(match self.kind() {
            Kind::Bytes(_) => return None,
            Kind::Chars(bounds) => bounded("minLength", "maxLength", bounds),
            Kind::Items(bounds) => bounded("minItems", "maxItems", bounds),
            Kind::Range(bounds) => bounded("minimum", "maximum", bounds),
            Kind::Charset(set) => json!({"pattern": format!("^{}*$", set.source())}),
            Kind::Pattern(pattern) => json!({"pattern": anchored(pattern.source())}),
        })
    }
}

fn anchored(source: &str) -> String {
    format!("^(?:{source})$")
}

fn bounded(min: &str, max: &str, bounds: &Bounds) -> Value {
    let bounds = [(min, bounds.min), (max, bounds.max)];
    let written = bounds.into_iter().filter_map(|(name, bound)| Some((name, number(bound?))));
    Value::Object(written.map(|(name, bound)| (name.to_owned(), bound)).collect())
}

fn with(kind: &str, min: &str, max: &str, bounds: &Bounds) -> Value {
    let mut schema = bounded(min, max, bounds);
    if let Some(members) = schema.as_object_mut() {
        members.insert("type".to_owned(), kind.into());
    }
    schema
}

fn number(number: Num) -> Value {
    match number {
        Num::Int(number) => i64::try_from(number)
            .map(Value::from)
            .or_else(|_| u64::try_from(number).map(Value::from))
            .unwrap_or_default(),
        Num::Real(number) => number.into(),
    }
}

fn formatted(format: Format) -> Value {
    match format {
        Format::Amount => json!({
            "type": "object",
            "properties": {
                "currency": formatted(Format::Currency),
                "value": {"anyOf": [
                    {"type": "string", "pattern": r"^(?:0|[1-9]\d*)(?:\.\d+)?$"},
                    {"type": "integer", "minimum": 0},
                ]},
            },
            "required": ["currency", "value"],
            "additionalProperties": false,
        }),
        Format::Currency => json!({"type": "string", "pattern": "^[A-Z]{3}$"}),
        Format::Cursor => json!({"type": "string", "pattern": "^[A-Za-z0-9_\\-]{1,512}$"}),
        Format::Email => json!({"type": "string", "format": "email", "maxLength": 254}),
        Format::FileName => json!({"type": "string", "minLength": 1, "maxLength": 255}),
        Format::Order => json!({"type": "string", "minLength": 1}),
        Format::Path => json!({"type": "string", "pattern": "^/", "maxLength": 2048}),
        Format::Url => json!({"type": "string", "format": "uri", "maxLength": 2048}),
    }
}

//! Attributes of HTML inputs.

use super::{Field, Format, Schema, Shape};
use crate::check::{Bounds, Kind};
use crate::issue::Num;

/// An attribute of an `input` or `textarea`, and its value; a boolean one has none.
pub type Attribute = (&'static str, Option<String>);

impl Schema {
    /// Returns the attributes of the input for a field of this object.
    ///
    /// A browser then refuses nothing that [`check`](crate::Check::check) takes, and most of what it
    /// does not. `maxlength` counts UTF-16 units, of which a character may need two: it is twice
    /// what is allowed unless the field is of ASCII.
    #[must_use]
    pub fn input(&self, name: &str) -> Vec<Attribute> {
        let Shape::Object(object) = self.inside().shape else { return Vec::new() };
        let field = object.fields.iter().find(|field| field.name == name);
        field.map_or_else(Vec::new, |field| field.attributes())
    }
}

impl Field {
    fn attributes(self) -> Vec<Attribute> {
        let shape = self.schema.inside().shape;
        let mut attributes = vec![("name", Some(self.name.to_owned()))];
        let kind = match shape {
            Shape::Boolean => "checkbox",
            Shape::Formatted(Format::Email) => "email",
            Shape::Formatted(Format::Url) => "url",
            Shape::Integer(_) | Shape::Number => "number",
            _ => "text",
        };
        attributes.push(("type", Some(kind.to_owned())));
        // A box that must be ticked is another rule than a field that must be sent.
        if self.required && !matches!(shape, Shape::Boolean) && self.refuses_nothing() {
            attributes.push(("required", None));
        }
        match shape {
            Shape::Coded(pattern) => {
                attributes.push(("pattern", Some(pattern.source().to_owned())));
            }
            Shape::Integer(bounds) => {
                attributes.push(("step", Some("1".to_owned())));
                push(&mut attributes, "min", self.tighter(bounds).min);
                push(&mut attributes, "max", self.tighter(bounds).max);
            }
            Shape::Number => {
                attributes.push(("step", Some("any".to_owned())));
                let open = Bounds::new(None, None);
                push(&mut attributes, "min", self.tighter(open).min);
                push(&mut attributes, "max", self.tighter(open).max);
            }
            Shape::Text => self.text(&mut attributes),
            // White space is cut off and letters are composed before a line is measured.
            _ => {}
        }
        attributes
    }

    /// An empty text box sends an empty text, which `required` would refuse.
    fn refuses_nothing(self) -> bool {
        let least = self.rules.iter().find_map(|rule| match rule.kind() {
            Kind::Chars(bounds) | Kind::Bytes(bounds) => bounds.min,
            _ => None,
        });
        match self.schema.inside().shape {
            Shape::Text => least.is_some_and(|least| least != Num::Int(0)),
            Shape::Line(bounds) => bounds.min != Some(Num::Int(0)),
            _ => true,
        }
    }

    /// Bounds of the type, narrowed by those of the field.
    fn tighter(self, own: Bounds) -> Bounds {
        self.rules.iter().fold(own, |known, rule| match rule.kind() {
            Kind::Range(asked) => {
                Bounds { min: asked.min.or(known.min), max: asked.max.or(known.max) }
            }
            _ => known,
        })
    }

    fn text(self, attributes: &mut Vec<Attribute>) {
        let mut pattern = None;
        let mut set = None;
        for rule in self.rules {
            match rule.kind() {
                Kind::Charset(charset) => set = Some(format!("{}*", charset.source())),
                Kind::Pattern(form) => pattern = Some(form.source().to_owned()),
                _ => {}
            }
        }
        let ascii = pattern.is_some() || set.is_some();
        for rule in self.rules {
            if let Kind::Chars(bounds) = rule.kind() {
                push(attributes, "minlength", bounds.min);
                let units = bounds.max.map(|max| if ascii { max } else { max.doubled() });
                push(attributes, "maxlength", units);
            }
        }
        if let Some(pattern) = pattern.or(set) {
            attributes.push(("pattern", Some(pattern)));
        }
    }
}

fn push(attributes: &mut Vec<Attribute>, name: &'static str, bound: Option<Num>) {
    if let Some(bound) = bound {
        attributes.push((name, Some(bound.to_string())));
    }
}

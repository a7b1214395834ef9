//! Keys as text, with arguments in it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Ident, LitStr, Result};

/// Text, and arguments in it.
pub(crate) struct Template {
    /// As `format!` takes it.
    format: LitStr,
    arguments: Vec<Ident>,
}

impl Template {
    /// Reads `user:{org}:{id}`, in which a brace is written twice.
    pub(crate) fn parse(text: &LitStr) -> Result<Self> {
        let refuse = |message: &str| Err(Error::new(text.span(), message));
        let (mut format, mut arguments) = (String::new(), Vec::new());
        // Since the last argument.
        let mut separates = true;
        let written = text.value();
        let mut rest = written.as_str();
        while let Some(letter) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("}}")) {
                format.extend([letter, letter]);
                (separates, rest) = (true, after);
            } else if let Some(opened) = rest.strip_prefix('{') {
                let parted = opened.split_once('}');
                let named = parted.map(|(name, after)| (syn::parse_str::<Ident>(name), after));
                let Some((Ok(mut name), after)) = named else {
                    return refuse("braces hold the name of an argument: `{id}`");
                };
                if !separates {
                    return refuse(
                        "two arguments could be read as two others: part them by a character \
                         that is escaped in them, such as `:` or `/`",
                    );
                }
                name.set_span(text.span());
                arguments.push(name);
                format.push_str("{}");
                (separates, rest) = (false, after);
            } else if letter == '}' {
                return refuse("a closing brace is written twice: `}}`");
            } else {
                format.push(letter);
                separates |= !may_stand_in_an_argument(letter);
                rest = rest.strip_prefix(letter).unwrap_or_default();
            }
        }
        Ok(Self { format: LitStr::new(&format, text.span()), arguments })
    }

    pub(crate) fn arguments(&self) -> &[Ident] {
        &self.arguments
    }

    /// The code of the key, a `String`.
    pub(crate) fn code(&self) -> TokenStream {
        let Self { format, arguments } = self;
        quote!(::std::format!(#format, #(::palisade_cache::key::escaped(&#arguments)),*))
    }
}

/// What `palisade_cache::key::escaped` leaves as it is, or writes.
const fn may_stand_in_an_argument(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_' | '~' | '%')
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    fn parse(text: &str) -> Result<Template> {
        Template::parse(&LitStr::new(text, Span::call_site()))
    }

    #[test]
    fn arguments_are_found_between_what_is_written() {
        let cases: [(&str, &str, &[&str]); 6] = [
            ("", "", &[]),
            ("all", "all", &[]),
            ("{id}", "{}", &["id"]),
            ("user:{org}:{id}.", "user:{}:{}.", &["org", "id"]),
            ("{a}-/-{b}", "{}-/-{}", &["a", "b"]),
            ("{{{a}}}{b}", "{{{}}}{}", &["a", "b"]),
        ];
        for (text, format, arguments) in cases {
            let template = parse(text).unwrap();
            assert_eq!(template.format.value(), format);
            assert_eq!(template.arguments, arguments);
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for text in ["{a}{b}", "{a}-{b}", "{a}%3A{b}", "{a", "{}", "{a:?}", "{a.b}", "a}", "{self}"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}

//! The names that serde writes.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, Error, LitStr, Path, Result, Token};

/// How serde turns the names of a type's parts into those of the wire.
#[derive(Clone, Copy, std::default::Default)]
pub(crate) enum Case {
    Camel,
    Kebab,
    Lower,
    Pascal,
    ScreamingKebab,
    ScreamingSnake,
    Snake,
    Upper,
    /// As in the source.
    #[default]
    Written,
}

impl Case {
    fn parse(text: &LitStr) -> Result<Self> {
        Ok(match text.value().as_str() {
            "camelCase" => Self::Camel,
            "kebab-case" => Self::Kebab,
            "lowercase" => Self::Lower,
            "PascalCase" => Self::Pascal,
            "SCREAMING-KEBAB-CASE" => Self::ScreamingKebab,
            "SCREAMING_SNAKE_CASE" => Self::ScreamingSnake,
            "snake_case" => Self::Snake,
            "UPPERCASE" => Self::Upper,
            _ => return Err(Error::new(text.span(), "serde has no such case")),
        })
    }

    /// Renames a variant, which is written in `PascalCase`.
    pub(crate) fn of_variant(self, name: &str) -> String {
        match self {
            Self::Written | Self::Pascal => name.to_owned(),
            Self::Lower => name.to_ascii_lowercase(),
            Self::Upper => name.to_ascii_uppercase(),
            Self::Camel => lower_first(name),
            Self::Snake => snake(name),
            Self::ScreamingSnake => snake(name).to_ascii_uppercase(),
            Self::Kebab => snake(name).replace('_', "-"),
            Self::ScreamingKebab => snake(name).to_ascii_uppercase().replace('_', "-"),
        }
    }
}

impl Case {
    /// Renames a field, which is written in `snake_case`.
    pub(crate) fn of_field(self, name: &str) -> String {
        match self {
            Self::Written | Self::Lower | Self::Snake => name.to_owned(),
            Self::Upper | Self::ScreamingSnake => name.to_ascii_uppercase(),
            Self::Pascal => pascal(name),
            Self::Camel => lower_first(&pascal(name)),
            Self::Kebab => name.replace('_', "-"),
            Self::ScreamingKebab => name.to_ascii_uppercase().replace('_', "-"),
        }
    }
}

fn pascal(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_ascii_uppercase().to_string() + letters.as_str()
        })
    });
    words.collect()
}

/// Writes `CreatedAt` as `created_at`, as serde does.
pub(crate) fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (position, letter) in name.char_indices() {
        if position > 0 && letter.is_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str())
}

/// What serde is told about a struct or an enum.
#[derive(std::default::Default)]
pub(crate) struct Container {
    pub(crate) rename_all: Case,
    pub(crate) deny_unknown_fields: bool,
}

/// What serde is told about a field or a variant.
#[derive(std::default::Default)]
pub(crate) struct Names {
    pub(crate) rename: Option<String>,
    pub(crate) aliases: Vec<String>,
    pub(crate) default: Default,
}

/// What a field holds if it is not sent.
#[derive(std::default::Default)]
pub(crate) enum Default {
    /// Its type decides.
    #[default]
    None,
    /// `Default::default()`.
    Trait,
    /// What a function returns.
    Path(Path),
}

/// Reads `#[serde(..)]` on a type.
pub(crate) fn container(attributes: &[Attribute]) -> Result<Container> {
    let mut found = Container::default();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename_all") {
                found.rename_all = Case::parse(&meta.value()?.parse()?)?;
            } else if meta.path.is_ident("deny_unknown_fields") {
                found.deny_unknown_fields = true;
            } else if meta.path.is_ident("rename") || meta.path.is_ident("crate") {
                meta.value()?.parse::<LitStr>()?;
            } else {
                return Err(unknown(&meta));
            }
            Ok(())
        })?;
    }
    Ok(found)
}

/// Reads `#[serde(..)]` on a field or a variant.
pub(crate) fn names(attributes: &[Attribute]) -> Result<Names> {
    let mut found = Names::default();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename") {
                found.rename = Some(meta.value()?.parse::<LitStr>()?.value());
            } else if meta.path.is_ident("alias") {
                found.aliases.push(meta.value()?.parse::<LitStr>()?.value());
            } else if meta.path.is_ident("default") {
                found.default = if meta.input.peek(Token![=]) {
                    Default::Path(meta.value()?.parse::<LitStr>()?.parse()?)
                } else {
                    Default::Trait
                };
            } else if meta.path.is_ident("skip_serializing") {
                // Says nothing about what is read.
            } else if meta.path.is_ident("skip_serializing_if") {
                meta.value()?.parse::<LitStr>()?;
            } else {
                return Err(unknown(&meta));
            }
            Ok(())
        })?;
    }
    Ok(found)
}

/// What changes how a value is read must be known here as well, or two readings would differ.
fn unknown(meta: &ParseNestedMeta<'_>) -> Error {
    meta.error(
        "of serde's attributes, `rename`, `rename_all`, `alias`, `default`, `deny_unknown_fields` \
         and `skip_serializing` are known here",
    )
}

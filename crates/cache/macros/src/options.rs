//! What `#[cached(..)]` says.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Ident, LitStr, Result, Token, parenthesized};

/// The options, each of which stands once, but for tags.
pub(crate) struct Options {
    /// Where the values are.
    pub(crate) cache: Expr,
    pub(crate) key: Option<Key>,
    pub(crate) tier: Option<Expr>,
    pub(crate) tags: Vec<Tag>,
    /// Arguments that the value does not depend on.
    pub(crate) without: Vec<Ident>,
    /// Makes an error of the function of a load that was lost.
    pub(crate) lost: Option<Expr>,
}

/// By what a value is found.
pub(crate) enum Key {
    Template(LitStr),
    Value(Expr),
}

/// A kind and an id, as [`Loading::tag`] takes them.
pub(crate) struct Tag {
    pub(crate) kind: Expr,
    pub(crate) id: Expr,
}

const KNOWN: &str = "options are `cache`, `key`, `tier`, `tag(..)`, `without(..)` and `lost`";

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let (mut cache, mut key, mut tier, mut lost) = (None, None, None, None);
        let (mut tags, mut without) = (Vec::new(), Vec::new());
        while !input.is_empty() {
            let name = input.call(Ident::parse_any)?;
            match name.to_string().as_str() {
                "cache" => once(&mut cache, &name, value(input)?)?,
                "key" => once(&mut key, &name, value(input).map(Key::of)?)?,
                "tier" => once(&mut tier, &name, value(input)?)?,
                "lost" => once(&mut lost, &name, value(input)?)?,
                "tag" => tags.push(input.parse()?),
                "without" => {
                    let names;
                    parenthesized!(names in input);
                    without.extend(Punctuated::<Ident, Token![,]>::parse_terminated_with(
                        &names,
                        Ident::parse_any,
                    )?);
                }
                _ => return Err(Error::new(name.span(), KNOWN)),
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        let Some(cache) = cache else {
            let message = "name the cache that has the values: `cache = USERS`";
            return Err(Error::new(Span::call_site(), message));
        };
        Ok(Self { cache, key, tier, tags, without, lost })
    }
}

impl Key {
    fn of(value: Expr) -> Self {
        match value {
            Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Self::Template(text),
            value => Self::Value(value),
        }
    }
}

impl Parse for Tag {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let tag;
        let parentheses = parenthesized!(tag in input);
        let mut parts = Punctuated::<Expr, Token![,]>::parse_terminated(&tag)?.into_iter();
        if let (Some(kind), Some(id), None) = (parts.next(), parts.next(), parts.next()) {
            return Ok(Self { kind, id });
        }
        let message = "a tag is a kind and an id: `tag(\"org\", org)`";
        Err(Error::new(parentheses.span.join(), message))
    }
}

fn value(input: ParseStream<'_>) -> Result<Expr> {
    input.parse::<Token![=]>()?;
    input.parse()
}

fn once<T>(place: &mut Option<T>, name: &Ident, value: T) -> Result<()> {
    if place.is_some() {
        return Err(Error::new(name.span(), format!("`{name}` is given twice")));
    }
    *place = Some(value);
    Ok(())
}

/// Says whether a name stands anywhere in some code.
pub(crate) fn mentions(code: TokenStream, name: &Ident) -> bool {
    code.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

//! What a function returns.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{
    Error, GenericArgument, PathArguments, PathSegment, Result, ReturnType, Signature, Type,
};

/// What is written of the type: what it stands for is not known here.
#[derive(Clone, Copy)]
pub(crate) struct Returned {
    /// It is a `Result`.
    pub(crate) is_result: bool,
    /// There may be no value.
    pub(crate) is_optional: bool,
}

impl Returned {
    pub(crate) fn of(signature: &Signature) -> Result<Self> {
        let ReturnType::Type(_, kind) = &signature.output else {
            let message = "a function that returns nothing has nothing to keep";
            return Err(Error::new_spanned(&signature.ident, message));
        };
        if borrows(kind.to_token_stream()) {
            let message = "a cache keeps values that own what they hold, of types that have names";
            return Err(Error::new_spanned(kind, message));
        }
        let result = last(kind).filter(|last| last.ident == "Result");
        let value = if let Some(result) = result { first(result) } else { Some(&**kind) };
        let optional = value.and_then(last).is_some_and(|last| last.ident == "Option");
        let is_result = result.is_some();
        if signature.asyncness.is_some() && !is_result {
            let message = "a load may be lost: a cached `async fn` returns a `Result`";
            return Err(Error::new_spanned(kind, message));
        }
        Ok(Self { is_result, is_optional: optional })
    }
}

fn last(kind: &Type) -> Option<&PathSegment> {
    let Type::Path(path) = kind else { return None };
    path.path.segments.last()
}

fn first(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(given) = &segment.arguments else { return None };
    given.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(kind) => Some(kind),
        _ => None,
    })
}

/// Says whether something in the type is borrowed, for less than ever, or has no name.
fn borrows(code: TokenStream) -> bool {
    let mut tokens = code.into_iter().peekable();
    let mut was_lifetime = false;
    while let Some(token) = tokens.next() {
        let lifetime = std::mem::replace(&mut was_lifetime, false);
        let borrows = match &token {
            TokenTree::Punct(punct) if punct.as_char() == '&' => {
                !matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '\'')
            }
            TokenTree::Punct(punct) => {
                was_lifetime = punct.as_char() == '\'';
                false
            }
            TokenTree::Ident(ident) if lifetime => ident != "static",
            TokenTree::Ident(ident) => ident == "impl",
            TokenTree::Group(group) => borrows(group.stream()),
            TokenTree::Literal(_) => false,
        };
        if borrows {
            return true;
        }
    }
    false
}

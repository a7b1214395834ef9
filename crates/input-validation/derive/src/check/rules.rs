//! The rules that attributes name.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::meta::ParseNestedMeta;
use syn::{Error, Expr, ExprLit, ExprRange, Lit, LitStr, RangeLimits, Result, UnOp, parenthesized};

use crate::root::root;

/// The rules of a field, as expressions for constants, by what they apply to.
#[derive(Default)]
pub(super) struct Rules {
    text: Vec<TokenStream>,
    number: Vec<TokenStream>,
    items: Vec<TokenStream>,
}

impl Rules {
    /// Takes a rule, if the attribute is one.
    pub(super) fn take(&mut self, meta: &ParseNestedMeta<'_>) -> Result<bool> {
        let name = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
        match name.as_str() {
            "chars" => self.text.push(length(&quote!(chars), meta)?),
            "bytes" => self.text.push(length(&quote!(bytes), meta)?),
            "items" => self.items.push(length(&quote!(items), meta)?),
            "range" => self.number.push(bounded(&quote!(range), &range(meta)?)?),
            "charset" => {
                let set: LitStr = meta.value()?.parse()?;
                let (root, class) = (root(), format!("[{}]", set.value()));
                self.text
                    .push(quote!(__check::Rule::charset(const { &#root::Charset::new(#class) })));
            }
            "pattern" => {
                let (root, pattern) = (root(), meta.value()?.parse::<LitStr>()?);
                self.text
                    .push(quote!(__check::Rule::pattern(const { &#root::Pattern::new(#pattern) })));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &TokenStream> {
        self.text.iter().chain(&self.number).chain(&self.items)
    }

    /// Applies the constant `rules` to `__value`: through the trait of each kind that has some, so
    /// that a rule on a type that it says nothing about does not compile.
    pub(super) fn apply(&self, rules: &TokenStream) -> TokenStream {
        let mut calls = TokenStream::new();
        let kinds = [
            (&self.text, quote!(Textual::obey_as_text)),
            (&self.number, quote!(Numeric::obey_as_number)),
            (&self.items, quote!(Elements::obey_as_elements)),
        ];
        for (some, call) in kinds {
            if !some.is_empty() {
                calls.extend(quote!(__issues.note(&__place, __check::#call(__value, #rules));));
            }
        }
        calls
    }
}

fn range(meta: &ParseNestedMeta<'_>) -> Result<ExprRange> {
    let content;
    parenthesized!(content in meta.input);
    let range: ExprRange = content.parse()?;
    match (&range.start, &range.limits, &range.end) {
        (_, RangeLimits::Closed(_), Some(_)) | (Some(_), RangeLimits::HalfOpen(_), None) => {
            Ok(range)
        }
        _ => Err(Error::new_spanned(
            &range,
            "write `3..=32`, `..=32` or `3..`: both bounds are included",
        )),
    }
}

fn length(kind: &TokenStream, meta: &ParseNestedMeta<'_>) -> Result<TokenStream> {
    let range = range(meta)?;
    for bound in [&range.start, &range.end].into_iter().flatten() {
        if number(bound).is_some_and(|number| number < 0.0) {
            return Err(Error::new_spanned(bound, "a length is 0 or more"));
        }
    }
    bounded(kind, &range)
}

fn bounded(kind: &TokenStream, range: &ExprRange) -> Result<TokenStream> {
    let literals = (range.start.as_deref().and_then(number), range.end.as_deref().and_then(number));
    if let (Some(min), Some(max)) = literals
        && min > max
    {
        let message = "these bounds contradict each other: nothing is within both";
        return Err(Error::new_spanned(range, message));
    }
    let min = range.start.as_deref().map(num).transpose()?;
    let max = range.end.as_deref().map(num).transpose()?;
    let bound = |bound: &Option<TokenStream>| {
        let none = quote!(::core::option::Option::None);
        bound.as_ref().map_or(none, |number| quote!(::core::option::Option::Some(#number)))
    };
    let (least, greatest) = (bound(&min), bound(&max));
    let args = [("min", min), ("max", max)].into_iter().filter_map(|(name, number)| {
        number.map(|number| quote!(__issue::Arg::new(#name, #number)))
    });
    Ok(quote! {
        __check::Rule::#kind(__check::Bounds::new(#least, #greatest), &[#(#args),*])
    })
}

/// Writes a bound as `Num`: a literal by its form, a constant as a whole number.
fn num(bound: &Expr) -> Result<TokenStream> {
    if is_float(bound) {
        return Ok(quote!(__issue::Num::Real(#bound)));
    }
    if number(bound).is_some() {
        return Ok(quote!(__issue::Num::Int(#bound)));
    }
    match bound {
        Expr::Path(_) => Ok(quote!(__issue::Num::Int(#bound as i128))),
        other => Err(Error::new_spanned(other, "a bound is a number or the name of a constant")),
    }
}

fn is_float(bound: &Expr) -> bool {
    match bound {
        Expr::Lit(ExprLit { lit: Lit::Float(_), .. }) => true,
        Expr::Unary(unary) => is_float(&unary.expr),
        _ => false,
    }
}

fn number(bound: &Expr) -> Option<f64> {
    match bound {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse().ok(),
        Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) => number.base10_parse().ok(),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => number(&unary.expr).map(|n| -n),
        _ => None,
    }
}

/// Reads the rules in `each(..)`.
pub(super) fn each(meta: &ParseNestedMeta<'_>) -> Result<Rules> {
    let mut rules = Rules::default();
    meta.parse_nested_meta(|inner| {
        if rules.take(&inner)? {
            Ok(())
        } else {
            Err(inner
                .error("elements take `chars`, `bytes`, `items`, `range`, `charset` and `pattern`"))
        }
    })?;
    if rules.all().next().is_none() {
        return Err(Error::new_spanned(meta.path.to_token_stream(), "`each` without a rule"));
    }
    Ok(rules)
}

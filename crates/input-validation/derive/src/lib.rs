#![doc = include_str!("../README.md")]

mod check;
mod names;
mod root;
mod sort_key;

use proc_macro::TokenStream;
use syn::{DeriveInput, Error, parse_macro_input};

/// Implements `Check` for a struct with named fields or an enum without fields; see the trait.
#[proc_macro_derive(Check, attributes(check, serde))]
pub fn derive_check(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    check::expand(&input).unwrap_or_else(Error::into_compile_error).into()
}

/// Implements `SortKey` for an enum without fields; see the trait.
#[proc_macro_derive(SortKey, attributes(serde, sort))]
pub fn derive_sort_key(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    sort_key::expand(&input).unwrap_or_else(Error::into_compile_error).into()
}

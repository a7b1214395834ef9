#![doc = include_str!("../README.md")]

mod arguments;
mod expand;
mod options;
mod returned;
mod template;

use proc_macro::TokenStream;
use syn::{Error, ItemFn, parse_macro_input};

/// Answers calls of a function from a cache; see `palisade_cache::cached`.
#[proc_macro_attribute]
pub fn cached(options: TokenStream, function: TokenStream) -> TokenStream {
    let options = parse_macro_input!(options as options::Options);
    let function = parse_macro_input!(function as ItemFn);
    expand::expand(&options, &function).unwrap_or_else(Error::into_compile_error).into()
}

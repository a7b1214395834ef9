//! `#[derive(SortKey)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Data, DeriveInput, Error, Fields, LitStr, Result, Variant};

use crate::names::{container, names as names_of, snake};
use crate::root::root;

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(Error::new_spanned(&input.ident, "a sort key is an enum without fields"));
    };
    let case = container(&input.attrs)?.rename_all;
    let mut names: Vec<String> = Vec::new();
    let mut keys = Vec::new();
    let mut arms = Vec::new();
    for (position, variant) in data.variants.iter().enumerate() {
        let Fields::Unit = variant.fields else {
            return Err(Error::new_spanned(variant, "a sort key has no fields"));
        };
        let ident = &variant.ident;
        let renamed = names_of(&variant.attrs)?.rename;
        let name = renamed.unwrap_or_else(|| case.of_variant(&ident.to_string()));
        if name.starts_with('-') || names.contains(&name) {
            return Err(Error::new_spanned(ident, "its name is taken, or begins like a direction"));
        }
        let column = column(variant)?;
        keys.push(quote!((Self::#ident, #name, #column)));
        arms.push(quote!(Self::#ident => #position));
        names.push(name);
    }
    let ident = &input.ident;
    let (generics, arguments, conditions) = input.generics.split_for_impl();
    let root = root();
    Ok(quote! {
        impl #generics #root::SortKey for #ident #arguments #conditions {
            const KEYS: &'static [(Self, &'static str, &'static str)] = &[#(#keys),*];

            fn position(self) -> usize {
                match self { #(#arms),* }
            }
        }
    })
}

/// Returns the column that a variant stands for.
fn column(variant: &Variant) -> Result<String> {
    let mut column = None;
    for attribute in variant.attrs.iter().filter(|attribute| attribute.path().is_ident("sort")) {
        column = Some(written(attribute)?);
    }
    let Some(column) = column else { return Ok(snake(&variant.ident.to_string())) };
    if column.value().split('.').all(is_identifier) {
        Ok(column.value())
    } else {
        let message =
            "a column is `name` or `table.name`: at most 63 of a-z, 0-9 and _, no digit first";
        Err(Error::new(column.span(), message))
    }
}

fn written(attribute: &Attribute) -> Result<LitStr> {
    let mut column = None;
    attribute.parse_nested_meta(|meta| {
        if !meta.path.is_ident("column") {
            return Err(meta.error("write `#[sort(column = \"..\")]`"));
        }
        column = Some(meta.value()?.parse()?);
        Ok(())
    })?;
    column.ok_or_else(|| Error::new_spanned(attribute, "write `#[sort(column = \"..\")]`"))
}

/// What PostgreSQL takes without quotes and folds to itself.
fn is_identifier(part: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=63).contains(&part.len())
        && part.bytes().all(known)
        && !part.starts_with(|first: char| first.is_ascii_digit())
}

//! `#[derive(Check)]`.

mod field;
mod rules;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Data, DataStruct, DeriveInput, Error, Fields, Ident, Path, Result};

use crate::names::{Container, Names, container, names};
use crate::root::root;
use field::Field;

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    if !input.generics.params.is_empty() {
        return Err(Error::new_spanned(&input.generics, "rules of generic types are not derived"));
    }
    let serde = container(&input.attrs)?;
    match &input.data {
        Data::Struct(data) => object(input, data, &serde),
        Data::Enum(data) => {
            let mut variants = Vec::new();
            for variant in &data.variants {
                let Fields::Unit = variant.fields else {
                    return Err(Error::new_spanned(
                        variant,
                        "only enums without fields have rules",
                    ));
                };
                let written = names(&variant.attrs)?;
                let case = serde.rename_all.of_variant(&variant.ident.to_string());
                variants.push((variant.ident.clone(), written, case));
            }
            choice(&input.ident, &variants)
        }
        Data::Union(_) => Err(Error::new_spanned(&input.ident, "a union has no rules")),
    }
}

/// What `#[check(..)]` says on a struct.
#[derive(Default)]
struct Whole {
    open: bool,
    with: Vec<Path>,
}

fn whole(attributes: &[Attribute]) -> Result<Whole> {
    let mut whole = Whole::default();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("check")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("open") {
                whole.open = true;
            } else if meta.path.is_ident("with") {
                whole.with.push(meta.value()?.parse()?);
            } else {
                return Err(meta.error("a struct takes `open` and `with = path`"));
            }
            Ok(())
        })?;
    }
    Ok(whole)
}

fn object(input: &DeriveInput, data: &DataStruct, serde: &Container) -> Result<TokenStream> {
    let ident = &input.ident;
    let whole = whole(&input.attrs)?;
    if whole.open == serde.deny_unknown_fields {
        let message = "unknown fields are refused: add `#[serde(deny_unknown_fields)]`, \
                       or `#[check(open)]` to ignore them";
        return Err(Error::new_spanned(ident, message));
    }
    let Fields::Named(named) = &data.fields else {
        return Err(Error::new_spanned(ident, "rules are derived for structs with named fields"));
    };
    let mut fields = Vec::new();
    for field in &named.named {
        fields.push(Field::parse(field, serde)?);
    }
    let all: Vec<&str> = fields.iter().flat_map(Field::names).collect();
    if let Some(twice) =
        all.iter().enumerate().find(|(at, name)| all.iter().take(*at).any(|a| a == *name))
    {
        return Err(Error::new_spanned(ident, format!("two fields are called {:?}", twice.1)));
    }
    let open = whole.open;
    let with = &whole.with;
    let idents: Vec<&Ident> = fields.iter().map(|field| &field.ident).collect();
    let statics = fields.iter().map(Field::rules);
    let schema = fields.iter().map(Field::schema);
    let apply = fields.iter().map(Field::check).collect::<Vec<_>>();
    let read = fields.iter().map(Field::read);
    let equal =
        fields.iter().map(|field| field.same_as_of_value(&fields)).collect::<Result<Vec<_>>>()?;
    let equal_read = fields.iter().map(Field::same_as_of_read);
    let root = root();
    Ok(quote! {
        const _: () = {
            use #root::check::{self as __check, Check as __Check};
            use #root::issue as __issue;
            use #root::schema as __schema;

            const __NAMES: &[&str] = &[#(#all),*];
            #(#statics)*
            const __OBJECT: __schema::Object = __schema::Object::new(&[#(#schema),*], #open);

            impl __Check for #ident {
                const SCHEMA: __schema::Schema =
                    __schema::Schema::new(__schema::Shape::Object(&__OBJECT));

                fn check(&self, __at: &__issue::At<'_>, __issues: &mut __issue::Issues) {
                    #({
                        let __value = &self.#idents;
                        #apply
                    })*
                    #(#equal)*
                    #(#with(self, __at, __issues);)*
                }

                fn read(
                    __node: __check::Node<'_>,
                    __at: &__issue::At<'_>,
                    __issues: &mut __issue::Issues,
                ) -> ::core::option::Option<Self> {
                    let __object = match __node.object(__NAMES, #open) {
                        ::core::result::Result::Ok(object) => object,
                        ::core::result::Result::Err(breach) => {
                            __issues.add(__at, breach);
                            return ::core::option::Option::None;
                        }
                    };
                    if __object.has_unknown_names() {
                        __issues.add(__at, __issue::Breach::new(__issue::code::UNKNOWN));
                    }
                    #(#read)*
                    #(#equal_read)*
                    let __whole = Self { #(#idents: #idents?),* };
                    #(#with(&__whole, __at, __issues);)*
                    ::core::option::Option::Some(__whole)
                }
            }
        };
    })
}

fn choice(ident: &Ident, variants: &[(Ident, Names, String)]) -> Result<TokenStream> {
    let mut arms = Vec::new();
    let mut shown = Vec::new();
    for (variant, written, case) in variants {
        let name = written.rename.as_ref().unwrap_or(case);
        let aliases = &written.aliases;
        arms.push(quote!(::core::result::Result::Ok(#name #(| #aliases)*) => Self::#variant));
        shown.push(name);
        shown.extend(aliases);
    }
    if shown.is_empty() {
        return Err(Error::new_spanned(ident, "there is nothing to choose from"));
    }
    let root = root();
    Ok(quote! {
        const _: () = {
            use #root::check as __check;
            use #root::issue as __issue;
            use #root::schema as __schema;

            impl __check::Check for #ident {
                const SCHEMA: __schema::Schema =
                    __schema::Schema::new(__schema::Shape::Choice(&[#(#shown),*]));

                fn check(&self, _: &__issue::At<'_>, _: &mut __issue::Issues) {}

                fn read(
                    node: __check::Node<'_>,
                    at: &__issue::At<'_>,
                    issues: &mut __issue::Issues,
                ) -> ::core::option::Option<Self> {
                    ::core::option::Option::Some(match node.text() {
                        #(#arms,)*
                        _ => {
                            issues.add(at, __issue::Breach::new(__issue::code::CHOICE));
                            return ::core::option::Option::None;
                        }
                    })
                }
            }
        };
    })
}

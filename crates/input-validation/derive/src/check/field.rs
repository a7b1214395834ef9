//! One field of a struct.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Attribute, Error, Ident, LitStr, Path, Result, Type};

use super::rules::{Rules, each};
use crate::names::{Container, Default, names};

/// A field, its names on the wire and what is asked of it.
pub(super) struct Field {
    pub(super) ident: Ident,
    kind: Type,
    name: String,
    aliases: Vec<String>,
    default: Default,
    asked: Asked,
}

/// What `#[check(..)]` says on a field.
#[derive(std::default::Default)]
struct Asked {
    rules: Rules,
    each: Option<Rules>,
    same_as: Option<LitStr>,
    with: Vec<Path>,
}

impl Field {
    pub(super) fn parse(field: &syn::Field, serde: &Container) -> Result<Self> {
        let Some(ident) = field.ident.clone() else {
            return Err(Error::new_spanned(field, "a field without a name"));
        };
        let written = names(&field.attrs)?;
        let name = written.rename.unwrap_or_else(|| {
            let ident = ident.to_string();
            serde.rename_all.of_field(ident.strip_prefix("r#").unwrap_or(&ident))
        });
        Ok(Self {
            ident,
            kind: field.ty.clone(),
            name,
            aliases: written.aliases,
            default: written.default,
            asked: asked(&field.attrs)?,
        })
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.aliases.iter().map(String::as_str))
    }

    fn constant(&self, what: &str) -> Ident {
        format_ident!("__{what}_{}", self.ident, span = proc_macro2::Span::call_site())
    }

    /// The constants that hold the rules.
    pub(super) fn rules(&self) -> TokenStream {
        let (rules, each) = (self.constant("RULES"), self.constant("EACH"));
        let all = self.asked.rules.all();
        let elements = self.asked.each.iter().flat_map(Rules::all);
        quote! {
            #[allow(non_upper_case_globals, reason = "named after the field")]
            const #rules: &[__check::Rule] = &[#(#all),*];
            #[allow(non_upper_case_globals, reason = "named after the field")]
            const #each: &[__check::Rule] = &[#(#elements),*];
        }
    }

    pub(super) fn schema(&self) -> TokenStream {
        let (name, kind) = (&self.name, &self.kind);
        let (rules, each) = (self.constant("RULES"), self.constant("EACH"));
        let required = match self.default {
            Default::None => quote!(!<#kind as __Check>::OPTIONAL),
            Default::Trait | Default::Path(_) => quote!(false),
        };
        quote! {
            __schema::Field::new(#name, #required, <#kind as __Check>::SCHEMA, #rules, #each)
        }
    }

    /// Applies the rules to `__value`, which has the right type.
    pub(super) fn check(&self) -> TokenStream {
        let kind = &self.kind;
        let own = self.apply();
        let place = self.place();
        quote! {
            #place
            <#kind as __Check>::check(__value, &__place, __issues);
            #own
        }
    }

    fn place(&self) -> TokenStream {
        let name = &self.name;
        quote!(let __place = __at.field(#name);)
    }

    fn apply(&self) -> TokenStream {
        let (rules, each) = (self.constant("RULES"), self.constant("EACH"));
        let mut calls = self.asked.rules.apply(&quote!(#rules));
        if let Some(elements) = &self.asked.each {
            let inner = elements.apply(&quote!(#each));
            calls.extend(quote! {
                for (__position, __value) in
                    __check::Elements::elements(__value).unwrap_or_default().iter().enumerate()
                {
                    let __place = __place.index(__position);
                    #inner
                }
            });
        }
        for path in &self.asked.with {
            calls.extend(quote!(__issues.note(&__place, #path(__value));));
        }
        calls
    }

    /// Reads the field into a variable of its name, with everything that is wrong.
    pub(super) fn read(&self) -> TokenStream {
        let (ident, kind, place) = (&self.ident, &self.kind, self.place());
        let names = self.names();
        let own = self.apply();
        let absent = match &self.default {
            Default::None => quote!(<#kind as __Check>::absent()),
            Default::Trait => quote! {
                ::core::option::Option::Some(<#kind as ::core::default::Default>::default())
            },
            Default::Path(path) => quote!(::core::option::Option::Some(#path())),
        };
        quote! {
            #place
            let #ident: ::core::option::Option<#kind> =
                __object.field(&[#(#names),*], #absent, &__place, __issues);
            if let ::core::option::Option::Some(__value) = &#ident {
                #own
            }
        }
    }

    fn breach() -> TokenStream {
        quote!(__issue::Breach::new(__issue::code::SAME_AS))
    }

    pub(super) fn same_as_of_value(&self, fields: &[Self]) -> Result<TokenStream> {
        let Some(other) = &self.asked.same_as else { return Ok(TokenStream::new()) };
        let known = fields.iter().any(|field| field.ident == other.value().as_str());
        if !known || self.ident == other.value().as_str() {
            return Err(Error::new(other.span(), "there is no other field of this name"));
        }
        let other = Ident::new(&other.value(), other.span());
        let (ident, place, breach) = (&self.ident, self.place(), Self::breach());
        Ok(quote! {
            if self.#ident != self.#other {
                #place
                __issues.add(&__place, #breach);
            }
        })
    }

    pub(super) fn same_as_of_read(&self) -> TokenStream {
        let Some(other) = &self.asked.same_as else { return TokenStream::new() };
        let (ident, place, breach) = (&self.ident, self.place(), Self::breach());
        let other = Ident::new(&other.value(), other.span());
        quote! {
            if let (::core::option::Option::Some(one), ::core::option::Option::Some(other)) =
                (&#ident, &#other)
                && one != other
            {
                #place
                __issues.add(&__place, #breach);
            }
        }
    }
}

fn asked(attributes: &[Attribute]) -> Result<Asked> {
    let mut asked = Asked::default();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("check")) {
        attribute.parse_nested_meta(|meta| {
            if asked.rules.take(&meta)? {
                return Ok(());
            }
            if meta.path.is_ident("each") {
                asked.each = Some(each(&meta)?);
            } else if meta.path.is_ident("same_as") {
                asked.same_as = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("with") {
                asked.with.push(meta.value()?.parse()?);
            } else {
                return Err(meta.error(
                    "rules are `chars`, `bytes`, `items`, `range`, `charset`, `pattern`, `same_as`, \
                     `each` and `with`",
                ));
            }
            Ok(())
        })?;
    }
    Ok(asked)
}

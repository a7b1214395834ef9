//! A function that asks a cache, and the one that was written.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{
    Attribute, Error, Expr, FnArg, Ident, ItemFn, Pat, ReceiverKind, Result, Safety, Signature,
};

use crate::arguments::{Argument, arguments};
use crate::options::{Key, Options, mentions};
use crate::returned::Returned;
use crate::template::Template;

/// Where the function is that was written.
enum Place {
    /// In the one that asks the cache.
    Within,
    /// Beside it, for its `self` or `Self`.
    Beside,
}

pub(crate) fn expand(options: &Options, function: &ItemFn) -> Result<TokenStream> {
    let signature = &function.sig;
    plain(signature)?;
    let (arguments, returned) = (arguments(signature)?, Returned::of(signature)?);
    let is_async = signature.asyncness.is_some();
    if let (Some(lost), false) = (&options.lost, is_async) {
        let message = "no load is lost that the caller runs itself: `lost` is for `async fn`";
        return Err(Error::new_spanned(lost, message));
    }
    let key = key(options, &arguments)?;
    let place = place(function, &arguments);
    let name = format_ident!("{}_uncached", signature.ident);
    let call = match place {
        Place::Within => quote!(#name),
        Place::Beside => quote!(Self::#name),
    };
    let answer = if is_async {
        awaited(options, returned, &arguments, &call)
    } else {
        computed(options, returned, &arguments, &call)
    };
    let written = written(function, &name, &place, &arguments);
    let (within, beside) = match place {
        Place::Within => (written, TokenStream::new()),
        Place::Beside => (TokenStream::new(), written),
    };
    let outer = asking(signature);
    let attributes = function.attrs.iter().filter(|attribute| !attribute.path().is_ident("expect"));
    let vis = &function.vis;
    let cache = cache(options, &arguments);
    Ok(quote! {
        #beside
        #(#attributes)*
        #vis #outer {
            #within
            let __key = #key;
            let __cache: &::palisade_cache::Cache<_, _> = #cache;
            #answer
        }
    })
}

/// The code of a reference to the cache, which may be in something that a task takes along.
fn cache(options: &Options, arguments: &[Argument]) -> TokenStream {
    let cache = &options.cache;
    let reference = quote_spanned!(cache.span()=> &#cache);
    let is_taken = |argument: &Argument| {
        argument.is_taken() && mentions(cache.to_token_stream(), &argument.ident)
    };
    if arguments.iter().any(is_taken) {
        quote!(&::palisade_cache::Cache::<_, _>::clone(#reference))
    } else {
        reference
    }
}

/// Refuses what a task or a cache can do nothing with.
fn plain(signature: &Signature) -> Result<()> {
    let message = "a cached function is neither `const`, `unsafe` nor `extern`";
    let unsafety = match &signature.safety {
        Safety::Unsafe(token) => Some(token.to_token_stream()),
        _ => None,
    };
    let constness = signature.constness.map(ToTokens::into_token_stream);
    let abi = signature.abi.as_ref().map(ToTokens::to_token_stream);
    match constness.or(unsafety).or(abi) {
        Some(token) => Err(Error::new_spanned(token, message)),
        None => Ok(()),
    }
}

/// Says whether the key depends on an argument.
type HasPart = Box<dyn Fn(&Ident) -> bool>;

/// The code of the key, in which each argument has a part, or is said to have none.
fn key(options: &Options, arguments: &[Argument]) -> Result<TokenStream> {
    let known = |name: &Ident| arguments.iter().any(|argument| argument.ident == *name);
    if let Some(unknown) = options.without.iter().find(|name| !known(name)) {
        return Err(Error::new(unknown.span(), "there is no argument of this name"));
    }
    let counts = |argument: &&Argument| {
        let held =
            argument.is_receiver() && mentions(options.cache.to_token_stream(), &argument.ident);
        !held && !options.without.contains(&argument.ident)
    };
    let counting: Vec<&Argument> = arguments.iter().filter(counts).collect();
    let (code, has_part): (TokenStream, HasPart) = match &options.key {
        None => {
            let parts = counting.iter().map(|argument| argument.copied());
            let parts: Vec<TokenStream> = parts.collect();
            let code =
                if let [part] = parts.as_slice() { part.clone() } else { quote!((#(#parts),*)) };
            // A key of a whole receiver is not what somebody means who writes none.
            (code, Box::new(|name| name != "self"))
        }
        Some(Key::Template(text)) => {
            let template = Template::parse(text)?;
            if let Some(unknown) = template.arguments().iter().find(|name| !known(name)) {
                let message = format!("there is no argument `{unknown}`");
                return Err(Error::new(text.span(), message));
            }
            (template.code(), Box::new(move |name| template.arguments().contains(name)))
        }
        Some(Key::Value(value)) => {
            let code = value.to_token_stream();
            (code.clone(), Box::new(move |name| mentions(code.clone(), name)))
        }
    };
    match counting.iter().find(|argument| !has_part(&argument.ident)) {
        None => Ok(code),
        Some(Argument { ident, .. }) => {
            let message = format!(
                "`{ident}` has no part in the key: calls that differ in it would share a value. Put \
                 it into the key, or say `without({ident})` if no value depends on it"
            );
            Err(Error::new(ident.span(), message))
        }
    }
}

/// The code that says what a loader says of its value.
fn said(options: &Options) -> TokenStream {
    let tier = options.tier.iter().map(|tier| {
        let tier = tier_code(tier);
        quote!(__loading.tier(#tier);)
    });
    let tags = options.tags.iter().map(|tag| {
        let (kind, id) = (&tag.kind, &tag.id);
        quote!(__loading.tag(#kind, #id);)
    });
    quote!(let _ = &__loading; #(#tier)* #(#tags)*)
}

/// One of the named tiers, or a value.
fn tier_code(tier: &Expr) -> TokenStream {
    let named = match tier {
        Expr::Path(path) => path.path.get_ident(),
        _ => None,
    };
    match named {
        Some(name) if ["SHORT", "MEDIUM", "LONG", "STATIC"].iter().any(|tier| name == tier) => {
            quote!(::palisade_cache::Tier::#name)
        }
        _ => tier.to_token_stream(),
    }
}

fn awaited(
    options: &Options,
    returned: Returned,
    arguments: &[Argument],
    call: &TokenStream,
) -> TokenStream {
    let said = said(options);
    let take = arguments.iter().map(Argument::take);
    let give = arguments.iter().map(Argument::give);
    let from = || quote!(::core::convert::From::from);
    let lost = options.lost.as_ref().map_or_else(from, ToTokens::to_token_stream);
    let (method, value) = fetched(returned, "get_or_load");
    let fetched = quote! {
        __cache.#method(&__key, |__loading| {
            #said
            #(#take)*
            async move { #call(#(#give),*).await }
        }).await
    };
    result(&fetched, &value, &quote!(__error.loader_or(#lost)))
}

fn computed(
    options: &Options,
    returned: Returned,
    arguments: &[Argument],
    call: &TokenStream,
) -> TokenStream {
    let said = said(options);
    let give = arguments.iter().map(|argument| &argument.ident);
    let call = quote!(#call(#(#give),*));
    let (method, value) = fetched(returned, "get_or_compute");
    if returned.is_result {
        let fetched = quote!(__cache.#method(&__key, |__loading| { #said #call }));
        result(&fetched, &value, &quote!(__error))
    } else {
        quote! {
            let __compute = |__loading: ::palisade_cache::Loading<_>| {
                #said
                ::core::result::Result::Ok::<_, ::core::convert::Infallible>(#call)
            };
            match __cache.#method(&__key, __compute) {
                ::core::result::Result::Ok(__fetched) => #value,
                ::core::result::Result::Err(__never) => match __never {},
            }
        }
    }
}

/// The method of the cache that is asked, and the code that copies the value out of what it fetched.
fn fetched(returned: Returned, method: &str) -> (Ident, TokenStream) {
    if returned.is_optional {
        (format_ident!("{method}_optional"), quote!(__fetched.value.as_deref().cloned()))
    } else {
        (format_ident!("{method}"), quote!(::core::clone::Clone::clone(&*__fetched.value)))
    }
}

/// The code of a result of the value in what was fetched.
fn result(fetched: &TokenStream, value: &TokenStream, error: &TokenStream) -> TokenStream {
    quote! {
        match #fetched {
            ::core::result::Result::Ok(__fetched) => ::core::result::Result::Ok(#value),
            ::core::result::Result::Err(__error) => ::core::result::Result::Err(#error),
        }
    }
}

fn place(function: &ItemFn, arguments: &[Argument]) -> Place {
    let own = Ident::new("Self", function.sig.ident.span());
    let of_type = mentions(function.sig.to_token_stream(), &own)
        || mentions(function.block.to_token_stream(), &own);
    if of_type || arguments.iter().any(Argument::is_receiver) {
        Place::Beside
    } else {
        Place::Within
    }
}

/// The function as it was written, under another name.
fn written(function: &ItemFn, name: &Ident, place: &Place, arguments: &[Argument]) -> TokenStream {
    const LINTS: [&str; 5] = ["allow", "expect", "warn", "deny", "forbid"];
    let is_lint = |attribute: &&Attribute| LINTS.iter().any(|lint| attribute.path().is_ident(lint));
    let lints = function.attrs.iter().filter(is_lint);
    let signature = Signature { ident: name.clone(), ..function.sig.clone() };
    let block = &function.block;
    let docs = match place {
        Place::Within => TokenStream::new(),
        Place::Beside => {
            let docs = format!("Goes past the cache of `{}`.", function.sig.ident);
            quote!(#[doc = #docs])
        }
    };
    // Some stand for the key alone.
    let used = arguments.iter().map(|argument| &argument.ident);
    let statements = &block.stmts;
    quote! {
        #docs
        #(#lints)*
        #signature {
            let _ = (#(&#used,)*);
            #(#statements)*
        }
    }
}

/// The signature of the function that asks: its arguments are given on and not changed.
fn asking(signature: &Signature) -> Signature {
    let mut signature = signature.clone();
    for input in &mut signature.inputs {
        match input {
            FnArg::Receiver(receiver) => {
                if !matches!(receiver.kind, ReceiverKind::Reference(..)) {
                    receiver.mutability = None;
                }
            }
            FnArg::Typed(typed) => {
                if let Pat::Ident(name) = &mut *typed.pat {
                    name.mutability = None;
                }
            }
        }
    }
    signature
}

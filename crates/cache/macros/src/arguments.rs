//! What a function takes.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{Error, FnArg, Ident, Pat, ReceiverKind, Result, Signature, Type};

/// An argument, the receiver among them.
pub(crate) struct Argument {
    pub(crate) ident: Ident,
    is_reference: bool,
}

impl Argument {
    fn of(input: &FnArg) -> Result<Self> {
        match input {
            FnArg::Receiver(receiver) => {
                let ident = Ident::new("self", receiver.self_token.span);
                let is_reference = match &receiver.kind {
                    ReceiverKind::Value => false,
                    ReceiverKind::Reference(_, _, None) => true,
                    ReceiverKind::Typed(_, kind) => is_reference(kind, input)?,
                    _ => return Err(changed(input)),
                };
                Ok(Self { ident, is_reference })
            }
            FnArg::Typed(typed) => {
                let Pat::Ident(name) = &*typed.pat else {
                    let message = "an argument of a cached function has a name";
                    return Err(Error::new_spanned(&typed.pat, message));
                };
                if name.by_ref.is_some() || name.subpat.is_some() {
                    let message = "an argument of a cached function is a name and no pattern";
                    return Err(Error::new_spanned(name, message));
                }
                let is_reference = is_reference(&typed.ty, input)?;
                Ok(Self { ident: name.ident.clone(), is_reference })
            }
        }
    }

    /// Says whether the function takes it and not a reference to it.
    pub(crate) const fn is_taken(&self) -> bool {
        !self.is_reference
    }

    pub(crate) fn is_receiver(&self) -> bool {
        self.ident == "self"
    }

    /// The code of a copy.
    pub(crate) fn copied(&self) -> TokenStream {
        let ident = &self.ident;
        if self.is_reference {
            quote!(::std::borrow::ToOwned::to_owned(#ident))
        } else {
            quote!(::core::clone::Clone::clone(&#ident))
        }
    }

    /// The name of what a task owns of it.
    fn owned(&self) -> Ident {
        if self.is_receiver() { format_ident!("__self") } else { self.ident.clone() }
    }

    /// The code that takes it along into a task.
    pub(crate) fn take(&self) -> TokenStream {
        let (ident, owned) = (&self.ident, self.owned());
        if self.is_reference {
            quote!(let #owned = ::std::borrow::ToOwned::to_owned(#ident);)
        } else {
            quote!(let #owned = #ident;)
        }
    }

    /// The code that gives it to the function, of what was [taken](Self::take).
    pub(crate) fn give(&self) -> TokenStream {
        let owned = self.owned();
        if self.is_reference {
            quote!(::std::borrow::Borrow::borrow(&#owned))
        } else {
            quote!(#owned)
        }
    }
}

/// Reads what a function takes.
pub(crate) fn arguments(signature: &Signature) -> Result<Vec<Argument>> {
    signature.inputs.iter().map(Argument::of).collect()
}

fn is_reference(kind: &Type, input: &FnArg) -> Result<bool> {
    match kind {
        Type::Reference(reference) if reference.mutability.is_some() => Err(changed(input)),
        kind => Ok(matches!(kind, Type::Reference(_))),
    }
}

fn changed(input: &impl ToTokens) -> Error {
    Error::new_spanned(input, "a call that a cache answers changes nothing: take it by `&`")
}

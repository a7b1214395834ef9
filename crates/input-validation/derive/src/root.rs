//! Where the program that derives has the traits from.

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// Returns the path of `palisade_input_validation`: that crate, or the facade, by the names that the
/// program's manifest gives them.
pub(crate) fn root() -> TokenStream {
    let named = |name: &str| Ident::new(name, Span::call_site());
    if let Ok(FoundCrate::Name(name)) = crate_name("palisade-input-validation") {
        let name = named(&name);
        return quote!(::#name);
    }
    match crate_name("palisade") {
        Ok(FoundCrate::Name(name)) => {
            let name = named(&name);
            quote!(::#name::input_validation)
        }
        Ok(FoundCrate::Itself) => quote!(::palisade::input_validation),
        // The crate itself, or a manifest that cannot be read: the compiler says what is missing.
        Err(_) => quote!(::palisade_input_validation),
    }
}

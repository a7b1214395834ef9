//! `require-trusted-types-for` and `trusted-types` (W3C Trusted Types).

use std::fmt::{self, Write as _};

use crate::ConfigError;

/// DOM sinks take only what a named policy has made; strings are refused.
///
/// # Example
///
/// ```
/// use palisade_headers::csp::{Csp, TrustedTypes};
///
/// let csp = Csp::deny_all().trusted_types(TrustedTypes::only(["sanitizer"])?);
/// assert!(csp.to_string().ends_with(";require-trusted-types-for 'script';trusted-types sanitizer"));
/// # Ok::<(), palisade_headers::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedTypes {
    policies: Option<Vec<String>>,
}

impl TrustedTypes {
    /// Any policy may be made, each name once.
    #[must_use]
    pub const fn any() -> Self {
        Self { policies: None }
    }

    /// No policy may be made: the page uses no such sink at all.
    #[must_use]
    pub const fn none() -> Self {
        Self { policies: Some(Vec::new()) }
    }

    /// Only policies of these names may be made.
    ///
    /// # Errors
    ///
    /// A name with other characters than letters, digits and `-#=_/@.%`.
    pub fn only<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, ConfigError> {
        let policies = names.into_iter().map(policy_name).collect::<Result<_, _>>()?;
        Ok(Self { policies: Some(policies) })
    }
}

fn policy_name(name: &str) -> Result<String, ConfigError> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-#=_/@.%".contains(&b);
    if name.is_empty() || !name.bytes().all(allowed) {
        let instead = "write letters, digits and -#=_/@.% only";
        return Err(ConfigError::new("Trusted Types policy name", name, instead));
    }
    Ok(name.to_owned())
}

impl fmt::Display for TrustedTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("require-trusted-types-for 'script'")?;
        match self.policies.as_deref() {
            None => Ok(()),
            Some([]) => f.write_str(";trusted-types 'none'"),
            Some(names) => {
                f.write_str(";trusted-types")?;
                names.iter().try_for_each(|name| {
                    f.write_char(' ')?;
                    f.write_str(name)
                })
            }
        }
    }
}

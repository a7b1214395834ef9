//! What the school sets for all.

use palisade_input_validation::{Check, Currency, Email, Line};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::trail::Changes;

/// The settings as somebody sends them.
#[derive(Check, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) school_name: Line<120>,
    pub(crate) contact_email: Option<Email>,
    pub(crate) currency: Currency,
}

/// The settings as the database has them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stored {
    pub(crate) school_name: String,
    pub(crate) contact_email: Option<String>,
    pub(crate) currency: String,
}

impl Stored {
    /// Returns what another one changed.
    pub(crate) fn changes(&self, new: &Self) -> Changes {
        Changes::new()
            .change("schoolName", self.school_name.clone(), new.school_name.clone())
            .change("contactEmail", self.contact_email.clone(), new.contact_email.clone())
            .change("currency", self.currency.clone(), new.currency.clone())
    }
}

impl From<&Settings> for Stored {
    fn from(settings: &Settings) -> Self {
        Self {
            school_name: settings.school_name.to_string(),
            contact_email: settings.contact_email.as_ref().map(ToString::to_string),
            currency: settings.currency.code().to_owned(),
        }
    }
}

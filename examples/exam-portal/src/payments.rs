//! Payments: an amount in a currency, never a float.

use palisade_input_validation::issue::{Arg, At, Breach, Issues, Num, code};
use palisade_input_validation::{Amount, Check, Currency, Line};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::trail::Changes;

/// A payment as somebody sends it.
#[derive(Check, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[check(with = sum)]
pub(crate) struct NewPayment {
    pub(crate) student_code: Line<32>,
    #[check(chars(1..=20))]
    amount: String,
    currency: Currency,
}

impl NewPayment {
    /// Returns what is paid: more than nothing, with the decimals that the currency has at most.
    pub(crate) fn sum(&self) -> Result<Amount, Breach> {
        const MORE: Breach = Breach::with(code::RANGE, const { &[Arg::new("min", Num::Int(1))] });
        let sum = Amount::parse(&self.amount, self.currency)?;
        if sum.minor_units() > 0 { Ok(sum) } else { Err(MORE) }
    }
}

fn sum(payment: &NewPayment, at: &At<'_>, issues: &mut Issues) {
    if let Err(breach) = payment.sum() {
        issues.add(&at.field("amount"), breach);
    }
}

impl Payment {
    /// Returns what noting it changed.
    pub(crate) fn changes(&self) -> Changes {
        Changes::new()
            .target("payment", self.id.to_string())
            .change("studentCode", None, Some(self.student_code.clone()))
            .change("minorUnits", None, Some(self.minor_units))
            .change("currency", None, Some(self.currency.to_owned()))
    }
}

/// A payment that was noted.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Payment {
    pub(crate) id: i64,
    pub(crate) student_code: String,
    pub(crate) amount: String,
    pub(crate) currency: &'static str,
    pub(crate) minor_units: i64,
}

//! The calls about payments.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use palisade_core::Problem;
use palisade_input_validation::Valid;

use crate::access::Staff;
use crate::payments::{NewPayment, Payment};
use crate::refusal;
use crate::store::Store;

pub(super) async fn add(
    Staff(_): Staff,
    State(store): State<Store>,
    payment: Valid<Json<NewPayment>>,
) -> Result<impl IntoResponse, Problem> {
    let (student, amount) =
        (payment.student_code.as_str(), payment.sum().map_err(|_| refusal::internal())?);
    let id = store.add_payment(student, &amount).await?.ok_or_else(super::no_such_student)?;
    let payment = Payment {
        id,
        student_code: student.to_owned(),
        amount: amount.to_string(),
        currency: amount.currency().code(),
        minor_units: amount.minor_units(),
    };
    Ok((StatusCode::CREATED, payment.changes().beside(), Json(payment)))
}

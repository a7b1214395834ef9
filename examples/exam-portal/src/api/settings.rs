//! The calls about the settings.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use palisade_core::Problem;
use palisade_input_validation::Valid;

use super::CacheStatus;
use crate::access::{Admin, Anybody};
use crate::answers::Revalidated;
use crate::settings::{Settings, Stored};
use crate::store::{Known, Store};

pub(super) async fn read(
    Anybody(_): Anybody,
    State(store): State<Store>,
) -> Result<(CacheStatus, Revalidated, Json<Stored>), Problem> {
    let Known { value, outcome } = store.settings().await?;
    Ok((CacheStatus(outcome), Revalidated, Json(Stored::clone(&value))))
}

pub(super) async fn write(
    Admin(_): Admin,
    State(store): State<Store>,
    settings: Valid<Json<Settings>>,
) -> Result<impl IntoResponse, Problem> {
    let (before, after) = (store.set_settings(&settings).await?, Stored::from(&*settings));
    Ok((before.changes(&after).beside(), Json(after)))
}

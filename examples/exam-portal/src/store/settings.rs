//! The settings, one row.

use super::engine::on;
use super::{Store, StoreError};
use crate::settings::{Settings, Stored};

impl Store {
    pub(crate) async fn settings(&self) -> Result<Stored, StoreError> {
        let sql = "SELECT school_name, contact_email, currency FROM settings WHERE id = 1";
        let row: (String, Option<String>, String) =
            on!(self, pool => sqlx::query_as(sql).fetch_one(pool))?;
        let (school_name, contact_email, currency) = row;
        Ok(Stored { school_name, contact_email, currency })
    }

    pub(crate) async fn set_settings(&self, settings: &Settings) -> Result<(), StoreError> {
        let sql = "UPDATE settings SET school_name = $1, contact_email = $2, currency = $3 \
                   WHERE id = 1";
        on!(self, pool => async {
            sqlx::query(sql)
                .bind(settings.school_name.as_str())
                .bind(settings.contact_email.as_ref().map(AsRef::<str>::as_ref))
                .bind(settings.currency.code())
                .execute(pool)
                .await
                .map(drop)
        })
    }
}

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

    /// Sets the settings; returns what they were.
    pub(crate) async fn set_settings(&self, settings: &Settings) -> Result<Stored, StoreError> {
        // Holds the row, on either engine, before it is read.
        let hold = "UPDATE settings SET currency = currency WHERE id = 1";
        let before = "SELECT school_name, contact_email, currency FROM settings WHERE id = 1";
        let sql = "UPDATE settings SET school_name = $1, contact_email = $2, currency = $3 \
                   WHERE id = 1";
        let row: (String, Option<String>, String) = on!(self, pool => async {
            let mut transaction = pool.begin().await?;
            sqlx::query(hold).execute(&mut *transaction).await?;
            let row = sqlx::query_as(before).fetch_one(&mut *transaction).await?;
            sqlx::query(sql)
                .bind(settings.school_name.as_str())
                .bind(settings.contact_email.as_ref().map(AsRef::<str>::as_ref))
                .bind(settings.currency.code())
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(row)
        })?;
        let (school_name, contact_email, currency) = row;
        Ok(Stored { school_name, contact_email, currency })
    }
}

//! The settings, one row.

use std::sync::Arc;

use palisade_cache::transaction::Transaction;

use super::engine::on;
use super::{Known, Store, StoreError};
use crate::caches;
use crate::settings::{Settings, Stored};

impl Store {
    pub(crate) async fn settings(&self) -> Result<Known<Stored>, StoreError> {
        let Some(cache) = self.caches.as_ref().map(|caches| &caches.settings) else {
            return Ok(Known { value: Arc::new(self.stored_settings().await?), outcome: None });
        };
        let store = self.clone();
        let load = |_| async move { store.stored_settings().await.map(Some) };
        let read = caches::load(cache, &(), load).await?;
        let outcome = Some(read.outcome);
        // There is always one row; what says otherwise is asked again.
        match read.value {
            Some(value) => Ok(Known { value, outcome }),
            None => Ok(Known { value: Arc::new(self.stored_settings().await?), outcome: None }),
        }
    }

    async fn stored_settings(&self) -> Result<Stored, StoreError> {
        let sql = "SELECT school_name, contact_email, currency FROM settings WHERE id = 1";
        let row: (String, Option<String>, String) =
            on!(self, pool => sqlx::query_as(sql).fetch_one(pool))?;
        let (school_name, contact_email, currency) = row;
        Ok(Stored { school_name, contact_email, currency })
    }

    /// Sets the settings; returns what they were.
    pub(crate) async fn set_settings(&self, settings: &Settings) -> Result<Stored, StoreError> {
        let settings = Stored::from(settings);
        // Holds the row, on either engine, before it is read.
        let hold = "UPDATE settings SET currency = currency WHERE id = 1";
        let before = "SELECT school_name, contact_email, currency FROM settings WHERE id = 1";
        let sql = "UPDATE settings SET school_name = $1, contact_email = $2, currency = $3 \
                   WHERE id = 1";
        let row: (String, Option<String>, String) = on!(self, pool => async {
            let mut transaction = Transaction::begin(pool).await?;
            sqlx::query(hold).execute(&mut *transaction).await?;
            let row = sqlx::query_as(before).fetch_one(&mut *transaction).await?;
            sqlx::query(sql)
                .bind(&settings.school_name)
                .bind(&settings.contact_email)
                .bind(&settings.currency)
                .execute(&mut *transaction)
                .await?;
            if let Some(caches) = &self.caches {
                transaction.invalidate(&caches.settings, &());
            }
            transaction.commit().await?;
            Ok(row)
        })?;
        let (school_name, contact_email, currency) = row;
        Ok(Stored { school_name, contact_email, currency })
    }
}

//! Announcements in the database, as they were written.

use std::sync::Arc;

use palisade_cache::transaction::Transaction;

use super::engine::on;
use super::{Known, Store, StoreError};
use crate::caches;
use crate::students::written;

impl Store {
    pub(crate) async fn announcement(
        &self,
        slug: &str,
    ) -> Result<Option<Known<String>>, StoreError> {
        let Some(cache) = self.caches.as_ref().map(|caches| &caches.announcements) else {
            let markdown = self.stored_announcement(slug).await?;
            return Ok(markdown.map(|value| Known { value: Arc::new(value), outcome: None }));
        };
        let (store, slug) = (self.clone(), slug.to_owned());
        let of_load = slug.clone();
        let load = |_| async move { store.stored_announcement(&of_load).await };
        let read = caches::load(cache, &slug, load).await?;
        let outcome = Some(read.outcome);
        Ok(read.value.map(|value| Known { value, outcome }))
    }

    async fn stored_announcement(&self, slug: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT markdown FROM announcements WHERE slug = $1";
        on!(self, pool => sqlx::query_scalar(sql).bind(slug).fetch_optional(pool))
    }

    /// Writes an announcement; returns what stood there.
    pub(crate) async fn announce(
        &self,
        slug: &str,
        markdown: &str,
    ) -> Result<Option<String>, StoreError> {
        // Holds the row, on either engine, before it is read.
        let hold = "UPDATE announcements SET slug = slug WHERE slug = $1";
        let before = "SELECT markdown FROM announcements WHERE slug = $1";
        let sql = "INSERT INTO announcements (slug, markdown, updated_at) VALUES ($1, $2, $3) \
                   ON CONFLICT (slug) DO UPDATE \
                   SET markdown = excluded.markdown, updated_at = excluded.updated_at";
        let now = written(self.clock.wall());
        on!(self, pool => async {
            let mut transaction = Transaction::begin(pool).await?;
            sqlx::query(hold).bind(slug).execute(&mut *transaction).await?;
            let old = sqlx::query_scalar(before).bind(slug);
            let old = old.fetch_optional(&mut *transaction).await?;
            let call = sqlx::query(sql).bind(slug).bind(markdown).bind(&now);
            call.execute(&mut *transaction).await?;
            if let Some(caches) = &self.caches {
                transaction.invalidate(&caches.announcements, &slug.to_owned());
            }
            transaction.commit().await?;
            Ok(old)
        })
    }
}

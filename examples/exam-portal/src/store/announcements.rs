//! Announcements in the database, as they were written.

use super::engine::on;
use super::{Store, StoreError};
use crate::students::written;

impl Store {
    pub(crate) async fn announcement(&self, slug: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT markdown FROM announcements WHERE slug = $1";
        on!(self, pool => sqlx::query_scalar(sql).bind(slug).fetch_optional(pool))
    }

    pub(crate) async fn announce(&self, slug: &str, markdown: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO announcements (slug, markdown, updated_at) VALUES ($1, $2, $3) \
                   ON CONFLICT (slug) DO UPDATE \
                   SET markdown = excluded.markdown, updated_at = excluded.updated_at";
        let now = written(self.clock.wall());
        on!(self, pool => async {
            let call = sqlx::query(sql).bind(slug).bind(markdown).bind(&now);
            call.execute(pool).await.map(drop)
        })
    }
}

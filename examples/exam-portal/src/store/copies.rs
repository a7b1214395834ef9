//! What is known of scanned copies; the files are in their folder.

use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};

use super::engine::on;
use super::{Store, StoreError};
use crate::exams::{Copy, NewCopy};
use crate::students::written;

impl<'r, R: Row> FromRow<'r, R> for Copy
where
    for<'i> &'i str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        Ok(Self {
            student: row.try_get("student_code")?,
            stored: row.try_get("stored_name")?,
            file_name: row.try_get("file_name")?,
        })
    }
}

impl Store {
    /// Notes a copy that was kept; returns its number.
    pub(crate) async fn add_copy(&self, exam: i64, new: &NewCopy<'_>) -> Result<i64, StoreError> {
        let sql = "INSERT INTO copies \
                   (exam_id, student_code, stored_name, file_name, sha256, bytes, created_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id";
        let now = written(self.clock.wall());
        on!(self, pool => sqlx::query_scalar(sql)
            .bind(exam)
            .bind(new.student)
            .bind(new.stored)
            .bind(new.file_name)
            .bind(new.sha256)
            .bind(new.bytes)
            .bind(&now)
            .fetch_one(pool))
    }

    pub(crate) async fn copy(&self, exam: i64, copy: i64) -> Result<Option<Copy>, StoreError> {
        let sql = "SELECT student_code, stored_name, file_name FROM copies \
                   WHERE exam_id = $1 AND id = $2";
        on!(self, pool => sqlx::query_as(sql).bind(exam).bind(copy).fetch_optional(pool))
    }
}

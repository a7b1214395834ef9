//! Exams and their grades.

use std::collections::HashMap;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, ColumnIndex, Decode, FromRow, Row, Type};

use super::engine::on;
use super::{Store, StoreError};
use crate::exams::{Exam, Grade, NewExam};
use crate::students::written;

impl<'r, R: Row> FromRow<'r, R> for Exam
where
    for<'i> &'i str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            title: row.try_get("title")?,
            date: row.try_get("held_on")?,
            copies: row.try_get("copies")?,
            created_at: row.try_get("created_at")?,
        })
    }
}

impl Store {
    /// Returns a part of the exams, the latest first, and how many there are.
    pub(crate) async fn exams(
        &self,
        offset: i64,
        most: u32,
    ) -> Result<(Vec<Exam>, u64), StoreError> {
        let page = "SELECT exams.*, \
                    (SELECT count(*) FROM copies WHERE exam_id = exams.id) AS copies \
                    FROM exams ORDER BY id DESC LIMIT $1 OFFSET $2";
        on!(self, pool => async {
            let mut transaction = pool.begin_with(self.engine.dialect().snapshot).await?;
            let total: i64 = sqlx::query_scalar("SELECT count(*) FROM exams")
                .fetch_one(&mut *transaction)
                .await?;
            let items = sqlx::query_as(page)
                .bind(i64::from(most))
                .bind(offset)
                .fetch_all(&mut *transaction)
                .await?;
            Ok((items, u64::try_from(total).unwrap_or_default()))
        })
    }

    pub(crate) async fn exam_exists(&self, id: i64) -> Result<bool, StoreError> {
        let sql = "SELECT id FROM exams WHERE id = $1";
        on!(self, pool => async {
            let found: Option<i64> = sqlx::query_scalar(sql).bind(id).fetch_optional(pool).await?;
            Ok(found.is_some())
        })
    }

    pub(crate) async fn add_exam(&self, new: &NewExam) -> Result<Exam, StoreError> {
        let sql = "INSERT INTO exams (title, held_on, created_at) VALUES ($1, $2, $3) \
                   RETURNING id, title, held_on, created_at, CAST(0 AS BIGINT) AS copies";
        let now = written(self.clock.wall());
        on!(self, pool => sqlx::query_as(sql)
            .bind(new.title.as_str())
            .bind(new.date.as_deref())
            .bind(&now)
            .fetch_one(pool))
    }

    /// Sets grades by one statement, all or none; returns the hundredths that were there for each, or
    /// nothing where a code is that of no student.
    pub(crate) async fn set_grades(
        &self,
        exam: i64,
        grades: &[Grade],
    ) -> Result<Option<Vec<Option<i64>>>, StoreError> {
        // Holds the rows, on either engine, before they are read.
        let hold = "UPDATE exams SET title = title WHERE id = $1";
        let elements = self.engine.dialect().elements;
        let students = format!("{elements} JOIN students ON students.code = value ->> 'code'");
        let old = format!(
            "SELECT students.code, grades.hundredths FROM {students} LEFT JOIN grades \
             ON grades.student_code = students.code AND grades.exam_id = $2"
        );
        let set = format!(
            "INSERT INTO grades (exam_id, student_code, hundredths, updated_at) \
             SELECT $2, students.code, CAST(value ->> 'points' AS BIGINT), $3 \
             FROM {students} WHERE true ON CONFLICT (exam_id, student_code) \
             DO UPDATE SET hundredths = excluded.hundredths, updated_at = excluded.updated_at"
        );
        let element = |grade: &Grade| json!({"code": grade.student.as_str(), "points": grade.points.hundredths()});
        let rows = grades.iter().map(element).collect::<Value>().to_string();
        let now = written(self.clock.wall());
        on!(self, pool => async {
            let mut transaction = pool.begin().await?;
            sqlx::query(hold).bind(exam).execute(&mut *transaction).await?;
            let old: Vec<(String, Option<i64>)> = sqlx::query_as(AssertSqlSafe(old))
                .bind(&rows)
                .bind(exam)
                .fetch_all(&mut *transaction)
                .await?;
            let old: HashMap<String, Option<i64>> = old.into_iter().collect();
            let before = grades.iter().map(|grade| old.get(grade.student.as_str()).copied());
            let Some(before) = before.collect::<Option<Vec<_>>>() else { return Ok(None) };
            sqlx::query(AssertSqlSafe(set))
                .bind(&rows)
                .bind(exam)
                .bind(&now)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(Some(before))
        })
    }

    /// Returns the grades of an exam as codes and hundredths, in the order of the codes.
    pub(crate) async fn grades(&self, exam: i64) -> Result<Vec<(String, i64)>, StoreError> {
        let sql = "SELECT student_code, hundredths FROM grades WHERE exam_id = $1 \
                   ORDER BY student_code";
        on!(self, pool => sqlx::query_as(sql).bind(exam).fetch_all(pool))
    }
}

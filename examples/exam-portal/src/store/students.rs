//! Students in the database.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, ColumnIndex, Decode, FromRow, Row, Type};

use super::engine::{Dialect, on};
use super::{Store, StoreError};
use crate::caches;
use crate::students::{ListQuery, NewStudent, Sort, Student, StudentChange, written};

const WEEK: Duration = Duration::from_hours(7 * 24);

/// One page of a list.
#[derive(Debug)]
pub(crate) struct StudentPage {
    pub(crate) items: Vec<Student>,
    /// Of the whole list, over all pages.
    pub(crate) total: u64,
}

/// Figures of the dashboard.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Counts {
    pub(crate) students: u64,
    /// Added in the last seven days.
    pub(crate) added: u64,
    /// Changed in the last seven days, after they were added.
    pub(crate) changed: u64,
    /// The latest years of birth, ascending, with their number of students.
    pub(crate) years: Vec<(String, u64)>,
}

impl<'r, R: Row> FromRow<'r, R> for Student
where
    for<'i> &'i str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        Ok(Self {
            code: row.try_get("code")?,
            name: row.try_get("name")?,
            email: row.try_get("email")?,
            birth_date: row.try_get("birth_date")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
        })
    }
}

impl Store {
    /// Returns one page of those students whose code, name or e-mail holds the search text.
    pub(crate) async fn list_students(&self, query: &ListQuery) -> Result<StudentPage, StoreError> {
        let dialect = self.engine.dialect();
        let pattern = pattern(query.search());
        let filter = ["code", "name", "email"]
            .map(|column| format!(r"{column} {} $1 ESCAPE '\'", dialect.like))
            .join(" OR ");
        // The order comes out of an enum: no word of a request is in the statements.
        let order = order(query.sort(), dialect);
        let count = format!("SELECT count(*) FROM students WHERE {filter}");
        let page =
            format!("SELECT * FROM students WHERE {filter} ORDER BY {order} LIMIT $2 OFFSET $3");
        on!(self, pool => async {
            // One transaction: count and page are of the same moment.
            let mut transaction = pool.begin_with(dialect.snapshot).await?;
            let total: i64 = sqlx::query_scalar(AssertSqlSafe(count))
                .bind(&pattern)
                .fetch_one(&mut *transaction)
                .await?;
            let items = sqlx::query_as(AssertSqlSafe(page))
                .bind(&pattern)
                .bind(i64::from(query.per_page()))
                .bind(query.offset())
                .fetch_all(&mut *transaction)
                .await?;
            Ok(StudentPage { items, total: u64::try_from(total).unwrap_or_default() })
        })
    }

    pub(crate) async fn student(&self, code: &str) -> Result<Option<Student>, StoreError> {
        let sql = "SELECT * FROM students WHERE code = $1";
        on!(self, pool => sqlx::query_as(sql).bind(code).fetch_optional(pool))
    }

    /// Adds a student; [`StoreError::Duplicate`] if the code is taken.
    pub(crate) async fn add_student(&self, new: &NewStudent) -> Result<Student, StoreError> {
        let sql = "INSERT INTO students (code, name, email, birth_date, created_at, updated_at) \
                   VALUES ($1, $2, $3, $4, $5, $5) RETURNING *";
        let now = written(self.clock.wall());
        let counts = self.counts_change();
        let done = on!(self, pool => sqlx::query_as(sql)
            .bind(new.code())
            .bind(new.name())
            .bind(new.email())
            .bind(new.birth_date())
            .bind(&now)
            .fetch_one(pool));
        counts.over().await;
        done
    }

    /// Adds each student whose code is free, by one statement; says for each whether it was. No code
    /// comes twice.
    pub(crate) async fn add_students(&self, new: &[NewStudent]) -> Result<Vec<bool>, StoreError> {
        let elements = self.engine.dialect().elements;
        let sql = format!(
            "INSERT INTO students (code, name, email, birth_date, created_at, updated_at) \
             SELECT value ->> 'code', value ->> 'name', value ->> 'email', value ->> 'birthDate', $2, $2 \
             FROM {elements} WHERE true ON CONFLICT (code) DO NOTHING RETURNING code"
        );
        let element = |new: &NewStudent| json!({"code": new.code(), "name": new.name(), "email": new.email(), "birthDate": new.birth_date()});
        let rows = new.iter().map(element).collect::<Value>().to_string();
        let now = written(self.clock.wall());
        let counts = self.counts_change();
        let done = on!(self, pool => sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(&rows)
            .bind(&now)
            .fetch_all(pool));
        counts.over().await;
        let added: Vec<String> = done?;
        let added: HashSet<String> = added.into_iter().collect();
        Ok(new.iter().map(|student| added.contains(student.code())).collect())
    }

    /// Returns the students whose codes come after this one, in the order of their codes.
    pub(crate) async fn students_after(
        &self,
        code: &str,
        most: u32,
    ) -> Result<Vec<Student>, StoreError> {
        let sql = "SELECT * FROM students WHERE code > $1 ORDER BY code LIMIT $2";
        on!(self, pool => sqlx::query_as(sql).bind(code).bind(i64::from(most)).fetch_all(pool))
    }

    /// Changes what the change names and leaves the rest; returns the record before and after, nothing if
    /// there is no such student.
    pub(crate) async fn change_student(
        &self,
        code: &str,
        change: &StudentChange,
    ) -> Result<Option<(Student, Student)>, StoreError> {
        // Holds the row, on either engine, before it is read.
        let hold = "UPDATE students SET code = code WHERE code = $1 RETURNING *";
        let sql = "UPDATE students SET code = coalesce($2, code), name = coalesce($3, name), \
                   email = coalesce($4, email), birth_date = coalesce($5, birth_date), \
                   updated_at = $6 WHERE code = $1 RETURNING *";
        let now = written(self.clock.wall());
        let counts = self.counts_change();
        let done = on!(self, pool => async {
            let mut transaction = pool.begin().await?;
            let found = sqlx::query_as(hold).bind(code).fetch_optional(&mut *transaction).await?;
            let Some(before) = found else { return Ok(None) };
            let after = sqlx::query_as(sql)
                .bind(code)
                .bind(change.code())
                .bind(change.name())
                .bind(change.email())
                .bind(change.birth_date())
                .bind(&now)
                .fetch_one(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(Some((before, after)))
        });
        counts.over().await;
        done
    }

    /// Removes a student; says whether there was one.
    pub(crate) async fn remove_student(&self, code: &str) -> Result<bool, StoreError> {
        let sql = "DELETE FROM students WHERE code = $1";
        let counts = self.counts_change();
        let done = on!(self, pool => async {
            Ok(sqlx::query(sql).bind(code).execute(pool).await?.rows_affected() > 0)
        });
        counts.over().await;
        done
    }

    pub(crate) async fn counts(&self) -> Result<Arc<Counts>, StoreError> {
        let Some(cache) = self.caches.as_ref().map(|caches| &caches.counts) else {
            return self.counted().await.map(Arc::new);
        };
        let store = self.clone();
        let load = |_| async move { store.counted().await.map(Some) };
        match caches::load(cache, &(), load).await?.value {
            Some(counts) => Ok(counts),
            None => self.counted().await.map(Arc::new),
        }
    }

    async fn counted(&self) -> Result<Counts, StoreError> {
        let week_ago = self.clock.wall().checked_sub(WEEK).unwrap_or(SystemTime::UNIX_EPOCH);
        let totals = "SELECT count(*), count(*) FILTER (WHERE created_at >= $1), \
                      count(*) FILTER (WHERE updated_at >= $1 AND updated_at > created_at) \
                      FROM students";
        let per_year = "SELECT substr(birth_date, 1, 4) AS year, count(*) FROM students \
                        GROUP BY year ORDER BY year DESC LIMIT 8";
        let count = |number| u64::try_from(number).unwrap_or_default();
        on!(self, pool => async {
            let mut transaction = pool.begin_with(self.engine.dialect().snapshot).await?;
            let (students, added, changed): (i64, i64, i64) = sqlx::query_as(totals)
                .bind(written(week_ago))
                .fetch_one(&mut *transaction)
                .await?;
            let years: Vec<(String, i64)> =
                sqlx::query_as(per_year).fetch_all(&mut *transaction).await?;
            let years = years.into_iter().rev().map(|(year, students)| (year, count(students)));
            Ok(Counts {
                students: count(students),
                added: count(added),
                changed: count(changed),
                years: years.collect(),
            })
        })
    }

    /// Returns those who were added or changed last.
    pub(crate) async fn recent_students(&self, most: u32) -> Result<Vec<Student>, StoreError> {
        let sql = "SELECT * FROM students ORDER BY updated_at DESC, id DESC LIMIT $1";
        on!(self, pool => sqlx::query_as(sql).bind(i64::from(most)).fetch_all(pool))
    }
}

/// `%` and `_` are wildcards of LIKE: what people search for is taken literally.
fn pattern(search: &str) -> String {
    let mut pattern = String::with_capacity(search.len().saturating_add(2));
    pattern.push('%');
    for c in search.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// Every order ends with the unique row number, so that pages never overlap.
fn order(sort: Sort, dialect: Dialect) -> String {
    let (before, behind) = dialect.folded;
    let folded = |column| format!("{before}{column}{behind}");
    let down = |column| format!("{column} DESC, id DESC");
    let up = |column| format!("{column}, id");
    match sort {
        Sort::BirthDate => up("birth_date".to_owned()),
        Sort::BirthDateDown => down("birth_date".to_owned()),
        Sort::Code => up("code".to_owned()),
        Sort::CodeDown => down("code".to_owned()),
        Sort::Email => up(folded("email")),
        Sort::EmailDown => down(folded("email")),
        Sort::Name => up(folded("name")),
        Sort::NameDown => down(folded("name")),
    }
}

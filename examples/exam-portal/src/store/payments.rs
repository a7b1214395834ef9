//! Payments in the database: minor units, never a fraction.

use palisade_input_validation::Amount;

use super::engine::on;
use super::{Store, StoreError};
use crate::students::written;

impl Store {
    /// Notes a payment; returns its number, or nothing if there is no such student.
    pub(crate) async fn add_payment(
        &self,
        student: &str,
        amount: &Amount,
    ) -> Result<Option<i64>, StoreError> {
        let sql = "INSERT INTO payments (student_code, minor_units, currency, created_at) \
                   SELECT code, $2, $3, $4 FROM students WHERE code = $1 RETURNING id";
        let now = written(self.clock.wall());
        on!(self, pool => sqlx::query_scalar(sql)
            .bind(student)
            .bind(amount.minor_units())
            .bind(amount.currency().code())
            .bind(&now)
            .fetch_optional(pool))
    }
}

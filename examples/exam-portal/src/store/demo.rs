//! A small school for the first start, the same on every machine.

use sqlx::{Database, Encode, Executor, IntoArguments, QueryBuilder, Type};

use super::Seed;
use crate::students::written;

const FIRST: [&str; 12] = [
    "Amina",
    "Bruno",
    "Chlo\u{e9}",
    "Daniel",
    "Elif",
    "Farid",
    "Greta",
    "Hugo",
    "In\u{e8}s",
    "Jonas",
    "Kateryna",
    "L\u{e9}o",
];
const LAST: [&str; 12] = [
    "Abdi",
    "Bernard",
    "Castro",
    "Dubois",
    "Eriksen",
    "Fischer",
    "Garc\u{ed}a",
    "Haddad",
    "Ivanova",
    "Jansen",
    "Kov\u{e1}cs",
    "Lefebvre",
];
/// How far apart first and last name are taken; each round makes twelve different pairs.
const ROUNDS: [usize; 3] = [0, 5, 10];

/// Adds three classes of twelve students, if the seed asks for them.
pub(super) async fn fill<DB: Database>(
    connection: &mut DB::Connection,
    seed: Seed,
) -> sqlx::Result<()>
where
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    DB::Arguments: IntoArguments<DB>,
    for<'q> String: Encode<'q, DB> + Type<DB>,
{
    let Seed::Demo { today } = seed else { return Ok(()) };
    let now = written(today);
    let mut insert = QueryBuilder::<DB>::new(
        "INSERT INTO students (code, name, email, birth_date, created_at, updated_at) ",
    );
    insert.push_values(students(), |mut row, [code, name, email, birth_date]| {
        row.push_bind(code).push_bind(name).push_bind(email).push_bind(birth_date);
        row.push_bind(now.clone()).push_bind(now.clone());
    });
    insert.build().execute(&mut *connection).await?;
    Ok(())
}

/// Code, name, e-mail and birth date of everybody.
fn students() -> Vec<[String; 4]> {
    let mut students = Vec::with_capacity(ROUNDS.len().saturating_mul(FIRST.len()));
    let mut number = 0_usize;
    for (round, distance) in ROUNDS.into_iter().enumerate() {
        for (place, first) in FIRST.iter().enumerate() {
            number = number.saturating_add(1);
            let last = LAST.iter().cycle().nth(place.saturating_add(distance)).unwrap_or(first);
            // Rounds overlap: the middle year is the largest.
            let year = 2007_usize.saturating_add(round).saturating_add(place % 3);
            // Steps that share no divisor with 12 and 28 spread the days over the year.
            let month = (place.saturating_mul(5) % 12).saturating_add(1);
            let day = (number.saturating_mul(11) % 28).saturating_add(1);
            students.push([
                format!("S-{number:04}"),
                format!("{first} {last}"),
                format!("s{number:04}@school.example"),
                format!("{year}-{month:02}-{day:02}"),
            ]);
        }
    }
    students
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use palisade_core::{Clock, SystemClock};
    use palisade_observe::query::counted;

    use super::*;
    use crate::store::{Limits, Store};

    /// The students went in row by row: 36 statements of one kind at the first start.
    #[tokio::test]
    async fn the_first_start_sends_no_statement_again_and_again() {
        let folder = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let seed = Seed::Demo { today: clock.wall() };
        let opening = Store::open(None, folder.path(), Limits::default(), clock, seed);
        let (store, observed) = counted(opening).await.unwrap();
        store.unwrap().close().await;
        let queries = observed.queries();
        let inserts = |one: &palisade_observe::query::Statement| {
            one.fingerprint.starts_with("insert into students")
        };
        assert!(queries.statements().iter().any(inserts), "{:#?}", queries.statements());
        assert_eq!(queries.repeated(10), None);
    }
}

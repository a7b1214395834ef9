//! A small school for the first start, the same on every machine.

use std::time::SystemTime;

use sqlx::sqlite::SqliteConnection;

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

/// Adds three classes of twelve students.
pub(super) async fn fill(connection: &mut SqliteConnection, now: SystemTime) -> sqlx::Result<()> {
    let now = written(now);
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
            sqlx::query(
                "INSERT INTO students (code, name, email, birth_date, created_at, updated_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
            )
            .bind(format!("S-{number:04}"))
            .bind(format!("{first} {last}"))
            .bind(format!("s{number:04}@school.example"))
            .bind(format!("{year}-{month:02}-{day:02}"))
            .bind(now.as_str())
            .execute(&mut *connection)
            .await?;
        }
    }
    Ok(())
}

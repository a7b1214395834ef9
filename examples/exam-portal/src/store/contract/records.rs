//! What holds for exams, announcements, payments and settings.

use super::{Bench, student};
use crate::exams::{Grades, NewCopy, NewExam};
use crate::settings::{Settings, Stored};
use crate::store::StoreError;

fn exam(title: &str) -> NewExam {
    serde_json::from_value(serde_json::json!({"title": title, "date": "2026-12-01"})).unwrap()
}

fn copy(stored: &str) -> NewCopy<'_> {
    let (student, file_name) = (Some("S-0001"), Some("a.pdf"));
    NewCopy { student, stored, file_name, sha256: "00", bytes: 7 }
}

pub(super) async fn an_exam_has_copies_and_grades(bench: Bench) {
    let store = bench.open().await;
    let first = store.add_exam(&exam("Algebra")).await.unwrap();
    let second = store.add_exam(&exam("Physics")).await.unwrap();
    assert_eq!((first.title.as_str(), first.date.as_deref()), ("Algebra", Some("2026-12-01")));
    let id = store.add_copy(first.id, &copy("one")).await.unwrap();
    assert!(matches!(store.add_copy(first.id, &copy("one")).await, Err(StoreError::Duplicate)));
    let found = store.copy(first.id, id).await.unwrap().unwrap();
    assert_eq!((found.stored.as_str(), found.student.as_deref()), ("one", Some("S-0001")));
    assert!(store.copy(second.id, id).await.unwrap().is_none(), "of another exam");

    let (items, total) = store.exams(0, 10).await.unwrap();
    let told: Vec<_> = items.iter().map(|exam| (exam.id, exam.copies)).collect();
    assert_eq!((told, total), (vec![(second.id, 0), (first.id, 1)], 2));
    assert!(store.exams(i64::MAX, 10).await.unwrap().0.is_empty());
    assert!(store.exam_exists(first.id).await.unwrap() && !store.exam_exists(99).await.unwrap());

    let grades = |body: &str| serde_json::from_str::<Grades>(body).unwrap().0;
    let set = grades(r#"{"S-0001": 17, "S-0002": 12.25}"#);
    assert_eq!(store.set_grades(first.id, &set).await.unwrap(), Some(vec![None; 2]));
    let same = grades(r#"{"S-0001": 17}"#);
    assert_eq!(store.set_grades(first.id, &same).await.unwrap(), Some(vec![Some(1_700)]));
    let changed = grades(r#"{"S-0001": 18, "nobody": 1}"#);
    assert_eq!(store.set_grades(first.id, &changed).await.unwrap(), None);
    let expected = [("S-0001".to_owned(), 1_700), ("S-0002".to_owned(), 1_225)];
    assert_eq!(store.grades(first.id).await.unwrap(), expected, "all or none");

    assert!(store.remove_student("S-0001").await.unwrap());
    assert_eq!(store.grades(first.id).await.unwrap().len(), 1);
    assert_eq!(store.copy(first.id, id).await.unwrap().unwrap().student, None);
}

pub(super) async fn an_announcement_is_written_over(bench: Bench) {
    let store = bench.open().await;
    assert!(store.announcement("welcome").await.unwrap().is_none());
    assert_eq!(store.announce("welcome", "# One").await.unwrap(), None);
    assert_eq!(store.announce("welcome", "# Two").await.unwrap().as_deref(), Some("# One"));
    assert_eq!(*store.announcement("welcome").await.unwrap().unwrap().value, "# Two");
}

pub(super) async fn a_payment_outlives_its_student(bench: Bench) {
    use palisade_input_validation::{Amount, Currency};

    let store = bench.open().await;
    let amount = Amount::parse("12.50", Currency::parse("EUR").unwrap()).unwrap();
    let first = store.add_payment("S-0001", &amount).await.unwrap().unwrap();
    let second = store.add_payment("S-0001", &amount).await.unwrap().unwrap();
    assert!(second > first);
    assert_eq!(store.add_payment("nobody", &amount).await.unwrap(), None);
    assert!(store.remove_student("S-0001").await.unwrap());
}

pub(super) async fn settings_are_there_from_the_start(bench: Bench) {
    let store = bench.open().await;
    assert_eq!(store.settings().await.unwrap().value.currency, "EUR");
    let sent = r#"{"schoolName": "Lyc\u00e9e", "contactEmail": "a@b.example", "currency": "NPR"}"#;
    let settings: Settings = serde_json::from_str(sent).unwrap();
    let before = store.settings().await.unwrap().value;
    assert_eq!(store.set_settings(&settings).await.unwrap(), *before);
    assert_eq!(*store.settings().await.unwrap().value, Stored::from(&settings));
}

pub(super) async fn a_table_of_students_is_added_at_once(bench: Bench) {
    let store = bench.open().await;
    let table = [student("T-1", "Ada"), student("S-0001", "Taken"), student("T-2", "Bob")];
    assert_eq!(store.add_students(&table).await.unwrap(), [true, false, true]);
    assert_eq!(store.add_students(&table).await.unwrap(), [false; 3]);
    let after = store.students_after("T", 5).await.unwrap();
    let codes: Vec<_> = after.iter().map(|student| student.code.as_str()).collect();
    assert_eq!(codes, ["T-1", "T-2"]);
}

//! `/`: the school at a glance.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use palisade_core::Problem;

use super::failure::Failure;
use super::frame::Frame;
use crate::access::Anybody;
use crate::store::{Counts, Store};
use crate::students::Student;

/// From the left edge of one bar to that of the next.
const STEP: usize = 64;

#[derive(Template)]
#[template(path = "dashboard.html")]
struct Dashboard {
    frame: Frame,
    counts: Arc<Counts>,
    bars: Vec<Bar>,
    /// Of the chart, in units of its viewport.
    width: usize,
    recent: Vec<Student>,
}

/// One year of the chart, in units of its viewport.
struct Bar {
    year: String,
    students: u64,
    x: usize,
    y: u64,
    height: u64,
}

/// What a student account sees: its own record.
#[derive(Template)]
#[template(path = "own.html")]
struct Own {
    frame: Frame,
    name: String,
    student: Option<Student>,
}

pub(super) async fn page(
    who: Result<Anybody, Problem>,
    State(store): State<Store>,
) -> Result<Response, Failure> {
    let Anybody(user) = who?;
    let frame = Frame::of(&user);
    if !user.role.is_staff() {
        let student = match &user.student {
            Some(code) => store.student(code).await?,
            None => None,
        };
        return Ok(super::html(&Own { frame, name: user.name, student }));
    }
    let counts = store.counts().await?;
    let recent = store.recent_students(6).await?;
    let bars = bars(&counts.years);
    let width = bars.len().max(5).saturating_mul(STEP);
    Ok(super::html(&Dashboard { frame, counts, bars, width, recent }))
}

/// The tallest year fills the chart; a year with anybody in it is seen.
fn bars(years: &[(String, u64)]) -> Vec<Bar> {
    const HEIGHT: u64 = 120;
    let most = years.iter().map(|(_, students)| *students).max().unwrap_or_default().max(1);
    let bar = |(place, (year, students)): (usize, &(String, u64))| {
        let height = students.saturating_mul(HEIGHT).div_ceil(most);
        Bar {
            year: year.clone(),
            students: *students,
            x: place.saturating_mul(STEP),
            y: HEIGHT.saturating_sub(height),
            height,
        }
    };
    years.iter().enumerate().map(bar).collect()
}

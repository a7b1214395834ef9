//! `cargo run --release -p portal [-- MINUTES]`: the exam portal under the loads of the projects that
//! it is modelled on, as real processes over loopback.
//!
//! A hundred sign-ins at once, two hundred saves at once, seventy-five users for a while (ten minutes
//! unless said otherwise) and a limit that everybody wants at once. Clients and server share the
//! machine. It ends with an error if an answer was wrong, an acknowledged row is missing, or the
//! server's memory has grown by a tenth.

mod client;
mod crowd;
mod portal;
mod scenes;

use std::time::Duration;

fn main() {
    let minutes = std::env::args().nth(1).map_or(10, |text| text.parse().expect("minutes"));
    println!("| load | what came of it | median ms | 99 % ms | longest ms |");
    println!("|---|---|---:|---:|---:|");
    scenes::sign_ins();
    scenes::saves();
    scenes::one_limit();
    scenes::school_day(Duration::from_mins(minutes));
}

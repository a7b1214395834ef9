//! Fields that are read where they lie leave no copy of a password in freed memory.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use palisade_input_validation::check::Node;
use palisade_input_validation::issue::{At, Issues};
use palisade_input_validation::schema::{Schema, Shape};
use palisade_input_validation::{Check, from_fields, from_pairs};
use palisade_testkit::alloc::FreedBlocks;
use zeroize::Zeroizing;

#[global_allocator]
static FREED: FreedBlocks = FreedBlocks::new(64 << 20);

const PASSWORD: &str = "canary drifts over basalt";

/// A text in memory that is wiped.
struct Secret {
    text: Zeroizing<Box<str>>,
}

impl Check for Secret {
    const SCHEMA: Schema = Schema::new(Shape::Text);

    fn check(&self, _: &At<'_>, _: &mut Issues) {}

    fn read(node: Node<'_>, at: &At<'_>, issues: &mut Issues) -> Option<Self> {
        let text = node.text().map_err(|breach| issues.add(at, breach)).ok()?;
        Some(Self { text: Zeroizing::new(text.into()) })
    }
}

#[derive(Check)]
#[serde(deny_unknown_fields)]
struct Login {
    #[check(chars(1..=64))]
    username: String,
    password: Secret,
}

fn left_behind() -> usize {
    assert_eq!(FREED.evicted(), 0, "everything that was freed is scanned");
    FREED.scan(PASSWORD.as_bytes())
}

#[test]
fn fields_are_wiped_with_the_buffer_that_they_lie_in() {
    let buffer = Zeroizing::new(PASSWORD.to_owned());
    let fields = |name| [("username", Some(name)), ("password", Some(buffer.as_str()))];
    let login: Login = from_fields(fields("ada")).unwrap();
    assert_eq!((login.username.as_str(), &**login.password.text), ("ada", PASSWORD));
    // What is refused leaves as little.
    assert!(from_fields::<Login>(fields("")).is_err());
    drop((login, buffer));
    assert_eq!(left_behind(), 0);

    // A form decodes into buffers of its own: what is not made for passwords leaves one behind.
    let form = Zeroizing::new(format!("username=ada&password={}", PASSWORD.replace(' ', "+")));
    drop(from_pairs::<Login>(&form).unwrap());
    assert!(left_behind() > 0);
}

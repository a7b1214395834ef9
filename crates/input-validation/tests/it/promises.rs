//! What every type keeps.

use std::fmt::Debug;

use palisade_input_validation::issue::{Arg, At, Breach, Code, Issue, Issues, Language, Num};
use palisade_input_validation::{
    Amount, Clamped, Coded, Currency, Cursor, CursorKeys, Direction, Email, FileName, HttpUrl,
    Line, Page, Patch, Pattern, PerPage, SafeRedirect, Scope, Sort, Text, UniqueName, WeakKey,
};

const fn promised<T: Clone + Send + Sync + Debug + 'static>() {}

const _: () = {
    promised::<Amount>();
    promised::<Arg>();
    promised::<At<'static>>();
    promised::<Breach>();
    promised::<Clamped<u32, 1, 2, 1>>();
    promised::<Code>();
    promised::<Coded<()>>();
    promised::<Currency>();
    promised::<Cursor<u64>>();
    promised::<CursorKeys>();
    promised::<Direction>();
    promised::<Email>();
    promised::<FileName>();
    promised::<HttpUrl>();
    promised::<Issue>();
    promised::<Issues>();
    promised::<Language>();
    promised::<Line<20>>();
    promised::<Num>();
    promised::<Page>();
    promised::<Patch<u8>>();
    promised::<Pattern>();
    promised::<PerPage>();
    promised::<SafeRedirect>();
    promised::<Scope>();
    promised::<Sort<u8>>();
    promised::<Text<20>>();
    promised::<UniqueName<20>>();
    promised::<WeakKey>();
};

#[test]
fn values_are_no_larger_than_what_they_hold() {
    assert_eq!(size_of::<Line<20>>(), 2 * size_of::<usize>());
    assert_eq!(size_of::<Email>(), 2 * size_of::<usize>());
    assert_eq!(size_of::<Page>(), 4);
    assert_eq!(size_of::<Breach>(), 6 * size_of::<usize>());
}

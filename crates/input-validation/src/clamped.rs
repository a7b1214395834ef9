//! Numbers that are corrected instead of refused.

use std::fmt;
use std::marker::PhantomData;

use palisade_core::SecurityEvent;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

/// A whole number type that [`Clamped`] can hold.
pub trait Whole: sealed::Sealed + Copy + fmt::Debug + Into<i128> {
    /// The least value.
    const LEAST: i128;
    /// The greatest value.
    const GREATEST: i128;

    /// Takes a number, or the nearest that there is.
    fn nearest(number: i128) -> Self;
}

mod sealed {
    #[expect(unnameable_types, reason = "what seals a trait has no name outside")]
    pub trait Sealed {}
}

macro_rules! whole {
    ($($kind:ident)+) => { $(
        impl sealed::Sealed for $kind {}
        impl Whole for $kind {
            #[expect(clippy::as_conversions, reason = "widens; `From` is not const")]
            const LEAST: i128 = $kind::MIN as i128;
            #[expect(clippy::as_conversions, reason = "widens; `From` is not const")]
            const GREATEST: i128 = $kind::MAX as i128;

            fn nearest(number: i128) -> Self {
                let limit = if number < 0 { Self::MIN } else { Self::MAX };
                Self::try_from(number).unwrap_or(limit)
            }
        }
    )+ };
}

whole!(i8 i16 i32 i64 u8 u16 u32 u64);

/// A number between `MIN` and `MAX`, both included: what is outside becomes the nearer bound, what
/// is no whole number becomes `DEFAULT`.
///
/// Reading one never fails, from JSON or from a query, so that an odd value of `?size=` costs the
/// client nothing. Each correction is told to the log (`input_validation_fail`, level debug),
/// without the value.
///
/// Bounds that contradict each other or do not fit `T` do not compile.
///
/// # Example
///
/// ```
/// use palisade_input_validation::Clamped;
///
/// type Size = Clamped<u32, 1, 100, 20>;
/// assert_eq!(Size::new(1_000_000).get(), 100);
/// assert_eq!(Size::default().get(), 20);
/// let read = |text| serde_json::from_str::<Size>(text).map(Size::get);
/// assert_eq!(read("-5")?, 1);
/// assert_eq!(read("\"99999999999999999999999\"")?, 100);
/// assert_eq!(read("{\"a\": [true]}")?, 20); // only what is not JSON fails
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Clamped<T, const MIN: i64, const MAX: i64, const DEFAULT: i64> {
    number: T,
}

impl<T: Whole, const MIN: i64, const MAX: i64, const DEFAULT: i64> Clamped<T, MIN, MAX, DEFAULT> {
    #[expect(clippy::as_conversions, reason = "widens; `From` is not const")]
    const SOUND: () = {
        assert!(MIN <= DEFAULT && DEFAULT <= MAX, "the default is outside of the bounds");
        assert!(T::LEAST <= MIN as i128 && MAX as i128 <= T::GREATEST, "the bounds do not fit");
    };

    /// Takes a number, corrected.
    #[must_use]
    pub fn new(number: T) -> Self {
        Self::nearest(number.into())
    }

    /// Reads decimal digits, corrected.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        // 39 digits and a sign hold every i128; more is out of every bound.
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::fallback();
        }
        let limit = if text.starts_with('-') { i128::MIN } else { i128::MAX };
        Self::nearest(text.parse().unwrap_or(limit))
    }

    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> T
    where
        T: Copy,
    {
        self.number
    }

    /// JSON numbers beyond 64 bits arrive as floats; a fraction, NaN or infinity is no number.
    pub(crate) fn nearest_real(number: Option<f64>) -> Self {
        match number {
            Some(number) if number.is_finite() && number.abs() >= 9.0e18 => {
                Self::nearest(if number > 0.0 { i128::MAX } else { i128::MIN })
            }
            _ => Self::fallback(),
        }
    }

    pub(crate) fn nearest(wide: i128) -> Self {
        let () = Self::SOUND;
        let within = wide.clamp(i128::from(MIN), i128::from(MAX));
        if within != wide {
            corrected(MIN, MAX);
        }
        Self { number: T::nearest(within) }
    }

    fn fallback() -> Self {
        corrected(MIN, MAX);
        Self::default()
    }
}

#[cold]
fn corrected(min: i64, max: i64) {
    tracing::debug!(
        target: SecurityEvent::TARGET,
        event = SecurityEvent::InputValidationFail.as_str(),
        min,
        max,
        "a number was corrected"
    );
}

impl<T: Whole, const MIN: i64, const MAX: i64, const DEFAULT: i64> Default
    for Clamped<T, MIN, MAX, DEFAULT>
{
    fn default() -> Self {
        let () = Self::SOUND;
        Self { number: T::nearest(i128::from(DEFAULT)) }
    }
}

impl<T: fmt::Debug, const MIN: i64, const MAX: i64, const DEFAULT: i64> fmt::Debug
    for Clamped<T, MIN, MAX, DEFAULT>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number.fmt(f)
    }
}

impl<T: fmt::Display, const MIN: i64, const MAX: i64, const DEFAULT: i64> fmt::Display
    for Clamped<T, MIN, MAX, DEFAULT>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number.fmt(f)
    }
}

impl<T: Serialize, const MIN: i64, const MAX: i64, const DEFAULT: i64> Serialize
    for Clamped<T, MIN, MAX, DEFAULT>
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.number.serialize(serializer)
    }
}

impl<'de, T: Whole, const MIN: i64, const MAX: i64, const DEFAULT: i64> Deserialize<'de>
    for Clamped<T, MIN, MAX, DEFAULT>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A missing field of a struct is asked for an option, and is none.
        deserializer.deserialize_option(AnyValue(PhantomData))
    }
}

/// Takes whatever comes; only the input itself can fail.
struct AnyValue<C>(PhantomData<C>);

impl<'de, T: Whole, const MIN: i64, const MAX: i64, const DEFAULT: i64> Visitor<'de>
    for AnyValue<Clamped<T, MIN, MAX, DEFAULT>>
{
    type Value = Clamped<T, MIN, MAX, DEFAULT>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Clamped::fallback())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Clamped::nearest(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Clamped::nearest(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Clamped::nearest_real(Some(number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Clamped::parse(text))
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Self::Value, E> {
        Ok(Clamped::fallback())
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(Clamped::default())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Clamped::default())
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Self::Value, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Self::Value, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Clamped::fallback())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Clamped::fallback())
    }
}

//! Names of tiles, as C2SP tlog-tiles gives them.

use std::fmt;
use std::str::FromStr;

/// One tile: up to 256 hashes of a level, or the events under the lowest level.
///
/// # Example
///
/// ```
/// use palisade_audit::merkle::Tile;
///
/// let tile: Tile = "tile/0/x001/067.p/42".parse()?;
/// assert_eq!((tile.level(), tile.number(), tile.width()), (Some(0), 1067, 42));
/// assert_eq!(tile.to_string(), "tile/0/x001/067.p/42");
/// # Ok::<(), palisade_audit::merkle::TilePathError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    level: Option<u8>,
    number: u64,
    width: u16,
}

/// A path that names no tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tile is tile/LEVEL/NUMBER or tile/entries/NUMBER, with .p/WIDTH if it is not full")]
#[non_exhaustive]
pub struct TilePathError;

impl Tile {
    const FULL: u16 = 256;
    /// 63 levels of 256 exceed every log; six groups of three digits exceed 2^56.
    const LEVELS: u8 = 63;

    /// Names a full tile of hashes.
    #[must_use]
    pub const fn hashes(level: u8, number: u64) -> Self {
        Self { level: Some(level), number, width: Self::FULL }
    }

    /// Names a full bundle of events.
    #[must_use]
    pub const fn entries(number: u64) -> Self {
        Self { level: None, number, width: Self::FULL }
    }

    /// Returns the tile with only its first `width` hashes or events, 1 to 256.
    #[must_use]
    pub fn partial(mut self, width: u16) -> Self {
        self.width = width.clamp(1, Self::FULL);
        self
    }

    /// Returns the level of the hashes; `None` for a bundle of events.
    #[must_use]
    pub const fn level(&self) -> Option<u8> {
        self.level
    }

    /// Returns the position of the tile in its level.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Returns how many hashes or events it holds.
    #[must_use]
    pub const fn width(&self) -> u16 {
        self.width
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            Some(level) => write!(f, "tile/{level}/")?,
            None => f.write_str("tile/entries/")?,
        }
        let digits = format!("{:03}", self.number);
        let missing = digits.len().next_multiple_of(3);
        let digits = format!("{:0>missing$}", self.number);
        let groups = digits.len().div_ceil(3);
        for (position, group) in (1..).zip(digits.as_bytes().chunks(3)) {
            let group = std::str::from_utf8(group).map_err(|_| fmt::Error)?;
            if position < groups { write!(f, "x{group}/")? } else { f.write_str(group)? }
        }
        if self.width < Self::FULL { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

impl FromStr for Tile {
    type Err = TilePathError;

    fn from_str(path: &str) -> Result<Self, TilePathError> {
        parse(path).ok_or(TilePathError)
    }
}

fn parse(path: &str) -> Option<Tile> {
    let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let level = match level {
        "entries" => None,
        level => Some(decimal(level).filter(|level| *level <= u64::from(Tile::LEVELS))?),
    };
    let (number, width) = match rest.split_once(".p/") {
        Some((number, width)) => (number, decimal(width).filter(|w| (1..=255).contains(w))?),
        None => (rest, u64::from(Tile::FULL)),
    };
    let mut value = 0_u64;
    let groups = number.split('/').count();
    for (position, group) in (1..).zip(number.split('/')) {
        let digits = if position < groups { group.strip_prefix('x')? } else { group };
        if digits.len() != 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        // One name for each tile: no leading group of zeros.
        if position == 1 && groups > 1 && digits == "000" {
            return None;
        }
        value = value.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
    }
    let level = level.map(u8::try_from).transpose().ok()?;
    Some(Tile { level, number: value, width: u16::try_from(width).ok()? })
}

/// A number without sign and without leading zeros.
fn decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    (plain && (text == "0" || !text.starts_with('0'))).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_specification() {
        let table = [
            (Tile::hashes(0, 0), "tile/0/000"),
            (Tile::hashes(0, 272), "tile/0/272"),
            (Tile::hashes(0, 273).partial(112), "tile/0/273.p/112"),
            (Tile::hashes(1, 1).partial(17), "tile/1/001.p/17"),
            (Tile::hashes(2, 0).partial(1), "tile/2/000.p/1"),
            (Tile::hashes(0, 1_234_067), "tile/0/x001/x234/067"),
            (Tile::entries(1_000), "tile/entries/x001/000"),
        ];
        for (tile, name) in table {
            assert_eq!(tile.to_string(), name);
            assert_eq!(name.parse(), Ok(tile));
        }
    }

    #[test]
    fn other_paths_name_nothing() {
        for path in [
            "",
            "tile",
            "tile/0",
            "tile/0/",
            "tile/00/000",
            "tile/64/000",
            "tile/0/0",
            "tile/0/0000",
            "tile/0/x000/001",
            "tile/0/001/002",
            "tile/0/x001",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/-1/000",
            "tile/0/../x",
            "tile/0/000.p/1/2",
            "checkpoint",
            "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(path.parse::<Tile>(), Err(TilePathError), "{path}");
        }
    }
}

//! Proofs, made from the hashes of a log and checked without them.

use super::{Hash, TILE_WIDTH, fold, node};

/// Where the hashes of a log come from. Level `n` holds the roots of complete subtrees of `256^n`
/// events, in their order.
pub trait HashSource {
    /// Why there are none.
    type Error;

    /// Returns `count` hashes of a level, from number `start` on.
    ///
    /// # Errors
    ///
    /// When they are not there, or not all of them.
    fn hashes(&self, level: u8, start: u64, count: usize) -> Result<Vec<Hash>, Self::Error>;
}

/// A proof that does not show what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the proof does not lead to the root")]
#[non_exhaustive]
pub struct ProofError;

/// Returns the root of the first `size` events.
///
/// # Errors
///
/// Those of the source.
pub fn root<S: HashSource>(source: &S, size: u64) -> Result<Hash, S::Error> {
    if size == 0 { Ok(Hash::EMPTY) } else { subtree(source, 0, size) }
}

/// Returns the path from event `index` to the root of the first `size` events, lowest hash first
/// (RFC 6962, section 2.1.1); empty if there is no such event.
///
/// # Errors
///
/// Those of the source.
pub fn inclusion<S: HashSource>(source: &S, index: u64, size: u64) -> Result<Vec<Hash>, S::Error> {
    let (mut start, mut end) = (0, size);
    let mut path = Vec::new();
    while index < size && end.saturating_sub(start) > 1 {
        let middle = middle(start, end);
        if index < middle {
            path.push(subtree(source, middle, end)?);
            end = middle;
        } else {
            path.push(subtree(source, start, middle)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// Returns the proof that the first `old` events are the beginning of the first `new` ones (RFC
/// 6962, section 2.1.2); empty if there is nothing to show.
///
/// # Errors
///
/// Those of the source.
pub fn consistency<S: HashSource>(source: &S, old: u64, new: u64) -> Result<Vec<Hash>, S::Error> {
    let mut proof = Vec::new();
    if old == 0 || old >= new {
        return Ok(proof);
    }
    let (mut start, mut end) = (0, new);
    while end != old {
        let middle = middle(start, end);
        if old <= middle {
            proof.push(subtree(source, middle, end)?);
            end = middle;
        } else {
            proof.push(subtree(source, start, middle)?);
            start = middle;
        }
    }
    // The old root itself is known to whoever checks.
    if start > 0 {
        proof.push(subtree(source, start, end)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Checks that the event with that hash is number `index` of the log with that root (RFC 9162,
/// section 2.1.3.2).
///
/// # Errors
///
/// [`ProofError`] if it is not shown to be.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    root: &Hash,
    path: &[Hash],
) -> Result<(), ProofError> {
    let last = size.checked_sub(1).filter(|last| index <= *last).ok_or(ProofError)?;
    let (mut here, mut last, mut hash) = (index, last, *leaf);
    for other in path {
        if last == 0 {
            return Err(ProofError);
        }
        if here & 1 == 1 || here == last {
            hash = node(other, &hash);
            (here, last) = skip(here, last);
        } else {
            hash = node(&hash, other);
        }
        (here, last) = (here >> 1, last >> 1);
    }
    if last == 0 && hash == *root { Ok(()) } else { Err(ProofError) }
}

/// Checks that a log of `old` events is the beginning of one of `new` events (RFC 9162, section
/// 2.1.4.2).
///
/// # Errors
///
/// [`ProofError`] if it is not shown to be.
pub fn verify_consistency(
    (old, old_root): (u64, &Hash),
    (new, new_root): (u64, &Hash),
    proof: &[Hash],
) -> Result<(), ProofError> {
    let claim = |holds: bool| if holds { Ok(()) } else { Err(ProofError) };
    if old >= new {
        return claim(old == new && proof.is_empty() && old_root == new_root);
    }
    if old == 0 {
        return claim(proof.is_empty() && *old_root == Hash::EMPTY);
    }
    let (mut here, mut last) = (old.saturating_sub(1), new.saturating_sub(1));
    let ones = here.trailing_ones();
    (here, last) = (here.checked_shr(ones).unwrap_or(0), last.checked_shr(ones).unwrap_or(0));
    let (first, rest) = if old.is_power_of_two() {
        (*old_root, proof)
    } else {
        let (first, rest) = proof.split_first().ok_or(ProofError)?;
        (*first, rest)
    };
    if rest.is_empty() {
        return Err(ProofError);
    }
    let (mut before, mut after) = (first, first);
    for other in rest {
        if last == 0 {
            return Err(ProofError);
        }
        if here & 1 == 1 || here == last {
            before = node(other, &before);
            after = node(other, &after);
            (here, last) = skip(here, last);
        } else {
            after = node(&after, other);
        }
        (here, last) = (here >> 1, last >> 1);
    }
    claim(last == 0 && before == *old_root && after == *new_root)
}

/// Passes the levels at which a right edge has no sibling.
const fn skip(mut here: u64, mut last: u64) -> (u64, u64) {
    while here & 1 == 0 && here != 0 {
        here >>= 1;
        last >>= 1;
    }
    (here, last)
}

/// Where the standard divides the events from `start` to `end`, at least two.
const fn middle(start: u64, end: u64) -> u64 {
    let half = match end.saturating_sub(start).checked_next_power_of_two() {
        Some(power) => power >> 1,
        None => 1 << 63,
    };
    start.saturating_add(half)
}

/// The root of the events from `start` to `end`, at least one, as the standard divides the log.
fn subtree<S: HashSource>(source: &S, start: u64, end: u64) -> Result<Hash, S::Error> {
    let size = end.saturating_sub(start);
    if size.is_power_of_two() {
        let depth = size.trailing_zeros();
        let (level, rest) = (depth >> 3, depth & 7);
        let first = start.checked_shr(level.saturating_mul(8)).unwrap_or(0);
        let level = u8::try_from(level).unwrap_or(u8::MAX);
        let hashes = source.hashes(level, first, TILE_WIDTH.min(1 << rest))?;
        return Ok(fold(&hashes).unwrap_or(Hash::EMPTY));
    }
    let middle = middle(start, end);
    Ok(node(&subtree(source, start, middle)?, &subtree(source, middle, end)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Frontier, leaf, tests::lines};
    use super::*;

    struct Levels(Vec<Vec<Hash>>);

    impl HashSource for Levels {
        type Error = ();

        fn hashes(&self, level: u8, start: u64, count: usize) -> Result<Vec<Hash>, ()> {
            let level = self.0.get(level as usize).ok_or(())?;
            let start = start as usize;
            level.get(start..start + count).map(<[Hash]>::to_vec).ok_or(())
        }
    }

    /// The hashes of a log, and its root at every size if it is small.
    fn log(count: u32) -> (Levels, Vec<Hash>) {
        let (mut levels, mut roots) = (Vec::new(), vec![Hash::EMPTY]);
        let mut frontier = Frontier::default();
        for line in lines(count) {
            frontier.append(leaf(&line), |level, hash| {
                if levels.len() == level {
                    levels.push(Vec::new());
                }
                levels[level].push(hash);
            });
            if count < 1000 || frontier.size() == u64::from(count) {
                roots.push(frontier.root());
            }
        }
        (Levels(levels), roots)
    }

    #[test]
    fn every_proof_of_small_logs_holds_and_no_changed_one() {
        let (levels, roots) = log(40);
        for size in 0..=40_u64 {
            let root_here = roots[size as usize];
            assert_eq!(root(&levels, size), Ok(root_here));
            for index in 0..size {
                let path = inclusion(&levels, index, size).unwrap();
                let event = levels.0[0][index as usize];
                let check = |event: &Hash, index, path: &[Hash]| {
                    verify_inclusion(event, index, size, &root_here, path)
                };
                assert_eq!(check(&event, index, &path), Ok(()));
                for other in (0..=size).filter(|other| *other != index) {
                    assert!(check(&event, other, &path).is_err(), "{index} {other} of {size}");
                }
                assert!(check(&Hash::EMPTY, index, &path).is_err());
                let mut longer = path.clone();
                longer.push(Hash::EMPTY);
                assert!(check(&event, index, &longer).is_err());
                for spoilt in 0..path.len() {
                    let mut path = path.clone();
                    path[spoilt] = Hash::EMPTY;
                    assert!(check(&event, index, &path).is_err());
                    path.remove(spoilt);
                    assert!(check(&event, index, &path).is_err());
                }
            }
            for old in 0..=size {
                let proof = consistency(&levels, old, size).unwrap();
                let old_root = roots[old as usize];
                let check = |old_root: &Hash, root: &Hash, proof: &[Hash]| {
                    verify_consistency((old, old_root), (size, root), proof)
                };
                assert_eq!(check(&old_root, &root_here, &proof), Ok(()), "{old} {size}");
                let wrong = leaf(b"another");
                assert!(check(&wrong, &root_here, &proof).is_err());
                if old > 0 {
                    assert!(check(&old_root, &wrong, &proof).is_err());
                }
                for spoilt in 0..proof.len() {
                    let mut proof = proof.clone();
                    proof[spoilt] = wrong;
                    assert!(check(&old_root, &root_here, &proof).is_err(), "{old} {size} {spoilt}");
                    proof.remove(spoilt);
                    assert!(check(&old_root, &root_here, &proof).is_err(), "{old} {size} {spoilt}");
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn proofs_cross_tiles(size in 1_u64..70_000, one in any::<u64>(), two in any::<u64>()) {
            static LOG: std::sync::LazyLock<(Levels, Vec<Hash>)> =
                std::sync::LazyLock::new(|| log(70_000));
            let (levels, roots) = &*LOG;
            let (index, old) = (one % size, two % (size + 1));
            prop_assert_eq!(root(levels, 70_000), Ok(roots[1]));
            let root_here = root(levels, size).unwrap();
            let path = inclusion(levels, index, size).unwrap();
            let event = levels.0[0][index as usize];
            prop_assert_eq!(verify_inclusion(&event, index, size, &root_here, &path), Ok(()));
            let proof = consistency(levels, old, size).unwrap();
            let old = (old, &root(levels, old).unwrap());
            prop_assert_eq!(verify_consistency(old, (size, &root_here), &proof), Ok(()));
        }
    }
}

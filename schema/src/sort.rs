//! Sorting of which the Worker holds one copy.
//!
//! The standard library compiles its sort anew for each type and each comparison: 130 kB of the
//! Worker's code. Here the numbers of the places are sorted, by one compiled function that calls
//! the comparison through a pointer, and the elements are then moved to where they belong.

use std::cmp::Ordering;

/// The stable sorts of a slice, small in code: what runs in the Worker sorts with these.
pub trait SortSmall<T> {
    /// As [`slice::sort`].
    fn sort_small(&mut self)
    where
        T: Ord;

    /// As [`slice::sort_by`].
    fn sort_small_by(&mut self, compare: impl FnMut(&T, &T) -> Ordering);

    /// As [`slice::sort_by_key`]: the key is asked for at each comparison.
    fn sort_small_by_key<K: Ord>(&mut self, key: impl FnMut(&T) -> K);
}

impl<T> SortSmall<T> for [T] {
    fn sort_small(&mut self)
    where
        T: Ord,
    {
        self.sort_small_by(T::cmp);
    }

    fn sort_small_by(&mut self, mut compare: impl FnMut(&T, &T) -> Ordering) {
        let from = sources(self.len(), &mut |a, b| compare(&self[a], &self[b]));
        arrange(from, &mut |a, b| self.swap(a, b));
    }

    fn sort_small_by_key<K: Ord>(&mut self, mut key: impl FnMut(&T) -> K) {
        self.sort_small_by(|a, b| key(a).cmp(&key(b)));
    }
}

/// Collects into a B-tree by inserting one element after another: [`FromIterator`] of the standard
/// library's B-trees sorts them first.
pub fn collect_small<C: Default + Extend<T>, T>(elements: impl IntoIterator<Item = T>) -> C {
    let mut all = C::default();
    all.extend(elements);
    all
}

/// Of each place of the sorted list, the place where its element is now.
#[inline(never)]
fn sources(len: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut from: Vec<usize> = (0..len).collect();
    from.sort_by(|a, b| compare(*a, *b));
    from
}

/// Moves the elements along the cycles of the permutation, each element once.
#[inline(never)]
fn arrange(mut from: Vec<usize>, swap: &mut dyn FnMut(usize, usize)) {
    for start in 0..from.len() {
        let mut to = start;
        loop {
            let source = std::mem::replace(&mut from[to], to);
            if source == start || source == to {
                break;
            }
            swap(to, source);
            to = source;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SortSmall;

    /// All lists of up to seven small numbers, each with the place where it began: the standard
    /// library's stable sort is the oracle.
    #[test]
    fn sorts_every_short_list_as_the_standard_library_does() {
        for len in 0..=7u32 {
            for code in 0..4u32.pow(len) {
                let list: Vec<(u32, u32)> =
                    (0..len).map(|at| (code / 4u32.pow(at) % 4, at)).collect();
                let (mut ours, mut theirs) = (list.clone(), list.clone());
                ours.sort_small_by_key(|(key, _)| *key);
                theirs.sort_by_key(|(key, _)| *key);
                assert_eq!(ours, theirs, "{list:?}");
                ours.sort_small_by(|a, b| b.cmp(a));
                theirs.sort_by(|a, b| b.cmp(a));
                assert_eq!(ours, theirs, "{list:?}");
            }
        }
    }

    #[test]
    fn sorts_a_long_list_of_strings() {
        let mut ours: Vec<String> =
            (0..5_000u64).map(|at| (at * 7_919 % 1_009).to_string()).collect();
        let mut theirs = ours.clone();
        ours.sort_small();
        theirs.sort();
        assert_eq!(ours, theirs);
    }
}

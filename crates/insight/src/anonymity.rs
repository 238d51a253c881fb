//! k-anonymity of cells that people are counted in: small cells are hidden, and so is one more where a total would give them away.

use std::collections::{BTreeMap, BTreeSet};

/// Whether the total of the cells is shown beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Total {
    /// It is: a single hidden cell could be found by subtraction.
    Shown,
    /// It is not.
    NotShown,
}

/// The cells to be hidden, out of the numbers of distinct agents of all cells under one total.
///
/// Cells below `k` are hidden. If that is exactly one of a shown total, the next smallest is hidden too; of equals, the first by key.
/// A cell without agents tells nothing and is no cell.
pub fn hidden<K: Ord + Clone>(n_agents: &BTreeMap<K, u64>, k: u64, total: Total) -> BTreeSet<K> {
    let mut hidden: BTreeSet<K> = n_agents.iter().filter(|(_, n)| (1..k).contains(*n)).map(|(key, _)| key.clone()).collect();
    if total == Total::Shown && hidden.len() == 1 {
        let next = n_agents.iter().filter(|(_, n)| **n >= k.max(1)).min_by_key(|(_, n)| **n);
        hidden.extend(next.map(|(key, _)| key.clone()));
    }
    hidden
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(cells: &[u64], total: Total, expected: &[u64]) {
        let cells: BTreeMap<usize, u64> = cells.iter().copied().enumerate().collect();
        let seen: Vec<u64> = hidden(&cells, 5, total).into_iter().map(|key| cells[&key]).collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn documented_cells_hide_the_small_one_and_the_next() {
        check(&[12, 7, 3], Total::Shown, &[7, 3]);
    }

    #[test]
    fn one_hidden_cell_is_enough_where_no_total_is_shown() {
        check(&[12, 7, 3], Total::NotShown, &[3]);
    }

    #[test]
    fn two_small_cells_protect_each_other() {
        check(&[12, 7, 3, 4], Total::Shown, &[3, 4]);
    }

    #[test]
    fn nothing_is_hidden_without_small_cells() {
        check(&[], Total::Shown, &[]);
        check(&[5, 6], Total::Shown, &[]);
        check(&[0, 12], Total::Shown, &[]);
    }

    #[test]
    fn only_cell_is_hidden_alone_and_empty_cells_protect_nobody() {
        check(&[1], Total::Shown, &[1]);
        check(&[2, 0, 9, 8], Total::Shown, &[2, 8]);
        check(&[5, 4, 5], Total::Shown, &[5, 4]);
    }

    proptest! {
        #[test]
        fn no_small_cell_is_seen_and_none_can_be_subtracted(cells in prop::collection::btree_map(any::<u16>(), 0..20u64, 0..12)) {
            let hidden = hidden(&cells, 5, Total::Shown);
            prop_assert!(cells.iter().all(|(key, n)| *n == 0 || *n >= 5 || hidden.contains(key)));
            let filled = cells.values().filter(|n| **n > 0).count();
            prop_assert!(hidden.len() != 1 || filled == 1);
        }
    }
}

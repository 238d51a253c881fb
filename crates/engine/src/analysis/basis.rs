//! What several tables are made of: read from the store once, however many of them ask for it.
//! It is held for as long as one analysis takes, during which the store must stay as it is.

use std::cell::RefCell;
use std::rc::Rc;

use store::statistics::{CohortRow, Slice};
use store::{Store, StoreError};

use crate::analysis::trends::{self, Crowds};
use crate::analysis::week::{self, Week};

/// The store, and what was read of it.
pub(crate) struct Basis<'s> {
    pub(crate) store: &'s Store,
    weeks: Kept<Vec<Week>>,
    cohorts: Kept<Vec<CohortRow>>,
    crowds: Kept<Crowds>,
}

/// What was read for which slice and kinds of scope.
type Kept<T> = RefCell<Vec<(Slice, Vec<String>, Rc<T>)>>;

impl<'s> Basis<'s> {
    /// Nothing was read so far.
    pub(crate) fn new(store: &'s Store) -> Self {
        Self { store, weeks: Kept::default(), cohorts: Kept::default(), crowds: Kept::default() }
    }

    /// All weeks of all cohorts, in the order of cohort, scope and week.
    pub(crate) fn weeks(&self, slice: &Slice, kinds: &[&str]) -> Result<Rc<Vec<Week>>, StoreError> {
        once(&self.weeks, slice, kinds, || week::weeks(self.store, slice, kinds))
    }

    /// The cohorts in each scope.
    pub(crate) fn cohorts(&self, slice: &Slice, kinds: &[&str]) -> Result<Rc<Vec<CohortRow>>, StoreError> {
        once(&self.cohorts, slice, kinds, || self.store.cohorts(slice, kinds))
    }

    /// The agents of each cohort and scope.
    pub(crate) fn crowds(&self, slice: &Slice, kinds: &[&str]) -> Result<Rc<Crowds>, StoreError> {
        once(&self.crowds, slice, kinds, || trends::crowds(self.store, slice, kinds))
    }
}

fn once<T>(kept: &Kept<T>, slice: &Slice, kinds: &[&str], read: impl FnOnce() -> Result<T, StoreError>) -> Result<Rc<T>, StoreError> {
    let known = kept.borrow().iter().find(|(of, in_kinds, _)| of == slice && in_kinds == kinds).map(|(_, _, found)| Rc::clone(found));
    if let Some(found) = known {
        return Ok(found);
    }
    let found = Rc::new(read()?);
    kept.borrow_mut().push((slice.clone(), kinds.iter().map(|kind| (*kind).to_owned()).collect(), Rc::clone(&found)));
    Ok(found)
}

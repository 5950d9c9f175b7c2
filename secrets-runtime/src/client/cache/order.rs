//! The slots in the orders in which they end, are due and are evicted, so that no operation visits all of
//! them while the cache is locked.

use std::collections::BTreeSet;

use super::clock::Moment;
use super::ids::SlotId;

/// The slots that have a rank, the least first.
pub(super) struct Order<R>(BTreeSet<(R, SlotId)>);

/// The orders of a cache.
#[derive(Default)]
pub(super) struct Orders {
    /// By the moment at which a value or a remembered answer ends. Holds every slot that counts against the
    /// capacity.
    pub(super) ends: Order<Moment>,
    /// By the moment at which to look whether a value is to be refreshed along with other keys.
    pub(super) due: Order<Moment>,
    /// By [`Rank`]. Holds every slot that may be evicted.
    pub(super) ranks: Order<Rank>,
}

/// The place of one slot in each order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    pub(super) ends: Option<Moment>,
    pub(super) due: Option<Moment>,
    pub(super) rank: Option<Rank>,
}

/// What is evicted first: a slot without a value, then the least recently used one. Of two used in the same
/// moment the one that was not read again goes, then the older one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    pub(super) is_held: bool,
    pub(super) used: Moment,
    pub(super) is_wanted: bool,
}

impl Places {
    pub(super) const NOWHERE: Self = Self { ends: None, due: None, rank: None };
}

impl Orders {
    /// Moves a slot from its old places to others.
    pub(super) fn place(&mut self, id: SlotId, old: &mut Places, new: Places) {
        self.ends.place(id, &mut old.ends, new.ends);
        self.due.place(id, &mut old.due, new.due);
        self.ranks.place(id, &mut old.rank, new.rank);
    }
}

impl<R: Ord + Copy> Order<R> {
    /// Moves a slot from its old rank to another.
    pub(super) fn place(&mut self, id: SlotId, old: &mut Option<R>, new: Option<R>) {
        if *old == new {
            return;
        }
        if let Some(rank) = std::mem::replace(old, new) {
            self.0.remove(&(rank, id));
        }
        self.0.extend(new.map(|rank| (rank, id)));
    }

    pub(super) fn first(&self) -> Option<(R, SlotId)> {
        self.0.first().copied()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl<R> Default for Order<R> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

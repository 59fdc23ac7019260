//! Steps: what is done besides pricing orders and bounding cases, counted so that it ends whatever the rule file.

use std::cell::Cell;

/// So many steps count as one order priced: looking whether a selector takes a product, or comparing a rule with another.
pub(super) const STEPS_PER_ORDER: u64 = 200;

/// So many tests of rules on runs of units count as one order priced. What an order takes beyond that counts as more.
pub(super) const EFFORT_PER_ORDER: u64 = 4_096;

/// Steps that are left for some purpose.
#[derive(Debug)]
pub(super) struct Steps {
    left: Cell<u64>,
    taken: Cell<u64>,
    ran_out: Cell<bool>,
}

impl Steps {
    /// As many steps as so many orders count for.
    pub(super) const fn of_orders(orders: u64) -> Self {
        let left = Cell::new(orders.saturating_mul(STEPS_PER_ORDER));
        Self { left, taken: Cell::new(0), ran_out: Cell::new(false) }
    }

    /// Takes so many steps; `None` when fewer are left, and no more are taken then.
    pub(super) fn take(&self, steps: usize) -> Option<()> {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        match self.left.get().checked_sub(steps) {
            Some(left) => {
                self.left.set(left);
                self.taken.set(self.taken.get().saturating_add(steps));
                Some(())
            }
            None => {
                self.left.set(0);
                self.ran_out.set(true);
                None
            }
        }
    }

    pub(super) const fn left(&self) -> u64 {
        self.left.get()
    }

    pub(super) const fn taken(&self) -> u64 {
        self.taken.get()
    }

    pub(super) const fn ran_out(&self) -> bool {
        self.ran_out.get()
    }
}

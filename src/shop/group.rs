//! The buying group a customer is in, as pricing sees it.

use serde::{Deserialize, Serialize};

/// The buying group of the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct BuyingGroup {
    /// Members, this customer included; once it is closed, the size it counts as.
    pub size: u32,
    /// What this customer is in it; a member, if left out.
    #[serde(default, skip_serializing_if = "GroupRole::is_member")]
    pub role: GroupRole,
    /// Whether its size is final; open, if left out.
    #[serde(default, skip_serializing_if = "GroupStatus::is_open")]
    pub status: GroupStatus,
}

impl BuyingGroup {
    /// An open group that the customer is an ordinary member of.
    #[must_use]
    pub const fn new(size: u32) -> Self {
        Self { size, role: GroupRole::Member, status: GroupStatus::Open }
    }

    /// Sets what the customer is in it.
    #[must_use]
    pub const fn role(mut self, role: GroupRole) -> Self {
        self.role = role;
        self
    }

    /// Sets whether its size is final.
    #[must_use]
    pub const fn status(mut self, status: GroupStatus) -> Self {
        self.status = status;
        self
    }
}

/// What a customer is in a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupRole {
    /// One of those who joined.
    #[default]
    Member,
    /// The one who opened it, or was first in line when the leader left.
    Leader,
}

impl GroupRole {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    const fn is_member(&self) -> bool {
        matches!(self, Self::Member)
    }
}

/// Whether a group's size is final.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupStatus {
    /// More may join or leave; prices are the first tier's until it is settled.
    #[default]
    Open,
    /// Its size is final.
    Closed,
}

impl GroupStatus {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    const fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }
}

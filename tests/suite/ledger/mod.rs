//! The ledger, what pricing and checkout do with it, and how it is tested: model, histories, hostile documents.

mod switches;

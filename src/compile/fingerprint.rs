//! The canonical form of a rule set, hashed as it is written.

use std::io;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::record::Fingerprint;
use crate::rules::{Rule, RuleSet};

/// The fingerprint: everything but the rules as JSON, then the rules as JSON in plan order. Ids of lists are sorted by
/// their types, amounts and percentages are written in their shortest form, and defaults are left out, so neither the
/// order of rules nor any spelling matters. Each document ends with a line feed, which JSON never holds raw.
pub(super) fn fingerprint(rules: &RuleSet, in_order: &[&Rule]) -> Fingerprint {
    #[derive(Serialize)]
    struct Frame<'a> {
        format: u32,
        name: &'a Option<String>,
        currency: crate::money::Currency,
        rounding: crate::money::Rounding,
        caps: crate::rules::Caps,
        stages: &'a [crate::rules::Stage],
    }
    let frame = Frame {
        format: rules.format,
        name: &rules.name,
        currency: rules.currency,
        rounding: rules.rounding,
        caps: rules.caps,
        stages: &rules.stages,
    };
    let mut hash = Hashing { hash: Sha256::new(), buffer: Vec::with_capacity(BUFFER + 4_096) };
    hash.document(&frame);
    for rule in in_order {
        hash.document(rule);
    }
    hash.finish()
}

/// Bytes that are gathered before they are hashed together.
const BUFFER: usize = 64 << 10;

struct Hashing {
    hash: Sha256,
    buffer: Vec<u8>,
}

impl Hashing {
    fn document(&mut self, document: &impl Serialize) {
        // Writing to memory cannot fail, and the nouns serialise without fail: their maps have text keys.
        let written: Result<(), io::Error> =
            serde_json::to_writer(&mut self.buffer, document).map_err(Into::into);
        debug_assert!(written.is_ok(), "nouns serialise");
        self.buffer.push(b'\n');
        if self.buffer.len() >= BUFFER {
            self.hash.update(&self.buffer);
            self.buffer.clear();
        }
    }

    fn finish(mut self) -> Fingerprint {
        self.hash.update(&self.buffer);
        Fingerprint::from_bytes(self.hash.finalize().into())
    }
}

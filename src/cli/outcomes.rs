//! What became of each rule, for `explain`.

use dealproof::record::Trace;

use crate::reasons::outcome_in_words;
use crate::receipt::Receipt;
use crate::text::{Columns, Lean, shown};

impl Receipt<'_> {
    /// What became of every rule of a trace.
    pub fn outcomes(&self, trace: &Trace) -> String {
        let mut table = Columns::new(&[("stage", Lean::Left), ("rule", Lean::Left), ("outcome", Lean::Left)]);
        for entry in &trace.entries {
            let id = entry.rule.as_str();
            if let Some(rule) = self.rules.get(id) {
                let outcome = outcome_in_words(&entry.outcome, rule, self.quote.currency);
                table.row([shown(entry.stage.as_str()), self.named(id), outcome]);
            }
        }
        let mut out = String::new();
        table.print(&mut out);
        out
    }

    /// What became of one rule, and what it took off which line.
    pub fn outcome_of(&self, id: &str, trace: &Trace) -> String {
        let mut out = String::new();
        if let (Some(rule), Some(entry)) = (self.rules.get(id), trace.of(id)) {
            let stage = shown(entry.stage.as_str());
            let outcome = outcome_in_words(&entry.outcome, rule, self.quote.currency);
            out.push_str(&format!("{} (stage {stage})\n{outcome}\n", self.named(id)));
        }
        let mut granted = (0_u32..).zip(&self.quote.rules);
        if let Some((position, _)) = granted.find(|(_, rule)| rule.rule.as_str() == id) {
            let parts = self.parts_of(position);
            if !parts.is_empty() {
                out.push_str(&format!("taken off: {}\n", parts.join(", ")));
            }
        }
        out
    }
}

//! The canonical form of a rule set, hashed.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::record::Fingerprint;
use crate::rules::{Quota, Refunds, Rule, RuleSet, Undeclared, is_default};

/// The fingerprint: everything but the rules, then the rules in pipeline order, each a MessagePack document with the
/// names and defaults of the rule file. Ids of lists are sorted by their types, amounts and percentages are written in
/// their shortest form, and defaults are left out, so neither the order of rules nor any spelling matters. MessagePack
/// says how long everything is, so no two rule sets make the same bytes.
///
/// `documents` are those of its rules, `order` lists the positions of the rules in pipeline order, `quotas` stand in the order
/// of their ids.
pub(super) fn fingerprint(
    rules: &RuleSet,
    documents: &Documents,
    quotas: &[&Quota],
    order: &[u32],
) -> Fingerprint {
    #[derive(Serialize)]
    struct Frame<'a> {
        format: u32,
        name: &'a Option<String>,
        currency: crate::money::Currency,
        rounding: crate::money::Rounding,
        caps: crate::rules::Caps,
        // Left out while they are the default, so that plans keep the fingerprints they had before there were any.
        #[serde(skip_serializing_if = "is_default")]
        undeclared: Undeclared,
        #[serde(skip_serializing_if = "is_default")]
        refunds: Refunds,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        quotas: &'a [&'a Quota],
        stages: &'a [crate::rules::Stage],
    }
    let frame = Frame {
        format: rules.format,
        name: &rules.name,
        currency: rules.currency,
        rounding: rules.rounding,
        caps: rules.caps,
        undeclared: rules.undeclared,
        refunds: rules.refunds,
        quotas,
        stages: &rules.stages,
    };
    let mut hash = Sha256::new();
    let mut buffer = Vec::new();
    write(&mut buffer, &frame);
    for position in order {
        buffer.extend_from_slice(documents.of(*position));
        if buffer.len() >= BUFFER {
            hash.update(&buffer);
            buffer.clear();
        }
    }
    hash.update(&buffer);
    Fingerprint::from_bytes(hash.finalize().into())
}

/// Bytes that are gathered before they are hashed together.
const BUFFER: usize = 4 << 10;

/// The documents of rules, one after the other in the order of the rule set: rules are large and are read fastest in the
/// order they lie in memory, while their documents are small.
#[derive(Default)]
pub(super) struct Documents {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Documents {
    /// Appends that of the next rule.
    pub fn push(&mut self, rule: &Rule) {
        write(&mut self.bytes, rule);
        self.ends.push(self.bytes.len());
    }

    fn of(&self, position: u32) -> &[u8] {
        let position = position as usize;
        let start = position.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(position).copied().unwrap_or(start);
        self.bytes.get(start..end).unwrap_or_default()
    }
}

fn write(bytes: &mut Vec<u8>, document: &impl Serialize) {
    let mut writer = rmp_serde::Serializer::new(bytes).with_struct_map().with_human_readable();
    // Writing to memory cannot fail, and the nouns serialise without fail: their maps have text keys.
    let written = document.serialize(&mut writer);
    debug_assert!(written.is_ok(), "nouns serialise");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile;
    use crate::money::Currency;
    use crate::rules::{Benefit, PercentOff};

    fn rule(id: &str, percent: &str) -> Rule {
        Rule::new(id, "order", Benefit::PercentOff(PercentOff::new(percent.parse().unwrap())))
    }

    fn of(rules: impl IntoIterator<Item = Rule>) -> Fingerprint {
        let set = rules.into_iter().fold(RuleSet::new(Currency::CNY), RuleSet::rule);
        compile(&set).unwrap().fingerprint()
    }

    #[test]
    fn the_order_and_spelling_of_rules_do_not_show_and_everything_else_does() {
        let base = of([rule("a", "20"), rule("b", "30"), rule("c", "40").tag("x").tag("y")]);
        assert_eq!(base, of([rule("c", "40.0").tag("y").tag("x"), rule("a", "20.00"), rule("b", "30")]));
        assert_ne!(base, of([rule("a", "30"), rule("b", "20"), rule("c", "40").tag("x").tag("y")]));
        assert_ne!(base, of([rule("a", "20"), rule("b", "30"), rule("c", "40").tag("xy")]));
        assert_ne!(
            base,
            of([rule("a", "20"), rule("b", "30").title("b"), rule("c", "40").tag("x").tag("y")])
        );
        assert_ne!(base, of([rule("a", "20"), rule("b", "30")]));
    }

    #[test]
    fn a_rule_is_hashed_as_a_messagepack_map_without_defaults() {
        let mut bytes = Vec::new();
        write(&mut bytes, &rule("a", "20.0"));
        // By the format's table: 0x80 and the number of fields open a map, 0xa0 and the length a text.
        let expected =
            b"\x83\xa2id\xa1a\xa5stage\xa5order\xa7benefit\x81\xabpercent_off\x81\xa7percent\xa220";
        assert_eq!(bytes, expected);
    }
}

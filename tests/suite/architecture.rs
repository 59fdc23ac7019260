//! The shape of the crate, held as data: who may import whom, what the library may not reach at all, and that every
//! invariant of the guide has a test.
//!
//! The sources are read as tokens, so that comments, strings and layout play no part. A test module counts as the
//! module it stands in.

mod imports;
mod invariants;
mod source;

use std::path::Path;

use self::source::Source;

/// Who may import whom. A module may always use itself; `lib.rs` re-exports and is under no rule. The name with more
/// parts wins, so the oracle is held apart from the rest of `testkit`.
const TABLE: &[(&str, &[&str])] = &[
    ("bounds", &[]),
    ("guide", &[]),
    ("money", &["bounds"]),
    ("shop", &["bounds", "money"]),
    ("rules", &["bounds", "money", "shop"]),
    ("record", &["bounds", "money", "shop", "rules"]),
    ("validate", NOUNS),
    ("load", &["bounds", "money", "shop", "rules", "record", "validate", "ledger"]),
    ("ledger", NOUNS),
    ("group", NOUNS),
    ("bargain", NOUNS),
    // It meets pricing only through a function its caller passes.
    ("checkout", &["bounds", "money", "shop", "rules", "record", "ledger"]),
    ("compile", &["bounds", "money", "shop", "rules", "record", "validate"]),
    ("evaluate", &["bounds", "money", "shop", "rules", "record", "compile"]),
    ("choose", &["bounds", "money", "shop", "rules", "record", "compile", "evaluate"]),
    ("refund", &["bounds", "money", "shop", "rules", "record", "compile", "evaluate"]),
    ("audit", AUDIT),
    // What a certificate says, and the orders in it: plain data.
    ("audit::order", NOUNS),
    ("audit::certificate", &["bounds", "money", "shop", "rules", "record", "audit::order"]),
    // Its word would be worth little if the search or the prover had a part in it.
    ("audit::check", CHECKER),
    ("testkit", TESTKIT),
    // It would prove little if it shared the arithmetic it checks.
    ("testkit::oracle", NOUNS),
    // The command sees the crate from outside, as `dealproof::…`.
    ("cli", &[]),
];

const NOUNS: &[&str] = &["bounds", "money", "shop", "rules", "record"];

const AUDIT: &[&str] = &[
    "bounds",
    "money",
    "shop",
    "rules",
    "record",
    "validate",
    "load",
    "ledger",
    "group",
    "bargain",
    "compile",
    "evaluate",
    "choose",
    "refund",
    "audit::order",
    "audit::certificate",
    "audit::check",
];

const CHECKER: &[&str] = &[
    "bounds",
    "money",
    "shop",
    "rules",
    "record",
    "ledger",
    "compile",
    "evaluate",
    "audit::order",
    "audit::certificate",
];

const TESTKIT: &[&str] = &[
    "bounds",
    "money",
    "shop",
    "rules",
    "record",
    "validate",
    "load",
    "ledger",
    "group",
    "bargain",
    "compile",
    "evaluate",
    "choose",
    "refund",
    "audit",
    "testkit::oracle",
];

/// Parts of the standard library through which a clock, a file, the environment or entropy could reach a price. Only
/// the command does I/O.
const OUT_OF_REACH: &[&str] = &["env", "fs", "net", "os", "process", "thread", "time"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let sources = Source::all_in(&root().join("src"));
    assert!(sources.len() > 50, "{}", sources.len());
    let wrong: Vec<String> = sources.iter().flat_map(imports::forbidden).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_names_every_module_of_the_crate() {
    for source in Source::all_in(&root().join("src")) {
        if let Some(module) = source.module.first() {
            assert!(TABLE.iter().any(|(name, _)| name == module), "{module} is not in the table");
        }
    }
}

#[test]
fn the_library_reaches_no_clock_file_environment_or_entropy() {
    let sources = Source::all_in(&root().join("src"));
    let library = sources.iter().filter(|source| source.module.first().is_none_or(|module| module != "cli"));
    let wrong: Vec<String> = library.flat_map(imports::out_of_reach).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_invariant_has_a_test_and_no_test_claims_another() {
    let page = std::fs::read_to_string(root().join("src/guide/invariants.md")).unwrap();
    let tests: Vec<String> = ["src", "tests", "fuzz/src"]
        .iter()
        .flat_map(|folder| Source::all_in(&root().join(folder)))
        .flat_map(|source| source.tests())
        .collect();
    assert!(tests.len() > 100, "{}", tests.len());
    assert_eq!(invariants::unmet(&page, &tests), Vec::<String>::new());
}

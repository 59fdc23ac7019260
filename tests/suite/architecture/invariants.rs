//! Ids of the invariants' page against the names of tests.

use std::collections::BTreeSet;

/// Ids of the table, in lower case: the first cell of each row that has a letter and a number.
fn ids(page: &str) -> BTreeSet<String> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| "));
    let first_cells = rows.filter_map(|row| row.split(" |").next());
    first_cells.filter(|cell| is_id(cell)).map(str::to_lowercase).collect()
}

fn is_id(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(char::is_alphabetic)
        && !letters.as_str().is_empty()
        && letters.all(|letter| letter.is_ascii_digit())
}

/// What is wrong: ids without a test, and tests with an id that is not on the page.
pub fn unmet(page: &str, tests: &[String]) -> Vec<String> {
    let ids = ids(page);
    let claimed: BTreeSet<String> = tests
        .iter()
        .filter_map(|test| test.split('_').next())
        .filter(|word| is_id(word))
        .map(str::to_owned)
        .collect();
    let missing = ids.difference(&claimed).map(|id| format!("no test begins with {id}_"));
    let unknown =
        claimed.difference(&ids).map(|id| format!("a test begins with {id}_, which is no invariant"));
    missing.chain(unknown).collect()
}

#[test]
fn an_id_without_a_test_and_a_test_without_an_id_are_found() {
    let page = "# Invariants\n\n| id | what holds |\n|---|---|\n| M1 | Sums. |\n| E12 | Bytes. |\n";
    let tests = |names: &[&str]| -> Vec<String> { names.iter().map(|name| (*name).to_owned()).collect() };
    assert_eq!(unmet(page, &tests(&["m1_sums", "e12_bytes", "other"])), Vec::<String>::new());
    assert_eq!(
        unmet(page, &tests(&["m1_sums", "e1_bytes"])),
        ["no test begins with e12_", "a test begins with e1_, which is no invariant"]
    );
}

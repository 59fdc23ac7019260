//! Every repair that is offered mends what it is offered for: both scripts, played again with the change made.

use super::reports;

#[test]
fn what_is_offered_as_a_repair_mends_both_scripts() {
    let mut mended = 0;
    for (class, rules, catalogue, promises, report) in reports() {
        for finding in &report.findings {
            let Some(change) = &finding.repair else { continue };
            let (rules, catalogue) = (change.apply(&rules), change.apply_to(&catalogue));
            for played in [&finding.worst, &finding.smallest] {
                let loss = finding.loss_in(&rules, &catalogue, &promises, &played.witness);
                assert_eq!(loss, Ok(None), "{}: {change}: {:?}", class.name, played.witness);
                mended += 1;
            }
        }
    }
    assert!(mended > 100, "{mended}");
}

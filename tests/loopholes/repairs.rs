//! Every repair that is offered mends what it is offered for: both scripts, played again with the change made.

use super::reports;

#[test]
fn what_is_offered_as_a_repair_mends_both_scripts() {
    let mut mended = 0;
    let mut broken = Vec::new();
    for (class, rules, catalogue, promises, report) in reports() {
        for finding in &report.findings {
            let Some(change) = &finding.repair else { continue };
            let (rules, catalogue) = (change.apply(&rules), change.apply_to(&catalogue));
            for played in [&finding.worst, &finding.smallest] {
                let loss = finding.loss_in(&rules, &catalogue, &promises, &played.witness);
                if loss == Ok(None) {
                    mended += 1;
                } else {
                    broken.push(format!(
                        "{} {:?}: {change}: {loss:?}: {:?}",
                        class.name, finding.promise, played.witness
                    ));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
    assert!(mended > 100, "{mended}");
}

//! The report as a page that needs nothing else: no script, no font, no picture from elsewhere.

use dealproof::audit::{AuditReport, Finding, Verdict, spend_thresholds};
use dealproof::rules::RuleSet;

use crate::chart::{curve, escape};
use crate::text::shown;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#222}\
    h2{margin-top:2.5rem}.severe{color:#a40000}.warning{color:#8a5a00}.notice{color:#345}\
    pre{background:#f5f5f2;padding:.75rem;overflow:auto;white-space:pre-wrap}\
    svg{width:100%;background:#fafafa}.axis{stroke:#888}.curve{fill:none;stroke:#1565c0;stroke-width:2}\
    .threshold{stroke:#c77;stroke-dasharray:4 4}.from{stroke:#bbb}.mark path{fill:#777}.worst{fill:#a40000}text{font-size:12px;fill:#444}\
    table{border-collapse:collapse}td,th{padding:.25rem .75rem .25rem 0;text-align:left;vertical-align:top}";

/// The page.
///
/// # Errors
/// When the rules do not compile, or an order of the report cannot be priced.
pub fn page(rules: &RuleSet, report: &AuditReport) -> Result<String, Box<dyn std::error::Error>> {
    let plan = dealproof::compile(rules)?;
    let thresholds = spend_thresholds(rules);
    let name = rules.name.as_deref().unwrap_or("a campaign");
    let title = format!("Audit of {}", escape(&shown(name)));
    let mut body = format!("<h1>{title}</h1>\n<p>{}</p>\n", summary(report));
    // Stories are told once, in the library; the page puts a curve beside each.
    let stories = report.to_string();
    let stories: Vec<&str> = stories.split("\n\n").collect();
    for (finding, story) in report.findings.iter().zip(&stories) {
        body.push_str(&heading(finding));
        let story: String = story.lines().skip(1).map(|line| escape(&shown(line)) + "\n").collect();
        body.push_str(&format!("<pre>{story}</pre>\n"));
        if let Some(order) = finding.worst.witness.orders.first() {
            body.push_str(&curve(&plan, order, &thresholds)?);
        }
    }
    if !report.extremes.is_empty() {
        body.push_str("<h2>How far orders go</h2>\n");
    }
    for extreme in &report.extremes {
        body.push_str(&format!("<p>{}</p>\n", escape(&shown(&extreme.to_string()))));
        if let Some(order) = extreme.found.as_ref().and_then(|found| found.witness.orders.first()) {
            body.push_str(&curve(&plan, order, &thresholds)?);
        }
    }
    body.push_str("<h2>All promises</h2>\n<table>\n");
    for answer in &report.answers {
        let verdict = match &answer.verdict {
            Verdict::Found { .. } => "broken".to_owned(),
            Verdict::Proved { certificate } => format!("proved: {certificate}"),
            Verdict::Unknown { unproved, .. } => format!("unknown: {unproved}"),
            _ => String::new(),
        };
        let (promise, verdict) = (escape(answer.promise.says()), escape(&shown(&verdict)));
        body.push_str(&format!("<tr><td>{promise}</td><td>{verdict}</td></tr>\n"));
    }
    body.push_str("</table>\n");
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <style>{STYLE}</style></head>\n<body>\n{body}</body></html>\n"
    ))
}

fn heading(finding: &Finding) -> String {
    let severity = finding.severity;
    let (promise, loss) = (finding.promise.name(), finding.loss.display(finding.currency));
    format!("<h2 class=\"{severity}\">{severity}: {promise}, {loss}</h2>\n")
}

fn summary(report: &AuditReport) -> String {
    let reach = &report.reach;
    let looked_at = format!(
        "{} findings. Looked at {} products in {} classes as {} shoppers, in {} orders.",
        report.findings.len(),
        reach.products,
        reach.classes,
        reach.shoppers,
        reach.orders
    );
    [vec![looked_at.as_str()], reach.left_out()].concat().join(" ")
}

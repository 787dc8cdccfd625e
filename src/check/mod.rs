//! What deserves a look: findings that follow from a snapshot alone.
//!
//! [`FINDINGS`] is the one table of checks. Each row is a file of its own with a function from a [`Cx`] to findings:
//! [`flows`] are the checks of any switch's flows, [`switch`] those of the switch itself, [`neutron`] the cases of
//! ML2/OVS, [`ovn`] those of OVN. From the table follow `ofscope check --list`, completion, `docs/findings.md`, and the
//! tests, which hold a case with and a case without for every row below `fixtures/findings`.
//!
//! **Invariant:** an error or a warning is true of what was captured. Where a capture cannot tell, there is a note or
//! nothing; what was not captured is never taken for absent.

mod cx;
pub mod drops;
mod finding;
pub mod flows;
pub mod neutron;
pub mod ovn;
mod reference;
mod rows;
pub mod switch;
#[cfg(test)]
mod tests;

pub use cx::{BridgeCx, Cx, Effects};
pub use finding::{Draft, Finding, Found, Need, Row, Severity};
pub use reference::reference;
pub use rows::FINDINGS;

/// The row with an id.
pub fn row(id: &str) -> Option<&'static Row> {
    FINDINGS.iter().find(|row| row.id == id)
}

/// Everything that the checks find on a node, the worst first. `only` are the ids to run; empty for all.
pub fn findings(cx: &Cx<'_>, only: &[&str]) -> Vec<Finding> {
    let mut found = Found::default();
    for row in FINDINGS.iter().filter(|row| only.is_empty() || only.contains(&row.id)) {
        if cx.progress.is_cancelled() {
            break;
        }
        if row.needs.iter().all(|need| need.is_met(cx)) {
            found.begin(row);
            (row.run)(cx, &mut found);
            found.end();
        }
    }
    let mut findings = found.findings;
    // Stable, so that findings of one severity stand in the order of the table.
    findings.sort_by_key(|f| f.severity);
    findings
}

/// The rows that cannot be run on a node, since something they look at was not captured.
pub fn not_run(cx: &Cx<'_>) -> Vec<&'static Row> {
    FINDINGS.iter().filter(|row| !row.needs.iter().all(|need| need.is_met(cx))).collect()
}

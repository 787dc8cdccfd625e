//! Rules of OVN that Neutron does not know.

use crate::check::finding::listed;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::model::naming::Kind;
use crate::model::ovsdb::Atom;

/// The row.
pub const ROW: Row = Row {
    id: "ovn-foreign-acl",
    catalogue: "G11",
    severity: Severity::Warning,
    sentence: "An ACL of OVN that belongs to no rule of Neutron drops packets.",
    needs: &[Need::Northbound],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(database) = cx.snapshot.database("OVN_Northbound") else { return };
    let Some(int) = cx.kind(Kind::OvnIntegration).next() else { return };
    let keys = |row: &crate::model::ovsdb::Row| {
        row.pairs("external_ids").iter().any(|(k, _)| matches!(k, Atom::String(k) if k.starts_with("neutron:")))
    };
    let rows = database.rows("ACL");
    // Where nobody notes rules of Neutron, somebody else owns the database.
    if !rows.iter().any(keys) {
        return;
    }
    let mut foreign = Vec::new();
    for acl in rows.iter().filter(|r| !keys(r)) {
        let matches = acl.text("match").unwrap_or_default();
        let is_drop = matches!(acl.text("action").as_deref(), Some("drop" | "reject"));
        if is_drop && !matches.contains("@neutron_pg_drop") {
            let name = acl.text("name").map(|n| format!(" ({n})")).unwrap_or_default();
            foreign.push(format!("priority {}{name} {matches}", acl.integer("priority").unwrap_or(0)));
        }
    }
    if !foreign.is_empty() {
        let sentence = format!("An ACL that belongs to no rule of Neutron drops packets: {}.", listed(&foreign));
        let hint = "Neutron does not show it: somebody made it by hand, and ovn-nbctl acl-del takes it away.";
        found.add(Draft::new(sentence).on(int).about("ACL").hint(hint));
    }
}

//! The ports of a trunk's bridge.

use crate::check::{Cx, Draft, Found, Need, Row, Severity};

/// The row.
pub const ROW: Row = Row {
    id: "trunk-port-mode",
    catalogue: "A9",
    severity: Severity::Error,
    sentence: "A port of a trunk's bridge has the wrong VLAN mode, so subports are dead or mixed.",
    needs: &[Need::Database],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    for bridge in &cx.bridges {
        let interfaces = bridge.facts.map_or(&[][..], |f| &f.interfaces);
        for interface in interfaces {
            let (is_parent, is_sub) = (interface.name.starts_with("tpt-"), interface.name.starts_with("spt-"));
            if !is_parent && !is_sub {
                continue;
            }
            let port = &interface.port;
            let mode = port.vlan_mode.as_deref();
            let wrong = if mode == Some("trunk") || !port.trunks.is_empty() {
                Some("it is a trunk, which lets every VLAN through")
            } else if is_sub && port.tag.is_none() {
                Some("it has no VLAN, so it carries those of the other subports, too")
            } else if is_parent && port.tag.is_some_and(|t| t != 0) {
                Some("it has a VLAN, so untagged packets of the instance do not reach it")
            } else {
                None
            };
            if let Some(why) = wrong {
                let what = if is_parent { "parent" } else { "subport" };
                let sentence =
                    format!("{} of {} leads to the {what} of a trunk: {why}.", interface.name, bridge.bridge.name);
                let hint = "The agent did not finish the trunk: see its log, and detach and attach the subport.";
                found.add(Draft::new(sentence).on(bridge).about(&*interface.name).hint(hint));
            }
        }
    }
}

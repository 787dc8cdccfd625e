//! Interfaces that ovn-controller has not claimed.

use super::claims;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::field::slot::word;
use crate::model::naming::Kind;

/// The row.
pub const ROW: Row = Row {
    id: "ovn-port-not-claimed",
    catalogue: "G12",
    severity: Severity::Error,
    sentence: "An interface says which logical port it is, and ovn-controller has not claimed it.",
    needs: &[Need::Flows, Need::Database],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    for int in cx.kind(Kind::OvnIntegration) {
        for interface in int.facts.map_or(&[][..], |f| &f.interfaces) {
            let (Some(id), Some(number)) = (interface.external_id("iface-id"), interface.ofport) else { continue };
            if int.table(0).is_empty()
                || int.table(0).iter().any(|flow| int.exact(*flow, word::IN_PORT) == Some(number))
            {
                continue;
            }
            let why = match claims::binding(cx, id) {
                claims::Binding::NotCaptured => String::new(),
                claims::Binding::Unknown => " The Southbound database has no port of that name.".to_owned(),
                claims::Binding::Elsewhere(chassis) => format!(" The Southbound database has it on {chassis}."),
                claims::Binding::Nowhere => " The Southbound database has it on no chassis.".to_owned(),
                claims::Binding::Here => " The Southbound database has it here.".to_owned(),
            };
            let name = cx.port(int, number);
            let sentence = format!(
                "{name} says it is the logical port {id}, and OVN has no flows for it: everything it sends is dropped.{why}"
            );
            let hint = "The interface's iface-id must be the name of the logical port (in OpenStack the id of the port), and ovn-controller must run.";
            found.add(Draft::new(sentence).on(int).about(name).flows(int.table(0).last().copied()).hint(hint));
        }
    }
}

//! The answers of the ARP responder.

use super::agent::written;
use crate::action::{Action, Actions};
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::field::format::mac_text;
use crate::field::names::port;
use crate::field::slot::{Slot, word};
use crate::field::table;

/// The row.
pub const ROW: Row = Row {
    id: "arp-answer-malformed",
    catalogue: "E5",
    severity: Severity::Error,
    sentence: "The tunnel bridge answers ARP requests with a malformed reply.",
    needs: &[Need::Flows],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent() else { return };
    // br-tun answers for other hosts; the table has the same number on no other bridge of the agent.
    let Some(tun) = agent.tun(cx) else { return };
    for id in tun.table(21) {
        let flow = tun.bridge.flow(*id);
        let answers = tun.effects_of(*id).is_some_and(|e| e.outputs.contains(&port::IN_PORT));
        let asked = tun.exact(*id, word::IP_DST);
        let Some(asked) = asked.filter(|_| answers) else { continue };
        if let Some(why) = wrong(flow.actions(), asked) {
            let address = std::net::Ipv4Addr::from(asked);
            let sentence = format!("The answer to ARP requests for {address} is malformed: {why}.");
            let hint = "Restart the agent; an old one writes such flows by itself (LP#1623849).";
            found.add(Draft::new(sentence).on(tun).about(address.to_string()).flows([*id]).hint(hint));
        }
    }
}

/// What is wrong with an ARP answer (`install_arp_responder`).
fn wrong(actions: &Actions, asked: u32) -> Option<String> {
    let set = |slot: Slot| {
        actions.0.iter().find_map(|a| match a {
            Action::SetField(set) if set.field.slot == slot => Some(set.value.to_u64()),
            _ => None,
        })
    };
    let copies = |slot: Slot| actions.0.iter().any(|a| matches!(a, Action::Move(copy) if copy.to.field.slot == slot));
    let (sender, source) = (set(table::ARP_SHA.slot), set(table::ETH_SRC.slot));
    if written(actions, word::TYPE).map(|v| v >> 8 & 0xff) != Some(2) {
        return Some("it is no reply (arp_op)".to_owned());
    }
    if !copies(table::ETH_DST.slot) || !copies(table::ARP_THA.slot) {
        return Some("it does not go back to who asked".to_owned());
    }
    match (sender, source, set(table::ARP_SPA.slot)) {
        (_, None, _) => Some("it has no sender (eth_src)".to_owned()),
        (sender, Some(source), _) if sender != Some(source) => {
            Some(format!("it comes from {} and tells of another address", mac_text(source)))
        }
        (_, _, Some(told)) if told != u64::from(asked) => {
            Some("it tells of another IP address than was asked for".to_owned())
        }
        _ => None,
    }
}

//! Flows whose match no packet can meet, whatever stands above them.

use crate::base::words::counted;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::field::proto::{self, ethertype};
use crate::field::slot::{WordId, word};
use crate::model::bridge::FlowId;

/// The row.
pub const ROW: Row = Row {
    id: "impossible-match",
    catalogue: "C7 E6",
    severity: Severity::Warning,
    sentence: "A flow matches what no packet can be, such as a connection that is new and established.",
    needs: &[Need::Flows],
    run,
};

/// The bits of `ct_state` (ovs-fields(7), `ct_state`).
mod state {
    pub const NEW: u32 = 0x01;
    pub const EST: u32 = 0x02;
    pub const RPL: u32 = 0x08;
    pub const INV: u32 = 0x10;
    pub const TRK: u32 = 0x20;
    /// Everything that connection tracking may say of a packet.
    pub const ALL: u32 = 0xff;
}

fn run(cx: &Cx<'_>, found: &mut Found) {
    for bridge in &cx.bridges {
        let mut by_reason: Vec<(&'static str, Vec<FlowId>)> = Vec::new();
        for (id, flow) in bridge.bridge.flows.iter() {
            let Some(reason) = why(|word| flow.word(word)) else { continue };
            match by_reason.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, flows)) => flows.push(id),
                None => by_reason.push((reason, vec![id])),
            }
        }
        for (reason, flows) in by_reason {
            let sentence =
                format!("{} of {} can match no packet: {reason}.", counted(flows.len(), "flow"), bridge.bridge.name);
            let hint = "Mend the match where the flow is written; it has never done anything.";
            found.add(Draft::new(sentence).on(bridge).flows(flows).hint(hint));
        }
    }
}

/// Why no packet meets a match, of which `of` gives each word's value and mask.
pub(super) fn why(of: impl Fn(WordId) -> (u32, u32)) -> Option<&'static str> {
    let (ct, ct_mask) = of(word::CT);
    let set = ct & ct_mask & state::ALL;
    let clear = !ct & ct_mask & state::ALL;
    if set & state::NEW != 0 && set & state::EST != 0 {
        return Some("a connection is not new and established at once (`+new+est`)");
    }
    if set & state::INV != 0 && set & (state::ALL & !(state::INV | state::TRK)) != 0 {
        return Some("of an invalid packet nothing else is known (`+inv` with another flag)");
    }
    if set & state::NEW != 0 && set & state::RPL != 0 {
        return Some("the first packet of a connection is no reply (`+new+rpl`)");
    }
    if clear & state::TRK != 0 {
        let is_set = |id| {
            let (value, mask) = of(id);
            value & mask != 0
        };
        let labelled = (0..4).any(|n| is_set(word::CT_LABEL + n));
        if set != 0 || ct & ct_mask & !state::ALL != 0 || is_set(word::CT_MARK) || labelled {
            return Some("a packet that is not tracked has no state, zone, mark or label (`-trk`)");
        }
    }
    let (vlan, vlan_mask) = of(word::VLAN);
    if vlan_mask & 0x1000 != 0 && vlan & 0x1000 == 0 && vlan & vlan_mask & 0xefff != 0 {
        return Some("a packet without a VLAN tag has no VLAN");
    }
    let (fragment, fragment_mask) = (of(proto::IP_FRAG.word).0 >> 16 & 3, of(proto::IP_FRAG.word).1 >> 16 & 3);
    if fragment & fragment_mask & 2 != 0 && of(word::TP).0 != 0 {
        return Some("a later fragment has no ports");
    }
    let (kind, kind_mask) = of(word::TYPE);
    let dl_type = (kind >> 16) as u16;
    if kind_mask >> 16 == 0xffff && dl_type == ethertype::ARP && of(word::IPV6_SRC).1 != 0 {
        return Some("ARP has no IPv6 addresses");
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::check::tests::flows;

    #[test]
    fn states_that_exclude_each_other_are_told() {
        for wrong in
            ["ct_state=+new+est+trk,ip", "ct_state=+inv+rpl,ip", "ct_state=-trk,ct_mark=1,ip", "vlan_tci=5/0x1fff"]
        {
            assert_eq!(flows("impossible-match", &format!("{wrong} actions=drop\n")).len(), 1, "{wrong}");
        }
        for right in ["ct_state=+new-est+trk,ip", "ct_state=+inv+trk,ip", "ct_state=-trk,ip", "vlan_tci=5/0x0fff"] {
            assert_eq!(flows("impossible-match", &format!("{right} actions=drop\n")), [], "{right}");
        }
    }
}

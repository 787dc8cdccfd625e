//! Connections that were cut when their rule went.

use super::agent::{Agent, REG_NET, REG_PORT};
use crate::base::words::counted;
use crate::check::finding::listed;
use crate::check::{BridgeCx, Cx, Draft, Found, Need, Row, Severity};
use crate::field::Key;
use crate::field::proto::{CT_STATE, DL_TYPE, NW_PROTO, TP_DST, TP_SRC, ethertype};
use crate::field::slot::{Slot, word};
use crate::model::bridge::FlowId;
use crate::model::conntrack::Connection;
use std::net::IpAddr;

/// The row.
pub const ROW: Row = Row {
    id: "marked-connection",
    catalogue: "C1",
    severity: Severity::Warning,
    sentence: "A connection stays cut although a rule allows it again.",
    needs: &[Need::Flows, Need::Connections],
    run,
};

/// So many marked connections are looked at.
const LOOKED_AT: usize = 2000;
/// ct_mark of connections that no rule allows any more (`CT_MARK_INVALID`).
const CUT: u32 = 1;
const NEW: u64 = 0x21;
const ESTABLISHED: u64 = 0x22;

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent().filter(|a| a.has_firewall) else { return };
    let int = agent.int(cx);
    let connections = cx.node.connections.as_deref().map_or(&[][..], Vec::as_slice);
    let (mut rightly, mut allowed, mut flows) = (0, Vec::new(), Vec::new());
    for connection in connections.iter().filter(|c| c.mark & CUT != 0).take(LOOKED_AT) {
        match allowing(agent, int, connection) {
            Some(flow) => {
                allowed.push(format!(
                    "{} to {}",
                    end(connection.orig.src, connection.orig.sport),
                    end(connection.orig.dst, connection.orig.dport)
                ));
                flows.push(flow);
            }
            None => rightly += 1,
        }
    }
    if !allowed.is_empty() {
        let sentence = format!(
            "{} cut (ct_mark=1) although a rule allows it now: {}.",
            counted(allowed.len(), "connection") + if allowed.len() == 1 { " is" } else { " are" },
            listed(&allowed)
        );
        let hint = "The mark stays while packets come: end the connection, or delete it with conntrack -D -z ZONE.";
        found.add(Draft::new(sentence).on(int).about(listed(&allowed)).flows(flows).hint(hint));
    }
    if rightly > 0 {
        let verb = if rightly == 1 { "is" } else { "are" };
        let sentence =
            format!("{} {verb} cut (ct_mark=1), since no rule allows it any more.", counted(rightly, "connection"));
        let hint = "That is how the firewall ends connections when a rule goes; add the rule again if it should live.";
        found.add(Draft::new(sentence).on(int).hint(hint).as_bad_as(Severity::Note));
    }
}

/// The flow of a rule that lets a connection pass today.
fn allowing(agent: &Agent<'_>, int: &BridgeCx<'_>, connection: &Connection) -> Option<FlowId> {
    let here = |address: IpAddr| {
        let in_zone = agent.entries.iter().filter(move |e| e.is_filtered && e.vlan == connection.zone);
        in_zone.map(|e| e.number).find(|number| has_address(agent, int, *number, address))
    };
    let try_table = |table: u8, port: u32, state: u64| {
        let key = key(connection, port, state);
        let flow = int.bridge.lookup(table, &key)?.flow;
        (int.bridge.flow(flow).priority() >= 70).then_some(flow)
    };
    let ways = [(82, here(connection.orig.dst)), (72, here(connection.orig.src))];
    let mut known = ways.into_iter().filter_map(|(table, port)| Some((table, port?))).peekable();
    known.peek()?;
    let mut allows = None;
    for (table, port) in known {
        allows = Some(try_table(table, port, NEW).or_else(|| try_table(table, port, ESTABLISHED))?);
    }
    allows
}

fn has_address(agent: &Agent<'_>, int: &BridgeCx<'_>, number: u32, address: IpAddr) -> bool {
    agent.flows_of(number).iter().any(|id| {
        let flow = int.bridge.flow(*id);
        flow.table() == 71
            && flow.priority() == 65
            && match address {
                IpAddr::V4(a) => flow.word(word::IP_SRC) == (a.into(), u32::MAX),
                IpAddr::V6(a) => {
                    (0..).zip(words(a)).all(|(n, value)| flow.word(word::IPV6_SRC + n) == (value, u32::MAX))
                }
            }
    })
}

fn words(address: std::net::Ipv6Addr) -> [u32; 4] {
    let bits = u128::from(address);
    [96, 64, 32, 0].map(|shift| (bits >> shift) as u32)
}

/// The first packet of a connection, as the table of a port's rules sees it.
fn key(connection: &Connection, port: u32, state: u64) -> Key {
    let mut key = Key::default();
    key.set_word(REG_PORT, port, u32::MAX);
    key.set_word(REG_NET, connection.zone.into(), u32::MAX);
    key.set(CT_STATE, state);
    key.set_word(word::CT, u32::from(connection.zone) << 16, 0xffff_0000);
    key.set(NW_PROTO, connection.proto.into());
    let mut address = |v4, v6, address: IpAddr| match address {
        IpAddr::V4(a) => key.set_word(v4, a.into(), u32::MAX),
        IpAddr::V6(a) => (0..).zip(words(a)).for_each(|(n, value)| key.set_word(v6 + n, value, u32::MAX)),
    };
    address(word::IP_SRC, word::IPV6_SRC, connection.orig.src);
    address(word::IP_DST, word::IPV6_DST, connection.orig.dst);
    key.set(DL_TYPE, if connection.orig.src.is_ipv4() { ethertype::IP } else { ethertype::IPV6 }.into());
    let (source, destination) =
        connection.orig.icmp.map_or((connection.orig.sport, connection.orig.dport), |(t, c)| (t.into(), c.into()));
    let mut set = |slot: Slot, n: u16| key.set(slot, n.into());
    set(TP_SRC, source);
    set(TP_DST, destination);
    key
}

fn end(address: IpAddr, port: u16) -> String {
    if port == 0 { address.to_string() } else { std::net::SocketAddr::new(address, port).to_string() }
}

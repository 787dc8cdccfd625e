//! Faults of OVN.

use super::patient::{Patient, has, reg, rematch};
use super::wires::is_ip;
use crate::field::proto::{self, ipproto};
use crate::field::{Names, table};
use crate::model::flow::Flow;

type Done = Result<(), String>;

/// The number of the logical port that a flow delivers to, with its datapath: `reg15` and `metadata` of the flow in the
/// table that leaves for the port itself.
fn logical(p: &Patient) -> Result<(u64, u64, u8), String> {
    let words = format!("output:{}", p.port.number);
    let outputs = |f: &Flow| {
        f.matches.has(reg(15).slot) && f.matches.has(table::METADATA.slot) && f.actions_text(Names::none()) == words
    };
    let flows = p.flows("br-int", outputs)?;
    let flow = flows.first().ok_or("no flow delivers to the port")?;
    Ok((flow.matches.value(reg(15).slot), flow.matches.value(table::METADATA.slot), flow.table))
}

pub(super) fn acl(p: &mut Patient) -> Done {
    let (key, datapath, _) = logical(p)?;
    // An allowing access control list of what goes to the port tells the stage, and how its flows look.
    let is_acl = |f: &Flow| {
        f.table >= 40
            && has(f, table::METADATA, datapath)
            && f.priority > 2000
            && f.priority < 3000
            && is_ip(f)
            && f.match_text(Names::none()).contains("+new")
    };
    let flows = p.flows("br-int", |f| f.table >= 40 && f.priority == 2002)?;
    let model = flows.iter().find(|f| is_acl(f)).or(flows.first()).ok_or("no access control list is there")?;
    let mut deny = Flow { table: model.table, priority: 2900, cookie: 0xacd0_0d0f, ..Flow::default() };
    rematch(&mut deny, table::METADATA, datapath);
    rematch(&mut deny, reg(15), key);
    rematch(&mut deny, table::ETH_TYPE, 0x0800);
    deny.matches.set_exact(proto::NW_PROTO, ipproto::TCP.into());
    p.add("br-int", deny)
}

pub(super) fn not_claimed(p: &mut Patient) -> Done {
    let (key, datapath, last) = logical(p)?;
    let number = u64::from(p.port.number);
    p.delete("br-int", |f| {
        f.table == last && has(f, reg(15), key) && has(f, table::METADATA, datapath)
            || f.table == 0 && has(f, table::IN_PORT, number)
    })
}

pub(super) fn port_security(p: &mut Patient) -> Done {
    let ip = p.port.ip.map(u32::from).ok_or("the port has no IPv4 address")?;
    let (port_mac, other) = (p.port.mac, u64::from(ip ^ 1));
    let is_it =
        |f: &Flow| has(f, table::ETH_SRC, port_mac) && has(f, table::IP_SRC, ip.into()) && f.matches.has(reg(14).slot);
    p.change("br-int", is_it, |flow, _| rematch(flow, table::IP_SRC, other))
}

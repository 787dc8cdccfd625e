//! The packet, what becomes of it, and why.

use super::super::line::Row;
use super::super::views::Spot;
use super::steps::signed;
use super::{Arrived, Told};
use crate::base::paint::{Painter, Role};
use crate::base::safe::visible;
use crate::base::words::counted;
use crate::field::format::mac_text;
use crate::field::proto::{self, ethertype, ipproto};
use crate::field::slot::word;
use crate::field::{FieldId, Key, Names, format, table};
use crate::model::bridge::FlowId;
use crate::model::flow::TableId;
use crate::model::owner::OwnerKind;
use crate::trace::{Assumption, Lost, Packet, Remark, Verdict};
use crate::why::blame::looks;
use crate::why::journey::{Journey, Leg, Onward, findings};
use crate::why::lookup::Difference;
use crate::why::misses::{Miss, wants};
use crate::why::{Cx, Why, words};

/// A line about the packet: a field or two.
#[derive(Debug, Clone, Default)]
pub struct Fact(pub Vec<(&'static str, Row)>);

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Word {
    /// It is lost.
    #[default]
    Drop,
    /// It arrives at a port.
    Delivered,
    /// It arrives at several.
    Flooded,
    /// It goes to a controller.
    Controller,
    /// It is sent to where nothing is.
    Lost,
    /// Nothing tells.
    Unknown,
}

impl Word {
    /// As it is shown.
    pub fn text(self) -> &'static str {
        match self {
            Word::Drop => "DROP",
            Word::Delivered => "DELIVERED",
            Word::Flooded => "FLOODED",
            Word::Controller => "TO CONTROLLER",
            Word::Lost => "LOST",
            Word::Unknown => "UNKNOWN",
        }
    }

    /// What it looks like.
    pub fn role(self) -> Role {
        match self {
            Word::Drop | Word::Lost => Role::Bad,
            Word::Delivered | Word::Flooded | Word::Controller => Role::Ok,
            Word::Unknown => Role::Warn,
        }
    }
}

/// What becomes of a packet, and where.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// What.
    pub word: Word,
    /// Where: `in T93 of br-int, refused by T82 priority 40`.
    pub place: String,
    /// All packets with these bits go the same way on the first node.
    pub same_way: String,
    /// The fields of the packet that did not matter on any node.
    pub open: String,
}

/// A flow that would have let the packet through.
#[derive(Debug, Clone)]
pub struct Near {
    /// How many bits are not as it wants them.
    pub bits: u32,
    /// The bridge.
    pub spot: Spot,
    /// The table.
    pub table: TableId,
    /// The flow.
    pub flow: FlowId,
    /// Its priority.
    pub priority: u32,
    /// The conjunction that leads to it.
    pub conjunction: Option<u32>,
    /// What it would need: the field, its value there, and the packet's.
    pub needs: Vec<(&'static str, String, String)>,
    /// Whether it belongs to another port or network, so that no other packet sent from here gets it.
    pub is_elsewhere: bool,
    /// The rule that wanted it; empty if nobody knows.
    pub rule: String,
}

/// What would let the packet through.
#[derive(Debug, Clone)]
pub struct Fix {
    /// In words.
    pub sentence: String,
    /// The command that does it; empty if there is none.
    pub command: String,
    /// What becomes of the packet then; empty if it could not be tried.
    pub note: String,
}

/// Which packets go the same way, and which fields decide on no node.
fn relevance(nodes: &[Cx<'_>], found: &Journey<'_>, told: &mut Told) {
    let mut open: Option<Vec<&str>> = None;
    for leg in &found.legs {
        let relevance = leg.trace.relevant(nodes[leg.node].world);
        let [_, here] = relevance.names();
        match &mut open {
            None => {
                open = Some(here);
                told.outcome.same_way = relevance.text;
            }
            Some(open) => open.retain(|name| here.contains(name)),
        }
    }
    told.outcome.open = open.unwrap_or_default().join(", ");
}

/// Tells about the packet and its end.
pub(super) fn tell(nodes: &[Cx<'_>], found: &Journey<'_>, told: &mut Told) {
    let Some(first) = found.legs.first() else { return };
    told.title = words::packet(&told.packet.key);
    told.brief = brief(&nodes[first.node], first.bridge, &told.packet);
    told.facts = facts(&nodes[first.node], first.bridge, &told.packet);
    told.arrived = arrived(nodes, found);
    told.outcome = outcome(nodes, found, &told.arrived);
    relevance(nodes, found, told);
    let deciding = found.lost.unwrap_or(found.legs.len() - 1);
    let leg = &found.legs[deciding];
    told.changed = changed(nodes, leg);
    if let (Some(_), Some(why)) = (found.lost, &leg.why) {
        told.sentences.push(why.sentence.clone());
        told.fixes = why.fixes.iter().map(fix).collect();
        told.near = why.misses.iter().map(|miss| near(nodes, leg, why, miss)).collect();
    } else if let (Some(_), Some(drop)) = (found.lost, &leg.trace.drop) {
        told.sentences.push(drop.sentence(nodes[leg.node].world));
    }
    // What is wrong on the way is looked for where somebody asks what is wrong: where a packet is lost, or goes to many
    // and may miss some.
    if !matches!(told.outcome.word, Word::Delivered | Word::Controller) {
        for (node, finding) in findings(nodes, found) {
            let name = visible(&nodes[node].world.node.name).into_owned();
            told.findings.push(format!("{} on {name}: {}", finding.id, visible(&finding.sentence)));
        }
    }
    for leg in &found.legs {
        for assumption in &leg.trace.assumed {
            // What connection tracking answers stands in the steps.
            let text = assumption.text();
            if !matches!(assumption, Assumption::CtState(_)) && !told.assumed.contains(&text) {
                told.assumed.push(text);
            }
        }
    }
}

pub(super) fn outcome(nodes: &[Cx<'_>], found: &Journey<'_>, arrived: &[Arrived]) -> Outcome {
    let with = |word, place: String| Outcome { word, place, ..Outcome::default() };
    let on = |node: usize| match nodes.len() {
        1 => String::new(),
        _ => format!(" on {}", visible(&nodes[node].world.node.name)),
    };
    match found.verdict {
        Verdict::Delivered | Verdict::Mixed => match arrived {
            [] => with(Word::Delivered, String::new()),
            [one] => {
                let title = title(nodes, one);
                let port = format!("{}, port {} of {}", visible(&one.name), one.port, visible(&one.spot.bridge));
                let on = nodes.iter().position(|cx| cx.world.node.name == one.spot.node).map_or(String::new(), on);
                with(
                    Word::Delivered,
                    match title {
                        Some(title) => format!("to {title} ({port}{on})"),
                        None => format!("to {port}{on}"),
                    },
                )
            }
            several => {
                let names: Vec<String> = several
                    .iter()
                    .take(6)
                    .map(|a| title(nodes, a).unwrap_or_else(|| visible(&a.name).into_owned()))
                    .collect();
                let more = if several.len() > 6 { ", .." } else { "" };
                with(Word::Flooded, format!("to {} ports: {}{more}", several.len(), names.join(", ")))
            }
        },
        Verdict::Controller => with(Word::Controller, String::new()),
        Verdict::Unknown => with(Word::Unknown, "what it hangs on is listed as assumed".to_owned()),
        Verdict::Dropped => {
            let Some(leg) = found.lost.map(|at| &found.legs[at]) else {
                return with(Word::Lost, nowhere(nodes, found));
            };
            let world = nodes[leg.node].world;
            let Some(drop) = &leg.trace.drop else { return with(Word::Drop, String::new()) };
            let is_gone = match &drop.why {
                Lost::Refused(Remark::NoPort | Remark::OutOfRange(_) | Remark::NoGroup(_) | Remark::NoTunnel) => true,
                Lost::Miss => drop.table.is_some_and(|id| world.at(drop.bridge).table(id).is_none()),
                _ => false,
            };
            let word = if is_gone { Word::Lost } else { Word::Drop };
            let place = match (&leg.why, drop.table) {
                (Some(why), _) => refused(leg, why, world.at(why.bridge).name.as_ref(), |flow| {
                    world.at(why.bridge).flow(flow).priority()
                }),
                (None, Some(table)) => format!("in T{table} of {}", visible(&world.at(drop.bridge).name)),
                (None, None) => format!("at a port of {}", visible(&world.at(drop.bridge).name)),
            };
            with(word, format!("{place}{}", on(leg.node)))
        }
    }
}

/// Where it ended, and who decided so.
fn refused(leg: &Leg<'_>, why: &Why, bridge: &str, priority: impl Fn(FlowId) -> u32) -> String {
    let decided = match why.flow {
        Some(flow) => format!("T{} priority {}", why.table, priority(flow)),
        None => format!("T{}, where no flow matches", why.table),
    };
    let all = looks(&leg.trace);
    match all.get(why.blame.end).filter(|_| why.blame.look != why.blame.end) {
        Some(end) => format!("in T{}, refused by {decided} of {}", end.table, visible(bridge)),
        None => format!("in {decided} of {}", visible(bridge)),
    }
}

/// The tunnel end that is not there.
fn nowhere(nodes: &[Cx<'_>], found: &Journey<'_>) -> String {
    let ends = found.legs.iter().flat_map(|leg| &leg.onward);
    let mut lost = ends.filter_map(|end| match end {
        Onward::NoEnd(node, ip) => {
            Some(format!("on the way to {ip}: {} has no end of this tunnel", visible(&nodes[*node].world.node.name)))
        }
        _ => None,
    });
    lost.next_back().unwrap_or_default()
}

fn title(nodes: &[Cx<'_>], at: &Arrived) -> Option<String> {
    let cx = nodes.iter().find(|cx| cx.world.node.name == at.spot.node)?;
    let word = cx.names.port(&at.spot.bridge, at.port)?;
    (!word.title.is_empty()).then(|| visible(&word.title).into_owned())
}

/// Where copies arrive: not where they only go on to another node.
pub(super) fn arrived(nodes: &[Cx<'_>], found: &Journey<'_>) -> Vec<Arrived> {
    let mut all = Vec::new();
    for leg in &found.legs {
        for (output, onward) in leg.trace.outputs.iter().zip(&leg.onward) {
            if matches!(onward, Onward::Leg(_) | Onward::NoEnd(..)) {
                continue;
            }
            let world = nodes[leg.node].world;
            all.push(Arrived {
                spot: Spot { node: world.node.name.clone(), bridge: world.at(output.bridge).name.clone() },
                port: output.port,
                name: output.name.clone(),
            });
        }
    }
    all
}

/// The value of a field of a packet, as it is printed.
pub(super) fn value(key: &Key, field: FieldId, names: &Names) -> String {
    if field == table::CT_STATE {
        let flags = key.value(proto::CT_STATE) as u8;
        return if flags == 0 { "-trk".to_owned() } else { signed(flags) };
    }
    let mut text = String::new();
    format::paint(&field, &key.read(field.slot), None, names, &mut text);
    text
}

/// What a flow would need, against what the packet has.
pub(super) fn needs(
    bridge: &crate::model::bridge::Bridge,
    rival: &crate::why::lookup::Rival,
    key: &Key,
) -> Vec<(&'static str, String, String)> {
    let told = wants(bridge, rival).into_iter();
    told.map(|(field, want)| (field.dump_name, visible(&want).into_owned(), value(key, field, &bridge.names))).collect()
}

fn near(nodes: &[Cx<'_>], leg: &Leg<'_>, why: &Why, miss: &Miss) -> Near {
    let world = nodes[leg.node].world;
    let bridge = world.at(why.bridge);
    let all = looks(&leg.trace);
    let empty = Key::default();
    let key = all.get(why.blame.look).map_or(&empty, |look| &look.packet.key);
    Near {
        bits: miss.rival.distance.bits,
        spot: Spot { node: world.node.name.clone(), bridge: bridge.name.clone() },
        table: why.table,
        flow: miss.rival.flow,
        priority: miss.rival.priority,
        conjunction: miss.rival.clauses.first().map(|c| c.conjunction),
        needs: needs(bridge, &miss.rival, key),
        is_elsewhere: miss.changed.is_none(),
        rule: rule(&nodes[leg.node], why.bridge, miss.rival.flow).unwrap_or_default(),
    }
}

/// The rule that wanted a flow: of a security group, a firewall or an ACL.
pub(super) fn rule(cx: &Cx<'_>, bridge: usize, flow: FlowId) -> Option<String> {
    use OwnerKind::{Acl, FirewallRule, SecurityGroupRule};
    let owners = cx.rules(bridge, flow);
    let rule = owners.iter().find(|o| matches!(o.kind, SecurityGroupRule | FirewallRule | Acl))?;
    let label = rule.label();
    // That it is a group is plain from what follows.
    Some(visible(label.strip_prefix("security group ").unwrap_or(&label)).into_owned())
}

fn fix(fix: &crate::why::fix::Fix) -> Fix {
    let note = fix.verdict.map_or(String::new(), |verdict| {
        let flows = match fix.flows.len() {
            0 => String::new(),
            n => format!("adds {} here; ", counted(n, "flow")),
        };
        format!("{flows}traced again with it: {}", verdict.name())
    });
    Fix { sentence: fix.sentence.clone(), command: fix.command.clone(), note }
}

/// Fields of which two packets differ, each once: of those that share bits the narrowest that the packet has.
fn differing(before: &Key, after: &Key) -> Vec<FieldId> {
    let mut off: Vec<u16> = before.words().chain(after.words()).map(|(id, _)| id).collect();
    off.sort_unstable();
    off.dedup();
    off.retain(|id| before.word(*id) != after.word(*id));
    let mut fields: Vec<FieldId> = Vec::new();
    for id in off {
        let has = |f: &FieldId| {
            f.slot.words().any(|(word, mask)| word == id && (before.word(id) ^ after.word(id)) & mask != 0)
                && (f.needs.is_met(|id| after.word(id)) || f.needs.is_met(|id| before.word(id)))
        };
        // Several fields share a word, such as the two ports of TCP; registers are parts of wider ones.
        let Some(least) = FieldId::all().filter(has).map(|f| f.slot.width).min() else { continue };
        for field in FieldId::all().filter(|f| has(f) && f.slot.width == least) {
            if !fields.iter().any(|known| known.slot == field.slot) {
                fields.push(field);
            }
        }
    }
    fields
}

/// What was written on the way through a node.
fn changed(nodes: &[Cx<'_>], leg: &Leg<'_>) -> Vec<Row> {
    let Some(last) = leg.trace.passes.last() else { return Vec::new() };
    let names = &nodes[leg.node].world.at(leg.bridge).names;
    // What a pass looked up last shows more than its end, where the tables' notes are gone.
    let after = last.lookups.last().unwrap_or(&last.output);
    let fields = differing(&leg.trace.input.key, &after.key);
    fields
        .into_iter()
        .filter(|f| f.slot.word != word::IN_PORT && f.slot.word != word::ACTSET_OUTPUT && f.name != "recirc_id")
        // The next bridge knows nothing of the tunnel; nobody wrote that.
        .filter(|f| !f.name.starts_with("tun_") || !after.key.read(f.slot).is_zero())
        .map(|field| {
            let mut row = Row::of(Role::Reg, field.dump_name);
            row.text(&format!(" {}", visible(&value(&leg.trace.input.key, field, names))));
            row.dim(" -> ");
            row.text(&visible(&value(&after.key, field, names)));
            row
        })
        .collect()
}

fn port_row(cx: &Cx<'_>, bridge: usize, number: u32) -> Row {
    let here = cx.world.at(bridge);
    let mut row = Row::of(Role::Text, &number.to_string());
    if let Some(name) = here.names.port_name(number) {
        row.text(&format!(" {}", visible(&name)));
    }
    if let Some(word) = cx.names.port(&here.name, number).filter(|w| !w.title.is_empty()) {
        row.put(Role::Accent, &format!(" ({})", visible(&word.title)));
    }
    row
}

fn owner_of_mac(cx: &Cx<'_>, mac: u64) -> Option<String> {
    cx.names.owner_of_mac(mac).map(|name| visible(name).into_owned())
}

fn owner(cx: &Cx<'_>, address: &str) -> Option<String> {
    let address = address.parse().ok()?;
    cx.names.owner_of_address(address).map(|name| visible(name).into_owned())
}

/// The ports of TCP, UDP or SCTP.
fn ports(key: &Key) -> Option<(u64, u64)> {
    let kind = key.value(proto::DL_TYPE) as u16;
    let is_ip = matches!(kind, ethertype::IP | ethertype::IPV6);
    let protocol = key.value(proto::NW_PROTO) as u8;
    (is_ip && matches!(protocol, ipproto::TCP | ipproto::UDP | ipproto::SCTP))
        .then(|| (key.value(table::TCP_SRC.slot), key.value(table::TCP_DST.slot)))
}

/// The VLAN of a packet.
fn vlan(cx: &Cx<'_>, key: &Key) -> Option<Row> {
    (key.value(proto::VLAN_PRESENT) == 1).then(|| {
        let id = key.value(table::VLAN_VID.slot) & 0xfff;
        let mut row = Row::of(Role::Text, &id.to_string());
        if let Some(network) = u16::try_from(id).ok().and_then(|id| cx.names.network_of_vlan(id)) {
            row.put(Role::Dim, &format!(" ({})", visible(&network.label())));
        }
        row
    })
}

/// The packet in a line: `in_port 2 patch-tun  vlan 644  web-1 10.0.0.11:40000 -> db-2 10.0.0.12:5432`.
fn brief(cx: &Cx<'_>, bridge: usize, packet: &Packet) -> Row {
    let key = &packet.key;
    let mut row = Row::of(Role::Dim, "in_port ");
    row.append(port_row(cx, bridge, key.word(word::IN_PORT)));
    if let Some(vlan) = vlan(cx, key) {
        row.dim("  vlan ");
        row.append(vlan);
    }
    row.text("  ");
    let end = |address: Option<String>, mac: u64, port: Option<u64>, row: &mut Row| {
        let name = address.as_deref().and_then(|a| owner(cx, a)).or_else(|| owner_of_mac(cx, mac));
        if let Some(name) = name {
            row.put(Role::Accent, &format!("{name} "));
        }
        row.put(Role::Addr, &address.unwrap_or_else(|| mac_text(mac)));
        if let Some(port) = port {
            row.text(&format!(":{port}"));
        }
    };
    let ports = ports(key);
    end(words::source(key), key.value(table::ETH_SRC.slot), ports.map(|p| p.0), &mut row);
    row.dim(" -> ");
    end(words::destination(key), key.value(table::ETH_DST.slot), ports.map(|p| p.1), &mut row);
    row
}

fn facts(cx: &Cx<'_>, bridge: usize, packet: &Packet) -> Vec<Fact> {
    let key = &packet.key;
    let text = |text: String| Row::of(Role::Text, &text);
    let mut facts = Vec::new();
    let mut first = vec![("in_port", port_row(cx, bridge, key.word(word::IN_PORT)))];
    first.extend(vlan(cx, key).map(|row| ("vlan", row)));
    facts.push(Fact(first));
    let with_name = |value: String, name: Option<String>| {
        let mut row = Row::of(Role::Addr, &value);
        if let Some(name) = name {
            row.put(Role::Accent, &format!(" {name}"));
        }
        row
    };
    let mac = |value: u64| with_name(mac_text(value), owner_of_mac(cx, value));
    facts.push(Fact(vec![("dl_src", mac(key.value(table::ETH_SRC.slot)))]));
    facts.push(Fact(vec![("dl_dst", mac(key.value(table::ETH_DST.slot)))]));
    let address = |value: String| {
        let name = owner(cx, &value);
        with_name(value, name)
    };
    let addresses = [("nw_src", words::source(key)), ("nw_dst", words::destination(key))];
    facts.extend(addresses.into_iter().filter_map(|(name, value)| Some(Fact(vec![(name, address(value?))]))));
    if let Some((from, to)) = ports(key) {
        facts.push(Fact(vec![("tp_src", text(from.to_string())), ("tp_dst", text(to.to_string()))]));
    }
    let kind = key.value(proto::DL_TYPE) as u16;
    if matches!(kind, ethertype::IP | ethertype::IPV6) {
        let protocol = FieldId::by_name("nw_proto").map(|f| value(key, f, Names::none())).unwrap_or_default();
        let ttl = FieldId::by_name("nw_ttl").map(|f| value(key, f, Names::none())).unwrap_or_default();
        facts.push(Fact(vec![("nw_proto", text(protocol)), ("ttl", text(ttl))]));
    } else {
        facts.push(Fact(vec![("dl_type", text(format!("{kind:#06x}")))]));
    }
    facts
}

/// Bits that differ, over all fields.
pub(super) fn bits(differs: &[Difference]) -> u32 {
    differs.iter().map(|d| d.bits).sum()
}

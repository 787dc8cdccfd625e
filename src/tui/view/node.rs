//! Screen 1: the node.

use ratatui::layout::Rect;

use super::super::geometry::{self, PaneAt, WIDE};
use super::super::line::{Row, Wrapped};
use super::super::panes;
use super::super::state::State;
use super::super::views::{NodeView, Pane};
use super::sheet::Sheet;
use crate::base::number::{grouped, short_count};
use crate::base::paint::{Painter, Role};
use crate::check::drops::{At, Drop};
use crate::explain;
use crate::model::bridge::Bridge;
use crate::model::port::Port;
use crate::neutron::names::PortKind;
use crate::session::NodeScene;

/// Draws it.
pub fn draw(state: &State, view: &NodeView, body: Rect, sheet: &mut Sheet<'_>) {
    let Some(node) = state.scene.nodes().iter().find(|n| n.node().name == view.node) else {
        let text = if state.load.is_some() { " reading .." } else { " nothing was read" };
        return sheet.row(body, &Row::of(Role::Dim, text));
    };
    let panes = geometry::node_panes(state, view, body);
    for at in &panes {
        pane(state, node, view, *at, sheet);
    }
    if let Some(at) = geometry::about_bridge(&panes) {
        about(state, node, view, at, sheet);
    }
}

/// What the bridge under the cursor is for, and how that is known.
fn about(state: &State, node: &NodeScene, view: &NodeView, at: Rect, sheet: &mut Sheet<'_>) {
    let n = view.cursors[Pane::Bridges as usize].at;
    let Some(bridge) = panes::bridge(node, view) else { return };
    let inner = sheet.boxed(at, &format!("About {}", bridge.name), "", false);
    let mut text = Wrapped::new(usize::from(inner.width), 0);
    if state.is_warm {
        let naming = node.naming(n);
        if naming.role.is_empty() {
            text.text("Nobody known wrote these flows, so tables and registers have only numbers.\n\n");
        } else {
            text.text(&format!("{}\n\n", naming.role));
        }
        if !naming.system.is_empty() {
            text.dim("flows of      ");
            text.put(Role::Accent, &format!("{}\n", naming.system));
            text.dim("known by      ");
            text.text(&format!("{}\n", naming.evidence));
        }
    }
    let facts = &node.node().facts;
    let mut say = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            text.dim(&format!("{name:<13} "));
            text.text(&format!("{value}\n"));
        }
    };
    say("datapath id", bridge.datapath_id.map(|id| format!("{id:016x}")));
    let of_bridge = facts.bridge(&bridge.name);
    say(
        "datapath type",
        of_bridge.and_then(|b| b.datapath_type.as_deref()).filter(|t| !t.is_empty()).map(str::to_owned),
    );
    let protocols = of_bridge.map(|b| b.protocols.join(" ")).filter(|p| !p.is_empty());
    say("protocols", protocols);
    say("Open vSwitch", facts.ovs_version.as_deref().map(str::to_owned));
    say("host", facts.hostname().map(str::to_owned));
    let counts =
        [(bridge.groups.len(), "group"), (bridge.meters.len(), "meter"), (bridge.fdb.len(), "learned address")];
    let counts = counts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| match *n {
        1 => format!("1 {word}"),
        n => format!("{n} {word}{}", if word.ends_with('s') { "es" } else { "s" }),
    });
    let counts: Vec<String> = counts.collect();
    say("also", (!counts.is_empty()).then(|| counts.join(", ")));
    sheet.lines(inner, &text.finish());
}

/// A pane as values: its title, what stands at the right of it, the heading, and a row by its number.
struct Content<'a> {
    title: String,
    note: String,
    heading: String,
    row: Box<dyn Fn(usize, usize) -> Row + 'a>,
}

fn pane(state: &State, node: &NodeScene, view: &NodeView, at: PaneAt, sheet: &mut Sheet<'_>) {
    let has_keys = view.pane == at.pane;
    if at.pane == Pane::Nodes && at.outer.height == 1 {
        return nodes_line(state, view, at.outer, has_keys, sheet);
    }
    let has_box = at.rows.x > at.outer.x;
    let content = content(state, node, view, at.pane, at.rows.width);
    if has_box {
        sheet.boxed(at.outer, &content.title, &content.note, has_keys);
    } else {
        let mut title =
            Row::of(if has_keys { Role::Accent } else { Role::Dim }, &format!(" {}", content.title.to_uppercase()));
        if !content.note.is_empty() {
            title.put(Role::Dim, &format!("  ({})", content.note));
        }
        title.fit(usize::from(at.outer.width), sheet.look.glyphs.cut);
        sheet.row(Rect { height: 1, ..at.outer }, &title);
    }
    if !content.heading.is_empty() {
        let mut heading = Row::of(Role::Dim, &content.heading);
        heading.fit(usize::from(at.rows.width), sheet.look.glyphs.cut);
        sheet.row(Rect { y: at.rows.y.saturating_sub(1), height: 1, ..at.rows }, &heading);
    }
    let len = panes::len(state, node, view, at.pane);
    let cursor = view.cursors[at.pane as usize];
    let width = usize::from(at.rows.width);
    if len == 0 && at.pane == Pane::Drops {
        let text = if state.is_warm { "  nothing was dropped, as far as the counters tell" } else { "  counting .." };
        return sheet.row(at.rows, &Row::of(Role::Dim, text));
    }
    for (y, n) in (at.rows.y..).zip(cursor.window(len, usize::from(at.rows.height))) {
        let is_here = n == cursor.at && (has_keys || matches!(at.pane, Pane::Bridges | Pane::Ports));
        let mut row = Row::of(Role::Accent, if is_here { ">" } else { " " });
        row.append((content.row)(n, width));
        row.fit(width, sheet.look.glyphs.cut);
        let place = Rect { y, height: 1, ..at.rows };
        if is_here { sheet.under_cursor(place, &row, has_keys) } else { sheet.row(place, &row) }
    }
}

fn nodes_line(state: &State, view: &NodeView, at: Rect, has_keys: bool, sheet: &mut Sheet<'_>) {
    let mut row = Row::of(if has_keys { Role::Accent } else { Role::Dim }, " NODES ");
    let mut here = (0, 0);
    for node in state.scene.nodes() {
        let name = &node.node().name;
        let is_here = *name == view.node;
        let from = row.width();
        let role = if is_here { Role::Accent } else { Role::Text };
        row.put(role, &if is_here { format!("[{name}]") } else { format!(" {name} ") });
        if is_here {
            here = (from, row.width());
        }
        row.dim(" ");
    }
    let width = usize::from(at.width);
    if here.1 > width {
        row.scroll(here.1 - width);
        here.0 -= here.1 - width;
    }
    row.fit(width, sheet.look.glyphs.cut);
    sheet.row(at, &row);
    if has_keys {
        sheet.cursor = Some((at.x + here.0 as u16, at.y));
    }
}

fn content<'a>(state: &'a State, node: &'a NodeScene, view: &'a NodeView, pane: Pane, width: u16) -> Content<'a> {
    let is_wide = usize::from(width) + 2 >= usize::from(WIDE) * 3 / 5;
    match pane {
        Pane::Nodes => Content {
            title: "Nodes".into(),
            note: state.scene.nodes().len().to_string(),
            heading: String::new(),
            row: Box::new(|n, _| Row::of(Role::Text, &state.scene.nodes()[n].node().name)),
        },
        Pane::Bridges => Content {
            title: "Bridges".into(),
            note: node.bridges().len().to_string(),
            heading: " BRIDGE        FAIL    CTL PORTS TBL  FLOWS PACKETS DROPPED  ROLE".into(),
            row: Box::new(move |n, _| bridge_row(state, node, n)),
        },
        Pane::Drops => {
            let total: u64 =
                node.bridges().iter().filter_map(|b| b.drops_if_known()).flatten().map(|d| d.packets).sum();
            let wheres = if is_wide { 26 } else { 21 };
            Content {
                title: "Drop radar".into(),
                note: if total > 0 { format!("{} packets", grouped(total)) } else { String::new() },
                heading: format!(" PACKETS  {:<wheres$} WHY", "WHERE"),
                row: Box::new(move |n, _| drop_row(node, n, wheres)),
            }
        }
        Pane::Ports => {
            let bridge = panes::bridge(node, view);
            Content {
                title: format!("Ports of {}", bridge.map_or("", |b| &b.name)),
                note: bridge.map_or(String::new(), |b| b.ports.len().to_string()),
                heading: "   #  PORT            KIND    VLAN    RX    TX  DROP  PEER / NEUTRON PORT".into(),
                row: Box::new(move |n, _| bridge.map_or_else(Row::new, |b| port_row(node, b, n))),
            }
        }
        Pane::Tunnels => Content {
            title: "Tunnels".into(),
            note: panes::tunnels(node).len().to_string(),
            heading: " TUNNEL           KIND   REMOTE           RX    TX".into(),
            row: Box::new(move |n, _| tunnel_row(node, n)),
        },
        Pane::Health => {
            let lines = panes::health(node, state.scene.snapshot(), state.is_warm);
            // The line with the counts tells of lines that stand below it.
            let is_bad = |r: &&panes::HealthRow| matches!(r.role, Role::Bad | Role::Warn);
            let counts = usize::from(!panes::findings(node).is_empty());
            let bad = lines.iter().skip(counts).filter(is_bad).count();
            Content {
                title: "Health".into(),
                note: if bad > 0 { format!("{bad} to look at") } else { String::new() },
                heading: String::new(),
                row: Box::new(move |n, _| health_row(&lines[n])),
            }
        }
    }
}

fn health_row(line: &panes::HealthRow) -> Row {
    let sign = match line.role {
        Role::Ok => "[ok] ",
        Role::Bad | Role::Warn => "[!!] ",
        // A finding that does no harm.
        _ if line.finding.is_some() => "[..] ",
        _ => "[--] ",
    };
    let mut row = Row::of(line.role, sign);
    row.put(if line.role == Role::Dim { Role::Dim } else { Role::Text }, &line.text);
    row
}

fn bridge_row(state: &State, node: &NodeScene, n: usize) -> Row {
    let scene = &node.bridges()[n];
    let bridge = scene.bridge();
    let facts = node.node().facts.bridge(&bridge.name);
    let fail = facts.and_then(|f| f.fail_mode.as_deref()).unwrap_or("-");
    let controllers = facts.map_or("-".to_owned(), |f| {
        let known: Vec<bool> = f.controllers.iter().filter_map(|c| c.is_connected).collect();
        format!("{}/{}", known.iter().filter(|c| **c).count(), f.controllers.len())
    });
    let mut row = Row::new();
    row.put(Role::Text, &format!("{:<13} ", &*bridge.name));
    row.fit(14, state.look.glyphs.cut);
    row.dim(&format!("{:<7} {controllers:>3} ", fail.get(..7).unwrap_or(fail)));
    row.text(&format!("{:>5} ", bridge.ports.len()));
    if !bridge.is_dumped {
        row.put(Role::Warn, "  its flows were not captured");
        return row;
    }
    if !state.is_warm {
        row.text(&format!("  .. {:>6}", short_count(bridge.flows.len() as u64)));
        return row;
    }
    let dropped: u64 = scene.drops_if_known().unwrap_or_default().iter().map(|d| d.packets).sum();
    let packets = bridge.tables().first().map_or(0, |t| bridge.pipeline().table(t.id).packets);
    row.text(&format!("{:>3} {:>6} ", bridge.tables().len(), short_count(bridge.flows.len() as u64)));
    row.put(if packets > 0 { Role::Text } else { Role::Dim }, &format!("{:>7} ", short_count(packets)));
    row.put(if dropped > 0 { Role::Drop } else { Role::Dim }, &format!("{:>7}  ", short_count(dropped)));
    row.dim(&node.naming(n).role);
    row
}

fn drop_row(node: &NodeScene, n: usize, wheres: usize) -> Row {
    let mut row = Row::new();
    let found =
        panes::drops(node).get(n).and_then(|(b, at)| Some((*b, node.bridges()[*b].drops_if_known()?.get(*at)?)));
    let Some((bridge, drop)) = found else { return row };
    row.put(Role::Drop, &format!("{:>7}  ", short_count(drop.packets)));
    let mut place = drop_where(node, bridge, drop);
    place.fit(wheres, "~");
    place.pad(wheres + 1);
    row.append(place);
    row.append(drop_why(node, bridge, drop));
    row
}

fn drop_where(node: &NodeScene, at: usize, drop: &Drop) -> Row {
    let bridge = node.bridges()[at].bridge();
    let mut row = Row::new();
    if &*bridge.name != "br-int" {
        row.text(&format!("{} ", bridge.name));
    }
    match drop.at {
        At::Flow(flow) => {
            let flow = bridge.flow(flow);
            row.put(Role::Goto, &format!("T{}", flow.table()));
            row.text(&format!(" prio {}", flow.priority()));
        }
        At::Feeder { flow, table } => {
            let from = bridge.flow(flow);
            row.put(Role::Goto, &format!("T{}", from.table()));
            row.text(&format!(" prio {} -> ", from.priority()));
            row.put(Role::Goto, &format!("T{table}"));
        }
        At::Miss(table) => row.put(Role::Goto, &format!("T{table} miss")),
        At::PortRx(port) => row.put(Role::Output, &format!("rx of {}", port_name(bridge, port))),
        At::PortTx(port) => row.put(Role::Output, &format!("tx of {}", port_name(bridge, port))),
        At::Meter(id) => row.put(Role::Ct, &format!("meter {id}")),
    }
    row
}

fn port_name(bridge: &Bridge, port: u32) -> String {
    bridge.names.port_name(port).map_or_else(|| port.to_string(), |n| n.to_string())
}

fn drop_why(node: &NodeScene, at: usize, drop: &Drop) -> Row {
    let mut row = Row::new();
    explain::paint(&node.why_dropped(at, drop), &mut row);
    // Everything here is about packets, and all of them were dropped.
    let plain = row.plain();
    let skip = ["Every packet that ", "Every packet ", "Every "].iter().find(|start| plain.starts_with(**start));
    row.scroll(skip.map_or(0, |start| start.len()));
    row
}

fn port_row(node: &NodeScene, bridge: &Bridge, n: usize) -> Row {
    let ports = panes::ports(bridge);
    let Some(port) = ports.get(n) else { return Row::new() };
    let word = node.names().port(&bridge.name, port.number);
    let stats = bridge.port_stats.iter().find(|s| s.number == port.number);
    let interface =
        node.node().facts.bridge(&bridge.name).and_then(|b| b.interfaces.iter().find(|i| i.name == port.name));
    let mut row = Row::new();
    let number =
        crate::field::names::port::reserved_name(port.number).map_or_else(|| port.number.to_string(), str::to_owned);
    row.put(Role::Dim, &format!("{number:>5}  "));
    let mut name = Row::of(Role::Output, &port.name);
    name.fit(15, "~");
    name.pad(16);
    row.append(name);
    let kind = match word.map(|w| &w.kind) {
        Some(PortKind::Instance) => "tap",
        Some(PortKind::Service(_)) => "service",
        Some(PortKind::Patch { .. }) => "patch",
        Some(PortKind::Tunnel { kind, .. }) => kind,
        Some(PortKind::Bridge) => "bridge",
        _ => interface.and_then(|i| i.kind.as_deref()).unwrap_or("-"),
    };
    row.dim(&format!("{kind:<7} "));
    let tag = word.and_then(|w| w.vlan).or_else(|| interface.and_then(|i| i.port.tag));
    row.text(&format!("{:>4} ", tag.map_or("-".to_owned(), |t| t.to_string())));
    let count = |n: Option<u64>| n.map_or("-".to_owned(), short_count);
    let (rx, tx) = (stats.and_then(|s| s.rx[0]), stats.and_then(|s| s.tx[0]));
    let dropped = stats.map(|s| s.rx[2].unwrap_or(0) + s.tx[2].unwrap_or(0));
    row.text(&format!("{:>5} {:>5} ", count(rx), count(tx)));
    row.put(if dropped.unwrap_or(0) > 0 { Role::Drop } else { Role::Dim }, &format!("{:>5}  ", count(dropped)));
    peer(node, bridge, port, &mut row);
    if interface.is_some_and(|i| i.error.is_some()) || port.state.iter().any(|s| &**s == "LINK_DOWN") {
        row.put(Role::Warn, " link down");
    }
    row
}

fn peer(node: &NodeScene, bridge: &Bridge, port: &Port, row: &mut Row) {
    let Some(word) = node.names().port(&bridge.name, port.number) else { return };
    match &word.kind {
        PortKind::Patch { peer, bridge } if bridge.is_empty() => row.text(&format!("-> {peer}")),
        PortKind::Patch { bridge, .. } => row.text(&format!("-> {bridge}")),
        PortKind::Tunnel { remote, .. } if remote.is_empty() => row.text("to wherever flows say"),
        PortKind::Tunnel { remote, .. } => row.put(Role::Addr, &format!("to {remote}")),
        PortKind::Service(what) if word.title.is_empty() => row.dim(what),
        _ => row.text(&word.title),
    }
}

fn tunnel_row(node: &NodeScene, n: usize) -> Row {
    let tunnels = panes::tunnels(node);
    let Some(tunnel) = tunnels.get(n) else { return Row::new() };
    let interface = tunnel.interface;
    let bridge = node.bridges()[tunnel.bridge].bridge();
    let stats = interface.ofport.and_then(|n| bridge.port_stats.iter().find(|s| s.number == n));
    let counted = |name: &str| {
        interface.statistics.iter().find(|(key, _)| &**key == name).and_then(|(_, n)| u64::try_from(*n).ok())
    };
    let rx = stats.and_then(|s| s.rx[0]).or_else(|| counted("rx_packets"));
    let tx = stats.and_then(|s| s.tx[0]).or_else(|| counted("tx_packets"));
    let count = |n: Option<u64>| n.map_or("-".to_owned(), short_count);
    let mut row = Row::new();
    let mut name = Row::of(Role::Output, &interface.name);
    name.fit(16, "~");
    name.pad(17);
    row.append(name);
    row.dim(&format!("{:<6} ", interface.kind.as_deref().unwrap_or("")));
    row.put(Role::Addr, &format!("{:<15} ", interface.option("remote_ip").unwrap_or("-")));
    // What is sent and never answered, or the other way round, is what people look for here.
    let is_one_way = matches!((rx, tx), (Some(0), Some(1..)) | (Some(1..), Some(0)));
    row.put(if is_one_way { Role::Warn } else { Role::Text }, &format!("{:>5} {:>5}", count(rx), count(tx)));
    if is_one_way {
        row.put(Role::Warn, " one way only");
    }
    row
}

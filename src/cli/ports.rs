//! `ofscope ports`: the ports of a bridge.

use clap::Args;
use serde_json::{Value, json};

use super::columns::{Columns, Side, count, field};
use super::context::{Chosen, Context};
use super::failure::{CommandResult, Outcome};
use super::json as answer;
use crate::base::number::short_count;
use crate::base::paint::{Painter, Role};
use crate::field::format::mac_text;
use crate::field::names::port::reserved_name;
use crate::model::port::Port;
use crate::neutron::names::{PortKind, PortWord};

/// Print the ports of a bridge: what they are, what went through them, what is behind them.
#[derive(Debug, Args)]
pub struct PortsArgs {
    /// A dump, a directory of captures, `-` for standard input, or `demo:NAME`.
    pub source: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Prints the ports.
pub fn run(args: &PortsArgs, cx: &Context) -> CommandResult {
    let scene = cx.open(args.source.as_deref())?;
    let chosen = cx.bridge(&scene)?;
    let mut out = cx.out();
    if args.json {
        let head = json!({
            "node": &*chosen.node.node().name, "bridge": &*chosen.bridge().name, "ports": json(chosen)
        });
        out.bytes(answer::text(&answer::document("ports", head)).as_bytes());
    } else {
        paint(chosen, cx.width(), &mut out);
    }
    let outcome = if chosen.bridge().ports.is_empty() { Outcome::No } else { Outcome::Done };
    cx.finish(out, scene.snapshot(), outcome)
}

/// What a port is, in a word.
fn kind(word: Option<&PortWord>) -> &str {
    match word.map(|w| &w.kind) {
        Some(PortKind::Instance) => "instance",
        Some(PortKind::Service(_)) => "service",
        Some(PortKind::Patch { .. }) => "patch",
        Some(PortKind::Tunnel { kind, .. }) => kind,
        Some(PortKind::Bridge) => "bridge",
        Some(PortKind::Other) | None => "",
    }
}

/// What is behind a port, in words.
fn behind(word: Option<&PortWord>) -> String {
    let Some(word) = word else { return String::new() };
    match &word.kind {
        PortKind::Patch { peer, bridge } if bridge.is_empty() => format!("to {peer}"),
        PortKind::Patch { peer, bridge } => format!("to {peer} of {bridge}"),
        PortKind::Tunnel { remote, .. } if remote.is_empty() => "to where flows choose".to_owned(),
        PortKind::Tunnel { remote, .. } => format!("to {remote}"),
        PortKind::Service(what) if word.title.is_empty() => (*what).to_owned(),
        _ => word.title.to_string(),
    }
}

fn number(port: &Port) -> String {
    reserved_name(port.number).map_or_else(|| port.number.to_string(), str::to_owned)
}

fn paint(chosen: Chosen<'_>, width: usize, p: &mut impl Painter) {
    let bridge = chosen.bridge();
    let mut columns = Columns::new(&[
        ("#", Side::Right),
        ("PORT", Side::Left),
        ("KIND", Side::Left),
        ("STATE", Side::Left),
        ("VLAN", Side::Right),
        ("RX", Side::Right),
        ("TX", Side::Right),
        ("DROP", Side::Right),
        ("WHAT IS BEHIND IT", Side::Left),
    ]);
    for port in &bridge.ports {
        let word = chosen.node.names().port(&bridge.name, port.number);
        let stats = bridge.port_stats.iter().find(|s| s.number == port.number);
        let drops = stats.and_then(|s| Some(s.rx[2]?.saturating_add(s.tx[2]?)));
        let state = state(port);
        columns.push([
            field(Role::Output, number(port)),
            field(Role::Accent, &port.name),
            field(Role::Text, kind(word)),
            field(if state == "up" { Role::Ok } else { Role::Warn }, state),
            count(word.and_then(|w| w.vlan).map(u64::from)),
            short(stats.and_then(|s| s.rx[0])),
            short(stats.and_then(|s| s.tx[0])),
            field(if drops > Some(0) { Role::Drop } else { Role::Text }, drops.map(short_count).unwrap_or_default()),
            field(Role::Text, behind(word)),
        ]);
    }
    columns.paint(width, p);
}

/// A number of packets; `-` if nobody knows it.
fn short(n: Option<u64>) -> super::columns::Field {
    field(Role::Text, n.map(short_count).unwrap_or_default())
}

/// `up`, or what keeps it from being so.
fn state(port: &Port) -> &'static str {
    let has = |words: &[Box<str>], word: &str| words.iter().any(|w| &**w == word);
    match (has(&port.config, "PORT_DOWN"), has(&port.state, "LINK_DOWN")) {
        (true, _) => "down",
        (false, true) => "no link",
        (false, false) => "up",
    }
}

/// The ports as JSON.
pub fn json(chosen: Chosen<'_>) -> Value {
    let bridge = chosen.bridge();
    let facts = chosen.node.node().facts.bridge(&bridge.name);
    let one = |port: &Port| {
        let word = chosen.node.names().port(&bridge.name, port.number);
        let stats = bridge.port_stats.iter().find(|s| s.number == port.number);
        let counter = |value: Option<Option<u64>>| value.flatten();
        let interface = facts.and_then(|f| f.interface(&port.name));
        json!({
            "number": port.number,
            "name": &*port.name,
            "mac": mac_text(port.mac),
            "kind": Some(kind(word)).filter(|kind| !kind.is_empty()),
            "type": interface.and_then(|i| i.kind.as_deref()),
            "state": state(port),
            "config_words": port.config,
            "state_words": port.state,
            "vlan": word.and_then(|w| w.vlan),
            "peer": match word.map(|w| &w.kind) { Some(PortKind::Patch { peer, .. }) => Some(&**peer), _ => None },
            "remote": match word.map(|w| &w.kind) { Some(PortKind::Tunnel { remote, .. }) => Some(&**remote), _ => None },
            "neutron_port": word.map(|w| &*w.id).filter(|id| !id.is_empty()),
            "title": word.map(|w| &*w.title).filter(|title| !title.is_empty()),
            "rx_packets": counter(stats.map(|s| s.rx[0])),
            "rx_bytes": counter(stats.map(|s| s.rx[1])),
            "rx_dropped": counter(stats.map(|s| s.rx[2])),
            "rx_errors": counter(stats.map(|s| s.rx[3])),
            "tx_packets": counter(stats.map(|s| s.tx[0])),
            "tx_bytes": counter(stats.map(|s| s.tx[1])),
            "tx_dropped": counter(stats.map(|s| s.tx[2])),
            "tx_errors": counter(stats.map(|s| s.tx[3])),
        })
    };
    bridge.ports.iter().map(one).collect()
}

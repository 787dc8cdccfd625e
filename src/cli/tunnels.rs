//! `ofscope tunnels`: the tunnels of a node.

use clap::Args;
use serde_json::{Value, json};

use super::columns::{Columns, Side, count as number, field};
use super::context::Context;
use super::failure::{CommandResult, Outcome};
use super::json as answer;
use crate::base::paint::{Painter, Role};
use crate::model::node_facts::InterfaceFacts;
use crate::session::NodeScene;

/// Print the tunnels of a node: where they lead, what went through them.
#[derive(Debug, Args)]
pub struct TunnelsArgs {
    /// A directory of captures, a sos report, `-` for standard input, or `demo:NAME`.
    pub source: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Prints the tunnels.
pub fn run(args: &TunnelsArgs, cx: &Context) -> CommandResult {
    let scene = cx.open(args.source.as_deref())?;
    let node = cx.node(&scene)?;
    let mut out = cx.out();
    if args.json {
        let head = json!({"node": &*node.node().name, "tunnels": json(node)});
        out.bytes(answer::text(&answer::document("tunnels", head)).as_bytes());
    } else {
        paint(&tunnels(node), cx.width(), &mut out);
    }
    let outcome = if count(node) == 0 { Outcome::No } else { Outcome::Done };
    cx.finish(out, scene.snapshot(), outcome)
}

/// A tunnel.
struct Tunnel {
    bridge: String,
    name: String,
    number: Option<u32>,
    kind: String,
    local: String,
    remote: String,
    key: String,
    is_up: Option<bool>,
    rx: Option<u64>,
    tx: Option<u64>,
}

/// How many tunnels a node has.
pub fn count(scene: &NodeScene) -> usize {
    tunnels(scene).len()
}

fn tunnels(scene: &NodeScene) -> Vec<Tunnel> {
    let node = scene.node();
    let mut out = Vec::new();
    for bridge in &node.facts.bridges {
        for interface in bridge.interfaces.iter().filter(|i| i.is_tunnel()) {
            let counted = node.bridge(&bridge.name).and_then(|b| {
                let number = interface.ofport?;
                b.port_stats.iter().find(|s| s.number == number)
            });
            let statistic = |key: &str| statistic(interface, key);
            out.push(Tunnel {
                bridge: bridge.name.to_string(),
                name: interface.name.to_string(),
                number: interface.ofport,
                kind: interface.kind.as_deref().unwrap_or_default().to_owned(),
                local: interface.option("local_ip").unwrap_or_default().to_owned(),
                remote: interface.option("remote_ip").unwrap_or_default().to_owned(),
                key: interface.option("key").or(interface.option("in_key")).unwrap_or_default().to_owned(),
                is_up: interface.has_link,
                rx: counted.and_then(|s| s.rx[0]).or_else(|| statistic("rx_packets")),
                tx: counted.and_then(|s| s.tx[0]).or_else(|| statistic("tx_packets")),
            });
        }
    }
    // What only `ofproto/list-tunnels` tells.
    for tunnel in node.tunnels.iter().filter(|t| !out.iter().any(|o: &Tunnel| *o.name == *t.name)).collect::<Vec<_>>() {
        out.push(Tunnel {
            bridge: String::new(),
            name: tunnel.name.to_string(),
            number: None,
            kind: tunnel.kind.to_string(),
            local: tunnel.local.to_string(),
            remote: tunnel.remote.to_string(),
            key: tunnel.key.to_string(),
            is_up: None,
            rx: None,
            tx: None,
        });
    }
    out
}

fn statistic(interface: &InterfaceFacts, key: &str) -> Option<u64> {
    interface.statistics.iter().find(|(name, _)| **name == *key).and_then(|(_, n)| u64::try_from(*n).ok())
}

fn paint(tunnels: &[Tunnel], width: usize, p: &mut impl Painter) {
    let mut columns = Columns::new(&[
        ("BRIDGE", Side::Left),
        ("#", Side::Right),
        ("TUNNEL", Side::Left),
        ("KIND", Side::Left),
        ("LOCAL", Side::Left),
        ("REMOTE", Side::Left),
        ("KEY", Side::Left),
        ("LINK", Side::Left),
        ("RX PKTS", Side::Right),
        ("TX PKTS", Side::Right),
    ]);
    for t in tunnels {
        // A tunnel that only sends is one whose other end does not answer.
        let is_deaf = t.rx == Some(0) && t.tx > Some(0);
        columns.push([
            field(Role::Text, &t.bridge),
            field(Role::Output, t.number.map(|n| n.to_string()).unwrap_or_default()),
            field(Role::Accent, &t.name),
            field(Role::Text, &t.kind),
            field(Role::Addr, &t.local),
            field(Role::Addr, &t.remote),
            field(Role::Reg, &t.key),
            match t.is_up {
                Some(true) => field(Role::Ok, "up"),
                Some(false) => field(Role::Bad, "down"),
                None => field(Role::Dim, ""),
            },
            field(if is_deaf { Role::Warn } else { Role::Text }, t.rx.map(|n| n.to_string()).unwrap_or_default()),
            number(t.tx),
        ]);
    }
    if !tunnels.is_empty() {
        columns.paint(width, p);
    }
}

/// The tunnels as JSON.
pub fn json(scene: &NodeScene) -> Value {
    let known = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let one = |t: &Tunnel| {
        json!({
            "bridge": known(&t.bridge), "name": t.name, "number": t.number, "kind": t.kind,
            "local": known(&t.local), "remote": known(&t.remote), "key": known(&t.key), "link": t.is_up,
            "rx_packets": t.rx, "tx_packets": t.tx,
        })
    };
    tunnels(scene).iter().map(one).collect()
}

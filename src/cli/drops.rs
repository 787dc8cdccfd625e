//! `ofscope drops`: where packets were discarded.

use std::cmp::Reverse;

use clap::Args;
use serde_json::{Value, json};

use super::columns::{Columns, Side, count, field};
use super::context::{Chosen, Context};
use super::failure::{CommandResult, Outcome};
use super::json as answers;
use crate::base::paint::{Painter, Role};
use crate::check::drops::{At, Drop};
use crate::model::bridge::{Bridge, FlowId};
use crate::model::id::FlowHash;
use crate::session::NodeScene;

/// Print where packets were discarded, and why.
///
/// Packets of a table that only drops are told of the flows that led them there. Ends with 1 if nothing was discarded.
#[derive(Debug, Args)]
pub struct DropsArgs {
    /// A dump, a directory of captures, `-` for standard input, or `demo:NAME`.
    pub source: Option<String>,
    /// Print at most so many.
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Prints the places.
pub fn run(args: &DropsArgs, cx: &Context) -> CommandResult {
    let scene = cx.open(args.source.as_deref())?;
    let node = cx.node(&scene)?;
    let chosen = cx.global.bridge.as_ref().map(|_| cx.bridge(&scene)).transpose()?;
    let mut places = places(node);
    places.retain(|place| chosen.is_none_or(|chosen| chosen.at == place.chosen.at));
    let outcome = if places.is_empty() { Outcome::No } else { Outcome::Done };
    places.truncate(args.limit.unwrap_or(usize::MAX));
    let mut out = cx.out();
    if args.json {
        let drops: Vec<Value> = places.iter().map(Place::json).collect();
        let parts = json!({"node": &*node.node().name, "drops": drops});
        out.bytes(answers::text(&answers::document("drops", parts)).as_bytes());
    } else if !places.is_empty() {
        paint(&places, cx.width(), &mut out);
    }
    cx.finish(out, scene.snapshot(), outcome)
}

/// Where packets were discarded.
pub struct Place<'a> {
    chosen: Chosen<'a>,
    drop: &'a Drop,
}

/// Where packets were discarded on a node, most packets first.
pub fn places(node: &NodeScene) -> Vec<Place<'_>> {
    let of_bridge = |at: usize| {
        let drops = node.bridges()[at].drops().iter();
        drops.map(move |drop| Place { chosen: Chosen { node, at }, drop })
    };
    let mut places: Vec<Place<'_>> = (0..node.bridges().len()).flat_map(of_bridge).collect();
    places.sort_by_key(|place| Reverse(place.drop.packets));
    places
}

/// Prints places, a line or more for each.
pub fn paint(places: &[Place<'_>], width: usize, p: &mut impl Painter) {
    let heads = [
        ("DROPPED", Side::Right),
        ("BRIDGE", Side::Left),
        ("WHERE", Side::Left),
        ("FLOW", Side::Left),
        ("WHY", Side::Left),
    ];
    let mut columns = Columns::new(&heads).wrapping();
    for place in places {
        columns.push([
            field(Role::Drop, count(Some(place.drop.packets)).text),
            field(Role::Text, &place.bridge().name),
            field(Role::Goto, place.at()),
            field(Role::Accent, place.flow().map(|id| place.short(id)).unwrap_or_default()),
            field(Role::Text, place.why()),
        ]);
    }
    columns.paint(width, p);
}

impl Place<'_> {
    fn bridge(&self) -> &Bridge {
        self.chosen.bridge()
    }

    fn flow(&self) -> Option<FlowId> {
        match self.drop.at {
            At::Flow(flow) | At::Feeder { flow, .. } => Some(flow),
            _ => None,
        }
    }

    fn short(&self, id: FlowId) -> String {
        self.bridge().ids().short(FlowHash::of(self.bridge().flow(id)))
    }

    fn port(&self, number: u32) -> String {
        self.bridge().names.port_name(number).map_or_else(|| number.to_string(), |name| name.to_string())
    }

    fn at(&self) -> String {
        match self.drop.at {
            At::Flow(flow) => format!("table {}", self.bridge().flow(flow).table()),
            At::Feeder { flow, table } => format!("table {} to {table}", self.bridge().flow(flow).table()),
            At::Miss(table) => format!("table {table}"),
            At::PortRx(port) => format!("from {}", self.port(port)),
            At::PortTx(port) => format!("to {}", self.port(port)),
            At::Meter(id) => format!("meter {id}"),
        }
    }

    fn why(&self) -> String {
        self.chosen.node.why_dropped(self.chosen.at, self.drop).text()
    }

    fn json(&self) -> Value {
        let (kind, table, port) = match self.drop.at {
            At::Flow(flow) => ("flow", Some(self.bridge().flow(flow).table()), None),
            At::Feeder { table, .. } => ("feeder", Some(table), None),
            At::Miss(table) => ("miss", Some(table), None),
            At::PortRx(port) => ("port-rx", None, Some(self.port(port))),
            At::PortTx(port) => ("port-tx", None, Some(self.port(port))),
            At::Meter(_) => ("meter", None, None),
        };
        let meter = if let At::Meter(id) = self.drop.at { Some(id) } else { None };
        let line = |id| self.bridge().flow(id).line_text(&self.bridge().names).trim_start().to_owned();
        json!({
            "packets": self.drop.packets,
            "bridge": &*self.bridge().name,
            "kind": kind,
            "table": table,
            "port": port,
            "meter": meter,
            "flow": self.flow().map(|id| self.short(id)),
            "text": self.flow().map(line),
            "why": self.why(),
        })
    }
}

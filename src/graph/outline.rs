//! The outline: a line for each table, and the edges of one.
//!
//! It says what the drawing says in a form that fits 80 columns and any number of tables.

use super::glyph::Charset;
use super::{Edge, End, Graph, Light, Node, ShareBy, Sink, percent};
use crate::base::number::short_count;
use crate::base::paint::{Painter, Role, Target};
use crate::base::safe::visible;
use crate::base::words::plural;
use crate::model::bridge::Bridge;
use crate::model::flow::TableId;
use crate::model::pipeline::Way;

/// The columns of a name, and of the heat bar.
const NAME: usize = 16;
const BAR: usize = 9;
/// The columns in front of what a table goes to.
const BEFORE: usize = 52;

/// A table in the outline.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The table.
    pub id: TableId,
    /// Its name.
    pub name: String,
    /// Its flows.
    pub flows: u64,
    /// Packets that its flows counted, if the dump told counters.
    pub packets: Option<u64>,
    /// The heat bar in eighths of a cell.
    pub bar: usize,
    /// Packets that no flow wanted.
    pub missed: u64,
    /// Where it goes, largest first.
    pub goes: Vec<GoesTo>,
    /// What the shares are shares of.
    pub share_by: ShareBy,
    /// It is known to have had no packets.
    pub is_idle: bool,
    /// Whether it is lit up.
    pub light: Light,
}

/// One place where a table goes.
#[derive(Debug, Clone, PartialEq)]
pub struct GoesTo {
    /// The place in [`Graph::edges`].
    pub edge: usize,
    /// Where.
    pub to: End,
    /// The part of the table's packets or flows.
    pub share: f64,
    /// Only flows are learned there.
    pub is_learn: bool,
    /// It leads back.
    pub is_back: bool,
}

/// The visible tables, by number.
pub fn outline(graph: &Graph) -> Vec<Row> {
    let scale = heat_scale(graph);
    let row = |node: &Node| Row {
        id: node.id,
        name: node.name.to_string(),
        flows: node.sum.flows,
        packets: graph.has_counters.then_some(node.sum.packets),
        bar: bar(node.heat, scale),
        missed: node.missed,
        goes: goes(graph, node.id),
        share_by: node.share_by,
        is_idle: node.is_idle,
        light: node.light,
    };
    graph.visible().map(row).collect()
}

fn goes(graph: &Graph, id: TableId) -> Vec<GoesTo> {
    let mut edges = graph.out_of(id);
    edges.sort_by(|(_, a), (_, b)| (a.is_learn).cmp(&b.is_learn).then(b.share.total_cmp(&a.share)));
    let goes_to =
        |(edge, e): (usize, &Edge)| GoesTo { edge, to: e.to, share: e.share, is_learn: e.is_learn, is_back: e.is_back };
    edges.into_iter().map(goes_to).collect()
}

/// The ends of the heat bars' scale: the most heat of a visible table, and a thousandth of it.
pub fn heat_scale(graph: &Graph) -> (u64, u64) {
    let most = graph.visible().map(|n| n.heat).max().unwrap_or(0);
    ((most / 1000).max(1).min(most), most)
}

/// The bar in eighths of a cell, on a log scale: one cell for the lower end and what is below it, all for the upper
/// end.
fn bar(heat: u64, (least, most): (u64, u64)) -> usize {
    if heat == 0 {
        return 0;
    }
    let span = (most as f64 / least as f64).ln();
    let part = if span > 0.0 { (heat as f64 / least as f64).ln() / span } else { 1.0 };
    8 + (part.clamp(0.0, 1.0) * (BAR as f64 - 1.0) * 8.0).round() as usize
}

/// Prints the heading of the outline, with the ends of the scale.
pub fn paint_outline_heading(graph: &Graph, p: &mut impl Painter) {
    let (least, most) = heat_scale(graph);
    let scale = match graph.has_counters || graph.heat == super::Heat::Flows {
        true => format!("heat: log of {}, {}..{}", graph.heat.name(), short_count(least), short_count(most)),
        false => "no counters".to_owned(),
    };
    p.dim(&format!("  TBL {:<NAME$} FLOWS    IN {:<BAR$}  MISS  GOES TO, share | {scale}", "NAME", "HEAT"));
}

impl Row {
    /// Prints the row in at most `width` columns, without the sign of the cursor in column 1.
    pub fn paint(&self, width: usize, charset: Charset, p: &mut impl Painter) {
        let table = Target::Table(self.id);
        let role = match self.light {
            Light::Faded => Role::Dim,
            Light::Lit => Role::Accent,
            Light::Plain if self.is_idle => Role::Dim,
            Light::Plain => Role::Text,
        };
        p.put(Role::Warn, if self.missed > 0 { "!" } else { " " });
        p.link(table, if role == Role::Text { Role::Goto } else { role }, &format!("{:>4}", self.id));
        let name = charset.fit(&self.name, NAME);
        let blanks = NAME.saturating_sub(unicode_width::UnicodeWidthStr::width(name.as_str()));
        p.link(table, role, &format!(" {name}{:blanks$}", ""));
        p.put(role, &format!(" {:>5}", short_count(self.flows)));
        p.put(role, &format!(" {:>5} ", self.packets.map_or("-".to_owned(), short_count)));
        let bar = charset.bar(self.bar, BAR);
        p.put(role, &bar);
        p.text(&" ".repeat(BAR - bar.chars().count()));
        let missed = if self.packets.is_some() { short_count(self.missed) } else { "-".to_owned() };
        p.put(if self.missed > 0 { Role::Warn } else { Role::Dim }, &format!(" {missed:>5} "));
        self.paint_goes(width.saturating_sub(BEFORE), p);
    }

    /// Prints where the table goes, as many places as fit, and how many do not.
    fn paint_goes(&self, width: usize, p: &mut impl Painter) {
        let mut room = width;
        if self.share_by == ShareBy::Flows && self.packets.is_some() && !self.goes.is_empty() {
            let text = " by flows:";
            if text.len() < room {
                p.dim(text);
                room -= text.len();
            }
        }
        for (at, goes) in self.goes.iter().enumerate() {
            let (end, share) = (goes.text(), if goes.is_learn { "learn".to_owned() } else { percent(goes.share) });
            let rest = self.goes.len() - at;
            let more = format!("  +{rest}");
            let reserve = if rest == 1 { 0 } else { more.len() };
            let gap = if at == 0 { " " } else { "  " };
            let needs = gap.len() + end.len() + 1 + share.len();
            if needs + reserve > room {
                if more.len() <= room {
                    p.dim(&more);
                }
                return;
            }
            room -= needs;
            p.text(gap);
            match goes.to {
                End::Table(id) => p.link(Target::Table(id), self.role_of(goes), &end),
                End::Sink(_) => p.put(self.role_of(goes), &end),
            }
            p.put(if goes.share > 0.0 { Role::Text } else { Role::Dim }, &format!(" {share}"));
        }
    }

    fn role_of(&self, goes: &GoesTo) -> Role {
        match goes.to {
            _ if self.light == Light::Faded || self.is_idle => Role::Dim,
            End::Table(_) if goes.is_back && !goes.is_learn => Role::Warn,
            End::Table(_) => Role::Goto,
            End::Sink(Sink::Drop) => Role::Drop,
            End::Sink(Sink::Group) => Role::Bad,
            End::Sink(Sink::Return) => Role::Dim,
            End::Sink(_) => Role::Output,
        }
    }
}

impl GoesTo {
    /// A table's number, with `^` in front if it leads back, or a sink's word.
    fn text(&self) -> String {
        match self.to {
            End::Table(id) if self.is_back => format!("^{id}"),
            End::Table(id) => id.to_string(),
            End::Sink(sink) => sink.name().to_owned(),
        }
    }
}

/// An edge into or out of one table, in words.
#[derive(Debug, Clone, PartialEq)]
pub struct EdgeRow {
    /// The place in [`Graph::edges`].
    pub edge: usize,
    /// It leads into the table, not out of it.
    pub is_in: bool,
    /// The table at the other end.
    pub other: Option<TableId>,
    /// The other end in words.
    pub end: String,
    /// The words of its ways.
    pub ways: String,
    /// Its flows.
    pub flows: u64,
    /// Its packets, if the dump told counters.
    pub packets: Option<u64>,
    /// The part of the packets or flows of the table that it leaves.
    pub share: f64,
    /// What the share is a share of.
    pub share_by: ShareBy,
    /// What the flow that counted most matches, with its priority.
    pub example: String,
    /// What the end is, for its colour.
    pub role: Role,
}

/// The edges into a table, then those out of it, each largest first. The bridge must be the one that the graph is of.
pub fn edge_rows(graph: &Graph, bridge: &Bridge, table: TableId) -> Vec<EdgeRow> {
    let row = |is_in: bool, (at, edge): (usize, &Edge)| {
        let other = if is_in { Some(edge.from) } else { edge.table() };
        EdgeRow {
            edge: at,
            is_in,
            other,
            end: if is_in { edge.from.to_string() } else { graph.end_text(edge) },
            ways: if is_in || other.is_some() { edge.way_names() } else { String::new() },
            flows: edge.sum.flows,
            packets: graph.has_counters.then_some(edge.sum.packets),
            share: edge.share,
            share_by: graph.node(edge.from).map_or(ShareBy::Packets, |n| n.share_by),
            example: example(bridge, edge),
            role: match edge.to {
                End::Sink(Sink::Drop) => Role::Drop,
                End::Sink(Sink::Group) => Role::Bad,
                End::Sink(_) => Role::Output,
                End::Table(_) if edge.ways.iter().any(|(way, _)| *way == Way::Ct) => Role::Ct,
                End::Table(_) => Role::Goto,
            },
        }
    };
    let into = graph.into(table).into_iter().map(|e| row(true, e));
    into.chain(graph.out_of(table).into_iter().map(|e| row(false, e))).collect()
}

/// Priority and match of the flow that counted most.
fn example(bridge: &Bridge, edge: &Edge) -> String {
    if edge.example as usize >= bridge.flows.len() {
        return String::new();
    }
    let flow = bridge.flow(edge.example);
    let mut matches = String::new();
    flow.paint_match(&bridge.names, &mut matches);
    let matches = if matches.is_empty() { "(any)".to_owned() } else { visible(&matches).into_owned() };
    format!("priority {}, {matches}", flow.priority())
}

impl EdgeRow {
    /// Prints the row in at most `width` columns.
    pub fn paint(&self, width: usize, charset: Charset, p: &mut impl Painter) {
        let (word, joint) = if self.is_in { ("in  ", "from ") } else { ("out ", "to ") };
        p.dim(word);
        let joint = if self.other.is_some() { joint } else { "" };
        p.dim(joint);
        match self.other {
            Some(id) => p.link(Target::Table(id), Role::Goto, &self.end),
            None => p.put(self.role, &self.end),
        }
        let packets = self.packets.map_or(String::new(), |n| format!(" {}", short_count(n)));
        let by = if self.share_by == ShareBy::Flows { " of flows" } else { "" };
        let share = if self.is_in { String::new() } else { format!(", {}{by}", percent(self.share)) };
        let ways = if self.ways.is_empty() { String::new() } else { format!(" via {}", self.ways) };
        let flows = format!("{} {}", short_count(self.flows), plural(self.flows, "flow"));
        let counts = format!("{packets}{share}{ways}, {flows}");
        p.text(&counts);
        let used = word.len() + joint.len() + self.end.chars().count() + counts.len();
        let example = charset.fit(&format!("  e.g. {}", self.example), width.saturating_sub(used));
        p.dim(&example);
    }
}

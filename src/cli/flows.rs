//! `ofscope flows`: the flows of a bridge, all or those that a filter holds for.

use std::cmp::Reverse;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::columns::{Columns, Side, count, field};
use super::context::{Chosen, Context, Stdout};
use super::failure::{CommandResult, Failure, Outcome, Stop};
use super::json::{self, Origin, names_of};
use crate::base::number::{short_count, short_duration};
use crate::base::paint::{Compare, Painter, Role};
use crate::base::progress::Progress;
use crate::field::Names;
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::{Flow, Style};
use crate::model::id::FlowHash;
use crate::model::store::{FlowRef, paint_before_actions};
use crate::query::{Answer, By, Filter, Scope};
use crate::session::Scene;

/// Print the flows of a bridge, all or those that a filter holds for.
///
/// Each is printed as the dump has it, unless columns, groups or another format are asked for. Ends with 1 if there is no
/// such flow.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ofscope flows dump.txt -f 'table=82 and drop'
  ofscope flows . --bridge br-tun --sort packets --limit 20
  ofscope flows dump.txt --group template
  ofscope flows dump.txt -f 'tcp_dst in 8000..8999' --columns id,table,priority,packets,match
  ofscope flows dump.txt -f 'cookie=0x1234' --format ofctl-del | ovs-ofctl --bundle add-flows br-int -")]
pub struct FlowsArgs {
    /// A dump, a directory of captures, `-` for standard input, or `demo:NAME`.
    pub source: Option<String>,
    /// Only the flows that this filter holds for (docs/filter.md).
    #[arg(short, long, value_name = "FILTER")]
    pub filter: Option<String>,
    /// Only the flows of this table, by number or name.
    #[arg(short, long, value_name = "TABLE")]
    pub table: Option<String>,
    /// Print flows that look alike as one line with a count.
    #[arg(long, value_parser = super::fold::parser(), value_name = "BY", conflicts_with_all = ["jsonl", "format", "columns"])]
    pub group: Option<By>,
    /// Sort by this, in the way that is asked for most: numbers highest first.
    #[arg(long, value_enum, value_name = "KEY")]
    pub sort: Option<Sort>,
    /// Print the other way around.
    #[arg(long, requires = "sort")]
    pub reverse: bool,
    /// Print at most so many.
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Print columns instead of lines.
    #[arg(long, value_enum, value_name = "COLUMN,..", value_delimiter = ',', conflicts_with_all = ["json", "jsonl", "format"])]
    pub columns: Vec<Column>,
    /// Print one JSON document.
    #[arg(long, conflicts_with_all = ["jsonl", "format"])]
    pub json: bool,
    /// Print one JSON object a line.
    #[arg(long, conflicts_with = "format")]
    pub jsonl: bool,
    /// Print lines for `ovs-ofctl`.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<Format>,
}

/// What flows are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// Table, then priority, highest first.
    Table,
    /// Priority, highest first.
    Priority,
    /// Packets, most first.
    Packets,
    /// Bytes, most first.
    Bytes,
    /// Time since it was added, longest first.
    Age,
    /// Time since the last packet, longest first.
    Idle,
    /// Cookie.
    Cookie,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Column {
    /// The short name of the flow.
    Id,
    /// The table's number.
    Table,
    /// The table's name.
    Name,
    /// The priority.
    Priority,
    /// Packets.
    Packets,
    /// Bytes.
    Bytes,
    /// Time since it was added.
    Age,
    /// Time since the last packet.
    Idle,
    /// The cookie.
    Cookie,
    /// The match.
    Match,
    /// The actions.
    Actions,
    /// Who wanted it, the most specific owner.
    Owner,
}

/// Lines for other programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Lines that `ovs-ofctl add-flows` takes.
    Ofctl,
    /// Lines with which `ovs-ofctl add-flows` deletes exactly these flows.
    OfctlDel,
}

/// Prints the flows.
pub fn run(args: &FlowsArgs, cx: &Context) -> CommandResult {
    let scene = cx.open(args.source.as_deref())?;
    let chosen = cx.bridge(&scene)?;
    let rows = rows(args, chosen, cx)?;
    let outcome = if rows.is_empty() { Outcome::No } else { Outcome::Done };
    let mut out = cx.out();
    let origin = Origin::of(&scene.snapshot().sources, chosen);
    let mut sheet = Sheet { chosen, rows: &rows, origin, out: &mut out };
    if let Some(by) = args.group {
        let limit = args.limit.unwrap_or(usize::MAX);
        let fold = super::fold::groups(chosen, &rows, by, args.sort)?;
        match args.json {
            true => super::fold::json(chosen, &fold, limit, sheet.out),
            false => super::fold::paint(chosen, &fold, limit, cx.width(), sheet.out),
        }
    } else if !args.columns.is_empty() {
        sheet.columns(&args.columns, cx.width());
    } else if args.json {
        sheet.json(args.filter.as_deref());
    } else {
        match (args.jsonl, args.format) {
            (true, _) => sheet.jsonl(),
            (false, Some(format)) => sheet.ofctl(format),
            (false, None) => sheet.lines(),
        }
    }
    finish(cx, out, &scene, outcome)
}

fn finish(cx: &Context, out: Stdout, scene: &Scene, outcome: Outcome) -> CommandResult {
    cx.finish(out, scene.snapshot(), outcome)
}

/// The flows that are asked for, in the order that is asked for.
fn rows(args: &FlowsArgs, chosen: Chosen<'_>, cx: &Context) -> Result<Vec<FlowId>, Stop> {
    let bridge = chosen.bridge();
    let of_table = args.table.as_deref().map(|table| table_number(table, chosen)).transpose()?;
    let within = of_table.map(|id| {
        let mut flows = bridge.table(id).map(|t| t.flows.clone()).unwrap_or_default();
        flows.sort_unstable();
        flows
    });
    let mut rows = match args.filter.as_deref() {
        Some(text) => {
            let answer = answer(text, chosen, within.as_deref(), cx)?;
            cx.tell("filter", &answer.0, &answer.1.notes)?;
            answer.1.rows
        }
        None => within.unwrap_or_else(|| (0..bridge.flows.len() as FlowId).collect()),
    };
    if let Some(key) = args.sort {
        sort(&mut rows, key, bridge);
        if args.reverse {
            rows.reverse();
        }
    }
    if args.group.is_none() {
        rows.truncate(args.limit.unwrap_or(usize::MAX));
    }
    Ok(rows)
}

/// The flows that a filter holds for, with the text that its notes are about.
pub fn answer(
    text: &str,
    chosen: Chosen<'_>,
    within: Option<&[FlowId]>,
    cx: &Context,
) -> Result<(String, Answer), Stop> {
    let scope = Scope { aliases: &cx.config()?.settings.aliases, ..chosen.node.scope(chosen.at) };
    let filter = Filter::parse(text, &scope).map_err(|d| Failure::typed("filter", text, d))?;
    let scope = chosen.node.scope_of(chosen.at, &filter);
    Ok((filter.text().to_owned(), filter.answer(&scope, within, &Progress::default())))
}

/// The number of a table by number or name.
pub fn table_number(text: &str, chosen: Chosen<'_>) -> Result<u8, Failure> {
    let (naming, names) = (chosen.node.naming(chosen.at), &chosen.bridge().names);
    let number = text.parse().ok().or_else(|| names.table_number(text)).or_else(|| naming.table_number(text));
    number.ok_or_else(|| {
        let failure = Failure::usage(format!("there is no table `{text}`"));
        let known = naming.tables.iter().map(|word| &*word.name);
        match crate::base::diag::nearest(&text.to_uppercase(), known) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure.hint("tables go by number, 0 to 255, or by name; `ofscope tables SOURCE` lists them"),
        }
    })
}

fn sort(rows: &mut [FlowId], key: Sort, bridge: &Bridge) {
    let flow = |id: &FlowId| bridge.flow(*id);
    let stats = |id: &FlowId| flow(id).stats().unwrap_or_default();
    match key {
        Sort::Table => rows.sort_by_key(|id| (flow(id).table(), Reverse(flow(id).priority()))),
        Sort::Priority => rows.sort_by_key(|id| Reverse(flow(id).priority())),
        Sort::Packets => rows.sort_by_key(|id| Reverse(flow(id).n_packets())),
        Sort::Bytes => rows.sort_by_key(|id| Reverse(flow(id).n_bytes())),
        Sort::Age => rows.sort_by_cached_key(|id| Reverse(flow(id).stats().map(|s| s.duration_ns))),
        Sort::Idle => rows.sort_by_cached_key(|id| Reverse(stats(id).idle_age)),
        Sort::Cookie => rows.sort_by_key(|id| flow(id).cookie()),
    }
}

/// Flows on their way to standard output.
struct Sheet<'a> {
    chosen: Chosen<'a>,
    rows: &'a [FlowId],
    origin: Origin,
    out: &'a mut Stdout,
}

impl Sheet<'_> {
    /// Prints the flows as the dump has them.
    fn lines(&mut self) {
        let bridge = self.chosen.bridge();
        for id in self.rows {
            // Most dumps go to files and pipes: there the line is all that is needed.
            match self.out.dress().color {
                true => paint_line(bridge.flow(*id), &bridge.names, self.out),
                false => self.out.text(&bridge.flow(*id).line_text(&bridge.names)),
            }
            self.out.text("\n");
            if !self.out.is_open() {
                return;
            }
        }
    }

    fn json(&mut self, filter: Option<&str>) {
        let head = json!({
            "node": &*self.chosen.node.node().name,
            "bridge": &*self.chosen.bridge().name,
            "filter": filter,
            "count": self.rows.len(),
        });
        // A document of a million flows is written as it is made.
        let head = format!("{:#}", json::document("flows", head));
        let head = head.trim_end_matches(['}', '\n']);
        self.out.bytes(format!("{head},\n  \"flows\": [").as_bytes());
        for (n, id) in self.rows.iter().enumerate() {
            let flow = json::flow(self.chosen, *id, &self.origin).to_string();
            self.out.bytes(format!("{}\n    {flow}", if n > 0 { "," } else { "" }).as_bytes());
            if !self.out.is_open() {
                return;
            }
        }
        self.out.bytes(if self.rows.is_empty() { b"]\n}\n" } else { b"\n  ]\n}\n" });
    }

    fn jsonl(&mut self) {
        for id in self.rows {
            let flow: Value = json::flow(self.chosen, *id, &self.origin);
            self.out.bytes(format!("{flow}\n").as_bytes());
            if !self.out.is_open() {
                return;
            }
        }
    }

    fn ofctl(&mut self, format: Format) {
        let bridge = self.chosen.bridge();
        for id in self.rows {
            let row = bridge.flow(*id);
            paint_ofctl(&row.to_flow(), names_of(row, &bridge.names), format, self.out);
            self.out.text("\n");
            if !self.out.is_open() {
                return;
            }
        }
    }

    fn columns(&mut self, wanted: &[Column], width: usize) {
        let heads: Vec<(&'static str, Side)> = wanted.iter().map(|column| column.head()).collect();
        let mut columns = Columns::new(&heads);
        for id in self.rows {
            columns.push(wanted.iter().map(|column| column.field(self.chosen, *id)));
        }
        columns.paint(width, self.out);
    }
}

impl Column {
    fn head(self) -> (&'static str, Side) {
        match self {
            Column::Id => ("ID", Side::Left),
            Column::Table => ("TBL", Side::Right),
            Column::Name => ("NAME", Side::Left),
            Column::Priority => ("PRIO", Side::Right),
            Column::Packets => ("PACKETS", Side::Right),
            Column::Bytes => ("BYTES", Side::Right),
            Column::Age => ("AGE", Side::Right),
            Column::Idle => ("IDLE", Side::Right),
            Column::Cookie => ("COOKIE", Side::Left),
            Column::Match => ("MATCH", Side::Left),
            Column::Actions => ("ACTIONS", Side::Left),
            Column::Owner => ("OWNER", Side::Left),
        }
    }

    fn field(self, chosen: Chosen<'_>, id: FlowId) -> super::columns::Field {
        let bridge = chosen.bridge();
        let row = bridge.flow(id);
        let stats = row.stats();
        let seconds = |n: Option<u64>| n.map(short_duration).unwrap_or_default();
        match self {
            Column::Id => field(Role::Accent, bridge.ids().short(FlowHash::of(row))),
            Column::Table => field(Role::Goto, row.table().to_string()),
            Column::Name => {
                let word = chosen.node.naming(chosen.at).table(row.table());
                field(Role::Goto, word.map_or("", |word| &word.name))
            }
            Column::Priority => count(Some(row.priority().into())),
            Column::Packets => field(Role::Text, row.n_packets().map(short_count).unwrap_or_default()),
            Column::Bytes => field(Role::Text, row.n_bytes().map(short_count).unwrap_or_default()),
            Column::Age => field(Role::Text, seconds(stats.map(|s| s.duration_ns / 1_000_000_000))),
            Column::Idle => field(Role::Text, seconds(stats.and_then(|s| s.idle_age).map(u64::from))),
            Column::Cookie => field(Role::Text, format!("{:#x}", row.cookie())),
            Column::Match => {
                let mut text = String::new();
                row.paint_match(names_of(row, &bridge.names), &mut text);
                field(Role::Text, if text.is_empty() { "any" } else { &text })
            }
            Column::Actions => field(Role::Text, &row.action_list().text),
            Column::Owner => {
                let owners = chosen.node.owners(chosen.at).of(id);
                field(Role::Text, owners.first().map(crate::model::owner::Owner::label).unwrap_or_default())
            }
        }
    }
}

/// Prints a flow as its dump has it, in colour as far as it is understood.
pub fn paint_line(row: FlowRef<'_>, names: &Names, p: &mut impl Painter) {
    if let Some(text) = row.verbatim() {
        return p.text(text);
    }
    let flow = row.to_flow();
    paint_before_actions(&flow, &row.shape().plan, row.head(), names, p);
    p.dim("actions=");
    let text = &row.action_list().text;
    let actions = row.actions();
    let named = names_of(row, names);
    // Actions are painted from what they mean, which must be what stands in the dump.
    let painter = [named, Names::none(), names].into_iter().find(|names| {
        let mut compare = Compare::with(text);
        actions.paint(names, &mut compare);
        compare.is_same()
    });
    match painter {
        Some(names) => actions.paint(names, p),
        None => p.text(text),
    }
}

/// Prints a flow as a line for `ovs-ofctl add-flows`, which adds it or deletes exactly it.
pub fn paint_ofctl(flow: &Flow, names: &Names, format: Format, p: &mut impl Painter) {
    let mut head = String::new();
    match format {
        Format::Ofctl => flow.paint_head(Style::NoStats, names, &mut head),
        Format::OfctlDel => head.push_str(&format!("delete_strict table={},", flow.table)),
    }
    paint_ofctl_line(head.trim_start(), flow, names, format == Format::Ofctl, p);
}

/// Prints what stands in front of the priority, the match, and the actions where they are wanted. Words of the match that
/// nobody knows here stand in it too: without them it would be another flow.
pub fn paint_ofctl_line(head: &str, flow: &Flow, names: &Names, with_actions: bool, p: &mut impl Painter) {
    let mut text = format!("{head}priority={}", flow.priority);
    let matches = flow.match_text(names);
    let matches = std::iter::once(matches.as_str()).chain(flow.residue.iter().map(|word| &**word));
    for part in matches.filter(|part| !part.is_empty()) {
        text.push(',');
        text.push_str(part);
    }
    if with_actions {
        text.push_str(" actions=");
        flow.actions.paint(names, &mut text);
    }
    p.text(&text);
}

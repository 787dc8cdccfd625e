//! `ofscope show`: one flow of a bridge, with all that is known of it.

use clap::Args;
use serde_json::{Value, json};

use super::context::{Chosen, Context};
use super::failure::{CommandResult, Failure, Outcome, Stop};
use super::flows::{answer, paint_line};
use super::json::{self as answers, Origin, plain};
use super::wrap::wrap;
use crate::base::number::grouped;
use crate::base::paint::{Painter, Pieces, Role};
use crate::base::safe::visible;
use crate::explain::{self, Explanation, Reference, References};
use crate::model::bridge::FlowId;
use crate::model::id::{FlowHash, Prefix};
use crate::model::owner::Owner;

/// Show one flow: its line, what it matches and does in plain words, the flows before and after it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ofscope show dump.txt 9c41                          by its id, as `flows --columns id,match` prints it
  ofscope show dump.txt 'table=82,priority=77,tcp'    by its match
  ofscope show dump.txt ' cookie=0x1, duration=..'    by its whole line")]
pub struct ShowArgs {
    /// A dump, a directory of captures, `-` for standard input, or `demo:NAME`.
    pub source: String,
    /// The flow: its id, its match with table and priority, its whole line, or a filter that only it fits.
    #[arg(required = true, value_name = "FLOW")]
    pub flow: Vec<String>,
    /// How many flows before and after it are listed.
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub references: usize,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Shows the flow.
pub fn run(args: &ShowArgs, cx: &Context) -> CommandResult {
    let scene = cx.open(Some(&args.source))?;
    let chosen = cx.bridge(&scene)?;
    let id = one(&args.flow.join(" "), chosen, cx)?;
    let origin = Origin::of(&scene.snapshot().sources, chosen);
    let mut out = cx.out();
    let detail = Detail::of(chosen, id, origin, args.references);
    match args.json {
        true => out.bytes(answers::text(&answers::document("show", detail.json())).as_bytes()),
        false => detail.paint(cx.text_width(), &mut out),
    }
    cx.finish(out, scene.snapshot(), Outcome::Done)
}

/// The one flow that a text means.
pub(super) fn one(text: &str, chosen: Chosen<'_>, cx: &Context) -> Result<FlowId, Stop> {
    let found = find(text.trim(), chosen, cx)?;
    match found[..] {
        [] => {
            let name = &chosen.bridge().name;
            let failure = Failure { outcome: Outcome::No, ..Failure::usage(format!("no flow of {name} is `{text}`")) };
            Err(failure.hint("`ofscope flows SOURCE --columns id,table,match` lists the ids").into())
        }
        [id] => Ok(id),
        _ => Err(several(text, &found, chosen)),
    }
}

/// The flows that a text may mean: an id first, then a filter.
fn find(text: &str, chosen: Chosen<'_>, cx: &Context) -> Result<Vec<FlowId>, Stop> {
    let by_id = Prefix::parse(text).filter(|_| text.len() >= 2);
    let by_id: Vec<FlowId> = by_id.map(|prefix| chosen.bridge().ids().find(prefix).collect()).unwrap_or_default();
    if !by_id.is_empty() {
        return Ok(by_id);
    }
    match answer(text, chosen, None, cx) {
        Ok((_, answer)) => Ok(answer.rows),
        // A word of digits that is no filter either is an id that nothing has.
        Err(_) if Prefix::parse(text).is_some() => Ok(Vec::new()),
        Err(failure) => Err(failure),
    }
}

/// The complaint that several flows are meant, with their ids.
fn several(text: &str, found: &[FlowId], chosen: Chosen<'_>) -> Stop {
    const SHOWN: usize = 8;
    let bridge = chosen.bridge();
    let mut failure = Failure::usage(format!("`{text}` means {} flows", grouped(found.len() as u64)));
    for id in found.iter().take(SHOWN) {
        let row = bridge.flow(*id);
        let mut matches = String::new();
        row.paint_match(answers::names_of(row, &bridge.names), &mut matches);
        let line =
            format!("table={}, priority={},{matches} actions={}", row.table(), row.priority(), row.action_list().text);
        failure =
            failure.hint(format!("{}  {}", bridge.ids().short(FlowHash::of(row)), super::columns::cut(&line, 90)));
    }
    failure.hint("name one of them by its id").into()
}

/// A flow with all that is known of it.
struct Detail<'a> {
    chosen: Chosen<'a>,
    id: FlowId,
    origin: Origin,
    explanation: Explanation,
    references: References,
}

impl<'a> Detail<'a> {
    fn of(chosen: Chosen<'a>, id: FlowId, origin: Origin, limit: usize) -> Detail<'a> {
        let cx = chosen.node.explain(chosen.at);
        let index = chosen.node.bridges()[chosen.at].index();
        let references = explain::references(chosen.bridge(), index, id, limit);
        Detail { chosen, id, origin, explanation: explain::flow(&cx, id), references }
    }

    fn paint(&self, width: usize, p: &mut impl Painter) {
        let bridge = self.chosen.bridge();
        let row = bridge.flow(self.id);
        let node = &self.chosen.node.node().name;
        p.put(Role::Accent, &format!("flow {}", bridge.ids().short(FlowHash::of(row))));
        p.text(&format!(" of {node} {}, table ", bridge.name));
        p.put(Role::Goto, &row.table().to_string());
        if let Some(word) = self.chosen.node.naming(self.chosen.at).table(row.table()) {
            p.put(Role::Goto, &format!(" {}", word.name));
        }
        p.text(&format!(", priority {}\n", row.priority()));
        p.dim(&format!("{}:{}\n\n", self.origin.file(), row.line()));
        paint_line(row, &bridge.names, p);
        p.text("\n");
        paint_explanation(&self.explanation, width, p);
        paint_owners(&self.chosen.node.owners(self.chosen.at).of(self.id), width, p);
        let others = [
            ("COMES FROM", &self.references.from, self.references.more_from),
            ("GOES ON TO", &self.references.to, self.references.more_to),
        ];
        for (head, list, more) in others {
            if !list.is_empty() {
                p.dim(&format!("\n{head}\n"));
                list.iter().for_each(|reference| self.paint_reference(reference, width, p));
                if more > 0 {
                    p.dim(&format!("  and {} more\n", grouped(more as u64)));
                }
            }
        }
    }

    fn paint_reference(&self, reference: &Reference, width: usize, p: &mut impl Painter) {
        let bridge = self.chosen.bridge();
        let row = bridge.flow(reference.flow);
        let id = bridge.ids().short(FlowHash::of(row));
        p.text("  ");
        p.put(Role::Accent, &id);
        p.put(Role::Goto, &format!(" {:>3}", row.table()));
        let packets = reference.packets.map_or("-".to_owned(), crate::base::number::short_count);
        p.text(&format!(" {packets:>6} pkts  "));
        let mut text = format!("{} ", row.priority());
        row.paint_match(super::json::names_of(row, &bridge.names), &mut text);
        text.push_str(&format!(" -> {}", row.action_list().text));
        p.text(&super::columns::cut(&text, width.saturating_sub(id.len() + 21)));
        p.text("\n");
    }

    fn json(&self) -> Value {
        let reference = |r: &Reference| {
            let mut flow = answers::flow(self.chosen, r.flow, &self.origin);
            flow["way"] = r.way.name().into();
            flow
        };
        let mut out = explanation_json(&self.explanation);
        out["flow"] = answers::flow(self.chosen, self.id, &self.origin);
        out["from"] = self.references.from.iter().map(reference).collect();
        out["more_from"] = self.references.more_from.into();
        out["to"] = self.references.to.iter().map(reference).collect();
        out["more_to"] = self.references.more_to.into();
        out
    }
}

/// Prints an explanation: the sentences, the fields, the actions, the notes.
pub fn paint_explanation(explanation: &Explanation, width: usize, p: &mut impl Painter) {
    p.text("\n");
    wrap(&explanation.summary, 0, 0, width, p);
    let fields: Vec<(String, &Pieces)> = explanation
        .fields
        .iter()
        .map(|f| (if f.value.is_empty() { f.name.to_string() } else { format!("{}={}", f.name, f.value) }, &f.means))
        .collect();
    p.dim("\nMATCHES\n");
    rows(&fields, width, p);
    if !explanation.rest.0.is_empty() {
        p.text("  ");
        wrap(&explanation.rest, 2, 2, width, p);
    }
    for need in &explanation.needs {
        p.text("  ");
        wrap(need, 2, 2, width, p);
    }
    let actions: Vec<(String, &Pieces)> =
        explanation.actions.iter().map(|a| (format!("{}{}", "  ".repeat(a.depth), a.text), &a.means)).collect();
    p.dim("\nDOES\n");
    rows(&actions, width, p);
    if !explanation.notes.is_empty() {
        p.dim("\nWORTH KNOWING\n");
    }
    for note in &explanation.notes {
        p.text("  ");
        wrap(note, 2, 2, width, p);
    }
}

/// Prints who wanted a flow, each with how that is known.
fn paint_owners(owners: &[Owner], width: usize, p: &mut impl Painter) {
    if owners.is_empty() {
        return;
    }
    let words: Vec<Pieces> = owners.iter().map(owner_words).collect();
    let list: Vec<(String, &Pieces)> = owners.iter().map(|o| o.kind.words()).zip(&words).collect();
    p.dim("\nASKED FOR BY\n");
    rows(&list, width, p);
}

/// What an owner is called and how that is known.
fn owner_words(owner: &Owner) -> Pieces {
    let mut words = Pieces::default();
    let name = if owner.name.is_empty() { &owner.id } else { &owner.name };
    words.put(Role::Text, &visible(name));
    if let Some(id) = owner.id_beside_name() {
        words.put(Role::Dim, &format!(" {}", visible(id)));
    }
    words.put(Role::Dim, &format!(" ({})", owner.why.name()));
    words
}

/// Prints words with their meanings beside them, or below those that are long.
fn rows(rows: &[(String, &Pieces)], width: usize, p: &mut impl Painter) {
    const WIDEST: usize = 30;
    let wide = rows.iter().map(|(word, _)| unicode_width::UnicodeWidthStr::width(word.as_str()));
    let column = wide.filter(|w| *w <= WIDEST).max().unwrap_or(0) + 4;
    for (word, means) in rows {
        let word_width = unicode_width::UnicodeWidthStr::width(word.as_str());
        p.text("  ");
        p.put(Role::Accent, word);
        if word_width > WIDEST {
            p.text("\n");
            p.text(&" ".repeat(column));
        } else {
            p.text(&" ".repeat(column - 2 - word_width));
        }
        wrap(means, column, column, width, p);
    }
}

/// An explanation as JSON.
pub fn explanation_json(explanation: &Explanation) -> Value {
    let fields = explanation.fields.iter().map(|f| json!({"name": f.name, "value": f.value, "means": plain(&f.means)}));
    let actions =
        explanation.actions.iter().map(|a| json!({"depth": a.depth, "text": a.text, "means": plain(&a.means)}));
    json!({
        "summary": plain(&explanation.summary),
        "fields": fields.collect::<Vec<_>>(),
        "rest": plain(&explanation.rest),
        "needs": explanation.needs.iter().map(plain).collect::<Vec<_>>(),
        "actions": actions.collect::<Vec<_>>(),
        "notes": explanation.notes.iter().map(plain).collect::<Vec<_>>(),
    })
}

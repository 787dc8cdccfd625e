//! What changed between two sources as the screen tells it: changes with the lines they take, and what packets showed.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::views::Spot;
use crate::diff::meaning::{Meaning, Place, meaning};
use crate::diff::{Aspect, Aspects, Diff, diff};
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::{Style, TableId};
use crate::session::{Choice, Chosen, Pair, Scene, Wanted, Ways, pairs};

/// The source that the one on the screen is compared with.
#[derive(Debug, Clone)]
pub struct Other {
    /// What it is called.
    pub name: Arc<str>,
    /// What was read.
    pub scene: Arc<Scene>,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compared {
    /// What two flows may differ in and be the same.
    pub ignore: Aspects,
    /// Whether groups, meters and ports are compared, by [`OTHERS`].
    pub others: [bool; 3],
}

/// What is compared beside flows.
pub const OTHERS: [&str; 3] = ["groups", "meters", "ports"];

impl Default for Compared {
    fn default() -> Compared {
        Compared { ignore: Aspects::ignored_by_default(), others: [true; 3] }
    }
}

/// What became of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sign {
    /// It is gone.
    Gone,
    /// It is new.
    New,
    /// It differs.
    Changed,
}

impl Sign {
    /// As rows have it.
    pub fn text(self) -> &'static str {
        match self {
            Sign::Gone => "-",
            Sign::New => "+",
            Sign::Changed => "~",
        }
    }
}

/// A flow that changed.
#[derive(Debug, Clone)]
pub struct Change {
    /// What became of it.
    pub sign: Sign,
    /// Its table.
    pub table: TableId,
    /// Its priority.
    pub priority: u32,
    /// Its number before.
    pub old: Option<FlowId>,
    /// Its number after.
    pub new: Option<FlowId>,
    /// What differs, if it is there on both sides.
    pub fields: Aspects,
    /// Who wanted it.
    pub owner: String,
    /// Changes that look alike have the same number, and stand below each other.
    pub run: usize,
}

/// A group, meter or port that differs.
#[derive(Debug, Clone)]
pub struct OtherChange {
    /// What and which: `group 5`.
    pub what: String,
    /// As it was.
    pub old: Option<String>,
    /// As it is.
    pub new: Option<String>,
}

/// What changed on a bridge.
#[derive(Debug)]
pub struct Differences {
    /// The bridge before.
    pub before: Arc<Bridge>,
    /// After.
    pub after: Arc<Bridge>,
    /// Where the bridge is in the source before: its node, and its place there.
    pub at_before: Option<Spot>,
    /// What was found.
    pub found: Diff,
    /// The flows that changed, by table and priority.
    pub changes: Vec<Change>,
    /// Each table with its name, and how many flows of it are gone, new and changed.
    pub tables: Vec<(TableId, String, [usize; 3])>,
    /// Everything else that changed.
    pub others: Vec<OtherChange>,
    /// Other bridges on which something changed, and how many flows.
    pub elsewhere: Vec<(Spot, usize)>,
}

/// A line of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// The heading of a table, as a place in [`Differences::tables`].
    Table(usize),
    /// The match of a change.
    Match(usize),
    /// Its actions before.
    Before(usize),
    /// Its actions after.
    After(usize),
    /// Its actions on both sides, where these stand beside each other.
    Both(usize),
    /// What else differs.
    Fields(usize),
    /// So many more changes of a run: the first one, and how many.
    More(usize, usize),
    /// Something else that changed.
    Other(usize),
    /// Another bridge on which something changed.
    Elsewhere(usize),
    /// What all packets showed.
    Sentence,
    /// A packet that fares otherwise: which, and which of its lines.
    Witness(usize, usize),
}

/// Of a run that is not opened, so many changes are shown.
pub const SHOWN: usize = 3;

/// Lines of a witness in front of the flows to blame.
pub const WITNESS: usize = 4;

/// The pair of the bridge that is on the screen.
fn pair<'a>(before: &'a Scene, after: &'a Scene, spot: &Spot) -> Option<Pair<'a>> {
    let choice = Choice { node: Some(&spot.node), bridge: Some(&spot.bridge) };
    let found = |choice| pairs(before, after, Wanted { choice, node_b: None }).ok();
    // A file has no node of its own, so its bridge is the one that is meant.
    let all = found(choice).or_else(|| found(Choice { bridge: Some(&spot.bridge), ..Choice::default() }))?;
    all.into_iter()
        .find(|pair| pair.b.is_some_and(|b| b.bridge().name == spot.bridge && b.node.node().name == spot.node))
}

/// Compares a bridge with what it was.
pub fn differences(before: &Scene, after: &Scene, spot: &Spot, compared: Compared) -> Option<Differences> {
    let pair = pair(before, after, spot)?;
    let is_asked = |word: &str| OTHERS.iter().zip(compared.others).all(|(name, is_on)| *name != word || is_on);
    let options = pair.options(compared.ignore, is_asked);
    let (a, b) = pair.bridges();
    let found = diff(a, b, &options);
    let mut changes = changes(a, b, &found, (pair.a, pair.b));
    changes.sort_by_key(|change| (change.table, Reverse(change.priority)));
    number_runs(&mut changes, a, b);
    let name = |id: TableId| {
        let word = |chosen: Chosen<'_>| chosen.node.naming(chosen.at).table(id).map(|word| word.name.to_string());
        pair.b.and_then(word).or_else(|| pair.a.and_then(word)).unwrap_or_default()
    };
    let mut tables: Vec<(TableId, String, [usize; 3])> = Vec::new();
    for change in &changes {
        if tables.last().is_none_or(|(id, ..)| *id != change.table) {
            tables.push((change.table, name(change.table), [0; 3]));
        }
        if let Some((_, _, counts)) = tables.last_mut() {
            counts[change.sign as usize] += 1;
        }
    }
    let mut others = Vec::new();
    for (word, all) in [("group", &found.groups), ("meter", &found.meters), ("port", &found.ports)] {
        let other = |change: &crate::diff::others::Change| OtherChange {
            what: format!("{word} {}", change.id),
            old: change.old.clone(),
            new: change.new.clone(),
        };
        others.extend(all.iter().map(other));
    }
    let spot_of =
        |chosen: Chosen<'_>| Spot { node: chosen.node.node().name.clone(), bridge: chosen.bridge().name.clone() };
    let whole = |chosen: Option<Chosen<'_>>| chosen.map(|chosen| chosen.bridge().clone()).unwrap_or_default();
    Some(Differences {
        before: whole(pair.a),
        after: whole(pair.b),
        at_before: pair.a.map(spot_of),
        changes,
        tables,
        others,
        elsewhere: elsewhere(before, after, spot, compared),
        found,
    })
}

/// Other bridges on which something changed.
fn elsewhere(before: &Scene, after: &Scene, spot: &Spot, compared: Compared) -> Vec<(Spot, usize)> {
    let all = pairs(before, after, Wanted::default()).unwrap_or_default();
    let others = all.into_iter().filter_map(|pair| {
        let b = pair.b?;
        let here = Spot { node: b.node.node().name.clone(), bridge: b.bridge().name.clone() };
        let (old, new) = pair.bridges();
        let found = diff(old, new, &pair.options(compared.ignore, |_| true));
        (here != *spot && !found.is_same()).then(|| (here, found.flows()))
    });
    others.collect()
}

fn changes(a: &Bridge, b: &Bridge, found: &Diff, chosen: (Option<Chosen<'_>>, Option<Chosen<'_>>)) -> Vec<Change> {
    let owner = |chosen: Option<Chosen<'_>>, id: FlowId| {
        let owners = chosen.map(|chosen| chosen.node.owners(chosen.at).of(id)).unwrap_or_default();
        owners.first().map(crate::model::owner::Owner::label).unwrap_or_default()
    };
    let change = |bridge: &Bridge, id: FlowId, sign, owner| {
        let flow = bridge.flow(id);
        let (table, priority, fields) = (flow.table(), flow.priority(), Aspects::default());
        Change { sign, table, priority, old: None, new: None, fields, owner, run: 0 }
    };
    let gone =
        found.removed.iter().map(|id| Change { old: Some(*id), ..change(a, *id, Sign::Gone, owner(chosen.0, *id)) });
    let differ = found.modified.iter().map(|m| Change {
        old: Some(m.old),
        new: Some(m.new),
        fields: m.fields,
        ..change(b, m.new, Sign::Changed, owner(chosen.1, m.new))
    });
    let new = found.added.iter().map(|id| Change { new: Some(*id), ..change(b, *id, Sign::New, owner(chosen.1, *id)) });
    gone.chain(differ).chain(new).collect()
}

/// Numbers runs: the same became of flows of one table and priority that match the same fields and have the same kinds
/// of actions.
fn number_runs(changes: &mut [Change], a: &Bridge, b: &Bridge) {
    let mut run = 0;
    for at in 1..changes.len() {
        let is_like = {
            let (one, next) = (&changes[at - 1], &changes[at]);
            let flow = |change: &Change| match (change.old, change.new) {
                (Some(old), None) => Some(a.flow(old)),
                (_, Some(new)) => Some(b.flow(new)),
                (None, None) => None,
            };
            let is_template = match (flow(one), flow(next)) {
                (Some(one), Some(next)) => {
                    let kinds = |flow: crate::model::store::FlowRef<'_>| -> Vec<_> {
                        flow.actions().0.iter().map(std::mem::discriminant).collect()
                    };
                    one.shape().masks == next.shape().masks && kinds(one) == kinds(next)
                }
                _ => false,
            };
            (one.sign, one.table, one.priority) == (next.sign, next.table, next.priority) && is_template
        };
        run += usize::from(!is_like);
        changes[at].run = run;
    }
}

impl Differences {
    /// The lines of the list; those of both sides beside each other, or below. Runs are folded but those in `open`.
    pub fn lines(&self, is_wide: bool, open: &BTreeSet<usize>) -> Vec<Line> {
        let mut lines = Vec::new();
        let (mut at, mut table) = (0, None);
        while at < self.changes.len() {
            let change = &self.changes[at];
            if table != Some(change.table) {
                table = Some(change.table);
                lines.extend(self.tables.iter().position(|(id, ..)| *id == change.table).map(Line::Table));
            }
            let run = self.changes[at..].iter().take_while(|other| other.run == change.run).count();
            let shown = if open.contains(&change.run) || run <= SHOWN + 1 { run } else { SHOWN };
            (at..at + shown).for_each(|one| self.change_lines(one, is_wide, &mut lines));
            if shown < run {
                lines.push(Line::More(at + shown, run - shown));
            }
            at += run;
        }
        lines.extend((0..self.others.len()).map(Line::Other));
        lines.extend((0..self.elsewhere.len()).map(Line::Elsewhere));
        lines
    }

    fn change_lines(&self, at: usize, is_wide: bool, lines: &mut Vec<Line>) {
        let change = &self.changes[at];
        lines.push(Line::Match(at));
        let does_otherwise = change.fields.contains(Aspect::Actions);
        match change.sign {
            _ if is_wide => lines.push(Line::Both(at)),
            Sign::Gone => lines.push(Line::Before(at)),
            Sign::New => lines.push(Line::After(at)),
            Sign::Changed if does_otherwise => lines.extend([Line::Before(at), Line::After(at)]),
            Sign::Changed => {}
        }
        if change.fields.iter().any(|aspect| aspect != Aspect::Actions) {
            lines.push(Line::Fields(at));
        }
    }

    /// The flow that a change is shown by: the one after, or the one that is gone.
    pub fn flow(&self, at: usize) -> Option<(&Arc<Bridge>, FlowId)> {
        let change = self.changes.get(at)?;
        change.new.map(|id| (&self.after, id)).or(change.old.map(|id| (&self.before, id)))
    }

    /// What differs in counters and cookies only, in words.
    pub fn ignored(&self) -> String {
        let told = |(aspect, name, _): &(Aspect, &str, bool)| {
            let n = self.found.ignored[*aspect as usize];
            (n > 0).then(|| format!("{} in {name}", crate::base::number::grouped(n as u64)))
        };
        Aspect::ALL.iter().filter_map(told).collect::<Vec<_>>().join(", ")
    }
}

/// What packets showed of differences.
#[derive(Debug)]
pub struct Shown {
    /// What was found.
    pub meaning: Meaning,
    /// What was compared.
    pub differences: Arc<Differences>,
}

/// So many flows that changed are asked for packets.
const ASKED: usize = 100;

/// Looks for packets that fare otherwise.
pub fn shown(before: &Scene, after: &Scene, spot: &Spot, differences: Arc<Differences>) -> Option<Shown> {
    let (old, new) = (Ways::of(before), Ways::of(after));
    let (old, new) = (old.around(), new.around());
    let at = |scene: &Scene, spot: &Spot| {
        let (node, bridge) = spot.find(scene)?;
        Some((scene.nodes().iter().position(|one| std::ptr::eq(one, node))?, bridge))
    };
    let (from, to) = (at(before, differences.at_before.as_ref()?)?, at(after, spot)?);
    let before = Place { cx: &old[from.0], bridge: from.1 };
    let after = Place { cx: &new[to.0], bridge: to.1 };
    Some(Shown { meaning: meaning(before, after, &differences.found, ASKED), differences })
}

impl Shown {
    /// The lines of the list.
    pub fn lines(&self) -> Vec<Line> {
        let of = |(at, witness): (usize, &crate::diff::meaning::Witness)| {
            (0..WITNESS + witness.changed.len().min(SHOWN + 1)).map(move |line| Line::Witness(at, line))
        };
        let all = self.meaning.witnesses.iter().enumerate().flat_map(of);
        all.chain(std::iter::once(Line::Sentence)).collect()
    }
}

/// A report of both, for a file.
pub fn report(told: &Differences, shown: Option<&Shown>, sides: (&str, &str)) -> String {
    let mut text = format!("# {}: {} > {}\n", told.after.name, sides.0, sides.1);
    let mut table = None;
    for change in &told.changes {
        if table != Some(change.table) {
            table = Some(change.table);
            let named = told.tables.iter().find(|(id, ..)| *id == change.table).map_or("", |(_, name, _)| name);
            text += &format!("\n## {}\n\n", format!("table {} {named}", change.table).trim());
        }
        let line = |bridge: &Bridge, id: FlowId| {
            bridge.flow(id).to_flow().text(Style::NoStats, &bridge.names).trim().to_owned()
        };
        for (sign, bridge, id) in [("-", &told.before, change.old), ("+", &told.after, change.new)] {
            text += &id.map(|id| format!("    {sign} {}\n", line(bridge, id))).unwrap_or_default();
        }
    }
    for other in &told.others {
        text += &format!("\n## {}\n\n", other.what);
        for (sign, side) in [("-", &other.old), ("+", &other.new)] {
            text += &side.as_ref().map(|side| format!("    {sign} {side}\n")).unwrap_or_default();
        }
    }
    if let Some(Shown { meaning, .. }) = shown {
        text += "\n## meaning\n\n";
        for witness in &meaning.witnesses {
            text += &format!("    packet  {}\n", witness.packet.text());
            text += &format!("    before  {}\n    after   {}\n\n", witness.before.in_words(), witness.after.in_words());
        }
        text += &format!("{}\n", meaning.sentence());
    }
    let ignored = told.ignored();
    text += &if ignored.is_empty() { String::new() } else { format!("\nnot counted: {ignored}\n") };
    text
}

//! 5 Diff: what changed, side by side where there is room, and what packets showed of it.

use ratatui::layout::Rect;

use super::super::geometry::Frame;
use super::super::line::Row;
use super::super::state::State;
use super::super::told::differences::{Differences, Line, SHOWN, Shown, Sign, WITNESS};
use super::super::views::DiffView;
use super::sheet::Sheet;
use crate::base::number::grouped;
use crate::base::paint::{Painter, Role};
use crate::base::safe::visible;
use crate::base::words::counted;
use crate::diff::Aspect;
use crate::field::Names;
use crate::model::bridge::{Bridge, FlowId};
use crate::trace::paint::ct_state;

/// From this width on, both sides stand beside each other.
const SIDE_BY_SIDE: u16 = 120;

/// Whether both sides stand beside each other.
pub fn is_wide(view: &DiffView, body: Rect) -> bool {
    body.width >= SIDE_BY_SIDE && !view.shows_meaning
}

/// Where the rows are: below what was found, inside the boxes or below the headings.
pub fn list(view: &DiffView, body: Rect) -> Rect {
    let above = 2.min(body.height);
    let below = u16::from(is_wide(view, body));
    Rect { y: body.y + above, height: body.height.saturating_sub(above + below), ..body }
}

/// Draws it.
pub fn draw(state: &State, view: &DiffView, frame: &Frame, sheet: &mut Sheet<'_>) {
    let body = frame.body;
    let head = Rect { height: 1.min(body.height), ..body };
    let Some(other) = &state.other else {
        let said = match view.is_working {
            true => "the other source is being read",
            false => "c chooses the source to compare with: a file, a directory, or demo:NAME",
        };
        return sheet.row(head, &Row::of(Role::Dim, &format!(" {said}")));
    };
    let Some(told) = &view.told else {
        let said = if view.is_working { "comparing" } else { "the other source has no such bridge" };
        return sheet.row(head, &Row::of(Role::Dim, &format!(" {said}")));
    };
    sheet.lines(head, &[summary(view, told)]);
    let rows = list(view, body);
    let wide = is_wide(view, body);
    let half = body.width / 2;
    if wide {
        let box_of = |x, width| Rect { x, width, y: body.y + 1, height: body.height.saturating_sub(1) };
        let count = |bridge: &Bridge| counted(bridge.flows.len(), "flow");
        sheet.boxed(box_of(0, half), &format!("Before  {}", other.name), &count(&told.before), false);
        let after = format!("After  {}", state.scene.snapshot().sources.name);
        sheet.boxed(box_of(half, body.width - half), &after, &count(&told.after), false);
    } else if body.height > 1 {
        let heading = match view.shows_meaning {
            true => "    FATE                PACKET, AND BOTH WAYS",
            false => "     PRIO  - gone  + new  ~ does otherwise",
        };
        sheet.lines(Rect { y: body.y + 1, height: 1, ..body }, &[Row::of(Role::Dim, heading)]);
    }
    let is_same = told.found.is_same() && !view.shows_meaning;
    if view.lines.is_empty() || is_same && told.elsewhere.is_empty() {
        let inner = Rect { x: body.x + u16::from(wide), width: body.width.saturating_sub(u16::from(wide)), ..rows };
        return sheet.lines(inner, &nothing(view, told));
    }
    let window = view.cursor.window(view.lines.len(), usize::from(rows.height));
    for (y, at) in (rows.y..).zip(window) {
        let is_here = at == view.cursor.at;
        let line = view.lines[at];
        if !wide {
            let mut row = mark(is_here);
            row.append(match view.shows_meaning {
                true => witness(view.shown.as_deref(), line),
                false => narrow(told, line),
            });
            place(sheet, Rect { y, height: 1, ..body }, row, is_here);
            continue;
        }
        for (side, x, width) in [(0, 0, half), (1, half, body.width - half)] {
            let mut row = if side == 0 { mark(is_here) } else { Row::of(Role::Text, "  ") };
            row.append(beside(told, line, side));
            let inside = Rect { x: x + 1, y, width: width.saturating_sub(2), height: 1 };
            place(sheet, inside, row, is_here && side == 0);
        }
    }
}

fn mark(is_here: bool) -> Row {
    Row::of(Role::Accent, if is_here { "> " } else { "  " })
}

fn place(sheet: &mut Sheet<'_>, at: Rect, mut row: Row, is_here: bool) {
    row.fit(usize::from(at.width), sheet.look.glyphs.cut);
    if is_here { sheet.under_cursor(at, &row, true) } else { sheet.row(at, &row) }
}

/// What was found, in one line.
fn summary(view: &DiffView, told: &Differences) -> Row {
    let tab = |is_here: bool| if is_here { Role::Accent } else { Role::Dim };
    let mut row = Row::of(tab(!view.shows_meaning), " STRUCTURE  ");
    let n = told.changes.len();
    let of = told.before.flows.len().max(told.after.flows.len());
    row.put(
        if n == 0 { Role::Ok } else { Role::Warn },
        &if n == 0 { "no flow".to_owned() } else { counted(n, "flow") },
    );
    row.text(&format!(" {} of {}", if n > 1 { "differ" } else { "differs" }, grouped(of as u64)));
    row.dim("   [v] ");
    row.put(tab(view.shows_meaning), "MEANING  ");
    match &view.shown {
        Some(shown) if shown.meaning.witnesses.is_empty() => row.text(&shown.meaning.sentence()),
        Some(shown) => {
            row.put(Role::Warn, &counted(shown.meaning.witnesses.len(), "way"));
            row.text(" in which packets fare otherwise");
        }
        None => row.dim("not asked yet"),
    }
    row
}

/// What stands there if there is no row.
fn nothing(view: &DiffView, told: &Differences) -> Vec<Row> {
    let line = |role, text: &str| Row::of(role, &format!("  {text}"));
    if view.shows_meaning {
        return match &view.shown {
            Some(shown) => vec![line(Role::Ok, &shown.meaning.sentence())],
            None if view.is_working => vec![line(Role::Dim, "looking for packets that fare otherwise")],
            None => vec![line(Role::Dim, "nothing was compared yet")],
        };
    }
    let same = format!("no flow differs; {} the same", counted(told.found.same, "flow"));
    let mut rows = vec![line(Role::Ok, &same)];
    let ignored = told.ignored();
    if !ignored.is_empty() {
        rows.push(line(Role::Dim, &format!("not counted: {ignored} (c counts them)")));
    }
    rows
}

fn role(sign: Sign) -> Role {
    match sign {
        Sign::Gone => Role::Bad,
        Sign::New => Role::Ok,
        Sign::Changed => Role::Warn,
    }
}

/// The names that a flow was printed with.
fn names(bridge: &Bridge, id: FlowId) -> &Names {
    if bridge.flow(id).head().names { &bridge.names } else { Names::none() }
}

fn matching(bridge: &Bridge, id: FlowId, row: &mut Row) {
    let flow = bridge.flow(id);
    let before = row.width();
    flow.paint_match(names(bridge, id), row);
    flow.residue().iter().for_each(|word| row.text(&format!(" {word}")));
    if row.width() == before {
        row.dim("(any)");
    }
}

fn doing(bridge: &Bridge, id: FlowId, row: &mut Row) {
    bridge.flow(id).actions().paint(names(bridge, id), row);
}

/// A line where one side stands below the other.
fn narrow(told: &Differences, line: Line) -> Row {
    let mut row = Row::new();
    match line {
        Line::Table(at) => row.append(heading(told, at)),
        Line::Match(at) => {
            let change = &told.changes[at];
            row.put(role(change.sign), &format!("{} {:>5}  ", change.sign.text(), change.priority));
            if let Some((bridge, id)) = told.flow(at) {
                matching(bridge, id, &mut row);
            }
            if !change.owner.is_empty() {
                row.put(Role::Accent, &format!("  {}", change.owner));
            }
        }
        Line::Before(at) | Line::After(at) => {
            let change = &told.changes[at];
            let (bridge, id, sign) = match line {
                Line::Before(_) => (&told.before, change.old, Sign::Gone),
                _ => (&told.after, change.new, Sign::New),
            };
            let is_both = change.sign == Sign::Changed;
            row.put(role(sign), &format!("       {} ", if is_both { sign.text() } else { " " }));
            row.dim("actions=");
            id.into_iter().for_each(|id| doing(bridge, id, &mut row));
        }
        Line::Fields(at) => row.append(fields(told, at)),
        Line::Other(at) => {
            let other = &told.others[at];
            row.put(Role::Accent, &format!("{}  ", other.what));
            for (sign, side) in [(Sign::Gone, &other.old), (Sign::New, &other.new)] {
                if let Some(side) = side {
                    row.put(role(sign), &format!("{} ", sign.text()));
                    row.text(&format!("{}  ", visible(side)));
                }
            }
        }
        Line::More(at, n) => row.append(more(told, at, n)),
        Line::Elsewhere(at) => row.append(elsewhere(told, at)),
        Line::Both(_) | Line::Sentence | Line::Witness(..) => {}
    }
    row
}

/// A line of one side, where both stand beside each other.
fn beside(told: &Differences, line: Line, side: usize) -> Row {
    let mut row = Row::new();
    let of = |at: usize| {
        let change = &told.changes[at];
        if side == 0 { (&told.before, change.old, change) } else { (&told.after, change.new, change) }
    };
    match line {
        Line::Table(at) if side == 0 => row.append(heading(told, at)),
        Line::Elsewhere(at) if side == 0 => row.append(elsewhere(told, at)),
        Line::Match(at) => {
            if let (bridge, Some(id), change) = of(at) {
                row.put(role(change.sign), &format!("{} {:>5}  ", change.sign.text(), change.priority));
                matching(bridge, id, &mut row);
                if !change.owner.is_empty() {
                    row.put(Role::Accent, &format!("  {}", change.owner));
                }
            }
        }
        Line::Both(at) => {
            if let (bridge, Some(id), _) = of(at) {
                row.dim("           actions=");
                doing(bridge, id, &mut row);
            }
        }
        Line::Fields(at) if side == 1 => row.append(fields(told, at)),
        Line::Other(at) => {
            let other = &told.others[at];
            let (sign, text) = if side == 0 { (Sign::Gone, &other.old) } else { (Sign::New, &other.new) };
            if let Some(text) = text {
                row.put(role(sign), &format!("{} ", sign.text()));
                row.put(Role::Accent, &format!("{}  ", other.what));
                row.text(&visible(text));
            }
        }
        Line::More(at, n) if (side == 0) == told.changes[at].new.is_none() => row.append(more(told, at, n)),
        _ => {}
    }
    row
}

fn heading(told: &Differences, at: usize) -> Row {
    let (id, name, [gone, new, changed]) = &told.tables[at];
    let mut row = Row::of(Role::Goto, format!("T{id} {name}").trim_end());
    for (sign, n) in [(Sign::Gone, gone), (Sign::New, new), (Sign::Changed, changed)] {
        if *n > 0 {
            row.put(role(sign), &format!("  {}{}", sign.text(), grouped(*n as u64)));
        }
    }
    row
}

fn elsewhere(told: &Differences, at: usize) -> Row {
    let (spot, n) = &told.elsewhere[at];
    let mut row = Row::of(Role::Goto, &format!("{} of {}", spot.bridge, spot.node));
    row.text(&format!("  {} {}", counted(*n, "flow"), if *n == 1 { "differs" } else { "differ" }));
    row.dim(" (Enter goes there)");
    row
}

fn more(told: &Differences, at: usize, n: usize) -> Row {
    let change = &told.changes[at];
    let mut row = Row::of(role(change.sign), &format!("{} {:>5}  ", change.sign.text(), change.priority));
    row.dim(&format!("and {} like these (Enter shows them)", grouped(n as u64)));
    row
}

fn fields(told: &Differences, at: usize) -> Row {
    let change = &told.changes[at];
    let named: Vec<&str> = change.fields.iter().filter(|a| *a != Aspect::Actions).map(Aspect::name).collect();
    let mut row = Row::of(Role::Dim, "         differs in ");
    row.text(&named.join(", "));
    row
}

/// A line of a packet that fares otherwise.
fn witness(shown: Option<&Shown>, line: Line) -> Row {
    let Some(shown) = shown else { return Row::new() };
    let Line::Witness(at, part) = line else { return Row::of(Role::Dim, &shown.meaning.sentence()) };
    let witness = &shown.meaning.witnesses[at];
    let mut row = Row::new();
    match part {
        0 => {
            let (before, after) = (witness.before.verdict.name(), witness.after.verdict.name());
            row.put(Role::Warn, &format!("{:>2}  {before} > {after}", at + 1));
            row.dim(&format!("   {} to blame", counted(witness.changed.len(), "flow")));
        }
        1 => {
            row.dim("    packet  ");
            row.text(&witness.packet.text());
            for answer in &witness.ct_next {
                row.dim(" conntrack ");
                row.text(&ct_state(*answer));
            }
        }
        2 => {
            row.dim("    before  ");
            row.text(&witness.before.in_words());
        }
        3 => {
            row.dim("    after   ");
            row.text(&witness.after.in_words());
        }
        _ => {
            let told = &shown.differences;
            let Some(changed) = witness.changed.get(part - WITNESS) else { return row };
            let rest = witness.changed.len() - (part - WITNESS);
            if part - WITNESS == SHOWN && rest > 1 {
                row.dim(&format!("            and {}", counted(rest, "more flow")));
                return row;
            }
            let (sign, bridge, id) = match (changed.old, changed.new) {
                (Some(old), None) => (Sign::Gone, &told.before, old),
                (Some(_), Some(new)) => (Sign::Changed, &told.after, new),
                (None, Some(new)) => (Sign::New, &told.after, new),
                (None, None) => return row,
            };
            let flow = bridge.flow(id);
            row.put(role(sign), &format!("    {}       ", sign.text()));
            row.put(Role::Goto, &format!("T{} ", flow.table()));
            row.text(&format!("prio {}  ", flow.priority()));
            matching(bridge, id, &mut row);
        }
    }
    row
}

/// What the status line says.
pub fn status(view: &DiffView, row: &mut Row) {
    let Some(told) = &view.told else { return };
    for (at, (id, _, [gone, new, changed])) in told.tables.iter().take(6).enumerate() {
        row.text(if at > 0 { " | " } else { "" });
        row.put(Role::Goto, &format!("T{id}"));
        for (sign, n) in [(Sign::Gone, gone), (Sign::New, new), (Sign::Changed, changed)] {
            if *n > 0 {
                row.put(role(sign), &format!(" {}{n}", sign.text()));
            }
        }
    }
    if told.tables.len() > 6 {
        row.dim(&format!(" and {} tables", told.tables.len() - 6));
    }
    let ignored = told.ignored();
    if !ignored.is_empty() {
        row.dim(&format!("{}not counted: {ignored}", if told.tables.is_empty() { "" } else { " | " }));
    }
}

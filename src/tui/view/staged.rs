//! Screen 6: what is staged, what becomes of packets with it, and the editor above.

use ratatui::layout::Rect;

use super::super::geometry::WIDE;
use super::super::line::{Row, Wrapped};
use super::super::staged::StagedView;
use super::super::state::State;
use super::super::told::effect::{Change, Effect, PacketRow};
use super::super::update::staged_sign;
use super::super::views::Screen;
use super::edit;
use super::sheet::Sheet;
use crate::base::number::grouped;
use crate::base::paint::{Painter, Role};
use crate::base::safe::visible;
use crate::base::words::counted;
use crate::check::Severity;
use crate::dump::change_file;
use crate::field::Names;
use crate::model::change::{Edit, Replaced, Request};
use crate::model::flow::Flow;
use crate::model::group::Group;
use crate::model::meter::Meter;
use crate::session::staged::{Entry, Fate, Set};

/// Where everything stands.
#[derive(Debug, Clone, Copy)]
pub struct Places {
    /// The editor, while somebody types.
    pub editor: Option<Rect>,
    /// The requests.
    pub list: Rect,
    /// What becomes of packets.
    pub effect: Rect,
    /// What committing does.
    pub commit: Option<Rect>,
}

/// Where everything stands on the screen.
pub fn places(state: &State, view: &StagedView, body: Rect) -> Places {
    let is_wide = body.width >= WIDE;
    let side = if is_wide { (body.width * 2 / 5).clamp(44, 80) } else { 0 };
    let left = Rect { width: body.width - side, ..body };
    let wanted = view.editor.as_ref().map_or(0, |editor| edit::height(state, editor, left.width));
    let most = if is_wide { left.height.saturating_sub(5) } else { (left.height * 3 / 5).max(6) };
    let height = wanted.min(most).min(left.height);
    let editor = (height > 0).then_some(Rect { height, ..left });
    let below = Rect { y: left.y + height, height: left.height - height, ..left };
    let count = state.staged.of(&view.spot.node, &view.spot.bridge).map_or(0, Set::len) as u16;
    if is_wide {
        let commit = 9.min(body.height / 3);
        let right = Rect { x: left.right(), width: side, ..body };
        let effect = Rect { height: body.height - commit, ..right };
        let commit = Rect { y: effect.bottom(), height: commit, ..right };
        return Places { editor, list: below, effect, commit: Some(commit) };
    }
    // What the keys are is told while nothing is staged.
    let wanted = if count == 0 && editor.is_none() { 8 } else { count + 2 };
    let list = wanted.clamp(4, (below.height / 2).max(4)).min(below.height);
    let effect = Rect { y: below.y + list, height: below.height - list, ..below };
    Places { editor, list: Rect { height: list, ..below }, effect, commit: None }
}

/// Where the requests are, inside their box.
pub fn inner_list(state: &State, body: Rect) -> Rect {
    let Screen::Staged(view) = state.screen() else { return Rect::default() };
    let list = places(state, view, body).list;
    let (width, height) = (list.width.saturating_sub(2), list.height.saturating_sub(2));
    Rect { x: list.x + 1, y: list.y + 1, width, height }
}

/// Draws it.
pub fn draw(state: &State, view: &StagedView, body: Rect, sheet: &mut Sheet<'_>) {
    let places = places(state, view, body);
    if view.full.is_some() {
        let set = state.staged.of(&view.spot.node, &view.spot.bridge).filter(|set| !set.is_empty());
        return effect(view, set, body, sheet);
    }
    let set = state.staged.of(&view.spot.node, &view.spot.bridge).filter(|set| !set.is_empty());
    list(state, view, set, places.list, sheet);
    effect(view, set, places.effect, sheet);
    if let Some(at) = places.commit {
        commit(state, view, set, at, sheet);
    }
    if let (Some(editor), Some(at)) = (&view.editor, places.editor) {
        edit::draw(state, view, editor, at, body, sheet);
    }
}

fn list(state: &State, view: &StagedView, set: Option<&Set>, at: Rect, sheet: &mut Sheet<'_>) {
    let has_keys = view.editor.is_none();
    let note = match set {
        None => "",
        Some(set) if has_meters(set) => "sent in this order; no bundle takes meters",
        Some(_) => "sent in this order, as one bundle",
    };
    let inner = sheet.boxed(at, &format!("Staged for {}", view.spot.bridge), note, has_keys);
    let Some(set) = set else {
        let lines = [
            "Nothing is staged. Changes are put together here and looked at before anything is touched.",
            "a  types a new flow, group or meter; e and d on a flow elsewhere change and delete it",
            "E and D  change and delete a group or a meter",
            "r  reads a file of changes, as ovs-ofctl takes it",
        ];
        let rows: Vec<Row> = lines
            .iter()
            .flat_map(|line| {
                let mut wrapped = Wrapped::new(usize::from(inner.width).saturating_sub(1), 4);
                wrapped.put(Role::Dim, &format!(" {line}"));
                wrapped.finish()
            })
            .collect();
        return sheet.lines(inner, &rows);
    };
    let names = view.spot.bridge(state.base()).map(|b| b.names.clone());
    let names = names.as_deref().unwrap_or(Names::none());
    for (y, n) in (inner.y..).zip(view.cursor.window(set.len(), usize::from(inner.height))) {
        let is_here = n == view.cursor.at && has_keys;
        let (sign, role) = staged_sign(set, n);
        let mut row = Row::of(Role::Accent, if is_here { ">" } else { " " });
        row.put(Role::Dim, &format!("{:>2} ", n + 1));
        row.put(role, sign);
        row.text(" ");
        row.append(entry(&set.entries()[n], names));
        row.fit(usize::from(inner.width), sheet.look.glyphs.cut);
        let place = Rect { y, height: 1, ..inner };
        if is_here { sheet.under_cursor(place, &row, true) } else { sheet.row(place, &row) }
    }
    if has_keys && set.len() + 1 < usize::from(inner.height) {
        let place = Rect { y: inner.bottom() - 1, height: 1, ..inner };
        let keys = "   J K reorder  Enter edits  d takes off  Ctrl-s saves a file  y c for ovs-ofctl";
        sheet.lines(place, &[Row::of(Role::Dim, keys)]);
    }
}

/// Whether meters are among what is staged: no bundle takes them.
fn has_meters(set: &Set) -> bool {
    set.entries().iter().any(|entry| matches!(*entry.request, Request::Meter(_)))
}

/// A request in one line: what it is about, and what becomes of that.
fn entry(entry: &Entry, names: &Names) -> Row {
    let mut row = Row::new();
    let edit = match &entry.fate {
        Fate::Refused(refusal) => {
            row.put(Role::Bad, &format!("refused, {}: ", refusal.sentence));
            None
        }
        Fate::Conflict(conflict, edit) => {
            row.put(Role::Bad, &format!("{conflict}: "));
            Some(&**edit)
        }
        fate => fate.edit(),
    };
    if let Some(edit) = edit.filter(|edit| !edit.groups.is_empty() || !edit.meters.is_empty()) {
        others(edit, names, &mut row);
        return row;
    }
    let Some((edit, replaced)) = edit.and_then(|edit| Some((edit, edit.flows.first()?))) else {
        if edit.is_some_and(Edit::is_empty) {
            row.put(Role::Warn, "does nothing: ");
        }
        row.text(&change_file::line(&entry.request, names));
        return row;
    };
    if let Some(flow) = replaced.either() {
        row.put(Role::Goto, &format!("T{} ", flow.table));
        flow.matches.paint(flow.priority, names, &mut row);
        row.text("  ");
    }
    let actions = |flow: &Flow, row: &mut Row| flow.actions.paint(names, row);
    match (&replaced.before, &replaced.after) {
        (Some(before), Some(after)) if before.is_same_uncounted(after) => {
            actions(after, &mut row);
            row.put(Role::Warn, "  as it is already");
        }
        (Some(before), Some(after)) => {
            actions(before, &mut row);
            row.put(Role::Staged, "  ->  ");
            actions(after, &mut row);
        }
        (None, Some(after)) => actions(after, &mut row),
        (Some(before), None) => {
            actions(before, &mut row);
            if let Some(packets) = before.stats.and_then(|s| s.n_packets).filter(|n| *n > 0) {
                row.dim(&format!("  took {} packets", grouped(packets)));
            }
        }
        (None, None) => {}
    }
    if edit.flows.len() > 1 {
        row.put(Role::Warn, &format!("  and {} more", counted(edit.flows.len() - 1, "flow")));
    }
    row
}

/// What becomes of groups and meters, and which flows go along.
fn others(edit: &Edit, names: &Names, row: &mut Row) {
    for replaced in &edit.groups {
        let paint = |group: &Group, row: &mut Row| {
            row.dim(&format!("{} ", group.kind.name()));
            for bucket in &group.buckets {
                row.dim("[");
                bucket.paint_ways(names, row);
                row.dim("] ");
            }
            if group.buckets.is_empty() {
                row.put(Role::Warn, "no bucket ");
            }
        };
        let id = replaced.either().map_or(0, |group| group.id);
        row.put(Role::Goto, &format!("group {id} "));
        sides(replaced, |group, row| paint(group, row), row);
    }
    for replaced in &edit.meters {
        let id = replaced.either().map_or(0, |meter| meter.id);
        row.put(Role::Accent, &format!("meter {id} "));
        let words = |meter: &Meter, row: &mut Row| {
            let line = crate::dump::meters::line(meter);
            row.text(&format!("{} ", line.split_once(',').map_or("", |(_, words)| words)));
        };
        sides(replaced, words, row);
    }
    if !edit.flows.is_empty() {
        row.put(Role::Warn, &format!(" and {} with it", counted(edit.flows.len(), "flow")));
    }
}

/// What was there, and what is there then.
fn sides<T: PartialEq>(replaced: &Replaced<T>, paint: impl Fn(&T, &mut Row), row: &mut Row) {
    if let Some(before) = &replaced.before {
        paint(before, row);
    }
    match (&replaced.before, &replaced.after) {
        (Some(before), Some(after)) if before == after => row.put(Role::Warn, " as it is already"),
        (Some(_), Some(after)) => {
            row.put(Role::Staged, " ->  ");
            paint(after, row);
        }
        (None, Some(after)) => paint(after, row),
        (_, None) => {}
    }
}

fn effect(view: &StagedView, set: Option<&Set>, at: Rect, sheet: &mut Sheet<'_>) {
    let note = match &view.effect {
        Some(_) if !view.is_working => format!("F5, {} ms", view.took.1),
        _ => "F5".to_owned(),
    };
    let inner = sheet.boxed(at, "Effect on packets", &note, view.full.is_some());
    let rows = effect_text(view, set, usize::from(inner.width));
    if let Some(top) = view.full {
        return sheet.lines(inner, &rows[top.min(rows.len())..]);
    }
    let mut rows = rows;
    let height = usize::from(inner.height);
    if rows.len() > height && height > 1 {
        let more = rows.len() - height + 1;
        rows.truncate(height - 1);
        rows.push(Row::of(Role::Accent, &format!(" and {}: z shows all", counted(more, "line"))));
    }
    sheet.lines(inner, &rows);
}

/// How many rows of the effect lie beyond a whole screen.
pub fn effect_rows(state: &State, body: Rect) -> usize {
    let Screen::Staged(view) = state.screen() else { return 0 };
    if view.full.is_none() {
        return 0;
    }
    let set = state.staged.of(&view.spot.node, &view.spot.bridge).filter(|set| !set.is_empty());
    let rows = effect_text(view, set, usize::from(body.width.saturating_sub(2))).len();
    rows.saturating_sub(usize::from(body.height.saturating_sub(2)))
}

fn effect_text(view: &StagedView, set: Option<&Set>, width: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    match (&view.effect, set) {
        (Some(effect), _) => {
            rows.extend(packets(effect, width));
            rows.extend(checks(effect, width));
            rows.extend(rules(effect, width, view.full.is_some()));
            rows.extend(hits(effect, width, view.full.is_some()));
        }
        (None, _) if view.is_working => rows.push(Row::of(Role::Dim, " tracing packets before and after ..")),
        (None, Some(_)) => rows.push(Row::of(Role::Dim, " F5 traces packets before and after")),
        (None, None) => {
            let mut wrapped = Wrapped::new(width.saturating_sub(1), 1);
            let text = "Packets are traced here before and after the changes: those that you pin (m on screen 4), the \
                        last one that you traced, and some made for the flows that change.";
            wrapped.put(Role::Dim, &format!(" {text}"));
            rows.extend(wrapped.finish());
        }
    }
    rows
}

/// How many rules are named.
const RULES: usize = 8;

/// The rules of security groups, firewalls and ACLs that wanted the flows.
fn rules(effect: &Effect, width: usize, is_full: bool) -> Vec<Row> {
    let mut rows = Vec::new();
    for touched in effect.rules.iter().take(RULES) {
        if rows.is_empty() {
            rows.push(Row::of(Role::Dim, " Rules that wanted these flows"));
        }
        let mut row = Row::of(Role::Dim, &format!("   {}  ", touched.words()));
        row.put(Role::Accent, &visible(&touched.rule.label()));
        if !is_full {
            row.fit(width, "..");
        }
        rows.push(row);
    }
    if let Some(more) = effect.rules.len().checked_sub(RULES).filter(|more| *more > 0) {
        rows.push(Row::of(Role::Dim, &format!("   and {} more", counted(more, "rule"))));
    }
    rows
}

/// The flows that more or fewer of the packets meet.
fn hits(effect: &Effect, width: usize, is_full: bool) -> Vec<Row> {
    if effect.hits.is_empty() {
        return Vec::new();
    }
    let mut rows = vec![Row::of(Role::Dim, " Flows that more or fewer of these packets meet")];
    for hit in &effect.hits {
        let [now, then] = hit.counts;
        let mut row = Row::of(if then > now { Role::Ok } else { Role::Warn }, &format!("   {now} -> {then}  "));
        row.append(hit.flow.clone());
        if !is_full {
            row.fit(width, "..");
        }
        rows.push(row);
    }
    rows
}

fn packets(effect: &Effect, width: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    for (change, words) in Change::ALL {
        let all: Vec<&PacketRow> = effect.packets.iter().filter(|row| row.change == change).collect();
        let role = match change {
            Change::Saved => Role::Ok,
            Change::Lost => Role::Bad,
            Change::Elsewhere => Role::Warn,
            Change::OtherWay | Change::Same => Role::Dim,
        };
        if change == Change::Same {
            if !all.is_empty() {
                rows.push(Row::of(role, &format!(" {words}  {}", counted(all.len(), "packet"))));
            }
            continue;
        }
        if all.is_empty() {
            // That nothing is lost is worth a line, that nothing goes elsewhere is not.
            if matches!(change, Change::Saved | Change::Lost) {
                rows.push(Row::of(Role::Dim, &format!(" {words}  none")));
            }
            continue;
        }
        rows.push(Row::of(role, &format!(" {words}")));
        for one in all {
            let mut wrapped = Wrapped::new(width.saturating_sub(1), 4);
            wrapped.text(&format!("   {}", one.title));
            match one.made_for {
                Some(number) => wrapped.put(Role::Dim, &format!(" (made for {number})")),
                None => wrapped.put(Role::Accent, " (pinned)"),
            }
            rows.extend(wrapped.finish());
            let mut told = Wrapped::new(width.saturating_sub(1), 8);
            match change {
                Change::OtherWay => told.put(Role::Dim, &format!("      {}", one.turn)),
                _ => {
                    told.put(Role::Dim, &format!("      now  {}\n", one.fates[0]));
                    told.put(role, &format!("      then {}", one.fates[1]));
                }
            }
            rows.extend(told.finish());
        }
    }
    if effect.packets.is_empty() {
        rows = vec![Row::of(Role::Dim, " no packet to trace; m on screen 4 pins one")];
    }
    for (number, why) in &effect.without {
        let mut wrapped = Wrapped::new(width.saturating_sub(1), 4);
        wrapped.put(Role::Dim, &format!(" {number}: {why}"));
        rows.extend(wrapped.finish());
    }
    if effect.is_partial {
        rows.push(Row::of(Role::Warn, " stopped before its end"));
    }
    rows
}

fn checks(effect: &Effect, width: usize) -> Vec<Row> {
    let mut rows = vec![Row::of(Role::Dim, " Checks before sending")];
    for check in &effect.checks {
        let (sign, role) = match check.severity {
            Some(Severity::Error) => ("[!!]", Role::Bad),
            Some(Severity::Warning) => ("[!!]", Role::Warn),
            Some(Severity::Note) => ("[..]", Role::Dim),
            None => ("[ok]", Role::Ok),
        };
        let mut wrapped = Wrapped::new(width.saturating_sub(1), 6);
        wrapped.put(role, &format!(" {sign} "));
        wrapped.text(&check.text);
        rows.extend(wrapped.finish());
    }
    rows
}

fn commit(state: &State, view: &StagedView, set: Option<&Set>, at: Rect, sheet: &mut Sheet<'_>) {
    let inner = sheet.boxed(at, "Commit", "opens with :commit", false);
    let mut rows = Vec::new();
    let mut say = |key: &str, text: &str| {
        let mut wrapped = Wrapped::new(usize::from(inner.width).saturating_sub(1), 11);
        wrapped.put(Role::Dim, &format!(" {key:<10}"));
        wrapped.text(text);
        rows.extend(wrapped.finish());
    };
    say("to", &format!("{} on {}, in memory: this is a capture", view.spot.bridge, view.spot.node));
    say(
        "as",
        if set.is_some_and(has_meters) {
            "one bundle, and a command for each meter"
        } else {
            "one bundle, all or nothing"
        },
    );
    if let Some(set) = set {
        let back = set.change().invert();
        say("way back", &format!("{} ready; y u copies it", counted(back.edits.len(), "request")));
    }
    match &state.kept {
        Some((path, true)) => say("saved", &path.display().to_string()),
        Some((path, false)) => say("saved", &format!("{}, but changed since then", path.display())),
        None => say("by hand", "Ctrl-s saves a file for ovs-ofctl, y c copies the command"),
    }
    sheet.lines(inner, &rows);
}

/// The status line.
pub fn status(state: &State, view: &StagedView, row: &mut Row) {
    let Some(set) = state.staged.of(&view.spot.node, &view.spot.bridge).filter(|set| !set.is_empty()) else {
        return row.text("nothing is staged");
    };
    let counts = set.counts();
    row.text(&format!("{} staged:", set.len()));
    let parts =
        [(counts.added, "add", Role::Ok), (counts.modified, "mod", Role::Staged), (counts.deleted, "del", Role::Bad)];
    for (n, word, role) in parts.into_iter().filter(|(n, ..)| *n > 0) {
        row.put(role, &format!(" {n} {word}"));
    }
    if counts.refused > 0 {
        row.put(Role::Bad, &format!(" | {} would be refused", counts.refused));
    }
    match counts.conflicts {
        0 => row.dim(" | no conflict with what was read"),
        n => row.put(Role::Bad, &format!(" | {}", counted(n, "conflict"))),
    }
    if state.base.is_some() {
        row.put(Role::Staged, " | every screen shows the switch as it would be");
    }
}

//! Screen 8: the lessons; the task, its goals and why they are not reached, the learner's changes, hints.
//!
//! On a wide terminal the parts stand beside each other. On a narrow one the list and the page take turns.

use std::ops::Range;

use ratatui::layout::Rect;

use super::super::learn::{Desk, LearnView, Part};
use super::super::line::{Row, Wrapped};
use super::super::state::State;
use super::super::views::Screen;
use super::sheet::Sheet;
use crate::base::paint::{Painter, Role};
use crate::base::words::counted;
use crate::practice::lesson::Setting;
use crate::practice::{Lesson, Outcome, Track};

/// From this width on the lessons stand beside the page.
const BESIDE: u16 = 120;
/// How wide their list is then.
const LIST: u16 = 46;

/// Where the parts are.
#[derive(Debug, Clone, Copy)]
struct Panes {
    has_boxes: bool,
    list: Option<Rect>,
    page: Option<Rect>,
}

fn panes(state: &State, view: &LearnView, body: Rect) -> Panes {
    if body.width >= BESIDE {
        let list = Rect { width: LIST, ..body };
        let page = Rect { x: body.x + LIST, width: body.width - LIST, ..body };
        return Panes { has_boxes: true, list: Some(list), page: Some(page) };
    }
    let is_page = view.part == Part::Goals && state.learning.desk.is_some();
    Panes { has_boxes: false, list: (!is_page).then_some(body), page: is_page.then_some(body) }
}

fn inside(at: Rect, has_boxes: bool) -> Rect {
    match has_boxes {
        true => Rect::new(at.x + 1, at.y + 1, at.width.saturating_sub(2), at.height.saturating_sub(2)),
        false => at,
    }
}

/// How many rows of a part are on the screen.
pub fn height(state: &State, body: Rect, part: Part) -> usize {
    let Screen::Learn(view) = state.screen() else { return 0 };
    let panes = panes(state, view, body);
    let at = if part == Part::Lessons { panes.list } else { panes.page };
    at.map_or(0, |at| usize::from(inside(at, panes.has_boxes).height))
}

/// How many rows the page has.
pub fn page_len(state: &State, body: Rect) -> usize {
    let Screen::Learn(view) = state.screen() else { return 0 };
    let panes = panes(state, view, body);
    let width = panes.page.map_or(0, |at| usize::from(inside(at, panes.has_boxes).width));
    page(state, view, width).rows.len()
}

/// The first row of the page, so that the goal under the cursor is seen with what is told of it.
pub fn top(state: &State, body: Rect) -> usize {
    let Screen::Learn(view) = state.screen() else { return 0 };
    let panes = panes(state, view, body);
    let Some(at) = panes.page else { return 0 };
    let at = inside(at, panes.has_boxes);
    let page = page(state, view, usize::from(at.width));
    let height = usize::from(at.height);
    let most = page.rows.len().saturating_sub(height);
    let here = page.goals.get(view.cursors[Part::Goals as usize].at).cloned().unwrap_or_default();
    // The task stays in sight as long as the goal is, too.
    let lowest = here.end.saturating_sub(height).min(here.start);
    lowest.min(most)
}

/// What stands on the page.
struct Page {
    rows: Vec<Row>,
    /// The rows of each goal, with what is told of it.
    goals: Vec<Range<usize>>,
}

/// The page of the lesson that is worked at.
fn page(state: &State, view: &LearnView, width: usize) -> Page {
    let mut page = Page { rows: Vec::new(), goals: Vec::new() };
    let Some(desk) = &state.learning.desk else {
        welcome(state, width, &mut page.rows);
        return page;
    };
    let lesson = &desk.exercise.lesson;
    page.rows.push(Row::of(Role::Accent, &format!(" {}. {}", lesson.number, lesson.title)));
    paragraphs(&lesson.task, Role::Text, width, &mut page.rows);
    place(desk, &mut page.rows);
    goals(desk, view, width, &mut page);
    changes(state, desk, &mut page.rows);
    if desk.hints > 0 {
        heading("HINTS", &format!("{} of {}", desk.hints, lesson.hints.len()), &mut page.rows);
        for (at, hint) in lesson.hints.iter().take(desk.hints).enumerate() {
            wrapped(&format!("{}  ", at + 1), hint, Role::Text, width, &mut page.rows);
        }
    }
    if desk.shows_solution {
        heading("SOLUTION", "", &mut page.rows);
        let solution = &desk.exercise.solution;
        for line in solution.edits.lines().filter(|line| !line.trim().is_empty()) {
            wrapped("", line, Role::Staged, width, &mut page.rows);
        }
        for (question, answer) in lesson.questions.iter().zip(&solution.answers) {
            wrapped("", &format!("{}  {answer}", question.ask), Role::Staged, width, &mut page.rows);
        }
    }
    if desk.passed() || desk.shows_solution {
        heading("WHAT THERE WAS TO LEARN", "", &mut page.rows);
        paragraphs(&lesson.closing, Role::Text, width, &mut page.rows);
        for source in &lesson.sources {
            wrapped("see ", source, Role::Dim, width, &mut page.rows);
        }
    }
    page
}

/// What stands there before a lesson is opened.
fn welcome(state: &State, width: usize, rows: &mut Vec<Row>) {
    rows.push(Row::of(Role::Accent, " Practice"));
    let text = "Each lesson is a switch with a task. Change its flows with the same keys as anywhere; the goals are \
                checked by sending packets through them. Nothing here touches a real switch.";
    paragraphs(text, Role::Text, width, rows);
    let what = "Enter opens the lesson under the cursor.";
    paragraphs(what, Role::Accent, width, rows);
    if let Some(lesson) = chosen(state) {
        heading("THIS LESSON", "", rows);
        rows.push(Row::of(Role::Accent, &format!(" {}. {}", lesson.number, lesson.title)));
        paragraphs(&lesson.task, Role::Text, width, rows);
    }
}

/// The lesson under the cursor.
fn chosen(state: &State) -> Option<&Lesson> {
    let Screen::Learn(view) = state.screen() else { return None };
    let course = state.learning.course.as_ref()?;
    course.lessons.get(view.cursors[0].at).map(|lesson| &**lesson)
}

/// Which switch it is, and how to look at it.
fn place(desk: &Desk, rows: &mut Vec<Row>) {
    let exercise = &desk.exercise;
    let mut row = Row::of(Role::Dim, " on ");
    if let Some((node, at)) = exercise.place
        && let Some(node) = exercise.start.nodes.get(node)
        && let Some(bridge) = node.bridges.get(at)
    {
        let is_described = matches!(exercise.lesson.setting, Setting::Described(_));
        if !is_described {
            row.put(Role::Accent, &format!("{} ", node.name));
        }
        row.put(Role::Accent, &bridge.name);
        row.dim(&format!(": {}", counted(bridge.flows.len(), "flow")));
        let ports: Vec<String> = bridge.ports.iter().map(|p| format!("{} {}", p.number, p.name)).collect();
        if is_described && !ports.is_empty() {
            row.dim(&format!("; ports {}", ports.join(", ")));
        }
    } else {
        row.dim(&counted(exercise.start.nodes.len(), "node"));
    }
    rows.push(row);
}

fn heading(text: &str, note: &str, rows: &mut Vec<Row>) {
    rows.push(Row::new());
    let mut row = Row::of(Role::Accent, &format!(" {text}"));
    row.dim(&format!("  {note}"));
    rows.push(row);
}

/// Text in paragraphs; what is indented in the file is a list or a drawing, and stays as it is.
fn paragraphs(text: &str, role: Role, width: usize, rows: &mut Vec<Row>) {
    for (at, paragraph) in text.trim().split("\n\n").enumerate() {
        if at > 0 {
            rows.push(Row::new());
        }
        let mut words = String::new();
        for line in paragraph.lines() {
            match line.starts_with([' ', '-']) {
                true => {
                    flow_in(&mut words, role, width, rows);
                    wrapped("", line, role, width, rows);
                }
                false => {
                    words.push_str(line);
                    words.push(' ');
                }
            }
        }
        flow_in(&mut words, role, width, rows);
    }
}

fn flow_in(words: &mut String, role: Role, width: usize, rows: &mut Vec<Row>) {
    if !words.trim().is_empty() {
        wrapped("", words.trim(), role, width, rows);
    }
    words.clear();
}

fn wrapped(lead: &str, text: &str, role: Role, width: usize, rows: &mut Vec<Row>) {
    let mut lines = Wrapped::new(width.saturating_sub(2), lead.chars().count());
    lines.put(Role::Dim, lead);
    lines.put(role, text);
    rows.extend(lines.finish().into_iter().map(|line| {
        let mut row = Row::of(Role::Text, " ");
        row.append(line);
        row
    }));
}

/// The goals and the questions, and what is told of the one under the cursor.
fn goals(desk: &Desk, view: &LearnView, width: usize, page: &mut Page) {
    let note = match (&desk.graded, desk.grade()) {
        (None, _) => "being checked ..".to_owned(),
        (_, Some(grade)) => {
            let (reached, of) = grade.score();
            match desk.exercise.lesson.goals.is_empty() {
                true => format!("Enter answers: {reached} of {of}"),
                false => format!("checked by sending packets: {reached} of {of}"),
            }
        }
        (Some(_), None) => String::new(),
    };
    let title = match (desk.exercise.lesson.goals.is_empty(), desk.exercise.lesson.questions.is_empty()) {
        (true, _) => "QUESTIONS",
        (_, true) => "GOALS",
        _ => "GOALS AND QUESTIONS",
    };
    heading(title, &note, &mut page.rows);
    if let Some(Err(why)) = desk.graded.as_deref() {
        wrapped("", why, Role::Bad, width, &mut page.rows);
    }
    let lesson = &desk.exercise.lesson;
    let titles = lesson.goals.iter().map(|g| &g.title).chain(lesson.questions.iter().map(|q| &q.ask));
    let here = view.cursors[Part::Goals as usize].at;
    for (at, title) in titles.enumerate() {
        let outcome = desk.grade().and_then(|grade| grade.all().nth(at));
        let (sign, role) = match outcome.map(|o| o.passed) {
            Some(true) => ("[x]", Role::Ok),
            Some(false) => ("[ ]", Role::Warn),
            None => ("[..]", Role::Dim),
        };
        let is_here = at == here && view.part == Part::Goals;
        let begin = page.rows.len();
        let mut lines = Wrapped::new(width.saturating_sub(1), 6);
        lines.put(Role::Accent, if is_here { "> " } else { "  " });
        lines.put(role, &format!("{sign} "));
        lines.put(Role::Text, title);
        if let Some(outcome) = outcome {
            lines.put(Role::Dim, &format!("  {}", outcome.happened));
        }
        page.rows.extend(lines.finish());
        if let (true, Some(outcome)) = (is_here, outcome) {
            told(outcome, width, &mut page.rows);
        }
        page.goals.push(begin..page.rows.len());
    }
}

/// The packet of a goal, and why it fares otherwise.
fn told(outcome: &Outcome, width: usize, rows: &mut Vec<Row>) {
    let mut say = |lead: &str, text: &str, role: Role| {
        let mut lines = Wrapped::new(width.saturating_sub(1), 14);
        lines.put(Role::Dim, &format!("      {lead:<8}"));
        lines.put(role, text);
        rows.extend(lines.finish());
    };
    if !outcome.packet.is_empty() {
        say("packet", &outcome.packet, Role::Text);
    }
    for (at, why) in outcome.why.iter().enumerate() {
        say(if at == 0 { "why" } else { "" }, why, Role::Text);
    }
}

/// What the learner has staged.
fn changes(state: &State, desk: &Desk, rows: &mut Vec<Row>) {
    if desk.exercise.lesson.goals.is_empty() {
        return;
    }
    let sets: Vec<_> = state.staged.sets().iter().filter(|set| !set.is_empty()).collect();
    let count: usize = sets.iter().map(|set| set.len()).sum();
    let note = if count == 0 {
        "a adds a flow; d and e on the flows (3) delete and change them".to_owned()
    } else {
        counted(count, "change")
    };
    heading("YOUR CHANGES", &note, rows);
    let base = state.base();
    for set in sets {
        let Some(bridge) = base.snapshot().node(&set.node).and_then(|node| node.bridge(&set.bridge)) else { continue };
        if state.staged.sets().len() > 1 {
            rows.push(Row::of(Role::Dim, &format!(" on {} {}", set.node, set.bridge)));
        }
        for (at, line) in set.text(&bridge.names).lines().filter(|l| !l.starts_with('#')).enumerate() {
            let (sign, role) = super::super::update::staged_sign(set, at);
            let mut row = Row::of(role, &format!(" {sign} "));
            row.text(line);
            rows.push(row);
        }
    }
}

/// The lessons below the titles of their tracks, each with its place in the course.
fn lessons(state: &State, view: &LearnView, width: usize) -> Vec<(Row, Option<usize>)> {
    let mut rows = Vec::new();
    let Some(course) = &state.learning.course else { return rows };
    let mut track: Option<Track> = None;
    for (at, lesson) in course.lessons.iter().enumerate() {
        if track != Some(lesson.track) {
            if track.is_some() {
                rows.push((Row::new(), None));
            }
            track = Some(lesson.track);
            rows.push((Row::of(Role::Accent, &format!(" {}", lesson.track.title())), None));
        }
        let is_here = at == view.cursors[0].at;
        let done = state.learning.progress.of(&lesson.id);
        let desk = state.learning.desk.as_ref().filter(|desk| desk.exercise.lesson.id == lesson.id);
        let (role, word) = match (done.solved, desk, done.tries > 0) {
            (true, ..) => (Role::Ok, "done".to_owned()),
            (_, Some(desk), _) => {
                (Role::Warn, desk.grade().map_or("..".to_owned(), |g| format!("{}/{}", g.score().0, g.score().1)))
            }
            (_, None, true) => (Role::Warn, "tried".to_owned()),
            _ => (Role::Dim, String::new()),
        };
        let mut row = Row::of(Role::Accent, if is_here { ">" } else { " " });
        row.put(Role::Dim, &format!("{:>3} ", lesson.number));
        row.put(if desk.is_some() { Role::Accent } else { Role::Text }, &lesson.title);
        row.fit(width.saturating_sub(word.len() + 1), "..");
        row.pad(width.saturating_sub(word.len() + 1));
        row.put(role, &format!("{word} "));
        rows.push((row, Some(at)));
    }
    rows
}

/// The rows of the list that are on the screen.
fn window(rows: &[(Row, Option<usize>)], view: &LearnView, height: usize) -> Range<usize> {
    let here = rows.iter().position(|(_, at)| *at == Some(view.cursors[0].at)).unwrap_or(0);
    let top = here.saturating_sub(height / 2).min(rows.len().saturating_sub(height));
    top..(top + height).min(rows.len())
}

/// What is at a place of the screen: a lesson or a goal.
pub fn at(state: &State, body: Rect, x: u16, y: u16) -> Option<(Part, usize)> {
    let Screen::Learn(view) = state.screen() else { return None };
    let panes = panes(state, view, body);
    let row = |at: Option<Rect>| {
        let at = inside(at?, panes.has_boxes);
        let is_inside = (at.x..at.right()).contains(&x) && (at.y..at.bottom()).contains(&y);
        is_inside.then(|| (at, usize::from(y - at.y)))
    };
    if let Some((at, row)) = row(panes.list) {
        let rows = lessons(state, view, usize::from(at.width));
        let top = window(&rows, view, usize::from(at.height)).start;
        return Some((Part::Lessons, rows.get(top + row)?.1?));
    }
    let (at, row) = row(panes.page)?;
    let page = page(state, view, usize::from(at.width));
    let row = row + view.scroll.min(page.rows.len().saturating_sub(usize::from(at.height)));
    Some((Part::Goals, page.goals.iter().position(|goal| goal.contains(&row))?))
}

/// Draws it.
pub fn draw(state: &State, view: &LearnView, body: Rect, sheet: &mut Sheet<'_>) {
    let panes = panes(state, view, body);
    if let Some(at) = panes.list {
        let at = match panes.has_boxes {
            true => {
                let course = state.learning.course.as_ref();
                let of = course.map_or(0, |course| course.lessons.len());
                let is_solved = |lesson: &std::sync::Arc<Lesson>| state.learning.progress.of(&lesson.id).solved;
                let done = course.map_or(0, |course| course.lessons.iter().filter(|l| is_solved(l)).count());
                sheet.boxed(at, "Lessons", &format!("{done} of {of} done"), view.part == Part::Lessons)
            }
            false => at,
        };
        let rows = lessons(state, view, usize::from(at.width));
        for (y, (row, lesson)) in (at.y..).zip(&rows[window(&rows, view, usize::from(at.height))]) {
            let place = Rect { y, height: 1, ..at };
            match *lesson == Some(view.cursors[0].at) && view.part == Part::Lessons {
                true => sheet.under_cursor(place, row, true),
                false => sheet.row(place, row),
            }
        }
    }
    if let Some(at) = panes.page {
        let at = match panes.has_boxes {
            true => sheet.boxed(at, "Lesson", "", view.part == Part::Goals),
            false => at,
        };
        let page = page(state, view, usize::from(at.width));
        let height = usize::from(at.height);
        let top = view.scroll.min(page.rows.len().saturating_sub(height));
        let shown = &page.rows[top..(top + height).min(page.rows.len())];
        sheet.lines(at, shown);
        let here = page.goals.get(view.cursors[Part::Goals as usize].at).map_or(0, |goal| goal.start);
        if view.part == Part::Goals && !page.goals.is_empty() && (top..top + height).contains(&here) {
            sheet.cursor = Some((at.x, at.y + (here - top) as u16));
        }
    }
}

/// What the status line says.
pub fn status(state: &State, row: &mut Row) {
    match &state.learning.desk {
        None => {
            let count = state.learning.course.as_ref().map_or(0, |course| course.lessons.len());
            row.text(&counted(count, "lesson"));
            row.dim(" | Enter opens one");
        }
        Some(desk) => {
            let lesson = &desk.exercise.lesson;
            let (what, enter) = match (lesson.goals.is_empty(), lesson.questions.is_empty()) {
                (true, _) => ("answers", "Enter answers a question"),
                (_, true) => ("goals", "Enter traces a goal, s sends its packet"),
                _ => ("goals", "Enter traces a goal or answers a question"),
            };
            if let Some(grade) = desk.grade() {
                let (reached, of) = grade.score();
                row.put(if reached == of { Role::Ok } else { Role::Text }, &format!("{what} {reached}/{of}"));
            }
            let left = lesson.hints.len() - desk.hints;
            row.dim(&format!(" | {} left | {enter}", counted(left, "hint")));
        }
    }
}

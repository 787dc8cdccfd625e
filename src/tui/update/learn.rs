//! Screen 8: the course, and the lesson that somebody works at.
//!
//! A lesson's switch takes the place of what was read. What the learner changes is staged like any other change, and the
//! goals are checked on the switch as it would be, so the editor, the trace and the way back are those of every screen.

use std::sync::Arc;

use super::super::command::Id;
use super::super::geometry;
use super::super::job::Ask;
use super::super::layer::Purpose;
use super::super::learn::{Desk, Graded, LearnView, Part, Ready};
use super::super::msg::Effect;
use super::super::state::{Origin, State};
use super::super::told::{Asked, Given};
use super::super::view::{learn_height, learn_page_len};
use super::super::views::{Screen, Spot};
use super::nav::{self, Place};
use super::{layers, sandbox, staged};
use crate::base::paint::Role;
use crate::base::words::counted;
use crate::model::bridge::Bridge;
use crate::model::store::RowEdits;
use crate::practice::lesson::{GoalKind, Text};
use crate::practice::{Course, Note};
use crate::session::{Scene, Staged};

/// The view of screen 8.
fn view(state: &mut State) -> Option<&mut LearnView> {
    match state.screen_mut() {
        Screen::Learn(view) => Some(view),
        _ => None,
    }
}

/// Opens screen 8, at the goals if somebody works at a lesson.
pub fn open(state: &mut State, effects: &mut Vec<Effect>) {
    if !matches!(state.screen(), Screen::Learn(_)) {
        nav::go(state, Place::Learn, effects);
    }
}

/// Makes the view.
pub fn new(state: &mut State) -> LearnView {
    let course = course(state);
    let mut view = LearnView { follows: true, ..LearnView::default() };
    match &state.learning.desk {
        Some(desk) => {
            view.part = Part::Goals;
            view.spot = spot(desk);
            let at = course.lessons.iter().position(|lesson| lesson.id == desk.exercise.lesson.id);
            view.cursors[0].at = at.unwrap_or(0);
        }
        None => {
            // The first one that is not done.
            let open = course.lessons.iter().position(|lesson| !state.learning.progress.of(&lesson.id).solved);
            view.cursors[0].at = open.unwrap_or(0);
        }
    }
    view
}

/// The lessons.
pub fn course(state: &mut State) -> Arc<Course> {
    state.learning.course.get_or_insert_with(|| Arc::new(Course::built_in())).clone()
}

/// The bridge that a lesson is about; without a name if it is about none.
fn spot(desk: &Desk) -> Spot {
    let exercise = &desk.exercise;
    let found = exercise.place.and_then(|(node, at)| {
        let node = exercise.start.nodes.get(node)?;
        Some(Spot { node: node.name.clone(), bridge: node.bridges.get(at)?.name.clone() })
    });
    found.unwrap_or_default()
}

/// Asks for what the screen shows and does not know yet.
pub fn refresh(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(name) = state.learning.first.take() {
        return begin(state, &name, effects);
    }
    let Some(desk) = state.learning.desk.as_ref().filter(|desk| desk.graded.is_none()) else { return };
    let ask = Ask::Grade(desk.exercise.clone(), desk.answers.clone());
    let scene = as_it_would_be(state);
    let scene = match state.sending.is_empty() && state.sending.learned.is_empty() {
        true => scene,
        // Goals are about the flows that the learner made, whatever packets were sent meanwhile.
        false => Arc::new(without_sent(state, &scene)),
    };
    super::ask_of(state, scene, ask, effects);
}

/// The lesson's switch with what is staged.
fn as_it_would_be(state: &State) -> Arc<Scene> {
    let base = state.base();
    match state.staged.is_empty() {
        true => base.clone(),
        false if state.base.is_some() => state.scene.clone(),
        false => Arc::new(state.staged.as_it_would_be(base)),
    }
}

/// A scene without the flows that were learned and the connections that were made.
fn without_sent(state: &State, scene: &Scene) -> Scene {
    let mut snapshot = (**scene.snapshot()).clone();
    for (spot, key) in &state.sending.learned {
        let Some((node, at)) = spot.places(scene) else { continue };
        let bridge = &snapshot.nodes[node].bridges[at];
        let rows = bridge.table(key.table).map_or(&[][..], |table| &table.flows);
        let gone = rows.iter().copied().filter(|id| bridge.flow(*id).key() == *key).collect();
        let edits = RowEdits { gone, ..RowEdits::default() };
        let bridge = Bridge { flows: bridge.flows.edited(&edits, &bridge.names), ..(**bridge).clone() };
        Arc::make_mut(&mut snapshot.nodes[node]).bridges[at] = Arc::new(bridge);
    }
    if let Some(desk) = &state.learning.desk {
        for (node, begun) in snapshot.nodes.iter_mut().zip(&desk.exercise.start.nodes) {
            Arc::make_mut(node).connections.clone_from(&begun.connections);
        }
    }
    scene.moved(snapshot)
}

/// Begins a lesson by its name or number.
fn begin(state: &mut State, name: &str, effects: &mut Vec<Effect>) {
    let course = course(state);
    match course.lesson(name) {
        Ok(lesson) => {
            let at = course.lessons.iter().position(|other| other.id == lesson.id).unwrap_or(0);
            open_lesson(state, at, effects);
        }
        Err(_) => state.say(Role::Bad, format!("there is no lesson `{name}`")),
    }
}

/// Opens the lesson of a row.
fn open_lesson(state: &mut State, at: usize, effects: &mut Vec<Effect>) {
    let course = course(state);
    let Some(lesson) = course.lessons.get(at).cloned() else { return };
    if let Some(view) = view(state) {
        view.cursors[0].at = at;
    }
    let is_here = state.learning.desk.as_ref().is_some_and(|desk| desk.exercise.lesson.id == lesson.id);
    if is_here {
        if let Some(view) = view(state) {
            (view.part, view.follows) = (Part::Goals, true);
        }
        return;
    }
    if !state.staged.is_empty() && state.learning.desk.is_none() {
        let says =
            "changes are staged for what was read; 6 shows them: save them or take them off before a lesson begins";
        return state.say(Role::Warn, says);
    }
    super::ask(state, Ask::Lesson(course, lesson), effects);
}

/// A lesson is ready.
pub fn ready(state: &mut State, ready: Ready, effects: &mut Vec<Effect>) {
    let (exercise, scene) = match ready {
        Ok(ready) => ready,
        Err(found) => {
            let first = found.first().map(|l| format!("{}:{}: {}", l.file, l.line, l.diagnostic.message));
            return state.say(Role::Bad, format!("the lesson cannot be made ready: {}", first.unwrap_or_default()));
        }
    };
    let desk = Desk::new(exercise);
    let spot = spot(&desk);
    state.learning.desk = Some(desk);
    (state.staged, state.base, state.way_back) = (Staged::default(), None, None);
    state.sending = Default::default();
    state.origin = Origin::Sandbox;
    if let Some(view) = view(state) {
        *view = LearnView {
            spot,
            part: Part::Goals,
            cursors: [view.cursors[0], Default::default()],
            ..LearnView::default()
        };
        view.follows = true;
    }
    super::shown(state, scene.clone(), effects);
    effects.push(Effect::Warm(scene));
}

/// What the learner did has changed: the goals are checked again.
pub fn changed(state: &mut State) {
    if let Some(desk) = &mut state.learning.desk {
        (desk.graded, desk.is_begun) = (None, true);
    }
}

/// An attempt was graded.
pub fn graded(state: &mut State, graded: Arc<Graded>, effects: &mut Vec<Effect>) {
    let Some(desk) = &mut state.learning.desk else { return };
    let had_passed = state.learning.progress.of(&desk.exercise.lesson.id).solved;
    desk.graded = Some(graded);
    if !desk.is_begun {
        return;
    }
    let (id, passed) = (desk.exercise.lesson.id.clone(), desk.passed());
    note(state, &id, Note::Tried(passed), effects);
    if passed {
        let says = if had_passed {
            "every goal is reached"
        } else {
            "every goal is reached: the lesson is done; n opens the next one"
        };
        state.say(Role::Ok, says);
    }
}

fn note(state: &mut State, id: &str, note: Note, effects: &mut Vec<Effect>) {
    state.learning.progress.note(id, note);
    effects.push(Effect::Learned(id.to_owned(), note));
}

/// Takes the answer to the question under the cursor.
pub fn answer(state: &mut State, at: usize, text: &str, effects: &mut Vec<Effect>) {
    if let Some(answer) = state.learning.desk.as_mut().and_then(|desk| desk.answers.get_mut(at)) {
        text.trim().clone_into(answer);
    }
    changed(state);
    refresh(state, effects);
}

/// Does a command here; false if it means nothing here.
pub fn command(state: &mut State, id: Id, effects: &mut Vec<Effect>) -> bool {
    let body = geometry::frame(state).body;
    let Screen::Learn(view) = state.screen() else { return false };
    let part = view.part;
    let at = view.cursors[part as usize].at;
    match id {
        Id::Open if part == Part::Lessons => open_lesson(state, at, effects),
        Id::Open => enter(state, at, effects),
        Id::Trace => trace(state, at, effects),
        Id::Send => send(state, at, effects),
        Id::NextPane | Id::PreviousPane | Id::Back if part == Part::Goals => {
            if let Some(view) = self::view(state) {
                view.part = Part::Lessons;
            }
        }
        Id::NextPane | Id::PreviousPane if state.learning.desk.is_some() => {
            if let Some(view) = self::view(state) {
                (view.part, view.follows) = (Part::Goals, true);
            }
        }
        Id::NextPane | Id::PreviousPane => state.say(Role::Dim, "Enter opens the lesson under the cursor"),
        Id::NextLesson => next(state, effects),
        Id::Hint => hint(state, effects),
        Id::Solution => solution(state, effects),
        Id::ResetLesson => reset(state, effects),
        Id::PageDown | Id::PageUp | Id::HalfDown | Id::HalfUp if part == Part::Goals => {
            let height = learn_height(state, body, Part::Goals);
            let most = learn_page_len(state, body).saturating_sub(height);
            let by = if matches!(id, Id::PageDown | Id::PageUp) { height.max(2) - 1 } else { height / 2 + 1 };
            if let Some(view) = self::view(state) {
                let down = matches!(id, Id::PageDown | Id::HalfDown);
                view.scroll = if down { (view.scroll + by).min(most) } else { view.scroll.saturating_sub(by) };
                view.follows = false;
            }
        }
        _ => {
            let len = len(state, part);
            let height = learn_height(state, body, part);
            let Some(view) = self::view(state) else { return false };
            view.follows = true;
            return super::step(id, view.cursor(part), len, height);
        }
    }
    true
}

/// How many rows a part has.
pub fn len(state: &State, part: Part) -> usize {
    match part {
        Part::Lessons => state.learning.course.as_ref().map_or(0, |course| course.lessons.len()),
        Part::Goals => state.learning.desk.as_ref().map_or(0, Desk::rows),
    }
}

/// Enter on a goal traces it; on a question it is answered.
fn enter(state: &mut State, at: usize, effects: &mut Vec<Effect>) {
    let Some(desk) = &state.learning.desk else { return };
    let goals = desk.exercise.lesson.goals.len();
    match at.checked_sub(goals) {
        None => trace(state, at, effects),
        Some(question) => {
            let text = desk.answers.get(question).cloned().unwrap_or_default();
            layers::ask(state, "Your answer", &text, Purpose::Answer(question));
        }
    }
}

/// `t`: traces the packet of a goal, on the switch as it would be.
fn trace(state: &mut State, at: usize, effects: &mut Vec<Effect>) {
    let (asked, mut title) = match packet_of(state, at) {
        Ok(found) => found,
        Err(says) => return state.say(Role::Dim, says),
    };
    if let Some(given) = &asked.given {
        if !given.first.is_empty() {
            title = format!("after {}: {title}", counted(given.first.len(), "packet"));
        }
        if !given.down.is_empty() {
            title = format!("{} down: {title}", given.down.join(", "));
        }
    }
    if !state.staged.is_empty() && state.base.is_none() {
        staged::show_staged(state, effects);
    }
    nav::go(state, Place::Trace(asked, title), effects);
}

/// `s`: sends the packet of a goal at the switch as it would be.
fn send(state: &mut State, at: usize, effects: &mut Vec<Effect>) {
    match packet_of(state, at) {
        Ok((asked, _)) => {
            // What moves is looked at on the switch with the learner's flows.
            if !state.staged.is_empty() && state.base.is_none() {
                staged::show_staged(state, effects);
            }
            let scene = as_it_would_be(state);
            sandbox::send(state, &scene, asked, effects);
        }
        Err(says) => state.say(Role::Dim, says),
    }
}

/// The packet of a goal with everything that the goal says of it, and the goal's title; else why there is none.
fn packet_of(state: &State, at: usize) -> Result<(Asked, String), &'static str> {
    let desk = state.learning.desk.as_ref().ok_or("Enter opens a lesson")?;
    let grade = desk.grade().ok_or("no goal was checked yet")?;
    let outcome = grade.goals.get(at).ok_or("Enter answers a question; t traces the packet of a goal")?;
    let ((node, bridge), text) = outcome.start.clone().ok_or("this goal is not about one packet")?;
    let place = state.scene.nodes().get(node).and_then(|node| {
        let bridge = node.bridges().get(bridge)?.bridge();
        Some(Spot { node: node.node().name.clone(), bridge: bridge.name.clone() })
    });
    let spot = place.ok_or("the bridge of the goal is gone")?;
    let mut asked = Asked { spot, text, answers: outcome.ct_next.clone(), ..Asked::default() };
    if let Some(GoalKind::Packet(goal)) = desk.exercise.lesson.goals.get(at).map(|goal| &goal.kind) {
        let texts = |texts: &[Text]| texts.iter().map(|text| text.value.clone()).collect::<Vec<_>>();
        let given = Given { first: texts(&goal.first), down: texts(&goal.down) };
        asked.given = (given != Given::default()).then(|| Arc::new(given));
    }
    Ok((asked, outcome.title.clone()))
}

/// `n`: the next lesson that is not done, else the next one.
fn next(state: &mut State, effects: &mut Vec<Effect>) {
    let course = course(state);
    let here = match &state.learning.desk {
        Some(desk) => course.lessons.iter().position(|lesson| lesson.id == desk.exercise.lesson.id),
        None => None,
    };
    let from = here.map_or(0, |at| at + 1);
    let is_open = |at: &usize| !state.learning.progress.of(&course.lessons[*at].id).solved;
    let at = (from..course.lessons.len()).find(is_open).or_else(|| (from < course.lessons.len()).then_some(from));
    match at {
        Some(at) => open_lesson(state, at, effects),
        None => state.say(Role::Ok, "this was the last lesson"),
    }
}

/// `H`: one more hint.
fn hint(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(desk) = &mut state.learning.desk else { return state.say(Role::Dim, "Enter opens a lesson") };
    let all = desk.exercise.lesson.hints.len();
    if desk.hints == all {
        return state.say(Role::Warn, "there is no other hint; S shows the solution");
    }
    desk.hints += 1;
    let (id, hints) = (desk.exercise.lesson.id.clone(), desk.hints);
    note(state, &id, Note::Hinted(hints as u32), effects);
    to_the_end(state);
}

/// `S`: the solution, and what there was to be learnt.
fn solution(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(desk) = &mut state.learning.desk else { return state.say(Role::Dim, "Enter opens a lesson") };
    desk.shows_solution = !desk.shows_solution;
    if desk.shows_solution {
        let id = desk.exercise.lesson.id.clone();
        note(state, &id, Note::Shown, effects);
        to_the_end(state);
    }
}

/// Scrolls the page to its end, where hints and the solution stand.
fn to_the_end(state: &mut State) {
    let body = geometry::frame(state).body;
    let most = learn_page_len(state, body).saturating_sub(learn_height(state, body, Part::Goals));
    if let Some(view) = view(state) {
        (view.part, view.scroll, view.follows) = (Part::Goals, most, false);
    }
}

/// `R`: the lesson from its beginning.
fn reset(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(desk) = &state.learning.desk else { return state.say(Role::Dim, "Enter opens a lesson") };
    let id = desk.exercise.lesson.id.clone();
    let course = course(state);
    let Some(lesson) = course.lessons.iter().find(|lesson| lesson.id == id).cloned() else { return };
    super::ask(state, Ask::Lesson(course, lesson), effects);
    state.say(Role::Ok, "the lesson begins again");
}

/// Brings the cursors into sight.
pub fn settle(state: &mut State) {
    let body = geometry::frame(state).body;
    for part in [Part::Lessons, Part::Goals] {
        let (len, height) = (len(state, part), learn_height(state, body, part));
        if let Some(view) = view(state) {
            view.cursor(part).show(len, height);
        }
    }
    if matches!(state.screen(), Screen::Learn(view) if view.follows) {
        let top = super::super::view::learn_top(state, body);
        if let Some(view) = view(state) {
            view.scroll = top;
        }
    }
}

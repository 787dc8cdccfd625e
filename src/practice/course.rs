//! The course: the lessons inside the program, or those of a directory.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::exercise::{Attempt, Exercise};
use super::grade::Wrong;
use super::lesson::{Goal, GoalKind, Lesson, Text};
use super::load;
use crate::base::diag::{Diagnostic, Located, nearest};
use crate::base::progress::Progress;
use crate::base::span::Span;
use crate::dump::archive::LoadError;
use crate::model::snapshot::{Snapshot, Sources};
use crate::session::{self, Scene, Source};

mod texts {
    include!(concat!(env!("OUT_DIR"), "/lessons.rs"));
}

/// Some lessons, in their order.
#[derive(Debug, Clone, Default)]
pub struct Course {
    /// The lessons, by number.
    pub lessons: Vec<Arc<Lesson>>,
    /// Where their files lie; `None` for those inside the program.
    pub dir: Option<PathBuf>,
    /// What is wrong with files that could not be read.
    pub found: Vec<Located>,
}

impl Course {
    /// The lessons inside the program.
    pub fn built_in() -> Course {
        let mut course = Course::default();
        for (name, text) in texts::TEXTS {
            course.add(name, text);
        }
        course.sorted()
    }

    /// The lessons of a directory: its files that end in `.toml`.
    pub fn of_dir(dir: &Path) -> io::Result<Course> {
        let mut course = Course { dir: Some(dir.to_owned()), ..Course::default() };
        let mut paths: Vec<PathBuf> = fs::read_dir(dir)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.retain(|path| path.extension().is_some_and(|e| e == "toml"));
        paths.sort();
        for path in paths {
            let text = text_of(&path)?;
            course.add(&path.to_string_lossy(), &text);
        }
        Ok(course.sorted())
    }

    fn add(&mut self, name: &str, text: &str) {
        match load::read(name, text) {
            Ok(lesson) => {
                let twin = self.lessons.iter().find(|other| other.id == lesson.id || other.number == lesson.number);
                if let Some(other) = twin {
                    let message = format!("{} is lesson {} `{}`, too", other.file.name, other.number, other.id);
                    self.found.push(lesson.file.located(Diagnostic::error("lesson-twice", Span::default(), message)));
                }
                self.lessons.push(Arc::new(lesson));
            }
            Err(found) => self.found.extend(found),
        }
    }

    fn sorted(mut self) -> Course {
        self.lessons.sort_by(|a, b| (a.number, &a.id).cmp(&(b.number, &b.id)));
        self
    }

    /// A lesson by its name or its number; otherwise the nearest name.
    pub fn lesson(&self, name: &str) -> Result<&Arc<Lesson>, Option<&str>> {
        let is_it = |lesson: &&Arc<Lesson>| lesson.id == name || lesson.number.to_string() == name;
        self.lessons.iter().find(is_it).ok_or_else(|| nearest(name, self.lessons.iter().map(|lesson| &*lesson.id)))
    }

    /// Makes a lesson ready.
    pub fn exercise(&self, lesson: &Arc<Lesson>) -> Result<Exercise, Vec<Located>> {
        Exercise::of(lesson.clone(), self.dir.as_deref())
    }
}

/// Reads a source, as [`session::open`] does. The sandbox of a lesson is what its learner finds.
pub fn open(
    source: &Source,
    fill: bool,
    progress: &Progress,
    publish: &mut dyn FnMut(Snapshot),
) -> Result<Snapshot, LoadError> {
    if let Source::Sandbox(name) = source {
        let course = Course::built_in();
        if let Ok(lesson) = course.lesson(name)
            && let Ok(exercise) = course.exercise(lesson)
        {
            let mut snapshot = exercise.start;
            let sources = Sources { name: source.name(), ..(*snapshot.sources).clone() };
            snapshot.sources = Arc::new(sources);
            return Ok(snapshot);
        }
    }
    session::open(source, fill, progress, publish)
}

/// The text of a lesson file.
pub fn text_of(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(load::LIMIT as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > load::LIMIT {
        return Err(io::Error::other(format!("it has more than {} bytes", load::LIMIT)));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8"))
}

/// The ports that a goal names.
fn ports_of(goal: &Goal) -> Vec<&Text> {
    let GoalKind::Packet(goal) = &goal.kind else { return Vec::new() };
    let reaches = Some(&goal.reaches).filter(|text| !text.is_empty());
    goal.ports.iter().flatten().chain(&goal.down).chain(reaches).collect()
}

/// What is wrong with the name of a port; nothing if some bridge has one.
fn unknown_port(scene: &Scene, wanted: &str) -> Option<Diagnostic> {
    let mut names: Vec<String> = Vec::new();
    for node in scene.nodes() {
        for bridge in &node.node().bridges {
            for port in &bridge.ports {
                names.extend([port.number.to_string(), port.name.to_string()]);
                let word = node.names().port(&bridge.name, port.number);
                names.extend(
                    word.into_iter().flat_map(|w| [w.label().to_owned(), w.title.to_string(), w.id.to_string()]),
                );
            }
        }
    }
    if names.iter().any(|name| name == wanted) {
        return None;
    }
    let d =
        Diagnostic::error("no-such-port", Span::default(), format!("no bridge of this lesson has a port `{wanted}`"));
    Some(d.nearest(wanted, names.iter().map(String::as_str)))
}

/// Whether a lesson holds what it promises: it cannot be solved by doing nothing, its solution solves it, and none of the
/// solutions that are none does. What is wrong is told with its place in the file.
pub fn prove(lesson: &Arc<Lesson>, dir: Option<&Path>) -> Vec<Located> {
    let file = &lesson.file;
    let exercise = match Exercise::of(lesson.clone(), dir) {
        Ok(exercise) => exercise,
        Err(found) => return found,
    };
    let mut found = Vec::new();
    let mut complain = |at: Span, message: String, why: Vec<String>| {
        let d = Diagnostic::error("lesson", at, message);
        found.push(file.located(if why.is_empty() { d } else { d.hint(why.join("; ")) }));
    };
    let unreadable = |d: &Diagnostic, text: &super::lesson::Text| -> Span {
        if text.is_empty() { Span::default() } else { text.place(d.span) }
    };
    for text in lesson.goals.iter().flat_map(ports_of) {
        if let Some(d) = unknown_port(exercise.begun(), &text.value) {
            complain(text.span, d.message, d.hint.into_iter().collect());
        }
    }
    let solution = &exercise.solution;
    match exercise.grade(&Attempt::default()) {
        Ok(grade) if grade.passed() => {
            complain(Span::default(), "it is solved before anything is done".to_owned(), vec![]);
        }
        Ok(_) => {}
        Err(Wrong::Lesson(wrong)) => return wrong.into_iter().map(|d| file.located(d)).collect(),
        Err(Wrong::Edits(wrong)) => {
            wrong.iter().for_each(|d| complain(Span::default(), d.message.clone(), vec![]));
        }
    }
    match exercise.grade(solution) {
        Ok(grade) => {
            for (at, outcome) in grade.all().enumerate().filter(|(_, outcome)| !outcome.passed) {
                let message = format!("the solution does not reach `{}`: {}", outcome.title, outcome.happened);
                let mut why = outcome.why.clone();
                why.extend(Some(outcome.packet.clone()).filter(|p| !p.is_empty()));
                let place = match lesson.goals.get(at).map(|goal| &goal.kind) {
                    Some(GoalKind::Packet(goal)) => goal.packet.span,
                    _ => lesson.solution.span,
                };
                complain(place, message, why);
            }
        }
        Err(Wrong::Edits(wrong) | Wrong::Lesson(wrong)) => {
            for d in &wrong {
                complain(unreadable(d, &lesson.solution), d.message.clone(), d.hint.clone().into_iter().collect());
            }
        }
    }
    for lazy in &lesson.lazy {
        let answers = match lazy.knows {
            true => solution.answers.clone(),
            false => lazy.answers.iter().map(|answer| answer.value.clone()).collect(),
        };
        let edits = match lazy.edits.is_empty() && !lazy.knows {
            true => solution.edits.clone(),
            false => lazy.edits.value.clone(),
        };
        match exercise.grade(&Attempt { edits, answers }) {
            Ok(grade) if grade.passed() => {
                complain(lazy.edits.span, format!("the lazy solution `{}` solves it", lazy.name), vec![]);
            }
            Ok(_) => {}
            Err(Wrong::Edits(wrong) | Wrong::Lesson(wrong)) => {
                for d in &wrong {
                    complain(unreadable(d, &lazy.edits), d.message.clone(), d.hint.clone().into_iter().collect());
                }
            }
        }
    }
    let scene = exercise.begun();
    for question in lesson.questions.iter().filter(|q| !q.evidence.is_empty()) {
        let at = super::edits::place(&question.at.value, &exercise.start, exercise.place);
        let shown = at.map(|at| super::answer::flows(&question.evidence.value, scene, at)).unwrap_or_default();
        if shown.is_empty() {
            complain(question.evidence.span, "no flow is like the evidence".to_owned(), vec![]);
        }
    }
    for question in lesson.questions.iter().filter(|q| !q.counts.is_empty()) {
        let at = super::edits::place(&question.at.value, &exercise.start, exercise.place);
        let fits = at.map(|at| super::answer::flows(&question.counts.value, scene, at).len()).unwrap_or_default();
        if question.answers.iter().any(|answer| answer.value != fits.to_string()) {
            complain(question.counts.span, format!("{fits} flows fit, which is not the answer"), vec![]);
        }
    }
    found
}

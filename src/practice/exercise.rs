//! A lesson made ready: its switch, broken where it should be, and its solution.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::edits::{self, Asked, Place};
use super::faults;
use super::lesson::{Lesson, Text};
use super::setting;
use crate::base::diag::{Diagnostic, Located};
use crate::model::change::Request;
use crate::model::snapshot::Snapshot;
use crate::session::Scene;

/// What a learner does: edits, and answers to the questions in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attempt {
    /// Lines of a change file.
    pub edits: String,
    /// The answers; those that were not given are empty.
    pub answers: Vec<String>,
}

/// A lesson made ready.
#[derive(Debug, Clone)]
pub struct Exercise {
    /// The lesson.
    pub lesson: Arc<Lesson>,
    /// What the learner finds.
    pub start: Snapshot,
    /// The bridge that is meant where nothing else is said.
    pub place: Option<Place>,
    /// What was broken, in words; empty if nothing was.
    pub cause: String,
    /// The solution.
    pub solution: Attempt,
    /// What follows from the start.
    begun: Arc<OnceLock<Scene>>,
}

impl Exercise {
    /// Makes a lesson ready. `dir` is where its file lies, if it is one of the learner's own.
    pub fn of(lesson: Arc<Lesson>, dir: Option<&Path>) -> Result<Exercise, Vec<Located>> {
        let file = lesson.file.clone();
        Exercise::made(lesson, dir).map_err(|found| found.into_iter().map(|d| file.located(d)).collect())
    }

    fn made(lesson: Arc<Lesson>, dir: Option<&Path>) -> Result<Exercise, Vec<Diagnostic>> {
        let healthy = setting::snapshot(&lesson, dir)?;
        let inside = |text: &Text, d: Diagnostic| Diagnostic { span: text.place(d.span), ..d };
        let only = match &healthy.nodes[..] {
            [node] if node.bridges.len() == 1 => Some((0, 0)),
            [node] => node.bridges.iter().position(|b| &*b.name == "br-int").map(|at| (0, at)),
            _ => None,
        };
        let place = match lesson.at.is_empty() {
            true => only,
            false => Some(edits::place(&lesson.at.value, &healthy, None).map_err(|d| vec![inside(&lesson.at, d)])?),
        };
        let mut start = healthy;
        let (mut cause, mut undo) = (String::new(), Vec::new());
        if let Some(text) = &lesson.fault {
            let broken = faults::inject(&start, text).map_err(|d| vec![d])?;
            (start, cause, undo) = (broken.snapshot, broken.cause, broken.undo);
        }
        let read = |text: &Text, snapshot: &Snapshot| -> Result<Vec<Asked>, Vec<Diagnostic>> {
            edits::read(&text.value, snapshot, place)
                .map_err(|found| found.into_iter().map(|d| inside(text, d)).collect())
        };
        let asked = read(&lesson.start, &start)?;
        start = edits::apply(&start, &asked)
            .map_err(|found| found.into_iter().map(|d| inside(&lesson.start, d)).collect::<Vec<_>>())?;
        let edits = match lesson.solution.is_empty() {
            true => edits::lines(&start, &undo),
            false => lesson.solution.value.clone(),
        };
        let answers = lesson.questions.iter().map(|q| match q.kind {
            super::lesson::Kind::Flow => q.evidence.value.clone(),
            _ => q.answers.first().map(|a| a.value.clone()).unwrap_or_default(),
        });
        let solution = Attempt { edits, answers: answers.collect() };
        Ok(Exercise { start, place, cause, solution, lesson, begun: Arc::default() })
    }

    /// The switch that the learner finds, with what follows from it.
    pub fn begun(&self) -> &Scene {
        self.begun.get_or_init(|| Scene::new(self.start.clone()))
    }

    /// The switch after some edits; wrong lines are told with spans in the edits.
    pub fn changed(&self, edits: &str) -> Result<Snapshot, Vec<Diagnostic>> {
        let asked = edits::read(edits, &self.start, self.place)?;
        edits::apply(&self.start, &asked)
    }

    /// The requests of some edits, bridge by bridge.
    pub fn requests(&self, edits: &str) -> Result<Vec<(Place, Vec<Request>)>, Vec<Diagnostic>> {
        let asked = edits::read(edits, &self.start, self.place)?;
        Ok(asked.into_iter().map(|a| (a.place, a.requests.into_iter().map(|(_, r)| r).collect())).collect())
    }
}

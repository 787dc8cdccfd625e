//! Lessons as JSON.

use serde_json::{Value, json};

use crate::base::diag::Located;
use crate::practice::lesson::{Kind, Setting};
use crate::practice::{Course, Exercise, Grade, Lesson, Outcome, Progress};

/// The course.
pub(super) fn list(course: &Course, progress: &Progress) -> Value {
    json!({ "lessons": course.lessons.iter().map(|lesson| about(lesson, progress)).collect::<Vec<_>>() })
}

fn about(lesson: &Lesson, progress: &Progress) -> Value {
    let done = progress.of(&lesson.id);
    let source = match &lesson.setting {
        Setting::Captured(name) => Some(&name.value),
        Setting::Described(_) => None,
    };
    json!({
        "id": lesson.id, "number": lesson.number, "track": lesson.track.word(), "title": lesson.title,
        "source": source, "goals": lesson.goals.len(), "questions": lesson.questions.len(),
        "solved": done.solved, "tries": done.tries, "hints_used": done.hints, "solution_shown": done.shown,
    })
}

/// A lesson, without its hints and its solution.
pub(super) fn lesson(exercise: &Exercise, progress: &Progress) -> Value {
    let lesson = &exercise.lesson;
    json!({ "lesson": about(lesson, progress), "task": lesson.task, "bridge": place(exercise) })
}

/// The bridge that is meant.
fn place(exercise: &Exercise) -> Option<String> {
    let (node, at) = exercise.place?;
    let node = &exercise.start.nodes[node];
    Some(format!("{} {}", node.name, node.bridges[at].name))
}

/// What came of goals or questions.
pub(super) fn outcomes(outcomes: &[Outcome]) -> Value {
    let one = |o: &Outcome| {
        json!({
            "title": o.title, "passed": o.passed, "packet": (!o.packet.is_empty()).then_some(&o.packet),
            "happened": o.happened, "why": o.why,
        })
    };
    outcomes.iter().map(one).collect()
}

/// What came of an attempt.
pub(super) fn grade(exercise: &Exercise, grade: &Grade) -> Value {
    let (reached, of) = grade.score();
    let passed = grade.passed();
    json!({
        "lesson": exercise.lesson.id, "passed": passed, "reached": reached, "of": of,
        "goals": outcomes(&grade.goals), "questions": outcomes(&grade.questions),
        "closing": passed.then_some(&exercise.lesson.closing), "sources": passed.then_some(&exercise.lesson.sources),
    })
}

/// Adds the solution.
pub(super) fn add_solution(exercise: &Exercise, document: &mut Value) {
    let lesson = &exercise.lesson;
    document["cause"] = exercise.cause.as_str().into();
    document["solution"] = json!({
        "edits": exercise.solution.edits,
        "answers": lesson.questions.iter().zip(&exercise.solution.answers).map(|(question, answer)| json!({
            "question": question.ask, "answer": answer,
            "kind": Kind::ALL.iter().find(|(kind, _)| *kind == question.kind).map(|(_, word)| word),
            "evidence": (!question.evidence.is_empty()).then_some(&question.evidence.value),
        })).collect::<Vec<_>>(),
    });
    document["closing"] = lesson.closing.as_str().into();
    document["sources"] = lesson.sources.clone().into();
}

/// Whether a lesson file holds what it promises.
pub(super) fn proof(lesson: Option<&Lesson>, found: &[Located]) -> Value {
    let one = |l: &Located| {
        json!({
            "file": &*l.file, "line": l.line, "column": l.diagnostic.column(&l.text), "message": l.diagnostic.message,
            "hint": l.diagnostic.hint,
        })
    };
    json!({
        "lesson": lesson.map(|lesson| &lesson.id), "passed": found.is_empty(),
        "diagnostics": found.iter().map(one).collect::<Vec<_>>(),
    })
}

//! What a learner has done so far, as a text that is kept.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// How far lessons are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    lessons: BTreeMap<String, Done>,
}

/// How far a lesson is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// Whether it was solved.
    pub solved: bool,
    /// How many times it was tried.
    pub tries: u32,
    /// How many hints were shown.
    pub hints: u32,
    /// Whether the solution was shown before it was solved.
    pub shown: bool,
}

/// Something that a learner did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// Tried a lesson; whether everything was reached.
    Tried(bool),
    /// Looked at so many hints.
    Hinted(u32),
    /// Looked at the solution.
    Shown,
}

impl Progress {
    /// Notes what was done at a lesson.
    pub fn note(&mut self, lesson: &str, note: Note) {
        match note {
            Note::Tried(passed) => self.tried(lesson, passed),
            Note::Hinted(hints) => self.hinted(lesson, hints),
            Note::Shown => self.shown(lesson),
        }
    }

    /// Reads what was kept. What is not understood is left out: progress is never worth a refusal.
    pub fn read(text: &str) -> Progress {
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        let number = |v: &Value, key: &str| v[key].as_u64().map_or(0, |n| n.min(u32::MAX.into()) as u32);
        let flag = |v: &Value, key: &str| v[key].as_bool().unwrap_or(false);
        let lessons = value["lessons"].as_object().into_iter().flatten().map(|(id, v)| {
            let done = Done {
                solved: flag(v, "solved"),
                tries: number(v, "tries"),
                hints: number(v, "hints"),
                shown: flag(v, "shown"),
            };
            (id.clone(), done)
        });
        Progress { lessons: lessons.collect() }
    }

    /// The text that is kept.
    pub fn text(&self) -> String {
        let lessons: serde_json::Map<String, Value> = self
            .lessons
            .iter()
            .map(|(id, d)| {
                (id.clone(), json!({"solved": d.solved, "tries": d.tries, "hints": d.hints, "shown": d.shown}))
            })
            .collect();
        format!("{}\n", json!({"schema": "ofscope.progress/1", "lessons": lessons}))
    }

    /// How far a lesson is.
    pub fn of(&self, lesson: &str) -> Done {
        self.lessons.get(lesson).copied().unwrap_or_default()
    }

    /// Notes that a lesson was tried.
    pub fn tried(&mut self, lesson: &str, passed: bool) {
        let done = self.lessons.entry(lesson.to_owned()).or_default();
        done.tries = done.tries.saturating_add(1);
        done.solved |= passed;
    }

    /// Notes that hints were shown, so many of them.
    pub fn hinted(&mut self, lesson: &str, hints: u32) {
        let done = self.lessons.entry(lesson.to_owned()).or_default();
        done.hints = done.hints.max(hints);
    }

    /// Notes that the solution was shown.
    pub fn shown(&mut self, lesson: &str) {
        let done = self.lessons.entry(lesson.to_owned()).or_default();
        done.shown |= !done.solved;
    }

    /// Forgets a lesson.
    pub fn forget(&mut self, lesson: &str) {
        self.lessons.remove(lesson);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again_and_nonsense_is_nothing() {
        let mut progress = Progress::default();
        progress.tried("drop", false);
        progress.hinted("drop", 2);
        progress.tried("drop", true);
        progress.shown("drop");
        let done = progress.of("drop");
        assert_eq!((done.solved, done.tries, done.hints, done.shown), (true, 2, 2, false));
        assert_eq!(Progress::read(&progress.text()), progress);
        for text in ["", "{", "[]", "{\"lessons\": 3}", "{\"lessons\": {\"a\": {\"tries\": -1}}}"] {
            assert!(!Progress::read(text).of("a").solved);
        }
    }
}

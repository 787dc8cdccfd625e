//! The course: every lesson holds what it promises, and a mistake in a lesson file names its line.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ofscope::base::diag::Located;
use ofscope::diff::{Options, diff};
use ofscope::dump::demo;
use ofscope::practice::course::prove;
use ofscope::practice::{Attempt, Course, Exercise, Lesson, Track, load};

/// A small lesson that is right.
const RIGHT: &str = r#"id = "right"
number = 1
track = "basics"
title = "A wire"
at = "br0"
task = "Let packets from port 1 leave by port 2."
hints = ["one", "two", "three"]
closing = "That was it."
sources = ["ovs-ofctl(8)"]

[[bridge]]
name = "br0"
ports = ["1 a", "2 b"]

[[goal]]
title = "it passes"
packet = "in_port=1,ip"
ports = ["2"]

[[lazy]]
name = "the wrong way"
edits = "in_port=2,actions=output:1"

[solution]
edits = """
in_port=1,actions=output:2
"""
"#;

/// What is wrong with the small lesson when one text is put in the place of another.
fn wrong(from: &str, to: &str) -> Vec<Located> {
    let text = RIGHT.replace(from, to);
    assert_ne!(text, RIGHT, "`{from}` is not there");
    match load::read("wrong.toml", &text) {
        Ok(lesson) => prove(&Arc::new(lesson), None),
        Err(found) => found,
    }
}

#[test]
fn every_lesson_fails_unsolved_passes_solved_and_no_lazy_solution_does() {
    let course = Course::built_in();
    assert!(course.found.is_empty(), "{:#?}", course.found);
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(lesson) = course.lessons.get(next.fetch_add(1, Ordering::Relaxed)) {
                    for located in prove(lesson, None) {
                        let mut text = String::new();
                        located.paint(&mut text);
                        wrong.lock().unwrap().push(text);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_course_is_as_large_as_it_was_promised_and_every_lesson_is_whole() {
    let course = Course::built_in();
    assert!(course.lessons.len() >= 40);
    let broken = |lesson: &&Arc<Lesson>| lesson.track == Track::Incidents && lesson.fault.is_some();
    assert!(course.lessons.iter().filter(broken).count() >= 20);
    for lesson in &course.lessons {
        let id = &lesson.id;
        assert!(!lesson.lazy.is_empty(), "{id} has no lazy solution");
        assert!(lesson.closing.len() > 150 && lesson.task.len() > 60, "{id} says too little");
        assert!(!lesson.sources.is_empty() && lesson.hints.len() == 3, "{id}");
        assert!(lesson.file.name.starts_with(&format!("{:02}-{id}.", lesson.number)), "{}", lesson.file.name);
    }
}

#[test]
fn a_lesson_called_like_a_node_leaves_the_node_as_it_was_captured() {
    let course = Course::built_in();
    for (name, _) in demo::practice() {
        if let Ok(lesson) = course.lesson(name) {
            assert!(lesson.fault.is_none() && lesson.start.is_empty(), "sandbox:{name} would be broken");
        }
    }
}

#[test]
fn what_a_fault_breaks_is_undone_by_its_solution() {
    let course = Course::built_in();
    for lesson in course.lessons.iter().filter(|lesson| lesson.fault.is_some()) {
        let exercise = course.exercise(lesson).unwrap();
        let healthy = Lesson { fault: None, ..(**lesson).clone() };
        let healthy = Exercise::of(Arc::new(healthy), None).unwrap();
        let mended = exercise.changed(&exercise.solution.edits).unwrap();
        for (node, mended) in healthy.start.nodes.iter().zip(&mended.nodes) {
            for (was, is) in node.bridges.iter().zip(&mended.bridges) {
                let found = diff(was, is, &Options::default());
                assert!(found.is_same(), "{}: {} of {}: {found:?}", lesson.id, is.name, mended.name);
            }
        }
    }
}

#[test]
fn a_lesson_file_that_is_right_is_taken() {
    let lesson = Arc::new(load::read("right.toml", RIGHT).unwrap());
    assert_eq!(prove(&lesson, None), []);
}

#[test]
fn a_mistake_in_a_lesson_file_names_its_line_and_place() {
    let cases = [
        ("title = \"A wire\"", "titel = \"A wire\"", 4, "no key `titel`"),
        ("number = 1", "number = \"one\"", 2, "`number` takes a number"),
        ("track = \"basics\"", "track = \"basic\"", 3, "`basic` is no track"),
        ("at = \"br0\"", "at = \"br1\"", 5, "no bridge `br1`"),
        ("\"two\", ", "", 7, "there are 2 hints"),
        ("\"2 b\"", "\"two b\"", 13, "this is no port number"),
        ("in_port=1,ip\"", "in_port=1,ipp\"", 17, "ipp"),
        ("ports = [\"2\"]", "ports = [\"3\"]", 18, "no bridge of this lesson has a port `3`"),
        ("[[goal]]", "[[goals]]", 15, "`goals`"),
        ("in_port=1,actions=output:2\n", "in_port=1,actions=drop\n", 17, "the solution does not reach `it passes`"),
        ("[solution]", "[solutions]", 24, "no section `solutions`"),
        ("in_port=1,actions=output:2\n", "in_port=1,actions=outptu:2\n", 26, "outptu"),
        ("edits = \"in_port=2,actions=output:1\"", "edits = \"in_port=1,actions=output:2\"", 22, "the lazy solution"),
        ("closing = ", "closing == ", 8, ""),
        ("That was it.", "That was \\u001b[31mit.", 8, "`closing` has a control character"),
        ("packet = \"in_port=1,ip\"\n", "", 15, "a goal is"),
    ];
    for (from, to, line, words) in cases {
        let found = wrong(from, to);
        let is_it = |l: &&Located| l.line == line && l.diagnostic.message.contains(words);
        assert!(found.iter().any(|l| is_it(&l)), "`{to}`: {found:#?}");
    }
    // A section that is spelt otherwise is offered as it should be.
    let found = wrong("[[goal]]", "[[goals]]");
    let hints: Vec<&str> = found.iter().filter_map(|l| l.diagnostic.hint.as_deref()).collect();
    assert!(hints.contains(&"did you mean `[[goal]]`?"), "{hints:?}");
    // The place of a mistake within a line is told, too.
    let found = wrong("in_port=1,actions=output:2\n", "in_port=1,actions=outptu:2\n");
    assert_eq!(&found[0].text[found[0].diagnostic.span.start as usize..][..6], "outptu");
}

#[test]
fn a_file_that_is_no_lesson_at_all_is_refused_and_nothing_breaks() {
    for text in ["", "=", "id = [", "[[goal]]\n", "id = 1\n[goal]\n", "\u{0}\u{1b}[31m", "[[bridge]]\nname=1\n"] {
        assert!(!load::read("x.toml", text).unwrap_err().is_empty(), "{text:?}");
    }
}

#[test]
fn edits_go_to_the_bridge_that_a_line_names_and_wrong_ones_are_all_told() {
    let course = Course::built_in();
    let lesson = course.lesson("lost-on-arrival").unwrap();
    let exercise = course.exercise(lesson).unwrap();
    let places = |edits: &str| -> Vec<(usize, usize)> {
        exercise.requests(edits).unwrap().into_iter().map(|(place, _)| place).collect()
    };
    let default = exercise.place.unwrap();
    assert_eq!(places("actions=drop"), [default]);
    let other = places("# on compute1 br-int\nactions=drop\n# on br-tun\nactions=drop");
    assert_eq!(other.len(), 2);
    assert_eq!((other[0].0, other[1]), (0, default));
    let text = "actions=dorp\n# on compute9 br-int\nactions=drop\n# on compute1 br-int\npriority=x,actions=drop\n";
    let found = exercise.changed(text).unwrap_err();
    let lines: Vec<_> = found.iter().map(|d| 1 + text[..d.span.start as usize].matches('\n').count()).collect();
    assert_eq!(lines, [1, 2, 5], "{found:#?}");
}

#[test]
fn answers_alone_solve_no_lesson_that_has_something_to_mend() {
    let course = Course::built_in();
    for lesson in course.lessons.iter().filter(|l| !l.goals.is_empty() && !l.questions.is_empty()).step_by(5) {
        let exercise = course.exercise(lesson).unwrap();
        let attempt = Attempt { edits: String::new(), answers: exercise.solution.answers.clone() };
        let grade = exercise.grade(&attempt).unwrap();
        assert!(grade.questions.iter().all(|q| q.passed) && !grade.passed(), "{}", lesson.id);
        let failed = grade.goals.iter().find(|goal| !goal.passed).unwrap();
        assert!(!failed.why.is_empty() && !failed.packet.is_empty(), "{}: {failed:?}", lesson.id);
    }
}

//! The pages about the course and about lesson files, made of what they are about.

use super::course::Course;
use super::faults::FAULTS;
use super::lesson::{Fate, Kind, Setting, Track};
use super::load::{KEYS, SECTIONS};

/// The page about the course and its lesson files, in Markdown.
pub fn reference() -> String {
    let mut out = String::from(
        "# Lessons\n\nThe course inside the program: `ofscope learn` lists it, `ofscope learn LESSON` shows a lesson, \
         `ofscope learn LESSON --check FILE` sends packets through what you changed. A lesson's switch is opened by every \
         command as `sandbox:LESSON`. This page is made of the lessons and of the tables that read them.\n",
    );
    let course = Course::built_in();
    for (track, _, title) in Track::ALL {
        out.push_str(&format!("\n## {title}\n\n| | lesson | what it is about | switch |\n|---|---|---|---|\n"));
        for lesson in course.lessons.iter().filter(|lesson| lesson.track == track) {
            let switch = match &lesson.setting {
                Setting::Captured(name) => format!("`{}`", name.value),
                Setting::Described(_) => "its own".to_owned(),
            };
            out.push_str(&format!("| {} | `{}` | {} | {switch} |\n", lesson.number, lesson.id, lesson.title));
        }
    }
    out.push_str(
        "\n## Lesson files\n\nA lesson is a TOML file; `ofscope learn --from DIR` takes those of a directory, and `ofscope \
         learn --check FILE` says whether one holds what it promises: it cannot be solved by doing nothing, its solution \
         solves it, and no lazy solution does. Edits are lines as `ovs-ofctl add-flows` takes them; a line `# on NODE \
         BRIDGE` says where those below it go.\n",
    );
    for (section, many) in SECTIONS {
        let heading = match (section, many) {
            ("", _) => "At the top".to_owned(),
            (name, true) => format!("`[[{name}]]`, as many as needed"),
            (name, false) => format!("`[{name}]`"),
        };
        out.push_str(&format!("\n### {heading}\n\n| key | takes | what it says |\n|---|---|---|\n"));
        for row in KEYS.iter().filter(|row| row.section == section) {
            let must = if row.must { "" } else { ", or nothing" };
            out.push_str(&format!("| `{}` | {}{must} | {} |\n", row.name, row.takes.word(), row.doc));
        }
    }
    let words = |all: &[&str]| all.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    out.push_str(&format!(
        "\nVerdicts are {}; kinds of answers are {}.\n",
        words(&Fate::ALL.map(|(_, word)| word)),
        words(&Kind::ALL.map(|(_, word)| word))
    ));
    out.push_str("\n## Faults\n\n| `kind` | what is broken |\n|---|---|\n");
    for fault in &FAULTS {
        out.push_str(&format!("| `{}` | {} |\n", fault.name, fault.doc));
    }
    out
}

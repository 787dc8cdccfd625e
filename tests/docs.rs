//! The pages that are made of tables are what the tables say.

use std::path::Path;

/// Holds a page below `docs` equal to what makes it; with `OFSCOPE_WRITE=1` it is written instead.
fn holds(name: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    if std::env::var_os("OFSCOPE_WRITE").is_some_and(|on| on == "1") {
        std::fs::write(&path, made).unwrap_or_else(|e| panic!("docs/{name}: {e}"));
    }
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = page.lines().zip(made.lines()).position(|(page, made)| page != made);
    let line = differs.unwrap_or(page.lines().count().min(made.lines().count())) + 1;
    assert!(
        page == made,
        "docs/{name} is not what the tables say, from line {line} on; `OFSCOPE_WRITE=1 cargo test docs` writes it anew"
    );
}

#[test]
fn the_page_about_fields_is_what_the_table_says() {
    holds("fields.md", &ofscope::field::reference());
}

#[test]
fn the_page_about_actions_is_what_the_rows_say() {
    holds("actions.md", &ofscope::action::reference());
}

#[test]
fn the_page_about_keys_is_what_the_commands_say() {
    holds("keys.md", &ofscope::tui::command::reference());
}

#[test]
fn the_page_about_the_configuration_is_what_its_keys_say() {
    holds("configuration.md", &ofscope::tui::settings::reference());
}

#[test]
fn the_page_about_filters_is_what_the_language_says() {
    holds("filter.md", &ofscope::query::reference());
}

#[test]
fn the_page_about_findings_is_what_the_checks_say() {
    holds("findings.md", &ofscope::check::reference());
}

#[test]
fn the_page_about_lessons_is_what_the_lessons_say() {
    holds("lessons.md", &ofscope::practice::reference());
}

//! The page about actions, `docs/actions.md`, made of the rows.

use std::fmt::Write;

use super::{WORDS, Word};
use crate::field::reference::sentence;

/// What the families of words are called, in the order of [`WORDS`].
const FAMILIES: [(&str, &str); WORDS.len()] = [
    ("Sending packets", "The packet, or a copy of it, goes somewhere. Actions that follow still count."),
    (
        "Writing fields",
        "`mod_..` and `set_..` are older words for writing one field; they are kept as they were spelled.",
    ),
    ("Headers", "Headers go on and off, and their time to live counts down."),
    ("From table to table", "Where the packet goes on, and with what. The instructions of OpenFlow are among them."),
    ("Connection tracking", "The packet passes through the connection tracker of the datapath."),
    ("Learning", "A flow that makes flows."),
    ("The rest", "Queues, hashing, sampling, and what is there for tests."),
];

/// Every action in Markdown: how it is written, what it does, and which versions have it.
pub fn reference() -> String {
    let mut page = String::from(
        "# Actions\n\n\
         <!-- Made of the rows in src/action; run `OFSCOPE_WRITE=1 cargo test docs` after changing one. -->\n\n\
         Words in capitals stand for values, brackets for what may be left out, `|` for either. `FIELD[A..B]` is a \
         range of bits, `FIELD[]` the whole field. A port is a number, a name of the bridge, or one of `LOCAL`, \
         `NORMAL`, `IN_PORT`, `FLOOD`, `ALL`, `CONTROLLER`; a port alone is short for `output:PORT`. `drop` stands \
         alone and means that there is no action.\n",
    );
    for ((title, intro), words) in FAMILIES.iter().zip(WORDS) {
        let _ = write!(page, "\n## {title}\n\n{intro}\n");
        words.iter().for_each(|word| entry(word, &mut page));
    }
    page
}

fn entry(word: &Word, page: &mut String) {
    let _ = write!(page, "\n### `{}`\n\n```text\n", word.name);
    for form in word.form.split(" | ") {
        let _ = writeln!(page, "{form}");
    }
    let _ = write!(page, "```\n\n{}. Versions: {}.\n", sentence(word.doc), word.since);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_its_entry_with_form_purpose_and_versions() {
        let page = reference();
        for word in super::super::words() {
            assert!(page.contains(&format!("### `{}`\n", word.name)), "{}", word.name);
            assert!(!word.doc.is_empty() && !word.since.is_empty(), "{}", word.name);
            assert!(!word.doc.ends_with('.') && !word.since.ends_with('.'), "{}", word.name);
        }
    }
}

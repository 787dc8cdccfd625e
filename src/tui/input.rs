//! A line of text that is being typed.

use crossterm::event::KeyCode;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::key::Key;

/// A text with a cursor. Positions are bytes and always lie between graphemes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Input {
    text: String,
    cursor: usize,
    /// What was there before the last changes, latest last.
    past: Vec<(String, usize)>,
    /// What was undone.
    future: Vec<(String, usize)>,
}

/// What can be done to a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Puts text in at the cursor.
    Insert(String),
    /// Deletes the character in front of the cursor.
    Backspace,
    /// Deletes the character behind the cursor.
    Delete,
    /// Deletes the word in front of the cursor.
    DeleteWord,
    /// Deletes everything in front of the cursor.
    DeleteToStart,
    /// Deletes everything behind the cursor.
    DeleteToEnd,
    /// Moves.
    Left,
    /// Moves.
    Right,
    /// Moves by a word.
    WordLeft,
    /// Moves by a word.
    WordRight,
    /// Moves.
    Start,
    /// Moves.
    End,
    /// Takes the last change back.
    Undo,
    /// Makes it again.
    Redo,
}

impl Edit {
    /// What a key does to a line.
    pub fn of(key: Key) -> Option<Edit> {
        Some(match (key.code, key.ctrl, key.alt) {
            (KeyCode::Char(c), false, false) => Edit::Insert(c.to_string()),
            (KeyCode::Char('a'), true, _) | (KeyCode::Home, ..) => Edit::Start,
            (KeyCode::Char('e'), true, _) | (KeyCode::End, ..) => Edit::End,
            (KeyCode::Char('w'), true, _) => Edit::DeleteWord,
            (KeyCode::Char('u'), true, _) => Edit::DeleteToStart,
            (KeyCode::Char('k'), true, _) => Edit::DeleteToEnd,
            (KeyCode::Char('z'), true, _) => Edit::Undo,
            (KeyCode::Char('y'), true, _) => Edit::Redo,
            (KeyCode::Char('b'), _, true) | (KeyCode::Left, true, _) => Edit::WordLeft,
            (KeyCode::Char('f'), _, true) | (KeyCode::Right, true, _) => Edit::WordRight,
            (KeyCode::Backspace, false, false) => Edit::Backspace,
            (KeyCode::Backspace, ..) => Edit::DeleteWord,
            (KeyCode::Delete, ..) => Edit::Delete,
            (KeyCode::Left, ..) => Edit::Left,
            (KeyCode::Right, ..) => Edit::Right,
            _ => return None,
        })
    }
}

/// Longer text than this is not taken: nobody types it, and a pasted file would be in the way.
pub const LIMIT: usize = 64 << 10;

impl Input {
    /// A text with the cursor at its end.
    pub fn of(text: &str) -> Input {
        Input { text: text.to_owned(), cursor: text.len(), ..Input::default() }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the cursor is, in bytes.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// The column of the cursor.
    pub fn column(&self) -> usize {
        self.text[..self.cursor].width()
    }

    /// Replaces the bytes from `start` to `end` by `new`, and puts the cursor behind it.
    pub fn replace(&mut self, start: usize, end: usize, new: &str) {
        let end = end.min(self.text.len());
        if start <= end && self.text.is_char_boundary(start) && self.text.is_char_boundary(end) {
            self.remember();
            self.text.replace_range(start..end, new);
            self.cursor = start + new.len();
        }
    }

    /// Puts the cursor at a byte, or in front of the grapheme that holds it.
    pub fn go(&mut self, at: usize) {
        let starts = self.text.grapheme_indices(true).map(|(start, _)| start).chain([self.text.len()]);
        self.cursor = starts.take_while(|start| *start <= at).last().unwrap_or(0);
    }

    /// Does `edit`. Tells whether the text changed.
    pub fn edit(&mut self, edit: Edit) -> bool {
        let before = self.text.clone();
        let at = self.cursor;
        match edit {
            Edit::Insert(new) => {
                // A line stays a line: what was pasted loses its line ends.
                let new: String = new.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
                if self.text.len() + new.len() <= LIMIT {
                    self.replace(at, at, &new);
                }
            }
            Edit::Backspace => self.replace(self.left(), at, ""),
            Edit::Delete => {
                self.replace(at, self.right(), "");
            }
            Edit::DeleteWord => self.replace(self.word_left(), at, ""),
            Edit::DeleteToStart => self.replace(0, at, ""),
            Edit::DeleteToEnd => self.replace(at, self.text.len(), ""),
            Edit::Left => self.cursor = self.left(),
            Edit::Right => self.cursor = self.right(),
            Edit::WordLeft => self.cursor = self.word_left(),
            Edit::WordRight => self.cursor = self.word_right(),
            Edit::Start => self.cursor = 0,
            Edit::End => self.cursor = self.text.len(),
            Edit::Undo => {
                if let Some(past) = self.past.pop() {
                    self.future
                        .push((std::mem::replace(&mut self.text, past.0), std::mem::replace(&mut self.cursor, past.1)));
                }
            }
            Edit::Redo => {
                if let Some(future) = self.future.pop() {
                    self.past.push((
                        std::mem::replace(&mut self.text, future.0),
                        std::mem::replace(&mut self.cursor, future.1),
                    ));
                }
            }
        }
        self.text != before
    }

    fn remember(&mut self) {
        self.past.push((self.text.clone(), self.cursor));
        self.future.clear();
        if self.past.len() > 200 {
            self.past.remove(0);
        }
    }

    fn left(&self) -> usize {
        self.text[..self.cursor].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn right(&self) -> usize {
        self.cursor + self.text[self.cursor..].graphemes(true).next().map_or(0, str::len)
    }

    fn word_left(&self) -> usize {
        let head = self.text[..self.cursor].trim_end_matches(|c: char| !c.is_alphanumeric());
        head.rfind(|c: char| !is_word(c)).map_or(0, |at| at + head[at..].chars().next().map_or(1, char::len_utf8))
    }

    fn word_right(&self) -> usize {
        let tail = &self.text[self.cursor..];
        let start = tail.find(is_word).unwrap_or(tail.len());
        let end = tail[start..].find(|c| !is_word(c)).map_or(tail.len(), |at| start + at);
        self.cursor + end
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text after some edits, with `|` where the cursor is.
    fn after(text: &str, edits: &[Edit]) -> String {
        let mut input = Input::of(text);
        for edit in edits {
            input.edit(edit.clone());
        }
        let mut out = input.text().to_owned();
        out.insert(input.cursor(), '|');
        out
    }

    #[test]
    fn a_line_is_edited() {
        use Edit::*;
        assert_eq!(after("tp_dst = 80", &[DeleteWord]), "tp_dst = |");
        assert_eq!(after("tp_dst = 80", &[WordLeft, WordLeft]), "|tp_dst = 80");
        assert_eq!(after("tp_dst = 80", &[Start, WordRight]), "tp_dst| = 80");
        assert_eq!(after("a e\u{301}", &[Backspace]), "a |");
        assert_eq!(after("ab", &[Left, Insert("x\ny".into())]), "ax y|b");
        assert_eq!(after("abc", &[Left, DeleteToStart]), "|c");
        assert_eq!(after("abc", &[Start, Right, DeleteToEnd, Undo]), "a|bc");
        assert_eq!(after("abc", &[Backspace, Backspace, Undo, Undo, Redo]), "ab|");
        assert_eq!(after("", &[Backspace, Delete, DeleteWord, Left, Right, Undo, Redo]), "|");
        assert_eq!(after("x", &[Insert("y".repeat(LIMIT))]), "x|");
    }
}

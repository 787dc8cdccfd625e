//! Keys by name: how they are written in help, in the configuration, and on the hint line.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::fmt;

/// One key with what is held down beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// The key.
    pub code: KeyCode,
    /// Whether control is held.
    pub ctrl: bool,
    /// Whether alt is held.
    pub alt: bool,
}

/// The keys that have a name of their own.
const NAMES: [(&str, KeyCode); 15] = [
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Shift-Tab", KeyCode::BackTab),
    ("Space", KeyCode::Char(' ')),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("Backspace", KeyCode::Backspace),
    ("Del", KeyCode::Delete),
];

impl Key {
    /// A plain key.
    pub const fn plain(code: KeyCode) -> Key {
        Key { code, ctrl: false, alt: false }
    }

    /// Reads one key: `j`, `Ctrl-d`, `Alt-b`, `F1`, `PgDn`.
    pub fn parse(text: &str) -> Option<Key> {
        if let Some(rest) = text.strip_prefix("Ctrl-").filter(|r| !r.is_empty()) {
            let key = Key::parse(rest)?;
            let code = match key.code {
                KeyCode::Char(c) => KeyCode::Char(c.to_ascii_lowercase()),
                code => code,
            };
            return Some(Key { code, ctrl: true, ..key });
        }
        if let Some(rest) = text.strip_prefix("Alt-").filter(|r| !r.is_empty()) {
            return Some(Key { alt: true, ..Key::parse(rest)? });
        }
        if let Some((_, code)) = NAMES.iter().find(|(name, _)| *name == text) {
            return Some(Key::plain(*code));
        }
        if let Some(n) = text.strip_prefix('F').and_then(|n| n.parse().ok()).filter(|n| (1..=12).contains(n)) {
            return Some(Key::plain(KeyCode::F(n)));
        }
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) => Some(Key::plain(KeyCode::Char(c))),
            _ => None,
        }
    }

    /// The name of a key that terminals do not tell apart from another one, and of that one.
    pub fn same_as(&self) -> Option<(String, &'static str)> {
        const SAME: [(char, &str); 5] =
            [('i', "Tab"), ('m', "Enter"), ('j', "Enter"), ('h', "Backspace"), ('[', "Esc")];
        let (_, other) = SAME.into_iter().find(|(c, _)| self.ctrl && !self.alt && self.code == KeyCode::Char(*c))?;
        Some((self.to_string(), other))
    }

    /// Reads keys that are pressed one after the other: `g g`, `y c`.
    pub fn parse_sequence(text: &str) -> Option<Vec<Key>> {
        let keys: Option<Vec<Key>> = text.split(' ').map(Key::parse).collect();
        keys.filter(|keys| !keys.is_empty())
    }
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Key {
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        let code = match event.code {
            // With control held, terminals differ in the case of the letter.
            KeyCode::Char(c) if ctrl => KeyCode::Char(c.to_ascii_lowercase()),
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            code => code,
        };
        Key { code, ctrl, alt: event.modifiers.contains(KeyModifiers::ALT) }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        if self.alt {
            f.write_str("Alt-")?;
        }
        match self.code {
            code if NAMES.iter().any(|(_, c)| *c == code) => {
                f.write_str(NAMES.iter().find(|(_, c)| *c == code).map_or("", |(name, _)| name))
            }
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::F(n) => write!(f, "F{n}"),
            _ => f.write_str("?"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_and_written() {
        for name in ["j", "G", "Ctrl-g", "Alt-b", "F1", "PgDn", "Space", "Shift-Tab", ":", "-", "+", "?", "Ctrl-e"] {
            assert_eq!(Key::parse(name).unwrap().to_string(), name);
        }
        assert_eq!(Key::parse("Ctrl-T"), Key::parse("Ctrl-t"));
        assert_eq!(Key::parse("Ctrl-"), None);
        assert_eq!(Key::parse("F13"), None);
        assert_eq!(Key::parse("gg"), None);
        assert_eq!(Key::parse_sequence("g g").unwrap().len(), 2);
    }
}

//! What each role looks like.
//!
//! Printing code says what a text means ([`Role`]); a theme says how that looks. The default takes the 16 colours of the
//! terminal and paints no background, so that it fits whatever the person has chosen. No meaning hangs on colour alone.

use ratatui::style::{Color, Modifier, Style};

use crate::base::paint::Role;

/// The looks of all roles, by [`Role::ALL`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// Its name.
    pub name: &'static str,
    styles: [Style; Role::ALL.len()],
}

/// One theme as a row: its name and what each role looks like, in [`Role::ALL`]'s order.
struct Row {
    name: &'static str,
    doc: &'static str,
    looks: [Look; Role::ALL.len()],
}

/// A foreground and modifiers.
type Look = (Option<Color>, Modifier);

const PLAIN: Modifier = Modifier::empty();
const BOLD: Modifier = Modifier::BOLD;
const DIM: Modifier = Modifier::DIM;
const UNDERLINED: Modifier = Modifier::UNDERLINED;
const REVERSED: Modifier = Modifier::REVERSED;

const fn fg(color: Color) -> Look {
    (Some(color), PLAIN)
}

const fn with(modifier: Modifier) -> Look {
    (None, modifier)
}

const fn rgb(n: u32) -> Color {
    Color::Rgb((n >> 16) as u8, (n >> 8) as u8, n as u8)
}

const NONE: Look = (None, PLAIN);

/// Every theme. The columns are text, dim, accent, ok, warn, bad, drop, goto, output, ct, reg, addr, proto, staged,
/// cursor, match.
const ROWS: [Row; 5] = [
    Row {
        name: "terminal",
        doc: "the terminal's own 16 colours on its own background",
        looks: [
            NONE,
            with(DIM),
            with(BOLD),
            fg(Color::Green),
            fg(Color::Yellow),
            (Some(Color::Red), BOLD),
            fg(Color::Red),
            fg(Color::Cyan),
            fg(Color::Green),
            fg(Color::Magenta),
            fg(Color::Yellow),
            fg(Color::LightBlue),
            (Some(Color::LightBlue), BOLD),
            (Some(Color::Magenta), BOLD),
            with(REVERSED),
            (Some(Color::Yellow), UNDERLINED),
        ],
    },
    Row {
        name: "dark",
        doc: "soft colours for a dark background",
        looks: [
            fg(rgb(0xd4d7dd)),
            fg(rgb(0x7d8590)),
            (Some(rgb(0xffffff)), BOLD),
            fg(rgb(0x8fc98b)),
            fg(rgb(0xe5c07b)),
            (Some(rgb(0xff7b72)), BOLD),
            fg(rgb(0xff7b72)),
            fg(rgb(0x79d3d9)),
            fg(rgb(0x8fc98b)),
            fg(rgb(0xd2a8ff)),
            fg(rgb(0xe5c07b)),
            fg(rgb(0x8ab4f8)),
            (Some(rgb(0x8ab4f8)), BOLD),
            (Some(rgb(0xd2a8ff)), BOLD),
            with(REVERSED),
            (Some(rgb(0xffd866)), UNDERLINED),
        ],
    },
    Row {
        name: "light",
        doc: "strong colours for a light background",
        looks: [
            fg(rgb(0x24292f)),
            fg(rgb(0x6a737d)),
            (Some(rgb(0x000000)), BOLD),
            fg(rgb(0x1a7f37)),
            fg(rgb(0x8a6100)),
            (Some(rgb(0xb31d28)), BOLD),
            fg(rgb(0xb31d28)),
            fg(rgb(0x0b7285)),
            fg(rgb(0x1a7f37)),
            fg(rgb(0x7d2bb5)),
            fg(rgb(0x8a6100)),
            fg(rgb(0x0b4fb3)),
            (Some(rgb(0x0b4fb3)), BOLD),
            (Some(rgb(0x7d2bb5)), BOLD),
            with(REVERSED),
            (Some(rgb(0x8a6100)), UNDERLINED),
        ],
    },
    Row {
        name: "mono",
        doc: "no colour: bold, underlined and reversed only",
        looks: [
            NONE,
            with(DIM),
            with(BOLD),
            NONE,
            with(BOLD),
            with(BOLD.union(UNDERLINED)),
            with(BOLD),
            with(UNDERLINED),
            NONE,
            NONE,
            NONE,
            NONE,
            with(BOLD),
            with(BOLD),
            with(REVERSED),
            with(UNDERLINED),
        ],
    },
    Row {
        name: "colour-blind",
        doc: "blue and orange, no pair of red and green (Okabe and Ito's palette)",
        looks: [
            NONE,
            with(DIM),
            with(BOLD),
            fg(rgb(0x56b4e9)),
            fg(rgb(0xf0e442)),
            (Some(rgb(0xe69f00)), BOLD.union(UNDERLINED)),
            (Some(rgb(0xe69f00)), BOLD),
            fg(rgb(0x56b4e9)),
            fg(rgb(0x0072b2)),
            fg(rgb(0xcc79a7)),
            fg(rgb(0xf0e442)),
            fg(rgb(0x56b4e9)),
            (Some(rgb(0x56b4e9)), BOLD),
            (Some(rgb(0xcc79a7)), BOLD),
            with(REVERSED),
            (Some(rgb(0xf0e442)), UNDERLINED),
        ],
    },
];

impl Theme {
    /// The names of the themes, each with what it is.
    pub fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
        ROWS.iter().map(|row| (row.name, row.doc))
    }

    /// The theme of that name.
    pub fn by_name(name: &str) -> Option<Theme> {
        let row = ROWS.iter().find(|row| row.name == name)?;
        let styles = row.looks.map(|(fg, modifier)| {
            let style = Style::new().add_modifier(modifier);
            fg.map_or(style, |fg| style.fg(fg))
        });
        Some(Theme { name: row.name, styles })
    }

    /// The look of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// The same theme for a terminal that shows 256 colours only: each colour becomes the nearest of them.
    pub fn in_256_colours(mut self) -> Theme {
        for style in &mut self.styles {
            style.fg = style.fg.map(|color| match color {
                Color::Rgb(r, g, b) => Color::Indexed(nearest_of_256(r, g, b)),
                color => color,
            });
        }
        self
    }
}

/// The nearest colour of the 6x6x6 cube or the grey ramp that xterm's 256 colours hold.
fn nearest_of_256(r: u8, g: u8, b: u8) -> u8 {
    const STEPS: [i32; 6] = [0, 95, 135, 175, 215, 255];
    let step = |v: u8| (0..6).min_by_key(|i| (STEPS[*i] - i32::from(v)).abs()).unwrap_or(0);
    let distance = |a: [i32; 3]| -> i32 { a.iter().zip([r, g, b]).map(|(a, v)| (a - i32::from(v)).pow(2)).sum() };
    let (i, j, k) = (step(r), step(g), step(b));
    let cube = (distance([STEPS[i], STEPS[j], STEPS[k]]), 16 + 36 * i + 6 * j + k);
    let grey = (0..24).map(|n| (distance([8 + 10 * n; 3]), 232 + n as usize)).min().unwrap_or(cube);
    cube.min(grey).1 as u8
}

/// The characters that lines and bars are drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// Corners and lines: top left, top right, bottom left, bottom right, horizontal, vertical.
    pub frame: [&'static str; 6],
    /// Eighths of a bar, from empty to full.
    pub bars: [&'static str; 9],
    /// What stands where a text was cut.
    pub cut: &'static str,
    /// An arrow.
    pub arrow: &'static str,
    /// Good and bad.
    pub marks: [&'static str; 2],
    /// The steps of a spinner.
    pub spinner: &'static [&'static str],
}

impl Glyphs {
    /// For terminals that show Unicode.
    pub const UNICODE: Glyphs = Glyphs {
        frame: ["┌", "┐", "└", "┘", "─", "│"],
        bars: [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        cut: "…",
        arrow: "→",
        marks: ["✓", "✗"],
        spinner: &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
    };

    /// For all others.
    pub const ASCII: Glyphs = Glyphs {
        frame: ["+", "+", "+", "+", "-", "|"],
        bars: [" ", ".", ".", ":", "-", "=", "+", "*", "#"],
        cut: "~",
        arrow: "->",
        marks: ["v", "X"],
        spinner: &["|", "/", "-", "\\"],
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_theme_can_be_chosen_by_name_and_mono_has_no_colour() {
        for (name, doc) in Theme::names() {
            let theme = Theme::by_name(name).unwrap();
            assert!(theme.name == name && !doc.is_empty());
            if name == "mono" {
                assert!(Role::ALL.iter().all(|r| theme.style(*r).fg.is_none()));
            }
            assert!(Role::ALL.iter().all(|r| theme.style(*r).bg.is_none()), "{name} paints a background");
        }
        assert_eq!(Theme::by_name("neon"), None);
    }

    #[test]
    fn colours_come_down_to_256() {
        assert_eq!(nearest_of_256(255, 0, 0), 196);
        assert_eq!(nearest_of_256(0, 0, 0), 16);
        assert_eq!(nearest_of_256(0x80, 0x80, 0x80), 244);
    }
}

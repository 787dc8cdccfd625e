//! The smallest pieces of a filter: words, values, strings, regular expressions, bit ranges.
//!
//! Each function takes one piece off the front of a text and gives it together with what follows. What a piece *is*
//! depends on where it stands, so the parser asks for the kind it expects: at the start of a term `10.0.0.1` is nothing,
//! after `nw_src =` it is a value.

use std::borrow::Cow;

use nom::bytes::complete::{take_while, take_while1};
use nom::character::complete::{char, digit1};
use nom::combinator::{map_res, opt, recognize, verify};
use nom::error::Error;
use nom::sequence::{pair, preceded};
use nom::{IResult, Parser};

/// Whether two words are the same, in any case.
pub(super) fn same_word(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// Takes the blanks off.
pub(super) fn skip_blanks(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\r', '\n'])
}

fn is_word_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '-')
}

/// Takes a word: the name of a field, a keyword, an operator in letters. Dots and hyphens are part of it, but two dots
/// are not, and neither is a dot at its end.
pub(super) fn word(text: &str) -> Option<(&str, &str)> {
    let mut whole = recognize(pair(take_while1(is_word_start), take_while(is_word_char)));
    let read: IResult<&str, &str> = whole.parse(text);
    let (_, found) = read.ok()?;
    let end = found.find("..").unwrap_or(found.len());
    let end = found[..end].trim_end_matches('.').len();
    Some((&text[..end], &text[end..]))
}

/// A range of bits after a field: `[]`, `[5]`, `[0..15]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Brackets {
    /// All bits.
    Whole,
    /// From the first to the last one.
    Bits(u16, u16),
}

/// Takes a range of bits. `Err` tells whether more text could make it one.
pub(super) fn brackets(text: &str) -> Result<(Brackets, &str), bool> {
    let number = |text| map_res(digit1::<&str, Error<&str>>, str::parse::<u16>).parse(text);
    let inner = |text| -> IResult<&str, Option<(u16, Option<u16>)>> {
        opt(pair(number, opt(preceded(nom::bytes::complete::tag(".."), number)))).parse(text)
    };
    let mut opened = preceded(char::<&str, Error<&str>>('['), inner);
    let (rest, range) = opened.parse(text).map_err(|_| false)?;
    match rest.strip_prefix(']') {
        Some(rest) => {
            let range = range.map(|(first, last)| (first, last.unwrap_or(first)));
            Ok((range.map_or(Brackets::Whole, |(first, last)| Brackets::Bits(first, last)), rest))
        }
        None => Err(match range {
            _ if rest.is_empty() => true,
            Some((_, None)) => rest == "." || rest == "..",
            _ => false,
        }),
    }
}

/// A string in quotes.
pub(super) struct Quoted<'t> {
    /// What stands between the quotes.
    pub inner: &'t str,
    /// What follows the closing quote.
    pub rest: &'t str,
}

/// Takes a string in single or double quotes; `None` if it is not closed. The text must begin with the quote.
pub(super) fn quoted(text: &str) -> Option<Quoted<'_>> {
    let quote = text.chars().next()?;
    let (inner, rest) = delimited_by(&text[quote.len_utf8()..], quote)?;
    Some(Quoted { inner, rest })
}

/// Takes everything up to a delimiter that no backslash stands before, and the delimiter off what follows.
fn delimited_by(text: &str, delimiter: char) -> Option<(&str, &str)> {
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == delimiter {
            return Some((&text[..at], &text[at + c.len_utf8()..]));
        }
        if c == '\\' {
            chars.next();
        }
    }
    None
}

/// What a string means: `\"`, `\'`, `\\`, `\n`, `\t` stand for one character; any other backslash for itself.
pub(super) fn unescaped(inner: &str) -> Cow<'_, str> {
    if !inner.contains('\\') {
        return inner.into();
    }
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        let escaped = match (c, chars.peek()) {
            ('\\', Some('n')) => '\n',
            ('\\', Some('t')) => '\t',
            ('\\', Some(&next @ ('"' | '\'' | '\\'))) => next,
            _ => {
                out.push(c);
                continue;
            }
        };
        chars.next();
        out.push(escaped);
    }
    out.into()
}

/// A regular expression as it is written, either way, as the `regex` crate wants it: only the backslash in front of the
/// delimiter goes.
pub(super) fn pattern(inner: &str, delimiter: char) -> Cow<'_, str> {
    let escaped = format!("\\{delimiter}");
    if !inner.contains(&escaped) {
        return inner.into();
    }
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match (c, chars.clone().next()) {
            ('\\', Some(next)) if next == delimiter => {
                out.push(next);
                chars.next();
            }
            ('\\', Some(next)) => {
                out.extend([c, next]);
                chars.next();
            }
            _ => out.push(c),
        }
    }
    out.into()
}

/// A regular expression between slashes.
pub(super) struct Slashed<'t> {
    /// What stands between the slashes.
    pub inner: &'t str,
    /// Whether an `i` follows, for any case.
    pub any_case: bool,
    /// What follows.
    pub rest: &'t str,
}

/// Takes a regular expression between slashes; `None` if it is not closed. The text must begin with a slash.
pub(super) fn slashed(text: &str) -> Option<Slashed<'_>> {
    let (inner, rest) = delimited_by(text.strip_prefix('/')?, '/')?;
    let after = rest.strip_prefix('i').filter(|after| !after.starts_with(is_word_char));
    Some(Slashed { inner, any_case: after.is_some(), rest: after.unwrap_or(rest) })
}

/// Whether a character ends a value that stands without quotes.
fn ends_value(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | '(' | ')' | '{' | '}' | '"' | '\'' | '=' | '<' | '>' | '~' | '!' | '&' | ';')
}

/// Takes a value that stands without quotes: everything up to a blank, a comma, a closing bracket or an operator. A
/// value that begins with a parenthesis, as those of packet_type do, runs to the closing one. Two dots end it as well,
/// so that `1..5` is two values, but not inside brackets.
pub(super) fn value(text: &str) -> (&str, &str) {
    if text.starts_with('(') {
        let end = text.find(')').map_or(text.len(), |at| at + 1);
        return text.split_at(end);
    }
    let mut in_brackets = false;
    let bytes = text.as_bytes();
    let end = text.char_indices().find(|&(at, c)| {
        in_brackets = (in_brackets || c == '[') && c != ']';
        let next = bytes.get(at + 1);
        let is_or = c == '|' && next == Some(&b'|');
        let is_range = c == '.' && next == Some(&b'.') && !in_brackets;
        ends_value(c) || is_or || is_range
    });
    text.split_at(end.map_or(text.len(), |(at, _)| at))
}

/// Splits a number off its unit: decimal digits with a fraction if there is one, or hexadecimal digits after `0x`.
pub(super) fn number(text: &str) -> Option<(&str, &str)> {
    let hex =
        recognize(preceded(nom::bytes::complete::tag_no_case("0x"), take_while1(|c: char| c.is_ascii_hexdigit())));
    let fraction = preceded(char('.'), digit1);
    let decimal = recognize(pair(digit1, opt(fraction)));
    let mut either = verify(nom::branch::alt((hex, decimal)), |n: &str| !n.is_empty());
    let read: IResult<&str, &str> = either.parse(text);
    read.ok().map(|(rest, number)| (number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_hold_dots_and_hyphens_but_no_ranges() {
        for (text, found) in [
            ("nw_src=1", "nw_src"),
            ("ct.zone = 5", "ct.zone"),
            ("reached-by table", "reached-by"),
            ("reg6[0..15]", "reg6"),
            ("a..b", "a"),
            ("a.", "a"),
            ("größe=1", "größe"),
        ] {
            assert_eq!(word(text).map(|(w, _)| w), Some(found), "{text}");
        }
        for text in ["", "5", "=", "-a", ".a", "(", "\"a\""] {
            assert!(word(text).is_none(), "{text}");
        }
    }

    #[test]
    fn ranges_of_bits() {
        assert_eq!(brackets("[]x"), Ok((Brackets::Whole, "x")));
        assert_eq!(brackets("[5]"), Ok((Brackets::Bits(5, 5), "")));
        assert_eq!(brackets("[0..15].a"), Ok((Brackets::Bits(0, 15), ".a")));
        for text in ["[", "[0", "[0.", "[0..", "[0..1"] {
            assert_eq!(brackets(text), Err(true), "{text}");
        }
        for text in ["[a]", "[0-5]", "[0..a", "[99999999]", "[0.5]", "[0 "] {
            assert_eq!(brackets(text), Err(false), "{text}");
        }
    }

    #[test]
    fn strings_end_at_a_quote_without_a_backslash() {
        let read = |text| quoted(text).map(|q| (unescaped(q.inner).into_owned(), q.rest));
        assert_eq!(read("\"a b\" c"), Some(("a b".into(), " c")));
        assert_eq!(read("'a\"b'"), Some(("a\"b".into(), "")));
        assert_eq!(read(r#""a\"b\\" c"#), Some(("a\"b\\".into(), " c")));
        assert_eq!(read(r#""a\tb\d""#), Some(("a\tb\\d".into(), "")));
        assert_eq!(read("\"ü\""), Some(("ü".into(), "")));
        assert_eq!(read("\"open"), None);
        assert_eq!(read(r#""open\""#), None);
        assert_eq!(read("'open\\"), None);
    }

    #[test]
    fn regular_expressions_keep_their_backslashes() {
        let slash = |text| slashed(text).map(|s| (pattern(s.inner, '/').into_owned(), s.any_case, s.rest));
        assert_eq!(slash(r"/resubmit\(,9[23]\)/ x"), Some((r"resubmit\(,9[23]\)".into(), false, " x")));
        assert_eq!(slash(r"/10\/8/i"), Some(("10/8".into(), true, "")));
        assert_eq!(slash(r"/\\/i,"), Some((r"\\".into(), true, ",")));
        assert_eq!(slash("/a/in"), Some(("a".into(), false, "in")));
        assert_eq!(slash("/a"), None);
        assert_eq!(pattern(r#"a\"\\"b"#, '"'), r#"a"\\"b"#);
    }

    #[test]
    fn values_end_where_something_else_begins() {
        for (text, found) in [
            ("10.0.0.0/8,x", "10.0.0.0/8"),
            ("+new-est rel", "+new-est"),
            ("trk|est||tcp", "trk|est"),
            ("aa:bb:cc:dd:ee:ff)", "aa:bb:cc:dd:ee:ff"),
            ("(1,0x800),ip", "(1,0x800)"),
            ("8000..8099", "8000"),
            ("reg6[0..15],x", "reg6[0..15]"),
            ("fe80::1}", "fe80::1"),
            ("5=3", "5"),
            ("80&&x", "80"),
            ("?", "?"),
            ("", ""),
            ("(1", "(1"),
            ("é x", "é"),
        ] {
            assert_eq!(value(text).0, found, "{text}");
        }
    }

    #[test]
    fn numbers_and_what_follows_them() {
        assert_eq!(number("10k"), Some(("10", "k")));
        assert_eq!(number("0x1F/0xff"), Some(("0x1F", "/0xff")));
        assert_eq!(number("1.5M"), Some(("1.5", "M")));
        assert_eq!(number("1..5"), Some(("1", "..5")));
        assert_eq!(number("0x"), Some(("0", "x")));
        assert_eq!(number("-1"), None);
        assert_eq!(number("k"), None);
    }
}

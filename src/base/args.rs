//! Lists of `name=value`, `name:value`, `name(value)` and bare `name`, as Open vSwitch splits them.
//!
//! Matches, actions and the arguments of actions all share this grammar (ovs-ofctl(8) "Flow Syntax"): items are set
//! apart by commas or blanks, empty items are skipped, a value may hold balanced parentheses, and
//! `name(value)->rest` keeps its arrow. A parenthesis that stays open runs to the end of the text; Open vSwitch takes
//! that without a word, so [`Item::open`] tells.

use nom::bytes::complete::{take_till, take_while};
use nom::{IResult, Parser};

/// What stands between a name and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// Nothing: a bare name.
    None,
    /// `=`.
    Equals,
    /// `:`.
    Colon,
    /// `(`; the value ends at the matching `)`.
    Paren,
}

/// One item of a list; the parts are slices of the text that was split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item<'a> {
    /// The name.
    pub name: &'a str,
    /// What follows the name.
    pub separator: Separator,
    /// The value, without its parentheses; empty for a bare name. For `name(a)->b` it is `a)->b`.
    pub value: &'a str,
    /// Whether a parenthesis was opened and never closed.
    pub open: bool,
}

impl<'a> Item<'a> {
    /// Splits the first item off `text`; `None` when only separators are left.
    pub fn first(text: &'a str) -> Option<(Item<'a>, &'a str)> {
        let skipped = text.len() - skip_separators(text.as_bytes()).ok()?.0.len();
        let text = &text[skipped..];
        if text.is_empty() {
            return None;
        }
        let (rest, parts) = item(text.as_bytes()).ok()?;
        // Every part ends at an ASCII character or at the end, so the positions are good for the text, too.
        let value_at = text.len() - rest.len() - parts.value_and_end;
        let item = Item {
            name: &text[..parts.name],
            separator: parts.separator,
            value: &text[value_at..value_at + parts.value],
            open: parts.open,
        };
        Some((item, &text[text.len() - rest.len()..]))
    }
}

/// The items of `text`, one after the other.
pub fn items(text: &str) -> Items<'_> {
    Items { rest: text }
}

/// An iterator over the items of a text.
#[derive(Debug, Clone)]
pub struct Items<'a> {
    rest: &'a str,
}

impl<'a> Items<'a> {
    /// What has not been split yet.
    pub fn rest(&self) -> &'a str {
        self.rest
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        let (item, rest) = Item::first(self.rest)?;
        self.rest = rest;
        Some(item)
    }
}

fn is_separator(b: u8) -> bool {
    matches!(b, b',' | b' ' | b'\t' | b'\r' | b'\n')
}

fn skip_separators(text: &[u8]) -> IResult<&[u8], &[u8]> {
    take_while(is_separator).parse(text)
}

/// The lengths of an item's parts.
struct Parts {
    name: usize,
    separator: Separator,
    value: usize,
    /// From the start of the value to the end of the item and what ends it.
    value_and_end: usize,
    open: bool,
}

fn item(text: &[u8]) -> IResult<&[u8], Parts> {
    let (rest, name) = take_till(|b| is_separator(b) || matches!(b, b':' | b'=' | b'(')).parse(text)?;
    let name = name.len();
    let separator = match rest.first() {
        Some(b'=') => Separator::Equals,
        Some(b':') => Separator::Colon,
        Some(b'(') => Separator::Paren,
        ended => {
            let end = usize::from(ended.is_some());
            return Ok((
                &rest[end..],
                Parts { name, separator: Separator::None, value: 0, value_and_end: end, open: false },
            ));
        }
    };
    let after = &rest[1..];
    let (value, open) = match separator {
        Separator::Paren => parenthesised(after),
        _ => value_end(after, is_separator),
    };
    let value_and_end = after.len().min(value + 1);
    Ok((&after[value_and_end..], Parts { name, separator, value, value_and_end, open }))
}

/// The end of a value that stands in parentheses, and whether they stayed open. What follows `)->` belongs to it.
fn parenthesised(text: &[u8]) -> (usize, bool) {
    let (end, open) = value_end(text, |b| b == b')');
    if text[end..].starts_with(b")->") {
        let (more, open) = value_end(&text[end..], is_separator);
        return (end + more, open);
    }
    (end, open || end == text.len())
}

/// The end of a value: the first byte outside parentheses for which `stop` holds, and whether a parenthesis stayed
/// open on the way.
fn value_end(text: &[u8], stop: impl Fn(u8) -> bool) -> (usize, bool) {
    let mut level = 0usize;
    for (at, &b) in text.iter().enumerate() {
        match b {
            b')' if level > 0 => level -= 1,
            _ if level == 0 && stop(b) => return (at, false),
            b'(' => level += 1,
            _ => {}
        }
    }
    (text.len(), level > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<(&str, Separator, &str)> {
        items(text).map(|i| (i.name, i.separator, i.value)).collect()
    }

    #[test]
    fn items_of_a_match_and_of_actions() {
        use Separator::*;
        assert_eq!(
            split("priority=10, tcp\tnw_src=10.0.0.0/8,,in_port:1"),
            [("priority", Equals, "10"), ("tcp", None, ""), ("nw_src", Equals, "10.0.0.0/8"), ("in_port", Colon, "1")]
        );
        assert_eq!(
            split("ct(commit,exec(load:0x1->NXM_NX_CT_MARK[])),resubmit(,72),drop"),
            [("ct", Paren, "commit,exec(load:0x1->NXM_NX_CT_MARK[])"), ("resubmit", Paren, ",72"), ("drop", None, "")]
        );
        assert_eq!(
            split("check_pkt_larger(100)->reg0[0],2"),
            [("check_pkt_larger", Paren, "100)->reg0[0]"), ("2", None, "")]
        );
        assert_eq!(split("packet_type=(1,0x800),ip"), [("packet_type", Equals, "(1,0x800)"), ("ip", None, "")]);
        assert_eq!(split(" , ,"), []);
    }

    #[test]
    fn an_open_parenthesis_is_noticed() {
        let open = |text| items(text).any(|i| i.open);
        assert!(open("resubmit(,2"));
        assert!(open("clone(output:1"));
        assert!(open("ct(commit,nat(src=1.2.3.4)"));
        assert!(!open("clone(output:1)"));
        assert!(!open("clone()"));
        assert_eq!(split("clone("), [("clone", Separator::Paren, "")]);
    }

    #[test]
    fn every_text_ends() {
        for text in ["(", ")", "=", ":", "()", ")->", "a(b)->", "ü(é)=,ß", "((((", "a)b(c"] {
            assert!(items(text).count() <= text.len());
        }
    }
}

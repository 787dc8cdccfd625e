use std::sync::Arc;

use super::*;
use crate::base::diag::Report;

/// Reads and prints, and tells the complaints as `line:column: message`.
pub fn round<T>(
    text: &str,
    names: &Names,
    read: impl Fn(&str, &mut Source<'_>) -> Vec<Part<T>>,
    paint: impl Fn(&[Part<T>], &Names, &mut String),
) -> (Vec<Part<T>>, String, Vec<String>) {
    let (file, mut report) = (Arc::from("f"), Report::default());
    let parts = read(text, &mut Source { file: &file, names, report: &mut report });
    let mut out = String::new();
    paint(&parts, names, &mut out);
    let told = |l: &crate::base::diag::Located| {
        format!("{}:{}: {}", l.line, l.diagnostic.column(&l.text), l.diagnostic.message)
    };
    (parts, out, report.kept.iter().map(told).collect())
}

/// A document of pairs: `a 1` and, on the next line, ` 2`.
const PAIRS: Form<(String, String)> = Form {
    what: "pairs",
    headings: &["OFPST_PAIR"],
    begins: |line| line.starts_with("a "),
    continues: |line| line.starts_with(' '),
    surrounds: |line| line == "--",
    read: |block, _| {
        let first = block.head.after("a ")?;
        block.head.number(first, 99)?;
        let mut second = String::new();
        for line in block.tail() {
            second = line.number(line.after(" ")?, 99)?.to_string();
        }
        Ok((first.to_owned(), second))
    },
    paint: |entry, _, p| paint_pair(entry, p),
};

fn paint_pair(entry: &(String, String), p: &mut impl Painter) {
    p.text(&format!("a {}", entry.0));
    if !entry.1.is_empty() {
        p.text(&format!("\n {}", entry.1));
    }
}

fn pairs(text: &str) -> (Vec<Part<(String, String)>>, Vec<String>) {
    let (parts, out, told) = round(
        text,
        Names::none(),
        |text, source| read(text, source, &PAIRS),
        |parts, _, p| paint(parts, p, |entry, p| paint_pair(entry, p)),
    );
    assert_eq!(out, text);
    (parts, told)
}

#[test]
fn entries_stand_between_text() {
    let (parts, told) = pairs("OFPST_PAIR reply (xid=0x2):\na 1\n 2\n--\n\na 3\n");
    assert_eq!(parts.len(), 4);
    assert_eq!(parts[0], Part::Text("OFPST_PAIR reply (xid=0x2):\n".into()));
    assert_eq!(parts[1], Part::Entry(("1".into(), "2".into())));
    assert_eq!(parts[2], Part::Text("--\n\n".into()));
    assert_eq!(told, [""; 0]);
}

#[test]
fn every_line_end_is_kept() {
    for text in ["", "\n", "\r\n", "a 1", "a 1\r\n 2", "a 1\n 2", "a 1\r\n 2\r\n", "a 1\r\na 2\na 3\n\r\n"] {
        let (parts, told) = pairs(text);
        let entries = parts.iter().filter_map(Part::entry).count();
        assert_eq!(entries + told.len(), text.matches('a').count(), "{text:?}");
    }
    // Lines that end one way inside an entry and another way behind it are kept as text.
    assert_eq!(pairs("a 1\r\n 2\n").1, ["1:4: this would print differently, it is kept as text"]);
    assert_eq!(pairs("-\r\na 1\r\n 2").0.iter().filter_map(Part::entry).count(), 1);
}

#[test]
fn what_is_not_understood_is_text_and_told() {
    let (parts, told) = pairs("a 1\nwhat\na x\n 2\na 100\na 1\n 02\n");
    assert_eq!(
        told,
        [
            "2:1: this is none of the pairs",
            "3:3: `x` is no number",
            "5:3: this number is at most 99: `100`",
            "7:2: this would print differently, it is kept as text",
        ]
    );
    assert_eq!(parts.iter().filter_map(Part::entry).count(), 1);
}

#[test]
fn headings() {
    let h = heading("OFPST_GROUP_DESC reply (OF1.3) (xid=0x2): flags=[more]").unwrap();
    assert_eq!((h.name, h.version, h.xid, h.rest), ("OFPST_GROUP_DESC", Some(Version::V13), 2, " flags=[more]"));
    let h = heading("OFPT_FEATURES_REPLY (xid=0xff): dpid:01").unwrap();
    assert_eq!((h.name, h.version, h.xid), ("OFPT_FEATURES_REPLY", Some(Version::V10), 255));
    assert_eq!(heading("OFPT_HELLO (OF 0x07) (xid=0x1):").map(|h| h.version), Some(None));
    for line in ["", "OFPST_GROUP", "OFPST_GROUP reply (xid=0x123456789):", "group (xid=0x1):", "OF (xid=2):"] {
        assert_eq!(heading(line), None, "{line}");
    }
}

#[test]
fn the_first_line_that_says_something_decides() {
    let first = |text| matches!(First::of(text), First::Heading(h) if h.name == "OFPST_GROUP");
    assert!(first("\n# a comment\n$ ovs-ofctl dump-groups br0\nOFPST_GROUP reply (xid=0x1):\n"));
    assert!(!first("a flow\nOFPST_GROUP reply (xid=0x1):\n"));
    assert_eq!(First::of("\n\n"), First::Nothing);
    assert_eq!(First::of("\n x\n"), First::Line(" x"));
}

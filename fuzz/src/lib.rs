//! What the fuzz targets share: how a text is read, and the laws that no text may break.
//!
//! A target never looks at bytes that are no UTF-8 unless its reader does; [`text`] turns them into text as a load would.

#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::io::{Cursor, Read};
use std::sync::Arc;

use ofscope::base::diag::Report;
use ofscope::base::progress::Progress;
use ofscope::dump::input::Input;
use ofscope::dump::{Part, Source, flows};
use ofscope::field::Names;
use ofscope::model::bridge::Bridge;

/// Bytes as the text a load makes of them.
pub fn text(data: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(data)
}

/// Ports and tables with the names that people give them, odd ones among them.
pub fn names() -> Names {
    let mut names = Names::default();
    for (number, name) in [(1, "p1"), (2, "patch-tun"), (5, "tap5"), (9, "odd \"name"), (65534, "br-int")] {
        names.add_port(number, name);
    }
    names.add_table(3, "ingress");
    names.add_table(4, "odd\"name");
    names
}

/// What a reader made of a text: its value and its complaints, which can all be painted.
pub fn read<T>(text: &str, names: &Names, read: impl FnOnce(&str, &mut Source<'_>) -> T) -> (T, Report) {
    let (file, mut report): (Arc<str>, _) = ("f".into(), Report::default());
    let out = read(text, &mut Source { file: &file, names, report: &mut report });
    paint(&report);
    (out, report)
}

/// Paints every complaint; none may bring a control character along.
pub fn paint(report: &Report) {
    for located in &report.kept {
        let mut out = String::new();
        located.paint(&mut out);
        assert!(is_clean(&out), "a complaint carries a control character: {out:?}");
    }
}

/// Whether a painted text can go to a terminal.
pub fn is_clean(painted: &str) -> bool {
    painted.lines().all(|line| line.chars().all(ofscope::base::safe::is_visible))
}

/// A printer of parts, with names or with numbers only.
pub type Paint<T> = fn(&[Part<T>], &Names, &mut String);

/// The law of documents: whatever stands in it, it prints as it was, with names or with numbers.
pub fn comes_back<T>(text: &str, reader: fn(&str, &mut Source<'_>) -> Vec<Part<T>>, paint: Paint<T>) {
    let learning = Names::default().learning();
    let (parts, _) = read(text, &learning, reader);
    let printed = [&learning, Names::none()].map(|names| {
        let mut out = String::new();
        paint(&parts, names, &mut out);
        out
    });
    assert!(printed.iter().any(|out| out == text), "{text:?}\nbecame\n{:?}", printed[0]);
}

/// The first lines of a text as flows of a bridge.
pub fn bridge(text: &str, lines: usize) -> Bridge {
    let names = Arc::new(names().learning());
    let end = text.match_indices('\n').nth(lines).map_or(text.len(), |(at, _)| at);
    let loaded = flows::load(text[..end].as_bytes(), &"f".into(), &names, &Progress::default(), |_| {});
    Bridge {
        name: "br-int".into(),
        names,
        flows: loaded.flows,
        version: loaded.version,
        is_dumped: true,
        ..Bridge::default()
    }
}

/// Bytes as an input that was opened; nothing if its beginning can not be unpacked.
pub fn input(data: &[u8]) -> Option<Input> {
    Input::new(Cursor::new(data.to_vec())).ok()
}

/// The whole of an input, unpacked; nothing if it breaks off.
pub fn unpacked(data: &[u8], limit: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    input(data)?.into_reader().take(limit).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

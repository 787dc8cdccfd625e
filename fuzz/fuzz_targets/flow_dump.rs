//! A dump of flows: each flow prints as its line, and where nothing is complained about no line is lost.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ofscope::base::progress::Progress;
use ofscope::dump::flows::{heading, load};
use ofscope_fuzz::{names, paint};

fuzz_target!(|data: &[u8]| {
    let names = names().learning();
    let loaded = load(data, &"f".into(), &names, &Progress::default(), |_| {});
    paint(&loaded.report);
    let lines: Vec<&[u8]> = data.split(|b| *b == b'\n').map(|l| l.strip_suffix(b"\r").unwrap_or(l)).collect();
    for (_, flow) in loaded.flows.iter() {
        let line = lines[flow.line() as usize - 1];
        let print = flow.line_text(&names);
        assert!(print.as_bytes() == line, "{:?}\nbecame\n{print:?}", String::from_utf8_lossy(line));
    }
    if loaded.report.is_empty() {
        let is_flow = |line: &&&[u8]| {
            let line = std::str::from_utf8(line).expect("other lines are complained about").trim();
            !line.is_empty() && !line.starts_with('#') && heading(line).is_none()
        };
        assert_eq!(loaded.flows.len(), lines.iter().filter(is_flow).count(), "a line is lost without a word");
    }
});

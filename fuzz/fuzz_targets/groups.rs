//! Groups and what is counted for them: documents come back, and a line that a person typed prints as one that is taken
//! again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ofscope::action::Mode;
use ofscope::dump::{group_line, groups};
use ofscope_fuzz::{comes_back, names, text};

fuzz_target!(|data: &[u8]| {
    let text = text(data);
    groups::is_groups(&text);
    groups::is_group_stats(&text);
    comes_back(&text, groups::read_groups, groups::paint_groups);
    comes_back(&text, groups::read_group_stats, groups::paint_group_stats);
    let names = names();
    for line in text.lines().take(8) {
        for mode in [Mode::Typed, Mode::Dumped] {
            let Ok(reading) = group_line::parse(line, &names, mode) else { continue };
            let mut print = String::new();
            reading.line.paint(&names, &mut print);
            if reading.line.written.is_some() {
                assert_eq!(print, line);
            }
            let mut plain = String::new();
            reading.line.change.paint(&names, &mut plain);
            let again = group_line::parse(&plain, &names, mode);
            match again {
                Ok(again) => {
                    let mut twice = String::new();
                    again.line.change.paint(&names, &mut twice);
                    assert_eq!(twice, plain, "of {line:?}");
                }
                Err(d) => panic!("{line:?} becomes {plain:?}, which is refused: {d}"),
            }
        }
    }
});

//! A line that a person typed, in every version: what a switch prints back of it is read without a complaint and prints
//! the same again; what Open vSwitch would print of it is taken again and means the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ofscope::action::Mode;
use ofscope::dump::echo::{Known, echo};
use ofscope::dump::flow_line::{Reading, parse};
use ofscope::explain;
use ofscope::field::{Names, Version};
use ofscope::model::flow::Style;
use ofscope_fuzz::{is_clean, names, text};

fuzz_target!(|data: &[u8]| {
    let names = names();
    for line in text(data).lines().take(4) {
        let dumped = parse(line, &names, Mode::Dumped, false);
        assert!(dumped.is_ok(), "a printed line is refused: {line:?}: {dumped:?}");
        for commands in [false, true] {
            match parse(line, &names, Mode::Typed, commands) {
                Ok(reading) => taken(line, &reading, &names),
                Err(d) => {
                    let mut out = String::new();
                    d.paint("f:1", line, &mut out);
                    assert!(is_clean(&out), "{out:?}");
                }
            }
        }
    }
});

/// What holds for a line that was taken.
fn taken(line: &str, reading: &Reading, names: &Names) {
    let mut typed = String::new();
    reading.flow_mod.paint(names, &mut typed);
    match parse(&typed, names, Mode::Typed, true) {
        Ok(again) => {
            let mut printed = String::new();
            again.flow_mod.paint(names, &mut printed);
            assert_eq!(printed, typed, "of {line:?}");
        }
        Err(d) => panic!("{line:?} becomes {typed:?}, which is refused: {d}"),
    }
    explain::typed(&reading.flow_mod.flow, names);
    for version in Version::ALL {
        let Ok(echo) = echo(reading, line, version, &Known::default()) else { continue };
        let print = echo.flow.text(Style::NoStats, Names::none());
        let back = parse(&print, names, Mode::Dumped, false).expect("a printed line is never refused");
        let errors: Vec<_> = back.found.iter().filter(|d| d.is_error()).collect();
        assert!(errors.is_empty(), "{version} of {line:?} prints {print:?}, and that is complained about: {errors:?}");
        assert_eq!(back.flow_mod.flow.text(Style::NoStats, Names::none()), print, "{version} of {line:?}");
    }
}

//! Every fault breaks something, and can be undone.

use super::*;
use crate::practice::course::Course;
use crate::practice::lesson::Text;

#[test]
fn every_fault_has_a_name_of_its_own_and_words() {
    for (at, fault) in FAULTS.iter().enumerate() {
        assert!(fault.doc.len() > 20 && !fault.doc.ends_with('.'), "{}", fault.name);
        assert!(FAULTS[at + 1..].iter().all(|other| other.name != fault.name), "{}", fault.name);
    }
}

#[test]
fn every_fault_is_in_a_lesson() {
    let course = Course::built_in();
    let used = |name: &str| course.lessons.iter().any(|l| l.fault.as_ref().is_some_and(|f| f.kind.value == name));
    let unused: Vec<_> = FAULTS.iter().filter(|fault| !used(fault.name)).map(|fault| fault.name).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn a_fault_that_nobody_knows_is_refused_with_the_nearest_name() {
    let text = FaultText { kind: Text::typed("segment-not-maped"), ..FaultText::default() };
    let refused = inject(&Snapshot::default(), &text).unwrap_err();
    assert!(refused.hint.unwrap().contains("segment-not-mapped"));
}

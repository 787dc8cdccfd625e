//! Interfaces that the switch could not set up.

use crate::check::{Cx, Draft, Found, Need, Row, Severity};

/// The row.
pub const ROW: Row = Row {
    id: "interface-error",
    catalogue: "A3",
    severity: Severity::Error,
    sentence: "The switch could not set up an interface, so nothing goes through it.",
    needs: &[Need::Database],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    for bridge in &cx.bridges {
        let interfaces = bridge.facts.map_or(&[][..], |f| &f.interfaces);
        for interface in interfaces {
            let Some(error) = interface.error.as_deref().filter(|e| !e.is_empty()) else { continue };
            let sentence = format!("{} of {} could not be set up: {error}.", interface.name, bridge.bridge.name);
            let hint =
                "See whether its device is there; whoever deleted it should take the port out of the bridge, too.";
            found.add(Draft::new(sentence).on(bridge).about(&*interface.name).hint(hint));
        }
    }
}

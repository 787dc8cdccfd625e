//! Which actions may stand together: the order of instructions, and what may be nested in what (`ofpacts_verify`).

use super::{Action, Cx, Instruction, Outer};
use crate::base::args::items;
use crate::base::diag::Diagnostic;

/// Checks a list that was read from `text`.
pub(super) fn verify(text: &str, list: &[Action], outer: Outer, cx: &Cx<'_>) -> Result<(), Diagnostic> {
    // The items of the text and the actions go in step, but for `drop`.
    let words = || items(text).map(|i| i.name).filter(|n| !n.eq_ignore_ascii_case("drop"));
    let error = |at: usize, message: String, hint: &str| {
        let part = words().nth(at).unwrap_or(text);
        Err(cx.error("misplaced-action", part, message).hint(hint))
    };
    let mut last: Option<Instruction> = None;
    for (at, action) in list.iter().enumerate() {
        if matches!(action, Action::Conjunction(_)) {
            let other = list.iter().position(|a| !matches!(a, Action::Conjunction(_) | Action::Note(_)));
            return match other {
                None => Ok(()),
                Some(other) => {
                    let message = format!("conjunction may stand with note only, not with {}", list[other].name());
                    error(other, message, "put it into the flow that matches conj_id")
                }
            };
        }
        if let Err((message, hint)) = nested(action, outer) {
            return error(at, message, hint);
        }
        let next = action.instruction();
        if !is_allowed(next, outer) {
            return error(
                at,
                format!("{} is not allowed in {}", next.name(), outer.name()),
                "put it into the flow itself",
            );
        }
        match last {
            Some(last) if next == last && next != Instruction::ApplyActions => {
                return error(at, format!("{} stands twice", next.name()), "a flow has one of each instruction");
            }
            Some(last) if next < last => {
                let message = format!("{} must come before {}", next.name(), last.name());
                return error(at, message, "instructions stand in the order in which they are executed");
            }
            _ => last = Some(next),
        }
    }
    Ok(())
}

fn is_allowed(instruction: Instruction, outer: Outer) -> bool {
    outer == Outer::Flow || matches!(instruction, Instruction::ApplyActions | Instruction::Meter)
}

/// Whether an action may be nested in another.
fn nested(action: &Action, outer: Outer) -> Result<(), (String, &'static str)> {
    let destination = match action {
        Action::SetField(a) => Some(a.field),
        Action::Move(a) => Some(a.to.field),
        _ => None,
    };
    if destination.is_some_and(|f| f.is_connection()) && outer != Outer::Ct {
        return Err(("ct_mark and ct_label can be set in ct(exec(..)) only".to_owned(), "write ct(commit,exec(..))"));
    }
    match (action, outer) {
        (Action::Nat(_), Outer::Ct) => Ok(()),
        (Action::Nat(_), _) => Err(("nat can stand in ct(..) only".to_owned(), "write ct(nat)")),
        (_, Outer::Ct) => match destination {
            None => Err((
                format!("{} cannot stand in ct(exec(..))", action.name()),
                "only ct_mark and ct_label can be set there",
            )),
            Some(field) if !field.is_connection() => Err((
                format!("{} cannot be set in ct(exec(..))", field.name),
                "only ct_mark and ct_label can be set there",
            )),
            Some(_) => Ok(()),
        },
        (Action::Meter(_), Outer::WriteActions | Outer::Clone) => {
            Err((format!("meter cannot stand in {}", outer.name()), "put it first in the flow"))
        }
        _ => Ok(()),
    }
}

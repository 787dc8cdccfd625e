//! Match and actions shortened for reading in a narrow column. Copies always have the full text.

use crate::action::conntrack::Zone;
use crate::action::{Action, Actions};
use crate::base::number::Digits;
use crate::base::paint::{List, Painter, Role, Target};
use crate::field::format;
use crate::field::names::{paint_port, port};
use crate::field::table::{self, FieldId};
use crate::field::{Match, Names};
use crate::model::naming::{Carries, Naming};

/// Prints actions briefly: `->92` for `resubmit(,92)` and `goto_table:92`, `reg5=0x11` for setting a field, `ct(commit)`
/// without the zone that everything has.
pub fn paint_actions(actions: &Actions, names: &Names, naming: &Naming, p: &mut impl Painter) {
    if actions.is_drop() {
        return p.put(Role::Drop, "drop");
    }
    let mut list = List::default();
    for action in &actions.0 {
        list.next(p);
        paint_action(action, names, p);
    }
    // A single jump has room for the name of its table.
    if let [Action::Resubmit(_) | Action::GotoTable(_)] = actions.0[..]
        && let Some(word) = jump(&actions.0[0]).and_then(|t| naming.table(t))
    {
        p.text(" ");
        p.put(Role::Dim, &word.name);
    }
}

/// Prints what actions do to a packet, with names behind the numbers that are written: `reg5=0x15 (db-2)  ->81`.
pub fn paint_effects(
    actions: &Actions,
    names: &Names,
    naming: &Naming,
    known: &dyn Fn(Carries, u64) -> Option<String>,
    p: &mut impl Painter,
) {
    if actions.is_drop() {
        return p.put(Role::Drop, "drop");
    }
    for (at, action) in actions.0.iter().enumerate() {
        if at > 0 {
            p.text("  ");
        }
        paint_action(action, names, p);
        let Action::SetField(set) = action else { continue };
        let width = usize::from(set.field.slot.width);
        let Some(offset) = (0..width).find(|bit| set.mask.bit(*bit)) else { continue };
        let ones = set.mask.count_ones();
        let word = naming.register(set.field, offset as u16, ones as u16);
        let value = set.value.slice(offset, ones).to_u64();
        if let Some(name) = word.and_then(|w| known(w.carries, value)) {
            p.put(Role::Dim, &format!(" ({name})"));
        }
    }
}

fn jump(action: &Action) -> Option<u8> {
    match action {
        Action::Resubmit(a) if a.in_port == port::IN_PORT && !a.with_ct => a.table,
        Action::GotoTable(a) => Some(a.0),
        _ => None,
    }
}

fn paint_action(action: &Action, names: &Names, p: &mut impl Painter) {
    if let Some(table) = jump(action) {
        let text = format!("->{}", Digits::decimal(table.into()).as_str());
        return p.link(Target::Table(table), Role::Goto, &text);
    }
    match action {
        Action::SetField(a) => {
            p.put(Role::Reg, a.field.name);
            p.dim("=");
            format::paint(&a.field, &a.value, Some(&a.mask), names, p);
        }
        Action::Ct(ct) => {
            let mut list = List::default();
            p.put(Role::Ct, "ct(");
            if ct.commit {
                list.next(p);
                p.put(Role::Ct, "commit");
            }
            if let Some(table) = ct.table {
                list.next(p);
                let text = format!("->{}", Digits::decimal(table.into()).as_str());
                p.link(Target::Table(table), Role::Goto, &text);
            }
            if let Zone::Number(zone @ 1..) = ct.zone {
                list.next(p);
                p.dim("zone=");
                p.decimal(Role::Ct, zone.into());
            }
            for action in &ct.actions.0 {
                list.next(p);
                paint_action(action, names, p);
            }
            p.put(Role::Ct, ")");
        }
        Action::Output(a) if a.port < port::MAX || a.port >= port::NAMED => {
            p.put(Role::Output, "output:");
            paint_port(a.port, names, p);
        }
        other => other.paint(names, p),
    }
}

/// Prints a match without the fields that have columns of their own; `(any)` if nothing is left of it.
pub fn paint_match(matches: &Match, left_out: &[FieldId], names: &Names, p: &mut impl Painter) {
    let mut rest = matches.clone();
    for field in left_out {
        rest.clear(field);
    }
    if rest.is_any() {
        return p.put(Role::Dim, if matches.is_any() { "(any)" } else { "" });
    }
    rest.paint(crate::field::matches::DEFAULT_PRIORITY, names, p);
}

/// Prints the state of connection tracking that a match asks for, briefly: `+est`, `+new`, `-trk`, `+inv+trk`. What the
/// usual combinations of Neutron leave out says nothing that the first flag has not said.
pub fn paint_ct_state(matches: &Match, p: &mut impl Painter) {
    let (value, mask) = matches.get(&table::CT_STATE);
    if mask.is_zero() {
        return;
    }
    let mut text = String::new();
    format::paint_dumped(&table::CT_STATE, &value, &mask, Names::none(), &mut text);
    let short = match text.as_str() {
        "+est-rel-rpl" => "+est",
        "+new-est" => "+new",
        "+est-rel+rpl" => "+est+rpl",
        "-new-est+rel-inv" => "+rel",
        other => other,
    };
    p.put(Role::Ct, short);
}

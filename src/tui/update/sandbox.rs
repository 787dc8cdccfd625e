//! Packets that are sent at a practice switch, and taken back.

use std::sync::Arc;

use super::super::job::Ask;
use super::super::msg::Effect;
use super::super::sandbox::Before;
use super::super::state::{Origin, State};
use super::super::told::{Asked, Sent};
use super::super::views::Screen;
use super::staged;
use crate::base::diag::Diagnostic;
use crate::base::paint::Role;
use crate::session::Scene;

/// `s` on a traced packet.
pub fn send_traced(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Trace(view) = state.screen() else { return };
    let Some(told) = view.told.clone() else { return state.say(Role::Warn, "there is no trace yet") };
    let scene = state.scene.clone();
    send(state, &scene, told.asked.clone(), effects);
}

/// Sends a packet at a switch: at that of the screens, or at the one that a lesson is about.
pub fn send(state: &mut State, scene: &Arc<Scene>, asked: Asked, effects: &mut Vec<Effect>) {
    if state.origin != Origin::Sandbox {
        let says = "packets are sent at practice switches only: open one as sandbox:NAME, or a lesson (8)";
        return state.say(Role::Warn, says);
    }
    let ask = Ask::Send { asked, base: state.base().clone(), staged: Arc::new(state.staged.clone()) };
    super::ask_of(state, scene.clone(), ask, effects);
}

/// A packet was sent, or it is none.
pub fn sent(state: &mut State, sent: Result<Arc<Sent>, Diagnostic>, effects: &mut Vec<Effect>) {
    let sent = match sent {
        Ok(sent) => sent,
        Err(wrong) => return state.say(Role::Bad, wrong.message),
    };
    if !Arc::ptr_eq(state.base(), &sent.before) {
        return state.say(Role::Warn, "the switch is another one by now: send the packet again");
    }
    let counted = state.staged.counted();
    state.sending.remember(Before { base: sent.before.clone(), counted, learned: state.sending.learned.len() });
    state.sending.learned.extend(sent.learned.iter().cloned());
    move_to(state, sent.after.clone(), effects, |state, base| {
        for (spot, counted) in &sent.staged {
            if let Some(bridge) = spot.bridge(base) {
                state.staged.of_mut(&spot.node, &spot.bridge).count(bridge, counted.clone());
            }
        }
    });
    let key = state.keymap.key_of(super::super::command::Id::Unsend, state.context());
    state.say(Role::Ok, format!("{}; {key} undoes", sent.says));
}

/// `U`: takes the packet back that was sent last.
pub fn unsend(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(before) = state.sending.forget() else {
        return state.say(Role::Dim, "no packet was sent that could be taken back: s sends one");
    };
    let left = state.sending.len();
    move_to(state, before.base, effects, |state, base| {
        for (node, bridge, counted) in before.counted {
            let set = state.staged.of_mut(&node, &bridge);
            if let Some(bridge) = base.snapshot().node(&node).and_then(|n| n.bridge(&bridge)) {
                set.count(bridge, counted);
            }
        }
    });
    let says = match left {
        0 => "taken back: nothing is sent any more".to_owned(),
        n => format!("taken back: {n} of what was sent is left"),
    };
    state.say(Role::Ok, says);
}

/// Every screen shows another switch, with what is staged where they showed that.
fn move_to(state: &mut State, base: Arc<Scene>, effects: &mut Vec<Effect>, then: impl FnOnce(&mut State, &Scene)) {
    let was_staged = state.base.take().is_some();
    let cursors = match state.screen() {
        Screen::Trace(view) => Some(view.cursors[0].at),
        _ => None,
    };
    state.staged.rebase(&base);
    then(state, &base);
    for view in state.history.all_mut() {
        if let Screen::Staged(view) = &mut view.screen {
            (view.effect, view.is_working) = (None, false);
        }
    }
    // The trace is told anew, with the cursor where it was.
    if let Screen::Trace(view) = state.screen_mut() {
        view.keeps = cursors;
    }
    match was_staged && !state.staged.is_empty() {
        true => {
            state.base = Some(base);
            staged::show_staged(state, effects);
        }
        false => staged::show(state, base, effects),
    }
}

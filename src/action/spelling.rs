//! What every action can do: print, be checked, be carried by an OpenFlow version.

use super::walk::{Refusal, Walk};
use super::{Action, Actions};
use crate::base::paint::Painter;
use crate::field::{Names, Version};

/// The verbs of an action. Reading is not among them: several words may lead to one action, so reading belongs to the
/// rows of [`super::WORDS`].
pub trait Spelling: Clone + Into<Action> {
    /// Prints it as Open vSwitch does (`format_*` in ofp-actions.c).
    fn paint(&self, names: &Names, p: &mut impl Painter);

    /// Checks it against what is known of the packet before it, and notes what it changes (`check_*`).
    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        let _ = walk;
        Ok(())
    }

    /// What comes out at the other end when it is sent in `version`: encoding and decoding in one (`encode_*`,
    /// `decode_*`). Most actions come out as they went in.
    fn carry(&self, version: Version, walk: &Walk, out: &mut Vec<Action>) -> Result<(), Refusal> {
        let _ = (version, walk);
        out.push(self.clone().into());
        Ok(())
    }
}

impl<T: Spelling> Spelling for Box<T>
where
    Box<T>: Into<Action>,
{
    fn paint(&self, names: &Names, p: &mut impl Painter) {
        (**self).paint(names, p);
    }

    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        (**self).check(walk)
    }

    fn carry(&self, version: Version, walk: &Walk, out: &mut Vec<Action>) -> Result<(), Refusal> {
        (**self).carry(version, walk, out)
    }
}

/// What comes out at the other end when a list of actions is sent in `version`.
pub fn carry(actions: &Actions, version: Version, walk: &Walk) -> Result<Actions, Refusal> {
    let mut walk = walk.clone();
    let mut out = Vec::with_capacity(actions.0.len());
    for action in &actions.0 {
        action.carry_one(version, &walk, &mut out)?;
        // Whether the action may stand here was asked before; now only what it changes matters.
        let _ = action.check(&mut walk);
    }
    // OpenFlow 1.0 has no instructions, so that metadata can only be written last.
    let written = out.iter().position(|a| matches!(a, Action::WriteMetadata(_)));
    if version == Version::V10 && written.is_some_and(|at| at + 1 < out.len()) {
        let message = "in OpenFlow10 no action can follow write_metadata".to_owned();
        return Err(Refusal::Version(message));
    }
    // Instructions travel one by one, so from OpenFlow 1.1 on they come back in the order of execution.
    if version > Version::V10 {
        out.sort_by_key(|a| {
            if matches!(a, Action::Meter(_)) && version >= Version::V15 {
                super::Instruction::ApplyActions
            } else {
                a.instruction()
            }
        });
    }
    Ok(Actions(out))
}

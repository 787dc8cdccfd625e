//! From table to table: resubmit, goto_table, the action set, metadata, meters, conjunctions, clone, exit
//! (ovs-actions(7) "Control Flow Actions", "Instructions").

use super::header::no_argument;
use super::{Action, Actions, Arg, Cx, Formats, Mode, Outer, Refusal, Spelling, Walk, Word, word};
use crate::base::diag::Diagnostic;
use crate::base::paint::{Painter, Role, Target};
use crate::field::names::{paint_port, paint_table, port};
use crate::field::proto::Needs;
use crate::field::{Names, Version};

/// The words of this family.
pub const WORDS: &[Word] = &[
    word(
        "resubmit",
        "resubmit:PORT | resubmit([PORT],[TABLE][,ct])",
        "looks the packet up again, in another table",
        parse_resubmit,
    )
    .since("extension of Open vSwitch; a table since 1.3, ct since 2.7"),
    word("goto_table", "goto_table:TABLE", "goes on in a later table", parse_goto_table)
        .since("OpenFlow 1.1; Open vSwitch 2.1"),
    word("write_actions", "write_actions(ACTION,..)", "adds to the actions done at the very end", parse_write_actions)
        .since("OpenFlow 1.1; Open vSwitch 2.1"),
    word("clear_actions", "clear_actions", "empties the actions done at the very end", parse_clear_actions)
        .since("OpenFlow 1.1; Open vSwitch 2.1"),
    word("write_metadata", "write_metadata:VALUE[/MASK]", "writes metadata for later tables", parse_write_metadata)
        .since("OpenFlow 1.1; Open vSwitch 2.1"),
    word("meter", "meter:NUMBER", "drops the packet if there are too many of its kind", parse_meter)
        .since("OpenFlow 1.3 as an instruction, 1.5 as an action"),
    word(
        "conjunction",
        "conjunction(ID,K/N)",
        "is clause K of N; all of them together match conj_id=ID",
        parse_conjunction,
    )
    .since("extension of Open vSwitch 2.4"),
    word("clone", "clone(ACTION,..)", "does actions on a copy of the packet", parse_clone)
        .since("extension of Open vSwitch 2.7"),
    word("exit", "exit", "stops here, in outer tables too", parse_exit).since("extension of Open vSwitch"),
];

/// `resubmit(PORT,TABLE)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Resubmit {
    /// The input port for the lookup; `IN_PORT` leaves it as it is.
    pub in_port: u32,
    /// The table; `None` is the current one.
    pub table: Option<u8>,
    /// Whether the lookup uses the addresses of the connection's first packet.
    pub with_ct: bool,
}

impl Resubmit {
    /// To another table, all else as it is.
    pub fn to(table: u8) -> Resubmit {
        Resubmit { in_port: port::IN_PORT, table: Some(table), with_ct: false }
    }
}

fn parse_resubmit(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    let mut parts = arg.value.split(',');
    let mut next = || parts.next().filter(|part| !part.is_empty());
    let (in_port, table, ct) = (next(), next(), next());
    let out = Resubmit {
        in_port: in_port.map_or(Ok(port::IN_PORT), |p| cx.port(p))?,
        table: table.map(|t| cx.table(t)).transpose()?.filter(|t| *t != 255),
        with_ct: match ct {
            None => false,
            Some("ct") => true,
            Some(other) => {
                let d = cx.error("unknown-argument", other, format!("resubmit has no argument `{other}`"));
                return Err(d.hint("resubmit([PORT],[TABLE][,ct])"));
            }
        },
    };
    // A switch prints `resubmit(,)` where OpenFlow 1.0 has nothing for `goto_table:255`.
    let is_print = cx.mode == Mode::Dumped && arg.value == ",";
    if out.in_port == port::IN_PORT && out.table.is_none() && !is_print {
        let part = if arg.value.is_empty() { arg.name } else { arg.value };
        return Err(cx.error("missing-value", part, "resubmit needs a port or a table").hint("as resubmit(,72)"));
    }
    Ok(out.into())
}

impl Spelling for Resubmit {
    fn paint(&self, names: &Names, p: &mut impl Painter) {
        if self.in_port != port::IN_PORT && self.table.is_none() {
            p.put(Role::Goto, "resubmit:");
            return paint_port(self.in_port, names, p);
        }
        p.put(Role::Goto, "resubmit(");
        if self.in_port != port::IN_PORT {
            paint_port(self.in_port, names, p);
        }
        p.put(Role::Goto, ",");
        if let Some(table) = self.table {
            paint_table(table, names, p);
        }
        p.put(Role::Goto, if self.with_ct { ",ct)" } else { ")" });
    }

    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        if self.with_ct && !walk.meets(Needs::Ct) {
            return Err(Refusal::Prerequisite { what: "resubmit(..,ct)".to_owned(), needs: Needs::Ct });
        }
        Ok(())
    }
}

/// `goto_table:TABLE`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GotoTable(pub u8);

fn parse_goto_table(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    Ok(GotoTable(cx.table(arg.value)?).into())
}

impl Spelling for GotoTable {
    fn paint(&self, names: &Names, p: &mut impl Painter) {
        p.put(Role::Goto, "goto_table:");
        paint_table(self.0, names, p);
    }

    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        if walk.table != 255 && self.0 <= walk.table {
            let message = format!("goto_table goes to later tables only, and this is table {}", walk.table);
            return Err(Refusal::Argument(message, "use resubmit to go back"));
        }
        Ok(())
    }

    fn carry(&self, version: Version, _walk: &Walk, out: &mut Vec<Action>) -> Result<(), Refusal> {
        // OpenFlow 1.0 has no instructions.
        out.push(if version == Version::V10 {
            Resubmit { table: Some(self.0).filter(|t| *t != 255), ..Resubmit::to(self.0) }.into()
        } else {
            self.clone().into()
        });
        Ok(())
    }
}

/// `write_actions(..)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WriteActions {
    /// The actions that are added to the set.
    pub actions: Actions,
}

fn parse_write_actions(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    Ok(WriteActions { actions: super::parse(arg.value, Outer::WriteActions, cx)? }.into())
}

impl Spelling for WriteActions {
    fn paint(&self, names: &Names, p: &mut impl Painter) {
        p.text("write_actions(");
        self.actions.paint(names, p);
        p.text(")");
    }

    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        // The set is executed at the very end, so nothing can be said of the packet then: formats are not narrowed.
        let mut inner = walk.nested();
        for action in &self.actions.0 {
            if !is_allowed_in_set(action) {
                let message = format!("{} cannot be in an action set", action.name());
                return Err(Refusal::Argument(message, "put it in front of write_actions"));
            }
            action.check(&mut inner)?;
        }
        Ok(())
    }

    fn carry(&self, version: Version, walk: &Walk, out: &mut Vec<Action>) -> Result<(), Refusal> {
        if version > Version::V10 && !self.actions.0.is_empty() {
            out.push(WriteActions { actions: super::carry(&self.actions, version, walk)? }.into());
        }
        Ok(())
    }
}

/// Which actions an action set can hold (`action_set_classify`).
fn is_allowed_in_set(action: &Action) -> bool {
    matches!(
        action,
        Action::Output(_)
            | Action::Group(_)
            | Action::Resubmit(_)
            | Action::Ct(_)
            | Action::SetField(_)
            | Action::Move(_)
            | Action::SetQueue(_)
            | Action::PopVlan(_)
            | Action::PushVlan(_)
            | Action::PopMpls(_)
            | Action::PushMpls(_)
            | Action::DecTtl(_)
            | Action::DecMplsTtl(_)
            | Action::DecNshTtl(_)
            | Action::Encap(_)
            | Action::Decap(_)
            | Action::Raw(_)
    )
}

/// `clear_actions`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClearActions;

fn parse_clear_actions(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    no_argument(arg, cx);
    Ok(ClearActions.into())
}

impl Spelling for ClearActions {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.text("clear_actions");
    }

    fn carry(&self, version: Version, _walk: &Walk, out: &mut Vec<Action>) -> Result<(), Refusal> {
        if version > Version::V10 {
            out.push(self.clone().into());
        }
        Ok(())
    }
}

/// `write_metadata:VALUE/MASK`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WriteMetadata {
    /// The value.
    pub value: u64,
    /// Which bits are written.
    pub mask: u64,
}

fn parse_write_metadata(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    cx.needs(Formats::NXM_OF11_UP);
    let (value, mask) = arg.value.split_once('/').map_or((arg.value, None), |(v, m)| (v, Some(m)));
    let mask = mask.map(|m| cx.number("the mask", m, u64::MAX)).transpose()?.unwrap_or(u64::MAX);
    Ok(WriteMetadata { value: cx.number("the metadata", value, u64::MAX)?, mask }.into())
}

impl Spelling for WriteMetadata {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.put(Role::Reg, "write_metadata:");
        p.hex(Role::Text, self.value);
        if self.mask != u64::MAX {
            p.text("/");
            p.hex(Role::Text, self.mask);
        }
    }
}

/// `meter:NUMBER`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Meter(pub u32);

impl Meter {
    /// The highest number of a meter (`OFPM13_MAX`).
    pub const MAX: u32 = 0xffff_0000;
}

fn parse_meter(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    cx.needs(Formats::OF13_UP);
    Ok(Meter(cx.number("the meter", arg.value, u32::MAX.into())? as u32).into())
}

impl Spelling for Meter {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.text("meter:");
        p.link(Target::Meter(self.0), Role::Text, &self.0.to_string());
    }

    fn check(&self, _walk: &mut Walk) -> Result<(), Refusal> {
        if (1..=Meter::MAX).contains(&self.0) {
            return Ok(());
        }
        Err(Refusal::Argument(format!("meters are numbered from 1 to {}", Meter::MAX), "use a number in that range"))
    }

    fn carry(&self, version: Version, _walk: &Walk, out: &mut Vec<Action>) -> Result<(), Refusal> {
        if version >= Version::V13 {
            out.push(self.clone().into());
        }
        Ok(())
    }
}

/// `conjunction(ID,K/N)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Conjunction {
    /// The conjunction.
    pub id: u32,
    /// Which clause, from 1.
    pub clause: u8,
    /// Of how many.
    pub n_clauses: u8,
}

fn parse_conjunction(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    let part = if arg.value.is_empty() { arg.name } else { arg.value };
    let split = arg
        .value
        .split_once(',')
        .and_then(|(id, rest)| rest.split_once('/').map(|(k, n)| (id.trim(), k.trim(), n.trim())));
    let Some((id, clause, n_clauses)) = split else {
        return Err(cx
            .error("missing-value", part, "conjunction needs an id and a clause")
            .hint("conjunction(ID,K/N)"));
    };
    let out = Conjunction {
        id: cx.number("the id", id, u32::MAX.into())? as u32,
        clause: cx.number("the clause", clause, 255)? as u8,
        n_clauses: cx.number("the number of clauses", n_clauses, 255)? as u8,
    };
    let wrong = |part: &str, message: &str| {
        Err(cx.error("bad-value", part, message).hint("conjunction(ID,K/N) with K from 1 to N"))
    };
    match out {
        Conjunction { n_clauses: 0..2, .. } => wrong(n_clauses, "a conjunction has at least 2 clauses"),
        Conjunction { n_clauses: 65.., .. } => wrong(n_clauses, "a conjunction has at most 64 clauses"),
        Conjunction { clause: 0, .. } => wrong(clause, "clauses are numbered from 1"),
        Conjunction { clause: k, n_clauses: n, .. } if k > n => wrong(clause, "there are not as many clauses"),
        _ => Ok(out.into()),
    }
}

impl Spelling for Conjunction {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.text("conjunction(");
        p.link(Target::Conjunction(self.id), Role::Accent, &self.id.to_string());
        p.text(&format!(",{}/{})", self.clause, self.n_clauses));
    }
}

/// `clone(..)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CloneActions {
    /// What is done to the copy.
    pub actions: Actions,
}

fn parse_clone(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    // Open vSwitch forgets here which formats the actions in front of a clone need (`ofpacts_parse_copy`).
    cx.action_formats = Formats::ANY;
    Ok(CloneActions { actions: super::parse(arg.value, Outer::Clone, cx)? }.into())
}

impl Spelling for CloneActions {
    fn paint(&self, names: &Names, p: &mut impl Painter) {
        p.text("clone(");
        self.actions.paint(names, p);
        p.text(")");
    }

    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        let mut inner = walk.nested();
        self.actions.0.iter().try_for_each(|a| a.check(&mut inner))?;
        walk.formats &= inner.formats;
        Ok(())
    }

    fn carry(&self, version: Version, walk: &Walk, out: &mut Vec<Action>) -> Result<(), Refusal> {
        out.push(CloneActions { actions: super::carry(&self.actions, version, walk)? }.into());
        Ok(())
    }
}

/// `exit`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Exit;

fn parse_exit(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    no_argument(arg, cx);
    Ok(Exit.into())
}

impl Spelling for Exit {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.text("exit");
    }
}

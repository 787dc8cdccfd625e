//! Copying bits from field to field, the stack, and removing tunnel options.

use crate::action::{Action, Arg, Cx, Refusal, Spelling, Walk};
use crate::base::diag::Diagnostic;
use crate::base::paint::{Painter, Role};
use crate::field::table::FieldId;
use crate::field::{Names, Subfield};

/// `move:FROM->TO`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Move {
    /// The bits that are copied.
    pub from: Subfield,
    /// Where they go; as wide as `from`.
    pub to: Subfield,
}

/// Reads `FROM->TO`.
pub(in crate::action) fn parse_copy(text: &str, cx: &Cx<'_>) -> Result<Move, Diagnostic> {
    let (from, rest) = Subfield::parse_prefix(text).map_err(|e| cx.subfield_error(text, e))?;
    let Some(to) = rest.strip_prefix("->") else {
        return Err(cx
            .error("missing-arrow", text, "`->` and a field must follow the source")
            .hint("as reg0[]->reg1[]"));
    };
    let to_field = cx.subfield(to)?;
    if from.width != to_field.width {
        let message = format!("the source has {} bits, the destination {}", from.width, to_field.width);
        return Err(cx.error("bad-bits", text, message).hint("name as many bits on either side"));
    }
    Ok(Move { from, to: to_field })
}

pub(super) fn parse_move(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    Ok(parse_copy(arg.value, cx)?.into())
}

impl Spelling for Move {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.put(Role::Reg, "move:");
        self.from.paint(p);
        p.dim("->");
        self.to.paint(p);
    }

    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        walk.require_source(&self.from)?;
        walk.require_destination(&self.to)
    }
}

/// `push:FIELD[A..B]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Push(pub Subfield);

pub(super) fn parse_push(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    Ok(Push(cx.subfield(arg.value)?).into())
}

impl Spelling for Push {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.put(Role::Reg, "push:");
        self.0.paint(p);
    }

    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        walk.require_source(&self.0)
    }
}

/// `pop:FIELD[A..B]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pop(pub Subfield);

pub(super) fn parse_pop(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    Ok(Pop(cx.subfield(arg.value)?).into())
}

impl Spelling for Pop {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.put(Role::Reg, "pop:");
        self.0.paint(p);
    }

    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        walk.require_destination(&self.0)
    }
}

/// `delete_field:tun_metadataN`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DeleteField(pub FieldId);

pub(super) fn parse_delete_field(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    let field = crate::field::subfield::field_by_any_name(arg.value);
    field.map(|f| DeleteField(f).into()).ok_or_else(|| {
        let d = cx.error("unknown-field", arg.value, format!("no field `{}`", arg.value));
        d.hint("one of tun_metadata0 to tun_metadata63")
    })
}

impl Spelling for DeleteField {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.put(Role::Reg, "delete_field:");
        p.put(Role::Reg, self.0.name);
    }

    fn check(&self, _walk: &mut Walk) -> Result<(), Refusal> {
        if self.0.is_tun_metadata() {
            return Ok(());
        }
        Err(Refusal::Argument(
            "only tunnel options can be deleted".to_owned(),
            "one of tun_metadata0 to tun_metadata63",
        ))
    }
}

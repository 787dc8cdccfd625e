//! What a match field is compared with.

use super::{Compiler, Outcome};
use crate::base::span::Span;
use crate::field::table::Quirk;
use crate::query::ast::{Operand, Value};
use crate::query::fields::{Asked, FieldTest, Relation};
use crate::query::region::{Cube, Piece, Region};
use crate::query::value::{FieldValue, Trouble};
use crate::query::words::{Op, OpWord};

impl Compiler<'_> {
    /// The question that an operator asks of a match field.
    pub(super) fn field_test(
        &mut self,
        asked: Asked,
        op: Op,
        op_span: Span,
        operand: &Operand<'_>,
    ) -> Outcome<FieldTest> {
        let relation = match (op, operand) {
            (Op::Equals | Op::NotEquals, Operand::One(value)) => {
                let (asked, cube) = match self.field_value(&asked, value)? {
                    FieldValue::Cube(cube) => (asked, cube),
                    FieldValue::NoTag => (asked.vlan_tag(), [(0, 0x1000)].into_iter().collect()),
                    FieldValue::Absent => (asked.option_presence(), [(0, 1)].into_iter().collect()),
                };
                let relation = if op == Op::Equals { Relation::Is(cube) } else { Relation::IsNot(cube) };
                return Ok(FieldTest { asked, relation });
            }
            (Op::Less | Op::AtMost | Op::More | Op::AtLeast, Operand::One(value)) => {
                let n = self.field_number(&asked, value, op)?;
                let highest = asked.place.highest();
                // From more than the highest number to it, there is none.
                let piece = match op {
                    Op::Less => n.checked_sub(1).map(|last| Piece::Range(0, last)),
                    Op::AtMost => Some(Piece::Range(0, n)),
                    Op::More => n.checked_add(1).map(|first| Piece::Range(first, highest)),
                    _ => Some(Piece::Range(n, highest)),
                };
                Relation::In(Region::new(asked.place.clone(), piece))
            }
            (Op::In | Op::Covers | Op::Hits | Op::Admits, operand) => {
                let mut pieces = Vec::new();
                self.pieces(&asked, operand, op, &mut pieces)?;
                let region = Region::new(asked.place.clone(), pieces);
                match op {
                    Op::In => Relation::In(region),
                    Op::Covers => Relation::Covers(region),
                    Op::Admits => Relation::Admits(region),
                    _ => Relation::Hits(region),
                }
            }
            // The parser gives other operators no other operand.
            (_, operand) => {
                let message = format!("`{}` does not take this", OpWord::of(op).name);
                return Err(self.error("bad-value", op_span.to(operand.span()), message));
            }
        };
        Ok(FieldTest { asked, relation })
    }

    fn pieces(&mut self, asked: &Asked, operand: &Operand<'_>, op: Op, out: &mut Vec<Piece>) -> Outcome<()> {
        match operand {
            Operand::One(value) => out.push(Piece::Cube(self.plain_value(asked, value)?)),
            Operand::Range(first, last) => {
                let (from, to) = (self.field_number(asked, first, op)?, self.field_number(asked, last, op)?);
                if from > to {
                    let d = self.error("bad-range", operand.span(), "the range ends before it begins");
                    return Err(d.hint(format!("write {}..{}", last.text, first.text)));
                }
                out.push(Piece::Range(from, to));
            }
            Operand::Set(list, _) => {
                for one in list {
                    self.pieces(asked, one, op, out)?;
                }
            }
            Operand::Regex { span, .. } => {
                return Err(self.error("bad-value", *span, "expected a value, not a regular expression"));
            }
        }
        Ok(())
    }

    pub(super) fn field_value(&mut self, asked: &Asked, value: &Value<'_>) -> Outcome<FieldValue> {
        self.known.field(asked, &value.text).map_err(|trouble| self.trouble(trouble, value.span))
    }

    /// A value that is values of the field, and not the absence of a header.
    fn plain_value(&mut self, asked: &Asked, value: &Value<'_>) -> Outcome<Cube> {
        match self.field_value(asked, value)? {
            FieldValue::Cube(cube) => Ok(cube),
            FieldValue::NoTag | FieldValue::Absent => {
                let d =
                    self.error("bad-value", value.span, format!("`{}` is no value that could be in a set", value.text));
                Err(d.hint(format!("write {} = {}", asked.name, value.text)))
            }
        }
    }

    /// One value as a number, for fields whose values have an order.
    fn field_number(&mut self, asked: &Asked, value: &Value<'_>, op: Op) -> Outcome<u128> {
        if !asked.is_ordered() {
            let message = format!("values of {} have no order", asked.name);
            let d = self.error("no-order", value.span, message);
            return Err(d.hint(format!("write {} hits {}", asked.name, value.text)));
        }
        let cube = self.plain_value(asked, value)?;
        let is_exact = asked.place.parts.iter().zip(&cube).all(|(part, (_, mask))| *mask == part.mask);
        // nw_tos is the DSCP in the upper bits of the value; the lower ones do not count.
        if !is_exact && asked.field.quirk != Quirk::Tos {
            let word = if matches!(op, Op::In | Op::Covers | Op::Hits) { ".." } else { OpWord::of(op).name };
            let trouble = Trouble::new("bad-mask", format!("`{word}` takes no mask"), "leave the mask off");
            return Err(self.trouble(trouble, value.span));
        }
        Ok(asked.place.number(cube.iter().map(|(value, _)| *value)))
    }
}

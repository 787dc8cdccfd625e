//! Flows that make flows: learn (ovs-actions(7) "The learn action").

use super::set::parse_copy;
use super::{Action, Arg, Cx, Mode, Refusal, Spelling, Walk, Word, word};
use crate::base::args::{Item, items};
use crate::base::diag::Diagnostic;
use crate::base::number::{c_atoi, c_integer};
use crate::base::paint::{Painter, Role};
use crate::field::bits::Bits;
use crate::field::format;
use crate::field::matches::DEFAULT_PRIORITY;
use crate::field::names::paint_table;
use crate::field::subfield::by_own_name;
use crate::field::{Match, Names, Subfield};

/// The words of this family.
pub const WORDS: &[Word] = &[word(
    "learn",
    "learn([table=N][,priority=N][,idle_timeout=N][,hard_timeout=N][,fin_idle_timeout=N][,fin_hard_timeout=N][,cookie=N]\
     [,send_flow_rem][,delete_learned][,limit=N][,result_dst=FIELD[B]][,FIELD=VALUE][,FIELD[=FIELD]][,load:VALUE->FIELD]\
     [,load:FIELD->FIELD][,output:FIELD])",
    "adds a flow to a table, made of this packet",
    parse_learn,
).since("extension of Open vSwitch 1.3")];

/// `learn(..)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Learn {
    /// The table of the new flow.
    pub table: u8,
    /// Its priority.
    pub priority: u16,
    /// Its timeouts, in seconds; 0 for none.
    pub idle_timeout: u16,
    /// As above.
    pub hard_timeout: u16,
    /// What the timeouts become when the connection ends.
    pub fin_idle_timeout: u16,
    /// As above.
    pub fin_hard_timeout: u16,
    /// Its cookie.
    pub cookie: u64,
    /// Whether the controller is told when it goes.
    pub send_flow_rem: bool,
    /// Whether it goes with this flow.
    pub delete_learned: bool,
    /// How many such flows there may be; 0 for any number.
    pub limit: u32,
    /// The bit that says whether learning worked.
    pub result_dst: Option<Subfield>,
    /// What the new flow matches and does.
    pub specs: Vec<Spec>,
}

/// One thing that the new flow matches or does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Spec {
    /// It matches these bits as `value`.
    MatchValue {
        /// The bits.
        field: Subfield,
        /// The value, moved down to bit 0.
        value: Bits,
    },
    /// It matches these bits as they are in the packet.
    MatchField {
        /// The bits.
        field: Subfield,
        /// Where the packet has them.
        from: Subfield,
    },
    /// It loads `value`.
    LoadValue {
        /// Where to.
        to: Subfield,
        /// The value.
        value: Bits,
    },
    /// It loads what the packet has.
    LoadField {
        /// Where to.
        to: Subfield,
        /// Where the packet has it.
        from: Subfield,
    },
    /// It sends packets out of the port that these bits name.
    Output(Subfield),
}

fn parse_learn(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    let mut out = Learn {
        table: 1,
        priority: DEFAULT_PRIORITY as u16,
        idle_timeout: 0,
        hard_timeout: 0,
        fin_idle_timeout: 0,
        fin_hard_timeout: 0,
        cookie: 0,
        send_flow_rem: false,
        delete_learned: false,
        limit: 0,
        result_dst: None,
        specs: Vec::new(),
    };
    for item in items(arg.value) {
        let v = item.value;
        match item.name {
            "table" => {
                out.table = cx.table(v)?;
                if out.table == 255 {
                    return Err(cx
                        .error("bad-value", v, "a flow cannot be learned into table 255")
                        .hint("tables 0 to 254"));
                }
            }
            "priority" => out.priority = super::output::c_u16(v, "the priority", cx),
            "idle_timeout" => out.idle_timeout = super::output::c_u16(v, "the timeout", cx),
            "hard_timeout" => out.hard_timeout = super::output::c_u16(v, "the timeout", cx),
            "fin_idle_timeout" => out.fin_idle_timeout = super::output::c_u16(v, "the timeout", cx),
            "fin_hard_timeout" => out.fin_hard_timeout = super::output::c_u16(v, "the timeout", cx),
            "cookie" => out.cookie = parse_cookie(v, cx),
            "send_flow_rem" => out.send_flow_rem = true,
            "delete_learned" => out.delete_learned = true,
            "limit" => out.limit = parse_limit(v, cx),
            "result_dst" => out.result_dst = Some(parse_result(v, cx)?),
            _ => {
                out.specs.push(parse_spec(&item, cx)?);
                cx.grow(48, item.name)?;
            }
        }
    }
    Ok(out.into())
}

/// Reads the cookie as C's `strtoull` does: as much of a number as there is.
fn parse_cookie(text: &str, cx: &mut Cx<'_>) -> u64 {
    c_integer(text).unwrap_or_else(|_| {
        cx.bent("bent-number", text, "the cookie becomes 0");
        0
    })
}

fn parse_limit(text: &str, cx: &mut Cx<'_>) -> u32 {
    let n = c_atoi(text);
    if n.to_string() != text || u32::try_from(n).is_err() {
        cx.bent("bent-number", text, format!("the limit becomes {}", n as u32));
    }
    n as u32
}

fn parse_result(text: &str, cx: &Cx<'_>) -> Result<Subfield, Diagnostic> {
    let bit = cx.subfield(text)?;
    if !bit.field.writable {
        return Err(cx.error("read-only", text, format!("{} is read-only", bit.field.name)).hint("as reg0[0]"));
    }
    if bit.width != 1 {
        return Err(cx.error("bad-bits", text, "the result is a single bit").hint("as reg0[0]"));
    }
    Ok(bit)
}

fn parse_spec(item: &Item<'_>, cx: &mut Cx<'_>) -> Result<Spec, Diagnostic> {
    if let Ok(field) = Subfield::parse(item.name) {
        let field = plain(item.name, field, cx)?;
        return parse_match_spec(item, field, cx);
    }
    match item.name {
        "load" => parse_load_spec(item, cx),
        "output" => Ok(Spec::Output(cx.subfield(item.value)?)),
        name => {
            let d = cx.error("unknown-argument", name, format!("learn has no argument `{name}`"));
            let words = [
                "table",
                "priority",
                "idle_timeout",
                "hard_timeout",
                "cookie",
                "limit",
                "load",
                "output",
                "result_dst",
            ];
            Err(d
                .nearest(name, words.into_iter().chain(crate::field::FieldId::all().map(|f| f.name)))
                .or_hint("ovs-actions(7), \"The learn action\", lists what it takes"))
        }
    }
}

/// learn can name only fields with a plain header.
fn plain(text: &str, subfield: Subfield, cx: &Cx<'_>) -> Result<Subfield, Diagnostic> {
    if subfield.field.has_plain_header() || cx.mode == Mode::Dumped {
        return Ok(subfield);
    }
    let d = cx.error("bad-field", text, format!("learn cannot name {}", subfield.field.name));
    Err(d.hint("use reg0 to reg15"))
}

fn parse_match_spec(item: &Item<'_>, field: Subfield, cx: &mut Cx<'_>) -> Result<Spec, Diagnostic> {
    if item.value.is_empty() {
        return Ok(Spec::MatchField { field, from: field });
    }
    if let Ok(from) = Subfield::parse(item.value) {
        if from.width != field.width {
            let message = format!("{} has {} bits, {} has {}", item.name, field.width, item.value, from.width);
            return Err(cx.error("bad-bits", item.value, message).hint("name as many bits on either side"));
        }
        return Ok(Spec::MatchField { field, from });
    }
    let width = usize::from(field.field.bytes) * 8;
    let value = if field.is_whole() {
        let parsed =
            format::parse_exact(&field.field, item.value, cx.names).map_err(|e| cx.value_error(item.value, e))?;
        if let Some(why) = parsed.bent {
            cx.bent("bent-value", item.value, why);
        }
        parsed.value
    } else {
        format::integer(item.value, width).map_err(|_| {
            let d = cx.error("bad-value", item.value, format!("`{}` is neither a number nor a field", item.value));
            d.hint("as 5 or NXM_OF_ETH_SRC[]")
        })?
    };
    if !field.is_whole() && value.bit_length() > usize::from(field.width) {
        let message = format!("{} does not fit into {} bits", value.hex(), field.width);
        return Err(cx.error("too-large", item.value, message).hint("name more bits"));
    }
    Ok(Spec::MatchValue { field, value })
}

fn parse_load_spec(item: &Item<'_>, cx: &mut Cx<'_>) -> Result<Spec, Diagnostic> {
    let arg = Arg { name: item.name, separator: item.separator, value: item.value };
    let (value, name) = super::set::split_arrow(&arg, cx)?;
    if value.is_empty() {
        return Err(cx.error("missing-value", item.value, "load needs a value").hint("as load:5->NXM_NX_REG0[]"));
    }
    match format::integer(value, 1024) {
        Ok(n) => {
            let to = plain(name, cx.subfield(name)?, cx)?;
            if n.bit_length() > usize::from(to.width) {
                let message = format!("{} does not fit into {} bits", n.hex(), to.width);
                return Err(cx.error("too-large", value, message).hint("name more bits"));
            }
            Ok(Spec::LoadValue { to, value: n.slice(0, usize::from(to.width)) })
        }
        Err(_) => {
            let copy = parse_copy(item.value, cx)?;
            Ok(Spec::LoadField { to: copy.to, from: copy.from })
        }
    }
}

impl Spelling for Learn {
    fn paint(&self, names: &Names, p: &mut impl Painter) {
        p.put(Role::Goto, "learn(table=");
        paint_table(self.table, names, p);
        let numbers = [
            (",idle_timeout=", u64::from(self.idle_timeout), 0),
            (",hard_timeout=", self.hard_timeout.into(), 0),
            (",fin_idle_timeout=", self.fin_idle_timeout.into(), 0),
            (",fin_hard_timeout=", self.fin_hard_timeout.into(), 0),
            (",priority=", self.priority.into(), u64::from(DEFAULT_PRIORITY)),
        ];
        for (key, n, default) in numbers {
            if n != default {
                p.dim(key);
                p.decimal(Role::Text, n);
            }
        }
        for (on, word) in [(self.send_flow_rem, ",send_flow_rem"), (self.delete_learned, ",delete_learned")] {
            if on {
                p.text(word);
            }
        }
        if self.cookie != 0 {
            p.dim(",cookie=");
            p.hex(Role::Text, self.cookie);
        }
        if self.limit != 0 {
            p.dim(",limit=");
            p.decimal(Role::Text, self.limit.into());
        }
        if let Some(bit) = &self.result_dst {
            p.dim(",result_dst=");
            bit.paint(p);
        }
        for spec in &self.specs {
            p.dim(",");
            spec.paint(names, p);
        }
        p.put(Role::Goto, ")");
    }

    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        // The fields of the new flow need what the new flow itself matches so far.
        let mut learned = Walk::new(&Match::any(), 255);
        let mut matching = Match::any();
        for spec in &self.specs {
            match spec {
                Spec::MatchField { from, .. } | Spec::LoadField { from, .. } | Spec::Output(from) => {
                    walk.require_source(from)?;
                }
                Spec::MatchValue { .. } | Spec::LoadValue { .. } => {}
            }
            match spec {
                Spec::MatchField { field, .. } => learned.require_source(field)?,
                Spec::MatchValue { field, value } => {
                    learned.require_source(field)?;
                    let width = usize::from(field.field.bytes) * 8;
                    let (mut whole, mut mask) = (Bits::zero(width), Bits::zero(width));
                    whole.insert(field.offset.into(), field.width.into(), value);
                    mask.fill(field.offset.into(), field.width.into());
                    matching.set(&field.field, &whole, &mask);
                    learned = Walk::new(&matching, 255);
                }
                Spec::LoadValue { to, .. } | Spec::LoadField { to, .. } => learned.require_destination(to)?,
                Spec::Output(_) => {}
            }
        }
        Ok(())
    }
}

impl Spec {
    fn paint(&self, names: &Names, p: &mut impl Painter) {
        match self {
            Spec::MatchValue { field, value } if field.is_whole() => {
                p.dim(field.field.name);
                p.dim("=");
                format::paint(&field.field, value, None, names, p);
            }
            Spec::MatchValue { field, value } => {
                field.paint(p);
                p.dim("=");
                p.text(&value.hex());
            }
            Spec::MatchField { field, from } => {
                field.paint(p);
                if (field.field, field.offset) != (from.field, from.offset) {
                    p.dim("=");
                    from.paint(p);
                }
            }
            Spec::LoadValue { to, value } => {
                p.put(Role::Reg, "load:");
                p.text(&value.hex());
                p.dim("->");
                to.paint(p);
            }
            Spec::LoadField { to, from } => {
                p.put(Role::Reg, "load:");
                from.paint(p);
                p.dim("->");
                to.paint(p);
            }
            Spec::Output(from) => {
                p.put(Role::Output, "output:");
                from.paint(p);
            }
        }
    }
}

/// The field of a whole-field spec by its own name, for completion.
pub fn is_spec_field(name: &str) -> bool {
    by_own_name(name).is_some_and(|f| f.has_plain_header())
}

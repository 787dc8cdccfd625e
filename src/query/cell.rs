//! Filters from what a person points at, and the way back.
//!
//! The cell of a flow under the cursor becomes a term ([`term`]) that is added to the filter, added as its opposite, or
//! takes its place; [`take_off_last`] takes the last term off again.

use super::Scope;
use super::ast::Expr;
use super::lex::skip_blanks;
use super::parse::parse;
use crate::base::paint::Painter;
use crate::field::names::{paint_port, paint_table, quoted};
use crate::field::table;
use crate::field::{FieldId, Names};
use crate::model::bridge::FlowId;

/// Something of a flow that a person can point at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cell {
    /// Its table.
    Table,
    /// Its priority.
    Priority,
    /// Its cookie.
    Cookie,
    /// Its packets.
    Packets,
    /// Its bytes.
    Bytes,
    /// How long it exists.
    Age,
    /// How long no packet got it.
    Idle,
    /// How long it may be idle.
    IdleTimeout,
    /// How long it may exist.
    HardTimeout,
    /// Its flags.
    Flags,
    /// How late it is evicted.
    Importance,
    /// Its id.
    Id,
    /// A field of its match, as [`crate::field::Match::fields`] lists them.
    Field(FieldId),
    /// Its whole match.
    Match,
    /// All its actions.
    Actions,
    /// The first port it sends packets to.
    Out,
}

/// The term that holds for flows with the same in this cell; `None` if the flow has nothing there.
pub fn term(scope: &Scope<'_>, flow: FlowId, cell: Cell) -> Option<String> {
    let bridge = scope.bridge;
    let f = bridge.flow(flow);
    let stats = f.stats();
    let head = f.head();
    let names: &Names = &bridge.names;
    Some(match cell {
        Cell::Table => {
            let mut out = String::from("table = ");
            match scope.naming.table(f.table()).filter(|_| names.table_name(f.table()).is_none()) {
                Some(word) => out.push_str(&quoted(&word.name)),
                None => paint_table(f.table(), names, &mut out),
            }
            plain(out)
        }
        Cell::Priority => format!("priority = {}", f.priority()),
        Cell::Cookie => format!("cookie = {:#x}", f.cookie()),
        Cell::Packets => format!("n_packets = {}", f.n_packets()?),
        Cell::Bytes => format!("n_bytes = {}", f.n_bytes()?),
        Cell::Age => format!("age = {}s", stats?.duration_ns / 1_000_000_000),
        Cell::Idle => format!("idle = {}s", stats?.idle_age?),
        Cell::IdleTimeout => format!("idle_timeout = {}s", head.idle_timeout),
        Cell::HardTimeout => format!("hard_timeout = {}s", head.hard_timeout),
        Cell::Flags => {
            match head.flags.names().map(|name| format!("flags = {name}")).reduce(|a, b| format!("{a}, {b}")) {
                Some(flags) => flags,
                None => "not flags".to_owned(),
            }
        }
        Cell::Importance => format!("importance = {}", head.importance),
        Cell::Id => format!("id = {}", bridge.ids().short(crate::model::id::FlowHash::of(f))),
        Cell::Field(field) => field_term(scope, flow, field)?,
        Cell::Match => match f.to_flow().match_text(names) {
            text if text.is_empty() => "match = \"\"".to_owned(),
            text => text,
        },
        Cell::Actions => format!("actions = {}", string(&f.action_list().text)),
        Cell::Out => {
            let mut port = None;
            f.actions().each(&mut |action| {
                if let crate::action::Action::Output(out) = action {
                    port.get_or_insert(out.port);
                }
            });
            let mut out = String::from("out = ");
            paint_port(port?, names, &mut out);
            out
        }
    })
}

/// The match of one field, as a dump prints it; what a protocol word says, as that word.
fn field_term(scope: &Scope<'_>, flow: FlowId, field: FieldId) -> Option<String> {
    let f = scope.bridge.flow(flow);
    let matches = f.matches();
    let mut whole = String::new();
    if matches!(field, table::ETH_TYPE | table::NW_PROTO | table::VLAN_TCI | table::DL_VLAN | table::DL_VLAN_PCP) {
        // These are printed by words and names that depend on each other, so they are found in the whole text.
        matches.paint_by(&f.shape().plan, crate::field::matches::DEFAULT_PRIORITY, &scope.bridge.names, &mut whole);
        let is_it = |item: &&str| {
            let name = item.split('=').next().unwrap_or("");
            let is_word = crate::field::proto::protocol_by_name(name).is_some();
            match field {
                table::ETH_TYPE | table::NW_PROTO => is_word || FieldId::by_name(name) == Some(field),
                _ => FieldId::by_name(name) == Some(field),
            }
        };
        return whole.split(',').find(is_it).map(str::to_owned);
    }
    matches.fields().contains(&field).then(|| {
        matches.paint_field(&field, &scope.bridge.names, &mut whole);
        whole
    })
}

/// A term whose name needs no quotes without them.
fn plain(text: String) -> String {
    let Some((head, name)) = text.split_once('"') else { return text };
    let name = name.trim_end_matches('"');
    let is_plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    if is_plain && !name.is_empty() { format!("{head}{name}") } else { text }
}

/// A text in quotes.
pub(super) fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.text("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.text("\"");
    out
}

/// A filter that holds where both do.
pub fn add(text: &str, term: &str) -> String {
    let text = text.trim();
    match text.is_empty() {
        true => term.to_owned(),
        false => format!("{} and {term}", bound(text)),
    }
}

/// A filter that holds where the first does and the term does not.
pub fn add_not(text: &str, term: &str) -> String {
    let opposite = match parse(term).expr {
        Ok(Some(Expr::Term(_))) => format!("not {term}"),
        _ => format!("not ({term})"),
    };
    add(text, &opposite)
}

/// The filter of a term alone.
pub fn only(term: &str) -> String {
    term.to_owned()
}

/// A filter as one part of another: in parentheses if `or` is what holds it together.
fn bound(text: &str) -> String {
    match parse(text).expr {
        Ok(Some(Expr::Or(_))) => format!("({text})"),
        _ => text.to_owned(),
    }
}

/// A filter without its last term, and without what connected that to the others. Of a text that is not understood, what
/// follows the last blank or comma goes.
pub fn take_off_last(text: &str) -> String {
    let text = text.trim_end();
    let cut = match parse(text).expr {
        Ok(None) => 0,
        Ok(Some(expr)) => match expr {
            Expr::And(list) | Expr::Or(list) => {
                // An `and` or `or` holds two at least, so there is one before the last.
                list.len().checked_sub(2).map_or(0, |at| list[at].span().end as usize)
            }
            Expr::Not(..) | Expr::Group(..) | Expr::Term(_) => 0,
        },
        Err(_) => text.trim_end_matches(',').rfind([' ', ',']).unwrap_or(0),
    };
    let kept = text[..cut].trim_end_matches([' ', '\t', ',']);
    // What was put in parentheses to add a term to it needs them no more.
    match parse(kept).expr {
        Ok(Some(Expr::Group(inner, span))) if span.start as usize == kept.len() - skip_blanks(kept).len() => {
            inner.span().slice(kept).to_owned()
        }
        _ => kept.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_added_with_and() {
        assert_eq!(add("", "tcp"), "tcp");
        assert_eq!(add("udp, tp_dst=53 ", "table = 72"), "udp, tp_dst=53 and table = 72");
        assert_eq!(add("tcp or udp", "table = 72"), "(tcp or udp) and table = 72");
        assert_eq!(add_not("tcp or udp", "table = 72"), "(tcp or udp) and not table = 72");
        assert_eq!(add_not("", "tcp,tp_dst=80"), "not (tcp,tp_dst=80)");
        assert_eq!(only("tcp"), "tcp");
    }

    #[test]
    fn the_last_term_goes() {
        for (text, rest) in [
            ("", ""),
            ("tcp", ""),
            ("not (tcp or udp)", ""),
            ("tcp and udp", "tcp"),
            ("tcp, tp_dst = 80 , dead", "tcp, tp_dst = 80"),
            ("tcp or udp or icmp", "tcp or udp"),
            ("(tcp or udp) and table = 72", "tcp or udp"),
            ("(tcp or udp) and dead and table = 72", "(tcp or udp) and dead"),
            ("tcp, hits{in_port=1,udp}", "tcp"),
            ("tcp and not table in {1, 2}", "tcp"),
            ("tcp and nw_src =", "tcp and nw_src"),
            ("tcp and nw_src", "tcp"),
            ("tcp and ", "tcp"),
            ("\"a b\" \"c d\"", "\"a b\""),
            ("bad stuff =", "bad stuff"),
        ] {
            assert_eq!(take_off_last(text), rest, "{text}");
        }
    }

    #[test]
    fn adding_and_taking_off_cancel_out() {
        for text in ["tcp", "tcp or udp", "dead, table = 5", "not (tcp or udp), dead", "(tcp or udp) or icmp"] {
            assert_eq!(take_off_last(&add(text, "priority = 5")), text);
            assert_eq!(take_off_last(&add_not(text, "tcp,tp_dst=80")), text);
        }
    }

    #[test]
    fn strings_are_read_back() {
        for text in ["a", "a\"b", "a\\b\n", "resubmit(,9)"] {
            let written = string(text);
            let inner = super::super::lex::quoted(&written).unwrap().inner.to_owned();
            assert_eq!(super::super::lex::unescaped(&inner), text);
        }
    }
}

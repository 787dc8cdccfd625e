//! The filter language: which flows a person wants to see.
//!
//! One language for the filter line, the highlight, `ofscope flows -f`, aliases and the goals of lessons. A match as
//! `ovs-ofctl` prints it is a filter, and so is a whole line of a dump. A text goes through four rooms: `lex` and
//! `parse` know how it is written ([`GRAMMAR`]), `compile` what its words mean in one bridge ([`Scope`]), `eval` which
//! flows it holds for. The words that are no match fields are rows of [`words`].
//!
//! ```text
//! text --parse--> Expr --compile(Scope)--> Node of leaves --rows(Scope)--> flow ids, notes
//! ```
//!
//! **A match field is a set.** A flow does not have an address, it accepts a set of them, so `=`, `in`, `covers` and
//! `hits` are relations of sets (`region`). They look at the field alone: a flow that does not match it accepts all of
//! its values, whatever the flow's protocol is. `hits{..}` looks at the whole match. A name means the rows of the field
//! table that are called so or printed so: `nw_src` is the address of IPv4 packets and not that of ARP, which is
//! `arp_spa`; `tp_dst` is the port of TCP, UDP and SCTP; `icmp_type` is that of ICMP and ICMPv6.
//!
//! **What is not known is not claimed.** A question that the data cannot answer (a rate from one reading, a security
//! group without Neutron's objects) is unknown, and so is its opposite; the flow is not shown, and a note says what is
//! missing.
//!
//! **Unfinished is not wrong.** A text that more typing can make right is refused with the code [`UNFINISHED`].
//!
//! **Made for a million flows.** A test that depends on the shape, the actions or the head of a flow is made once for
//! each entry of a segment's dictionaries; what is left for each flow is mostly one comparison of a word.

mod actions;
mod ast;
mod cell;
mod compile;
mod complete;
mod eval;
mod fields;
mod fold;
mod graph;
mod leaf;
mod lex;
mod owners;
mod packet;
mod parse;
mod paste;
mod ranges;
mod reference;
mod region;
mod shadow;
mod text;
mod value;
mod wins;
pub mod words;

use std::collections::BTreeMap;

use crate::base::diag::Diagnostic;
use crate::base::progress::Progress;
use crate::model::bridge::{Bridge, FlowId};
use crate::model::naming::Naming;
use crate::model::owner::OwnerTable;

pub use cell::{Cell, add, add_not, only, take_off_last, term};
pub use complete::{Completion, ITEMS, Item, ItemKind, complete, seen, used};
pub use fold::{By, ByWord, Fold, FoldGroup, Key as FoldKey, fold};
pub use reference::reference;

/// The grammar of filters (ISO 14977 without its commas).
pub const GRAMMAR: &str = r#"filter   = [ or ] ;
or       = and  { ( "or" | "||" ) and } ;
and      = not  { [ "and" | "&&" | "," ] not } ;          (* two terms side by side: and *)
not      = ( "not" | "!" ) not | prim ;
prim     = "(" or ")" | packet | ref | test | keyword | field | string ;   (* field alone: has field *)
test     = field relop value
         | field [ "not" ] "in" ( set | range | value )
         | field [ "not" ] ( "hits" | "covers" ) ( range | value )
         | field ( "~" | "!~" ) regex
         | "has" field ;
relop    = "=" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "~=" ;
set      = "{" ( range | value ) { "," ( range | value ) } "}" ;
range    = value ".." value ;
packet   = ( "hits" | "wins" ) "{" pkt { "," pkt } "}" ;
pkt      = protocol | field [ "=" value ] ;
ref      = ( "next" | "prev" | "reaches" | "reached-by" ) target ;
target   = "table" value | "port" value | "flow" id | "group" number
         | "drop" | "miss" | "normal" | "controller" | value ;              (* a value alone: a table *)
field    = name [ "[" [ number [ ".." number ] ] "]" ] ;                    (* a name may hold dots: ct.zone *)
value    = number [ unit ] | number "/" number | mac [ "/" mac ] | ip [ "/" ( number | ip ) ]
         | ctflags | duration | name | string ;
ctflags  = ( "+" | "-" ) flag { ( "+" | "-" ) flag } | flag { "|" flag } ;
number   = digits [ "." digits ] | "0x" hexdigits ;
unit     = "k" | "M" | "G" | "Ki" | "Mi" | "Gi" | "B" | "KiB" | "MiB" | "GiB" | "%" ;
duration = number [ "ms" | "s" | "m" | "h" | "d" ] { number ( "ms" | "s" | "m" | "h" | "d" ) } ;
regex    = string | "/" chars "/" [ "i" ] ;
string   = '"' chars '"' | "'" chars "'" ;
keyword  = protocol | state | alias ;
"#;

/// How deep parentheses and `not`s may be nested, those of aliases included.
pub const DEPTH: usize = 64;

/// How many aliases may lead to each other in a row.
pub const ALIASES: usize = 16;

/// How many terms a filter may have, those of aliases included: aliases that name others twice grow fast.
pub const TERMS: usize = 32 << 10;

/// How long a filter may be, in bytes.
pub const TEXT: usize = 64 << 10;

/// How much memory a compiled regular expression may take, in bytes. The time it takes grows with the text it looks at,
/// and with nothing else.
pub const REGEX: usize = 1 << 20;

/// The code of complaints about texts that only end too early.
pub const UNFINISHED: &str = "unfinished";

/// What can be said of one flow between two readings.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rate {
    /// Packets a second; not a number if unknown.
    pub packets: f32,
    /// Bytes a second; not a number if unknown.
    pub bytes: f32,
    /// The highest packets a second so far; not a number if unknown.
    pub peak: f32,
}

/// What names mean, and what is known: one bridge and what surrounds it.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The bridge.
    pub bridge: &'a Bridge,
    /// What its tables and registers are called.
    pub naming: &'a Naming,
    /// The node it is on, if that is known.
    pub node: Option<&'a str>,
    /// The rates of its flows, by flow; `None` if there was one reading only.
    pub rates: Option<&'a [Rate]>,
    /// Whether it can be told who wanted the flows.
    pub has_owners: bool,
    /// Who wanted them, once that was worked out; needed only for filters that [ask for it](Filter::asks_owners), and to
    /// fold by it.
    pub owners: Option<&'a OwnerTable>,
    /// The marked flows, sorted; `None` if nothing can be marked here.
    pub marked: Option<&'a [FlowId]>,
    /// Filters by name, as the configuration has them.
    pub aliases: &'a BTreeMap<String, String>,
}

impl<'a> Scope<'a> {
    /// A bridge alone.
    pub fn new(bridge: &'a Bridge, naming: &'a Naming) -> Scope<'a> {
        static NO_ALIASES: BTreeMap<String, String> = BTreeMap::new();
        Scope {
            bridge,
            naming,
            node: None,
            rates: None,
            has_owners: false,
            owners: None,
            marked: None,
            aliases: &NO_ALIASES,
        }
    }
}

/// A filter that was understood.
///
/// It holds what names meant when it was parsed (port numbers, table numbers), so it is to be parsed anew when another
/// bridge is shown. Flows may come and go under it.
#[derive(Debug, Clone)]
pub struct Filter {
    text: String,
    root: leaf::Node,
    notes: Vec<Diagnostic>,
}

/// The flows that a filter holds for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// Their numbers, in the order of the dump.
    pub rows: Vec<FlowId>,
    /// What the reader should know of the answer: [`Filter::notes`], and what only looking at the flows could tell.
    pub notes: Vec<Diagnostic>,
    /// Whether the work was cancelled before all flows were looked at.
    pub is_partial: bool,
}

impl Filter {
    /// The filter that holds for every flow.
    pub fn any() -> Filter {
        Filter { text: String::new(), root: leaf::Node::All(Vec::new()), notes: Vec::new() }
    }

    /// Reads a filter. The whole text must be understood; a text that only ends too early is refused with the code
    /// [`UNFINISHED`].
    ///
    /// A whole line of a dump becomes the id of that flow, or its match if the flow is not here; [`Filter::text`] tells.
    pub fn parse(text: &str, scope: &Scope<'_>) -> Result<Filter, Diagnostic> {
        if text.len() <= TEXT
            && let Some((text, note)) = paste::recognise(text, scope)
        {
            let mut filter = Filter::parse_expr(&text, scope)?;
            filter.notes.insert(0, note);
            return Ok(filter);
        }
        Filter::parse_expr(text, scope)
    }

    fn parse_expr(text: &str, scope: &Scope<'_>) -> Result<Filter, Diagnostic> {
        let expr = parse::parse(text).expr?;
        let (root, notes) = match expr {
            Some(expr) => compile::compile(&expr, text, scope)?,
            None => (leaf::Node::All(Vec::new()), Vec::new()),
        };
        Ok(Filter { text: text.to_owned(), root, notes })
    }

    /// The text it was read from, or what a pasted line became.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it asks who wanted flows; then the scope must have [`Scope::owners`] when it is answered.
    pub fn asks_owners(&self) -> bool {
        let mut asks = false;
        self.root.each(&mut |leaf| asks |= matches!(leaf.ask, leaf::Ask::Owners(_)));
        asks
    }

    /// Whether it says nothing, and so holds for every flow.
    pub fn is_any(&self) -> bool {
        matches!(&self.root, leaf::Node::All(list) if list.is_empty())
    }

    /// What the reader should know before any flow is looked at: what is missing to answer, what can never be true.
    /// Spans are those of [`Filter::text`].
    pub fn notes(&self) -> &[Diagnostic] {
        &self.notes
    }

    /// The flows it holds for, in the order of the dump; only of `within`, in any order, if that is given. When
    /// `progress` is cancelled, what was found so far comes out.
    pub fn rows(&self, scope: &Scope<'_>, within: Option<&[FlowId]>, progress: &Progress) -> Vec<FlowId> {
        eval::rows(&self.root, scope, within, progress).0
    }

    /// The same, with what the reader should know of the answer.
    pub fn answer(&self, scope: &Scope<'_>, within: Option<&[FlowId]>, progress: &Progress) -> Answer {
        let (rows, seen) = eval::rows(&self.root, scope, within, progress);
        let mut notes = self.notes.clone();
        notes.extend(eval::notes(&self.root, scope, within, &rows, seen, progress));
        Answer { rows, notes, is_partial: progress.is_cancelled() }
    }

    /// Whether it holds for one flow.
    pub fn holds(&self, scope: &Scope<'_>, flow: FlowId) -> bool {
        !eval::rows(&self.root, scope, Some(&[flow]), &Progress::default()).0.is_empty()
    }
}

#[cfg(test)]
mod tests;

//! What the reader should know of an answer, beside the flows themselves.

use super::seen;
use crate::base::diag::Diagnostic;
use crate::base::number::grouped;
use crate::base::progress::Progress;
use crate::base::span::Span;
use crate::model::bridge::FlowId;
use crate::query::Scope;
use crate::query::fields::{FieldTest, Relation};
use crate::query::leaf::{Ask, Leaf, Node};
use crate::query::words::State;

/// How many comparisons with `!=` are looked into.
const COMPARISONS: usize = 4;

/// What the reader should know of an answer. `met` are bits of [`seen`].
pub(in crate::query) fn notes(
    root: &Node,
    scope: &Scope<'_>,
    within: Option<&[FlowId]>,
    rows: &[FlowId],
    met: u32,
    progress: &Progress,
) -> Vec<Diagnostic> {
    let mut notes = Vec::new();
    let mut leaves = Vec::new();
    root.each(&mut |leaf| leaves.push(leaf));
    let differing = leaves.iter().filter_map(|leaf| match &leaf.ask {
        Ask::Field(test) if !leaf.negated && matches!(test.relation, Relation::IsNot(_)) => Some((*leaf, test)),
        _ => None,
    });
    for (leaf, test) in differing.take(COMPARISONS) {
        let n = left_out(root, leaf, scope, within, rows, progress);
        if n > 0 && !progress.is_cancelled() {
            let name = &test.asked.name;
            let are = if n == 1 { "1 flow without".to_owned() } else { format!("{} flows without", grouped(n as u64)) };
            let is = if n == 1 { "is" } else { "are" };
            let message = format!("{are} {name} {is} left out; not ({name} = ..) keeps them");
            notes.push(Diagnostic::note("absent-left-out", leaf.span, message));
        }
    }
    let whole = leaves.iter().map(|leaf| leaf.span).reduce(Span::to).unwrap_or_default();
    let place =
        |is_it: &dyn Fn(&Ask) -> bool| leaves.iter().find(|leaf| is_it(&leaf.ask)).map_or(whole, |leaf| leaf.span);
    if leaves.iter().any(|leaf| matches!(leaf.ask, Ask::State(State::Hot))) && scope.rates.is_none() {
        let at = place(&|ask| matches!(ask, Ask::State(State::Hot)));
        notes.push(Diagnostic::note("hot-by-packets", at, "rates need two readings, so `hot` goes by packets"));
    }
    if leaves.iter().any(|leaf| matches!(leaf.ask, Ask::State(State::Marked))) && scope.marked.is_none() {
        let at = place(&|ask| matches!(ask, Ask::State(State::Marked)));
        notes.push(Diagnostic::note("missing-data", at, "nothing is marked here"));
    }
    const MET: [(u32, &str, &str); 6] = [
        (seen::MAY_WIN, "may-win", "for some flows there are too many cases to look at: they may win"),
        (seen::CLAUSES, "not-counted", "clauses of conjunctions are never counted, so `dead` leaves them out"),
        (seen::NO_COUNTER, "missing-data", "flows whose dump has no counter are left out"),
        (
            seen::NO_IDLE_AGE,
            "missing-data",
            "flows whose dump has no idle_age are left out; OpenFlow 1.0 dumps have it",
        ),
        (
            seen::NO_HARD_AGE,
            "missing-data",
            "flows whose dump has no hard_age are left out; OpenFlow 1.0 dumps have it",
        ),
        (seen::NO_AGE, "missing-data", "flows whose dump has no duration are left out"),
    ];
    let met = MET.iter().filter(|(bit, ..)| met & bit != 0);
    notes.extend(met.map(|(_, code, message)| Diagnostic::note(code, whole, *message)));
    notes
}

/// How many flows a `!=` leaves out only because they do not match the field.
fn left_out(
    root: &Node,
    leaf: &Leaf,
    scope: &Scope<'_>,
    within: Option<&[FlowId]>,
    rows: &[FlowId],
    progress: &Progress,
) -> usize {
    let without = replaced(root, leaf);
    let (others, _) = super::rows(&without, scope, within, progress);
    others.iter().filter(|id| rows.binary_search(id).is_err()).count()
}

/// The filter with one question about a field replaced by whether the field is not matched.
fn replaced(node: &Node, leaf: &Leaf) -> Node {
    match node {
        Node::All(list) => Node::All(list.iter().map(|n| replaced(n, leaf)).collect()),
        Node::Any(list) => Node::Any(list.iter().map(|n| replaced(n, leaf)).collect()),
        Node::Leaf(this) => match &this.ask {
            Ask::Field(test) if std::ptr::eq(&**this, leaf) => {
                let test = FieldTest { asked: test.asked.clone(), relation: Relation::Present };
                Node::Leaf(Box::new(Leaf { ask: Ask::Field(test), negated: true, span: this.span }))
            }
            _ => Node::Leaf(this.clone()),
        },
    }
}

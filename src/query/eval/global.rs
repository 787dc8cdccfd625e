//! What a question needs to know of the whole bridge, worked out once before any flow is looked at.

use std::sync::OnceLock;

use crate::base::progress::Progress;
use crate::model::bridge::Bridge;
use crate::model::flow::TableId;
use crate::query::Scope;
use crate::query::graph::{self, GraphTest, Tables};
use crate::query::leaf::Ask;
use crate::query::packet::PacketTest;
use crate::query::shadow::{Shadows, shadows};
use crate::query::wins::{Winners, winners};
use crate::query::words::{State, Subject};

/// What a question needs to know of the whole bridge.
pub(super) enum Global {
    /// Nothing.
    None,
    /// For `share`: the packets that the flows of each table counted.
    Totals(Box<[u64; 256]>),
    /// For `hot`: the least that a flow must have counted, and no more than so many flows have.
    Least(f64),
    /// For `unreachable`: the tables that are.
    Tables(Box<Tables>),
    /// For `loop`: for each table, those that lead to it.
    Leading(Vec<Tables>),
    /// A reference.
    Graph(Box<GraphTest>),
    /// For `wins{..}`: the flows of each table that do.
    Winners(ByTable<Winners>),
    /// For `shadowed` and `partial-shadow`: the flows of each table that are.
    Shadows(ByTable<Shadows>),
}

/// Something for each table, worked out when the first flow of the table is asked about.
pub(super) struct ByTable<T>(Box<[OnceLock<T>]>);

impl<T> ByTable<T> {
    fn new() -> ByTable<T> {
        ByTable((0..256).map(|_| OnceLock::new()).collect())
    }

    pub(super) fn get(&self, table: TableId, make: impl FnOnce() -> T) -> &T {
        self.0[usize::from(table)].get_or_init(make)
    }
}

impl Global {
    pub(super) fn new(ask: &Ask, scope: &Scope<'_>) -> Global {
        let bridge = scope.bridge;
        match ask {
            Ask::Real(Subject::Share, _) => Global::Totals(Box::new(totals(bridge))),
            Ask::State(State::Hot) => Global::Least(least_of_hot(scope)),
            Ask::State(State::Unreachable) => Global::Tables(Box::new(graph::unreachable(bridge))),
            Ask::State(State::Loop) => Global::Leading(graph::leading_to(bridge)),
            Ask::Reference(reference) => Global::Graph(Box::new(GraphTest::new(*reference, bridge))),
            Ask::Wins(_) => Global::Winners(ByTable::new()),
            Ask::State(State::Shadowed | State::PartialShadow) => Global::Shadows(ByTable::new()),
            _ => Global::None,
        }
    }
}

/// The flows of a table that win, from what was worked out for the bridge.
pub(super) fn winners_of<'g>(
    by_table: &'g ByTable<Winners>,
    bridge: &Bridge,
    table: TableId,
    test: &PacketTest,
    progress: &Progress,
) -> &'g Winners {
    by_table.get(table, || winners(bridge, table, test, progress))
}

/// The flows of a table that are shadowed, from what was worked out for the bridge.
pub(super) fn shadows_of<'g>(
    by_table: &'g ByTable<Shadows>,
    bridge: &Bridge,
    table: TableId,
    state: State,
    progress: &Progress,
) -> &'g Shadows {
    by_table.get(table, || shadows(bridge, table, state == State::PartialShadow, progress))
}

fn totals(bridge: &Bridge) -> [u64; 256] {
    let mut totals = [0u64; 256];
    for (_, segment) in bridge.flows.segments() {
        for (table, n) in segment.tables().iter().zip(segment.n_packets()) {
            if *n != u64::MAX {
                totals[usize::from(*table)] = totals[usize::from(*table)].saturating_add(*n);
            }
        }
    }
    totals
}

/// What share of the flows is hot: one in so many.
const HOT: usize = 100;

/// The least rate, or the fewest packets where rates are not known, that a hot flow has.
fn least_of_hot(scope: &Scope<'_>) -> f64 {
    let mut counts: Vec<f64> = match scope.rates {
        Some(rates) => rates.iter().map(|r| f64::from(r.packets)).filter(|n| *n > 0.0).collect(),
        None => {
            let counts = scope.bridge.flows.segments().flat_map(|(_, segment)| segment.n_packets());
            counts.filter(|n| **n != u64::MAX && **n > 0).map(|n| *n as f64).collect()
        }
    };
    // Of a hundred flows one is hot, of two hundred two; of few there is still one.
    let wanted = scope.bridge.flows.len().div_ceil(HOT);
    let Some(at) = counts.len().min(wanted).checked_sub(1) else { return f64::INFINITY };
    let (_, least, _) = counts.select_nth_unstable_by(at, |a, b| b.total_cmp(a));
    *least
}

//! Which flows are the same flow: OpenFlow's identity, and ports that two dumps call differently.

use std::hash::Hasher;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHasher};

use crate::field::names::port;
use crate::field::slot::{WordId, word};
use crate::model::bridge::{Bridge, FlowId};
use crate::model::store::FlowRef;

/// The ports of one side as both sides know them: a dump with names and no list of ports has names for numbers.
#[derive(Debug, Clone, Default)]
pub struct Ports(FxHashMap<u32, u32>);

impl Ports {
    /// Those of two bridges. A name gets its number, if either side knows it, and else a number of its own.
    pub fn of(a: &Bridge, b: &Bridge) -> (Ports, Ports) {
        let mut shared: FxHashMap<Arc<str>, u32> = FxHashMap::default();
        let (names_a, names_b) = (a.names.learned(), b.names.learned());
        if names_a.is_empty() && names_b.is_empty() {
            return (Ports::default(), Ports::default());
        }
        let numbers = |bridge: &Bridge| bridge.names.ports().into_iter().map(|(number, name)| (name, number));
        shared.extend(numbers(a));
        shared.extend(numbers(b));
        let mut next = u32::MAX;
        let mut ports = |names: Vec<(u32, Arc<str>)>| {
            let number = |(id, name): (u32, Arc<str>)| {
                let number = *shared.entry(name).or_insert_with(|| {
                    next -= 1;
                    next
                });
                (id, number)
            };
            Ports(names.into_iter().map(number).collect())
        };
        (ports(names_a), ports(names_b))
    }

    /// The number that both sides share.
    pub fn shared(&self, number: u32) -> u32 {
        if number < port::NAMED { number } else { self.0.get(&number).copied().unwrap_or(number) }
    }

    fn is_trivial(&self) -> bool {
        self.0.is_empty()
    }
}

/// The shapes of both sides, numbered.
#[derive(Debug, Default)]
pub struct Shapes<'a>(FxHashMap<&'a [(WordId, u32)], u32>);

/// A flow by a number made of its identity: equal flows have equal numbers, others nearly never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hashed {
    /// The number.
    pub hash: u64,
    /// The flow.
    pub flow: FlowId,
}

/// One side of a comparison.
#[derive(Debug)]
pub struct Side<'a> {
    /// The bridge.
    pub bridge: &'a Bridge,
    /// Its ports.
    pub ports: Ports,
    /// The number of each shape of each segment.
    shapes: Vec<Vec<u32>>,
}

impl<'a> Side<'a> {
    /// A bridge; `shapes` are those of both sides.
    pub fn new(bridge: &'a Bridge, ports: Ports, shapes: &mut Shapes<'a>) -> Side<'a> {
        let segments = bridge.flows.segments().map(|(_, segment)| {
            let number = |masks: &'a [(WordId, u32)]| {
                let next = shapes.0.len() as u32;
                *shapes.0.entry(masks).or_insert(next)
            };
            segment.shapes().iter().map(|shape| &*shape.masks).map(number).collect()
        });
        Side { bridge, ports, shapes: segments.collect() }
    }

    /// The flows by their numbers, sorted.
    pub fn hashed(&self) -> Vec<Hashed> {
        let mut all = Vec::with_capacity(self.bridge.flows.len());
        for ((start, segment), shapes) in self.bridge.flows.segments().zip(&self.shapes) {
            // Where a shape has the word of the input port.
            let ports: Vec<Option<usize>> = segment.shapes().iter().map(|shape| self.port_at(&shape.masks)).collect();
            let ids = segment.shape_ids().iter().map(|id| usize::from(*id));
            for (row, shape) in ids.enumerate() {
                let mut hasher = FxHasher::default();
                hasher.write_u8(segment.tables()[row]);
                hasher.write_u32(segment.priorities()[row]);
                hasher.write_u32(shapes[shape]);
                for (at, value) in segment.values(row).iter().enumerate() {
                    hasher.write_u32(if ports[shape] == Some(at) { self.ports.shared(*value) } else { *value });
                }
                segment.row(row).residue().iter().for_each(|word| hasher.write(word.as_bytes()));
                all.push(Hashed { hash: hasher.finish(), flow: start + row as u32 });
            }
        }
        all.sort_unstable();
        all
    }

    fn port_at(&self, masks: &[(WordId, u32)]) -> Option<usize> {
        if self.ports.is_trivial() {
            return None;
        }
        masks.iter().position(|mask| *mask == (word::IN_PORT, u32::MAX))
    }

    /// Whether a flow of this side is the same flow as one of the other.
    pub fn is_same(&self, flow: FlowRef<'_>, other: &Side<'_>, theirs: FlowRef<'_>) -> bool {
        let is_like = flow.table() == theirs.table()
            && flow.priority() == theirs.priority()
            && flow.residue() == theirs.residue()
            && flow.shape().masks == theirs.shape().masks;
        if !is_like || (self.ports.is_trivial() && other.ports.is_trivial()) {
            return is_like && flow.values() == theirs.values();
        }
        let at = flow.shape().masks.iter().position(|mask| *mask == (word::IN_PORT, u32::MAX));
        flow.values().iter().zip(theirs.values()).enumerate().all(|(n, (mine, their))| match at == Some(n) {
            true => self.ports.shared(*mine) == other.ports.shared(*their),
            false => mine == their,
        })
    }
}

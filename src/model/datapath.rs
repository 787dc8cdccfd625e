//! The datapath below the bridges: its ports and its flows (ovs-dpctl(8), ovs-appctl(8) "dpctl" and "dpif").
//!
//! A flow of the datapath is not a flow of OpenFlow: it is the cached outcome of one or several lookups, for packets
//! that look alike. Its key is written as `name(value),name(part=value,..)`; [`Key`] keeps the text and knows where its
//! parts stand.

use std::sync::Arc;

use crate::base::span::Span;

/// A datapath with what one command says of it: `dpif/show` knows bridges, `dpctl/show` knows ports.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Datapath {
    /// Its type and name, such as `system@ovs-system`.
    pub name: Arc<str>,
    /// Packets that met a flow.
    pub hit: u64,
    /// Packets that met none, and were sent up.
    pub missed: u64,
    /// Packets that could not be sent up; `dpif/show` does not say.
    pub lost: Option<u64>,
    /// Flows it holds; `dpif/show` does not say.
    pub flows: Option<u64>,
    /// Further lines about it, such as `masks` with `hit:31 total:2 hit/pkt:0.91`, as printed.
    pub counters: Vec<(Box<str>, Box<str>)>,
    /// Its ports.
    pub ports: Vec<DpPort>,
    /// The bridges on it.
    pub bridges: Vec<DpBridge>,
}

/// A port of a datapath (`dpctl/show`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DpPort {
    /// Its number in the datapath.
    pub number: u32,
    /// Its name.
    pub name: Arc<str>,
    /// Its type, such as `system`, `internal`, `vxlan`.
    pub kind: Box<str>,
    /// Its options, such as `packet_type` with `ptap`.
    pub options: Vec<(Box<str>, Box<str>)>,
    /// Why it could not be opened or asked, as printed; empty if all is well.
    pub problem: Box<str>,
    /// What it counted, such as `RX packets` (`dpctl/show -s`); none where the port does not count that.
    pub stats: Vec<(Box<str>, Option<u64>)>,
}

/// A bridge on a datapath (`dpif/show`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DpBridge {
    /// Its name.
    pub name: Arc<str>,
    /// Its ports.
    pub ports: Vec<DpBridgePort>,
}

/// A port of a bridge, with both of its numbers (`dpif/show`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DpBridgePort {
    /// Its name.
    pub name: Arc<str>,
    /// Its OpenFlow number.
    pub ofport: u32,
    /// Its number in the datapath; a patch port has none. Tunnels of one type share one.
    pub dp_port: Option<u32>,
    /// Its type, such as `system`, `internal`, `patch`.
    pub kind: Box<str>,
    /// Its options, such as `peer` with `patch-tun`.
    pub options: Vec<(Box<str>, Box<str>)>,
}

/// A flow of the datapath.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DpFlow {
    /// The thread whose flow it is, as the line above it says: `the main thread`, `pmd on cpu core: 3`; empty for a
    /// datapath without threads of its own.
    pub thread: Arc<str>,
    /// Its unique id, if that was printed.
    pub ufid: Option<Box<str>>,
    /// What it matches.
    pub key: Key,
    /// Packets it met.
    pub packets: u64,
    /// Bytes of those packets.
    pub bytes: u64,
    /// Milliseconds since it was used; none if it never was.
    pub used_ms: Option<u64>,
    /// The TCP flags it has seen, as letters; empty for none.
    pub flags: Box<str>,
    /// Whether the network card does it: `yes`, `partial`, or empty.
    pub offloaded: Box<str>,
    /// Which layer holds it: `ovs`, `tc`, `dpdk`, or empty if that was not printed.
    pub dp: Box<str>,
    /// What it does, as printed.
    pub actions: Box<str>,
    /// What the layer says beyond that (`dp-extra-info`), as printed.
    pub extra: Box<str>,
}

/// What a flow of the datapath matches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Key {
    /// The text, as printed.
    pub text: Box<str>,
    /// The parts, each before the parts inside it.
    pub(crate) parts: Vec<Part>,
}

/// One part of a key. The names and values are ranges of the key's text, so that a part takes 28 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Part {
    pub name: Span,
    pub value: Span,
    pub mask: Span,
    /// The index after the last part inside this one.
    pub end: u32,
}

impl Key {
    /// Parts inside parts are told apart up to this depth. What lies deeper is the value of the part around it.
    pub const DEPTH: usize = 64;

    /// The outermost parts, such as `in_port(2)` and `ipv4(src=10.0.0.1,frag=no)`.
    pub fn items(&self) -> impl Iterator<Item = KeyItem<'_>> {
        KeyItems { key: self, at: 0, end: self.parts.len() }
    }

    /// The outermost part of that name.
    pub fn item(&self, name: &str) -> Option<KeyItem<'_>> {
        self.items().find(|item| item.name() == name)
    }
}

/// One part of a key: `recirc_id(0x3)` has a value, `eth(src=..,dst=..)` has parts.
#[derive(Debug, Clone, Copy)]
pub struct KeyItem<'a> {
    key: &'a Key,
    at: usize,
}

impl<'a> KeyItem<'a> {
    fn slice(&self, span: impl Fn(&Part) -> Span) -> &'a str {
        self.key.parts.get(self.at).map_or("", |part| span(part).slice(&self.key.text))
    }

    /// Its name; empty for a bare value among named ones and for a tunnel option in braces.
    pub fn name(&self) -> &'a str {
        self.slice(|part| part.name)
    }

    /// Its value without the mask; empty if it has parts.
    pub fn value(&self) -> &'a str {
        self.slice(|part| part.value)
    }

    /// Its mask; none if the value must be met exactly, or if there is no value.
    pub fn mask(&self) -> Option<&'a str> {
        Some(self.slice(|part| part.mask)).filter(|mask| !mask.is_empty())
    }

    /// The parts inside it.
    pub fn items(&self) -> impl Iterator<Item = KeyItem<'a>> + use<'a> {
        let end = self.key.parts.get(self.at).map_or(0, |part| part.end as usize);
        KeyItems { key: self.key, at: self.at + 1, end }
    }

    /// The part of that name inside it.
    pub fn item(&self, name: &str) -> Option<KeyItem<'a>> {
        self.items().find(|item| item.name() == name)
    }
}

/// Goes over neighbouring parts, not into them.
struct KeyItems<'a> {
    key: &'a Key,
    at: usize,
    end: usize,
}

impl<'a> Iterator for KeyItems<'a> {
    type Item = KeyItem<'a>;

    fn next(&mut self) -> Option<KeyItem<'a>> {
        let part = self.key.parts.get(self.at).filter(|_| self.at < self.end)?;
        let item = KeyItem { key: self.key, at: self.at };
        // An index that does not lead on would never end.
        self.at = (part.end as usize).max(self.at + 1);
        Some(item)
    }
}

//! The words of a flow that are neither match nor action: where it is, when it goes, what it counts.

use std::cell::RefCell;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::reader::Reader;
use super::{Command, parse_duration};
use crate::action::Cx;
use crate::base::args::Item;
use crate::base::diag::{Diagnostic, did_you_mean, nearest};
use crate::field::Formats;
use crate::field::proto::{self, Protocol};
use crate::field::subfield::by_own_name;
use crate::field::table::FieldId;
use crate::model::flow::Flags;

/// A word that takes a value and is no field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// The table.
    Table,
    /// The number that the owner gives.
    Cookie,
    /// The priority.
    Priority,
    /// Seconds without a packet.
    IdleTimeout,
    /// Seconds.
    HardTimeout,
    /// How late it is evicted.
    Importance,
    /// Only flows that send to this port.
    OutPort,
    /// Only flows that send to this group.
    OutGroup,
    /// What a switch counts.
    Counter(Counter),
}

/// What a switch counts for a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// How long it exists.
    Duration,
    /// Packets.
    Packets,
    /// Bytes.
    Bytes,
    /// Seconds since the last packet.
    IdleAge,
    /// Seconds since the last change.
    HardAge,
    /// Packets that hardware handled.
    OffloadPackets,
    /// Bytes that hardware handled.
    OffloadBytes,
}

/// The keys with their words.
pub const KEYS: [(&str, Key); 16] = [
    ("table", Key::Table),
    ("table_id", Key::Table),
    ("cookie", Key::Cookie),
    ("priority", Key::Priority),
    ("idle_timeout", Key::IdleTimeout),
    ("hard_timeout", Key::HardTimeout),
    ("importance", Key::Importance),
    ("out_port", Key::OutPort),
    ("out_group", Key::OutGroup),
    ("duration", Key::Counter(Counter::Duration)),
    ("n_packets", Key::Counter(Counter::Packets)),
    ("n_bytes", Key::Counter(Counter::Bytes)),
    ("idle_age", Key::Counter(Counter::IdleAge)),
    ("hard_age", Key::Counter(Counter::HardAge)),
    ("n_offload_packets", Key::Counter(Counter::OffloadPackets)),
    ("n_offload_bytes", Key::Counter(Counter::OffloadBytes)),
];

impl Key {
    /// Whether a line with this command may have it.
    pub fn belongs_to(self, command: Command) -> bool {
        match self {
            Key::Priority => command != Command::Delete,
            Key::IdleTimeout | Key::HardTimeout => command.has_actions(),
            Key::Importance => command == Command::Add,
            Key::OutPort | Key::OutGroup => !command.has_actions(),
            Key::Table | Key::Cookie | Key::Counter(_) => true,
        }
    }
}

/// What a word in front of the actions is.
#[derive(Debug, Clone, Copy)]
pub(super) enum HeadWord {
    /// A protocol: several fields in one word.
    Protocol(&'static Protocol),
    /// The word for Ethernet packets.
    Ethernet,
    /// A flag.
    Flag(Flags),
    /// A field by its name or alias.
    Field(FieldId),
    /// A field by a name that only dumps use.
    Dumped(FieldId),
    /// A key.
    Key(Key),
}

static HEAD_WORDS: LazyLock<FxHashMap<&'static str, HeadWord>> = LazyLock::new(|| {
    let mut words: FxHashMap<_, _> = KEYS.iter().map(|(name, key)| (*name, HeadWord::Key(*key))).collect();
    words.extend(FieldId::names().map(|(name, field)| {
        let is_own = by_own_name(name).is_some();
        (name, if is_own { HeadWord::Field(field) } else { HeadWord::Dumped(field) })
    }));
    words.extend(Flags::NAMES.iter().map(|(flag, name)| (*name, HeadWord::Flag(*flag))));
    words.extend(proto::PROTOCOLS.iter().map(|p| (p.name, HeadWord::Protocol(p))));
    words.insert("eth", HeadWord::Ethernet);
    words
});

impl HeadWord {
    /// The word of that name.
    #[inline]
    pub(super) fn by_name(name: &str) -> Option<HeadWord> {
        HEAD_WORDS.get(name).copied()
    }
}

/// Complains about a word that nobody knows.
pub(super) fn unknown_word(name: &str, cx: &Cx<'_>) -> Diagnostic {
    let d = cx.error("unknown-field", name, format!("no field `{name}`"));
    match nearest_word(name) {
        Some(near) if near == name => d.hint("this command does not take it"),
        Some(near) if near.eq_ignore_ascii_case(name) => {
            d.hint(format!("{} names are in lower case", did_you_mean(near)))
        }
        Some(near) => d.hint(did_you_mean(near)),
        None => d.hint("ovs-fields(7) lists them all"),
    }
}

/// The word nearest to one that nobody knows. Every flow of a dump may have the same new word, so the last answer is kept.
fn nearest_word(name: &str) -> Option<&'static str> {
    // In order, so that of two words equally near the same one is always named.
    static KNOWN: LazyLock<Vec<&str>> = LazyLock::new(|| {
        let mut known: Vec<&str> = HEAD_WORDS.keys().copied().chain(["actions"]).collect();
        known.sort_unstable();
        known
    });
    thread_local! {
        static LAST: RefCell<(String, Option<&'static str>)> = const { RefCell::new((String::new(), None)) };
    }
    if name.is_empty() || name.len() > 40 {
        return None;
    }
    LAST.with_borrow_mut(|(word, answer)| {
        if word != name {
            name.clone_into(word);
            *answer = nearest(name, KNOWN.iter().copied());
        }
        *answer
    })
}

impl<'a> Reader<'a> {
    pub(super) fn key(&mut self, item: &Item<'a>, key: Key) -> Result<(), Diagnostic> {
        let command = self.out.command;
        if !key.belongs_to(command) {
            return Err(unknown_word(item.name, &self.cx));
        }
        if item.value.is_empty() {
            let d = self.cx.error("missing-value", item.name, format!("{} needs a value", item.name));
            return Err(d.hint(format!("as {}=1", item.name)));
        }
        let v = item.value;
        match key {
            Key::Table => self.table(item)?,
            Key::Cookie => self.cookie(item)?,
            Key::Priority => {
                let max = if self.is_typed() { u64::from(u16::MAX) } else { u32::MAX.into() };
                self.once(item);
                self.out.flow.priority = self.cx.number("priority", v, max)? as u32;
            }
            Key::IdleTimeout => self.out.flow.idle_timeout = self.limit(item)?,
            Key::HardTimeout => self.out.flow.hard_timeout = self.limit(item)?,
            Key::Importance => self.out.flow.importance = self.limit(item)?,
            Key::OutPort => self.out.out_port = Some(self.cx.port(v)?),
            Key::OutGroup => {
                self.cx.formats &= Formats::OF11_UP;
                self.out.out_group = Some(self.cx.number("the group", v, u32::MAX.into())? as u32);
            }
            Key::Counter(counter) => self.counter(item, counter)?,
        }
        Ok(())
    }

    fn limit(&mut self, item: &Item<'a>) -> Result<u16, Diagnostic> {
        Ok(self.cx.number(item.name, item.value, u16::MAX.into())? as u16)
    }

    fn table(&mut self, item: &Item<'a>) -> Result<(), Diagnostic> {
        let table = self.cx.table(item.value)?;
        self.once(item);
        if table == 255 && self.is_typed() {
            let became = if self.out.command == Command::Add { "table 0" } else { "every table" };
            self.cx.bent("bent-value", item.value, format!("table 255 means {became}"));
        }
        self.out.table = (table != 255).then_some(table);
        self.out.flow.table = self.out.table.unwrap_or(0);
        Ok(())
    }

    fn cookie(&mut self, item: &Item<'a>) -> Result<(), Diagnostic> {
        let adding = self.out.command == Command::Add;
        match item.value.split_once('/') {
            Some(_) if adding => {
                let d = self.cx.error("bad-mask", item.value, "a new flow's cookie has no mask");
                Err(d.hint("leave the mask off"))
            }
            Some((value, mask)) => {
                self.out.cookie.value = self.cx.number("the cookie", value, u64::MAX)?;
                self.out.cookie.mask = self.cx.number("the mask", mask, u64::MAX)?;
                if self.out.cookie.mask != 0 {
                    self.cx.formats &= Formats::NXM_OF11_UP;
                }
                Ok(())
            }
            None if !self.out.command.has_actions() => {
                let d = self.cx.error("bad-value", item.value, "a cookie cannot be set here");
                Err(d.hint(format!("to select by cookie write cookie={}/-1", item.value)))
            }
            None => {
                self.out.flow.cookie = self.cx.number("the cookie", item.value, u64::MAX)?;
                self.out.sets_cookie = true;
                if item.value.starts_with('-') {
                    let became = format!("the cookie becomes {:#x}", self.out.flow.cookie);
                    self.cx.bent("bent-value", item.value, became);
                }
                Ok(())
            }
        }
    }

    /// What a dump counts. Typed text may hold it, so that a dump can be fed back; there it means nothing.
    fn counter(&mut self, item: &Item<'a>, counter: Counter) -> Result<(), Diagnostic> {
        if self.is_typed() {
            if matches!(counter, Counter::OffloadPackets | Counter::OffloadBytes) {
                return Err(self.cx.error("unknown-field", item.name, format!("no field `{}`", item.name)));
            }
            self.cx.bent("ignored-field", item.name, format!("{} is counted by the switch, it is ignored", item.name));
            return Ok(());
        }
        let cx = &self.cx;
        let stats = self.out.flow.stats.get_or_insert_default();
        match counter {
            Counter::Duration => stats.duration_ns = duration(item.value, cx)?,
            Counter::Packets => stats.n_packets = known_count(item.value, cx)?,
            Counter::Bytes => stats.n_bytes = known_count(item.value, cx)?,
            Counter::IdleAge => stats.idle_age = Some(cx.number(item.name, item.value, u32::MAX.into())? as u32),
            Counter::HardAge => stats.hard_age = Some(cx.number(item.name, item.value, u32::MAX.into())? as u32),
            Counter::OffloadPackets => stats.offloaded.get_or_insert_default().0 = count(item.value, cx)?,
            Counter::OffloadBytes => stats.offloaded.get_or_insert_default().1 = count(item.value, cx)?,
        }
        Ok(())
    }
}

/// A count, or `?` where the switch does not know.
fn known_count(text: &str, cx: &Cx<'_>) -> Result<Option<u64>, Diagnostic> {
    if text == "?" { Ok(None) } else { count(text, cx).map(Some) }
}

fn count(text: &str, cx: &Cx<'_>) -> Result<u64, Diagnostic> {
    text.parse().map_err(|_| cx.error("bad-value", text, format!("`{text}` is no count")))
}

fn duration(text: &str, cx: &Cx<'_>) -> Result<u64, Diagnostic> {
    parse_duration(text).ok_or_else(|| cx.error("bad-value", text, format!("`{text}` is no duration")))
}

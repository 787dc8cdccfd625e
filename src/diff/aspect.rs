//! What two flows with the same identity can differ in.

/// One thing that two flows with the same table, priority and match can differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Aspect {
    /// What they do.
    Actions,
    /// The seconds without a packet after which they go.
    IdleTimeout,
    /// The seconds after which they go.
    HardTimeout,
    /// How late they are evicted.
    Importance,
    /// Their flags.
    Flags,
    /// Their cookies.
    Cookie,
    /// The packets they counted.
    Packets,
    /// The bytes they counted.
    Bytes,
    /// How long they exist.
    Duration,
}

impl Aspect {
    /// Every aspect with its name, and whether it is ignored unless asked for: an agent that restarts gives its flows
    /// new cookies, and counters never stand still.
    pub const ALL: [(Aspect, &'static str, bool); 9] = [
        (Aspect::Actions, "actions", false),
        (Aspect::IdleTimeout, "idle_timeout", false),
        (Aspect::HardTimeout, "hard_timeout", false),
        (Aspect::Importance, "importance", false),
        (Aspect::Flags, "flags", false),
        (Aspect::Cookie, "cookie", true),
        (Aspect::Packets, "n_packets", true),
        (Aspect::Bytes, "n_bytes", true),
        (Aspect::Duration, "duration", true),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Aspect::ALL[self as usize].1
    }
}

/// Some aspects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Aspects(u16);

impl Aspects {
    /// Those that are ignored unless asked for.
    pub fn ignored_by_default() -> Aspects {
        Aspect::ALL.iter().filter(|(_, _, is_ignored)| *is_ignored).map(|(aspect, ..)| *aspect).collect()
    }

    /// Adds one.
    pub fn add(&mut self, aspect: Aspect) {
        self.0 |= 1 << aspect as u16;
    }

    /// Whether one is there.
    pub fn contains(self, aspect: Aspect) -> bool {
        self.0 & 1 << aspect as u16 != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those of either.
    pub fn with(self, other: Aspects) -> Aspects {
        Aspects(self.0 | other.0)
    }

    /// Those that `other` does not have.
    pub fn without(self, other: Aspects) -> Aspects {
        Aspects(self.0 & !other.0)
    }

    /// Those of both.
    pub fn both(self, other: Aspects) -> Aspects {
        Aspects(self.0 & other.0)
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Aspect> {
        Aspect::ALL.iter().map(|(aspect, ..)| *aspect).filter(move |aspect| self.contains(*aspect))
    }
}

impl FromIterator<Aspect> for Aspects {
    fn from_iter<I: IntoIterator<Item = Aspect>>(aspects: I) -> Aspects {
        let mut all = Aspects::default();
        aspects.into_iter().for_each(|aspect| all.add(aspect));
        all
    }
}

//! Match fields as a filter names them, and what it asks of them.
//!
//! A name means the rows of [`crate::field::table`] that are called so or that dumps print so: `tcp_dst` is TCP's port,
//! `tp_dst` that of TCP, UDP and SCTP, `icmp_type` that of ICMP and ICMPv6. Rows that share bits are told apart by their
//! prerequisites: `nw_src` is not there in an ARP flow whose `arp_spa` lies in the same word. A flow that does not match
//! a field accepts every value of it.
//!
//! [`FieldTest::holds`] says what a test means; [`ShapeTest`] is the same test worked out for flows that match the same
//! bits, where mostly only one comparison of words is left.

use smallvec::SmallVec;

use super::lex::Brackets;
use super::region::{Cube, Place, Region};
use crate::field::proto::{self, Needs, Protocol};
use crate::field::slot::{Slot, WordId, word};
use crate::field::subfield::field_by_any_name;
use crate::field::table::{Format, Quirk};
use crate::field::{FieldId, Match};

/// A match field, or some bits of one, as a filter names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// How it was written, bits included.
    pub name: String,
    /// The row whose values are read.
    pub field: FieldId,
    /// The bits of it, if not all are meant: the lowest, and how many.
    pub bits: Option<(u16, u16)>,
    /// Where they lie.
    pub place: Place,
    /// Which flows have these bits under this name.
    pub guard: Guard,
}

/// Why a name with bits is no field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoField {
    /// There is no field of that name.
    Unknown,
    /// The field has no such bits; what is wrong, and what would be right.
    Bits(String, String),
}

/// Rows that share bits are told apart by what they need.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Guard {
    /// What the rows of this name need; empty if the bits are theirs alone.
    own: SmallVec<[Needs; 3]>,
    /// What the other rows need.
    others: SmallVec<[Needs; 5]>,
    /// Whether one of the own needs must be met; else it is enough that no other row's is.
    is_strict: bool,
}

impl Guard {
    fn new(rows: &[FieldId], slot: Slot) -> Guard {
        let tagged = rows.iter().any(|r| matches!(r.quirk, Quirk::VlanId | Quirk::VlanPriority));
        if tagged {
            return Guard { own: SmallVec::from_slice(&[Needs::Vlan]), others: SmallVec::new(), is_strict: true };
        }
        let own: SmallVec<[Needs; 3]> = rows.iter().map(|r| r.needs).collect();
        let is_free = |needs: &Needs| matches!(needs, Needs::None | Needs::Ethernet);
        if own.iter().any(is_free) {
            return Guard::default();
        }
        let others: SmallVec<[Needs; 5]> = FieldId::all()
            .filter(|f| !rows.contains(f) && overlap(f.slot, slot))
            .map(|f| f.needs)
            .filter(|needs| !is_free(needs) && !own.contains(needs))
            .collect();
        if others.is_empty() { Guard::default() } else { Guard { own, others, is_strict: false } }
    }

    fn is_free(&self) -> bool {
        self.own.is_empty()
    }

    /// Whether the bits of a match with these values are there under this name.
    fn admits(&self, value: impl Fn(WordId) -> u32) -> bool {
        let met = |needs: &Needs| needs.is_met(&value);
        self.is_free() || self.own.iter().any(met) || !self.is_strict && !self.others.iter().any(met)
    }

    /// The words it looks at.
    fn words(&self) -> impl Iterator<Item = WordId> {
        let all = [word::TYPE, word::PACKET_TYPE, word::TTL, word::VLAN, word::TP, word::CT];
        let n = if self.is_free() { 0 } else { all.len() };
        all.into_iter().take(n)
    }
}

fn overlap(a: Slot, b: Slot) -> bool {
    a.words().any(|(i, x)| b.words().any(|(j, y)| i == j && x & y != 0))
}

/// The rows that a name stands for; the first is the one whose values are read.
fn rows_called(name: &str) -> SmallVec<[FieldId; 3]> {
    let lower = name.to_ascii_lowercase();
    let Some(first) = field_by_any_name(name)
        .or_else(|| FieldId::by_name(name))
        .or_else(|| FieldId::by_name(&lower))
        .or_else(|| field_by_any_name(&name.to_ascii_uppercase()))
    else {
        return SmallVec::new();
    };
    let others = FieldId::all().filter(|f| *f != first && overlap(f.slot, first.slot) && f.dump_name == lower);
    std::iter::once(first).chain(others).collect()
}

impl Asked {
    /// The field of that name, with these bits of it.
    pub(super) fn new(name: &str, bits: Option<Brackets>) -> Result<Asked, NoField> {
        let rows = rows_called(name);
        let Some(&field) = rows.first() else { return Err(NoField::Unknown) };
        let guard = Guard::new(&rows, field.slot);
        match bits {
            None | Some(Brackets::Whole) => {
                let place = Place::new(field.slot, 0, field.slot.width);
                Ok(Asked { name: name.to_owned(), field, bits: None, place, guard })
            }
            Some(Brackets::Bits(first, last)) if first > last => {
                let message = format!("bit {first} comes after bit {last}");
                Err(NoField::Bits(message, format!("write [{last}..{first}]")))
            }
            Some(Brackets::Bits(_, last)) if last >= field.slot.width => {
                let message = format!("{name} has {} bits, there is no bit {last}", field.slot.width);
                Err(NoField::Bits(message, format!("the last bit is {}", field.slot.width - 1)))
            }
            Some(Brackets::Bits(first, last)) => {
                let width = last - first + 1;
                let name = if width == 1 { format!("{name}[{first}]") } else { format!("{name}[{first}..{last}]") };
                let place = Place::new(field.slot, first, width);
                Ok(Asked { name, field, bits: Some((first, width)), place, guard })
            }
        }
    }

    /// The bit that says whether a VLAN tag is there, for `dl_vlan = 0xffff`, which is "no tag".
    pub(super) fn vlan_tag(&self) -> Asked {
        let place = Place::new(proto::VLAN_PRESENT, 0, 1);
        Asked { place, guard: Guard::default(), bits: Some((12, 1)), ..self.clone() }
    }

    /// The bit that says whether a tunnel option is there.
    pub(super) fn option_presence(&self) -> Asked {
        let place = Place::new(Slot::new(self.field.slot.word - 1, 0, 1), 0, 1);
        Asked { place, guard: Guard::default(), bits: Some((0, 1)), ..self.clone() }
    }

    /// Whether values have an order.
    pub(super) fn is_ordered(&self) -> bool {
        let is_word = matches!(
            self.field.format,
            Format::Frag | Format::TunFlags | Format::TcpFlags | Format::CtState | Format::PacketType
        );
        self.place.is_numeric() && (self.bits.is_some() || !is_word)
    }

    /// What a flow must match to have the field at all, as alternatives; empty if there is no condition.
    pub(super) fn needs(&self) -> Vec<Match> {
        let tests = self.guard.own.iter().flat_map(|needs| needs.alternatives());
        tests
            .map(|tests| {
                let mut m = Match::any();
                for t in *tests {
                    m.set_word(t.word, t.mask, t.value, t.mask);
                }
                m
            })
            .collect()
    }

    /// What to add to a match so that it may have the field, in words.
    pub(super) fn needs_text(&self) -> String {
        let hints: Vec<&str> = self.guard.own.iter().map(|n| n.hint()).collect();
        hints.join(" or ")
    }

    /// Further bits that tell that a match is about the field: a tunnel option may be matched by presence alone.
    fn presence(&self) -> Option<(WordId, u32)> {
        (self.field.is_tun_metadata() && self.bits.is_none()).then(|| (self.field.slot.word - 1, 1))
    }
}

/// What is asked of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Relation {
    /// The flow matches it.
    Present,
    /// The flow's set is this one.
    Is(Cube),
    /// The flow matches it, and its set is another one.
    IsNot(Cube),
    /// The flow's set lies in this one.
    In(Region),
    /// The flow's set holds this one.
    Covers(Region),
    /// The same, and the flow matches the field.
    Admits(Region),
    /// The two overlap.
    Hits(Region),
}

/// A question about a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldTest {
    /// The field.
    pub asked: Asked,
    /// The question.
    pub relation: Relation,
}

impl FieldTest {
    /// The answer for flows that do not match the field.
    fn if_absent(&self) -> bool {
        match &self.relation {
            Relation::Covers(_) | Relation::Hits(_) => true,
            // `nw_src = 0.0.0.0/0` asks for flows that accept everything.
            Relation::Is(cube) => cube.iter().all(|(_, mask)| *mask == 0),
            _ => false,
        }
    }

    /// The answer for a flow that matches the field as this cube.
    fn if_present(&self, flow: &Cube) -> bool {
        match &self.relation {
            Relation::Present => true,
            Relation::Is(cube) => cube == flow,
            Relation::IsNot(cube) => cube != flow,
            Relation::In(region) => region.holds(flow),
            Relation::Covers(region) | Relation::Admits(region) => region.lies_in(flow),
            Relation::Hits(region) => region.meets(flow),
        }
    }

    /// The answer for a match, given as value and mask of each word.
    pub(super) fn holds(&self, word: impl Fn(WordId) -> (u32, u32)) -> bool {
        let flow: Cube = self.asked.place.parts.iter().map(|p| both(word(p.word), p.mask)).collect();
        let is_there = flow.iter().any(|(_, mask)| *mask != 0)
            || self.asked.presence().is_some_and(|(id, bit)| word(id).1 & bit != 0);
        if is_there && self.asked.guard.admits(|id| word(id).0) { self.if_present(&flow) } else { self.if_absent() }
    }

    /// The test for flows that match these bits.
    pub(super) fn for_shape(&self, masks: &[(WordId, u32)]) -> ShapeTest {
        let parts = &self.asked.place.parts;
        let mask_of = |id: WordId| masks.iter().find(|(w, _)| *w == id).map_or(0, |(_, mask)| *mask);
        let at = |id: WordId| masks.iter().position(|(w, _)| *w == id).unwrap_or(0) as u16;
        let shape: SmallVec<[u32; 4]> = parts.iter().map(|p| mask_of(p.word) & p.mask).collect();
        let is_there = shape.iter().any(|mask| *mask != 0)
            || self.asked.presence().is_some_and(|(id, bit)| mask_of(id) & bit != 0);
        let absent = self.if_absent();
        if !is_there {
            return ShapeTest::Always(absent);
        }
        // Without the words that tell rows apart, all flows of the shape have the same values there: zeros.
        let is_guarded = self.asked.guard.words().any(|id| mask_of(id) != 0);
        if !is_guarded && !self.asked.guard.admits(|_| 0) {
            return ShapeTest::Always(absent);
        }
        let guard = is_guarded.then_some(absent);
        // Comparisons of words: (which bits of the flow count, what they must be).
        let words = |wanted: &mut dyn Iterator<Item = (u32, u32)>, found: bool| {
            let list = parts.iter().zip(wanted).filter(|(_, (bits, _))| *bits != 0);
            let list = list.map(|(p, (mask, want))| Compare { at: at(p.word), mask, want }).collect();
            ShapeTest::Words { list, found, guard }
        };
        let constant = |answer: bool| ShapeTest::Words { list: SmallVec::new(), found: answer, guard };
        let cube = match &self.relation {
            Relation::Present => return constant(true),
            Relation::Is(cube) | Relation::IsNot(cube) => Some(cube.clone()),
            Relation::In(r) | Relation::Covers(r) | Relation::Admits(r) | Relation::Hits(r) => r.single_cube(),
        };
        let Some(cube) = cube else { return self.for_region(&shape, at, guard) };
        let pairs = || cube.iter().zip(&shape).map(|((value, mask), flow)| (*value, *mask, *flow));
        match self.relation {
            Relation::Present => constant(true),
            Relation::Is(_) | Relation::IsNot(_) => {
                let found = matches!(self.relation, Relation::Is(_));
                match pairs().all(|(_, mask, flow)| mask == flow) {
                    true => words(&mut pairs().map(|(value, mask, _)| (mask, value)), found),
                    false => constant(!found),
                }
            }
            Relation::In(_) => match pairs().all(|(_, mask, flow)| mask & !flow == 0) {
                true => words(&mut pairs().map(|(value, mask, _)| (mask, value)), true),
                false => constant(false),
            },
            Relation::Covers(_) | Relation::Admits(_) => match pairs().all(|(_, mask, flow)| flow & !mask == 0) {
                true => words(&mut pairs().map(|(value, _, flow)| (flow, value & flow)), true),
                false => constant(false),
            },
            Relation::Hits(_) => {
                words(&mut pairs().map(|(value, mask, flow)| (mask & flow, value & mask & flow)), true)
            }
        }
    }

    /// The test for a region of several pieces.
    fn for_region(&self, shape: &[u32], at: impl Fn(WordId) -> u16, guard: Option<bool>) -> ShapeTest {
        let region = match &self.relation {
            Relation::In(r) | Relation::Covers(r) | Relation::Admits(r) | Relation::Hits(r) => r,
            Relation::Present | Relation::Is(_) | Relation::IsNot(_) => return ShapeTest::Always(true),
        };
        let parts = &self.asked.place.parts;
        // One value lies in ranges exactly if it meets them, and can only cover them if they are that value.
        if let ([part], true, Some(ranges)) = (&parts[..], shape == [parts[0].mask], region.only_ranges())
            && matches!(self.relation, Relation::In(_) | Relation::Hits(_))
        {
            let list = ranges.list().iter().map(|&(first, last)| (first as u32, last as u32)).collect();
            return ShapeTest::Ranges { at: at(part.word), mask: part.mask, shift: part.shift, list, guard };
        }
        let places = parts.iter().zip(shape).map(|(p, mask)| (at(p.word), *mask)).collect();
        ShapeTest::Cube { places, guard }
    }

    /// The answer for a flow of the shape a test was made for.
    #[inline]
    pub(super) fn answer(&self, test: &ShapeTest, masks: &[(WordId, u32)], values: &[u32]) -> bool {
        let (answer, guard) = match test {
            ShapeTest::Always(answer) => return *answer,
            ShapeTest::Words { list, found, guard } => (list.iter().all(|c| c.holds(values)) == *found, guard),
            ShapeTest::Ranges { at, mask, shift, list, guard } => {
                let n = (values[usize::from(*at)] & mask) >> shift;
                let at = list.partition_point(|(first, _)| *first <= n);
                (at > 0 && n <= list[at - 1].1, guard)
            }
            ShapeTest::Cube { places, guard } => {
                let of = |&(at, mask): &(u16, u32)| if mask == 0 { 0 } else { values[usize::from(at)] & mask };
                let cube: Cube = places.iter().map(|place| (of(place), place.1)).collect();
                (self.if_present(&cube), guard)
            }
        };
        match guard {
            Some(absent) if answer != *absent => {
                let value = |id| masks.iter().position(|(w, _)| *w == id).map_or(0, |at| values[at]);
                if self.asked.guard.admits(value) { answer } else { *absent }
            }
            _ => answer,
        }
    }
}

fn both((value, mask): (u32, u32), bits: u32) -> (u32, u32) {
    (value & bits, mask & bits)
}

/// A comparison of some bits of one of a flow's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Compare {
    /// Which of the flow's words.
    pub at: u16,
    /// Which bits count.
    pub mask: u32,
    /// What they must be.
    pub want: u32,
}

impl Compare {
    #[inline]
    pub(super) fn holds(&self, values: &[u32]) -> bool {
        values[usize::from(self.at)] & self.mask == self.want
    }
}

/// A [`FieldTest`] for flows that match the same bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ShapeTest {
    /// All of them get the same answer.
    Always(bool),
    /// The answer is `found` if all comparisons hold. With a guard, a flow that has the bits under another name gets
    /// the answer in it.
    Words {
        /// The comparisons.
        list: SmallVec<[Compare; 2]>,
        /// The answer if they hold.
        found: bool,
        /// The answer for flows that do not have the field.
        guard: Option<bool>,
    },
    /// The bits are all matched, and their value must be in one of the ranges.
    Ranges {
        /// Which of the flow's words.
        at: u16,
        /// Which bits count.
        mask: u32,
        /// How far up they stand.
        shift: u16,
        /// The ranges, sorted, both ends included.
        list: Box<[(u32, u32)]>,
        /// The answer for flows that do not have the field.
        guard: Option<bool>,
    },
    /// Anything else: the flow's words that make its cube.
    Cube {
        /// Which of the flow's words, and which bits of them.
        places: SmallVec<[(u16, u32); 4]>,
        /// The answer for flows that do not have the field.
        guard: Option<bool>,
    },
}

/// Whether a match is about packets of a protocol only.
pub(super) fn is_protocol(protocol: &Protocol, word: impl Fn(WordId) -> (u32, u32)) -> bool {
    let (value, mask) = word(self::word::TYPE);
    let (packet_type, _) = word(self::word::PACKET_TYPE);
    let says_type = mask >> 16 == 0xffff || packet_type >> 16 == 1;
    let dl_type = proto::effective_dl_type(|id| word(id).0);
    let says_proto = protocol.nw_proto == 0 || mask >> 8 & 0xff == 0xff && (value >> 8) as u8 == protocol.nw_proto;
    says_type && dl_type == protocol.dl_type && says_proto
}

#[cfg(test)]
mod tests;

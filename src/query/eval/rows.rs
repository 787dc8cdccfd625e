//! One segment against one question.

use super::global::{Global, shadows_of, winners_of};
use super::{Look, Part, Ready, Rows, seen};
use crate::base::paint::Painter;
use crate::field::names::{Names, paint_table};
use crate::field::slot::word;
use crate::field::table::Dump;
use crate::field::{Match, format};
use crate::model::id::FlowHash;
use crate::model::pipeline::{Jumps, jumps};
use crate::model::store::{ActionList, FlowRef, Head};
use crate::query::actions::{is_clause, is_state};
use crate::query::fields::{Asked, FieldTest, Relation, ShapeTest, is_protocol};
use crate::query::graph::{GraphTest, leads_to};
use crate::query::leaf::{Ask, Counter, HeadTest, Leaf, Time};
use crate::query::packet::PacketTest;
use crate::query::ranges::Ranges;
use crate::query::words::{State, Subject};
use rustc_hash::FxHashMap;

/// A counter that the dump did not have.
const UNKNOWN: u64 = u64::MAX;
/// An age that the dump did not have.
const NO_AGE: u32 = u32::MAX;
const NS: u64 = 1_000_000_000;

/// The answer for one row: `None` if there is none.
type Answer = Option<bool>;

impl Look<'_> {
    /// Takes those rows off for which a part of the filter does not hold.
    pub(super) fn narrow(&self, ready: &Ready<'_>, part: Part<'_>, rows: &mut Rows) {
        if self.progress.is_cancelled() || rows.iter().all(|bits| *bits == 0) {
            return;
        }
        match ready {
            Ready::All(list) => list.iter().for_each(|one| self.narrow(one, part, rows)),
            Ready::Any(list) => {
                let mut kept = vec![0; rows.len()];
                for one in list {
                    // Rows for which one of them holds need not be asked again.
                    let mut rest: Vec<u64> = rows.iter().zip(&kept).map(|(rows, kept)| rows & !kept).collect();
                    self.narrow(one, part, &mut rest);
                    kept.iter_mut().zip(rest).for_each(|(kept, rest)| *kept |= rest);
                }
                rows.copy_from_slice(&kept);
            }
            Ready::Leaf(leaf, global) => self.leaf(leaf, global, part, rows),
        }
    }

    fn leaf(&self, leaf: &Leaf, global: &Global, part: Part<'_>, rows: &mut Rows) {
        let segment = part.segment;
        let not = leaf.negated;
        match &leaf.ask {
            Ask::Known(answer) => {
                if *answer == not {
                    rows.fill(0);
                }
            }
            Ask::Missing => rows.fill(0),
            Ask::Table(ranges) => {
                let tables: Vec<bool> = (0..=u8::MAX).map(|t| ranges.holds(t) != not).collect();
                keep_by(rows, segment.tables(), |table| tables[usize::from(table)]);
            }
            Ask::Priority(ranges) => keep_numbers(rows, segment.priorities(), ranges, not, u32::MAX, false),
            Ask::Count(counter, ranges) => {
                let column = match counter {
                    Counter::Packets => segment.n_packets(),
                    Counter::Bytes => segment.n_bytes(),
                };
                if column.contains(&UNKNOWN) {
                    self.saw(seen::NO_COUNTER);
                }
                keep_numbers(rows, column, ranges, not, UNKNOWN, true);
            }
            Ask::Time(time, ranges) => self.time(*time, ranges, not, part, rows),
            Ask::Real(subject, reals) => self.keep(rows, |row| {
                let flow = part.start as usize + row;
                let rate = self.scope.rates.and_then(|rates| rates.get(flow)).copied().unwrap_or_default();
                let n = match (subject, global) {
                    (Subject::Rate, _) => f64::from(rate.packets),
                    (Subject::ByteRate, _) => f64::from(rate.bytes),
                    (Subject::Peak, _) => f64::from(rate.peak),
                    (_, Global::Totals(totals)) => match segment.n_packets()[row] {
                        UNKNOWN => f64::NAN,
                        n => share(n, totals[usize::from(segment.tables()[row])]),
                    },
                    _ => f64::NAN,
                };
                !n.is_nan() && reals.holds(n) != not
            }),
            Ask::Head(test) => {
                let heads: Vec<bool> = segment.heads().iter().map(|head| asks_head(test, head) != not).collect();
                keep_by(rows, segment.head_ids(), |head| heads[usize::from(head)]);
            }
            Ask::Id(prefixes) => self.keep(rows, |row| {
                let hash = FlowHash::of(segment.row(row));
                prefixes.iter().any(|p| p.holds(hash)) != not
            }),
            Ask::NumberLike(subject, regex, is) => {
                let mut text = String::new();
                self.keep_known(rows, not, |row| {
                    text.clear();
                    number_text(*subject, segment.row(row), &mut text)?;
                    Some(regex.is_match(&text) == *is)
                });
            }
            Ask::Protocol(protocol) => {
                // Which bits of the type word say it; shapes with other bits are looked at as they are.
                let proto = if protocol.nw_proto == 0 { 0 } else { 0xff00 };
                let bits = 0xffff_0000 | proto;
                let want = u32::from(protocol.dl_type) << 16 | u32::from(protocol.nw_proto) << 8 & proto;
                let places: Vec<Option<usize>> = segment
                    .shapes()
                    .iter()
                    .map(|shape| {
                        let plain = shape.masks.iter().all(|(id, _)| *id != word::PACKET_TYPE);
                        let says = |(id, mask): &(u16, u32)| *id == word::TYPE && mask & bits == bits;
                        shape.masks.iter().position(says).filter(|_| plain)
                    })
                    .collect();
                let odd: Vec<bool> = segment
                    .shapes()
                    .iter()
                    .map(|shape| shape.masks.iter().any(|(id, _)| *id == word::PACKET_TYPE))
                    .collect();
                self.keep(rows, |row| {
                    let shape = usize::from(segment.shape_ids()[row]);
                    let answer = match places[shape] {
                        Some(at) => segment.values(row)[at] & bits == want,
                        None if odd[shape] => is_protocol(protocol, |id| segment.row(row).word(id)),
                        None => false,
                    };
                    answer != not
                });
            }
            Ask::Field(test) => self.field(test, not, part, rows),
            Ask::FieldLike(asked, regex, is) => self.field_like(asked, regex, *is, not, part, rows),
            Ask::Set(test) => self.keep_lists(part, rows, not, |list| Some(test.ask(&list.actions))),
            Ask::Actions(test) => {
                let mut known: Vec<Option<crate::query::actions::ListAnswer>> =
                    vec![None; segment.action_lists().len()];
                self.keep(rows, |row| {
                    let list = usize::from(segment.action_ids()[row]);
                    let ask = || test.ask(&segment.action_lists()[list].actions, &self.scope.bridge.names);
                    let answer = *known[list].get_or_insert_with(ask);
                    let own = || test.takes_own(segment.tables()[row], &self.scope.bridge.names);
                    (answer.holds || answer.asks_own && own()) != not
                });
            }
            Ask::Owners(test) => {
                let Some(table) = self.scope.owners else { return rows.fill(0) };
                let lists: Vec<bool> = table.lists().iter().map(|owners| test.holds(owners) != not).collect();
                self.keep(rows, |row| table.list(part.start + row as u32).is_some_and(|list| lists[list]));
            }
            Ask::State(state) => self.state(*state, global, not, part, rows),
            Ask::Text(test) => {
                let mut known: Vec<Option<Answer>> = vec![None; segment.action_lists().len()];
                let mut buffer = String::new();
                self.keep(rows, |row| {
                    let list = usize::from(segment.action_ids()[row]);
                    let by_list = *known[list].get_or_insert_with(|| test.for_list(&segment.action_lists()[list]));
                    let flow = segment.row(row);
                    // A line that is kept as it was read may write its actions in another way.
                    let by_list = by_list.filter(|_| test.is_about_actions() || flow.verbatim().is_none());
                    by_list.unwrap_or_else(|| test.answer(flow, &self.scope.bridge.names, &mut buffer)) != not
                });
            }
            Ask::Hits(test) => {
                let shapes: Vec<_> = segment.shapes().iter().map(|shape| test.for_shape(&shape.masks)).collect();
                self.keep(rows, |row| {
                    let shape = usize::from(segment.shape_ids()[row]);
                    PacketTest::answer(&shapes[shape], segment.values(row)) != not
                });
            }
            Ask::Wins(test) => {
                let Global::Winners(by_table) = global else { return rows.fill(0) };
                self.keep(rows, |row| {
                    let table = segment.tables()[row];
                    let winners = winners_of(by_table, self.scope.bridge, table, test, self.progress);
                    if winners.is_unsure {
                        self.saw(seen::MAY_WIN);
                    }
                    winners.flows.binary_search(&(part.start + row as u32)).is_ok() != not
                });
            }
            Ask::Reference(_) => {
                let Global::Graph(test) = global else { return rows.fill(0) };
                self.reference(test, not, part, rows);
            }
        }
    }

    fn time(&self, time: Time, ranges: &Ranges, not: bool, part: Part<'_>, rows: &mut Rows) {
        let segment = part.segment;
        if time == Time::Age {
            let has: Vec<bool> = segment.heads().iter().map(|head| head.has_stats).collect();
            if has.contains(&false) {
                self.saw(seen::NO_AGE);
            }
            return self.keep(rows, |row| {
                let is_known = has[usize::from(segment.head_ids()[row])];
                is_known && ranges.holds(segment.durations()[row]) != not
            });
        }
        let what = if time == Time::Idle { seen::NO_IDLE_AGE } else { seen::NO_HARD_AGE };
        let seconds = |(idle, hard): (u32, u32)| if time == Time::Idle { idle } else { hard };
        let ages = segment.ages();
        if ages.is_empty() || ages.iter().any(|ages| seconds(*ages) == NO_AGE) {
            self.saw(what);
        }
        self.keep(rows, |row| {
            let age = ages.get(row).map_or(NO_AGE, |ages| seconds(*ages));
            age != NO_AGE && ranges.holds(u64::from(age) * NS) != not
        });
    }

    fn field(&self, test: &FieldTest, not: bool, part: Part<'_>, rows: &mut Rows) {
        let segment = part.segment;
        let shapes = segment.shapes();
        let tests: Vec<ShapeTest> = shapes.iter().map(|shape| test.for_shape(&shape.masks)).collect();
        self.keep(rows, |row| {
            let shape = usize::from(segment.shape_ids()[row]);
            let answer = match &tests[shape] {
                ShapeTest::Always(answer) => *answer,
                shape_test => test.answer(shape_test, &shapes[shape].masks, segment.values(row)),
            };
            answer != not
        });
    }

    fn field_like(&self, asked: &Asked, regex: &regex::Regex, is: bool, not: bool, part: Part<'_>, rows: &mut Rows) {
        let present = FieldTest { asked: asked.clone(), relation: Relation::Present };
        let mut text = String::new();
        self.keep(rows, |row| {
            let flow = part.segment.row(row);
            let matches = flow.matches();
            let answer = present.holds(|id| matches.word(id)) && {
                text.clear();
                let names = if flow.head().names { &self.scope.bridge.names } else { Names::none() };
                field_text(asked, &matches, names, &mut text);
                regex.is_match(&text) == is
            };
            answer != not
        });
    }

    fn state(&self, state: State, global: &Global, not: bool, part: Part<'_>, rows: &mut Rows) {
        let segment = part.segment;
        match (state, global) {
            (State::Drop | State::Normal | State::Flood | State::InPortOut, _) => {
                self.keep_lists(part, rows, not, |list| Some(is_state(state, &list.actions)));
            }
            (State::Ethernet, _) => self.keep(rows, |row| (segment.row(row).word(word::PACKET_TYPE).0 == 0) != not),
            (State::Dead, _) => {
                let clauses: Vec<bool> = segment.action_lists().iter().map(|list| is_clause(&list.actions)).collect();
                if segment.n_packets().contains(&UNKNOWN) {
                    self.saw(seen::NO_COUNTER);
                }
                self.keep(rows, |row| match segment.n_packets()[row] {
                    UNKNOWN => false,
                    n if clauses[usize::from(segment.action_ids()[row])] => {
                        if n == 0 {
                            self.saw(seen::CLAUSES);
                        }
                        false
                    }
                    n => (n == 0) != not,
                });
            }
            (State::Hot, Global::Least(least)) => self.keep(rows, |row| {
                let n = match self.scope.rates {
                    Some(rates) => rates.get(part.start as usize + row).map_or(f64::NAN, |r| f64::from(r.packets)),
                    None if segment.n_packets()[row] == UNKNOWN => f64::NAN,
                    None => segment.n_packets()[row] as f64,
                };
                !n.is_nan() && (n >= *least) != not
            }),
            (State::Miss, _) => {
                let any: Vec<bool> = segment.shapes().iter().map(|shape| shape.masks.is_empty()).collect();
                let is_miss = |row: usize| segment.priorities()[row] == 0 && any[usize::from(segment.shape_ids()[row])];
                self.keep(rows, |row| is_miss(row) != not);
            }
            (State::Marked, _) => {
                let marked = self.scope.marked.unwrap_or(&[]);
                self.keep(rows, |row| marked.binary_search(&(part.start + row as u32)).is_ok() != not);
            }
            (State::Unreachable, Global::Tables(tables)) => {
                keep_by(rows, segment.tables(), |table| tables.hold(table) != not);
            }
            (State::Loop, Global::Leading(leading)) => {
                self.keep_jumps(part, rows, |jumps, row| {
                    let table = segment.tables()[row];
                    leads_to(jumps, &leading[usize::from(table)]) != not
                });
            }
            (State::Shadowed | State::PartialShadow, Global::Shadows(by_table)) => self.keep(rows, |row| {
                let table = segment.tables()[row];
                let shadows = shadows_of(by_table, self.scope.bridge, table, state, self.progress);
                let list = if state == State::Shadowed { &shadows.whole } else { &shadows.part };
                list.binary_search(&(part.start + row as u32)).is_ok() != not
            }),
            // Words that cannot be told are compiled to `Missing`, and the others always come with what they need.
            _ => rows.fill(0),
        }
    }

    fn reference(&self, test: &GraphTest, not: bool, part: Part<'_>, rows: &mut Rows) {
        let segment = part.segment;
        let groups = &self.scope.bridge.groups;
        let mut known: FxHashMap<(u8, u16), bool> = FxHashMap::default();
        self.keep(rows, |row| {
            let (table, list) = (segment.tables()[row], segment.action_ids()[row]);
            let by_list = known.entry((table, list)).or_insert_with(|| {
                let actions = &segment.action_lists()[usize::from(list)].actions;
                test.is_met_by_list(actions, &jumps(actions, table, groups))
            });
            (*by_list || test.is_met_by_flow(segment.row(row), groups)) != not
        });
    }

    /// Keeps the rows whose ways on satisfy a question; each list's ways are found once for each table.
    fn keep_jumps(&self, part: Part<'_>, rows: &mut Rows, mut holds: impl FnMut(&Jumps, usize) -> bool) {
        let segment = part.segment;
        let mut known: FxHashMap<(u8, u16), Jumps> = FxHashMap::default();
        self.keep(rows, |row| {
            let (table, list) = (segment.tables()[row], segment.action_ids()[row]);
            let ways = known.entry((table, list)).or_insert_with(|| {
                let actions = &segment.action_lists()[usize::from(list)].actions;
                jumps(actions, table, &self.scope.bridge.groups)
            });
            holds(ways, row)
        });
    }

    /// Keeps the rows whose list of actions satisfies a question; each list is asked once, if at all.
    fn keep_lists(&self, part: Part<'_>, rows: &mut Rows, not: bool, ask: impl Fn(&ActionList) -> Answer) {
        let segment = part.segment;
        let mut known: Vec<Option<Answer>> = vec![None; segment.action_lists().len()];
        self.keep_known(rows, not, |row| {
            let list = usize::from(segment.action_ids()[row]);
            *known[list].get_or_insert_with(|| ask(&segment.action_lists()[list]))
        });
    }

    /// Keeps the rows with an answer that is not the one that is not wanted.
    fn keep_known(&self, rows: &mut Rows, not: bool, mut ask: impl FnMut(usize) -> Answer) {
        self.keep(rows, |row| ask(row).is_some_and(|answer| answer != not));
    }

    /// Keeps the rows for which `holds` is true, and looks now and then whether to stop.
    #[inline]
    fn keep(&self, rows: &mut Rows, mut holds: impl FnMut(usize) -> bool) {
        /// After how many words of rows it is looked.
        const LOOK: usize = 16;
        for (first, block) in (0..).step_by(LOOK * 64).zip(rows.chunks_mut(LOOK)) {
            if self.progress.is_cancelled() {
                return;
            }
            for (first, bits) in (first..).step_by(64).zip(block) {
                let mut rest = *bits;
                while rest != 0 {
                    let at = rest.trailing_zeros();
                    rest &= rest - 1;
                    if !holds(first + at as usize) {
                        *bits &= !(1 << at);
                    }
                }
            }
        }
    }
}

/// Keeps the rows whose number in a column satisfies a question. The question is asked for every row, which is cheaper
/// than finding the rows that are left.
#[inline]
fn keep_by<N: Copy>(rows: &mut Rows, column: &[N], holds: impl Fn(N) -> bool) {
    for (bits, numbers) in rows.iter_mut().zip(column.chunks(64)) {
        if *bits != 0 {
            *bits &= numbers.iter().enumerate().fold(0, |kept, (at, n)| kept | u64::from(holds(*n)) << at);
        }
    }
}

/// Keeps the rows whose number is in the ranges, or is not; `unknown` is no number if there may be such.
fn keep_numbers<N: Copy + PartialEq + Into<u128> + TryFrom<u128> + PartialOrd>(
    rows: &mut Rows,
    column: &[N],
    ranges: &Ranges,
    not: bool,
    unknown: N,
    may_lack: bool,
) {
    let is_known = |n: N| !may_lack || n != unknown;
    match ranges.single() {
        // One range, cut to what the column can hold, is compared without widening.
        Some((first, last)) => {
            let Ok(first) = N::try_from(first) else { return keep_by(rows, column, |n| not && is_known(n)) };
            let last = N::try_from(last).unwrap_or(unknown);
            keep_by(rows, column, |n| (first <= n && n <= last) != not && is_known(n));
        }
        None => keep_by(rows, column, |n| ranges.holds(n) != not && is_known(n)),
    }
}

fn share(n: u64, total: u64) -> f64 {
    if total == 0 { 0.0 } else { n as f64 * 100.0 / total as f64 }
}

fn asks_head(test: &HeadTest, head: &Head) -> bool {
    match test {
        HeadTest::Cookie(ranges, masked) => {
            ranges.holds(head.cookie) || masked.iter().any(|(value, mask)| head.cookie & mask == *value)
        }
        HeadTest::IdleTimeout(ranges) => ranges.holds(u64::from(head.idle_timeout) * NS),
        HeadTest::HardTimeout(ranges) => ranges.holds(u64::from(head.hard_timeout) * NS),
        HeadTest::Importance(ranges) => ranges.holds(head.importance),
        HeadTest::Flags(names) if names.is_empty() => !head.flags.is_empty(),
        HeadTest::Flags(names) => head.flags.names().any(|name| names.contains(&name)),
    }
}

/// The text of what a word asks about, for regular expressions; `None` if it is not known.
fn number_text(subject: Subject, flow: FlowRef<'_>, out: &mut String) -> Option<()> {
    let head = flow.head();
    let mut decimal = |n: u64| out.decimal(Default::default(), n);
    match subject {
        Subject::Priority => decimal(flow.priority().into()),
        Subject::Packets => decimal(flow.n_packets()?),
        Subject::Bytes => decimal(flow.n_bytes()?),
        Subject::Age => crate::model::flow::paint_duration(flow.stats()?.duration_ns, out),
        Subject::Idle => decimal(flow.stats()?.idle_age?.into()),
        Subject::HardAge => decimal(flow.stats()?.hard_age?.into()),
        Subject::IdleTimeout => decimal(head.idle_timeout.into()),
        Subject::HardTimeout => decimal(head.hard_timeout.into()),
        Subject::Importance => decimal(head.importance.into()),
        Subject::Cookie => out.push_str(crate::base::number::Digits::hex_padded(head.cookie, 1).as_str()),
        Subject::Flags => out.extend(head.flags.names().flat_map(|name| [name, " "])),
        Subject::Id => out.push_str(&FlowHash::of(flow).to_string()),
        Subject::Table => paint_table(flow.table(), Names::none(), out),
        _ => return None,
    }
    Some(())
}

/// The text of a match field's value, as a dump writes it; bits of a field as a hexadecimal number.
pub(in crate::query) fn field_text(asked: &Asked, matches: &Match, names: &Names, out: &mut String) {
    if asked.bits.is_some() {
        let words = asked.place.parts.iter().map(|p| matches.word(p.word).0);
        out.push_str(&format!("{:#x}", asked.place.number(words)));
        return;
    }
    let (value, mask) = matches.get(&asked.field);
    match asked.field.dump {
        // Another row prints these in dumps, in words of its own.
        Dump::Never | Dump::Vlan => {
            let is_exact = mask.is_ones(asked.field.slot.width.into());
            format::paint(&asked.field, &value, (!is_exact).then_some(&mask), names, out);
        }
        _ => format::paint_dumped(&asked.field, &value, &mask, names, out),
    }
}

//! What a filter asks of a list of actions.
//!
//! A list may hold an action several times, nested ones included; a test holds if any of them satisfies it. Everything
//! here depends on the list alone, so each list of a dump is asked once, however many flows have it. Only a `resubmit`
//! without a table also depends on the flow's own table: see [`ListAnswer`].

use std::borrow::Cow;

use regex::Regex;

use super::fields::{Asked, FieldTest};
use super::ranges::Ranges;
use super::words::{State, Subject};
use crate::action::conntrack::{NatAddresses, NatKind, Zone};
use crate::action::{Action, Actions};
use crate::base::paint::Painter;
use crate::field::bits::Bits;
use crate::field::names::{paint_port, paint_table, port};
use crate::field::subfield::Subfield;
use crate::field::{Match, Names};
use crate::model::flow::TableId;

/// A question about a list of actions.
#[derive(Debug, Clone)]
pub(super) struct ActionTest {
    /// Which actions, and which argument of them.
    pub subject: Subject,
    /// What the argument must be.
    pub want: Want,
}

/// What an argument of an action must be.
#[derive(Debug, Clone)]
pub(super) enum Want {
    /// Anything: the action is there.
    Any,
    /// One of these numbers.
    Numbers(Ranges),
    /// This field; `false` for any other argument.
    Field(Subfield, bool),
    /// One of these words in any case; `false` for any other.
    Words(Vec<String>, bool),
    /// A text that matches; `false` for one that does not.
    Like(Regex, bool),
}

/// An argument of an action.
enum Argument<'a> {
    Number(u64),
    Port(u32),
    Table(TableId),
    /// The flow's own table.
    OwnTable,
    Field(Subfield),
    Word(Cow<'a, str>),
    /// The action has no argument that could be asked for.
    None,
}

/// The answer for a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ListAnswer {
    /// It holds, whatever the flow's table is.
    pub holds: bool,
    /// It also holds if the flow's own table is one of those asked for.
    pub asks_own: bool,
}

impl ActionTest {
    /// The answer for a list.
    pub(super) fn ask(&self, actions: &Actions, names: &Names) -> ListAnswer {
        let mut answer = ListAnswer::default();
        actions.each(&mut |action| {
            arguments(self.subject, action, &mut |argument| match argument {
                Argument::OwnTable if !matches!(self.want, Want::Any) => answer.asks_own = true,
                argument => answer.holds |= self.want.takes(&argument, names),
            });
        });
        answer
    }

    /// Whether the flow's own table is one of those asked for.
    pub(super) fn takes_own(&self, table: TableId, names: &Names) -> bool {
        self.want.takes(&Argument::Table(table), names)
    }
}

impl Want {
    fn takes(&self, argument: &Argument<'_>, names: &Names) -> bool {
        match (self, argument) {
            (Want::Any, _) => true,
            (Want::Numbers(ranges), argument) => argument.number().is_some_and(|n| ranges.holds(n)),
            (Want::Field(wanted, is), Argument::Field(field)) => (wanted == field) == *is,
            (Want::Field(_, is), _) => !is,
            (Want::Words(words, is), argument) => {
                let text = argument.text(names);
                words.iter().any(|w| w.eq_ignore_ascii_case(&text)) == *is
            }
            (Want::Like(regex, is), argument) => regex.is_match(&argument.text(names)) == *is,
        }
    }
}

impl Argument<'_> {
    fn number(&self) -> Option<u64> {
        match self {
            Argument::Number(n) => Some(*n),
            Argument::Port(n) => Some(u64::from(*n)),
            Argument::Table(n) => Some(u64::from(*n)),
            Argument::OwnTable | Argument::Field(_) | Argument::Word(_) | Argument::None => None,
        }
    }

    fn text(&self, names: &Names) -> Cow<'_, str> {
        let mut text = String::new();
        match self {
            Argument::Number(n) => text.decimal(Default::default(), *n),
            Argument::Port(n) => paint_port(*n, names, &mut text),
            Argument::Table(n) => paint_table(*n, names, &mut text),
            Argument::Field(field) => field.paint(&mut text),
            Argument::Word(word) => return Cow::Borrowed(word),
            Argument::OwnTable | Argument::None => {}
        }
        text.into()
    }
}

/// The arguments that a subject is about, if the action is one of its kind.
fn arguments(subject: Subject, action: &Action, visit: &mut dyn FnMut(Argument<'_>)) {
    let mut number = |n: u32| visit(Argument::Number(n.into()));
    match (subject, action) {
        (Subject::Out, Action::Output(a)) => visit(Argument::Port(a.port)),
        (Subject::Out, Action::OutputTrunc(a)) => visit(Argument::Port(a.port)),
        (Subject::Out, Action::Enqueue(a)) => visit(Argument::Port(a.port)),
        (Subject::Out, Action::OutputReg(a)) => visit(Argument::Field(a.source)),
        (Subject::Out, Action::Controller(_)) => visit(Argument::Port(port::CONTROLLER)),
        (Subject::Out, Action::Bundle(a)) if a.destination.is_none() => {
            a.members.iter().for_each(|port| visit(Argument::Port(*port)));
        }
        (Subject::Goto, Action::GotoTable(a)) => visit(Argument::Table(a.0)),
        (Subject::Resubmit, Action::Resubmit(a)) => visit(a.table.map_or(Argument::OwnTable, Argument::Table)),
        (Subject::Group, Action::Group(a)) => number(a.0),
        (Subject::Meter, Action::Meter(a)) => number(a.0),
        (Subject::Meter, Action::Controller(a)) => a.meter_id.into_iter().for_each(number),
        (Subject::Ct, Action::Ct(_)) => visit(Argument::None),
        (Subject::CtZone, Action::Ct(a)) => match &a.zone {
            Zone::Number(n) => number((*n).into()),
            Zone::Field(field) => visit(Argument::Field(*field)),
        },
        (Subject::CtTable, Action::Ct(a)) => a.table.into_iter().for_each(|t| visit(Argument::Table(t))),
        (Subject::CtCommit, Action::Ct(a)) if a.commit => visit(Argument::None),
        (Subject::CtNat, Action::Nat(a)) => {
            visit(match a.kind {
                Some(NatKind::Source) => Argument::Word("src".into()),
                Some(NatKind::Destination) => Argument::Word("dst".into()),
                None => Argument::Word("".into()),
            });
            if let Some(range) = &a.range {
                addresses(&range.addresses, |text| visit(Argument::Word(text.into())));
            }
        }
        (Subject::Conj, Action::Conjunction(_)) => visit(Argument::None),
        (Subject::ConjId, Action::Conjunction(a)) => number(a.id),
        (Subject::Learn, Action::Learn(_)) => visit(Argument::None),
        (Subject::LearnTable, Action::Learn(a)) => visit(Argument::Table(a.table)),
        (Subject::Note, Action::Note(a)) => {
            let bytes: Vec<String> = a.data.iter().map(|b| format!("{b:02x}")).collect();
            visit(Argument::Word(bytes.join(".").into()));
        }
        (Subject::Move, Action::Move(a)) => {
            visit(Argument::Field(a.from));
            visit(Argument::Field(a.to));
        }
        (Subject::Clone, Action::Clone(_)) => visit(Argument::None),
        (Subject::Controller, Action::Controller(a)) => number(a.controller_id.into()),
        (Subject::Controller, Action::Output(a)) if a.port == port::CONTROLLER => number(0),
        _ => {}
    }
}

fn addresses(range: &NatAddresses, mut visit: impl FnMut(String)) {
    let mut paint = |first: String, last: Option<String>| {
        visit(first.clone());
        if let Some(last) = last {
            visit(format!("{first}-{last}"));
            visit(last);
        }
    };
    match *range {
        NatAddresses::V4(first, last) => {
            let text = |n: u32| std::net::Ipv4Addr::from(n).to_string();
            paint(text(first), (last != 0).then(|| text(last)));
        }
        NatAddresses::V6(first, last) => {
            let text = |n: u128| std::net::Ipv6Addr::from(n).to_string();
            paint(text(first), (last != 0).then(|| text(last)));
        }
    }
}

/// Whether a word that stands alone holds for a list of actions.
pub(super) fn is_state(state: State, actions: &Actions) -> bool {
    if state == State::Drop {
        return actions.is_drop();
    }
    let mut found = false;
    actions.each(&mut |action| {
        let to = match action {
            Action::Output(a) => a.port,
            Action::OutputTrunc(a) => a.port,
            Action::Enqueue(a) => a.port,
            _ => return,
        };
        found |= match state {
            State::Normal => to == port::NORMAL,
            State::Flood => to == port::FLOOD || to == port::ALL,
            State::InPortOut => to == port::IN_PORT,
            _ => false,
        };
    });
    found
}

/// Whether a list has a clause of a conjunction.
pub(super) fn is_clause(actions: &Actions) -> bool {
    actions.0.iter().any(|a| matches!(a, Action::Conjunction(_)))
}

/// A question about what is written to a field.
#[derive(Debug, Clone)]
pub(super) struct SetTest {
    /// The field.
    pub asked: Asked,
    /// What must be written; anything, also a value that is not known, if there is none.
    pub test: Option<FieldTest>,
}

impl SetTest {
    /// Whether one action of a list writes what is asked for.
    pub(super) fn ask(&self, actions: &Actions) -> bool {
        let mut found = false;
        actions.each(&mut |action| found |= self.asks_one(action));
        found
    }

    fn asks_one(&self, action: &Action) -> bool {
        let mut written = Match::any();
        match written_by(action) {
            None => return false,
            Some(Written::Value(field, value, mask)) => written.set_slot(field.field.slot, &value, &mask),
            Some(Written::Unknown(field)) => {
                let width = usize::from(field.field.slot.width);
                let mut mask = Bits::zero(width);
                mask.fill(field.offset.into(), field.width.into());
                written.set_slot(field.field.slot, &Bits::zero(width), &mask);
                let touches = self.asked.place.parts.iter().any(|p| written.word(p.word).1 & p.mask != 0);
                return touches && self.test.is_none();
            }
        }
        let touches = self.asked.place.parts.iter().any(|p| written.word(p.word).1 & p.mask != 0);
        touches && self.test.as_ref().is_none_or(|test| test.holds(|id| written.word(id)))
    }
}

/// What an action writes to a field.
pub(super) enum Written {
    /// These bits of it, as wide as its slot.
    Value(Subfield, Bits, Bits),
    /// Some bits, nobody knows what.
    Unknown(Subfield),
}

/// What an action writes by itself; what is nested in it is asked apart.
pub(super) fn written_by(action: &Action) -> Option<Written> {
    let unknown = |to: Subfield| Some(Written::Unknown(to));
    match action {
        Action::SetField(a) => {
            let mut m = Match::any();
            m.set(&a.field, &a.value, &a.mask);
            let (value, mask) = m.get(&a.field);
            Some(Written::Value(Subfield::whole(a.field), value, mask))
        }
        Action::WriteMetadata(a) => {
            let field = crate::field::table::METADATA;
            let bits = |n| Bits::from_u64(n, 64);
            Some(Written::Value(Subfield::whole(field), bits(a.value & a.mask), bits(a.mask)))
        }
        Action::Move(a) => unknown(a.to),
        Action::Pop(a) => unknown(a.0),
        Action::Multipath(a) => unknown(a.to),
        Action::CheckPktLarger(a) => unknown(a.to),
        Action::Bundle(a) => a.destination.and_then(unknown),
        Action::Learn(a) => a.result_dst.and_then(unknown),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::flow_line::parse_actions;
    use crate::field::FieldId;
    use crate::query::region::Region;

    const LISTS: [&str; 16] = [
        "drop",
        "NORMAL",
        "output:3,output:5",
        "resubmit(,72)",
        "resubmit(4)",
        "goto_table:7",
        "ct(commit,table=72,zone=5,nat(src=10.0.0.1-10.0.0.9))",
        "ct(table=3,zone=NXM_NX_REG6[0..15])",
        "conjunction(18,1/2),conjunction(20,2/2)",
        "clone(output:9),group:4,meter:2",
        "write_actions(FLOOD),IN_PORT",
        "controller(id=7)",
        "learn(table=20,NXM_OF_VLAN_TCI[0..11],load:0->NXM_OF_VLAN_TCI[])",
        "note:00.11.22.00.00.00",
        "set_field:0x15->reg5,load:0x2->NXM_NX_REG6[4..7],move:NXM_NX_REG0[]->NXM_NX_REG1[]",
        "ct(commit,exec(set_field:0x1->ct_mark)),output:NXM_NX_REG7[]",
    ];

    fn lists(holds: impl Fn(&Actions) -> bool) -> Vec<usize> {
        let read = |text: &&str| {
            let (actions, found) = parse_actions(text, Names::none());
            assert!(found.is_empty(), "{text}: {found:?}");
            holds(&actions)
        };
        LISTS.iter().enumerate().filter(|(_, text)| read(text)).map(|(at, _)| at).collect()
    }

    #[test]
    fn arguments_of_actions() {
        let ask = |subject, want: &Want| {
            let test = ActionTest { subject, want: want.clone() };
            lists(|a| test.ask(a, Names::none()).holds)
        };
        let number = |n: u64| Want::Numbers(Ranges::one(n));
        let word = |w: &str| Want::Words(vec![w.to_owned()], true);
        assert_eq!(ask(Subject::Out, &Want::Any), [1, 2, 9, 10, 11, 15]);
        assert_eq!(ask(Subject::Out, &number(5)), [2]);
        assert_eq!(ask(Subject::Out, &number(9)), [9]);
        assert_eq!(ask(Subject::Out, &Want::Numbers(Ranges::one(3u64).others())), [1, 2, 9, 10, 11]);
        assert_eq!(ask(Subject::Goto, &number(7)), [5]);
        assert_eq!(ask(Subject::Resubmit, &number(72)), [3]);
        assert_eq!(ask(Subject::Resubmit, &Want::Any), [3, 4]);
        assert_eq!(ask(Subject::Group, &number(4)), [9]);
        assert_eq!(ask(Subject::Meter, &Want::Any), [9]);
        assert_eq!(ask(Subject::Ct, &Want::Any), [6, 7, 15]);
        assert_eq!(ask(Subject::CtZone, &number(5)), [6]);
        assert_eq!(ask(Subject::CtZone, &Want::Field(Subfield::parse("reg6[0..15]").unwrap(), true)), [7]);
        assert_eq!(ask(Subject::CtTable, &Want::Any), [6, 7]);
        assert_eq!(ask(Subject::CtCommit, &Want::Any), [6, 15]);
        assert_eq!(ask(Subject::CtNat, &Want::Any), [6]);
        assert_eq!(ask(Subject::CtNat, &word("SRC")), [6]);
        assert_eq!(ask(Subject::CtNat, &word("10.0.0.9")), [6]);
        assert_eq!(ask(Subject::CtNat, &word("dst")), [] as [usize; 0]);
        assert_eq!(ask(Subject::Conj, &Want::Any), [8]);
        assert_eq!(ask(Subject::ConjId, &number(20)), [8]);
        assert_eq!(ask(Subject::Learn, &Want::Any), [12]);
        assert_eq!(ask(Subject::LearnTable, &number(20)), [12]);
        assert_eq!(ask(Subject::Note, &word("00.11.22.00.00.00")), [13]);
        assert_eq!(ask(Subject::Move, &Want::Like(Regex::new("REG1").unwrap(), true)), [14]);
        assert_eq!(ask(Subject::Clone, &Want::Any), [9]);
        assert_eq!(ask(Subject::Controller, &number(7)), [11]);
    }

    #[test]
    fn a_resubmit_without_a_table_goes_to_the_own_one() {
        let test = ActionTest { subject: Subject::Resubmit, want: Want::Numbers(Ranges::one(9u64)) };
        let (actions, _) = parse_actions("resubmit(4)", Names::none());
        assert_eq!(test.ask(&actions, Names::none()), ListAnswer { holds: false, asks_own: true });
        assert!(test.takes_own(9, Names::none()) && !test.takes_own(8, Names::none()));
    }

    #[test]
    fn words_that_stand_alone() {
        assert_eq!(lists(|a| is_state(State::Drop, a)), [0]);
        assert_eq!(lists(|a| is_state(State::Normal, a)), [1]);
        assert_eq!(lists(|a| is_state(State::Flood, a)), [10]);
        assert_eq!(lists(|a| is_state(State::InPortOut, a)), [10]);
        assert_eq!(lists(is_clause), [8]);
    }

    #[test]
    fn what_is_written() {
        let set = |name: &str, value: Option<u64>| {
            let asked = Asked::new(name, None).unwrap();
            let test = value.map(|n| {
                let width = usize::from(asked.place.width);
                let cube = asked.place.cube(&Bits::from_u64(n, width), &Bits::ones(width));
                FieldTest { asked: asked.clone(), relation: crate::query::fields::Relation::Is(cube) }
            });
            lists(|a| SetTest { asked: asked.clone(), test: test.clone() }.ask(a))
        };
        assert_eq!(set("reg5", None), [14]);
        assert_eq!(set("reg5", Some(0x15)), [14]);
        assert_eq!(set("reg5", Some(0x16)), [] as [usize; 0]);
        assert_eq!(set("reg1", None), [14]);
        assert_eq!(set("reg1", Some(0)), [] as [usize; 0], "nobody knows what move writes");
        assert_eq!(set("ct_mark", Some(1)), [15]);
        assert_eq!(set("xxreg1", None), [14], "reg5 and reg6 are parts of it");
        let asked = Asked::new("reg6", Some(crate::query::lex::Brackets::Bits(4, 7))).unwrap();
        let cube = asked.place.cube(&Bits::from_u64(2, 4), &Bits::ones(4));
        let region = Region::new(asked.place.clone(), [crate::query::region::Piece::Cube(cube)]);
        let test = FieldTest { asked: asked.clone(), relation: crate::query::fields::Relation::In(region) };
        assert_eq!(lists(|a| SetTest { asked: asked.clone(), test: Some(test.clone()) }.ask(a)), [14]);
        assert_eq!(FieldId::by_name("reg6").map(|f| f.name), Some("reg6"));
    }
}

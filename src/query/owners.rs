//! Questions about who wanted a flow.

use regex::Regex;

use crate::model::owner::{How, Owner, OwnerKind, System};

/// A question about the owners of a flow.
#[derive(Debug, Clone)]
pub(super) struct OwnerTest {
    /// Which owners it is about.
    pub about: About,
    /// What is asked of them.
    pub want: Want,
}

/// Which owners a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// The programs.
    Programs,
    /// The objects of some kinds.
    Objects(&'static [OwnerKind]),
    /// Rules that are gone.
    Gone,
    /// People.
    Hand,
    /// No owner that is known.
    Nobody,
}

/// What is asked of owners.
#[derive(Debug, Clone)]
pub(super) enum Want {
    /// That there is one.
    Any,
    /// That one has one of these names, or a UUID that begins so.
    Words(Vec<String>),
    /// That the name of one matches; `false` for one that does not.
    Like(Regex, bool),
}

/// The kinds of objects that words of the language are about.
const OBJECTS: &[(&str, &[OwnerKind])] = &[
    ("sg", &[OwnerKind::SecurityGroup]),
    ("sgrule", &[OwnerKind::SecurityGroupRule]),
    ("fw", &[OwnerKind::FirewallGroup]),
    ("fwrule", &[OwnerKind::FirewallRule]),
    ("policy", &[OwnerKind::FirewallPolicy, OwnerKind::QosPolicy]),
    ("acl", &[OwnerKind::Acl]),
    ("lflow", &[OwnerKind::LogicalFlow]),
    ("vm", &[OwnerKind::Server, OwnerKind::Port]),
    ("net", &[OwnerKind::Network]),
    ("router", &[OwnerKind::Router]),
];

impl About {
    /// The owners that a word is about; `None` for one of which nothing is known yet.
    pub(super) fn of_word(name: &str) -> Option<About> {
        match name {
            "owner" => Some(About::Programs),
            _ => OBJECTS.iter().find(|(word, _)| *word == name).map(|(_, kinds)| About::Objects(kinds)),
        }
    }

    /// The owners that a word that stands alone is about.
    pub(super) fn of_state(name: &str) -> Option<About> {
        match name {
            "stale" => Some(About::Gone),
            "hand" => Some(About::Hand),
            "orphan" => Some(About::Nobody),
            _ => None,
        }
    }
}

/// The name that a filter has for the program behind an owner; `None` if it tells of no program.
pub(super) fn program(owner: &Owner) -> Option<&str> {
    match (owner.system, owner.kind) {
        (System::Ovn, _) => Some("ovn"),
        (System::Fwaas, _) => Some("fwaas"),
        (System::Hand, _) => Some("hand"),
        (_, OwnerKind::QosPolicy) => Some("qos"),
        (System::Agent, OwnerKind::Base) if !owner.id.is_empty() => Some(&owner.id),
        (System::Agent, OwnerKind::Agent) => Some("l2"),
        _ => None,
    }
}

/// UUIDs are taken by their beginning, if it is this long.
const SHORTEST: usize = 6;

fn is_called(owner: &Owner, word: &str) -> bool {
    owner.name.eq_ignore_ascii_case(word) || word.len() >= SHORTEST && owner.id.starts_with(&word.to_ascii_lowercase())
}

impl OwnerTest {
    /// The answer for a list of owners.
    pub(super) fn holds(&self, owners: &[Owner]) -> bool {
        match self.about {
            About::Programs => self.holds_for_program(owners),
            About::Objects(kinds) => {
                let mut of_kind = owners.iter().filter(|o| kinds.contains(&o.kind) && !is_unknown(o));
                match &self.want {
                    Want::Any => of_kind.next().is_some(),
                    Want::Words(words) => of_kind.any(|o| words.iter().any(|w| is_called(o, w))),
                    Want::Like(regex, is) => of_kind.any(|o| regex.is_match(&o.name) == *is),
                }
            }
            About::Gone => owners.iter().any(Owner::is_gone),
            About::Hand => owners.iter().any(|o| o.system == System::Hand),
            About::Nobody => owners.iter().all(|o| o.system == System::Unknown),
        }
    }

    /// The first owner that tells of a program beside the agent says which one it was.
    fn holds_for_program(&self, owners: &[Owner]) -> bool {
        let mut programs = owners.iter().filter_map(program);
        let special = programs.clone().find(|p| *p != "l2");
        let known = special.or_else(|| programs.next()).unwrap_or("?");
        match &self.want {
            Want::Any => known != "?",
            Want::Words(words) => words.iter().any(|w| w == known),
            Want::Like(regex, is) => regex.is_match(known) == *is,
        }
    }
}

/// Whether it only stands for something of which no more than the kind is known.
fn is_unknown(owner: &Owner) -> bool {
    owner.id.is_empty() && owner.why != How::NeutronFile
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(system: System, kind: OwnerKind, id: &str, name: &str) -> Owner {
        Owner { system, kind, id: id.into(), name: name.into(), why: How::Pattern }
    }

    fn agent() -> Owner {
        owner(System::Agent, OwnerKind::Agent, "0x1", "agent")
    }

    fn words(about: About, words: &[&str]) -> OwnerTest {
        OwnerTest { about, want: Want::Words(words.iter().map(|w| (*w).to_owned()).collect()) }
    }

    #[test]
    fn groups_go_by_name_or_by_the_beginning_of_their_uuid() {
        let owners = [owner(System::Neutron, OwnerKind::SecurityGroup, "abcdef01-2345", "web"), agent()];
        let sg = About::of_word("sg").unwrap();
        for (word, holds) in [("web", true), ("WEB", true), ("abcdef", true), ("abcde", false), ("we", false)] {
            assert_eq!(words(sg, &[word]).holds(&owners), holds, "{word}");
        }
        assert!(!words(About::of_word("net").unwrap(), &["web"]).holds(&owners));
        assert_eq!((About::of_word("kind"), About::of_word("project")), (None, None));
    }

    #[test]
    fn the_program_is_that_of_the_most_special_owner() {
        let program = |owners: &[Owner], word: &str| words(About::Programs, &[word]).holds(owners);
        let dvr = owner(System::Agent, OwnerKind::Base, "dvr", "distributed routing");
        assert!(program(&[dvr.clone(), agent()], "dvr") && !program(&[dvr, agent()], "l2"));
        assert!(program(&[agent()], "l2") && program(&[], "?"));
        assert!(program(&[owner(System::Hand, OwnerKind::Person, "", "")], "hand"));
    }

    #[test]
    fn flows_of_rules_that_are_gone_are_stale() {
        let gone = Owner { why: How::NeutronFile, ..owner(System::Neutron, OwnerKind::SecurityGroupRule, "", "x") };
        let unknown = owner(System::Neutron, OwnerKind::SecurityGroupRule, "", "x");
        let stale = OwnerTest { about: About::Gone, want: Want::Any };
        assert!(stale.holds(&[gone]) && !stale.holds(&[unknown]));
    }
}

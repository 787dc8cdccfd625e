//! Aliases that lead far, and what filters may cost.

use std::collections::BTreeMap;

use crate::base::diag::Diagnostic;
use crate::base::progress::Progress;
use crate::model::bridge::FlowId;
use crate::query::tests::world;
use crate::query::{ALIASES, DEPTH, Filter, Scope, TERMS};

/// The rows of a filter where these aliases are known.
fn rows(text: &str, aliases: &[(String, String)]) -> Result<Vec<FlowId>, Diagnostic> {
    let world = world();
    let aliases: BTreeMap<String, String> = aliases.iter().cloned().collect();
    let scope = Scope { aliases: &aliases, ..Scope::new(&world.bridge, &world.naming) };
    Ok(Filter::parse(text, &scope)?.rows(&scope, None, &Progress::default()))
}

/// `a0` is `arp`, and each alias after it is made of the one before.
fn chain(length: usize, next: impl Fn(String) -> String) -> Vec<(String, String)> {
    let alias = |n: usize| (format!("a{n}"), if n == 0 { "arp".to_owned() } else { next(format!("a{}", n - 1)) });
    (0..length).map(alias).collect()
}

#[test]
fn aliases_lead_to_each_other_so_deep_and_no_deeper() {
    let aliases = chain(ALIASES + 1, |before| before);
    assert_eq!(rows(&format!("a{}", ALIASES - 1), &aliases), Ok(vec![5]));
    let d = rows(&format!("a{ALIASES}"), &aliases).unwrap_err();
    assert_eq!((d.code, d.message.as_str()), ("too-deep", "aliases lead to each other at most 16 deep"));
}

#[test]
fn an_alias_in_a_circle_is_refused_where_it_is_named() {
    let alias = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let aliases = [alias("here", "tcp or there"), alias("there", "udp or here"), alias("self", "not self")];
    let text = "dead, here";
    let d = rows(text, &aliases).unwrap_err();
    assert_eq!((d.span.slice(text), d.message.as_str()), ("here", "alias `here` leads back to itself"));
    assert_eq!(rows("self", &aliases).unwrap_err().code, "too-deep");
    // The same alias twice is no circle.
    assert_eq!(rows("x, x or not x", &[alias("x", "arp")]).map(|rows| rows.len()), Ok(28));
}

#[test]
fn nesting_counts_through_aliases() {
    let deep = |n: usize| [("deep".to_owned(), format!("{}arp{}", "(".repeat(n), ")".repeat(n)))];
    assert_eq!(rows("deep", &deep(DEPTH - 1)), Ok(vec![5]));
    let d = rows("(deep)", &deep(DEPTH - 1)).unwrap_err();
    assert_eq!(d.message, "in alias `deep`: with its aliases a filter is nested at most 64 deep");
    let nots = "not ".repeat(DEPTH) + "arp";
    assert_eq!(rows(&nots, &[]), Ok(vec![5]));
}

#[test]
fn aliases_that_double_each_other_do_not_fill_the_memory() {
    let aliases = chain(ALIASES, |before| format!("{before} or {before}"));
    let d = rows(&format!("a{} or a{}", ALIASES - 1, ALIASES - 1), &aliases).unwrap_err();
    assert_eq!(d.code, "too-long");
    assert!(d.message.ends_with(&format!("a filter has at most {TERMS} terms")), "{}", d.message);
    assert_eq!(rows("a5", &aliases), Ok(vec![5]));
}

#[test]
fn a_problem_inside_of_an_alias_names_it_and_stands_where_it_is_named() {
    let aliases = [("web".to_owned(), "tcp, tp_dst = 70000".to_owned())];
    let text = "ip and web and dead";
    let d = rows(text, &aliases).unwrap_err();
    assert_eq!(d.span.slice(text), "web");
    assert_eq!(d.message, "in alias `web`: tp_dst has 16 bits, the highest value is 65535");
}

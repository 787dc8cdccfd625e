//! The page about the filter language, made from the grammar and the rows of words: `docs/filter.md`.

use std::fmt::Write;

use super::fold::By;
use super::words::{Data, FIELDS, FieldWord, Group, Kind, OPS, PLACES, STATES, TIMES, UNITS, WAYS};
use super::{ALIASES, DEPTH, GRAMMAR, REGEX, TERMS, TEXT};
use crate::field::proto::PROTOCOLS;

const HEAD: &str = "\
# Filters

One language says which flows you want to see: in the line that `/` opens, in `ofscope flows -f`, in aliases. A match as \
`ovs-ofctl` prints it is a filter, and so is a whole line of a dump: it becomes the id of that flow, or its match if the \
flow is not here.

```
drop and n_packets > 0                              what is being dropped
table in {RULES_INGRESS, 72} and nw_dst hits 10.0.0.12
hits{in_port=2,tcp,nw_src=10.0.0.11,tcp_dst=5432} and reaches drop
tp_dst in 8000..8099                                ranges of ports, and the masks that make them
ct_state hits +new-est and actions ~ /resubmit\\(,9[23]\\)/
reg6[0..15] = 0x284, dead, age > 1d                 a day old, never hit, network 644
tcp,reg5=0x15,tp_dst=5432                           pasted from ovs-ofctl
```

Terms are joined by `and`, `or` and `not`; a comma or a blank is `and`. `not` binds first, then `and`, then `or`; \
parentheses change that. Names are read in any case; case matters in values, texts and regular expressions.
";

const SETS: &str = "\
## What a comparison with a match field means

A flow does not have an address, it accepts a set of them. A flow that does not match a field accepts all of its values. \
So a comparison is about two sets, the flow's and the one you ask for:

| write | the flow has `nw_src=10.1.0.0/16` | the flow does not match `nw_src` |
| --- | --- | --- |
| `nw_src = 10.1.0.0/16` | yes | no |
| `nw_src in 10.0.0.0/8` | yes | no |
| `nw_src covers 10.1.2.3` | yes | **yes** |
| `nw_src hits 10.1.2.0/23` | yes | **yes** |
| `nw_src ~= 10.1.2.3` | yes | no |
| `has nw_src`, or `nw_src` alone | yes | no |
| `nw_src != 10.9.9.9` | yes | no |
| `not nw_src = 10.9.9.9` | yes | yes |

`nw_src` is the address of IPv4 packets, not that of ARP, which is `arp_spa`; `tp_dst` is the port of TCP, UDP and SCTP; \
`icmp_type` is that of ICMP and ICMPv6. `reg6[0..15]` is bits 0 to 15 of `reg6`. `set.reg5 = 5` asks what actions write.

`hits{..}` looks at the whole match: it can meet such a packet. `wins{..}` also looks at the other flows of the table: \
the flow gets such a packet, priorities resolved and conjunctions joined.

What the data cannot answer, such as a rate from one reading, is neither true nor false: the flow is not shown, neither \
for the question nor for its opposite, and a note says what is missing.
";

/// The filter language as a Markdown page.
pub fn reference() -> String {
    let mut page = String::from(HEAD);
    page.push('\n');
    page.push_str(SETS);
    operators(&mut page);
    words(&mut page);
    states(&mut page);
    references(&mut page);
    values(&mut page);
    fold(&mut page);
    grammar(&mut page);
    page
}

/// A table of Markdown. Bars in its cells do not end them.
fn table(page: &mut String, heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
    let line = |cells: &mut dyn Iterator<Item = String>| format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "));
    page.push_str(&line(&mut heads.iter().map(|head| (*head).to_owned())));
    page.push_str(&line(&mut heads.iter().map(|_| "---".to_owned())));
    for row in rows {
        page.push_str(&line(&mut row.into_iter().map(|cell| cell.replace('|', "\\|"))));
    }
}

fn code(words: impl IntoIterator<Item = &'static str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" ")
}

fn heading(page: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = write!(page, "\n## {text}\n\n");
}

fn operators(page: &mut String) {
    heading(page, "Operators");
    page.push_str(
        "`in`, `covers` and `hits` also take ranges, and `not` before them; `in` takes sets: `{80, 8000..8099}`.\n\n",
    );
    let row = |row: &super::words::OpWord| {
        let absent = if row.takes_absent { "yes" } else { "no" };
        vec![code([row.name]), row.doc.to_owned(), absent.to_owned()]
    };
    table(page, &["operator", "holds if", "without the field"], OPS.iter().map(row));
}

fn words(page: &mut String) {
    heading(page, "Fields beyond the match");
    page.push_str(
        "A word alone, or after `has`, holds for the flows of the last column. Actions are looked at with those \
that stand inside of others; if an action is repeated, it is enough that one of them fits.\n",
    );
    for (group, title) in Group::ALL {
        let _ = write!(page, "\n### {title}\n\n");
        let row = |word: &FieldWord| {
            let value = match word.kind {
                Kind::OneOf(words) => code(words.iter().copied()),
                Kind::Number(highest) => format!("number up to {highest}"),
                kind => kind.doc().to_owned(),
            };
            vec![code(word.spellings()), needing(word.doc, word.needs), value, word.bare.to_owned()]
        };
        let rows = FIELDS.iter().filter(|word| word.group == group).map(row);
        let set = (group == Group::Actions).then(|| {
            let name = "`set.FIELD`".to_owned();
            vec![
                name,
                "what an action writes to a match field".to_owned(),
                "as the field's".to_owned(),
                "flows that write it".to_owned(),
            ]
        });
        table(page, &["word", "is", "value", "alone"], rows.chain(set));
    }
}

fn states(page: &mut String) {
    heading(page, "Words that stand alone");
    let row = |word: &super::words::StateWord| vec![code([word.name]), needing(word.doc, word.needs)];
    table(page, &["word", "holds if"], STATES.iter().map(row));
    let _ = write!(page, "\nSo do protocols: {}.\n", code(PROTOCOLS.iter().map(|p| p.name)));
}

fn references(page: &mut String) {
    heading(page, "References");
    table(page, &["word", "holds if"], WAYS.iter().map(|(name, _, doc)| vec![code([*name]), (*doc).to_owned()]));
    page.push_str("\nA place follows: ");
    let place = |(name, _, takes_value, doc): &(&str, _, bool, &str)| {
        format!("`{name}{}` {doc}", if *takes_value { " .." } else { "" })
    };
    let _ = writeln!(page, "{}.", PLACES.iter().map(place).collect::<Vec<_>>().join("; "));
}

fn values(page: &mut String) {
    heading(page, "Units and limits");
    let (bytes, counts): (Vec<_>, Vec<_>) = UNITS.iter().partition(|(_, _, is_bytes)| *is_bytes);
    let names = |units: Vec<&(&'static str, u64, bool)>| code(units.into_iter().map(|(name, ..)| *name));
    let _ = writeln!(page, "- counts take {}, bytes also {}", names(counts), names(bytes));
    let _ = writeln!(page, "- times take {}, the largest first: `1h30m`", code(TIMES.iter().map(|(name, _)| *name)));
    page.push_str(
        "- a value with blanks or commas stands in quotes; in them `\\\"` is a quote and `\\\\` a backslash\n",
    );
    page.push_str("- regular expressions are those of the Rust crate `regex`; their time grows with the text alone\n");
    let _ = writeln!(
        page,
        "- a filter has at most {TEXT} bytes, {TERMS} terms and {DEPTH} levels of nesting, a regular expression takes at \
most {REGEX} bytes of memory, and aliases lead to each other at most {ALIASES} deep"
    );
}

fn fold(page: &mut String) {
    heading(page, "Folding");
    page.push_str(
        "Flows can be folded into groups, the largest first. They are folded together if they have in common:\n\n",
    );
    let row = |row: &super::fold::ByWord| vec![code([row.name]), needing(row.doc, row.needs)];
    table(page, &["by", "in common"], By::ALL.iter().map(row));
}

fn grammar(page: &mut String) {
    heading(page, "Grammar");
    let _ = write!(page, "```ebnf\n{GRAMMAR}```\n");
}

fn needing(doc: &str, needs: Data) -> String {
    match needs {
        Data::Flows => doc.to_owned(),
        needs => format!("{doc}; needs {}", needs.doc()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::tests::world;
    use crate::query::{Filter, lex};

    #[test]
    fn the_page_names_every_word() {
        let page = reference();
        let words = FIELDS.iter().flat_map(FieldWord::spellings).chain(STATES.iter().map(|w| w.name));
        let words = words.chain(WAYS.iter().map(|(name, ..)| *name)).chain(PROTOCOLS.iter().map(|p| p.name));
        for word in words.chain(By::ALL.iter().map(|row| row.name)) {
            assert!(page.contains(&format!("`{word}`")), "{word}");
        }
        for row in OPS {
            assert!(page.contains(&format!("| `{}` | {}", row.name, row.doc)), "{}", row.name);
        }
        assert!(page.contains(GRAMMAR));
    }

    #[test]
    fn tables_have_as_many_cells_in_each_row() {
        let bars = |line: &str| line.replace("\\|", "").matches('|').count();
        let page = reference();
        let mut wanted = None;
        for line in page.lines() {
            wanted = line.starts_with('|').then(|| *wanted.get_or_insert(bars(line)));
            assert!(wanted.is_none_or(|n| n == bars(line)), "{line}");
        }
    }

    #[test]
    fn its_examples_are_filters() {
        let world = world();
        let block = HEAD.split("```").nth(1).unwrap().trim();
        for line in block.lines() {
            let text = line.split("  ").next().unwrap();
            assert!(lex::word(text).is_some());
            Filter::parse(text, &world.scope()).unwrap_or_else(|d| panic!("{text}: {d}"));
        }
        for line in SETS.lines().filter(|line| line.starts_with("| `")) {
            let text = line.split('`').nth(1).unwrap();
            Filter::parse(text, &world.scope()).unwrap_or_else(|d| panic!("{text}: {d}"));
        }
    }
}

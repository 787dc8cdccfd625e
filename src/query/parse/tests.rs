use super::*;
use crate::query::ast::Operand;

/// The expression written so that its structure shows.
fn shown(expr: &Expr<'_>) -> String {
    let list = |list: &[Expr<'_>]| list.iter().map(shown).collect::<Vec<_>>().join(" ");
    match expr {
        Expr::And(l) => format!("(and {})", list(l)),
        Expr::Or(l) => format!("(or {})", list(l)),
        Expr::Not(inner, _) => format!("(not {})", shown(inner)),
        Expr::Group(inner, _) => shown(inner),
        Expr::Term(term) => match &term.ask {
            Ask::Word(name) => named(name),
            Ask::Has(name) => format!("(has {})", named(name)),
            Ask::Test { field, negated, op, operand, .. } => {
                let not = if *negated { "not-" } else { "" };
                format!("({not}{} {} {})", OpWord::of(*op).name, named(field), operand_text(operand))
            }
            Ask::Text(text) => format!("{text:?}"),
            Ask::Packet { wins, items } => {
                let items: Vec<String> = items
                    .iter()
                    .map(|i| match &i.value {
                        Some(v) => format!("{}={}", named(&i.name), v.text),
                        None => named(&i.name),
                    })
                    .collect();
                format!("({} {})", if *wins { "wins" } else { "hits" }, items.join(" "))
            }
            Ask::Reference { way, target } => {
                let place = PLACES.iter().find(|(_, place, ..)| *place == target.place).unwrap().0;
                let value = target.value.as_ref().map_or(String::new(), |v| format!(" {}", v.text));
                format!("({} {place}{value})", WAYS.iter().find(|(_, w, _)| w == way).unwrap().0)
            }
        },
    }
}

fn named(name: &Name<'_>) -> String {
    match name.bits {
        None => name.word.to_owned(),
        Some(lex::Brackets::Whole) => format!("{}[]", name.word),
        Some(lex::Brackets::Bits(a, b)) => format!("{}[{a}..{b}]", name.word),
    }
}

fn operand_text(operand: &Operand<'_>) -> String {
    match operand {
        Operand::One(v) if v.is_quoted => format!("{:?}", v.text),
        Operand::One(v) => v.text.to_string(),
        Operand::Range(a, b) => format!("{}..{}", a.text, b.text),
        Operand::Set(list, _) => format!("{{{}}}", list.iter().map(operand_text).collect::<Vec<_>>().join(" ")),
        Operand::Regex { pattern, any_case, .. } => format!("/{pattern}/{}", if *any_case { "i" } else { "" }),
    }
}

fn read(text: &str) -> String {
    match parse(text).expr {
        Ok(Some(expr)) => shown(&expr),
        Ok(None) => "nothing".into(),
        Err(d) => panic!("{text}: {d}"),
    }
}

#[test]
fn every_production_of_the_grammar() {
    for (text, wanted) in [
        ("", "nothing"),
        ("  \t ", "nothing"),
        // or, and, not
        ("a or b || c", "(or a b c)"),
        ("a and b && c, d e", "(and a b c d e)"),
        ("a, b or c, d", "(or (and a b) (and c d))"),
        ("not a, b", "(and (not a) b)"),
        ("!a !b", "(and (not a) (not b))"),
        ("not not a", "(not (not a))"),
        ("NOT a AND b Or c", "(or (and (not a) b) c)"),
        ("(a or b) c", "(and (or a b) c)"),
        ("(a)(b)", "(and a b)"),
        ("not (a or (b, c))", "(not (or a (and b c)))"),
        // test
        ("a = 1", "(= a 1)"),
        ("a==1,b!=2,c<3,d<=4,e>5,f>=6,g~=7", "(and (= a 1) (!= b 2) (< c 3) (<= d 4) (> e 5) (>= f 6) (~= g 7))"),
        ("a in {1,2, 3..5 }", "(in a {1 2 3..5})"),
        ("a in 8000..8099", "(in a 8000..8099)"),
        ("a in 1 .. 5", "(in a 1..5)"),
        ("a in 10.0.0.0/8", "(in a 10.0.0.0/8)"),
        ("a not in {1}", "(not-in a {1})"),
        ("a hits 1 b", "(and (hits a 1) b)"),
        ("a not hits 1..2", "(not-hits a 1..2)"),
        ("a covers fe80::/64", "(covers a fe80::/64)"),
        ("a not covers 1", "(not-covers a 1)"),
        ("a IN {1}", "(in a {1})"),
        ("a ~ \"x\\\"y\"", "(~ a /x\"y/)"),
        (r"a ~ /resubmit\(,9[23]\)/", r"(~ a /resubmit\(,9[23]\)/)"),
        ("a !~ /x/i, b", "(and (!~ a /x/i) b)"),
        ("has a[3], has b.c", "(and (has a[3..3]) (has b.c))"),
        // field
        ("a", "a"),
        ("ct.zone = 5", "(= ct.zone 5)"),
        ("reg6[0..15] = 0x284", "(= reg6[0..15] 0x284)"),
        ("reg6[] hits 1", "(hits reg6[] 1)"),
        ("partial-shadow reached-by-x", "(and partial-shadow reached-by-x)"),
        // value
        ("a=+new-est b=trk|est", "(and (= a +new-est) (= b trk|est))"),
        ("a=(1,0x800),b", "(and (= a (1,0x800)) b)"),
        ("a = aa:bb:cc:dd:ee:ff/01:00:00:00:00:00", "(= a aa:bb:cc:dd:ee:ff/01:00:00:00:00:00)"),
        ("a = \"b c\" 'd'", "(and (= a \"b c\") \"d\")"),
        ("a=reg6[0..15]", "(= a reg6[0..15])"),
        ("a > 1h30m, b >= 10k, c = 1.5", "(and (> a 1h30m) (>= b 10k) (= c 1.5))"),
        ("a=?", "(= a ?)"),
        // packet
        ("hits{in_port=5,tcp, nw_dst = 10.0.0.12}", "(hits in_port=5 tcp nw_dst=10.0.0.12)"),
        ("wins {udp}", "(wins udp)"),
        ("a hits{b}", "(and a (hits b))"),
        ("a not hits{b}", "(and a (not (hits b)))"),
        // reference
        ("next table 72", "(next table 72)"),
        ("next 72, prev RULES_INGRESS", "(and (next table 72) (prev table RULES_INGRESS))"),
        ("reaches drop or reaches normal", "(or (reaches drop) (reaches normal))"),
        ("reached-by port \"tap 1\"", "(reached-by port tap 1)"),
        ("next flow 9c41 next group 5", "(and (next flow 9c41) (next group 5))"),
        ("not reaches miss, next controller", "(and (not (reaches miss)) (next controller))"),
        // string
        ("\"a\" or 'b'", "(or \"a\" \"b\")"),
        // from the examples
        (
            "hits{in_port=2,tcp,nw_src=10.0.0.11} and reaches drop",
            "(and (hits in_port=2 tcp nw_src=10.0.0.11) (reaches drop))",
        ),
        ("reg6[0..15] = 0x284, dead, age > 1d", "(and (= reg6[0..15] 0x284) dead (> age 1d))"),
        ("tcp,reg5=0x15,tp_dst=5432", "(and tcp (= reg5 0x15) (= tp_dst 5432))"),
    ] {
        assert_eq!(read(text), wanted, "{text}");
    }
}

fn complaint(text: &str) -> (String, String, String) {
    let d = parse(text).expr.expect_err(text);
    (d.span.slice(text).to_owned(), d.message, d.hint.unwrap_or_default())
}

#[test]
fn what_is_wrong_is_said_where_it_is() {
    for (text, at, message, hint) in [
        ("n_packets => 5", "=>", "expected a comparison: = != < <= > >=", "did you mean `>=`?"),
        ("a =< 5", "=<", "expected a comparison: = != < <= > >=", "did you mean `<=`?"),
        ("a <> 5", "<>", "expected a comparison: = != < <= > >=", "did you mean `!=`?"),
        ("a =~ 5", "=~", "expected a comparison: = != < <= > >=", "did you mean `~`?"),
        ("a:5", ":", "expected a comparison: = != < <= > >=", "did you mean `=`?"),
        ("a = 5=3", "=", "`=` cannot stand here", "expected `and`, `or`, a comma or the end"),
        ("a)", ")", "this parenthesis was never opened", "take it off, or add `(`"),
        ("(a}", "}", "this brace was never opened", "take it off, or add `{`"),
        ("()", "()", "nothing stands in these parentheses", "take them off"),
        ("a,,b", ",", "a term is missing before this comma", "take the comma off"),
        ("a, and b", "and", "a term is missing before `and`", "a term is a keyword, or field = value"),
        ("= 5", "=", "a field is missing before `=`", "write field = value"),
        ("in {5}", "in", "a term is missing before `in`", "a term is a keyword, or field = value"),
        (
            "10.0.0.1",
            "10.0.0.1",
            "`10.0.0.1` is a value, and a field is missing before it",
            "write field = 10.0.0.1, or \"10.0.0.1\" to find the text",
        ),
        ("/x/", "/", "a regular expression needs a field", "write text ~ /../"),
        ("a = {1}", "{", "`=` takes one value, not a set", "write a in {..}"),
        ("a covers {1}", "{", "`covers` takes one value, not a set", "write a in {..}"),
        ("a = 1..5", "1..5", "`=` takes one value, not a range", "write a in 1..5"),
        ("a in {}", "{}", "a set needs a value", "as {80, 443, 8000..8099}"),
        ("a in {1 2}", "2", "`2` cannot stand here", "expected a comma or `}`"),
        ("a = , b", ",", "expected a value after `=`", "a value with blanks or commas stands in quotes"),
        ("a = and b", "and", "expected a value after `=`, not `and`", "if it is a value, write \"and\""),
        ("a = \"b\"c", "c", "the value ends at its closing quote", "add a blank, or take the quotes off"),
        ("a ~ x", "x", "expected a regular expression after `~`", "write ~ \"x\" or ~ /x/"),
        ("a[x]=1", "[x]", "bits are written as [], [3] or [0..15]", "write bits as numbers, the lower one first"),
        ("has", "", "expected a field after `has`", ""),
        ("has =", "=", "expected a field after `has`", "as has nw_src"),
        ("has and b", "and", "expected a field after `has`, not `and`", "as has nw_src"),
        (
            "hits 5",
            "hits",
            "`hits` needs a field before it, or a packet in braces behind it",
            "write hits{in_port=1,tcp}",
        ),
        ("hits{}", "hits{}", "a packet needs a field", "as {in_port=1,tcp,tcp_dst=80}"),
        (
            "hits{a>5}",
            ">",
            "a packet has values: expected `=`",
            "a set of packets is written with masks, as nw_dst=10.0.0.0/8",
        ),
        ("hits{5}", "5", "expected a protocol or field = value", "as {in_port=1,tcp,tcp_dst=80}"),
        ("tp_dst 80", "80", "expected a comparison: = != < <= > >=", "did you mean `tp_dst = 80`?"),
        ("a contains 5", "contains", "no field `contains`", "write field ~ \"text\", or \"text\" alone"),
        ("a & b", "&", "`&` cannot stand here", "write `&&`"),
        ("a; b", ";", "`;` cannot stand here", "terms are set apart by commas or blanks"),
        ("a b=1 }", "}", "this brace was never opened", "take it off, or add `{`"),
    ] {
        assert_eq!(complaint(text), (at.into(), message.into(), hint.into()), "{text}");
    }
}

#[test]
fn what_only_ends_too_early_is_unfinished() {
    for text in [
        "a and",
        "a,",
        "a or ",
        "not",
        "!",
        "(",
        "(a",
        "((a or b)",
        "a =",
        "a != ",
        "a !",
        "a in",
        "a in {",
        "a in {1",
        "a in {1,",
        "a in 1..",
        "a not in",
        "a ~",
        "a ~ /x",
        "a ~ \"x",
        "\"x",
        "'",
        "a = \"x",
        "has ",
        "reg6[",
        "reg6[0..",
        "hits",
        "hits{",
        "hits{a",
        "hits{a=",
        "hits{a=1,",
        "next",
        "next table",
        "reaches port ",
        "a &",
        "a |",
        "a = (1,",
        "wins",
        "a <",
        "a and not",
    ] {
        let d = parse(text).expr.expect_err(text);
        assert_eq!(d.code, UNFINISHED, "{text}: {d}");
        assert!(d.span.end as usize <= text.len(), "{text}");
    }
    for text in ["a in }", "a => ", ")", "a = )", "(()", "5"] {
        assert_ne!(parse(text).expr.expect_err(text).code, UNFINISHED, "{text}");
    }
}

#[test]
fn limits_are_kept() {
    let deep = |n: usize| format!("{}a{}", "(".repeat(n), ")".repeat(n));
    assert!(parse(&deep(DEPTH)).expr.is_ok());
    assert_eq!(parse(&deep(DEPTH + 1)).expr.unwrap_err().code, "too-deep");
    assert_eq!(parse(&"!".repeat(TEXT)).expr.unwrap_err().code, "too-deep");
    assert_eq!(parse(&"a ".repeat(TEXT)).expr.unwrap_err().code, "too-long");
    let long = "a,".repeat(TEXT / 2 - 1) + "a";
    assert!(matches!(parse(&long).expr, Ok(Some(Expr::And(list))) if list.len() == TEXT / 2));
}

#[test]
fn what_was_expected_at_the_end_is_known() {
    let expected = |text| {
        let context = parse(text).context.map(|c| (format!("{:?}", c.expect), c.start));
        context.map(|(expect, start)| (expect.split(['(', ' ']).next().unwrap().to_owned(), start))
    };
    for (text, expect, start) in [
        ("", "Term", 0),
        ("nw", "Term", 0),
        ("nw_src ", "Operator", 7),
        ("nw_src cov", "Operator", 7),
        ("reg6[0..15]", "Operator", 11),
        ("nw_src = ", "Value", 9),
        ("nw_src = 10", "Value", 9),
        ("nw_src=10", "Value", 7),
        ("nw_src = 10 ", "Connector", 12),
        ("in_port=\"ta", "Value", 8),
        ("in_port=\"ta\" ", "Connector", 13),
        ("a in {", "Value", 6),
        ("a in {1, 2", "Value", 9),
        ("a in 1..", "Value", 8),
        ("a and ", "Term", 6),
        ("(a or ", "Term", 6),
        ("(a)", "Connector", 3),
        ("not ", "Term", 4),
        ("has n", "Field", 4),
        ("hits{in", "PacketItem", 5),
        ("hits{in_port ", "PacketEquals", 13),
        ("hits{in_port=", "Value", 13),
        ("hits{tcp,", "PacketItem", 9),
        ("next ", "Target", 5),
        ("next ta", "Target", 5),
        ("next table ", "PlaceValue", 11),
        ("next port ta", "PlaceValue", 10),
        ("tcp nw", "Operator", 4),
    ] {
        assert_eq!(expected(text), Some((expect.to_owned(), start)), "{text}");
    }
    assert_eq!(expected("a => 5"), None);
}

//! What may stand at the cursor of a packet: fields, protocols, ports and servers, as far as the text before it tells.

use rustc_hash::FxHashMap;

use super::ask::{Around, Form, form};
use super::between::{PROTOCOLS, Token, tokens};
use super::book::Endpoint;
use crate::base::diag::nearest;
use crate::base::span::Span;
use crate::field::names::quoted;
use crate::field::proto;
use crate::field::table::Format;
use crate::field::{FieldId, table};

/// What may stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Completion {
    /// What a candidate takes the place of: the word that ends at the cursor.
    pub replace: Span,
    /// What may stand there, those that begin like the word first.
    pub candidates: Vec<Candidate>,
}

/// Something that may stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// What to put there.
    pub insert: String,
    /// What it means, in words.
    pub doc: String,
}

/// Candidates at most.
pub const CANDIDATES: usize = 100;

/// What may stand at `cursor`, an offset into the text in bytes.
pub fn complete(text: &str, cursor: usize, around: &Around<'_>) -> Completion {
    let cursor = (0..=cursor.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let head = &text[..cursor];
    match form(head) {
        Form::Between => between(head, around),
        Form::File(_) => Completion { replace: Span::new(cursor, cursor), candidates: Vec::new() },
        Form::Expression | Form::Frame(_) => expression(head, 0, around),
    }
}

/// The words of `from A to B ..`.
fn between(head: &str, around: &Around<'_>) -> Completion {
    let (tokens, fields) = tokens(head, 0);
    if let Some(at) = fields {
        return expression(head, at, around);
    }
    // The word at the cursor is still being written.
    let typed = tokens.last().filter(|token| token.span.end as usize == head.len());
    let before = &tokens[..tokens.len() - usize::from(typed.is_some())];
    let start = typed.map_or(head.len(), |token| token.span.start as usize);
    let word = |word: &str, doc: &str| Candidate { insert: word.to_owned(), doc: doc.to_owned() };
    let Some(last) = before.last() else {
        return found(head, start, vec![word("from", "somebody sends it to somebody else")]);
    };
    let to = before.iter().position(|token| token.is("to"));
    let is_kind = ["vm", "server", "port"].iter().any(|kind| last.is(kind));
    let candidates = if last.is("from") || last.is("to") || is_kind && before.len() > 1 {
        let is_sender = to.is_none();
        people(around, |e| if is_sender { !e.places.is_empty() } else { e.mac.is_some() || !e.ips.is_empty() })
    } else if last.is("on") && to.is_none() {
        around.snapshot.nodes.iter().map(|node| word(&quote(&node.name), "a node")).collect()
    } else {
        match to {
            None if before.iter().any(|token| token.is("on")) => vec![word("to", "who gets it")],
            None => vec![word("to", "who gets it"), word("on", "the node it begins on")],
            Some(to) if is_name_said(&before[to + 1..]) => PROTOCOLS.iter().map(|p| word(p.word, p.doc)).collect(),
            Some(_) => Vec::new(),
        }
    };
    found(head, start, candidates)
}

/// Whether the words behind `to` are a name and nothing else.
fn is_name_said(words: &[Token<'_>]) -> bool {
    match words {
        [_] => true,
        [kind, _] => ["vm", "server", "port"].iter().any(|word| kind.is(word)),
        _ => false,
    }
}

/// Names, as they are written.
fn people(around: &Around<'_>, is_asked: impl Fn(&Endpoint) -> bool) -> Vec<Candidate> {
    let mut people: Vec<Candidate> = Vec::new();
    let mut names: FxHashMap<&str, usize> = FxHashMap::default();
    for endpoint in &around.book.endpoints {
        *names.entry(endpoint.label()).or_default() += 1;
    }
    for endpoint in around.book.endpoints.iter().filter(|e| is_asked(e)) {
        let ips: Vec<String> = endpoint.ips.iter().map(ToString::to_string).collect();
        let at = endpoint.places.first().map(|p| format!("{} of {}", p.name, around.place_name(p.node, p.bridge)));
        let doc = [ips.join(" "), at.unwrap_or_default()].into_iter().filter(|part| !part.is_empty());
        let doc = doc.collect::<Vec<_>>().join(", ");
        // A name that several have leads to none of them.
        let is_alone = names.get(endpoint.label()) == Some(&1) || endpoint.id.is_empty();
        let insert = if is_alone { quote(endpoint.label()) } else { endpoint.id.to_string() };
        let doc = if is_alone { doc } else { format!("{}, {doc}", endpoint.label()) };
        people.push(Candidate { insert, doc });
    }
    people.sort();
    people.dedup_by(|a, b| a.insert == b.insert);
    people
}

/// A name as a word: in quotes, if it would be several words or one of the grammar.
fn quote(name: &str) -> String {
    let is_word = !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || matches!(c, ',' | '"' | '\''));
    let is_grammar = ["on", "to", "vm", "server", "port"].contains(&name);
    match (is_word && !is_grammar, name.contains('"')) {
        (true, _) => name.to_owned(),
        (false, false) => format!("\"{name}\""),
        (false, true) => format!("'{name}'"),
    }
}

/// The words of an expression that begins at `from`.
fn expression(head: &str, from: usize, around: &Around<'_>) -> Completion {
    let separators = [',', ' ', '\t', '\n'];
    let start = head[from..].rfind(separators).map_or(from, |at| from + at + 1);
    if let Some((name, _)) = head[start..].split_once('=') {
        let values = FieldId::by_name(name).map_or_else(Vec::new, |field| values(field, around));
        return found(head, start + name.len() + 1, values);
    }
    let mut candidates = Vec::new();
    if from == 0 && head[..start].trim().is_empty() {
        candidates.push(Candidate { insert: "from ".to_owned(), doc: "somebody sends it to somebody else".to_owned() });
        candidates
            .push(Candidate { insert: "@".to_owned(), doc: "a packet of a recording: @FILE, @FILE:3".to_owned() });
    }
    let protocols = proto::PROTOCOLS.iter();
    candidates.extend(protocols.map(|p| Candidate { insert: p.name.to_owned(), doc: p.doc.to_owned() }));
    candidates.extend(
        FieldId::all().map(|field| Candidate { insert: format!("{}=", field.name), doc: field.doc.to_owned() }),
    );
    found(head, start, candidates)
}

/// The values of a field that are worth naming.
fn values(field: FieldId, around: &Around<'_>) -> Vec<Candidate> {
    let value = |insert: &str, doc: &str| Candidate { insert: insert.to_owned(), doc: doc.to_owned() };
    if field.slot == table::IN_PORT.slot {
        let nodes = around.snapshot.nodes.iter().enumerate();
        let all = nodes.flat_map(|(n, node)| (0..node.bridges.len()).map(move |b| (n, b)));
        let wanted = all.filter(|place| around.chosen.is_none_or(|chosen| chosen == *place));
        let mut ports = Vec::new();
        for (node, bridge) in wanted {
            let at = around.place_name(node, bridge);
            let known = super::expression::known_ports(around.bridge(node, bridge)).ports();
            ports.extend(
                known.into_iter().map(|(number, name)| value(&quoted_port(&name), &format!("port {number} of {at}"))),
            );
        }
        ports.sort();
        return ports;
    }
    let flags = match field.format {
        Format::CtState => crate::field::format::CT_STATES.names(),
        Format::TcpFlags => crate::field::format::TCP_FLAGS.names(),
        Format::Frag => &["no", "first", "later"],
        _ => &[],
    };
    let mut values: Vec<Candidate> =
        flags.iter().filter(|f| !f.starts_with('[')).map(|f| value(f, field.doc)).collect();
    for endpoint in &around.book.endpoints {
        match field.format {
            Format::Ethernet => {
                values.extend(endpoint.mac.map(|mac| value(&super::ask::Mac(mac).to_string(), endpoint.label())));
            }
            Format::Ipv4 | Format::Ipv6 => {
                let ips = endpoint.ips.iter().filter(|ip| ip.is_ipv6() == (field.format == Format::Ipv6));
                values.extend(ips.map(|ip| value(&ip.to_string(), endpoint.label())));
            }
            _ => return values,
        }
    }
    values.sort();
    values.dedup();
    values
}

/// The name of a port as an expression takes it.
fn quoted_port(name: &str) -> String {
    let is_plain = !name.contains(|c: char| c.is_whitespace() || matches!(c, ',' | '"' | '\'' | '(' | ')' | '='));
    if is_plain { name.to_owned() } else { quoted(name).into_owned() }
}

/// Those of the candidates that fit what was typed: beginning with it, else holding it, else being near it.
fn found(head: &str, start: usize, candidates: Vec<Candidate>) -> Completion {
    let typed = head[start..].trim_start_matches(['"', '\'']);
    let plain = |candidate: &Candidate| candidate.insert.trim_start_matches(['"', '\'']).to_lowercase();
    let lower = typed.to_lowercase();
    let (mut fitting, others): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|c| plain(c).starts_with(&lower));
    if typed.len() > 1 {
        let (inside, others): (Vec<_>, Vec<_>) = others.into_iter().partition(|c| plain(c).contains(&lower));
        fitting.extend(inside);
        if fitting.is_empty() {
            let near = nearest(typed, others.iter().map(|c| c.insert.as_str())).map(str::to_owned);
            fitting.extend(others.into_iter().filter(|c| near.as_deref() == Some(&c.insert)));
        }
    }
    fitting.truncate(CANDIDATES);
    Completion { replace: Span::new(start, head.len()), candidates: fitting }
}

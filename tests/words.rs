//! The words against what a real switch said.

use ofscope::action::Mode;
use ofscope::dump::echo::echo;
use ofscope::dump::flow_line::parse;
use ofscope::field::{Names, Version};
use ofscope::model::flow::Style;
use serde_json::Value;

fn names() -> Names {
    let mut names = Names::default();
    for n in 1..=8 {
        names.add_port(n, &format!("p{n}"));
    }
    names.add_port(100, "patch-tun");
    names.add_port(101, "int-br-ex");
    names
}

fn lines(file: &str) -> Vec<Value> {
    let dir = std::env::var("OFSCOPE_CORPUS").unwrap();
    std::fs::read_to_string(format!("{dir}/oracle/{file}"))
        .unwrap()
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect()
}

fn round(line: &str) -> Result<(), String> {
    let r = parse(line, Names::none(), Mode::Dumped, false).map_err(|d| d.to_string())?;
    let got = r.flow_mod.flow.text(Style::NoStats, Names::none());
    if !r.found.is_empty() {
        return Err(format!("{:?}", r.found));
    }
    if got != line {
        return Err(got.to_string());
    }
    Ok(())
}

#[test]
fn reading_back() {
    let (mut n, mut bad) = (0, 0);
    for v in lines("unreadable-prints.jsonl") {
        n += 1;
        let t = v["printed"].as_str().unwrap();
        if let Err(e) = round(t) {
            bad += 1;
            if bad < 20 {
                println!("{t}\n{e}");
            }
        }
    }
    for file in ["syntax.jsonl", "syntax-extra.jsonl"] {
        for v in lines(file) {
            for (_, t) in v["dump"].as_object().unwrap().iter().chain(v["via15"].as_object().into_iter().flatten()) {
                let t = t.as_str().unwrap();
                if t.starts_with("error") {
                    continue;
                }
                n += 1;
                if let Err(e) = round(t) {
                    bad += 1;
                    if bad < 20 {
                        println!("{t}\n{e}");
                    }
                }
            }
        }
    }
    println!("{n} {bad}");
    assert_eq!(bad, 0);
}

#[test]
fn invalid() {
    let names = names();
    let mut bad = 0;
    for v in lines("invalid.jsonl") {
        let text = expand(v["line"].as_str().unwrap());
        let version = Version::by_name(v["version"].as_str().unwrap()).unwrap();
        let got = parse(&text, &names, Mode::Typed, false).and_then(|r| echo(&r, &text, version));
        if let Ok(g) = got {
            bad += 1;
            println!("{version} {} -> {}", &text[..text.len().min(100)], g.flow.text(Style::NoStats, Names::none()));
        }
    }
    assert_eq!(bad, 0);
}

fn expand(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(open) = rest.find('{') {
        let close = open + rest[open..].find('}').unwrap();
        let inner = &rest[open + 1..close];
        if let Some((text, n)) = inner.rsplit_once('*') {
            out += &rest[..open];
            out += &text.repeat(n.parse().unwrap());
        } else {
            out += &rest[..=close];
        }
        rest = &rest[close + 1..];
    }
    out + rest
}

#[test]
fn doubtful() {
    let names = names();
    let mut bad = 0;
    for v in lines("doubtful.jsonl") {
        let over = v["kind"] == "overlong";
        let text = if over { expand(v["line"].as_str().unwrap()) } else { v["line"].as_str().unwrap().to_owned() };
        let version = Version::by_name(v["version"].as_str().unwrap()).unwrap();
        let got = parse(&text, &names, Mode::Typed, false).and_then(|r| echo(&r, &text, version).map(|e| (e, r)));
        let want = v["dump"][0].as_str().unwrap();
        match got {
            Err(e) => {
                bad += 1;
                println!("{} refused {e}", &text[..text.len().min(100)]);
            }
            Ok((e, r)) => {
                let g = e.flow.text(Style::NoStats, Names::none());
                if g != want {
                    bad += 1;
                    println!(
                        "{}\n got  {}\n want {}",
                        &text[..text.len().min(100)],
                        &g[..g.len().min(200)],
                        &want[..want.len().min(200)]
                    );
                }
                if r.found.is_empty() && e.lost.is_empty() {
                    println!("no warning: {} -> {}", &text[..text.len().min(100)], &want[..want.len().min(100)]);
                }
            }
        }
    }
    assert_eq!(bad, 0);
}

#[test]
fn oracle() {
    let names = names();
    let (mut ok, mut bad) = (0, 0);
    for file in ["syntax.jsonl", "syntax-extra.jsonl"] {
        for v in lines(file) {
            let text = v["line"].as_str().unwrap();
            for version in [Version::V10, Version::V13, Version::V15] {
                let got = parse(text, &names, Mode::Typed, false)
                    .and_then(|r| echo(&r, text, version))
                    .map(|e| e.flow.text(Style::NoStats, Names::none()));
                let want = v["dump"][version.name()].as_str();
                let same = match (&got, want) {
                    (Ok(g), Some(w)) => g == w,
                    (Err(_), None) => true,
                    _ => false,
                };
                if version == Version::V15
                    && got.is_ok()
                    && let Some(w) = v["names15"].as_str()
                {
                    let g = parse(text, &names, Mode::Typed, false)
                        .and_then(|r| echo(&r, text, version))
                        .map(|e| e.flow.text(Style::NoStats, &names))
                        .unwrap();
                    if g != w {
                        println!("names {g}\n      {w}");
                        bad += 1;
                    }
                }
                if same {
                    ok += 1;
                } else {
                    bad += 1;
                    if bad < 60 {
                        println!("{file} {version}\n  in   {text}");
                    }
                }
            }
        }
    }
    println!("{ok} ok {bad} bad");
    assert_eq!(bad, 0);
}

#[test]
fn noise() {
    let names = names();
    let mut counts = std::collections::BTreeMap::new();
    for file in ["syntax.jsonl", "syntax-extra.jsonl"] {
        for v in lines(file) {
            let text = v["line"].as_str().unwrap();
            if let Ok(r) = parse(text, &names, Mode::Typed, false) {
                for d in r.found {
                    let e = counts.entry((format!("{:?}", d.severity), d.code)).or_insert((0, String::new()));
                    e.0 += 1;
                    e.1 = format!("{} in {}", d.message, text);
                }
            }
        }
    }
    for (k, v) in counts {
        println!("{k:?} {} {}", v.0, &v.1[..v.1.len().min(250)]);
    }
}

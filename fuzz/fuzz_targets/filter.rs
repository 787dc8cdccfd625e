//! A filter against a small bridge: it is understood or refused with a place in the text; a flow is kept by it, by its
//! opposite, or by neither if nobody knows, but never by both.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ofscope::base::progress::Progress;
use ofscope::query::{Filter, Scope, complete};
use ofscope::session::{Scene, Source, open};
use ofscope_fuzz::text;

static SCENE: LazyLock<Scene> = LazyLock::new(|| {
    let demo = Source::named("demo:vxlan-two-hosts");
    let mut snapshot = open(&demo, false, &Progress::default(), &mut |_| {}).expect("the demo opens");
    snapshot.nodes.truncate(1);
    Scene::new(snapshot)
});

fuzz_target!(|data: &[u8]| {
    let text = text(data);
    let node = &SCENE.nodes()[0];
    let at = node.bridges().iter().position(|b| &*b.bridge().name == "br-int").expect("the demo has br-int");
    let scope = node.scope(at);
    let middle = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    complete(&text, middle, &scope);
    complete(&text, text.len(), &scope);
    match Filter::parse(&text, &scope) {
        Err(d) => {
            let mut out = String::new();
            d.paint("filter", &text, &mut out);
            let (start, end) = (d.span.start as usize, d.span.end as usize);
            assert!(text.get(start..end).is_some(), "{text:?}: {d:?}");
        }
        Ok(filter) => {
            let progress = Progress::default();
            let answer = filter.answer(&scope, None, &progress);
            assert!(answer.rows.is_sorted() && !answer.is_partial);
            let again = Filter::parse(filter.text(), &scope).expect("what was understood is understood again");
            assert_eq!(again.rows(&scope, None, &progress), answer.rows, "{text:?}");
            if let Ok(opposite) = Filter::parse(&format!("not ({})", filter.text()), &scope)
                && !filter.is_any()
            {
                let others = opposite.rows(&scope, None, &progress);
                assert!(others.iter().all(|row| answer.rows.binary_search(row).is_err()), "{text:?} and its opposite");
            }
        }
    }
});

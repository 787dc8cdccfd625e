//! Small graphs and how they look.

use super::*;

/// The drawing of a graph, without blanks at the ends of lines.
fn picture(graph: &Graph, density: Density, charset: Charset) -> String {
    draw(graph, &Layout::of(graph, Fit { width: 100, density }), charset).text()
}

fn full(flows: &str, charset: Charset) -> String {
    picture(&graph(flows), Density::Full, charset)
}

/// Compares pictures; the expected one begins behind its first line end.
fn assert_looks(picture: &str, expected: &str) {
    let expected = expected.strip_prefix('\n').unwrap_or(expected);
    assert!(picture == expected, "is:\n{picture}\nexpected:\n{expected}");
}

const CHAIN: &str = "
    0 90 resubmit(,10)
    0 10 drop
    10 60 ct(table=20)
    10 30 NORMAL
    20 60 output:3
";

#[test]
fn a_chain_in_both_character_sets() {
    assert_looks(
        &full(CHAIN, Charset::Ascii),
        "
+-------------+
| 0           |- 10% --> drop
| 2       100 |
+------+------+
    90%|
+------v------+
| 10          |= 33% ==> NORMAL
| 2        90 |
+------+------+
    67%|
+------v------+
| 20          |= 100% => out 3
| 1        60 |
+-------------+
",
    );
    assert_looks(
        &full(CHAIN, Charset::Unicode),
        "
┌─────────────┐
│ 0           ├─ 10% ──▶ drop
│ 2       100 │
└──────┰──────┘
    90%┃
┌──────▼──────┐
│ 10          ┝━ 33% ━━▶ NORMAL
│ 2        90 │
└──────┰──────┘
    67%┃
┌──────▼──────┐
│ 20          ┝━ 100% ━▶ out 3
│ 1        60 │
└─────────────┘
",
    );
}

#[test]
fn compact_boxes() {
    assert_looks(
        &picture(&graph(CHAIN), Density::Compact, Charset::Unicode),
        "
┌───────────┐
│ 0     100 ├─ 10% ──▶ drop
└─────┰─────┘
   90%┃
┌─────▼─────┐
│ 10     90 ┝━ 33% ━━▶ NORMAL
└─────┰─────┘
   67%┃
┌─────▼─────┐
│ 20     60 ┝━ 100% ━▶ out 3
└───────────┘
",
    );
}

/// Two ways from 0 to 30, one through 10 and 20, and one past them; all of them enter 30 together.
#[test]
fn edges_to_one_table_run_together() {
    let flows = "
        0 80 resubmit(,10)
        0 20 resubmit(,30)
        10 50 resubmit(,20)
        10 30 resubmit(,30)
        20 50 resubmit(,30)
        30 100 NORMAL
    ";
    assert_looks(
        &full(flows, Charset::Ascii),
        "
+-------------+
| 0           |
| 2       100 |
+------+-----++
    80%|  20%|
       |     +--+
+------v------+ |
| 10          | |
| 2        80 | |
+------+-----++ |
    62%|  38%|  |
       |     +==+
+------v------+ |
| 20          | |
| 1        50 | |
+------+------+ |
   100%|        |
       +========+
+------v------+
| 30          |= 100% => NORMAL
| 1       100 |
+-------------+
",
    );
}

#[test]
fn loops_run_up_on_the_right() {
    let flows = "
        0 50 resubmit(,10)
        10 70 resubmit(,20)
        10 10 resubmit(,10)
        20 50 output:1
        20 20 resubmit(,10)
    ";
    assert_looks(
        &full(flows, Charset::Ascii),
        "
+-------------+
| 0           |
| 1        50 |
+------+------+
   100%|
       +=========================+
+------v------+                  |
| 10          |- 12% --> ^ loop  ^ loop
| 2        80 |                  |
+------+------+                  |
    88%|                         |
+------v------+                  |
| 20          |= 71% ==> out 1   |
| 2        70 |                  |
+------------++                  |
          29%|                   |
             +===================+
",
    );
    assert_looks(
        &full(flows, Charset::Unicode),
        "
┌─────────────┐
│ 0           │
│ 1        50 │
└──────┰──────┘
   100%┃
       ┣━━━━━━━━━━━━━━━━━━━━━━━━━┓
┌──────▼──────┐                  ┃
│ 10          ├─ 12% ──▶ ^ loop  ▲ loop
│ 2        80 │                  ┃
└──────┰──────┘                  ┃
    88%┃                         ┃
┌──────▼──────┐                  ┃
│ 20          ┝━ 71% ━━▶ out 1   ┃
│ 2        70 │                  ┃
└────────────┰┘                  ┃
          29%┃                   ┃
             ┗━━━━━━━━━━━━━━━━━━━┛
",
    );
}

#[test]
fn what_is_learned_is_dotted() {
    let flows = "
        0 50 resubmit(,10)
        10 50 learn(table=20,in_port=1),resubmit(,20)
        20 50 NORMAL
    ";
    assert_looks(
        &full(flows, Charset::Ascii),
        "
+-------------+
| 0           |
| 1        50 |
+------+------+
   100%|
+------v------+
| 10          |
| 1        50 |
+------+----+-+
   100%|100%:
       +....+
+------v------+
| 20          |= 100% => NORMAL
| 1        50 |
+-------------+
",
    );
    assert_looks(
        &full(flows, Charset::Unicode),
        "
┌─────────────┐
│ 0           │
│ 1        50 │
└──────┰──────┘
   100%┃
┌──────▼──────┐
│ 10          │
│ 1        50 │
└──────┰────┬─┘
   100%┃100%╎
       ┠╌╌╌╌┘
┌──────▼──────┐
│ 20          ┝━ 100% ━▶ NORMAL
│ 1        50 │
└─────────────┘
",
    );
}

/// Table 5 leads nowhere, table 6 into the pipeline, and no packet has come to either: their shares are of flows.
#[test]
fn tables_that_nothing_leads_to_stand_below() {
    let flows = "
        0 50 resubmit(,10)
        10 50 NORMAL
        5 0 drop
        6 0 resubmit(,10)
        6 0 drop
    ";
    assert_looks(
        &full(flows, Charset::Ascii),
        "
+-------------+
| 0           |
| 1        50 |
+------+------+
   100%|
+------v------+
| 10          |= 100% => NORMAL
| 1        50 |
+-------------+
+-------------+                +-------------+
| 5           |- 100f -> drop  | 6           |- 50f --> 10
| 1         0 |                | 2         0 |- 50f --> drop
+-------------+                +-------------+
",
    );
}

#[test]
fn long_names_are_cut_to_fit() {
    let naming = naming(&[(0, "A_VERY_LONG_NAME_FOR_A_TABLE_INDEED"), (10, "B")]);
    let graph = Graph::of(&bridge(&lines(CHAIN)), &naming, &Options::default());
    let layout = Layout::of(&graph, Fit { width: 50, density: Density::Full });
    assert!(layout.width <= 50);
    assert_looks(
        &draw(&graph, &layout, Charset::Unicode).text(),
        "
┌─────────────────────────────┐
│ 0 A_VERY_LONG_NAME_FOR_A_T… ├─ 10% ──▶ drop
│ 2 flows             100 pkt │
└──────────────┰──────────────┘
            90%┃
┌──────────────▼──────────────┐
│ 10 B                        ┝━ 33% ━━▶ NORMAL
│ 2 flows              90 pkt │
└──────────────┰──────────────┘
            67%┃
┌──────────────▼──────────────┐
│ 20                          ┝━ 100% ━▶ out 3
│ 1 flow               60 pkt │
└─────────────────────────────┘
",
    );
}

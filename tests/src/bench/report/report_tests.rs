//! Reports of rounds made up for it.

use super::*;
use serde_json::{Value, json};

fn outcome(rate: f64, cpu_us: f64) -> Value {
    json!({
        "operations": (rate * 2.0) as u64, "seconds": 2.0, "latency": [[1000, 98], [50_000, 2]],
        "accepted": 1, "errors": {}, "lost": null, "disordered": 0, "frames": 0,
        "cpuSeconds": rate * 2.0 * cpu_us / 1e6, "busy": 0.25,
    })
}

fn one(round: u32, target: &str, outcome: Value) -> Value {
    json!({ "round": round, "target": target, "phase": "append-1", "outcome": outcome })
}

fn run(outcomes: Vec<Value>) -> Results {
    let target = |name: &str| json!({ "name": name, "what": format!("what {name} is") });
    let value = json!({
        "date": "2026-11-23", "machine": "two cores", "notes": ["on disk"],
        "targets": [target("postroom"), target("plain"), target("node"), target("hono")],
        "phases": [
            { "name": "append-1", "title": "Durable append", "unit": "appends/s" },
            { "name": "joins", "title": "Joins", "unit": "joins/s" },
            { "name": "fsyncs", "title": "Fsyncs", "unit": "per append", "measure": true },
        ],
        "outcomes": outcomes,
        "measures": [
            { "round": 1, "target": "postroom", "name": "fsyncs", "value": 0.07 },
            { "round": 1, "target": "node", "name": "fsyncs", "value": 1.0 },
        ],
    });
    serde_json::from_value(value).expect("results")
}

fn three_rounds() -> Vec<Value> {
    let mut all = Vec::new();
    for (round, speed) in [(1, 1.0), (2, 0.5), (3, 1.1)] {
        all.push(one(round, "postroom", outcome(4_000.0 * speed, 100.0)));
        all.push(one(round, "plain", outcome(1_000.0 * speed, 300.0)));
        all.push(one(round, "node", outcome(2_500.0 * speed, 80.0)));
        all.push(one(round, "hono", outcome(900.0 * speed, 400.0)));
    }
    all
}

fn line<'a>(text: &'a str, start: &str) -> &'a str {
    text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}:\n{text}"))
}

#[test]
fn goals_are_met_or_missed_by_ratios_of_the_same_round() {
    let text = build(&run(three_rounds())).expect("a report").text;
    let rows = [
        "| durable append, 16 writers, one room | × plain | ≥ 3 | ≥ 4 | 4.00 | met | met |",
        "| durable append, 16 writers, one room | × node | ≥ 2 | ≥ 3 | 1.60 | \
         **missed**: 0.800 of it | **missed**: 0.533 of it |",
        "| processor time per append | × hono | ≤ 0.714 | ≤ 0.556 | 0.250 | met | met |",
        "| constant GET | × bare | ≥ 0.9 | ≥ 1 | not measured | – | – |",
        "| fsyncs per acknowledged append, 16 writers | – | ≤ 0.1 | – | 0.070 | met | – |",
    ];
    for row in rows {
        assert!(text.lines().any(|line| line == row), "{row}\n{text}");
    }
    assert!(text.contains("\n1 of 5 floors missed, 8 not measured.\n"), "{text}");
}

#[test]
fn a_phase_has_its_medians_with_their_range() {
    let report = build(&run(three_rounds())).expect("a report");
    let own = line(&report.text, "| postroom | 4,000");
    let cells =
        "| postroom | 4,000 [2,000..4,400] | 1 | 1.00 | 50.0 | 100 | 1 | – | 0 | – | – | 25 % |";
    assert_eq!(own, cells);
    assert!(line(&report.text, "| plain | 1,000").contains("| 4.00 |"));
    let files: Vec<&str> = report.plots.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(files, ["append-1.svg", "fsyncs.svg"], "nobody joined");
    assert!(!report.text.contains("## Joins"));
}

#[test]
fn what_went_wrong_is_told() {
    let mut all = three_rounds();
    let bad = json!({ "operations": 0, "seconds": 2.0, "errors": { "503": 3 }, "lost": 7 });
    all.push(one(4, "node", bad));
    let text = build(&run(all)).expect("a report").text;
    let node = line(&text, "| node | 1,875 [0..2,750] |");
    assert!(node.contains("| 80.0 [80.0..∞] |"), "{node}");
    assert!(node.contains("| 3 × 503 | 7 | 0 |"), "{node}");
}

#[test]
fn a_round_in_which_the_product_does_nothing_is_a_miss() {
    let mut all: Vec<Value> = three_rounds().into_iter().filter(|it| it["round"] == 1).collect();
    let bad = json!({ "operations": 0, "seconds": 2.0, "errors": { "429": 9_000 } });
    *all.iter_mut().find(|it| it["target"] == "postroom").expect("its own") =
        one(1, "postroom", bad);
    let text = build(&run(all)).expect("a report").text;
    let cpu = "| processor time per append | × hono | ≤ 0.714 | ≤ 0.556 | ∞ | **missed**";
    line(&text, cpu);
    line(&text, "| durable append, 16 writers, one room | × plain | ≥ 3 | ≥ 4 | 0 | **missed**: 0");
}

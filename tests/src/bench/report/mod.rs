//! The report of a run: Markdown, and a plot for each phase.

pub mod figures;
pub mod goals;
pub mod plot;
pub mod results;

use super::tally::Recorder;
use figures::{Spread, number, ratio};
use plot::Bar;
use results::{OWN, Results, Shown, Target};
use std::error::Error;
use std::fmt::Write as _;

/// A report: the text of `report.md`, and the plots by the names of their files.
pub struct Report {
    /// Markdown.
    pub text: String,
    /// SVG.
    pub plots: Vec<(String, String)>,
}

/// Makes the report of a run.
pub fn build(results: &Results) -> Result<Report, Box<dyn Error>> {
    let mut text = format!("# How fast: {}\n\n{}\n\n", results.date, results.machine);
    for note in &results.notes {
        writeln!(text, "- {note}")?;
    }
    text += "\n| target | |\n| --- | --- |\n";
    for Target { name, what } in &results.targets {
        writeln!(text, "| {name} | {what} |")?;
    }
    write!(text, "\n## Goals\n\n{}", goals::table(results))?;
    let mut plots = Vec::new();
    for shown in &results.phases {
        let figure = figure(shown);
        let bars = bars(results, &figure);
        if bars.is_empty() {
            continue;
        }
        let file = format!("{}.svg", shown.name);
        let title = format!("{}, {}", shown.title, shown.unit);
        write!(text, "\n## {}\n\n![{title}]({file})\n\n", shown.title)?;
        plots.push((file, plot::bars(&title, &bars)?));
        text += &if shown.measure { measures(results, shown) } else { phase(results, shown) };
    }
    Ok(Report { text, plots })
}

/// What of a phase or measure is plotted and compared.
fn figure(shown: &Shown) -> String {
    match shown.measure {
        true => shown.name.clone(),
        false => format!("{}/rate", shown.name),
    }
}

fn bars(results: &Results, figure: &str) -> Vec<Bar> {
    let bar = |target: &Target| {
        let spread = Spread::of(results.rounds(figure, &target.name).into_values())?;
        Some(Bar { name: target.name.clone(), spread, own: target.name == OWN })
    };
    results.targets.iter().filter_map(bar).collect()
}

/// The table of a phase.
fn phase(results: &Results, shown: &Shown) -> String {
    let mut text = format!(
        "| | {} | postroom × | p50 ms | p99 ms | CPU µs | postroom × | in a frame | errors | \
         lost | out of order | driver busy |\n| --- |{}\n",
        shown.unit,
        " --- |".repeat(11)
    );
    for Target { name, .. } in &results.targets {
        let rate = results.rounds(&format!("{}/rate", shown.name), name);
        let cpu = results.rounds(&format!("{}/cpu", shown.name), name);
        let mut latency = Recorder::default();
        let (mut lost, mut disordered, mut frames, mut accepted) = (None, 0, 0, 0);
        let mut busy: f64 = 0.0;
        for one in results.of(&shown.name, name) {
            let outcome = &one.outcome;
            latency.merge(&outcome.latency);
            lost = outcome.lost.map(|it| it + lost.unwrap_or(0)).or(lost);
            disordered += outcome.disordered;
            frames += outcome.frames;
            accepted += outcome.operations;
            busy = busy.max(outcome.busy);
        }
        if results.of(&shown.name, name).next().is_none() {
            continue;
        }
        let errors = results.errors(&shown.name, name);
        let errors = errors.iter().map(|(what, count)| format!("{count} × {what}"));
        let errors = errors.collect::<Vec<_>>().join(", ");
        let cells = [
            name.clone(),
            cell(Spread::of(rate.clone().into_values())),
            against(results, &format!("{}/rate", shown.name), name),
            latency.quantile_ms(0.5).map_or("–".to_owned(), number),
            latency.quantile_ms(0.99).map_or("–".to_owned(), number),
            cell(Spread::of(cpu.into_values())),
            against(results, &format!("{}/cpu", shown.name), name),
            if frames > 0 { number(accepted as f64 / frames as f64) } else { "–".to_owned() },
            if errors.is_empty() { "0".to_owned() } else { errors },
            looked_for(lost),
            looked_for(lost.map(|_| disordered).or((disordered > 0).then_some(disordered))),
            format!("{:.0} %", busy * 100.0),
        ];
        text += &format!("| {} |\n", cells.join(" | "));
    }
    text
}

/// The table of a measure.
fn measures(results: &Results, shown: &Shown) -> String {
    let mut text = format!("| | {} | postroom × |\n| --- | --- | --- |\n", shown.unit);
    for Target { name, .. } in &results.targets {
        let rounds = results.rounds(&shown.name, name);
        let Some(spread) = Spread::of(rounds.into_values()) else { continue };
        let ratio = against(results, &shown.name, name);
        text += &format!("| {name} | {} | {ratio} |\n", spread.cell());
    }
    text
}

/// A count of what a phase looks for; a dash where it looks for nothing, which is not 0.
fn looked_for(count: Option<u64>) -> String {
    count.map_or("–".to_owned(), |it| it.to_string())
}

fn cell(spread: Option<Spread>) -> String {
    spread.map_or("–".to_owned(), |it| it.cell())
}

/// How many times a target's figure the product's own is.
fn against(results: &Results, figure: &str, target: &str) -> String {
    if target == OWN {
        return "1".to_owned();
    }
    cell(ratio(&results.rounds(figure, OWN), &results.rounds(figure, target)))
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;

//! Files of prospects, and files that are given out.

use super::super::rule;
use gateway::rows::Rows;
use gateway::rows::csv::{FIELDS_MAX, ROW_BYTES_MAX, Reader, Row};
use schema::room::report::{Figures, Report, ReportBy, ReportRow, csv};

/// No name of ours is longer.
const NAME_BYTES_MAX: usize = 1_000;

/// Files as CSV: the same rows whole and in pieces, in their order and within their bounds; what
/// was read can be written and read again; and no cell that we write is a formula.
pub fn csv_import(input: &[u8]) -> Result<&'static str, String> {
    let size = 1 + usize::from(input.first().copied().unwrap_or_default()) % 9;
    let whole = import(input, input.len().max(1))?;
    rule(whole == import(input, size)?, "a file is the same in pieces")?;
    let rows = read(input, input.len().max(1));
    rule(rows.is_sorted_by(|one, next| one.number < next.number), "rows come in their order")?;
    for row in &rows {
        let Ok(fields) = &row.fields else { continue };
        let bytes: usize = fields.iter().map(String::len).sum();
        rule(fields.len() <= FIELDS_MAX && bytes <= ROW_BYTES_MAX, "a row is bounded")?;
        let quoted = fields.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\"")));
        let line = format!("{}\r\n", quoted.collect::<Vec<_>>().join(","));
        let again = read(line.as_bytes(), size);
        rule(again.len() == 1 && again[0].fields == row.fields, "a row is read as written")?;
    }
    let first = rows.first().and_then(|row| row.fields.as_ref().ok()?.first().cloned());
    let first = first.filter(|name| name.len() <= NAME_BYTES_MAX);
    exported(&first.unwrap_or_default())?;
    Ok(if whole.contains("prospect: Some") { "prospects" } else { "none" })
}

fn import(input: &[u8], size: usize) -> Result<String, String> {
    let (mut rows, mut found) = (Rows::of("text/csv").map_err(|it| it.message)?, Vec::new());
    let pushed = input.chunks(size).try_for_each(|piece| rows.push(piece, &mut found));
    let ended = pushed.and_then(|()| rows.end(&mut found));
    Ok(format!("{:?} {found:?}", ended.map_err(|reject| reject.message)))
}

fn read(input: &[u8], size: usize) -> Vec<Row> {
    let (mut reader, mut rows) = (Reader::default(), Vec::new());
    input.chunks(size).for_each(|piece| reader.push(piece, &mut rows));
    reader.end(&mut rows);
    rows
}

fn exported(name: &str) -> Result<(), String> {
    let row = ReportRow { key: None, name: Some(name.to_owned()), figures: Figures::default() };
    let (day, rows) = (String::new(), vec![row]);
    let (time_zone, from, to) = (day.clone(), day.clone(), day);
    let (by, total) = (ReportBy::Agent, Figures::default());
    let report = Report { time_zone, from, to, by, seq: 0, complete: true, rows, total };
    let rows = read(csv(&report).as_bytes(), usize::MAX);
    let given = rows.get(1).and_then(|row| row.fields.as_ref().ok()?.get(1).cloned());
    let given = given.ok_or("what we write can be read")?;
    let is_formula = given.starts_with(['=', '+', '-', '@', '\t', '\r']);
    rule(!is_formula && given.trim_start_matches('\'') == name.trim_start_matches('\''), "a cell")
}

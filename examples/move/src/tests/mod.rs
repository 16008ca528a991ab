//! The whole program but for HTTP: dumps into a room in memory, out of it, into another one.

mod bad_dumps;
mod catalogue;
mod restore;

use crate::client::Desk;
use crate::export::Seal;
use crate::ids::{hex, sha};
use crate::report::Report;
use crate::source::{self, Wanted};
use actors::kernel::testing::Bench;
use actors::workspace_room::Core;
use anyhow::{Result, anyhow};
use schema::ids::WorkspaceId;
use schema::room::RoomCommand;
use schema::room::access::Register;
use schema::room::snapshot::GetSnapshot;
use schema::room::transfer::{
    ExportPage, ExportRows, ImportRow, ImportRows, RowResult, RowsImported,
};
use schema::{Caller, Principal};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{BufRead, Cursor};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

/// A workspace in memory.
pub struct Room {
    bench: Bench<Core>,
    who: Principal,
    files: BTreeMap<String, Vec<u8>>,
    /// How often rows were sent.
    pub calls: usize,
}

impl Room {
    pub fn open(number: u128) -> Self {
        let workspace = WorkspaceId(Uuid::from_u128(number));
        let mut bench = Bench::new(workspace.to_string());
        let visitor = Principal { workspace, caller: Caller::Visitor };
        let register = RoomCommand::Register(Register {
            name: "Acme".into(),
            owner_email: "owner@example.com".into(),
            owner_name: "Olga".into(),
            password_hash: format!("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA${}", sha("x")),
            refresh_hash: sha("refresh"),
        });
        bench.ask::<Value>(&visitor, None, &register).expect("registered");
        Self { bench, who: Principal::system(workspace), files: BTreeMap::new(), calls: 0 }
    }

    pub fn ask(&mut self, command: &Value) -> Value {
        let bytes = serde_json::to_vec(command).expect("JSON");
        let command: RoomCommand = schema::codec::from_json(&bytes).expect("a command");
        self.bench.ask(&self.who, None, &command).expect("done")
    }

    /// The lines of an export, without the first and the last.
    pub fn rows(&mut self) -> Vec<String> {
        let lines = self.export().expect("an export").lines();
        let mut rows: Vec<String> = lines.map(|line| line.expect("a line")).collect();
        rows.pop();
        rows.remove(0);
        rows
    }

    /// The rows of a kind.
    pub fn of_kind(&mut self, kind: &str) -> Vec<Value> {
        let rows = self.rows().into_iter();
        let rows = rows.map(|row| serde_json::from_str::<Value>(&row).expect("JSON"));
        rows.filter_map(|mut row| row.get_mut(kind).map(Value::take)).collect()
    }
}

impl Desk for Room {
    fn workspace(&self) -> WorkspaceId {
        self.who.workspace
    }

    fn import(&mut self, rows: &[ImportRow]) -> Result<Vec<RowResult>> {
        self.calls += 1;
        let command = RoomCommand::ImportRows(ImportRows { rows: rows.to_vec() });
        let imported: Result<RowsImported, _> = self.bench.ask(&self.who, None, &command);
        Ok(imported.map_err(|reject| anyhow!("{reject:?}"))?.results)
    }

    fn upload(&mut self, bytes: &[u8]) -> Result<()> {
        self.files.insert(sha(bytes), bytes.to_vec());
        Ok(())
    }

    fn download(&mut self, attachment: &str) -> Result<Option<Vec<u8>>> {
        let found = self.of_kind("attachment").into_iter().find(|it| it["id"] == attachment);
        let sha256 = found.and_then(|it| it["sha256"].as_str().map(str::to_owned));
        Ok(sha256.and_then(|sha256| self.files.get(&sha256).cloned()))
    }

    fn head(&mut self) -> Result<i64> {
        let command = RoomCommand::Snapshot(GetSnapshot {});
        let snapshot: Value = self.bench.ask(&self.who, None, &command).expect("a snapshot");
        snapshot["head"].as_i64().ok_or_else(|| anyhow!("no head"))
    }

    /// As the gateway writes it.
    fn export(&mut self) -> Result<Box<dyn BufRead>> {
        let mut out = format!("{}\n", json!({ "postroomExport": 1 }));
        let mut kinds: BTreeMap<String, (u64, Sha256)> = BTreeMap::new();
        let mut cursor = None;
        loop {
            let command = RoomCommand::ExportRows(ExportRows { cursor });
            let page: ExportPage = self.bench.ask(&self.who, None, &command).expect("a page");
            for row in page.rows {
                let (kind, _) = crate::digest::name(&row)?;
                let (count, sum) = kinds.entry(kind.to_owned()).or_default();
                *count += 1;
                sum.update(format!("{row}\n"));
                out += &format!("{row}\n");
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        let counts: BTreeMap<_, _> = kinds.iter().map(|(kind, (count, _))| (kind, count)).collect();
        let sums: BTreeMap<_, _> =
            kinds.iter().map(|(kind, (_, sum))| (kind, hex(&sum.clone().finalize()))).collect();
        out += &format!("{}\n", json!({ "end": { "counts": counts, "sha256": sums } }));
        let mut seal = Seal::default();
        out.lines().try_for_each(|line| seal.take(line).map(drop))?;
        Ok(Box::new(Cursor::new(out)))
    }
}

/// A file that is gone with the test.
pub struct TempFile(pub PathBuf);

impl TempFile {
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("postroom-move-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, bytes).expect("a file");
        Self(path)
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).expect("removed");
    }
}

/// Loads a dump.
pub fn load(room: &mut Room, dump: impl AsRef<[u8]>) -> Result<Report> {
    let file = TempFile::of(dump);
    source::load(room, &file.0, &Wanted { workspace: None, files: None, html: false })
}

/// A table of a report, as programs read it.
pub fn table(report: &Report, name: &str) -> Value {
    let report: Value = serde_json::from_str(&report.json()).expect("JSON");
    let tables = report["tables"].as_array().expect("tables");
    tables.iter().find(|table| table["table"] == name).cloned().unwrap_or_default()
}

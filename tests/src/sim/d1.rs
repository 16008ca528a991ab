//! D1: one SQLite in memory, with the gateway's migrations and the real upsert.

use rusqlite::Connection;
use rusqlite::types::Value;
use schema::summary::{self, Cell, Summary, Table};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// How many values of a row come before its own columns: version, deleted, time of the change.
pub const COMMON: usize = 3;

/// The rows of all tables, by table, workspace and id; each as text, a deleted one without columns.
pub type Rows = BTreeMap<(String, String, String), Vec<String>>;

/// The database.
pub struct D1 {
    connection: Connection,
    upserts: BTreeMap<Table, String>,
}

impl Default for D1 {
    fn default() -> Self {
        Self::new()
    }
}

impl D1 {
    /// An empty database.
    ///
    /// # Panics
    /// Where a migration fails.
    #[must_use]
    pub fn new() -> Self {
        let connection = Connection::open_in_memory().expect("SQLite in memory opens");
        for (name, sql) in migrations() {
            if let Err(error) = connection.execute_batch(sql) {
                panic!("{name}: {error}");
            }
        }
        let upserts = Table::ALL.map(|table| (table, summary::upsert_sql(table)));
        Self { connection, upserts: upserts.into_iter().collect() }
    }

    /// Writes one row, as the gateway does.
    ///
    /// # Errors
    /// What SQLite refuses.
    pub fn upsert(&self, row: &Summary) -> Result<(), String> {
        let mut params = vec![
            Value::Text(row.workspace.clone()),
            Value::Text(row.id.clone()),
            Value::Real(row.version as f64),
            Value::Real(row.updated_at as f64),
            Value::Real(f64::from(u8::from(row.deleted))),
        ];
        params.extend(row.cells.iter().map(|cell| match cell {
            Cell::Null => Value::Null,
            Cell::Integer(value) => Value::Real(*value as f64),
            Cell::Text(value) => Value::Text(value.clone()),
        }));
        let run = || {
            let mut prepared = self.connection.prepare_cached(&self.upserts[&row.table])?;
            prepared.execute(rusqlite::params_from_iter(params))
        };
        run().map(drop).map_err(|error: rusqlite::Error| error.to_string())
    }

    /// Every row. Those of things that are gone say only that.
    ///
    /// # Panics
    /// Where a table cannot be read.
    #[must_use]
    pub fn rows(&self) -> Rows {
        let mut all = Rows::new();
        for table in Table::ALL {
            self.rows_of(table, &mut all).expect("D1 can be read");
        }
        all
    }

    fn rows_of(&self, table: Table, all: &mut Rows) -> rusqlite::Result<()> {
        let name = summary::table_name(table);
        let columns = summary::columns(table);
        let sql = format!(
            "select workspace_id, id, version, deleted, updated_at, {} from {name}",
            columns.join(", ")
        );
        let mut prepared = self.connection.prepare(&sql)?;
        let mut rows = prepared.query([])?;
        while let Some(row) = rows.next()? {
            let cell = |column: usize| row.get::<_, Value>(column).map(|cell| format!("{cell:?}"));
            let deleted = row.get::<_, i64>(3)? == 1;
            let count = if deleted { 0 } else { columns.len() };
            let mut values = vec![cell(2)?, cell(3)?, cell(4)?];
            for column in 0..count {
                values.push(cell(5 + column)?);
            }
            all.insert((name.to_owned(), row.get(0)?, row.get(1)?), values);
        }
        Ok(())
    }
}

/// The migrations of D1, in order: the files that the Worker's database gets.
fn migrations() -> &'static [(String, String)] {
    static FILES: OnceLock<Vec<(String, String)>> = OnceLock::new();
    FILES.get_or_init(|| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../schema/migrations/d1");
        let entries = std::fs::read_dir(folder).expect("the folder of D1's migrations is there");
        let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
        files.sort();
        let read = |path: &std::path::PathBuf| {
            let sql = std::fs::read_to_string(path).expect("a migration can be read");
            (path.display().to_string(), sql)
        };
        files.iter().map(read).collect()
    })
}

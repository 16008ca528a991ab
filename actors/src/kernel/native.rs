//! The native home of an object's storage: SQLite that binds and limits as workerd does, in memory
//! or in a file.
//!
//! Numbers are bound as real, whole numbers beyond 2^53 and more than 100 parameters are refused, a
//! name in double quotes is an error rather than a text. A test that passes here would pass there.

use super::sql::{Body, Fault, Home, INTEGER_MAX, Row, Sql, Value};
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql};
use schema::{Millis, Reject};
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

/// Some table; one that takes others along comes first.
const TABLE: &str = "select type, name from sqlite_master
    where type = 'table' and name not like 'sqlite%' order by rootpage limit 1";

/// Sees every storage operation before it happens; the simulator uses it to crash between two.
pub type Hook = Box<dyn FnMut(&str)>;

/// An object's storage.
pub struct Native {
    connection: Connection,
    alarm: Cell<Option<Millis>>,
    /// What the alarm was set for that has gone off: for that time it cannot be set again.
    rung: Cell<Option<Millis>>,
    hook: RefCell<Option<Hook>>,
    rows_written: Cell<u64>,
}

impl Native {
    /// Empty storage.
    ///
    /// # Errors
    /// A fault where SQLite does not start.
    pub fn open() -> Result<Self, Fault> {
        Self::over(Connection::open_in_memory().map_err(fault)?)
    }

    /// Storage in a file, as an object has it: with a log of writes, and SQLite's own small cache
    /// of pages before it.
    ///
    /// # Errors
    /// A fault where SQLite does not start or the file cannot be opened.
    pub fn open_file(path: &Path) -> Result<Self, Fault> {
        let connection = Connection::open(path).map_err(fault)?;
        for (name, value) in [("journal_mode", "wal"), ("synchronous", "off")] {
            connection.pragma_update(None, name, value).map_err(fault)?;
        }
        Self::over(connection)
    }

    fn over(connection: Connection) -> Result<Self, Fault> {
        for (config, on) in [
            (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
            (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
            (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true),
        ] {
            connection.set_db_config(config, on).map_err(fault)?;
        }
        for (limit, value) in [
            (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 100),
            (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50),
            (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 5),
            (Limit::SQLITE_LIMIT_SQL_LENGTH, 100_000),
            (Limit::SQLITE_LIMIT_LENGTH, 2_000_000),
        ] {
            connection.set_limit(limit, value).map_err(fault)?;
        }
        connection.set_prepared_statement_cache_capacity(256);
        Ok(Self {
            connection,
            alarm: Cell::new(None),
            rung: Cell::new(None),
            hook: RefCell::new(None),
            rows_written: Cell::new(0),
        })
    }

    /// When the alarm is armed for.
    #[must_use]
    pub fn alarm(&self) -> Option<Millis> {
        self.alarm.get()
    }

    /// Takes the alarm out.
    pub fn take_alarm(&self) -> Option<Millis> {
        self.rung.set(None);
        self.alarm.take()
    }

    /// Takes the alarm out, as the platform does when one fires that was set for a time: to set it
    /// for the same time once more is no change there, and it stays silent.
    pub fn ring(&self, at: Option<Millis>) {
        self.rung.set(self.alarm.take().filter(|was| Some(*was) == at));
    }

    /// Sets what sees every storage operation.
    pub fn set_hook(&self, hook: Option<Hook>) {
        *self.hook.borrow_mut() = hook;
    }

    /// The connection, for tests that look into the tables.
    #[must_use]
    pub const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// How many rows were written since the start, as SQLite counts them (tables, not indexes).
    #[must_use]
    pub fn rows_written(&self) -> u64 {
        self.rows_written.get()
    }

    fn run(&self, statement: &str) -> Result<(), Reject> {
        let ran = self.connection.prepare_cached(statement).and_then(|mut it| it.execute([]));
        ran.map(drop).map_err(|error| Reject::from(fault(error)))
    }

    fn roll_back(&self, alarm: Option<Millis>) -> Result<(), Reject> {
        self.alarm.set(alarm);
        self.run("rollback to step")?;
        self.run("release step")
    }
}

impl Home for Native {
    fn transaction(&self, body: Body<'_>) -> Result<(), Reject> {
        let alarm = self.alarm.get();
        self.run("savepoint step")?;
        match catch_unwind(AssertUnwindSafe(|| body(self))) {
            Ok(Ok(())) => self.run("release step"),
            Ok(Err(reject)) => {
                self.roll_back(alarm)?;
                Err(reject)
            }
            Err(panic) => {
                self.roll_back(alarm)?;
                resume_unwind(panic)
            }
        }
    }

    fn forget(&self) -> Result<(), Reject> {
        self.transaction(&mut |sql| {
            while let Some(table) = sql.first(TABLE, &[])? {
                let (kind, name) = (table.text(0)?, table.text(1)?);
                // Emptied first: SQLite does not count what goes with a table among the changes.
                self.run(&format!("delete from {name}"))?;
                self.run(&format!("drop {kind} {name}"))?;
            }
            Ok(())
        })?;
        self.connection.flush_prepared_statement_cache();
        self.take_alarm();
        Ok(())
    }
}

impl Sql for Native {
    fn exec(&self, statement: &str, params: &[Value]) -> Result<Vec<Row>, Fault> {
        if let Some(hook) = self.hook.borrow_mut().as_mut() {
            hook(statement);
        }
        if params.is_empty() && statement.trim_end().ends_with(';') {
            return self.connection.execute_batch(statement).map_err(fault).map(|()| Vec::new());
        }
        let bound: Vec<Bound<'_>> = params.iter().map(Bound).collect();
        for value in params {
            if matches!(value, Value::Integer(n) if n.unsigned_abs() > INTEGER_MAX.unsigned_abs()) {
                return Err(Fault(format!("{value:?} does not survive JavaScript")));
            }
        }
        let mut prepared = self.connection.prepare_cached(statement).map_err(fault)?;
        let columns = prepared.column_count();
        let mut rows = prepared.query(rusqlite::params_from_iter(bound)).map_err(fault)?;
        let mut read = Vec::new();
        while let Some(row) = rows.next().map_err(fault)? {
            let values: Result<Vec<_>, _> =
                (0..columns).map(|column| row.get_ref(column).map(value)).collect();
            read.push(Row(values.map_err(fault)?));
        }
        drop(rows);
        drop(prepared);
        if !statement.trim_start().starts_with("select") {
            self.rows_written.set(self.rows_written.get() + self.connection.changes());
        }
        Ok(read)
    }

    fn set_alarm(&self, at: Millis) -> Result<(), Fault> {
        if let Some(hook) = self.hook.borrow_mut().as_mut() {
            hook("set_alarm");
        }
        if self.alarm.get().is_some() || self.rung.get() != Some(at) {
            self.alarm.set(Some(at));
        }
        Ok(())
    }
}

struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Integer(value) => ValueRef::Real(*value as f64),
            Value::Real(value) => ValueRef::Real(*value),
            Value::Text(value) => ValueRef::Text(value.as_bytes()),
            Value::Blob(value) => ValueRef::Blob(value),
        }))
    }
}

fn value(found: ValueRef<'_>) -> Value {
    match found {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => Value::Integer(value),
        // A whole real number comes out of JavaScript as a whole number.
        ValueRef::Real(value) if value.fract() == 0.0 && value.abs() <= INTEGER_MAX as f64 => {
            Value::Integer(value as i64)
        }
        ValueRef::Real(value) => Value::Real(value),
        ValueRef::Text(value) => Value::Text(String::from_utf8_lossy(value).into_owned()),
        ValueRef::Blob(value) => Value::Blob(value.to_vec()),
    }
}

fn fault(error: rusqlite::Error) -> Fault {
    Fault(error.to_string())
}

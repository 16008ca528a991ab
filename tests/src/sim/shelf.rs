//! Where objects lie of which there are thousands, and which seldom have something to do: the
//! prospects of weeks of outreach.
//!
//! A SQLite for each would spend most of the time on making the same tables and on compiling the
//! same statements. Here a few of them stand open, with the tables made, and an object takes one
//! while it works: its rows are put in, and are taken out once another needs the place. An object
//! that has kept nothing yet finds no record of migrations, as in a database without tables; its
//! first step writes down that they are done. That a migration is broken off is not played here:
//! `npm run sim` does that.

use super::object::Name;
use super::world::World;
use actors::kernel::migrate::migrate;
use actors::kernel::native::Native;
use actors::kernel::{Actor, Fault, Row, Sql, Value};
use actors::prospect_dedup;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::types::Value as Cell;
use schema::{ActorKind, Millis};
use std::collections::VecDeque;
use std::sync::OnceLock;

/// How many of them are open at once: more than are imported together.
const PLACES: usize = 128;

/// The statements that put a table's rows in and take them out.
struct Table {
    read: String,
    insert: String,
    clear: String,
}

/// What they all have: the tables, which of them have rows, and the record of migrations.
struct Plan {
    tables: Vec<Table>,
    filled: String,
    record: Vec<[Value; 3]>,
}

/// An object that has no place: its rows by table, whether the record of migrations is among them,
/// and its alarm. That record is the same of all, and stays where it is.
#[derive(Default)]
struct Rest {
    rows: Vec<(&'static Table, Vec<Vec<Cell>>)>,
    is_migrated: bool,
    alarm: Option<Millis>,
}

/// The objects that have a place, the first to leave first.
pub type Shelf = VecDeque<Name>;

/// An object's storage: a SQLite of its own, or rows and now and then a place.
pub struct Storage {
    native: Option<Native>,
    rest: Rest,
    is_shelved: bool,
    /// How often it was given a place.
    moves: u64,
}

impl Storage {
    /// Storage of its own.
    #[must_use]
    pub fn own() -> Self {
        Self { native: Some(open()), rest: Rest::default(), is_shelved: false, moves: 0 }
    }

    /// Storage on the shelf.
    #[must_use]
    pub fn shelved() -> Self {
        Self { native: None, rest: Rest::default(), is_shelved: true, moves: 0 }
    }

    /// Whether what stands for it is to be asked before its statements run: [`instead`].
    #[must_use]
    pub const fn is_shelved(&self) -> bool {
        self.is_shelved
    }

    /// The SQLite.
    ///
    /// # Panics
    /// Where the object has no place.
    #[must_use]
    pub const fn native(&self) -> &Native {
        self.native.as_ref().expect("it has a place")
    }

    /// Its connection.
    ///
    /// # Panics
    /// Where the object has no place.
    #[must_use]
    pub const fn connection(&self) -> &Connection {
        self.native().connection()
    }

    /// When the alarm is armed for.
    #[must_use]
    pub fn alarm(&self) -> Option<Millis> {
        self.native.as_ref().map_or(self.rest.alarm, Native::alarm)
    }

    /// Sets the alarm, or takes it out.
    ///
    /// # Panics
    /// Never: the native alarm can be set.
    pub fn arm(&mut self, at: Option<Millis>) {
        let Some(native) = &self.native else {
            self.rest.alarm = at;
            return;
        };
        native.take_alarm();
        if let Some(at) = at {
            native.set_alarm(at).expect("the native alarm can be set");
        }
    }

    /// What grows with everything that is written.
    #[must_use]
    pub fn changes(&self) -> (u64, u64) {
        (self.moves, self.connection().total_changes())
    }

    /// Gives up its place.
    fn leave(&mut self) -> Option<Native> {
        let native = self.native.take()?;
        let connection = native.connection();
        let mut take_out = || -> rusqlite::Result<()> {
            run(connection, "begin")?;
            self.rest.is_migrated = is_migrated(connection)?;
            for table in filled(connection)? {
                let rows = read(connection, &table.read)?;
                run(connection, &table.clear)?;
                self.rest.rows.push((table, rows));
            }
            run(connection, "commit")
        };
        take_out().expect("rows can be taken out");
        self.rest.alarm = native.take_alarm();
        Some(native)
    }

    /// Takes a place.
    fn enter(&mut self, native: Native) {
        let connection = native.connection();
        let mut put_in = || -> rusqlite::Result<()> {
            run(connection, "begin")?;
            match (is_migrated(connection)?, self.rest.is_migrated) {
                (true, false) => run(connection, "delete from migrations")?,
                (false, true) => record(&native).expect("what is done can be written down"),
                _ => {}
            }
            for (table, rows) in self.rest.rows.drain(..) {
                let mut insert = connection.prepare_cached(&table.insert)?;
                for row in rows {
                    insert.execute(rusqlite::params_from_iter(row))?;
                }
            }
            run(connection, "commit")
        };
        put_in().expect("rows can be put in");
        let alarm = self.rest.alarm.take();
        self.native = Some(native);
        self.moves += 1;
        self.arm(alarm);
    }
}

impl World {
    /// Whether an object of this name lies on the shelf.
    pub(super) fn is_shelved(&self, name: &Name) -> bool {
        self.weeks.is_some() && name.0 == ActorKind::ProspectDedup
    }

    /// Gives an object a place, where it needs one.
    pub(super) fn bring(&mut self, name: &Name) {
        if self.objects.get(name).is_none_or(|it| it.storage.native.is_some()) {
            return;
        }
        let first = if self.shelf.len() < PLACES { None } else { self.shelf.pop_front() };
        let left = first.and_then(|first| self.objects.get_mut(&first)?.storage.leave());
        let native = left.unwrap_or_else(with_tables);
        self.shelf.push_back(name.clone());
        if let Some(object) = self.objects.get_mut(name) {
            object.storage.enter(native);
        }
    }
}

/// What a statement of an object on the shelf does in place of what it says: the tables are always
/// there, so it is the record of migrations that tells whether they are the object's.
///
/// # Errors
/// A storage fault.
pub fn instead(native: &Native, statement: &str) -> Result<Option<Vec<Row>>, Fault> {
    if statement.starts_with("select 1 from sqlite_master") {
        return native.exec("select 1 from migrations limit 1", &[]).map(Some);
    }
    if statement.starts_with("--") && statement.contains("table if not exists migrations") {
        record(native)?;
        return Ok(Some(Vec::new()));
    }
    Ok(None)
}

/// Writes down that the migrations are done.
fn record(native: &Native) -> Result<(), Fault> {
    for row in &plan().record {
        native.exec("insert or ignore into migrations values (?, ?, ?)", row)?;
    }
    Ok(())
}

fn is_migrated(connection: &Connection) -> rusqlite::Result<bool> {
    let mut count = connection.prepare_cached("select count(*) from migrations")?;
    let count: usize = count.query_row([], |row| row.get(0))?;
    assert!([0, plan().record.len()].contains(&count), "{count} migrations are recorded");
    Ok(count > 0)
}

/// The tables in which an object has something.
fn filled(connection: &Connection) -> rusqlite::Result<Vec<&'static Table>> {
    let plan = plan();
    let mut prepared = connection.prepare_cached(&plan.filled)?;
    prepared.query_row([], |row| {
        let mut filled = Vec::new();
        for (at, table) in plan.tables.iter().enumerate() {
            if row.get(at)? {
                filled.push(table);
            }
        }
        Ok(filled)
    })
}

fn open() -> Native {
    let native = Native::open().expect("SQLite in memory opens");
    // Otherwise SQLite compiles a statement with a bound limit anew each time that it runs.
    let kept = native.connection().set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true);
    kept.expect("SQLite can keep its plans");
    // Small pages: a step copies each page that it writes to.
    let paged = native.connection().pragma_update(None, "page_size", 1024);
    paged.expect("an empty database takes any size");
    native
}

/// A database with the tables of a prospect, and nothing in them.
fn with_tables() -> Native {
    let native = open();
    migrate(&native, prospect_dedup::Core::MIGRATIONS).expect("the tables can be made");
    run(native.connection(), "delete from migrations").expect("a table can be emptied");
    native
}

fn plan() -> &'static Plan {
    static PLAN: OnceLock<Plan> = OnceLock::new();
    PLAN.get_or_init(|| {
        let native = open();
        migrate(&native, prospect_dedup::Core::MIGRATIONS).expect("the tables can be made");
        let names = native.exec("select name from sqlite_master where type = 'table'", &[]);
        let names = names.expect("tables have names");
        let names = names.iter().map(|row| row.text(0).expect("a name"));
        let names: Vec<_> = names.filter(|name| name != "migrations").collect();
        let tables = names.iter().map(|name| table(&native, name));
        let has = |name: &String| format!("exists (select 1 from {name})");
        let filled = format!("select {}", names.iter().map(has).collect::<Vec<_>>().join(", "));
        let record = native.exec("select part, number, name from migrations", &[]);
        let record = record.expect("migrations are recorded").into_iter();
        let record = record.map(|row| {
            let text = |column| Value::Text(row.text(column).expect("a text"));
            [text(0), row.integer(1).expect("a number").into(), text(2)]
        });
        Plan { tables: tables.collect(), filled, record: record.collect() }
    })
}

fn table(native: &Native, name: &str) -> Table {
    let read = format!("select * from {name}");
    let columns = native.connection().prepare(&read).expect("a table can be read").column_count();
    let places = vec!["?"; columns].join(", ");
    let insert = format!("insert into {name} values ({places})");
    Table { read, insert, clear: format!("delete from {name}") }
}

fn run(connection: &Connection, statement: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(statement)?.execute([]).map(drop)
}

fn read(connection: &Connection, statement: &str) -> rusqlite::Result<Vec<Vec<Cell>>> {
    let mut prepared = connection.prepare_cached(statement)?;
    let columns = prepared.column_count();
    let rows = prepared.query_map([], |row| (0..columns).map(|at| row.get(at)).collect())?;
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXIST: &str = "select 1 from sqlite_master where type = 'table' and name = 'migrations'";
    const CREATE: &str = "-- A record.\ncreate table if not exists migrations (part text);";

    fn rows(storage: &Storage, sql: &str) -> Vec<Vec<Cell>> {
        read(storage.connection(), sql).expect("a table can be read")
    }

    #[test]
    fn an_object_keeps_its_rows_and_its_alarm_while_others_have_its_place() {
        let (mut one, mut other) = (Storage::shelved(), Storage::shelved());
        one.enter(with_tables());
        let write = "insert into timers values (?, ?, ?, ?, ?)";
        let timer = ["a".into(), "b".into(), 7_i64.into(), 0_i64.into(), Value::Blob(vec![0, 1])];
        one.native().exec(write, &timer).expect("a row can be written");
        one.arm(Some(7));
        let (before, changes) = (rows(&one, "select * from timers"), one.changes());
        other.enter(one.leave().expect("it had a place"));
        assert_eq!((one.alarm(), other.alarm()), (Some(7), None));
        assert!(rows(&other, "select * from timers").is_empty());
        one.arm(Some(8));
        one.enter(other.leave().expect("it had a place"));
        assert_eq!((rows(&one, "select * from timers"), one.alarm()), (before, Some(8)));
        assert_ne!(one.changes(), changes);
    }

    #[test]
    fn an_object_that_has_kept_nothing_has_no_record_of_migrations() {
        let mut storage = Storage::shelved();
        storage.enter(with_tables());
        let asked = |sql| instead(storage.native(), sql).expect("it answers");
        assert_eq!(asked(EXIST), Some(Vec::new()));
        assert_eq!(asked(CREATE), Some(Vec::new()));
        assert_eq!(asked(EXIST).map(|rows| rows.len()), Some(1));
        assert_eq!(asked("select * from timers"), None);
        let done = migrate(storage.native(), prospect_dedup::Core::MIGRATIONS);
        done.expect("there is nothing left to do");
    }
}

//! The rows of one table in a dump, as the SQL parser reads them.

use crate::statements::{Ending, Statements};
use anyhow::{Context, Result, anyhow, bail};
use sqlparser::ast::{Expr, Insert, SetExpr, Statement, TableObject, UnaryOperator, Value};
use sqlparser::dialect::MySqlDialect;
use sqlparser::parser::Parser;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::rc::Rc;

/// Why a row cannot be moved. The others are.
#[derive(Debug)]
pub struct BadRow(pub String);

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadRow {}

/// A row that cannot be moved.
pub fn bad<T>(why: impl Into<String>) -> Result<T> {
    Err(BadRow(why.into()).into())
}

/// What stands in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A text, or a number as it is written.
    Text(String),
    /// Bytes, as `--hex-blob` writes them.
    Bytes(Vec<u8>),
}

/// The columns of a table that were asked for.
type Asked = Rc<RefCell<BTreeSet<String>>>;

/// One row of a table: its columns by name.
#[derive(Debug, Clone)]
pub struct Record {
    columns: BTreeMap<String, Cell>,
    asked: Asked,
}

impl Record {
    /// The cell in the first of these columns that the table has.
    fn cell(&self, names: &[&str]) -> Option<&Cell> {
        let (name, cell) = names.iter().find_map(|name| self.columns.get_key_value(*name))?;
        if !self.asked.borrow().contains(name) {
            self.asked.borrow_mut().insert(name.clone());
        }
        Some(cell)
    }

    /// Whether the table has a column.
    pub fn has(&self, name: &str) -> bool {
        self.columns.contains_key(name)
    }

    /// The text in the first of these columns that the table has; none where it is null.
    pub fn text(&self, names: &[&str]) -> Option<&str> {
        match self.cell(names)? {
            Cell::Text(text) => Some(text),
            Cell::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            Cell::Null => None,
        }
    }

    /// The bytes in the first of these columns that the table has; none where it is null.
    pub fn bytes(&self, names: &[&str]) -> Option<&[u8]> {
        match self.cell(names)? {
            Cell::Text(text) => Some(text.as_bytes()),
            Cell::Bytes(bytes) => Some(bytes),
            Cell::Null => None,
        }
    }

    /// The whole number in the first of these columns that the table has; none where it is null.
    ///
    /// # Errors
    /// [`BadRow`] where it is no whole number.
    pub fn number(&self, names: &[&str]) -> Result<Option<i64>> {
        let Some(text) = self.text(names) else { return Ok(None) };
        text.parse().map(Some).or_else(|_| bad(format!("its {} is no whole number", names[0])))
    }

    /// The number that names the row.
    ///
    /// # Errors
    /// [`BadRow`] where there is none.
    pub fn id(&self) -> Result<i64> {
        self.number(&["id"])?.map_or_else(|| bad("it has no id"), Ok)
    }

    /// Whether the first of these columns that the table has is true: `TINYINT(1)`, or `BIT(1)`.
    pub fn flag(&self, names: &[&str]) -> bool {
        match self.cell(names) {
            Some(Cell::Text(text)) => !matches!(text.as_str(), "0" | "" | "false"),
            Some(Cell::Bytes(bytes)) => bytes.iter().any(|byte| *byte != 0),
            _ => false,
        }
    }
}

/// A table of a dump.
#[derive(Default)]
struct Table {
    columns: Vec<String>,
    asked: Asked,
    /// Rows that cannot be moved, by their place: which, and why.
    bad: RefCell<BTreeMap<u64, (String, String)>>,
}

/// A dump, which is read once for each table: nothing of it stays in memory.
pub struct Dump<'a> {
    path: &'a Path,
    tables: BTreeMap<String, Table>,
    /// Whether it says that it is whole.
    pub sealed: bool,
}

impl<'a> Dump<'a> {
    /// Opens a dump, reads which tables it has, and reads all of it once: nothing is moved of a
    /// dump that breaks off, or that holds what is no SQL.
    ///
    /// # Errors
    /// Where it cannot be read, is not whole, or has no table.
    pub fn open(path: &'a Path) -> Result<Self> {
        let mut tables: BTreeMap<String, Table> = BTreeMap::new();
        let mut statements = statements(path)?;
        while let Some(statement) = statements.next()? {
            let place = || format!("line {}", statements.began());
            if begins(&statement, &["create", "table"]).is_some() {
                if let Statement::CreateTable(table) = parse(&statement).with_context(place)? {
                    let names = table.columns.into_iter();
                    let columns = names.map(|column| column.name.value.to_lowercase()).collect();
                    let known = Table { columns, ..Table::default() };
                    tables.insert(last_part(&table.name), known);
                }
            } else if let Some(table) = inserted(&statement).and_then(|name| tables.get(name))
                && let Statement::Insert(insert) = parse(&statement).with_context(place)?
            {
                drop(records(insert, table).with_context(place)?);
            }
        }
        if statements.ending == Ending::Awaited {
            bail!(
                "{}: it breaks off: its last line, -- Dump completed, is missing",
                path.display()
            );
        }
        if tables.is_empty() {
            bail!("{}: there is no table in it: is it a dump?", path.display());
        }
        Ok(Self { path, tables, sealed: statements.ending == Ending::Seen })
    }

    /// The names of its tables.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// The first of these tables that it has.
    pub fn table<'n>(&self, names: &[&'n str]) -> Option<&'n str> {
        names.iter().copied().find(|name| self.tables.contains_key(*name))
    }

    /// Gives each row of a table to `take`, in the order of the file. Of a row that is bad it is
    /// kept which and why.
    ///
    /// # Errors
    /// Where the dump cannot be read, and what `take` says, but for bad rows.
    pub fn each(&self, name: &str, mut take: impl FnMut(Record) -> Result<()>) -> Result<()> {
        let Some(table) = self.tables.get(name) else { return Ok(()) };
        let mut statements = statements(self.path)?;
        let mut place = 0;
        while let Some(statement) = statements.next()? {
            if inserted(&statement) != Some(name) {
                continue;
            }
            let Statement::Insert(insert) = parse(&statement)? else { continue };
            for record in records(insert, table).with_context(|| format!("table {name}"))? {
                place += 1;
                let id = record.as_ref().ok().and_then(|row| row.text(&["id"]));
                let which = id.map_or_else(|| format!("row {place}"), str::to_owned);
                if let Err(error) = record.and_then(&mut take) {
                    let BadRow(why) = error.downcast()?;
                    table.bad.borrow_mut().insert(place, (which, why));
                }
            }
        }
        Ok(())
    }

    /// The rows of a table that could not be moved so far: which, and why.
    pub fn bad(&self, table: &str) -> Vec<(String, String)> {
        let table = self.tables.get(table);
        table.map(|table| table.bad.borrow().values().cloned().collect()).unwrap_or_default()
    }

    /// The columns of a table that nobody asked for, where rows of it were read.
    pub fn passed_over(&self, table: &str) -> Vec<String> {
        let Some(table) = self.tables.get(table) else { return Vec::new() };
        let asked = table.asked.borrow();
        // Each row is asked for its id, if only to be named.
        let read = asked.len() > 1;
        let left = table.columns.iter().filter(|name| read && !asked.contains(*name));
        left.cloned().collect()
    }
}

fn statements(path: &Path) -> Result<Statements<BufReader<File>>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    Ok(Statements::new(BufReader::with_capacity(1 << 20, file)))
}

/// What follows the first words of a statement, where it begins with them.
fn begins<'s>(statement: &'s str, words: &[&str]) -> Option<&'s str> {
    words.iter().try_fold(statement.trim_start(), |rest, word| {
        let (head, rest) = rest.split_at_checked(word.len())?;
        let is_word = head.eq_ignore_ascii_case(word) && rest.starts_with(char::is_whitespace);
        is_word.then(|| rest.trim_start())
    })
}

/// The table that a statement inserts into, seen from its first words: most statements are of
/// another table, and not worth parsing.
fn inserted(statement: &str) -> Option<&str> {
    let heads = [&["insert", "into"][..], &["insert", "ignore", "into"], &["replace", "into"]];
    let rest = heads.iter().find_map(|words| begins(statement, words))?;
    let name = rest.split([' ', '(', '\n']).next()?;
    Some(name.rsplit('.').next()?.trim_matches('`'))
}

fn parse(statement: &str) -> Result<Statement> {
    let place = || statement.chars().take(60).collect::<String>();
    let mut parsed = Parser::parse_sql(&MySqlDialect {}, statement).with_context(place)?;
    if parsed.len() != 1 {
        bail!("{} statements in one: {}", parsed.len(), place());
    }
    parsed.pop().ok_or_else(|| anyhow!("no statement"))
}

fn last_part(name: &sqlparser::ast::ObjectName) -> String {
    let part = name.0.last().and_then(|part| part.as_ident());
    part.map(|ident| ident.value.clone()).unwrap_or_default()
}

fn records(insert: Insert, table: &Table) -> Result<impl Iterator<Item = Result<Record>> + use<>> {
    if !matches!(insert.table, TableObject::TableName(_)) {
        bail!("an insert into no table");
    }
    let named: Vec<String> =
        insert.columns.iter().map(|column| last_part(column).to_lowercase()).collect();
    let names = if named.is_empty() { table.columns.clone() } else { named };
    let asked = table.asked.clone();
    let Some(SetExpr::Values(values)) = insert.source.map(|query| *query.body) else {
        bail!("an insert without values");
    };
    Ok(values.rows.into_iter().map(move |row| {
        let row = row.content;
        if row.len() != names.len() {
            return bad(format!("it has {} values for {} columns", row.len(), names.len()));
        }
        let cells = row.into_iter().map(cell).collect::<Result<Vec<_>>>()?;
        let columns = names.iter().cloned().zip(cells).collect();
        Ok(Record { columns, asked: asked.clone() })
    }))
}

fn cell(expression: Expr) -> Result<Cell> {
    match expression {
        Expr::Value(value) => match value.value {
            Value::Null => Ok(Cell::Null),
            Value::Number(text, _)
            | Value::SingleQuotedString(text)
            | Value::DoubleQuotedString(text)
            | Value::NationalStringLiteral(text) => Ok(Cell::Text(text)),
            Value::Boolean(value) => Ok(Cell::Text(u8::from(value).to_string())),
            Value::HexStringLiteral(hex) => bytes(&hex).map(Cell::Bytes),
            other => bad(format!("it has a value that no dump has: {}", short(&other))),
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match cell(*expr)? {
            Cell::Text(text) => Ok(Cell::Text(format!("-{text}"))),
            _ => bad("it has a minus before what is no number"),
        },
        // `_binary '…'`, `_utf8mb4 '…'`: what is quoted is UTF-8, like the rest of the file.
        Expr::Prefixed { value, .. } => cell(*value),
        other => bad(format!("it has a value that no dump has: {}", short(&other))),
    }
}

fn short(value: &impl fmt::Display) -> String {
    value.to_string().chars().take(40).collect()
}

fn bytes(hex: &str) -> Result<Vec<u8>> {
    let digits = hex.as_bytes().chunks(2).map(|two| {
        let two = std::str::from_utf8(two).unwrap_or_default();
        u8::from_str_radix(two, 16).or_else(|_| bad("it has bytes that are not hexadecimal"))
    });
    digits.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(sql: &str, table: &str) -> Vec<Record> {
        let path = std::env::temp_dir().join(format!("postroom-move-{}.sql", crate::ids::sha(sql)));
        std::fs::write(&path, sql).expect("a file");
        let dump = Dump::open(&path).expect("a dump");
        let mut rows = Vec::new();
        dump.each(table, |row| {
            rows.push(row);
            Ok(())
        })
        .expect("rows");
        std::fs::remove_file(&path).expect("removed");
        rows
    }

    const TABLE: &str = "CREATE TABLE `t` (\n  `id` bigint(20) unsigned NOT NULL \
        AUTO_INCREMENT,\n  `a` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL \
        CHECK (json_valid(`a`)),\n  `b` longblob DEFAULT NULL,\n  `c` enum('x','y;z') \
        DEFAULT 'x',\n  \
        `d` datetime NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),\n  \
        PRIMARY KEY (`id`),\n  KEY `k` (`a`(10)),\n  CONSTRAINT `f` FOREIGN KEY (`id`) \
        REFERENCES `u` (`id`) ON DELETE CASCADE\n) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT \
        CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;\n";

    #[test]
    fn values_are_what_the_database_held() {
        let sql = format!(
            "{TABLE}INSERT INTO `t` VALUES (1,'it\\'s \\\"so\\\"\\\\n\\n\\r\\0\\Z🦀''; --',\
             0x00FF0A,'y;z','2021-03-28 02:30:00'),\n(2,NULL,NULL,NULL,'0000-00-00 00:00:00');\n\
             INSERT INTO `other` VALUES (9);\n\
             INSERT INTO `t` (`a`, `id`) VALUES (_binary 'x',-3),('',4.50),('%_\\%',1e3);"
        );
        let rows = rows(&sql, "t");
        assert_eq!(rows.len(), 5);
        assert_eq!(rows[0].text(&["a"]), Some("it's \"so\"\\n\n\r\0\u{1a}🦀'; --"));
        assert_eq!(rows[0].bytes(&["b"]), Some(&[0, 255, 10][..]));
        assert_eq!(rows[0].text(&["none", "c"]), Some("y;z"));
        assert_eq!((rows[1].text(&["a"]), rows[1].bytes(&["b"])), (None, None));
        assert_eq!((rows[2].text(&["a"]), rows[2].id().expect("id")), (Some("x"), -3));
        assert_eq!((rows[3].text(&["a"]), rows[3].text(&["id"])), (Some(""), Some("4.50")));
        assert!(rows[3].id().is_err());
    }

    #[test]
    fn a_row_that_does_not_fit_its_table_is_told_and_the_others_are_read() {
        let sql = format!(
            "{TABLE}INSERT INTO t VALUES (1,'a',NULL,'x',NULL),(2,3),(4,now(),NULL,'x',NULL),\
             (5,'e',NULL,'x',NULL);"
        );
        let path = std::env::temp_dir().join("postroom-move-misfit.sql");
        std::fs::write(&path, sql).expect("a file");
        let dump = Dump::open(&path).expect("a dump");
        let mut ids = Vec::new();
        let read = dump.each("t", |row| {
            let id = row.id()?;
            ids.push(id);
            if id == 5 { bad("it is odd") } else { Ok(()) }
        });
        read.expect("read");
        std::fs::remove_file(&path).expect("removed");
        assert_eq!(ids, [1, 5]);
        let told: Vec<String> =
            dump.bad("t").into_iter().map(|(which, why)| format!("{which}: {why}")).collect();
        assert_eq!(told.len(), 3);
        assert_eq!(told[0], "row 2: it has 2 values for 5 columns");
        assert_eq!(told[2], "5: it is odd");
        assert!(told[1].starts_with("row 3: it has a value that no dump has: now()"), "{told:?}");
        assert_eq!(dump.passed_over("t"), Vec::<String>::new());
    }
}

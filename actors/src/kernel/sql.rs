//! Storage as a core sees it: statements, values, rows, one transaction.
//!
//! Two homes implement it: a Durable Object's SQLite, and SQLite in memory that binds and limits
//! as workerd does. A row is always read to its end, because an undrained cursor slows down every
//! later write of the object.

use schema::Reject;
pub use schema::codec::INTEGER_MAX;

/// What storage did wrong; for the log, never for a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault(pub String);

/// What the runtime says where SQLite has used up its memory. The databases of all objects in a
/// process share it, whoever they belong to, so that it passes.
pub const NO_MEMORY: &str = "SQLITE_NOMEM";
/// What a caller learns then; an object that could not even wake throws it.
pub const TRY_AGAIN: &str = "storage is out of memory: try again in a moment";

impl From<Fault> for Reject {
    fn from(fault: Fault) -> Self {
        if fault.0.contains(NO_MEMORY) {
            super::log(&fault.0);
            return Self::unavailable(TRY_AGAIN);
        }
        Self::internal(fault.0)
    }
}

/// A value that is bound or read. There is no bool: it would be bound as text.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// A whole number within ±2^53. It is bound as a real number, so arithmetic, `||` and JSON
    /// functions need `cast(? as integer)`; a column of type integer needs nothing.
    Integer(i64),
    /// A real number.
    Real(f64),
    /// A text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Blob(value.to_vec())
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Blob(value)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// One row of a result; columns by position.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(pub Vec<Value>);

impl Row {
    /// The whole number in a column.
    ///
    /// # Errors
    /// A fault where the column holds something else.
    pub fn integer(&self, column: usize) -> Result<i64, Fault> {
        match self.0.get(column) {
            Some(Value::Integer(value)) => Ok(*value),
            other => Err(wrong(column, "an integer", other)),
        }
    }

    /// The text in a column.
    ///
    /// # Errors
    /// A fault where the column holds something else.
    pub fn text(&self, column: usize) -> Result<String, Fault> {
        match self.0.get(column) {
            Some(Value::Text(value)) => Ok(value.clone()),
            other => Err(wrong(column, "a text", other)),
        }
    }

    /// The bytes in a column.
    ///
    /// # Errors
    /// A fault where the column holds something else.
    pub fn blob(&self, column: usize) -> Result<Vec<u8>, Fault> {
        match self.0.get(column) {
            Some(Value::Blob(value)) => Ok(value.clone()),
            other => Err(wrong(column, "bytes", other)),
        }
    }

    /// The whole number in a column that may be null.
    ///
    /// # Errors
    /// A fault where the column holds something else.
    pub fn integer_or_null(&self, column: usize) -> Result<Option<i64>, Fault> {
        if self.is_null(column) { Ok(None) } else { self.integer(column).map(Some) }
    }

    /// The text in a column that may be null.
    ///
    /// # Errors
    /// A fault where the column holds something else.
    pub fn text_or_null(&self, column: usize) -> Result<Option<String>, Fault> {
        if self.is_null(column) { Ok(None) } else { self.text(column).map(Some) }
    }

    /// The flag (0 or 1) in a column.
    ///
    /// # Errors
    /// A fault where the column holds something else.
    pub fn flag(&self, column: usize) -> Result<bool, Fault> {
        self.integer(column).map(|value| value == 1)
    }

    /// The id in a column.
    ///
    /// # Errors
    /// A fault where the column holds no id.
    pub fn id<T: std::str::FromStr>(&self, column: usize) -> Result<T, Fault> {
        let text = self.text(column)?;
        text.parse().map_err(|_| Fault(format!("column {column} holds no id: {text}")))
    }

    /// The id in a column that may be null.
    ///
    /// # Errors
    /// A fault where the column holds no id.
    pub fn id_or_null<T: std::str::FromStr>(&self, column: usize) -> Result<Option<T>, Fault> {
        if self.is_null(column) { Ok(None) } else { self.id(column).map(Some) }
    }

    fn is_null(&self, column: usize) -> bool {
        matches!(self.0.get(column), Some(Value::Null))
    }
}

fn wrong(column: usize, expected: &str, found: Option<&Value>) -> Fault {
    Fault(format!("column {column} should hold {expected}, holds {found:?}"))
}

/// The storage of one object, inside a transaction.
pub trait Sql {
    /// Runs one statement and reads all its rows.
    ///
    /// # Errors
    /// What SQLite refuses, and what would not survive workerd: a whole number beyond 2^53, more
    /// than 100 parameters.
    fn exec(&self, statement: &str, params: &[Value]) -> Result<Vec<Row>, Fault>;

    /// Sets the object's one alarm, in the transaction.
    ///
    /// # Errors
    /// What the platform refuses.
    fn set_alarm(&self, at: schema::Millis) -> Result<(), Fault>;

    /// Runs a statement that gives at most one row.
    ///
    /// # Errors
    /// As [`Sql::exec`], and where there are more rows.
    fn first(&self, statement: &str, params: &[Value]) -> Result<Option<Row>, Fault> {
        let mut rows = self.exec(statement, params)?;
        if rows.len() > 1 {
            return Err(Fault(format!("{} rows where one was expected", rows.len())));
        }
        Ok(rows.pop())
    }
}

/// The body of a transaction.
pub type Body<'a> = &'a mut dyn FnMut(&dyn Sql) -> Result<(), Reject>;

/// The storage of one object, from outside: a place where transactions run.
pub trait Home {
    /// Runs `body` in a transaction: an error, and a panic, leave nothing behind.
    ///
    /// # Errors
    /// The body's refusal, or `internal` where the transaction itself failed.
    fn transaction(&self, body: Body<'_>) -> Result<(), Reject>;

    /// Deletes everything that the object keeps, and its alarm; never inside a transaction.
    ///
    /// # Errors
    /// `internal` where the storage fails: nothing is deleted then.
    fn forget(&self) -> Result<(), Reject>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use schema::Code;

    #[test]
    fn what_passes_may_be_asked_again_and_a_defect_stays_in_the_log() {
        let code = |why: &str| Reject::from(Fault(why.into())).code;
        assert_eq!(code("out of memory: SQLITE_NOMEM"), Code::Unavailable);
        assert_eq!(code("no such table: tickets: SQLITE_ERROR"), Code::Internal);
        let reject = Reject::from(Fault("actor/0001: out of memory: SQLITE_NOMEM".into()));
        assert_eq!(reject.details, Some(serde_json::json!({ "retryAfterMs": 1_000 })));
    }
}

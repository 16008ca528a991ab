//! A Durable Object's SQLite as a [`Home`].
//!
//! The `worker` crate has no binding for `transactionSync`, which is declared here, and it lets
//! each value and each column cross by itself, without `catch`: a statement runs in `storage.js`,
//! which says how values and rows cross.

use crate::kernel::sql::{Body, Fault, Home, INTEGER_MAX, Row, Sql, Value};
use js_sys::{Array, WebAssembly};
use schema::envelope::Price;
use schema::{Millis, Reject};
use std::cell::Cell;
use wasm_bindgen::prelude::*;
use worker::State;

#[wasm_bindgen]
extern "C" {
    /// `DurableObjectState`, as far as the host needs it.
    #[wasm_bindgen(extends = js_sys::Object)]
    #[derive(Clone)]
    pub type ObjectState;

    #[wasm_bindgen(method, js_name = getWebSockets)]
    pub fn get_web_sockets(this: &ObjectState) -> Array;

    /// A hibernating server-side socket.
    #[wasm_bindgen(extends = js_sys::Object)]
    pub type Socket;

    #[wasm_bindgen(method, catch, js_name = deserializeAttachment)]
    pub fn deserialize_attachment(this: &Socket) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(extends = js_sys::Object)]
    type RawStorage;

    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    fn transaction_sync(
        this: &RawStorage,
        body: &mut dyn FnMut() -> Result<JsValue, JsValue>,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = setAlarm)]
    fn set_alarm(this: &RawStorage, at: f64) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = deleteAlarm)]
    fn delete_alarm(this: &RawStorage) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = deleteAll)]
    fn delete_all(this: &RawStorage) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, getter)]
    fn sql(this: &RawStorage) -> RawSql;

    #[wasm_bindgen(extends = js_sys::Object)]
    type RawSql;
}

#[wasm_bindgen(module = "/src/kernel/host/storage.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    fn exec(
        sql: &RawSql,
        text: &str,
        pairs: &[f64],
        blobs: &[u8],
        metered: bool,
    ) -> Result<Vec<u8>, JsValue>;
}

/// The storage of one Durable Object.
pub struct DurableHome {
    storage: RawStorage,
    sql: RawSql,
    /// What has been read and written since somebody wanted to know; none where nobody does.
    meter: Cell<Option<Price>>,
}

impl DurableHome {
    /// The storage behind a Durable Object's state.
    pub fn new(state: &State) -> Self {
        let storage = state.storage();
        let storage: &RawStorage = storage.as_raw().unchecked_ref();
        let storage: RawStorage = JsValue::from(storage).unchecked_into();
        let sql = storage.sql();
        Self { storage, sql, meter: Cell::new(None) }
    }

    /// Begins to count rows, or stops it; gives what was counted.
    pub fn meter(&self, on: bool) -> Option<Price> {
        self.meter.replace(on.then(Price::default))
    }
}

impl Home for DurableHome {
    fn transaction(&self, body: Body<'_>) -> Result<(), Reject> {
        let mut refused = None;
        let result = self.storage.transaction_sync(&mut || match body(self) {
            Ok(()) => Ok(JsValue::UNDEFINED),
            Err(reject) => {
                // Only a thrown error rolls the transaction back.
                refused = Some(reject);
                Err(js_sys::Error::new("roll back").into())
            }
        });
        match (refused, result) {
            (Some(reject), _) => Err(reject),
            (None, Ok(_)) => Ok(()),
            (None, Err(error)) if error.is_instance_of::<WebAssembly::RuntimeError>() => {
                // A panic inside the body: this instance is lost. On to the entry file with it.
                wasm_bindgen::throw_val(error)
            }
            (None, Err(error)) => Err(Fault(describe(&error)).into()),
        }
    }

    fn forget(&self) -> Result<(), Reject> {
        // The database is empty as soon as this returns; as with an alarm, the output gate waits
        // for the promises.
        let deleted = self.storage.delete_alarm().and_then(|_| self.storage.delete_all());
        deleted.map(drop).map_err(|error| Fault(describe(&error)).into())
    }
}

impl Sql for DurableHome {
    fn exec(&self, statement: &str, params: &[Value]) -> Result<Vec<Row>, Fault> {
        let bound = Bound::new(statement, params)?;
        let meter = self.meter.get();
        let rows = exec(&self.sql, &bound.text, &bound.pairs, &bound.blobs, meter.is_some());
        let rows = rows.map_err(|error| Fault(describe(&error)))?;
        let mut rows = Rows(&rows);
        if let Some(Price { read, written }) = meter {
            let (read, written) = (read + rows.count()?, written + rows.count()?);
            self.meter.set(Some(Price { read, written }));
        }
        rows.all()
    }

    fn set_alarm(&self, at: Millis) -> Result<(), Fault> {
        // The promise needs no await: the output gate holds every reply until it is durable.
        self.storage.set_alarm(at as f64).map(drop).map_err(|error| Fault(describe(&error)))
    }
}

/// A statement and its values on their way: see `storage.js`.
struct Bound {
    text: String,
    pairs: Vec<f64>,
    blobs: Vec<u8>,
}

impl Bound {
    fn new(statement: &str, params: &[Value]) -> Result<Self, Fault> {
        let mut bound = Self {
            text: statement.to_owned(),
            pairs: Vec::with_capacity(1 + 2 * params.len()),
            blobs: Vec::new(),
        };
        bound.pairs.push(units(statement));
        for value in params {
            let pair = match value {
                Value::Null => [NULL, 0.0],
                Value::Integer(value) if value.unsigned_abs() > INTEGER_MAX.unsigned_abs() => {
                    return Err(Fault(format!("{value} does not survive JavaScript")));
                }
                Value::Integer(value) => [NUMBER, *value as f64],
                Value::Real(value) => [NUMBER, *value],
                Value::Text(value) => {
                    bound.text.push_str(value);
                    [TEXT, units(value)]
                }
                Value::Blob(value) => {
                    bound.blobs.extend_from_slice(value);
                    [BLOB, value.len() as f64]
                }
            };
            bound.pairs.extend(pair);
        }
        Ok(bound)
    }
}

const NULL: f64 = 0.0;
const NUMBER: f64 = 1.0;
const TEXT: f64 = 2.0;
const BLOB: f64 = 3.0;

/// How long a text is to JavaScript.
fn units(text: &str) -> f64 {
    let units = if text.is_ascii() { text.len() } else { text.encode_utf16().count() };
    units as f64
}

/// What has come back and is not read yet.
struct Rows<'a>(&'a [u8]);

impl Rows<'_> {
    fn all(mut self) -> Result<Vec<Row>, Fault> {
        let columns = u32::from_le_bytes(self.array()?) as usize;
        let mut rows = Vec::new();
        while !self.0.is_empty() {
            if columns == 0 {
                return Err(broken());
            }
            let mut row = Vec::with_capacity(columns);
            for _ in 0..columns {
                row.push(self.value()?);
            }
            rows.push(Row(row));
        }
        Ok(rows)
    }

    fn value(&mut self) -> Result<Value, Fault> {
        let [kind] = self.array()?;
        Ok(match f64::from(kind) {
            NUMBER => {
                let number = f64::from_le_bytes(self.array()?);
                let whole = number.fract() == 0.0 && number.abs() <= INTEGER_MAX as f64;
                if whole { Value::Integer(number as i64) } else { Value::Real(number) }
            }
            TEXT => Value::Text(String::from_utf8_lossy(self.sized()?).into_owned()),
            BLOB => Value::Blob(self.sized()?.to_vec()),
            _ => Value::Null,
        })
    }

    fn count(&mut self) -> Result<u64, Fault> {
        match self.value()? {
            Value::Integer(count) => Ok(count.unsigned_abs()),
            _ => Err(broken()),
        }
    }

    fn sized(&mut self) -> Result<&[u8], Fault> {
        let length = u32::from_le_bytes(self.array()?) as usize;
        let (sized, rest) = self.0.split_at_checked(length).ok_or_else(broken)?;
        self.0 = rest;
        Ok(sized)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (array, rest) = self.0.split_first_chunk().ok_or_else(broken)?;
        self.0 = rest;
        Ok(*array)
    }
}

fn broken() -> Fault {
    Fault("a row broke off".into())
}

/// What a JavaScript error says, for the log.
pub(super) fn describe(error: &JsValue) -> String {
    error
        .dyn_ref::<js_sys::Error>()
        .map_or_else(|| format!("{error:?}"), |error| String::from(error.message()))
}

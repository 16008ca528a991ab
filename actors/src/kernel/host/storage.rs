//! A Durable Object's SQLite as a [`Home`]: `transactionSync` and a cursor that can fail.
//!
//! The `worker` crate has no binding for `transactionSync`, and binds a cursor's methods without
//! `catch`, so that an error while rows are read would end the whole instance. Both are declared
//! here. Rows are read to the end in one crossing.

use crate::kernel::sql::{Body, Fault, Home, INTEGER_MAX, Row, Sql, Value};
use js_sys::{Array, ArrayBuffer, Uint8Array, WebAssembly};
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

    #[wasm_bindgen(method, catch, variadic)]
    fn exec(this: &RawSql, statement: &str, params: &Array) -> Result<Cursor, JsValue>;

    #[wasm_bindgen(extends = js_sys::Object)]
    type Cursor;

    #[wasm_bindgen(method, getter, js_name = rowsRead)]
    fn rows_read(this: &Cursor) -> f64;

    #[wasm_bindgen(method, getter, js_name = rowsWritten)]
    fn rows_written(this: &Cursor) -> f64;

    #[wasm_bindgen(method, catch)]
    fn raw(this: &Cursor) -> Result<RawCursor, JsValue>;

    #[wasm_bindgen(extends = js_sys::Object)]
    type RawCursor;

    #[wasm_bindgen(method, catch, js_name = toArray)]
    fn to_array(this: &RawCursor) -> Result<Array, JsValue>;
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
            (None, Err(error)) => Err(Reject::internal(describe(&error))),
        }
    }

    fn forget(&self) -> Result<(), Reject> {
        // The database is empty as soon as this returns; as with an alarm, the output gate waits
        // for the promises.
        let deleted = self.storage.delete_alarm().and_then(|_| self.storage.delete_all());
        deleted.map(drop).map_err(|error| Reject::internal(describe(&error)))
    }
}

impl Sql for DurableHome {
    fn exec(&self, statement: &str, params: &[Value]) -> Result<Vec<Row>, Fault> {
        let bound = Array::new_with_length(params.len() as u32);
        for (index, value) in (0..).zip(params) {
            bound.set(index, bind(value)?);
        }
        let cursor = self.sql.exec(statement, &bound).map_err(|error| Fault(describe(&error)))?;
        let rows = cursor.raw().and_then(|raw| raw.to_array());
        let rows = rows.map_err(|error| Fault(describe(&error)))?;
        if let Some(Price { read, written }) = self.meter.get() {
            // A cursor has counted all once it is read to its end.
            let read = read + cursor.rows_read() as u64;
            let written = written + cursor.rows_written() as u64;
            self.meter.set(Some(Price { read, written }));
        }
        Ok(rows.iter().map(read).collect())
    }

    fn set_alarm(&self, at: Millis) -> Result<(), Fault> {
        // The promise needs no await: the output gate holds every reply until it is durable.
        self.storage.set_alarm(at as f64).map(drop).map_err(|error| Fault(describe(&error)))
    }
}

fn bind(value: &Value) -> Result<JsValue, Fault> {
    Ok(match value {
        Value::Null => JsValue::NULL,
        Value::Integer(value) if value.unsigned_abs() > INTEGER_MAX.unsigned_abs() => {
            return Err(Fault(format!("{value} does not survive JavaScript")));
        }
        Value::Integer(value) => JsValue::from_f64(*value as f64),
        Value::Real(value) => JsValue::from_f64(*value),
        Value::Text(value) => JsValue::from_str(value),
        Value::Blob(value) => Uint8Array::from(&value[..]).into(),
    })
}

fn read(row: JsValue) -> Row {
    Row(Array::unchecked_from_js(row).iter().map(|value| column(&value)).collect())
}

fn column(value: &JsValue) -> Value {
    if let Some(number) = value.as_f64() {
        let whole = number.fract() == 0.0 && number.abs() <= INTEGER_MAX as f64;
        return if whole { Value::Integer(number as i64) } else { Value::Real(number) };
    }
    if let Some(text) = value.as_string() {
        return Value::Text(text);
    }
    match value.dyn_ref::<ArrayBuffer>() {
        Some(buffer) => Value::Blob(Uint8Array::new(buffer).to_vec()),
        None => Value::Null,
    }
}

/// What a JavaScript error says, for the log.
pub(super) fn describe(error: &JsValue) -> String {
    error
        .dyn_ref::<js_sys::Error>()
        .map_or_else(|| format!("{error:?}"), |error| String::from(error.message()))
}

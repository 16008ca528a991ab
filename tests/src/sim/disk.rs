//! An object's storage with the places in it where the world can end.
//!
//! It stands between the engine and the native home, counts operations, and at the chosen one kills
//! the process, traps the wasm instance, or lets the statement fail. It adds no roll-back of its
//! own: what the kernel's transaction does not undo stays, as on workerd (M1, M2).

use super::shelf::{self, Storage};
use actors::kernel::native::Native;
use actors::kernel::sql::Body;
use actors::kernel::{Fault, Home, Row, Sql, Value};
use schema::{Millis, Reject};
use std::cell::Cell;
use std::panic::resume_unwind;

/// What happens at the chosen operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// The process dies: everything of this turn that was not committed is gone.
    Kill,
    /// The code panics: what was written outside a transaction stays.
    Trap,
    /// The statement fails.
    Error,
}

/// What a kill or a trap unwinds with.
#[derive(Debug)]
pub struct Struck(pub Blow);

/// The storage of one turn.
pub struct Disk<'a> {
    native: &'a Native,
    is_shelved: bool,
    left: Cell<Option<u32>>,
    blow: Blow,
    operations: Cell<u32>,
    struck: Cell<bool>,
}

impl<'a> Disk<'a> {
    /// Storage where `blow` strikes at operation `at` (from 0), or never.
    #[must_use]
    pub const fn new(storage: &'a Storage, at: Option<u32>, blow: Blow) -> Self {
        Self {
            native: storage.native(),
            is_shelved: storage.is_shelved(),
            left: Cell::new(at),
            blow,
            operations: Cell::new(0),
            struck: Cell::new(false),
        }
    }

    /// Takes the alarm out, as the platform does when one fires that was set for `at`.
    pub fn ring(&self, at: Millis) {
        self.native.ring(Some(at));
    }

    /// How many operations there were.
    #[must_use]
    pub const fn operations(&self) -> u32 {
        self.operations.get()
    }

    /// Whether the blow has struck.
    #[must_use]
    pub const fn struck(&self) -> bool {
        self.struck.get()
    }

    fn before(&self) -> Result<(), Fault> {
        self.operations.set(self.operations.get() + 1);
        match self.left.get() {
            None => Ok(()),
            Some(0) => {
                self.left.set(None);
                self.struck.set(true);
                match self.blow {
                    Blow::Error => Err(Fault("the disk failed".into())),
                    blow => resume_unwind(Box::new(Struck(blow))),
                }
            }
            Some(left) => {
                self.left.set(Some(left - 1));
                Ok(())
            }
        }
    }
}

impl Home for Disk<'_> {
    fn transaction(&self, body: Body<'_>) -> Result<(), Reject> {
        self.native.transaction(&mut |_| body(self))
    }

    fn forget(&self) -> Result<(), Reject> {
        self.before()?;
        self.native.forget()
    }
}

impl Sql for Disk<'_> {
    fn exec(&self, statement: &str, params: &[Value]) -> Result<Vec<Row>, Fault> {
        self.before()?;
        if self.is_shelved
            && let Some(rows) = shelf::instead(self.native, statement)?
        {
            return Ok(rows);
        }
        self.native.exec(statement, params)
    }

    fn set_alarm(&self, at: Millis) -> Result<(), Fault> {
        self.before()?;
        self.native.set_alarm(at)
    }
}

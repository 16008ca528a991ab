//! Invariant 8: what is refused is refused with a reason, changes nothing and crashes nothing.

use super::log::text;
use crate::sim::clients::{Op, State};
use crate::sim::object::{Name, Object};
use crate::sim::plan::About;
use crate::sim::turns::Given;
use crate::sim::world::{Ask, Origin, Request, World, short};
use rusqlite::types::ValueRef;
use schema::{Answer, Code};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

const UNCHANGED: &str = "8 what is refused changes nothing";
/// One turn in so many is looked at even where nothing bad was asked.
const SAMPLE: u64 = 8;
/// The same in weeks of outreach, where a look at all that an object holds takes a hundred times as
/// long as a turn; nothing bad is asked there.
const WEEKS_SAMPLE: u64 = 256;

/// What an object's tables held before a turn.
pub type Before = Option<[u8; 32]>;

/// What is remembered between turns.
#[derive(Debug, Default)]
pub struct Unchanged {
    turns: u64,
    /// The tables of an object: its hash, and SQLite's count of changes at that time.
    hashes: BTreeMap<Name, ((u64, u64), [u8; 32])>,
}

impl World {
    /// Before a turn: looks at the tables where something may be refused.
    pub(in crate::sim) fn watch_refusals(&mut self, name: &Name, batch: &[Request]) -> Before {
        self.checks.unchanged.turns += 1;
        let bad = |request: &Request| match request.origin {
            Origin::Client(op) => self.clients.ops[op].about == About::Bad,
            _ => false,
        };
        let sample = if self.weeks.is_some() { WEEKS_SAMPLE } else { SAMPLE };
        let sampled = self.checks.unchanged.turns.is_multiple_of(sample);
        if !batch.iter().any(bad) && !sampled {
            return None;
        }
        // What wakes writes its alarm.
        self.object(name).is_awake().then(|| self.hash(name))?
    }

    /// After it: where all was refused, the tables are what they were.
    pub(in crate::sim) fn check_refusals(&mut self, name: &Name, given: &[Given], before: Before) {
        let refused = |given: &Given| matches!(given, Given::Answer(Answer::Rejected(_)));
        if before.is_none() || !given.iter().all(refused) {
            return;
        }
        let after = self.hash(name);
        if after != before {
            self.violate(UNCHANGED, format!("{}: a refusal changed its tables", short(name)));
        }
    }

    fn hash(&mut self, name: &Name) -> Before {
        self.bring(name);
        let object = self.objects.get(name)?;
        let changes = object.storage.changes();
        let known = self.checks.unchanged.hashes.get(name);
        if let Some((at, hash)) = known
            && *at == changes
        {
            return Some(*hash);
        }
        match hash_of(object) {
            Ok(hash) => {
                self.checks.unchanged.hashes.insert(name.clone(), (changes, hash));
                Some(hash)
            }
            Err(error) => {
                self.violate(UNCHANGED, error);
                None
            }
        }
    }

    /// A client was answered to something bad.
    pub(in crate::sim) fn check_bad(&mut self, id: usize, op: &Op) {
        match &op.state {
            State::Refused(reject) if reject.code.status() < 500 && !reject.message.is_empty() => {}
            State::Abandoned | State::Waiting => {}
            // A key is forgotten after a day, and a clock may have jumped.
            _ if op.key.is_some() && self.clock.latest() > op.since + 20 * 3_600_000 => {}
            other => {
                let text = format!("op {id} {} was to be refused: {other:?}", op.json);
                self.violate("8 bad input is refused with a reason", text);
            }
        }
    }

    /// An answer leaves: it is never a defect.
    pub(super) fn check_defect(&mut self, from: &Name, request: &Request, answer: &Answer) {
        let Answer::Rejected(reject) = answer else { return };
        let excused = self.object(from).struck_quietly();
        if reject.code == Code::Internal && !excused {
            let ask = match (&request.ask, &request.origin) {
                (_, Origin::Client(op)) => self.clients.ops[*op].json.clone(),
                (Ask::Call(bytes), _) => format!("{} bytes", bytes.len()),
                _ => String::new(),
            };
            let text = format!("{} to {ask}: {}", short(from), reject.message);
            self.violate("8 nothing crashes", text);
        }
    }
}

/// A hash of all that an object's tables hold, the armed alarm aside.
fn hash_of(object: &Object) -> Result<[u8; 32], String> {
    let connection = object.storage.connection();
    let mut names = connection
        .prepare_cached(
            "select name from sqlite_schema where type = 'table' and rootpage > 0 order by name",
        )
        .map_err(text)?;
    let names: Result<Vec<String>, _> =
        names.query_map([], |row| row.get(0)).map_err(text)?.collect();
    let mut hash = Sha256::new();
    for name in names.map_err(text)? {
        let columns = if name == "head" { "instance, seq, clock" } else { "*" };
        let select = format!("select {columns} from {name}");
        let mut rows = connection.prepare_cached(&select).map_err(text)?;
        let count = rows.column_count();
        let mut rows = rows.query([]).map_err(text)?;
        hash.update(name.as_bytes());
        while let Some(row) = rows.next().map_err(text)? {
            for column in 0..count {
                match row.get_ref(column).map_err(text)? {
                    ValueRef::Null => hash.update([0]),
                    ValueRef::Integer(value) => hash.update(value.to_le_bytes()),
                    ValueRef::Real(value) => hash.update(value.to_le_bytes()),
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                        hash.update(bytes.len().to_le_bytes());
                        hash.update(bytes);
                    }
                }
            }
        }
    }
    Ok(hash.finalize().into())
}

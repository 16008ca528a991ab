//! Every answer that leaves an object: the same key gets the same bytes, and nothing private is in
//! it.

use crate::sim::clients::{Op, name_of};
use crate::sim::object::Name;
use crate::sim::world::{Ask, Request, World, short};
use schema::{Answer, Caller, Code, Envelope, Millis};
use std::collections::BTreeMap;

const SAME: &str = "1 the same key gets the same answer";
/// How long an answer is surely still known.
const KEPT_MS: Millis = 23 * 60 * 60 * 1000;

/// How the names of commands begin that make something, or send something.
const MAKES: [&str; 4] = ["create", "postComment", "scheduleComment", "register"];

/// The answers that were given under keys.
#[derive(Debug, Default)]
pub struct Answers {
    known: BTreeMap<(Name, String), Known>,
}

#[derive(Debug)]
struct Known {
    command: Vec<u8>,
    json: Vec<u8>,
    at: Millis,
}

impl World {
    /// An answer leaves an object.
    pub(in crate::sim) fn check_answer(&mut self, from: &Name, request: &Request, answer: &Answer) {
        self.check_defect(from, request, answer);
        let Ask::Call(bytes) = &request.ask else { return };
        let Ok(envelope) = Envelope::decode(bytes) else { return };
        match answer {
            Answer::Done { json, .. } => {
                // The gateway compares the hash, and shows it to nobody; what operators keep is of
                // all tenants.
                let is_compared = name_of(&envelope.command).as_deref() == Some("beginLogin");
                if !is_compared && envelope.principal.caller != Caller::Operator {
                    self.check_secrets(from, "answer", json);
                }
            }
            Answer::Rejected(reject) => {
                let text = format!("{} {:?}", reject.message, reject.details);
                self.check_secrets(from, "refusal", text.as_bytes());
            }
        }
        if !envelope.kernel {
            if matches!(answer, Answer::Done { .. }) {
                self.done.extend(name_of(&envelope.command).map(|name| (from.0, name)));
            }
            self.outside_hears(from, &envelope, answer);
            self.check_texts(from, &envelope, answer);
        }
        // There the oracle stands alone: it sees what leaves, and nothing else.
        if !envelope.kernel && self.weeks.is_none() {
            self.check_slot(from, &envelope, answer);
            self.check_cell(from, &envelope, answer);
            self.check_prospect(from, &envelope, answer);
            self.check_reported(from, &envelope, answer);
            self.note_opt_out(from, &envelope);
        }
        if let Some(key) = &envelope.key {
            let scope = envelope.principal.key_scope();
            let kept = self.kept_since(from, &scope, key, &envelope.command);
            let mut key = format!("{scope}:{key}");
            if envelope.principal.is_visitor() {
                // Visitors are not told apart: another's command under the same key is another.
                key.push_str(&String::from_utf8_lossy(&envelope.command));
            }
            self.check_key((from.clone(), key), envelope.command, (answer, kept));
        }
    }

    /// Whether an operation was given an answer that is kept.
    #[must_use]
    pub fn was_kept(&self, op: &Op) -> bool {
        let Some(key) = &op.key else { return false };
        let key = format!("{}:{key}", op.principal.key_scope());
        self.checks.answers.known.contains_key(&(op.to.clone(), key))
    }

    /// Since when an answer is owed to who asks again under this key: something was done. What
    /// makes something does; of the rest the object's own table says so. What was asked again has
    /// the time at which it was done.
    fn kept_since(&self, from: &Name, scope: &str, key: &str, command: &[u8]) -> Option<Millis> {
        let makes = |name: String| MAKES.iter().any(|start| name.starts_with(start));
        let object = self.objects.get(from)?;
        // A visitor's key has the command's hash in its middle.
        let sql = match scope {
            "v" => {
                "select min(at) from idempotency where substr(key, 1, length(?1)) = ?1
                    and substr(key, -length(?2)) = ?2"
            }
            _ => "select at from idempotency where key = ?1 || substr(?2, 2)",
        };
        let kept = object.storage.connection().prepare_cached(sql).ok();
        let at = kept.and_then(|mut kept| {
            kept.query_row((format!("{scope}:"), format!(":{key}")), |row| row.get(0)).ok()?
        });
        at.or_else(|| name_of(command).is_some_and(makes).then(|| self.clock.wall()))
    }

    fn check_key(
        &mut self,
        key: (Name, String),
        command: Vec<u8>,
        (answer, kept): (&Answer, Option<Millis>),
    ) {
        let from = &key.0;
        let now = self.clock.latest();
        let known = self.checks.answers.known.get(&key).filter(|known| now - known.at < KEPT_MS);
        match (known, answer) {
            (Some(known), Answer::Done { json, .. }) => {
                if known.command != command {
                    let text = format!("{}: {} answered another command", short(from), key.1);
                    self.violate(SAME, text);
                } else if known.json != *json {
                    let text = format!(
                        "{}: {} got {} and then {}",
                        short(from),
                        key.1,
                        String::from_utf8_lossy(&known.json),
                        String::from_utf8_lossy(json)
                    );
                    self.violate(SAME, text);
                }
            }
            (Some(_), Answer::Rejected(reject)) if reject.code == Code::KeyReused => {
                self.mark("key reused");
            }
            (None, Answer::Done { json, .. }) => {
                let known = kept.map(|at| Known { command, json: json.clone(), at });
                self.checks.answers.known.extend(known.map(|known| (key, known)));
            }
            _ => {}
        }
    }
}

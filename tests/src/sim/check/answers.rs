//! Every answer that leaves an object: the same key gets the same bytes, and nothing private is in
//! it.

use crate::sim::clients::name_of;
use crate::sim::object::Name;
use crate::sim::world::{Ask, Request, World, short};
use schema::{Answer, Code, Envelope, Millis};
use std::collections::BTreeMap;

const SAME: &str = "1 the same key gets the same answer";
/// How long an answer is surely still known.
const KEPT_MS: Millis = 23 * 60 * 60 * 1000;

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
                // The gateway compares the hash, and shows it to nobody.
                if name_of(&envelope.command).as_deref() != Some("beginLogin") {
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
            self.check_slot(from, &envelope, answer);
            self.check_cell(from, &envelope, answer);
            self.check_prospect(from, &envelope, answer);
        }
        if let Some(key) = &envelope.key {
            let key = (from.clone(), format!("{}:{key}", envelope.principal.key_scope()));
            self.check_key(from, key, envelope.command, answer);
        }
    }

    fn check_key(&mut self, from: &Name, key: (Name, String), command: Vec<u8>, answer: &Answer) {
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
                let at = self.clock.wall();
                let known = Known { command, json: json.clone(), at };
                self.checks.answers.known.insert(key, known);
            }
            _ => {}
        }
    }
}

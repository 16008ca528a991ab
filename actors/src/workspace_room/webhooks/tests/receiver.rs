//! A desk with a webhook, and the server behind it.

use crate::kernel::{Effect, Outcome, PostFate, PostJob, Posted};
use crate::workspace_room::tests::desk::{Desk, text};
use schema::{Code, Principal};
use serde_json::{Value, json};

/// What the server says.
#[derive(Debug, Clone)]
pub enum Says {
    Status(u16),
    Later(u16, i64),
    Nothing,
}

pub struct Receiver {
    pub desk: Desk,
    pub webhook: String,
    /// The requests that arrived: id and body.
    pub got: Vec<(String, Value)>,
    pub says: Says,
}

/// As many bytes as a sealed secret has.
pub fn sealed(byte: u8) -> Vec<u8> {
    vec![byte; 61]
}

impl Receiver {
    pub fn of(kinds: &[&str]) -> Self {
        let desk = Desk::open();
        let says = Says::Status(204);
        let mut receiver = Self { desk, webhook: String::new(), got: Vec::new(), says };
        receiver.webhook = receiver.create(kinds);
        receiver
    }

    pub fn create(&mut self, kinds: &[&str]) -> String {
        let command = json!({ "createWebhook": {
            "url": "https://hooks.example.com/in?key=hunter2", "kinds": kinds,
            "sealedSecret": sealed(1),
        }});
        text(&self.ask(&command)["id"])
    }

    pub fn owner(&self) -> Principal {
        self.desk.owner.principal.clone()
    }

    pub fn ask(&mut self, command: &Value) -> Value {
        let owner = self.owner();
        self.desk.ask_as(&owner, command).unwrap_or_else(|no| panic!("{command}: {no:?}"))
    }

    pub fn refused(&mut self, command: &Value) -> Code {
        let owner = self.owner();
        self.desk.refused_as(&owner, command).0
    }

    /// Does one of the webhook's own commands.
    pub fn act(&mut self, verb: &str, more: Value) -> Value {
        let mut input = more;
        input["webhookId"] = self.webhook.clone().into();
        self.ask(&json!({ verb: input }))
    }

    pub fn get(&mut self) -> Value {
        self.act("getWebhook", json!({}))
    }

    pub fn deliveries(&mut self) -> Vec<Value> {
        let page = self.act("listDeliveries", json!({}));
        page["items"].as_array().expect("a page").clone()
    }

    /// Makes the requests that are to be made now; tells how many.
    pub fn run(&mut self) -> usize {
        let before = self.got.len();
        let (got, says) = (&mut self.got, self.says.clone());
        self.desk.room.drain(|_, effect| match effect {
            Effect::Post(jobs) => {
                let post = |job: &PostJob| {
                    let body = serde_json::from_slice(&job.body).expect("JSON");
                    got.push((job.id.clone(), body));
                    answered(job, &says)
                };
                Outcome::Posted(jobs.iter().map(post).collect())
            }
            other => panic!("{other:?}"),
        });
        self.got.len() - before
    }

    /// Moves the clock, does what is due by then, and makes the requests; tells how many.
    pub fn pass(&mut self, millis: i64) -> usize {
        self.desk.pass(millis);
        self.run()
    }

    /// The types and numbers that have arrived.
    pub fn told(&self) -> Vec<(String, i64)> {
        let of = |body: &Value| (text(&body["type"]), body["number"].as_i64().expect("a number"));
        self.got.iter().map(|(_, body)| of(body)).collect()
    }
}

/// What comes of a request to a server that says this.
pub fn answered(job: &PostJob, says: &Says) -> Posted {
    Posted { id: job.id.clone(), asked_at: job.asked_at, fate: fate(says), took_ms: 12 }
}

fn fate(says: &Says) -> PostFate {
    match says {
        Says::Status(status) => {
            PostFate::Answered { status: *status, answer: "ok\n".into(), retry_after_ms: None }
        }
        Says::Later(status, after) => PostFate::Answered {
            status: *status,
            answer: String::new(),
            retry_after_ms: Some(*after),
        },
        Says::Nothing => PostFate::Unanswered { why: "no answer in time".into() },
    }
}

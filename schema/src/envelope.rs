//! What travels between gateway and actors, and between actors: one envelope in, one answer out.
//!
//! Both are MessagePack with named fields. Readers ignore fields they do not know, because gateway
//! and actors are deployed at different moments. The command stands inside as JSON text of its own:
//! its hash (for the idempotency key) is the hash of exactly what was asked, and the one reader of
//! JSON serves HTTP, WebSocket and RPC (a second one, for MessagePack, made the Worker a third
//! larger).

use crate::codec::{read_msgpack, read_reply, to_json};
use crate::principal::Principal;
use crate::reject::{Code, Reject};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The envelope version that this build writes and reads.
pub const VERSION: u8 = 1;

/// The classes of actors, as the gateway's bindings and the outbox name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ActorKind {
    /// One per workspace.
    WorkspaceRoom,
    /// One per inbox.
    InboxState,
    /// One per inbox.
    WarmupCounter,
    /// One per limited thing.
    RateLimiter,
    /// One per prospect identity.
    ProspectDedup,
}

impl ActorKind {
    /// The Worker binding of this class.
    #[must_use]
    pub const fn binding(self) -> &'static str {
        match self {
            Self::WorkspaceRoom => "WORKSPACE_ROOM",
            Self::InboxState => "INBOX_STATE",
            Self::WarmupCounter => "WARMUP_COUNTER",
            Self::RateLimiter => "RATE_LIMITER",
            Self::ProspectDedup => "PROSPECT_DEDUP",
        }
    }
}

/// A command on its way to an actor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Envelope version.
    pub v: u8,
    /// The name of the instance that the command is for; an actor learns its own name from it.
    pub instance: String,
    /// Who asks.
    pub principal: Principal,
    /// Idempotency key: the same key gets the same answer for 24 hours.
    #[serde(default)]
    pub key: Option<String>,
    /// Names the request in logs and answers.
    #[serde(default)]
    pub request_id: String,
    /// The client's address on the Internet, where a client asks over HTTP.
    #[serde(default)]
    pub address: Option<String>,
    /// Whether the command is a [`KernelCommand`].
    #[serde(default)]
    pub kernel: bool,
    /// Whether the answer is to say what it cost. The room goes by its workspace's settings.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub price: bool,
    /// The actor's command, as JSON text.
    #[serde(with = "serde_bytes")]
    pub command: Vec<u8>,
}

impl Envelope {
    /// Wraps a command.
    #[must_use]
    pub fn new<C: Serialize>(
        instance: impl Into<String>,
        principal: Principal,
        key: Option<String>,
        command: &C,
    ) -> Self {
        Self {
            v: VERSION,
            instance: instance.into(),
            principal,
            key,
            request_id: String::new(),
            address: None,
            kernel: false,
            price: false,
            command: to_json(command),
        }
    }

    /// Wraps a command that every actor understands.
    #[must_use]
    pub fn kernel(
        instance: impl Into<String>,
        principal: Principal,
        command: &KernelCommand,
    ) -> Self {
        Self { kernel: true, ..Self::new(instance, principal, None, command) }
    }

    /// The bytes that travel.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        pack(self)
    }

    /// Reads an envelope.
    ///
    /// # Errors
    /// `bad_request` where the bytes are no envelope, or one of a version this build cannot read.
    pub fn decode(bytes: &[u8]) -> Result<Self, Reject> {
        let bad = |why: String| Reject::new(Code::BadRequest, why);
        let envelope: Self = read_msgpack(bytes)
            .map_err(|error| bad(format!("not an envelope: {}", error.message)))?;
        if envelope.v != VERSION {
            return Err(bad(format!("envelope version {} is not {VERSION}", envelope.v)));
        }
        Ok(envelope)
    }
}

/// What a call cost: rows of the actor's storage, of its indexes too where they are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Rows that were read.
    pub read: u64,
    /// Rows that were written.
    pub written: u64,
}

/// What an actor says to an envelope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// Done: the reply as JSON text, in the shape that the HTTP client gets under `data`.
    Done {
        /// JSON text.
        #[serde(with = "serde_bytes")]
        json: Vec<u8>,
        /// Whether this is the stored answer to an earlier request with the same key.
        #[serde(default)]
        replayed: bool,
    },
    /// Refused; nothing was changed.
    Rejected(Reject),
}

impl Answer {
    /// The bytes that travel.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        pack(self)
    }

    /// The bytes that travel where whoever asked is told the price: it stands before the answer.
    #[must_use]
    pub fn encode_priced(&self, price: Price) -> Vec<u8> {
        pack(&(price, self))
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// `internal` where the bytes are no answer.
    pub fn decode(bytes: &[u8]) -> Result<Self, Reject> {
        read(bytes)
    }

    /// Reads an answer, and its price where one stands before it.
    ///
    /// # Errors
    /// `internal` where the bytes are no answer.
    pub fn decode_priced(bytes: &[u8]) -> Result<(Self, Option<Price>), Reject> {
        // An answer is a map; with its price it is a list of two.
        if bytes.first() == Some(&LIST_OF_TWO) {
            return read(bytes).map(|(price, answer)| (answer, Some(price)));
        }
        Ok((read(bytes)?, None))
    }

    /// The reply as the type that the command promises.
    ///
    /// # Errors
    /// The refusal, or `internal` where the reply has another shape.
    pub fn reply<T: DeserializeOwned>(self) -> Result<T, Reject> {
        match self {
            Self::Rejected(reject) => Err(reject),
            Self::Done { json, .. } => read_reply(&json),
        }
    }
}

/// How MessagePack begins a list of two.
const LIST_OF_TWO: u8 = 0x92;

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Reject> {
    read_msgpack(bytes)
        .map_err(|error| Reject::internal(format!("not an answer: {}", error.message)))
}

/// MessagePack with named fields.
#[must_use]
pub fn pack<T: Serialize>(value: &T) -> Vec<u8> {
    rmp_serde::to_vec_named(value).expect("the wire types hold nothing that MessagePack cannot")
}

/// What every actor may be asked, whatever it is; for admins and for Postroom itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KernelCommand {
    /// Do what is due; arm the alarm again. For the watchdog.
    Wake,
    /// List the outbox entries that were given up.
    DeadEntries,
    /// Try the outbox entries that were given up once more.
    RetryDead,
    /// Write every D1 row of this object again.
    Summarise,
}

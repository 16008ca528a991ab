//! What travels over a WebSocket of a workspace's room.
//!
//! Frames are JSON objects with a `type`; a client that asked for `postroom.v1.msgpack` sends and
//! gets the same objects as MessagePack. The set of types is closed: anything else ends the
//! connection.

use crate::Millis;
use crate::ids::{AgentId, ConnectionId, TicketId, WorkspaceId};
use crate::principal::Principal;
use crate::room::notification::Notification;
use crate::view::View;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The longest frame that a client may send, in bytes.
pub const FRAME_BYTES_MAX: usize = 256 * 1024;

/// The subprotocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Codec {
    /// `postroom.v1.json`: text frames.
    Json,
    /// `postroom.v1.msgpack`: binary frames.
    Msgpack,
}

impl Codec {
    /// The subprotocol's name in `Sec-WebSocket-Protocol`.
    #[must_use]
    pub const fn subprotocol(self) -> &'static str {
        match self {
            Self::Json => "postroom.v1.json",
            Self::Msgpack => "postroom.v1.msgpack",
        }
    }
}

/// What the gateway hands to a room with a WebSocket upgrade.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Connect {
    /// The name of the room's instance.
    pub instance: String,
    /// The tenant that the client named.
    pub workspace: WorkspaceId,
    /// SHA-256 (hex) of the one-use ticket, where the client brought one.
    pub ticket_hash: Option<String>,
    /// The principal of a bearer token, where the client brought one.
    pub principal: Option<Principal>,
    /// The last event that the client has; absent for a client that starts from a snapshot's head.
    pub since: Option<i64>,
    /// How the client wants its frames.
    pub codec: Codec,
    /// What the client wants to see; nothing here is everything.
    #[serde(default)]
    pub views: Vec<View>,
    /// Where the client wants one answer and no connection.
    #[serde(default)]
    pub poll: Option<Poll>,
}

/// What a client without a WebSocket asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poll {
    /// How many events at most.
    pub limit: i64,
    /// Whether it waits for the next one where there is none.
    pub wait: bool,
}

/// The ticket that a connection shows to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Viewing {
    /// Which.
    pub ticket_id: TicketId,
    /// Until when, unless it is said again.
    pub until: Millis,
}

/// Who is at a ticket: looks at it, or has claimed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AtTicket {
    /// The agent.
    pub agent_id: AgentId,
    /// Which ticket.
    pub ticket_id: TicketId,
    /// Until when, unless it is said again.
    pub until: Millis,
}

/// The longest attachment that a socket may have here, in bytes.
pub const SEAT_BYTES_MAX: usize = 2_048;

/// What a room remembers of a connection while it sleeps; kept as the socket's attachment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// The connection.
    pub connection: ConnectionId,
    /// The name of the room's instance.
    pub instance: String,
    /// Who sits here, with the role as of now; checked against the room's rows at each command.
    pub principal: Principal,
    /// How the client wants its frames.
    pub codec: Codec,
    /// What the client wants to see; nothing here is everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub views: Vec<View>,
    /// The ticket that it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub viewing: Option<Viewing>,
    /// Whether it is no connection of a client but a request that waits for the next event.
    #[serde(default)]
    pub waits: bool,
}

/// A frame from a client; `C` is the room's command.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "C: Deserialize<'de>"))]
pub struct ClientFrame<C> {
    /// `command`, `subscribe`, `seen`, `viewing`, `typing` or `ping`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Of a `command` or `subscribe`: the client's id for it. Sent again, a command applies once.
    #[serde(default = "none")]
    pub id: Option<String>,
    /// Of a `command`: what to do.
    #[serde(default = "none")]
    pub command: Option<C>,
    /// Of `subscribe`: what to see from here on; an empty list is everything.
    #[serde(default = "none")]
    pub views: Option<Vec<View>>,
    /// Of `seen`: the number of the last event that the client has read.
    #[serde(default = "none")]
    pub seq: Option<i64>,
    /// Of `typing` and `viewing`: where.
    #[serde(default = "none")]
    pub ticket_id: Option<TicketId>,
    /// Of `typing`: started or stopped.
    #[serde(default = "none")]
    pub typing: Option<bool>,
    /// Of `viewing`: whether the ticket is shown, or no longer is. A connection shows one at a
    /// time.
    #[serde(default = "none")]
    pub viewing: Option<bool>,
}

const fn none<T>() -> Option<T> {
    None
}

/// A frame to a client.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame<'a> {
    /// The first frame of a connection.
    #[serde(rename_all = "camelCase")]
    Hello {
        /// This connection.
        connection_id: ConnectionId,
        /// The workspace.
        workspace_id: WorkspaceId,
        /// The agent that is connected.
        agent: &'a RawValue,
        /// The number of the last event.
        head: i64,
        /// The oldest event that can be replayed.
        oldest: i64,
        /// The room's time.
        now: Millis,
        /// The agents that are connected.
        online: Vec<AgentId>,
        /// Who looks at which ticket.
        viewing: Vec<AtTicket>,
        /// Who alone may answer which ticket: what comes after is told by events.
        claims: &'a [AtTicket],
    },
    /// The client's `since` cannot be served: fetch `GET /v1/snapshot`, then go on from its head.
    Reset {
        /// The number of the last event.
        head: i64,
        /// The oldest event that can be replayed.
        oldest: i64,
    },
    /// Events, in order: the answer to `since`, and then what happens. Among them stands
    /// `{"type":"advance","from":7,"seq":9}` for those with the numbers 7 to 9, which this
    /// connection may not see or did not ask for.
    Events {
        /// At least one.
        events: &'a [Box<RawValue>],
    },
    /// Everything up to `head` was sent; what follows is live.
    ReplayDone {
        /// The number of the last event.
        head: i64,
    },
    /// The answer to a `command` or `subscribe`.
    Ack {
        /// The client's id.
        id: &'a str,
        /// Whether it was done.
        success: bool,
        /// The reply.
        #[serde(skip_serializing_if = "Option::is_none")]
        data: Option<&'a RawValue>,
        /// The refusal.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<&'a crate::Reject>,
    },
    /// An agent came or went. Not an event: it may be lost.
    #[serde(rename_all = "camelCase")]
    Presence {
        /// The agent.
        agent_id: AgentId,
        /// Whether any connection of theirs is open.
        online: bool,
    },
    /// An agent types. Not an event: it may be lost.
    #[serde(rename_all = "camelCase")]
    Typing {
        /// The agent.
        agent_id: AgentId,
        /// Where.
        ticket_id: TicketId,
        /// Started or stopped.
        typing: bool,
        /// Until when, unless it is said again.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Millis>,
    },
    /// An agent looks at a ticket, or no longer does. Not an event: it may be lost.
    #[serde(rename_all = "camelCase")]
    Viewing {
        /// The agent.
        agent_id: AgentId,
        /// Which.
        ticket_id: TicketId,
        /// Whether they do.
        viewing: bool,
        /// Until when, unless it is said again.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Millis>,
    },
    /// The agent of this connection has a new notification, or has read some. Not an event: it may
    /// be lost; the list has them all.
    Notification {
        /// The notification, where it is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        notification: Option<&'a Notification>,
        /// How many are not read now.
        unread: i64,
    },
    /// The answer to `ping`.
    Pong {
        /// The room's time.
        now: Millis,
    },
    /// Why a frame was refused; unless it is `forbidden`, the connection is about to be closed.
    Error {
        /// The refusal.
        error: &'a crate::Reject,
    },
}

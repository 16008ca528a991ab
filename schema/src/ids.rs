//! Identifiers as types of their own, so that a ticket's id cannot stand where an agent's belongs.
//!
//! On the wire and in SQL an id is its lower-case hyphenated UUID text. Ids are UUIDv7 (ordered by
//! the time of their making) unless a type says otherwise.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// A text that is no id: wrong length, wrong alphabet, or not in the canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.hyphenated())
            }
        }

        #[cfg(feature = "openapi")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "format": "uuid" })
            }

            fn inline_schema() -> bool {
                true
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            /// Takes the canonical form only, so that one thing has one name.
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let id = Uuid::try_parse(text).map_err(|_| NotAnId)?;
                let mut buffer = Uuid::encode_buffer();
                if id.hyphenated().encode_lower(&mut buffer) != text {
                    return Err(NotAnId);
                }
                Ok(Self(id))
            }
        }
    };
}

id!(
    /// Names the secret that a relay signs with; it is made from it and from the deployment's key.
    DeliveryKeyId
);
id!(
    /// Names a campaign.
    CampaignId
);
id!(
    /// One tenant.
    WorkspaceId
);
id!(
    /// A person of the team.
    AgentId
);
id!(
    /// One log-in of one agent; lives until log-out or revocation.
    SessionId
);
id!(
    /// An invitation that was sent to a future agent.
    InvitationId
);
id!(
    /// A customer.
    UserId
);
id!(
    /// What a program calls with.
    ApiKeyId
);
id!(
    /// Something that an agent should look at.
    NotificationId
);
id!(
    /// The company that a user belongs to.
    CompanyId
);
id!(
    /// A group of agents that tickets can be given to.
    TeamId
);
id!(
    /// One time that two users became one.
    MergeId
);
id!(
    /// The definition of an attribute of users, companies or tickets.
    AttributeId
);
id!(
    /// A support conversation.
    TicketId
);
id!(
    /// What tickets are sorted by.
    CategoryId
);
id!(
    /// A status of the workspace's own.
    CustomStatusId
);
id!(
    /// Anything of the catalogue: a category, custom status, canned reply, signature, macro, view.
    ItemId
);
id!(
    /// A merge or split of tickets.
    MoveId
);
id!(
    /// An entry of a ticket.
    CommentId
);
id!(
    /// A file that came with a comment.
    AttachmentId
);
id!(
    /// Somebody else's server that is told of events.
    WebhookId
);
id!(
    /// A mailbox.
    InboxId
);
id!(
    /// One mail that an inbox was asked to send.
    SendId
);
id!(
    /// A person that outreach may write to. Not a UUIDv7: it is derived from the workspace and the
    /// prospect's identity, so that everybody who knows the identity finds the same actor.
    ProspectId
);
id!(
    /// A message of a queue that nobody could do anything with. Not a UUIDv7: it is made of the
    /// message's time and its name.
    DeadLetterId
);
id!(
    /// An entry of the deployment's suppression list.
    SuppressionId
);
id!(
    /// Somebody else's feed that prospects are read from.
    SourceId
);
id!(
    /// A file of prospects that is imported. Not a UUIDv7: it is made of its request's key.
    ProspectImportId
);
id!(
    /// One WebSocket connection.
    ConnectionId
);
id!(
    /// A rule: on an occasion, under conditions, it acts.
    AutomationId
);
id!(
    /// A named sequence of steps.
    WorkflowId
);
id!(
    /// One run of a workflow on a ticket.
    WorkflowRunId
);
id!(
    /// A promise about how soon tickets are answered and resolved.
    SlaPolicyId
);

//! Who may see what of the event log: for each type of event of a room, the permission that its
//! content needs.
//!
//! It is the permission that the same content needs over HTTP; what a workspace has set up (rules,
//! keys, webhooks, templates) is told to those alone who may change it. Whoever lacks it learns
//! that there was an event, by its number, and nothing else: over a WebSocket, in a replay, in a
//! long poll and in the list of what happened to a ticket. A type without a row fails a test.

use crate::principal::Permission;

/// Type and permission, sorted by type.
pub const AUDIENCE: &[(&str, Permission)] = &[
    // GET /v1/agents
    ("agent.changed", Permission::Read),
    ("agent.joined", Permission::Read),
    ("agent.password_changed", Permission::Read),
    // GET /v1/settings/ai
    ("aiSettings.changed", Permission::Read),
    // GET /v1/api-keys
    ("apiKey.created", Permission::Manage),
    ("apiKey.revoked", Permission::Manage),
    // GET /v1/attributes
    ("attribute.changed", Permission::Read),
    ("attribute.created", Permission::Read),
    ("attribute.deleted", Permission::Read),
    // What is set up is for those who set it up; what it did is for those whom it helps.
    ("automation.changed", Permission::Manage),
    ("automation.created", Permission::Manage),
    ("automation.deleted", Permission::Manage),
    ("automation.fired", Permission::Work),
    ("automation.reordered", Permission::Manage),
    ("automation.webhook", Permission::Work),
    ("businessHours.changed", Permission::Manage),
    // GET /v1/campaigns
    ("campaign.changed", Permission::Read),
    ("campaign.created", Permission::Read),
    ("campaign.enrolled", Permission::Read),
    // What a team prepares; what is one agent's own is in no event.
    ("cannedReply.changed", Permission::Read),
    ("cannedReply.created", Permission::Read),
    ("category.changed", Permission::Read),
    ("category.created", Permission::Read),
    // GET /v1/tickets/{ticketId}/comments
    ("comment.created", Permission::Read),
    ("comment.delivery", Permission::Read),
    // GET /v1/companies
    ("company.changed", Permission::Read),
    ("company.created", Permission::Read),
    ("company.deleted", Permission::Read),
    ("customStatus.changed", Permission::Read),
    ("customStatus.created", Permission::Read),
    // GET /v1/settings/free-mail
    ("freeMail.changed", Permission::Read),
    // GET /v1/invitations
    ("invitation.accepted", Permission::Manage),
    ("invitation.created", Permission::Manage),
    ("invitation.revoked", Permission::Manage),
    ("macro.changed", Permission::Read),
    ("macro.created", Permission::Read),
    // GET /v1/inboxes/{inboxId}/sends
    ("mail.bounced", Permission::Read),
    ("mail.complained", Permission::Read),
    // GET /v1/unparseable-mails
    ("mail.stopped", Permission::Read),
    ("mail.unparseable", Permission::Read),
    // GET /v1/inboxes/{inboxId}
    ("mailbox.recovered", Permission::Read),
    ("mailbox.stalled", Permission::Read),
    // What is set up, again.
    ("notificationTemplates.changed", Permission::Manage),
    // GET /v1/campaigns/{campaignId}/enrolments
    ("outreach.answered", Permission::Read),
    ("outreach.blocked", Permission::Read),
    ("outreach.finished", Permission::Read),
    ("outreach.sent", Permission::Read),
    ("outreach.stopped", Permission::Read),
    // GET /v1/campaigns/{campaignId}/texts
    ("outreach.written", Permission::Read),
    // GET /v1/settings/outreach
    ("outreachSettings.changed", Permission::Read),
    // GET /v1/scheduled-comments
    ("scheduledComment.cancelled", Permission::Read),
    ("scheduledComment.changed", Permission::Read),
    ("scheduledComment.created", Permission::Read),
    ("signature.changed", Permission::Read),
    ("signature.created", Permission::Read),
    // GET /v1/tickets/{ticketId}/sla
    ("sla.breached", Permission::Read),
    ("sla.warning", Permission::Read),
    ("slaPolicy.changed", Permission::Manage),
    ("slaPolicy.created", Permission::Manage),
    ("slaPolicy.deleted", Permission::Manage),
    ("slaPolicy.reordered", Permission::Manage),
    // GET /v1/sources
    ("source.changed", Permission::Manage),
    ("source.created", Permission::Manage),
    ("source.deleted", Permission::Manage),
    // GET /v1/teams
    ("team.changed", Permission::Read),
    ("team.created", Permission::Read),
    ("team.deleted", Permission::Read),
    // GET /v1/tickets
    ("ticket.changed", Permission::Read),
    ("ticket.claimed", Permission::Read),
    ("ticket.commentsMoved", Permission::Read),
    ("ticket.created", Permission::Read),
    ("ticket.deleted", Permission::Read),
    ("ticket.followed", Permission::Read),
    ("ticket.merged", Permission::Read),
    ("ticket.moveUndone", Permission::Read),
    ("ticket.read", Permission::Read),
    ("ticket.released", Permission::Read),
    ("ticket.reopened", Permission::Read),
    ("ticket.restored", Permission::Read),
    ("ticket.split", Permission::Read),
    ("ticket.unfollowed", Permission::Read),
    ("ticket.woken", Permission::Read),
    // GET /v1/users
    ("user.changed", Permission::Read),
    ("user.created", Permission::Read),
    ("user.erased", Permission::Read),
    ("user.merged", Permission::Read),
    ("user.unmerged", Permission::Read),
    ("view.changed", Permission::Read),
    ("view.created", Permission::Read),
    // GET /v1/webhooks
    ("webhook.changed", Permission::Manage),
    ("webhook.created", Permission::Manage),
    ("webhook.deleted", Permission::Manage),
    ("webhook.disabled", Permission::Manage),
    ("webhook.tested", Permission::Manage),
    ("workflow.changed", Permission::Manage),
    ("workflow.created", Permission::Manage),
    ("workflow.deleted", Permission::Manage),
    ("workflow.ended", Permission::Work),
    ("workflow.started", Permission::Work),
    // GET /v1/workspace
    ("workspace.changed", Permission::Read),
    ("workspace.created", Permission::Read),
    ("workspace.imported", Permission::Read),
];

/// The permission that the content of events of a type needs; none for a type that nobody has
/// decided on.
#[must_use]
pub fn of(kind: &str) -> Option<Permission> {
    let at = AUDIENCE.binary_search_by(|(known, _)| (*known).cmp(kind)).ok()?;
    Some(AUDIENCE[at].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_and_what_has_none_is_not() {
        assert!(AUDIENCE.is_sorted_by(|(one, _), (other, _)| one < other), "sorted, each once");
        for (kind, permission) in AUDIENCE {
            assert_eq!(of(kind), Some(*permission));
        }
        assert_eq!(of("invitation.created"), Some(Permission::Manage));
        for kind in ["", "invitation", "invitation.", "ticket.create", "zzz.created"] {
            assert_eq!(of(kind), None, "{kind}");
        }
    }
}

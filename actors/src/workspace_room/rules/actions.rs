//! Actions: whether they make sense, and what they do.
//!
//! Actions are done one after the other. One that cannot be done is refused and leaves nothing; the
//! others go on. Changes of fields that follow each other are one change of the ticket.

use super::{turns, workflows};
use crate::kernel::Ctx;
use crate::workspace_room::access::store::agents;
use crate::workspace_room::catalogue::{self, Item, Kind, categories, macros, render, statuses};
use crate::workspace_room::comments::{self, Draft};
use crate::workspace_room::notifications::{self, News};
use crate::workspace_room::store::comments as spoken;
use crate::workspace_room::{changes, status, teams, tickets};
use schema::event::By;
use schema::ids::{AgentId, CommentId, ItemId, TeamId};
use schema::room::automation::{
    ACTIONS_MAX, Action, ActionOutcome, ActionResult, AutomationWebhook, WEBHOOK_NAME_CHARS_MAX,
};
use schema::room::catalogue::MacroActions;
use schema::room::comment::Visibility;
use schema::room::notification::{NOTICE_AGENTS_MAX, NOTICE_CHARS_MAX, Notice, NotificationKind};
use schema::room::ticket::{Status, TAGS_MAX, Ticket, TicketChange};
use schema::sort::SortSmall;
use schema::{Code, Reject, check};

/// Whether anything is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It is.
    Real,
    /// Nothing is: the actions only say what they would do.
    Dry,
}

/// Checks a list of actions, and brings it into the form that is kept.
///
/// # Errors
/// `invalid_input`, `too_large`.
pub fn check(ctx: &Ctx<'_>, actions: &[Action]) -> Result<Vec<Action>, Reject> {
    let actions = shape(actions)?;
    actions.iter().try_for_each(|action| check_named(ctx, action))?;
    Ok(actions)
}

/// The same, whether or not what the actions name is there.
///
/// # Errors
/// `invalid_input`, `too_large`.
pub fn shape(actions: &[Action]) -> Result<Vec<Action>, Reject> {
    check::items("actions", actions, ACTIONS_MAX)?;
    if actions.is_empty() {
        return Err(Reject::field("actions", "must not be empty"));
    }
    actions.iter().map(shape_one).collect()
}

/// Checks one action, whether or not what it names is there, and brings it into the form that is
/// kept.
///
/// # Errors
/// `invalid_input`, `too_large`.
pub fn shape_one(action: &Action) -> Result<Action, Reject> {
    let mut action = action.clone();
    match &mut action {
        Action::AddTags(tags) | Action::RemoveTags(tags) => {
            *tags = tickets::tags(tags)?;
            if tags.is_empty() {
                return Err(Reject::field("tags", "must not be empty"));
            }
        }
        Action::Reply(words) | Action::Note(words) => words.body = comments::body(&words.body)?,
        Action::Webhook(call) => {
            call.name = check::line("name", &call.name, WEBHOOK_NAME_CHARS_MAX)?;
        }
        Action::Notify(notice) => shape_notice(notice)?,
        _ => {}
    }
    Ok(action)
}

/// Refuses an action that names what the workspace does not have.
///
/// # Errors
/// `invalid_input` naming the field.
pub fn check_named(ctx: &Ctx<'_>, action: &Action) -> Result<(), Reject> {
    match action {
        Action::AssignAgent(agent) => tickets::check_assignee(ctx, *agent),
        Action::AssignNext(next) => {
            next.team_id.map_or(Ok(()), |team| teams::check_named(ctx, "teamId", team))
        }
        Action::Notify(notice) => check_notice(ctx, notice),
        Action::StartWorkflow(id) => workflows::check_named(ctx, *id),
        Action::AssignTeam(id) => teams::check_named(ctx, "assignTeam", *id),
        Action::SetCategory(id) => categories::check_usable(ctx, *id),
        Action::SetCustomStatus(id) => statuses::status_of(ctx, *id).map(drop),
        Action::CannedReply(id) => prepared("cannedReply", ctx, Kind::Canned, *id).map(drop),
        Action::Macro(id) => macro_of(ctx, *id).map(drop),
        Action::AddTags(_)
        | Action::RemoveTags(_)
        | Action::Reply(_)
        | Action::Note(_)
        | Action::Webhook(_)
        | Action::Unassign(_)
        | Action::SetStatus(_)
        | Action::SetPriority(_) => Ok(()),
    }
}

/// What was prepared for all or for a team, and can be used.
fn prepared(field: &str, ctx: &Ctx<'_>, kind: Kind, id: ItemId) -> Result<Item, Reject> {
    catalogue::store::find(ctx.sql, kind, id)?
        .filter(|item| item.agent.is_none() && !item.archived)
        .ok_or_else(|| {
            let noun = kind.noun();
            Reject::field(field, format!("must be a {noun} that is nobody's own and not archived"))
        })
}

fn macro_of(ctx: &Ctx<'_>, id: ItemId) -> Result<MacroActions, Reject> {
    let actions = macros::actions(&prepared("macro", ctx, Kind::Macro, id)?)?;
    if actions.assign_to_me {
        return Err(Reject::field("macro", "assigns to whoever applies it: that is for agents"));
    }
    Ok(actions)
}

fn shape_notice(notice: &mut Notice) -> Result<(), Reject> {
    notice.text = check::text("text", &notice.text, NOTICE_CHARS_MAX)?;
    check::items("agentIds", &notice.agent_ids, NOTICE_AGENTS_MAX)?;
    if !notice.assignee && notice.agent_ids.is_empty() && notice.team_id.is_none() {
        return Err(Reject::field("notify", "must name the assignee, agents or a team"));
    }
    Ok(())
}

fn check_notice(ctx: &Ctx<'_>, notice: &Notice) -> Result<(), Reject> {
    for agent in &notice.agent_ids {
        if agents::find(ctx.sql, *agent)?.is_none_or(|known| !known.agent.active) {
            return Err(Reject::field("agentIds", "must be active agents"));
        }
    }
    notice.team_id.map_or(Ok(()), |team| teams::check_named(ctx, "teamId", team))
}

/// Somebody at work on one ticket, for a rule or a workflow.
#[derive(Debug)]
pub struct Doer<'r> {
    mode: Mode,
    /// What the rule or workflow is called.
    rule: &'r str,
    /// The ticket as it is stored.
    stored: Ticket,
    /// The ticket as it will be.
    working: Ticket,
}

type Done = (ActionOutcome, String);

fn done(detail: impl Into<String>) -> Result<Done, Reject> {
    Ok((ActionOutcome::Done, detail.into()))
}

fn unneeded(detail: impl Into<String>) -> Result<Done, Reject> {
    Ok((ActionOutcome::Unneeded, detail.into()))
}

impl<'r> Doer<'r> {
    /// Begins with a ticket as it is stored.
    #[must_use]
    pub fn new(mode: Mode, rule: &'r str, ticket: Ticket) -> Self {
        Self { mode, rule, working: ticket.clone(), stored: ticket }
    }

    /// The ticket as it will be.
    #[must_use]
    pub const fn ticket(&self) -> &Ticket {
        &self.working
    }

    /// Does an action, or says why not.
    ///
    /// # Errors
    /// A storage fault.
    pub fn act(&mut self, ctx: &mut Ctx<'_>, action: &Action) -> Result<ActionResult, Reject> {
        let (outcome, detail) = match self.try_act(ctx, action) {
            Ok(done) => done,
            Err(reject) if matches!(reject.code, Code::Internal | Code::Unavailable) => {
                return Err(reject);
            }
            Err(reject) => (ActionOutcome::Refused, reject.message),
        };
        Ok(ActionResult { action: action.as_str().into(), outcome, detail })
    }

    /// Ends: what changed is saved. Gives the ticket as it is now, or would be.
    ///
    /// # Errors
    /// A storage fault.
    pub fn finish(mut self, ctx: &mut Ctx<'_>) -> Result<Ticket, Reject> {
        self.save(ctx)?;
        Ok(self.working)
    }

    fn save(&mut self, ctx: &mut Ctx<'_>) -> Result<(), Reject> {
        if self.mode == Mode::Real && self.working != self.stored {
            let saved = tickets::save(ctx, &By::System, &self.stored, self.working.clone())?;
            (self.stored, self.working) = (saved.clone(), saved);
        }
        Ok(())
    }

    fn try_act(&mut self, ctx: &mut Ctx<'_>, action: &Action) -> Result<Done, Reject> {
        match action {
            Action::AssignAgent(agent) => {
                tickets::check_assignee(ctx, *agent)?;
                self.assign(Some(*agent))
            }
            Action::AssignNext(next) => {
                let agent = turns::next(ctx, next.team_id, next.by)?;
                self.assign_next(ctx, next.team_id, agent)
            }
            Action::Unassign(_) => self.assign(None),
            Action::AddTags(tags) => self.add_tags(tags),
            Action::RemoveTags(tags) => {
                let before = self.working.tags.len();
                self.working.tags.retain(|tag| !tags.contains(tag));
                let gone = before - self.working.tags.len();
                if gone > 0 { done(format!("{gone} removed")) } else { unneeded("none is there") }
            }
            Action::SetStatus(to) => {
                let from = self.working.status;
                if from == *to {
                    return unneeded(format!("it is {} already", to.as_str()));
                }
                status::check(from, *to)?;
                status::set(&mut self.working, *to, ctx.now);
                done(format!("{} to {}", from.as_str(), to.as_str()))
            }
            Action::SetPriority(to) => {
                let from = std::mem::replace(&mut self.working.priority, *to);
                if from == *to {
                    return unneeded(format!("it is {} already", to.as_str()));
                }
                done(format!("{} to {}", from.as_str(), to.as_str()))
            }
            Action::AssignTeam(team) => self.change(
                ctx,
                &TicketChange { team_id: Some(Some(*team)), ..TicketChange::default() },
            ),
            Action::SetCategory(category) => self.change(
                ctx,
                &TicketChange { category_id: Some(Some(*category)), ..TicketChange::default() },
            ),
            Action::SetCustomStatus(id) => self.change(
                ctx,
                &TicketChange { custom_status_id: Some(Some(*id)), ..TicketChange::default() },
            ),
            Action::Reply(words) => self.answer(ctx, &words.body),
            Action::CannedReply(id) => {
                let item = prepared("cannedReply", ctx, Kind::Canned, *id)?;
                let text = item.text("body").unwrap_or_default();
                let body = self.filled(ctx, text)?;
                self.answer(ctx, &body)
            }
            Action::Macro(id) => self.apply(ctx, &macro_of(ctx, *id)?),
            Action::Note(words) => self.write(ctx, Visibility::Private, &words.body),
            Action::Webhook(call) => {
                self.save(ctx)?;
                if self.mode == Mode::Real {
                    let data = AutomationWebhook {
                        name: call.name.clone(),
                        rule: self.rule.to_owned(),
                        ticket: self.stored.clone(),
                    };
                    let ticket = Some(self.stored.id);
                    ctx.event_by(&By::System, "automation.webhook", ticket, &data)?;
                }
                done(format!("told as {}", call.name))
            }
            Action::Notify(notice) => self.notify(ctx, notice),
            Action::StartWorkflow(id) => {
                let workflow = workflows::startable(ctx, *id, self.working.number)?;
                self.save(ctx)?;
                if self.mode == Mode::Real {
                    workflows::start(ctx, &By::System, &workflow, &self.stored)?;
                }
                done(format!("{} started", workflow.name))
            }
        }
    }

    /// Changes fields in the one way in which they are changed.
    fn change(&mut self, ctx: &Ctx<'_>, change: &TicketChange) -> Result<Done, Reject> {
        let mut next = self.working.clone();
        changes::apply(ctx, change, &mut next)?;
        if next == self.working {
            return unneeded("it is so already");
        }
        self.working = next;
        done("changed")
    }

    /// A text with its variables filled in.
    fn filled(&self, ctx: &Ctx<'_>, text: &str) -> Result<String, Reject> {
        let agent = self.working.assignee_id;
        comments::body(&render::fill(ctx, text, &self.working, agent)?)
    }

    /// Writes to the customer, unless a machine would read it.
    fn answer(&mut self, ctx: &mut Ctx<'_>, body: &str) -> Result<Done, Reject> {
        let automatic = spoken::last(ctx.sql, self.working.number)?;
        if automatic.is_some_and(|(_, automatic)| automatic) {
            return Err(Reject::conflict("a machine wrote last: it gets no answer"));
        }
        self.write(ctx, Visibility::Public, body)
    }

    /// Applies a macro: everything that could be refused is asked before anything is done.
    fn apply(&mut self, ctx: &mut Ctx<'_>, actions: &MacroActions) -> Result<Done, Reject> {
        changes::apply(ctx, &actions.change, &mut self.working.clone())?;
        let mut said = None;
        if let Some(reply) = &actions.reply {
            let body = self.filled(ctx, reply)?;
            said = Some(match actions.visibility {
                Some(Visibility::Private) => self.write(ctx, Visibility::Private, &body)?,
                _ => self.answer(ctx, &body)?,
            });
        }
        let changed = self.change(ctx, &actions.change)?;
        Ok(said.unwrap_or(changed))
    }

    fn notify(&mut self, ctx: &mut Ctx<'_>, notice: &Notice) -> Result<Done, Reject> {
        let mut told = notice.agent_ids.clone();
        told.extend(self.working.assignee_id.filter(|_| notice.assignee));
        if let Some(team) = notice.team_id {
            told.extend(teams::find(ctx, team)?.member_ids);
        }
        told.sort_small();
        told.dedup();
        if told.is_empty() {
            return unneeded("there is nobody to tell");
        }
        self.save(ctx)?;
        for agent in told.iter().filter(|_| self.mode == Mode::Real) {
            let (kind, by, text) = (NotificationKind::Automation, &By::System, &*notice.text);
            let news = News { kind, ticket: Some(&self.stored), comment: None, by, text };
            notifications::tell(ctx, *agent, &news)?;
        }
        done(format!("{} told", told.len()))
    }

    fn assign(&mut self, to: Option<AgentId>) -> Result<Done, Reject> {
        if self.working.assignee_id == to {
            return unneeded("it is so already");
        }
        self.working.assignee_id = to;
        to.map_or_else(|| done("nobody's now"), |agent| done(format!("given to {agent}")))
    }

    fn assign_next(
        &mut self,
        ctx: &mut Ctx<'_>,
        team: Option<TeamId>,
        agent: AgentId,
    ) -> Result<Done, Reject> {
        if self.mode == Mode::Real {
            turns::took(ctx, team, agent)?;
        }
        self.assign(Some(agent))
    }

    fn add_tags(&mut self, tags: &[String]) -> Result<Done, Reject> {
        let mut all = self.working.tags.clone();
        all.extend(tags.iter().cloned());
        all.sort_small();
        all.dedup();
        if all.len() > TAGS_MAX {
            return Err(Reject::conflict(format!("it would have more than {TAGS_MAX} tags")));
        }
        let added = all.len() - self.working.tags.len();
        self.working.tags = all;
        if added > 0 { done(format!("{added} added")) } else { unneeded("all are there") }
    }

    fn write(
        &mut self,
        ctx: &mut Ctx<'_>,
        visibility: Visibility,
        body: &str,
    ) -> Result<Done, Reject> {
        if self.working.status == Status::Closed {
            return Err(Reject::conflict("the ticket is closed"));
        }
        if self.mode == Mode::Dry {
            return done(format!("{} bytes written", body.len()));
        }
        self.save(ctx)?;
        let mut standing = comments::writable(ctx, self.stored.id)?;
        let id = CommentId(ctx.uuid());
        let draft = Draft::of_team(id, By::System, visibility, body.to_owned());
        let comment = comments::add(ctx, &mut standing, draft)?;
        self.stored = tickets::find(ctx, self.stored.id)?;
        self.working = self.stored.clone();
        done(format!("comment {}", comment.id))
    }
}

//! Automations: list, get, create, change, delete, reorder, dry-run.

use super::{find, name, next_place, page_of, reorder};
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::rules::store::{active, definitions};
use crate::workspace_room::rules::{actions, conditions, react, waits};
use crate::workspace_room::tickets;
use schema::ids::AutomationId;
use schema::room::automation::{
    AUTOMATIONS_MAX, Automation, AutomationChanged, AutomationEvent, AutomationsReordered,
    ChangeAutomation, CreateAutomation, DeleteAutomation, DryRun, DryRunAutomation, Empty,
    GetAutomation, ListAutomations, MINUTES_MAX, ReorderAutomations, Trigger,
};
use schema::{Permission, Reject};

/// Lists the rules in their order.
///
/// # Errors
/// `invalid_input` for a bad limit or cursor.
pub fn list(ctx: &Ctx<'_>, input: &ListAutomations) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;
    let list = format!("automations/{:?}/{:?}", input.on, input.enabled);
    let page = page_of(ctx, &list, (input.limit, input.cursor.as_deref()), |rule: &Automation| {
        input.on.is_none_or(|on| rule.trigger.on == on)
            && input.enabled.is_none_or(|enabled| rule.enabled == enabled)
    })?;
    Reply::of(&page)
}

/// Reads a rule.
///
/// # Errors
/// `not_found`.
pub fn get(ctx: &Ctx<'_>, input: &GetAutomation) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;
    Reply::of(&find::<Automation>(ctx, &input.automation_id.to_string(), "automation")?)
}

/// Makes a rule; it is the last in order. Event `automation.created`.
///
/// # Errors
/// `invalid_input`, `too_large`; `conflict` where there are too many.
pub fn create(ctx: &mut Ctx<'_>, input: &CreateAutomation) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let position = next_place::<Automation>(ctx, AUTOMATIONS_MAX)?;
    let rule = draft(ctx, input, position)?;

    definitions::insert(ctx.sql, &rule, position)?;
    took_effect(ctx, &rule)?;
    let data = AutomationEvent { automation: rule };
    ctx.event("automation.created", None, &data)?;
    Reply::of(&data.automation)
}

/// A rule as an input describes it, checked.
fn draft(ctx: &mut Ctx<'_>, input: &CreateAutomation, position: i64) -> Result<Automation, Reject> {
    let mut rule = Automation {
        id: AutomationId(ctx.uuid()),
        name: name(&input.name)?,
        enabled: input.enabled.unwrap_or(true),
        position,
        trigger: input.trigger,
        conditions: input.conditions.clone(),
        actions: input.actions.clone(),
        created_at: ctx.now,
        updated_at: ctx.now,
        version: 1,
    };
    check_rule(ctx, &mut rule)?;
    Ok(rule)
}

fn check_rule(ctx: &Ctx<'_>, rule: &mut Automation) -> Result<(), Reject> {
    shape(rule)?;
    rule.actions.iter().try_for_each(|action| actions::check_named(ctx, action))
}

/// Checks a rule, whether or not what it names is there, and brings it into the form that is kept.
///
/// # Errors
/// `invalid_input`, `too_large`.
pub fn shape(rule: &mut Automation) -> Result<(), Reject> {
    rule.name = name(&rule.name)?;
    check_trigger(&rule.trigger)?;
    conditions::check(&rule.conditions)?;
    rule.actions = actions::shape(&rule.actions)?;
    Ok(())
}

fn check_trigger(trigger: &Trigger) -> Result<(), Reject> {
    match (trigger.on.is_silence(), trigger.minutes) {
        (true, Some(1..=MINUTES_MAX)) | (false, None) => {}
        (true, _) => {
            let why = format!("must be 1 to {MINUTES_MAX}");
            return Err(Reject::field("trigger.minutes", why));
        }
        (false, _) => {
            let why = "is for noAgentReply, noUserReply and unassigned";
            return Err(Reject::field("trigger.minutes", why));
        }
    }
    if trigger.business_hours && !trigger.on.is_silence() {
        let why = "is for noAgentReply, noUserReply and unassigned";
        return Err(Reject::field("trigger.businessHours", why));
    }
    Ok(())
}

/// Counts the rules again, and has a look at the tickets that a rule may have waited for.
fn took_effect(ctx: &mut Ctx<'_>, rule: &Automation) -> Result<(), Reject> {
    active::recount(ctx.sql)?;
    if rule.enabled && rule.trigger.on.is_silence() {
        waits::look_again(ctx)?;
    }
    Ok(())
}

/// Changes a rule. Event `automation.changed`, none where nothing changes.
///
/// # Errors
/// `not_found`, `invalid_input`, `too_large`, `version_mismatch`.
pub fn change(ctx: &mut Ctx<'_>, input: &ChangeAutomation) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let before: Automation = find(ctx, &input.automation_id.to_string(), "automation")?;
    tickets::check_version(input.if_version, before.version)?;
    let mut rule = before.clone();
    if let Some(new) = &input.name {
        rule.name = name(new)?;
    }
    if let Some(enabled) = input.enabled {
        rule.enabled = enabled;
    }
    if let Some(trigger) = input.trigger {
        rule.trigger = trigger;
        check_trigger(&rule.trigger)?;
    }
    if let Some(conditions) = &input.conditions {
        rule.conditions = conditions.clone();
        conditions::check(&rule.conditions)?;
    }
    if let Some(actions) = &input.actions {
        rule.actions = actions::check(ctx, actions)?;
    }
    if rule == before {
        return Reply::of(&rule);
    }

    rule.updated_at = ctx.now;
    rule.version += 1;
    definitions::update(ctx.sql, &rule)?;
    took_effect(ctx, &rule)?;
    let data = AutomationChanged { automation: rule, before };
    ctx.event("automation.changed", None, &data)?;
    Reply::of(&data.automation)
}

/// Deletes a rule; the log of what it did stays. Event `automation.deleted`.
///
/// # Errors
/// `not_found`.
pub fn delete(ctx: &mut Ctx<'_>, input: &DeleteAutomation) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let id = input.automation_id.to_string();
    let automation: Automation = find(ctx, &id, "automation")?;

    definitions::remove(ctx.sql, &id)?;
    active::recount(ctx.sql)?;
    ctx.event("automation.deleted", None, &AutomationEvent { automation })?;
    Reply::of(&Empty {})
}

/// Puts the rules in order. Event `automation.reordered`.
///
/// # Errors
/// `invalid_input` where a rule is missing, unknown or named twice.
pub fn reorder_all(ctx: &mut Ctx<'_>, input: &ReorderAutomations) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let ids: Vec<String> = input.automation_ids.iter().map(ToString::to_string).collect();
    let rules = reorder::<Automation>(ctx, "automationIds", &ids)?;
    let data = AutomationsReordered { automation_ids: input.automation_ids.clone() };
    ctx.event("automation.reordered", None, &data)?;
    Reply::of(&rules)
}

/// Says what rules would do to a ticket: each as if it were the only one. Nothing is written.
///
/// # Errors
/// `not_found`; `invalid_input` for a draft that makes no sense, or beside an id.
pub fn dry_run(ctx: &mut Ctx<'_>, input: &DryRunAutomation) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;
    let ticket = tickets::find(ctx, input.ticket_id)?;
    let rules = match (input.automation_id, &input.draft) {
        (Some(_), Some(_)) => {
            return Err(Reject::field("draft", "give automationId or draft, not both"));
        }
        (Some(id), None) => vec![find(ctx, &id.to_string(), "automation")?],
        (None, Some(input)) => vec![draft(ctx, input, 0)?],
        (None, None) => {
            let mut rules = definitions::list::<Automation>(ctx.sql, 0, AUTOMATIONS_MAX)?;
            rules.retain(|rule| rule.enabled);
            rules
        }
    };
    let mut results = Vec::new();
    for rule in rules.iter().filter(|rule| input.on.is_none_or(|on| rule.trigger.on == on)) {
        results.push(react::dry(ctx, rule, input.draft.is_some(), &ticket)?);
    }
    Reply::of(&DryRun { ticket_id: ticket.id, results })
}

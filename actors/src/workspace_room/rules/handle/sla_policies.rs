//! SLA policies: list, get, create, change, delete, reorder; and how a ticket stands.

use super::{find, name, next_place, page_of, reorder};
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::rules::store::{active, definitions};
use crate::workspace_room::rules::{conditions, sla};
use crate::workspace_room::tickets;
use schema::ids::SlaPolicyId;
use schema::room::automation::Empty;
use schema::room::condition::{Condition, Conditions, Field};
use schema::room::sla::{
    ChangeSlaPolicy, CreateSlaPolicy, DeleteSlaPolicy, GetSlaPolicy, GetTicketSla, ListSlaPolicies,
    POLICIES_MAX, ReorderSlaPolicies, SlaPoliciesReordered, SlaPolicy, SlaPolicyChanged,
    SlaPolicyEvent, SlaTarget, TARGET_MINUTES_MAX,
};
use schema::{Permission, Reject};

/// Lists the policies in their order.
///
/// # Errors
/// `invalid_input` for a bad limit or cursor.
pub fn list(ctx: &Ctx<'_>, input: &ListSlaPolicies) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;
    let list = format!("slaPolicies/{:?}", input.enabled);
    let page = page_of(ctx, &list, (input.limit, input.cursor.as_deref()), |it: &SlaPolicy| {
        input.enabled.is_none_or(|enabled| it.enabled == enabled)
    })?;
    Reply::of(&page)
}

/// Reads a policy.
///
/// # Errors
/// `not_found`.
pub fn get(ctx: &Ctx<'_>, input: &GetSlaPolicy) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;
    Reply::of(&find::<SlaPolicy>(ctx, &input.sla_policy_id.to_string(), "SLA policy")?)
}

/// Makes a policy; it is the last in order. Event `slaPolicy.created`.
///
/// # Errors
/// `invalid_input`; `conflict` where there are too many.
pub fn create(ctx: &mut Ctx<'_>, input: &CreateSlaPolicy) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let position = next_place::<SlaPolicy>(ctx, POLICIES_MAX)?;
    let policy = SlaPolicy {
        id: SlaPolicyId(ctx.uuid()),
        name: name(&input.name)?,
        enabled: input.enabled.unwrap_or(true),
        position,
        conditions: input.conditions.clone(),
        targets: input.targets.clone(),
        warn_minutes: input.warn_minutes,
        business_hours: input.business_hours.unwrap_or(true),
        created_at: ctx.now,
        updated_at: ctx.now,
        version: 1,
    };
    check_policy(&policy)?;

    definitions::insert(ctx.sql, &policy, position)?;
    active::recount(ctx.sql)?;
    let data = SlaPolicyEvent { sla_policy: policy };
    ctx.event("slaPolicy.created", None, &data)?;
    Reply::of(&data.sla_policy)
}

/// Checks a policy, and brings it into the form that is kept.
///
/// # Errors
/// `invalid_input`.
pub fn shape(policy: &mut SlaPolicy) -> Result<(), Reject> {
    policy.name = name(&policy.name)?;
    check_policy(policy)
}

fn check_policy(policy: &SlaPolicy) -> Result<(), Reject> {
    conditions::check(&policy.conditions)?;
    if asked(&policy.conditions)
        .any(|condition| matches!(condition.field, Field::Changed | Field::Body | Field::Automatic))
    {
        let why = "a policy cannot ask for changed, body or automatic";
        return Err(Reject::field("conditions", why));
    }
    let targets = &policy.targets;
    let each_once = |target: &SlaTarget| {
        targets.iter().filter(|other| other.priority == target.priority).count() == 1
    };
    if targets.is_empty() || !targets.iter().all(each_once) {
        return Err(Reject::field("targets", "must have 1 to 4, each priority once"));
    }
    let minutes = targets
        .iter()
        .flat_map(|target| [target.first_reply_minutes, target.resolution_minutes])
        .chain([policy.warn_minutes]);
    if minutes.flatten().any(|minutes| !(1..=TARGET_MINUTES_MAX).contains(&minutes)) {
        let why = format!("minutes must be 1 to {TARGET_MINUTES_MAX}");
        return Err(Reject::field("targets", why));
    }
    if targets.iter().any(|it| it.first_reply_minutes.or(it.resolution_minutes).is_none()) {
        return Err(Reject::field("targets", "each must promise something"));
    }
    Ok(())
}

fn asked(conditions: &Conditions) -> impl Iterator<Item = &Condition> {
    conditions.of.iter().chain(conditions.groups.iter().flat_map(|group| &group.of))
}

/// Changes a policy; the clocks of its tickets are set anew. Event `slaPolicy.changed`, none where
/// nothing changes.
///
/// # Errors
/// `not_found`, `invalid_input`, `version_mismatch`.
pub fn change(ctx: &mut Ctx<'_>, input: &ChangeSlaPolicy) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let id = input.sla_policy_id.to_string();
    let before: SlaPolicy = find(ctx, &id, "SLA policy")?;
    tickets::check_version(input.if_version, before.version)?;
    let mut policy = before.clone();
    if let Some(new) = &input.name {
        policy.name = name(new)?;
    }
    policy.enabled = input.enabled.unwrap_or(policy.enabled);
    policy.business_hours = input.business_hours.unwrap_or(policy.business_hours);
    policy.warn_minutes = input.warn_minutes.unwrap_or(policy.warn_minutes);
    if let Some(conditions) = &input.conditions {
        policy.conditions = conditions.clone();
    }
    if let Some(targets) = &input.targets {
        policy.targets = targets.clone();
    }
    check_policy(&policy)?;
    if policy == before {
        return Reply::of(&policy);
    }

    policy.updated_at = ctx.now;
    policy.version += 1;
    definitions::update(ctx.sql, &policy)?;
    active::recount(ctx.sql)?;
    sla::again(ctx, &id)?;
    let data = SlaPolicyChanged { sla_policy: policy, before };
    ctx.event("slaPolicy.changed", None, &data)?;
    Reply::of(&data.sla_policy)
}

/// Deletes a policy; its tickets go on under the next one that fits. Event `slaPolicy.deleted`.
///
/// # Errors
/// `not_found`.
pub fn delete(ctx: &mut Ctx<'_>, input: &DeleteSlaPolicy) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let id = input.sla_policy_id.to_string();
    let sla_policy: SlaPolicy = find(ctx, &id, "SLA policy")?;

    definitions::remove(ctx.sql, &id)?;
    active::recount(ctx.sql)?;
    sla::again(ctx, &id)?;
    ctx.event("slaPolicy.deleted", None, &SlaPolicyEvent { sla_policy })?;
    Reply::of(&Empty {})
}

/// Puts the policies in order; it counts for a ticket from its next change. Event
/// `slaPolicy.reordered`.
///
/// # Errors
/// `invalid_input` where a policy is missing, unknown or named twice.
pub fn reorder_all(ctx: &mut Ctx<'_>, input: &ReorderSlaPolicies) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let ids: Vec<String> = input.sla_policy_ids.iter().map(ToString::to_string).collect();
    let policies = reorder::<SlaPolicy>(ctx, "slaPolicyIds", &ids)?;
    let data = SlaPoliciesReordered { sla_policy_ids: input.sla_policy_ids.clone() };
    ctx.event("slaPolicy.reordered", None, &data)?;
    Reply::of(&policies)
}

/// Reads how a ticket stands with what was promised.
///
/// # Errors
/// `not_found`, also where nothing is promised.
pub fn of_ticket(ctx: &Ctx<'_>, input: &GetTicketSla) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let ticket = tickets::find(ctx, input.ticket_id)?;
    Reply::of(&sla::of_ticket(ctx, &ticket)?)
}

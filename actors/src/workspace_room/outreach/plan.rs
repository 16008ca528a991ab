//! What a campaign may be.

use super::person::{self, VARIABLES};
use crate::workspace_room::rules::calendar::{Calendar, Hours};
use crate::workspace_room::template;
use schema::room::campaign::{
    CAMPAIGN_INBOXES_MAX, CampaignPlan, DAILY_MAX, DELAY_DAYS_MAX, FOOTER_CHARS_MAX, SPACING_S_MAX,
    STEP_SUBJECT_CHARS_MAX, STEP_TEXT_CHARS_MAX, STEPS_MAX, SendWindow, Step,
};
use schema::room::hours::BusinessHours;
use schema::room::writing::{
    AiRules, BANNED_CHARS_MAX, BANNED_MAX, LINK_DOMAINS_MAX, PROMPT_CHARS_MAX, StepAi,
};
use schema::{Reject, check};

/// Checks a plan, and gives it as it is kept.
///
/// # Errors
/// `invalid_input`.
pub fn checked(plan: CampaignPlan) -> Result<CampaignPlan, Reject> {
    let mut inbox_ids = Vec::new();
    check::items("inboxIds", &plan.inbox_ids, CAMPAIGN_INBOXES_MAX)?;
    for id in &plan.inbox_ids {
        if !inbox_ids.contains(id) {
            inbox_ids.push(*id);
        }
    }
    if inbox_ids.is_empty() {
        return Err(Reject::field("inboxIds", "must name at least one inbox"));
    }
    check::items("steps", &plan.steps, STEPS_MAX)?;
    if plan.steps.is_empty() {
        return Err(Reject::field("steps", "must have at least one step"));
    }
    let steps = plan.steps.into_iter().enumerate().map(|(at, step)| checked_step(at, step));
    calendar(&plan.window)?;
    if plan.daily_max.is_some_and(|most| !(0..=DAILY_MAX).contains(&most)) {
        return Err(Reject::field("dailyMax", format!("must be from 0 to {DAILY_MAX}, or null")));
    }
    if !(0..=SPACING_S_MAX).contains(&plan.spacing_s) {
        return Err(Reject::field("spacingS", format!("must be from 0 to {SPACING_S_MAX}")));
    }
    if plan.not_now_days.is_some_and(|days| !(1..=DELAY_DAYS_MAX).contains(&days)) {
        let why = format!("must be from 1 to {DELAY_DAYS_MAX}, or null");
        return Err(Reject::field("notNowDays", why));
    }
    Ok(CampaignPlan {
        inbox_ids,
        steps: steps.collect::<Result<_, _>>()?,
        ai_rules: checked_rules(&plan.ai_rules)?,
        footer: check::text("footer", &plan.footer, FOOTER_CHARS_MAX)?,
        ..plan
    })
}

fn checked_step(at: usize, step: Step) -> Result<Step, Reject> {
    if !(0..=DELAY_DAYS_MAX).contains(&step.delay_days) {
        let why = format!("must be from 0 to {DELAY_DAYS_MAX}");
        return Err(Reject::field(&format!("steps[{at}].delayDays"), why));
    }
    let field = format!("steps[{at}].subject");
    let subject = step.subject.as_deref();
    let subject = subject.map(|text| check::line(&field, text, STEP_SUBJECT_CHARS_MAX));
    let subject = subject.transpose()?;
    match &subject {
        Some(subject) => template::check(&field, subject, &VARIABLES)?,
        None if at == 0 => return Err(Reject::field(&field, "must be there for the first step")),
        None => {}
    }
    let field = format!("steps[{at}].text");
    let text = check::text(&field, &step.text, STEP_TEXT_CHARS_MAX)?;
    let Some(ai) = &step.ai else {
        template::check(&field, &text, &VARIABLES)?;
        return Ok(Step { subject, text, ..step });
    };
    template::check(&field, &text, &person::with_ai())?;
    if !text.contains("{{ai}}") {
        return Err(Reject::field(&field, "must have {{ai}} where the model's text stands"));
    }
    let field = format!("steps[{at}].ai.prompt");
    let prompt = check::text(&field, &ai.prompt, PROMPT_CHARS_MAX)?;
    Ok(Step { subject, text, ai: Some(StepAi { prompt }), ..step })
}

fn checked_rules(rules: &AiRules) -> Result<AiRules, Reject> {
    check::items("aiRules.linkDomains", &rules.link_domains, LINK_DOMAINS_MAX)?;
    check::items("aiRules.bannedClaims", &rules.banned_claims, BANNED_MAX)?;
    let domain = |domain: &String| {
        let domain = domain.trim().trim_matches('.').to_lowercase();
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.');
        if domain.len() > 253 || !domain.contains('.') || !domain.chars().all(plain) {
            return Err(Reject::field("aiRules.linkDomains", "must be domains, as acme.example"));
        }
        Ok(domain)
    };
    let claim = |claim: &String| check::line("aiRules.bannedClaims", claim, BANNED_CHARS_MAX);
    Ok(AiRules {
        approval: rules.approval,
        link_domains: rules.link_domains.iter().map(domain).collect::<Result<_, _>>()?,
        banned_claims: rules.banned_claims.iter().map(claim).collect::<Result<_, _>>()?,
    })
}

/// Which moments are within a window.
///
/// # Errors
/// `invalid_input`.
pub fn calendar(window: &SendWindow) -> Result<Calendar, Reject> {
    let hours = BusinessHours {
        time_zone: window.time_zone.clone(),
        week: window.week.clone(),
        holidays: window.holidays.clone(),
        updated_at: 0,
        version: 0,
    };
    Ok(Calendar::Hours(Box::new(Hours::of(&hours)?)))
}

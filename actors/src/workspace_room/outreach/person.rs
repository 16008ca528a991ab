//! A prospect is asked who it is and whether it may be written to; of its answer the mail is made.

use super::store::campaigns::{self, Campaign};
use super::store::enrolments::{self, Enrolment};
use super::store::mails;
use super::{end, keep, opt_out, plan, post, site, texts};
use crate::kernel::actor::Settled;
use crate::kernel::{Ctx, Effect, Entry, Outcome};
use crate::workspace_room::access::store::workspace;
use crate::workspace_room::{reply_text, template};
use schema::codec::{read_reply, to_json};
use schema::inbox::{NewMail, Outreach};
use schema::prospect::{Get, Prospect, ProspectCommand, moved_to};
use schema::room::campaign::{CampaignStatus, Step};
use schema::room::enrolment::EnrolmentState;
use schema::{ActorKind, Code, Millis, Reject};

/// Asks the prospect; the key is the enrolment.
pub const OUTBOX: &str = "outreach.person";

/// What may stand in the texts of a step.
pub const VARIABLES: [&str; 13] = [
    "email",
    "name",
    "firstName",
    "lastName",
    "company",
    "domain",
    "title",
    "linkedin",
    "attributes.*",
    "site.title",
    "site.description",
    "site.language",
    "workspace.name",
];

/// How long until a prospect is asked again of whom it is being found out who it is, at first; each
/// time twice as long, up to an hour.
const UNSETTLED_MS: Millis = 30_000;
const DOUBLINGS_MAX: i64 = 7;
/// How often one is asked that does not answer, some minutes in all: the inbox that is to write to
/// them writes to nobody else meanwhile.
const UNANSWERED_MAX: i64 = 8;

/// The same, where a model writes.
#[must_use]
pub fn with_ai() -> [&'static str; VARIABLES.len() + 1] {
    let mut all = [texts::VARIABLE; VARIABLES.len() + 1];
    all[..VARIABLES.len()].copy_from_slice(&VARIABLES);
    all
}

/// What an entry asks: nothing any more where it was asked in vain often enough.
///
/// # Errors
/// `internal` where its key is no enrolment.
pub fn begin(ctx: &mut Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
    let Some(mut one) = under_way(ctx, entry)? else { return Ok(Effect::Nothing) };
    if entry.attempts >= UNANSWERED_MAX {
        no_answer(ctx, &mut one)?;
        return Ok(Effect::Nothing);
    }
    Ok(Effect::Call {
        actor: ActorKind::ProspectDedup,
        instance: format!("{}/{}", ctx.instance, one.prospect_id),
        key: String::new(),
        command: to_json(&ProspectCommand::Get(Get {})),
    })
}

/// The enrolment of an entry, while a step of it is under way that no inbox has yet.
fn under_way(ctx: &Ctx<'_>, entry: &Entry) -> Result<Option<Enrolment>, Reject> {
    let one = enrolments::at(ctx.sql, post::number_of(entry)?)?;
    Ok(one.filter(|one| one.state == EnrolmentState::Sending && one.send_id.is_none()))
}

/// Makes the mail of what the prospect said, and asks the inbox to send it.
///
/// # Errors
/// `internal` where it says something else; a storage fault.
pub fn settle(ctx: &mut Ctx<'_>, entry: &Entry, outcome: &Outcome) -> Result<Settled, Reject> {
    let Some(mut one) = under_way(ctx, entry)? else { return Ok(Settled::Finished) };
    match outcome {
        Outcome::Done(json) => {
            let prospect: Prospect = read_reply(json)?;
            write(ctx, &mut one, &prospect)?;
        }
        Outcome::Rejected(reject) => match moved_to(reject) {
            Some(to) if enrolments::find(ctx.sql, one.campaign, to)?.is_some() => {
                post::give_back(ctx, &mut one)?;
                end(ctx, &mut one, EnrolmentState::Stopped, Some("duplicate"))?;
            }
            Some(to) => {
                one.prospect_id = to;
                keep(ctx, &mut one)?;
                return Ok(Settled::Again(ctx.now));
            }
            None => {
                post::give_back(ctx, &mut one)?;
                let gone = reject.code == Code::NotFound;
                let why = if gone { "unknownProspect" } else { &reject.message };
                end(ctx, &mut one, EnrolmentState::Stopped, Some(why))?;
            }
        },
        _ => no_answer(ctx, &mut one)?,
    }
    Ok(Settled::Finished)
}

/// The step comes up again later, and others go before it.
fn no_answer(ctx: &mut Ctx<'_>, one: &mut Enrolment) -> Result<(), Reject> {
    let at = ctx.now + patience(one);
    post::postpone(ctx, one, at, "noAnswer")
}

fn patience(one: &Enrolment) -> Millis {
    UNSETTLED_MS << one.attempt.clamp(0, DOUBLINGS_MAX)
}

fn write(ctx: &mut Ctx<'_>, one: &mut Enrolment, prospect: &Prospect) -> Result<(), Reject> {
    if let Some(reason) = prospect.suppression {
        post::give_back(ctx, one)?;
        return end(ctx, one, EnrolmentState::Stopped, Some(reason.as_str()));
    }
    if prospect.unsettled {
        let at = ctx.now + patience(one);
        return post::postpone(ctx, one, at, "identityUnsettled");
    }
    let campaign = campaigns::at(ctx.sql, one.campaign)?;
    if campaign.status != CampaignStatus::Active {
        let at = ctx.now;
        return post::postpone(ctx, one, at, "paused");
    }
    let window = plan::calendar(&campaign.plan.window)?.turn(ctx.now)?;
    let Some((true, shuts_at)) = window else {
        let at = ctx.now;
        return post::postpone(ctx, one, at, "window");
    };
    let Some(step) = campaign.plan.steps.get(usize::try_from(one.step - 1).unwrap_or(0)) else {
        post::give_back(ctx, one)?;
        return end(ctx, one, EnrolmentState::Finished, None);
    };
    let is_written = step.ai.is_some();
    let written = if is_written { texts::ready(ctx, &campaign, one, prospect)? } else { None };
    if is_written && written.is_none() {
        let at = ctx.now;
        return post::postpone(ctx, one, at, texts::WAITS);
    }
    match compose(ctx, (&campaign, step), one, prospect, written) {
        Ok(mail) => {
            let mail = NewMail { leave_by: Some(shuts_at), ..mail };
            let json = String::from_utf8_lossy(&to_json(&mail)).into_owned();
            mails::put(ctx.sql, one.number, &json)?;
            if step.subject.is_some() {
                one.subject = Some(mail.subject);
                one.message_ids.clear();
            }
            keep(ctx, one)?;
            Ok(ctx.outbox(post::OUTBOX, &one.number.to_string(), post::key_of(one).as_bytes())?)
        }
        Err(reject) if reject.code == Code::InvalidInput => {
            post::give_back(ctx, one)?;
            end(ctx, one, EnrolmentState::Blocked, Some(&reject.message))
        }
        Err(reject) => Err(reject),
    }
}

/// The mail of a step.
///
/// # Errors
/// `invalid_input` where a variable has no value, or the prospect no address; a storage fault.
pub fn compose(
    ctx: &mut Ctx<'_>,
    (campaign, step): (&Campaign, &Step),
    one: &Enrolment,
    prospect: &Prospect,
    written: Option<String>,
) -> Result<NewMail, Reject> {
    let Some(email) = &prospect.email else {
        return Err(Reject::field("email", "the prospect has no address"));
    };
    let workspace = workspace::find(ctx.sql)?.map(|workspace| workspace.name);
    let value = |name: &str| Ok(value(prospect, workspace.as_deref(), name));
    let subject = match (&step.subject, &one.subject) {
        (Some(subject), _) => template::fill("subject", subject, &VARIABLES, value)?,
        (None, Some(subject)) if subject.starts_with("Re: ") => subject.clone(),
        (None, subject) => format!("Re: {}", subject.as_deref().unwrap_or_default()),
    };
    let subject = schema::check::line("subject", &subject, schema::inbox::SUBJECT_CHARS_MAX)?;
    let value =
        |name: &str| if name == texts::VARIABLE { Ok(written.clone()) } else { value(name) };
    let text = template::fill("text", &step.text, &with_ai(), value)?;
    let link = opt_out::link(ctx, campaign, one)?;
    let text = format!("{text}\n\n-- \n{}\nNo more mails: {link}\n", campaign.plan.footer);
    let answers = if step.subject.is_none() { one.message_ids.last().cloned() } else { None };
    let references = if answers.is_some() { one.message_ids.clone() } else { Vec::new() };
    Ok(NewMail {
        to: vec![email.clone()],
        cc: Vec::new(),
        subject,
        html: reply_text::html(&text),
        text,
        in_reply_to: answers,
        references,
        prospect: Some(Outreach {
            prospect_id: one.prospect_id,
            campaign: campaign.id.to_string(),
            step: one.step,
        }),
        automatic: false,
        files: Vec::new(),
        reply_tag: None,
        leave_by: None,
        opt_out_url: Some(link),
    })
}

fn value(prospect: &Prospect, workspace: Option<&str>, name: &str) -> Option<String> {
    let mut words = prospect.name.as_deref().unwrap_or_default().split_whitespace();
    let found = match name {
        "email" => prospect.email.clone(),
        "name" => prospect.name.clone(),
        "firstName" => words.next().map(str::to_owned),
        "lastName" => words.skip(1).last().map(str::to_owned),
        "company" => prospect.company.clone(),
        "domain" => prospect.domain.clone(),
        "title" => prospect.title.clone(),
        "linkedin" => prospect.linkedin.clone(),
        "workspace.name" => workspace.map(str::to_owned),
        other if other.starts_with("site.") => site::value(prospect, other).map(str::to_owned),
        other => prospect.attributes.get(other.strip_prefix("attributes.")?).cloned(),
    };
    found.filter(|value| !value.trim().is_empty())
}

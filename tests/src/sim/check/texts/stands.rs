//! Whether a mail says what stood for its step when it was made.

use super::words::{body, filled};
use super::{Campaign, Judged, Made, Mail, Texts, Tick};
use schema::ids::ProspectId;
use schema::room::campaign::CampaignPlan;
use schema::room::writing::{AiRules, StepAi, Verdict};

/// What a text is written for.
type Basis<'a> = (Option<&'a str>, &'a str, Option<&'a StepAi>, &'a AiRules);

fn basis(plan: &CampaignPlan, step: i64) -> Option<Basis<'_>> {
    let step = plan.steps.get(usize::try_from(step - 1).ok()?)?;
    Some((step.subject.as_deref(), &step.text, step.ai.as_ref(), &plan.ai_rules))
}

impl Texts {
    /// What kind of mail it is that says what it must.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn judge(&self, mail: &Mail, text: &str) -> Result<&'static str, String> {
        let Some(campaign) = self.campaigns.get(&(mail.room.clone(), mail.campaign)) else {
            return Ok("mail of a campaign that nobody made: written by hand");
        };
        let mut why = "nobody knows of whom it was made".to_owned();
        for made in &mail.made {
            match self.judge_as_made(mail, campaign, made, text) {
                Ok(what) => return Ok(what),
                Err(wrong) => why = wrong,
            }
        }
        Err(why)
    }

    fn judge_as_made(
        &self,
        mail: &Mail,
        campaign: &Campaign,
        made: &Made,
        text: &str,
    ) -> Result<&'static str, String> {
        let Some(plan) = campaign.at(made.at) else {
            return Ok("mail of a campaign of which it is not known what it was");
        };
        let step = usize::try_from(mail.step - 1).ok().and_then(|at| plan.steps.get(at));
        let step = step.ok_or("its campaign has no such step")?;
        let body = body(text, &plan.footer)?;
        let Some((before, after)) = step.text.split_once("{{ai}}").filter(|_| step.ai.is_some())
        else {
            let wanted = filled(&step.text, &made.person)?;
            let what = "mail that says what its step does";
            return if body == wanted { Ok(what) } else { Err(format!("{body}, not {wanted}")) };
        };
        let (before, after) = (filled(before, &made.person)?, filled(after, &made.person)?);
        let words = body.strip_prefix(&before).and_then(|rest| rest.strip_suffix(&after));
        let words = words.ok_or_else(|| format!("{body}, not {before}…{after}"))?;
        self.stands(mail, campaign, made.at, words)
    }

    /// Whether what a mail says for the model stood when the mail was made.
    fn stands(
        &self,
        mail: &Mail,
        campaign: &Campaign,
        made_at: Tick,
        words: &str,
    ) -> Result<&'static str, String> {
        let now = campaign.at(made_at);
        let of = |plan| basis(plan, mail.step);
        let same = |at: Tick| campaign.at(at).is_none_or(|plan| Some(of(plan)) == now.map(of));
        let verdicts = |person: &ProspectId| {
            let slot = (mail.room.clone(), mail.campaign, *person, mail.step);
            let found = self.verdicts.get(&slot).into_iter().flatten();
            found.filter(|judged| judged.at < made_at)
        };
        let certain = verdicts(&mail.prospect).filter(|judged| judged.is_certain);
        let last = certain.map(|judged| judged.at).max().unwrap_or_default();
        let mut wrote = false;
        let written = self.written.get(&(mail.room.clone(), words.to_owned()));
        let orders = written.and_then(|it| self.orders.get(&(mail.room.clone(), it.of.0, it.of.1)));
        for (ordered_at, person) in orders.into_iter().flatten() {
            let taken = written.into_iter().flat_map(|it| &it.at);
            let mut taken = taken.filter(|at| **at < made_at && *ordered_at < **at);
            let is_theirs = *person == mail.prospect || mail.persons.contains(person);
            wrote |= is_theirs && same(*ordered_at) && taken.any(|at| *at > last);
        }
        let approves = |judged: &Judged| {
            let said = judged.text.as_deref();
            let is_it = said.map_or(written.is_some(), |said| said.trim() == words);
            let is_valid = judged.verdict == Verdict::Approve && judged.at >= last;
            is_valid && is_it && same(judged.at)
        };
        let mut persons = mail.persons.iter().chain([&mail.prospect]);
        if persons.any(|person| verdicts(person).any(approves)) {
            return Ok("mail with a text that was approved");
        }
        let needs_approval = now.is_none_or(|plan| plan.ai_rules.approval);
        match wrote {
            true if !needs_approval => Ok("mail with a text that nobody had to approve"),
            true => Err(format!("nobody has approved {words}")),
            false => Err(format!("{words} does not stand for the step")),
        }
    }
}

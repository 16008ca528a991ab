//! Carries out a work on a prospect that a queue asks for: it is leased, providers are asked, and
//! the prospect hears what came of it.

use crate::people::MOVES_MAX;
use crate::platform::Platform;
use crate::providers::ask::Counter;
use crate::providers::waterfall;
use crate::site;
use actors::prospect_dedup::identity::instance;
use schema::ids::ProspectId;
use schema::pipeline::OfProspect;
use schema::prospect::{
    BeginWork, Begun, FactField, FinishWork, Known, ProspectCommand, WorkKind, WorkOutcome,
    moved_to,
};
use schema::{ActorKind, Answer, Code, Envelope, Principal, Reject, codec};
use serde::de::DeserializeOwned;

/// Does the work, if it is still to be done.
///
/// # Errors
/// `unavailable` and the like, where the message is to come again.
pub async fn carry_out<P: Platform>(
    platform: &P,
    work: WorkKind,
    of: &OfProspect,
) -> Result<(), Reject> {
    let mut id = of.prospect_id;
    let begin = ProspectCommand::BeginWork(BeginWork { work });
    let Some(begun) = ask::<_, Begun>(platform, of, &mut id, &begin).await? else { return Ok(()) };
    let Begun::Leased { attempt, person, .. } = begun else { return Ok(()) };
    let mut counter = Counter::new(platform, of.workspace_id);
    let outcome = waterfall::carry_out(&mut counter, work, &person, platform.now()).await;
    let cost_micros = counter.cost_micros();
    let is_wanted = work == WorkKind::Enrich && !person.is_site_read;
    let site = match domain(&person, &outcome).filter(|_| is_wanted) {
        Some(domain) => site::facts(platform, of.workspace_id, domain).await,
        None => None,
    };
    let finish = FinishWork { work, attempt, cost_micros, outcome, site };
    let finish = ProspectCommand::FinishWork(finish);
    ask::<_, serde_json::Value>(platform, of, &mut id, &finish).await.map(drop)
}

/// The domain of the person's company, which may just have been found out; none of somebody who
/// wants none of it.
fn domain<'a>(person: &'a Known, outcome: &'a WorkOutcome) -> Option<&'a str> {
    let facts = match outcome {
        WorkOutcome::Refused { .. } => return None,
        WorkOutcome::Facts(found) => &found.facts[..],
        WorkOutcome::RetryAt(retry) => &retry.facts[..],
        _ => &[],
    };
    let found = facts.iter().find(|fact| fact.field == FactField::Domain);
    person.domain.as_deref().or(found.map(|fact| fact.value.as_str()))
}

/// Asks the prospect, wherever the person is by now; none where there is no such person any more.
///
/// # Errors
/// What it refuses; `unavailable` where it cannot be asked.
pub async fn ask<P: Platform, T: DeserializeOwned>(
    platform: &P,
    of: &OfProspect,
    id: &mut ProspectId,
    command: &ProspectCommand,
) -> Result<Option<T>, Reject> {
    let principal = Principal::system(of.workspace_id);
    for _ in 0..MOVES_MAX {
        let name = instance(of.workspace_id, *id);
        let envelope = Envelope::new(name, principal.clone(), None, command);
        let reject = match platform.call(ActorKind::ProspectDedup, &envelope).await? {
            Answer::Done { json, .. } => return codec::read_json(&json).map(Some),
            Answer::Rejected(reject) => reject,
        };
        match (moved_to(&reject), reject.code) {
            (Some(to), _) => *id = to,
            (None, Code::Gone | Code::NotFound) => return Ok(None),
            _ => return Err(reject),
        }
    }
    Err(Reject::new(Code::Unavailable, "the person is being found out"))
}

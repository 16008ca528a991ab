//! `ProspectDedup`: one identity of one person that outreach may write to.
//!
//! An object is named by the id of its identity ([`identity`]): a mail address, a profile at
//! LinkedIn ([`profile`]) or a name at a domain. It is one of three things, and goes only
//! downwards:
//!
//! | state | what it has | what it answers |
//! | --- | --- | --- |
//! | empty | nothing | `not_found`; an import or a claim makes it something |
//! | owner | the person: fields, stage, suppressions, permits, history, identities | everything |
//! | alias | a stronger identity's id | `gone` with `movedTo`; forwards what must not be lost |
//!
//! **One person, one owner.** A row that names a person under several identities is imported under
//! the first; the owner *claims* the others. Data travels only from a weaker identity to a stronger
//! one (an address is stronger than a profile, a profile than a name, among equals the lesser id
//! is), so pointers of aliases form no circle. An owner that is claimed by a stronger identity
//! becomes an alias and sends all it had through its outbox until the stronger one has absorbed it;
//! claimed by a weaker one, it claims that one back. What two owners know is joined so that order
//! and repetition do not matter ([`merge`]).
//!
//! **What is certain.** An address and a profile are one person's; a name at a company may be two
//! people's. A name that is an alias of another person's address stays there: two addresses, or two
//! profiles, with one name at one company are two persons until somebody links them. An address and
//! a profile with one name are one person, unless either has another of the other's kind by then;
//! nothing parts them again, so whoever is that profile's for certain later joins both. Who was
//! refused by a name once is joined only for certain.
//!
//! **No step twice, none after a no.** While a claim is unsettled, permits are refused. A permit is
//! given once per step of a campaign; suppressions are never lost, whichever identity they reach.
//!
//! **Who it is.** Where somebody wants to know, the person walks through the pipeline: enrich, find
//! an address, verify it ([`pipeline`]). The object leases each work, and puts it on a queue again
//! until it is done; an address or a profile that was found is claimed like any other identity.
//! What the pages of the person's company say stands beside that, and is nobody's field ([`site`]).
//!
//! Reading order: [`identity`] → [`store`] → [`person`] (what handlers share) → [`handle`] (a file
//! each) → [`merge`] → [`pipeline`] → [`site`] → [`outbox`] (claims, hand-overs, forwards) →
//! [`timer`] → [`view`].

pub mod handle;
pub mod identity;
pub mod merge;
pub mod outbox;
pub mod person;
pub mod pipeline;
pub mod profile;
pub mod site;
pub mod store;
pub mod timer;
pub mod view;

#[cfg(test)]
mod convergence_test;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod pipeline_test;

use crate::kernel::actor::Settled;
use crate::kernel::{Actor, Ctx, Effect, Entry, Migration, Outcome, Reply, Timer, migration};
use handle::{
    absorb, begin_work, claim, delete, finish_work, forget, get, history, import, link, permit,
    record, set_follow_up, set_stage, suppress, unsuppress, update,
};
use schema::prospect::ProspectCommand;
use schema::summary::{Summary, Table};
use schema::{ActorKind, Reject};

/// The longest field, in characters.
pub const FIELD_CHARS_MAX: usize = 500;
/// The longest note, in characters.
pub const NOTE_CHARS_MAX: usize = 2_000;
/// How many attributes a prospect has at most.
pub const ATTRIBUTES_MAX: usize = 50;
/// How many other identities a row names at most.
pub const ALSO_MAX: usize = 8;
/// The longest id of a send or campaign, in characters.
pub const ID_CHARS_MAX: usize = 100;

/// The actor.
pub enum Core {}

impl Actor for Core {
    const KIND: ActorKind = ActorKind::ProspectDedup;
    const MIGRATIONS: &'static [Migration] = &[
        migration!("prospect_dedup/0001_prospect"),
        migration!("prospect_dedup/0002_pipeline"),
        migration!("prospect_dedup/0003_site"),
    ];
    const THRIFTY: bool = true;
    type Command = ProspectCommand;

    fn handle(ctx: &mut Ctx<'_>, command: ProspectCommand) -> Result<Reply, Reject> {
        match command {
            ProspectCommand::Import(input) => Reply::of(&import::import(ctx, input)?),
            ProspectCommand::Get(input) => Reply::of(&get::get(ctx, &input)?),
            ProspectCommand::History(input) => Reply::of(&history::history(ctx, &input)?),
            ProspectCommand::Update(input) => Reply::of(&update::update(ctx, &input)?),
            ProspectCommand::SetStage(input) => Reply::of(&set_stage::set_stage(ctx, &input)?),
            ProspectCommand::SetFollowUp(input) => {
                Reply::of(&set_follow_up::set_follow_up(ctx, &input)?)
            }
            ProspectCommand::Suppress(input) => Reply::of(&suppress::suppress(ctx, input)?),
            ProspectCommand::Unsuppress(input) => Reply::of(&unsuppress::unsuppress(ctx, &input)?),
            ProspectCommand::Link(input) => Reply::of(&link::link(ctx, &input)?),
            ProspectCommand::Delete(input) => Reply::of(&delete::delete(ctx, &input)?),
            ProspectCommand::Permit(input) => Reply::of(&permit::permit(ctx, &input)?),
            ProspectCommand::Record(input) => Reply::of(&record::record(ctx, &input)?),
            ProspectCommand::BeginWork(input) => Reply::of(&begin_work::begin_work(ctx, &input)?),
            ProspectCommand::FinishWork(input) => Reply::of(&finish_work::finish_work(ctx, input)?),
            ProspectCommand::Claim(input) => Reply::of(&claim::claim(ctx, &input)?),
            ProspectCommand::Absorb(input) => Reply::of(&absorb::absorb(ctx, &input)?),
            ProspectCommand::Forget(input) => Reply::of(&forget::forget(ctx, &input)?),
        }
    }

    fn timer(ctx: &mut Ctx<'_>, timer: &Timer) -> Result<(), Reject> {
        timer::run(ctx, timer)
    }

    fn begin(ctx: &mut Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
        outbox::begin(ctx, entry)
    }

    fn settle(ctx: &mut Ctx<'_>, entry: &Entry, outcome: &Outcome) -> Result<Settled, Reject> {
        outbox::settle(ctx, entry, outcome)
    }

    fn summary(ctx: &mut Ctx<'_>, table: Table, id: &str) -> Result<Option<Summary>, Reject> {
        view::summary(ctx, table, id)
    }

    fn summarise_all(ctx: &mut Ctx<'_>) -> Result<i64, Reject> {
        view::summarise_all(ctx)
    }
}

//! The deployment's suppression list, as operators keep it.

use crate::app::Call;
use crate::auth;
use crate::platform::Platform;
use crate::respond::Reply;
use schema::ids::SuppressionId;
use schema::limiter::LimiterCommand;
use schema::suppression::{
    AddSuppression, LiftSuppression, ListSuppressions, SuppressionsCommand, instance,
};
use schema::{ActorKind, Principal, Reject};

/// `POST /api/admin/suppressions`: an address, or a domain. What is on the list stays as it is.
///
/// # Errors
/// `unauthorized`, `forbidden`, the list's.
pub async fn add<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let operator = auth::operates(&call).await?;
    let input: AddSuppression = call.body(&[]).await?;
    let reply = ask(&call, operator, SuppressionsCommand::Add(input)).await?;
    Ok(Reply { status: 201, ..reply })
}

/// `GET /api/admin/suppressions`: the newest first, or the one of an address or a domain.
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`, `unavailable`.
pub async fn list<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    let query = call.query(&["q", "limit", "cursor"])?;
    let input = ListSuppressions {
        q: query.text("q")?,
        cursor: query.parse("cursor", "one that this list gave")?,
        limit: query.limit()?,
    };
    let operator = auth::operates(&call).await?;
    ask(&call, operator, SuppressionsCommand::List(input)).await?.paged()
}

/// `DELETE /api/admin/suppressions/{id}`: lifts it; gives it as it was.
///
/// # Errors
/// `unauthorized`, `forbidden`, `not_found`, `unavailable`.
pub async fn lift<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    let operator = auth::operates(&call).await?;
    let id = SuppressionId(call.ids.first);
    ask(&call, operator, SuppressionsCommand::Lift(LiftSuppression { id })).await
}

/// Asks the object that knows the list, which is of the deployment.
async fn ask<P: Platform>(
    call: &Call<'_, P>,
    operator: Principal,
    command: SuppressionsCommand,
) -> Result<Reply, Reject> {
    let operator = Principal { workspace: auth::DEPLOYMENT, ..operator };
    let command = LimiterCommand::Suppressions(command);
    call.ask(ActorKind::RateLimiter, instance(), operator, call.key()?, &command).await
}

//! Users (customers) and companies.

use crate::app::Call;
use crate::platform::Platform;
use crate::respond::Reply;
use schema::Reject;
use schema::ids::UserId;
use schema::room::RoomCommand;
use schema::room::user::{ChangeUser, CreateUser, GetUser, ListCompanies, ListUsers};

/// `GET /v1/users`.
///
/// # Errors
/// The room's.
pub async fn list<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    let query = call.query(&["email", "companyId", "limit", "cursor"])?;
    let input = ListUsers {
        email: query.text("email")?,
        company_id: query.parse("companyId", "a company's id")?,
        limit: Some(query.limit()?),
        cursor: query.cursor()?,
    };
    call.room(&RoomCommand::ListUsers(input)).await?.paged()
}

/// `POST /v1/users`.
///
/// # Errors
/// The room's.
pub async fn create<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    call.principal()?;
    let input: CreateUser = call.body(&[]).await?;
    Ok(call.room(&RoomCommand::CreateUser(input)).await?.created("/v1/users").tagged())
}

/// `GET /v1/users/{id}`.
///
/// # Errors
/// The room's.
pub async fn get<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    let user_id = UserId(call.ids.first);
    Ok(call.room(&RoomCommand::GetUser(GetUser { user_id })).await?.tagged())
}

/// `PATCH /v1/users/{id}`.
///
/// # Errors
/// The room's.
pub async fn change<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    call.principal()?;
    let mut extras = call.if_match("ifVersion")?;
    extras.push(call.id_as("userId"));
    let input: ChangeUser = call.body(&extras).await?;
    Ok(call.room(&RoomCommand::ChangeUser(input)).await?.tagged())
}

/// `GET /v1/companies`.
///
/// # Errors
/// The room's.
pub async fn list_companies<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    let query = call.query(&["limit", "cursor"])?;
    let input = ListCompanies { limit: Some(query.limit()?), cursor: query.cursor()? };
    call.room(&RoomCommand::ListCompanies(input)).await?.paged()
}

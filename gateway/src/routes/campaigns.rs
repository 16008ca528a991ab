//! Campaigns: what of them needs more than the room.

use crate::app::Call;
use crate::platform::Platform;
use crate::respond::Reply;
use schema::ids::CampaignId;
use schema::room::RoomCommand;
use schema::room::campaign::StartCampaign;
use schema::{Code, Reject};

/// Where this Worker is reached from outside: `PUBLIC_URL`, locally else where the caller reached
/// it.
///
/// # Errors
/// `conflict` where nobody has said.
pub fn public_url<P: Platform>(call: &Call<'_, P>) -> Result<String, Reject> {
    let set = call.platform.var("PUBLIC_URL").filter(|url| !url.trim().is_empty());
    let host = || call.request.headers.get("host").filter(|_| call.config.local());
    set.or_else(|| host().map(|host| format!("http://{host}"))).ok_or_else(|| {
        Reject::new(Code::Conflict, "PUBLIC_URL is not set: links to opt out need it")
    })
}

/// `POST /v1/campaigns/{campaignId}/start`.
///
/// # Errors
/// `unauthorized`, `conflict`, the room's.
pub async fn start<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    let principal = call.principal()?;
    let campaign_id = CampaignId(call.ids.first);
    let public_url = public_url(&call)?;
    let command = RoomCommand::StartCampaign(StartCampaign { campaign_id, public_url });
    Ok(call.room_as(principal, &command).await?.tagged())
}

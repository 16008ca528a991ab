//! Campaigns: what of them needs more than the room.

use crate::app::Call;
use crate::platform::Platform;
use crate::respond::Reply;
use schema::Reject;
use schema::ids::CampaignId;
use schema::room::RoomCommand;
use schema::room::campaign::StartCampaign;

/// Where this Worker is reached from outside: `PUBLIC_URL`, locally else where the caller reached
/// it; empty where nobody has said.
pub fn public_url<P: Platform>(call: &Call<'_, P>) -> String {
    let set = call.platform.var("PUBLIC_URL").filter(|url| !url.trim().is_empty());
    let host = || call.request.headers.get("host").filter(|_| call.config.local());
    set.or_else(|| host().map(|host| format!("http://{host}"))).unwrap_or_default()
}

/// `POST /v1/campaigns/{campaignId}/start`.
///
/// # Errors
/// `unauthorized`, the room's.
pub async fn start<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    let principal = call.principal()?;
    let campaign_id = CampaignId(call.ids.first);
    let public_url = public_url(&call);
    let command = RoomCommand::StartCampaign(StartCampaign { campaign_id, public_url });
    Ok(call.room_as(principal, &command).await?.tagged())
}

//! Files of prospects: read as they come, their rows put on a queue.

use crate::app::{Call, read};
use crate::body;
use crate::http::{Body, Chunks};
use crate::imports::Parts;
use crate::platform::Platform;
use crate::respond::Reply;
use crate::rows::Rows;
use crate::token::hex;
use schema::ids::ProspectImportId;
use schema::room::RoomCommand;
use schema::room::prospect_import::{
    BeginProspectImport, EndProspectImport, ImportState, ProspectImport,
};
use schema::{Code, Permission, Principal, Reject};
use sha2::{Digest, Sha256};

/// The longest file.
pub(crate) const FILE_BYTES_MAX: usize = 20 * 1024 * 1024;

/// `POST /api/prospects/import`: a CSV file whose first row names the columns, or JSON with one
/// object a line. What is wrong with a row is told by the import.
///
/// # Errors
/// `unauthorized`, `forbidden`, `unsupported_media_type`, `too_large`; `invalid_input` for a first
/// row that names no columns; `key_reused` for another file than was sent under the same key;
/// `unavailable`, then the file may be sent again under it.
pub async fn import<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    let principal = call.may(Permission::Work).await?;
    let headers = &call.request.headers;
    let rows = Rows::of(&headers.get("content-type").unwrap_or_default())?;
    body::check_length(headers.get("content-length").as_deref(), FILE_BYTES_MAX)?;
    let import_id = import_id(&call, &principal)?;
    let body = std::mem::replace(&mut call.request.body, Body::Bytes(Vec::new()));
    let chunks = body.chunks()?;
    let mut file = File { chunks, rows, bytes: 0, hash: Sha256::new(), has_ended: false };
    let imported = import_file(&call, principal, import_id, &mut file).await;
    // A client that is still sending may see the connection break and not the answer.
    file.chunks.drain(FILE_BYTES_MAX).await;
    let view = imported?;
    let location = Some(format!("/api/prospects/imports/{import_id}"));
    Ok(Reply { status: 202, location, ..Reply::of(&view)? })
}

/// The id of an import: the same for a request that is sent again under its key.
fn import_id<P: Platform>(
    call: &Call<'_, P>,
    principal: &Principal,
) -> Result<ProspectImportId, Reject> {
    let nonce = call.nonce(&format!("prospectImport|{}", principal.key_scope()))?;
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(nonce)[..16]);
    Ok(ProspectImportId(uuid::Builder::from_random_bytes(bytes).into_uuid()))
}

async fn import_file<P: Platform>(
    call: &Call<'_, P>,
    principal: Principal,
    import_id: ProspectImportId,
    file: &mut File,
) -> Result<ProspectImport, Reject> {
    let mut found = Vec::new();
    while !file.rows.are_known() && file.next(&mut found).await? {}
    let begin = RoomCommand::BeginProspectImport(BeginProspectImport { import_id });
    let system = Principal::system(principal.workspace);
    let begun: ProspectImport = call.room_reads(principal, &begin).await?;
    // What was read is not put on the queue again; only whether it is the same file is looked at.
    let was_read = !matches!(begun.state, ImportState::Reading | ImportState::Broken);
    let mut parts = Parts::new(call.platform, system.workspace, import_id);
    let read_all = async {
        let mut goes_on = true;
        while goes_on {
            goes_on = file.next(&mut found).await?;
            if was_read {
                found.clear();
            }
            parts.add(&mut found).await?;
        }
        parts.end().await
    };
    let read_all = read_all.await;
    let broken = read_all.as_ref().err().map(|reject| reject.message.clone());
    let digest = broken.is_none().then(|| hex(&file.hash.finalize_reset()));
    let (parts, rows) = (parts.count(), parts.rows());
    let end = EndProspectImport { import_id, parts, rows, broken, digest };
    let end = RoomCommand::EndProspectImport(end);
    let instance = system.workspace.to_string();
    let ended = call.ask(schema::ActorKind::WorkspaceRoom, instance, system, None, &end).await;
    read_all?;
    read(&ended?)
}

/// A file on its way.
struct File {
    chunks: Chunks,
    rows: Rows,
    bytes: usize,
    hash: Sha256,
    has_ended: bool,
}

impl File {
    /// Reads on; false at the end.
    async fn next(&mut self, found: &mut Vec<schema::pipeline::FileRow>) -> Result<bool, Reject> {
        if self.has_ended {
            return Ok(false);
        }
        let Some(chunk) = self.chunks.next().await? else {
            self.has_ended = true;
            self.rows.end(found)?;
            return Ok(false);
        };
        self.bytes += chunk.len();
        if self.bytes > FILE_BYTES_MAX {
            let text = format!("the file must have at most {FILE_BYTES_MAX} bytes");
            return Err(Reject::new(Code::TooLarge, text));
        }
        self.hash.update(&chunk);
        self.rows.push(&chunk, found)?;
        Ok(true)
    }
}

//! Moving in and out: the contents of files that come from elsewhere, and all rows of a workspace
//! as one file.

use crate::app::Call;
use crate::platform::{Platform, Source};
use crate::respond::{Common, Reply};
use crate::token::{hex, sha256_hex};
use litemap::LiteMap;
use schema::room::RoomCommand;
use schema::room::access::{GetWorkspace, Workspace};
use schema::room::transfer::{EXPORT_VERSION, ExportRows};
use schema::{ActorKind, Answer, Envelope, Permission, Principal, Reject};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// The longest file that is taken.
pub(crate) const FILE_BYTES_MAX: usize = 25 * 1024 * 1024;

/// A file that is kept.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct FileKept {
    /// SHA-256 of its content, hexadecimal: what an imported attachment names.
    sha256: String,
    /// Its size.
    bytes_count: usize,
}

/// `POST /v1/import/files`: keeps the content of a file, whose attachment is imported after it.
///
/// # Errors
/// `forbidden`, `too_large`, `unavailable`.
pub async fn keep_file<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.may(Permission::Manage).await?;
    let bytes = call.bytes("application/octet-stream", FILE_BYTES_MAX).await?;
    let sha256 = sha256_hex(&bytes);
    let key = format!("attachments/{}/{sha256}", principal.workspace);
    // Even where it is: what is there may be about to be forgotten with an erased person.
    call.platform.put_object(&key, &bytes).await?;
    Reply::of(&FileKept { sha256, bytes_count: bytes.len() })
}

/// `GET /v1/workspace/export`: all rows, as NDJSON. A first line says what it is, a last one how
/// many rows of each kind there were and the SHA-256 over their lines; without it, the export broke
/// off.
///
/// # Errors
/// `forbidden`; what goes wrong later ends the stream.
pub async fn export<P: Platform + 'static>(call: Call<'_, P>) -> Result<P::Socket, Reject> {
    call.query(&[])?;
    let principal = call.may(Permission::Manage).await?;
    let get = RoomCommand::GetWorkspace(GetWorkspace {});
    let workspace: Workspace = call.room_reads(principal.clone(), &get).await?;
    let mut export = Export {
        platform: call.platform.twin(),
        principal,
        request_id: call.request_id.clone(),
        state: State::First,
        kinds: LiteMap::new(),
        head: (0, 0),
        ahead: None,
        header: json!({}),
    };
    // The first page is read before anything is told: a refusal is a refusal still.
    let first = export.page(None).await?;
    export.head = (first.head, first.head);
    export.header = json!({
        "postroomExport": EXPORT_VERSION,
        "workspace": { "id": workspace.id, "name": workspace.name },
        "head": first.head,
        "exportedAt": call.platform.now(),
    });
    export.ahead = Some(first);
    let common = Common::of(&call.request, Some(call.config), call.request_id.clone());
    call.platform.stream(common.lines(&format!("{}.ndjson", workspace.id)), export)
}

/// An export on its way.
struct Export<P> {
    platform: P,
    principal: Principal,
    request_id: String,
    state: State,
    kinds: LiteMap<String, (u64, Sha256)>,
    head: (i64, i64),
    ahead: Option<Page>,
    header: Value,
}

enum State {
    First,
    Rows(Option<String>),
    Done,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    head: i64,
    rows: Vec<Box<RawValue>>,
    #[serde(default)]
    next_cursor: Option<String>,
}

impl<P: Platform> Export<P> {
    async fn page(&self, cursor: Option<String>) -> Result<Page, Reject> {
        let command = RoomCommand::ExportRows(ExportRows { cursor });
        let instance = self.principal.workspace.to_string();
        let mut envelope = Envelope::new(instance, self.principal.clone(), None, &command);
        envelope.request_id.clone_from(&self.request_id);
        match self.platform.call(ActorKind::WorkspaceRoom, &envelope).await? {
            Answer::Done { json, .. } => serde_json::from_slice(&json)
                .map_err(|error| Reject::internal(format!("a page of an export: {error}"))),
            Answer::Rejected(reject) => Err(reject),
        }
    }

    fn lines(&mut self, page: &Page) -> Result<Vec<u8>, Reject> {
        let mut out = Vec::new();
        for row in &page.rows {
            let line = row.get();
            // `{"user":{…}}`: the first word is the kind.
            let kind = line.split('"').nth(1).unwrap_or_default();
            let (count, sum) = self.kinds.entry(kind.to_owned()).or_default();
            *count += 1;
            sum.update(line);
            sum.update("\n");
            out.extend_from_slice(line.as_bytes());
            out.push(b'\n');
        }
        self.head.1 = page.head;
        Ok(out)
    }

    fn last_line(&mut self) -> Vec<u8> {
        let (mut counts, mut sums) = (Map::new(), Map::new());
        for (kind, (count, sum)) in std::mem::take(&mut self.kinds) {
            counts.insert(kind.clone(), count.into());
            sums.insert(kind, hex(&sum.finalize()).into());
        }
        let (before, after) = self.head;
        let end = json!({ "counts": counts, "sha256": sums, "head": after,
            "ofOneMoment": before == after });
        line(&json!({ "end": end }))
    }
}

fn line(value: &Value) -> Vec<u8> {
    format!("{value}\n").into_bytes()
}

impl<P: Platform> Source for Export<P> {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Reject> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::First => {
                self.state = State::Rows(None);
                Ok(Some(line(&self.header)))
            }
            State::Rows(cursor) => {
                let page = match self.ahead.take() {
                    Some(page) => page,
                    None => self.page(cursor).await?,
                };
                let mut lines = self.lines(&page)?;
                match page.next_cursor {
                    Some(next) => self.state = State::Rows(Some(next)),
                    None => lines.extend(self.last_line()),
                }
                Ok(Some(lines))
            }
            State::Done => Ok(None),
        }
    }
}

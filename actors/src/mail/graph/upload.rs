//! The files of a draft, one after another, each read from where it is kept in pieces, so that no
//! more than a piece is in memory: a small one in one request, a larger one by an upload session.
//!
//! The address of a session says by itself who may use it: it gets no token. Where an answer is
//! lost or a piece does not fit, the session is asked where it stands.
//!
//! Source: the documentation of `attachment: createUploadSession` and of large attachments, which
//! knows "3 MB" only. Measured (microsoftgraph/msgraph-sdk-java, pull request 52): a request takes
//! 4 MiB with all that is in it, a session no file below 2 MiB.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schema::Millis;
use schema::codec::to_json;
use serde::{Deserialize, Serialize};
use std::future::Future;

use super::GraphError;
use super::http::{Answer, Http, Method, Request};
use super::link::{encoded, is_upload};
use super::session::{JSON_BYTES_MAX, Session, answered, bad, json};
use crate::mail::attach::Missing;

/// What a request may have, with some room. A file goes along in one as long as it fits, which in
/// base64 is up to almost 3 MiB: a session takes none that is much smaller.
const REQUEST_BYTES_MAX: i64 = 4 * 1024 * 1024 - 16 * 1024;
/// The answer to a small file has it in it.
const SMALL_ANSWER_BYTES_MAX: usize = 5 * 1024 * 1024;
/// A piece: below 4 MB, and a multiple of 320 KiB, as sessions elsewhere in Graph want it.
const PIECE_BYTES: i64 = 10 * 320 * 1024;
/// How often an upload may be asked where it stands.
const DOUBTS_MAX: usize = 3;
/// For how long pieces of a draft's files are read. What is under way then goes on: one reading,
/// two requests, and one that takes the draft away.
pub const PIECES_MS: Millis = 5 * 60 * 1000;

/// A file of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftFile {
    /// What it is called.
    pub name: String,
    /// What it is, `type/subtype`.
    pub content_type: String,
    /// Where its content is kept.
    pub key: String,
    /// Its size.
    pub bytes_count: i64,
}

/// Where the contents of files are kept.
pub trait Files {
    /// Reads `count` bytes of a file, no fewer, that begin at `from`.
    fn read(
        &self,
        file: &DraftFile,
        from: i64,
        count: i64,
    ) -> impl Future<Output = Result<Vec<u8>, Missing>>;

    /// The time.
    fn now(&self) -> Millis;
}

/// Files that are read until a time has come.
pub(super) struct InTime<'f, F> {
    files: &'f F,
    until: Millis,
}

impl<'f, F: Files> InTime<'f, F> {
    /// From now on.
    pub(super) fn new(files: &'f F) -> Self {
        Self { files, until: files.now() + PIECES_MS }
    }
}

impl<F: Files> Files for InTime<'_, F> {
    async fn read(&self, file: &DraftFile, from: i64, count: i64) -> Result<Vec<u8>, Missing> {
        if self.now() >= self.until {
            return Err(Missing::Later("the upload takes too long".to_owned()));
        }
        self.files.read(file, from, count).await
    }

    fn now(&self) -> Millis {
        self.files.now()
    }
}

/// Why a draft does not have a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotAttached {
    /// The file cannot be read.
    Missing(Missing),
    /// Graph did not take it, or it is not known.
    Graph(GraphError),
}

impl From<Missing> for NotAttached {
    fn from(missing: Missing) -> Self {
        Self::Missing(missing)
    }
}

impl From<GraphError> for NotAttached {
    fn from(error: GraphError) -> Self {
        Self::Graph(error)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attachment<'f> {
    #[serde(rename = "@odata.type")]
    kind: &'static str,
    name: &'f str,
    content_type: &'f str,
    content_bytes: String,
}

#[derive(Serialize)]
struct Asked<'f> {
    #[serde(rename = "AttachmentItem")]
    item: Item<'f>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'f> {
    attachment_type: &'static str,
    name: &'f str,
    size: i64,
    content_type: &'f str,
}

#[derive(Deserialize)]
struct Opened {
    #[serde(rename = "uploadUrl")]
    upload_url: String,
}

#[derive(Deserialize)]
struct Stands {
    // `["3276800-"]`; the mail service itself leaves the hyphen out and begins with a capital.
    #[serde(rename = "nextExpectedRanges", default)]
    ranges: Vec<String>,
    #[serde(rename = "NextExpectedRanges", default)]
    others: Vec<String>,
}

impl<H: Http> Session<'_, H> {
    /// Adds a file to a draft.
    pub(super) async fn attach(
        &self,
        draft_id: &str,
        file: &DraftFile,
        files: &impl Files,
    ) -> Result<(), NotAttached> {
        let path = format!("/me/messages/{}/attachments", encoded(draft_id));
        let (name, content_type) = (&*file.name, &*file.content_type);
        let kind = "#microsoft.graph.fileAttachment";
        let body = Attachment { kind, name, content_type, content_bytes: String::new() };
        if encoded_bytes(&body, file.bytes_count) <= REQUEST_BYTES_MAX {
            let content = files.read(file, 0, file.bytes_count).await?;
            let body = Attachment { content_bytes: STANDARD.encode(content), ..body };
            self.post_json(&path, &body, SMALL_ANSWER_BYTES_MAX).await?;
            return Ok(());
        }
        let item = Item { attachment_type: "file", name, size: file.bytes_count, content_type };
        let path = format!("{path}/createUploadSession");
        let answer = self.post_json(&path, &Asked { item }, JSON_BYTES_MAX).await?;
        let Opened { upload_url } = json(&answer)?;
        if !is_upload(self.base(), &upload_url) {
            return Err(bad("an upload that leads elsewhere").into());
        }
        self.upload(&upload_url, file, files).await
    }

    /// Deletes a draft.
    ///
    /// # Errors
    /// [`GraphError`].
    pub(super) async fn discard(&self, draft_id: &str) -> Result<(), GraphError> {
        self.delete(&format!("/me/messages/{}", encoded(draft_id))).await
    }

    async fn upload(
        &self,
        url: &str,
        file: &DraftFile,
        files: &impl Files,
    ) -> Result<(), NotAttached> {
        let (mut from, mut doubts) = (0, 0);
        while from < file.bytes_count {
            let count = PIECE_BYTES.min(file.bytes_count - from);
            let piece = files.read(file, from, count).await?;
            match self.put(url, from, file.bytes_count, piece).await {
                Ok(answer) if answer.status == 201 => return Ok(()),
                Ok(answer) => from = next(&answer, from + 1, file)?,
                Err(error) if doubts < DOUBTS_MAX && is_doubtful(&error) => {
                    doubts += 1;
                    from = next(&self.stands(url).await?, 0, file)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(bad("an upload without an end").into())
    }

    async fn put(
        &self,
        url: &str,
        from: i64,
        size: i64,
        piece: Vec<u8>,
    ) -> Result<Answer, GraphError> {
        let to = from + i64::try_from(piece.len()).unwrap_or(i64::MAX) - 1;
        let headers = vec![
            ("content-type", "application/octet-stream".to_owned()),
            ("content-range", format!("bytes {from}-{to}/{size}")),
        ];
        self.ask_upload(Method::Put, url, headers, piece).await
    }

    async fn stands(&self, url: &str) -> Result<Answer, GraphError> {
        self.ask_upload(Method::Get, url, Vec::new(), Vec::new()).await
    }

    async fn ask_upload(
        &self,
        method: Method,
        url: &str,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    ) -> Result<Answer, GraphError> {
        let url = url.to_owned();
        let request = Request { method, url, headers, body, answer_bytes_max: JSON_BYTES_MAX };
        let answer = self.http().ask(request).await;
        // What a session says of itself says nothing of the token.
        if let Ok(Answer { status: status @ (401 | 404 | 410), .. }) = answer {
            let text = format!("{status}: the upload session is over");
            return Err(GraphError::Broken { text });
        }
        answered(answer)
    }
}

/// How large a request is with so much of a file in it.
fn encoded_bytes(empty: &Attachment<'_>, bytes_count: i64) -> i64 {
    let around = i64::try_from(to_json(empty).len()).unwrap_or(i64::MAX);
    around.saturating_add((bytes_count.saturating_add(2) / 3).saturating_mul(4))
}

/// Whether a session may stand elsewhere than it seems.
fn is_doubtful(error: &GraphError) -> bool {
    match error {
        GraphError::Broken { .. } => true,
        GraphError::Refused { status, .. } => *status == 416 || *status >= 500,
        _ => false,
    }
}

/// Where a session goes on.
fn next(answer: &Answer, least: i64, file: &DraftFile) -> Result<i64, GraphError> {
    let Stands { ranges, others } = json(answer)?;
    let first = ranges.first().or_else(|| others.first()).and_then(|range| range.split('-').next());
    let next = first.and_then(|from| from.trim().parse::<i64>().ok());
    let next = next.filter(|next| (least..file.bytes_count).contains(next));
    next.ok_or_else(|| bad("an upload that goes on nowhere"))
}

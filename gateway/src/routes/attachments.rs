//! Files: brought, linked to, and given back. What a stranger sent is given as a file to save; only
//! what shows itself to be an image is ever shown in its place.

use crate::app::Call;
use crate::http::{Body, Chunks};
use crate::link::{self, Link};
use crate::media;
use crate::multipart::{Form, Part};
use crate::platform::{Platform, Storage};
use crate::respond::{FileHead, Reply};
use schema::ids::AttachmentId;
use schema::room::RoomCommand;
use schema::room::comment::{Attachment, GetAttachment};
use schema::room::upload::{BeginUpload, DropUpload, FILE_BYTES_MAX, FinishUpload, UploadBegun};
use schema::{Code, Millis, Permission, Principal, Reject};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The size of a part; storage takes none that is smaller, but for the last.
const PART_BYTES: usize = 5 * 1024 * 1024;

/// How much of a body that is refused is read all the same: a client that still sends when it is
/// answered may see the connection break, and not the answer.
const DRAINED_BYTES_MAX: usize = 32 * 1024 * 1024;

/// A file and the bytes of it that were asked for.
pub type Content<P> = (FileHead, Option<<P as Platform>::Content>);

/// `POST /v1/attachments`: the bytes themselves with `fileName` in the query, or a form with one
/// file. `contentId` names it for `cid:` in the text.
///
/// # Errors
/// `unsupported_media_type`, `too_large`, `invalid_input`, `bad_request`, the room's.
pub async fn upload<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let body = std::mem::replace(&mut call.request.body, Body::Bytes(Vec::new()));
    let mut chunks = body.chunks()?;
    let taken = take(&call, &mut chunks).await;
    if taken.is_err() {
        chunks.drain(DRAINED_BYTES_MAX).await;
    }
    taken
}

async fn take<P: Platform>(call: &Call<'_, P>, chunks: &mut Chunks) -> Result<Reply, Reject> {
    let principal = call.may(Permission::Work).await?;
    let query = call.query(&["fileName", "contentId"])?;
    let (named, content_id) = (query.text("fileName")?, query.text("contentId")?);
    let length = call.request.headers.get("content-length");
    if length.and_then(|text| text.parse::<i64>().ok()).is_some_and(|n| n > FILE_BYTES_MAX + 65_536)
    {
        return Err(too_large());
    }
    let content_type = call.request.headers.get("content-type").unwrap_or_default();
    let mut source = Source::of(&content_type, named, chunks)?;
    let head = source.head().await?;
    let part = source.part.clone().ok_or_else(|| {
        Reject::field("fileName", "must be in the query, unless the body is a form")
    })?;
    if head.is_empty() {
        return Err(Reject::field("file", "must not be empty"));
    }
    let media = media::check(&part.content_type, &head[..head.len().min(media::HEAD_BYTES)])?;

    let begin = RoomCommand::BeginUpload(BeginUpload {
        file_name: part.file_name,
        content_type: part.content_type,
        content_id,
    });
    let begun: UploadBegun = call.room_reads(principal.clone(), &begin).await?;
    match keep(call.platform, &begun.key, head, &mut source).await {
        Ok((sha256, bytes_count)) => {
            let finish = RoomCommand::FinishUpload(FinishUpload {
                attachment_id: begun.attachment_id,
                sha256,
                bytes_count,
                media: media.to_owned(),
            });
            let file: Attachment = call.room_reads(principal, &finish).await?;
            Ok(Reply::of(&file)?.created("/v1/attachments"))
        }
        Err(reject) => {
            // Should this fail too, the upload is forgotten after a day.
            let drop = RoomCommand::DropUpload(DropUpload { attachment_id: begun.attachment_id });
            let _: Result<serde_json::Value, Reject> = call.room_reads(principal, &drop).await;
            Err(reject)
        }
    }
}

/// Where the bytes of a file come from.
struct Source<'a> {
    chunks: &'a mut Chunks,
    form: Option<Form>,
    part: Option<Part>,
    ended: bool,
}

impl<'a> Source<'a> {
    fn of(
        content_type: &str,
        named: Option<String>,
        chunks: &'a mut Chunks,
    ) -> Result<Self, Reject> {
        let form = Form::of(content_type)?;
        let given = if content_type.is_empty() { media::OTHER } else { content_type };
        let part = match (&form, named) {
            (None, Some(file_name)) => Some(Part { file_name, content_type: given.to_owned() }),
            _ => None,
        };
        Ok(Self { chunks, form, part, ended: false })
    }

    /// The next bytes of the file; none at its end.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Reject> {
        while !self.ended {
            let Some(chunk) = self.chunks.next().await? else {
                self.ended = true;
                if let Some(form) = &self.form {
                    form.end()?;
                }
                break;
            };
            let bytes = match &mut self.form {
                Some(form) => {
                    let (part, bytes) = form.push(&chunk)?;
                    self.part = self.part.take().or(part);
                    bytes
                }
                None => chunk,
            };
            if !bytes.is_empty() {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    /// Enough of the beginning to know what it is.
    async fn head(&mut self) -> Result<Vec<u8>, Reject> {
        let mut head = Vec::new();
        while head.len() < media::HEAD_BYTES {
            let Some(bytes) = self.next().await? else { break };
            head.extend(bytes);
        }
        Ok(head)
    }
}

/// Puts a file into storage as it comes; gives its hash and size. What was begun and fails is
/// dropped: storage would keep its parts, which nobody can see, and have them paid for.
async fn keep<S: Storage>(
    storage: &S,
    key: &str,
    head: Vec<u8>,
    source: &mut Source<'_>,
) -> Result<(String, i64), Reject> {
    let mut open = None;
    let kept = fill(storage, key, head, source, &mut open).await;
    if kept.is_err()
        && let Some(parts) = open
    {
        storage.drop_parts(parts).await;
    }
    kept
}

/// The same, and `open` is what was begun. No more than a part is in memory at once.
async fn fill<S: Storage>(
    storage: &S,
    key: &str,
    head: Vec<u8>,
    source: &mut Source<'_>,
    open: &mut Option<S::Parts>,
) -> Result<(String, i64), Reject> {
    let (mut hash, mut count) = (Sha256::new().chain_update(&head), head.len() as i64);
    let mut part = head;
    loop {
        if count > FILE_BYTES_MAX {
            return Err(too_large());
        }
        let Some(bytes) = source.next().await? else { break };
        hash.update(&bytes);
        count += bytes.len() as i64;
        part.extend(bytes);
        while part.len() >= PART_BYTES {
            let rest = part.split_off(PART_BYTES);
            let full = std::mem::replace(&mut part, rest);
            let parts = match open {
                Some(parts) => parts,
                None => open.insert(storage.begin_parts(key).await?),
            };
            storage.put_part(parts, full).await?;
        }
    }
    match open {
        None => storage.put_object(key, &part).await?,
        Some(parts) => {
            if !part.is_empty() {
                storage.put_part(parts, part).await?;
            }
            storage.end_parts(parts).await?;
        }
    }
    Ok((crate::token::hex(&hash.finalize()), count))
}

fn too_large() -> Reject {
    Reject::new(Code::TooLarge, format!("a file must have at most {FILE_BYTES_MAX} bytes"))
}

/// `GET /v1/attachments/{attachmentId}/content`, with `Range`.
///
/// # Errors
/// The room's; `gone` where the content is no longer kept.
pub async fn content<P: Platform>(call: Call<'_, P>) -> Result<Content<P>, Reject> {
    call.query(&[])?;
    let principal = call.principal()?;
    let file = file(&call, principal, AttachmentId(call.ids.first)).await?;
    give(&call, file, false).await
}

/// `GET /files/{link}`, with `Range`.
///
/// # Errors
/// `forbidden` for whatever is no good link; `gone` where the content is no longer kept.
pub async fn linked<P: Platform>(call: Call<'_, P>) -> Result<Content<P>, Reject> {
    if call.request.method != "GET" || call.request.query.is_some() {
        return Err(link::refused());
    }
    let sealed = call.request.path.strip_prefix(link::PATH).unwrap_or_default();
    let link = Link::open(&call.config.keys, sealed, call.platform.now())?;
    let file = file(&call, link.principal(), link.attachment).await.map_err(|reject| {
        let ours = matches!(reject.code, Code::Unauthorized | Code::Forbidden | Code::NotFound);
        if ours { link::refused() } else { reject }
    })?;
    give(&call, file, link.inline).await
}

async fn file<P: Platform>(
    call: &Call<'_, P>,
    principal: Principal,
    attachment_id: AttachmentId,
) -> Result<Attachment, Reject> {
    let command = RoomCommand::GetAttachment(GetAttachment { attachment_id });
    call.room_reads(principal, &command).await
}

/// The bytes of a file that were asked for.
async fn give<P: Platform>(
    call: &Call<'_, P>,
    file: Attachment,
    inline: bool,
) -> Result<Content<P>, Reject> {
    let total = u64::try_from(file.bytes_count).unwrap_or(0);
    let header = |name: &str| call.request.headers.get(name);
    let same = header("if-range").is_none_or(|tag| tag == format!("\"{}\"", file.sha256));
    let asked = header("range").filter(|_| same);
    let range = match asked.as_deref().and_then(|text| range(text, total)) {
        None => None,
        Some(Ok(range)) => Some(range),
        Some(Err(())) => return Ok((FileHead::unsatisfiable(total), None)),
    };
    let shown = file.media.filter(|media| inline && media::is_safe_image(media));
    let head = FileHead { name: file.file_name, shown, sha256: file.sha256, range, total };
    match call.platform.open(&file.key, range).await? {
        Some(content) => Ok((head, Some(content))),
        None => Err(Reject::new(Code::Gone, "the file is no longer kept")),
    }
}

/// The first and last byte of `Range`: none where the whole is to be given, an error where there is
/// no such part. More than one range is answered with the whole.
fn range(text: &str, total: u64) -> Option<Result<(u64, u64), ()>> {
    let (from, to) = text.strip_prefix("bytes=")?.trim().split_once('-')?;
    let number = |text: &str| {
        let digits =
            !text.is_empty() && text.len() <= 15 && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse::<u64>().ok()).flatten()
    };
    let last = total.checked_sub(1);
    let (from, to) = match (from, to) {
        ("", suffix) => {
            let suffix = number(suffix)?;
            (total.saturating_sub(suffix), last.filter(|_| suffix > 0))
        }
        (from, "") => (number(from)?, last),
        (from, to) => {
            let (from, to) = (number(from)?, number(to)?);
            if to < from {
                return None;
            }
            (from, last.map(|last| last.min(to)))
        }
    };
    Some(to.filter(|to| from <= *to).map(|to| (from, to)).ok_or(()))
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct LinkMade {
    /// Where to get the file, with GET and nothing else.
    url: String,
    /// Until when.
    expires_at: Millis,
}

/// `GET /v1/attachments/{attachmentId}/link`.
///
/// # Errors
/// The room's; `forbidden` for who is no agent.
pub async fn make_link<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    let inline = call.query(&["inline"])?.flag("inline")?.unwrap_or(false);
    let principal = call.principal()?;
    let id = AttachmentId(call.ids.first);
    file(&call, principal.clone(), id).await?;
    let link = Link::new(&principal, id, inline, call.platform.now());
    let link = link.ok_or_else(|| Reject::forbidden("links are for agents"))?;
    let (origin, keys) = (&call.request.origin, &call.config.keys);
    let url = format!("{origin}{}{}", link::PATH, link.seal(keys));
    Reply::of(&LinkMade { url, expires_at: link.until })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    #[test]
    fn ranges_are_taken_by_the_letter() {
        for (text, expected) in [
            ("bytes=0-0", Some(Ok((0, 0)))),
            ("bytes=0-", Some(Ok((0, 9)))),
            ("bytes=4-6", Some(Ok((4, 6)))),
            ("bytes=4-60", Some(Ok((4, 9)))),
            ("bytes=-3", Some(Ok((7, 9)))),
            ("bytes=-30", Some(Ok((0, 9)))),
            ("bytes=10-", Some(Err(()))),
            ("bytes=-0", Some(Err(()))),
            ("bytes=99-100", Some(Err(()))),
            ("bytes=6-4", None),
            ("bytes=0-1,3-4", None),
            ("bytes=a-b", None),
            ("bytes=+1-2", None),
            ("bytes=", None),
            ("items=0-1", None),
            ("bytes=99999999999999999999-", None),
        ] {
            assert_eq!(range(text, 10), expected, "{text}");
        }
        assert_eq!(range("bytes=0-", 0), Some(Err(())));
    }

    /// Storage in which the request of a number fails.
    struct Failing {
        at: usize,
        asked: Cell<usize>,
        open: Cell<i64>,
        whole: Cell<usize>,
    }

    impl Failing {
        fn ask(&self) -> Result<(), Reject> {
            self.asked.set(self.asked.get() + 1);
            if self.asked.get() == self.at {
                return Err(Reject::new(Code::Unavailable, "storage does not answer"));
            }
            Ok(())
        }
    }

    impl Storage for Failing {
        type Parts = usize;

        async fn put_object(&self, _: &str, bytes: &[u8]) -> Result<(), Reject> {
            self.ask()?;
            self.whole.set(bytes.len());
            Ok(())
        }

        async fn begin_parts(&self, _: &str) -> Result<usize, Reject> {
            self.ask()?;
            self.open.set(self.open.get() + 1);
            Ok(0)
        }

        async fn put_part(&self, parts: &mut usize, bytes: Vec<u8>) -> Result<(), Reject> {
            self.ask()?;
            *parts += bytes.len();
            Ok(())
        }

        async fn end_parts(&self, parts: &mut usize) -> Result<(), Reject> {
            self.ask()?;
            self.open.set(self.open.get() - 1);
            self.whole.set(*parts);
            Ok(())
        }

        async fn drop_parts(&self, _: usize) {
            self.open.set(self.open.get() - 1);
        }
    }

    /// Puts a file of so many bytes; nothing here waits.
    fn put(at: usize, bytes: usize) -> (Failing, Result<i64, Code>) {
        let storage = Failing { at, asked: Cell::new(0), open: Cell::new(0), whole: Cell::new(0) };
        let mut chunks = Chunks::Bytes(Some(vec![7; bytes - 1]));
        let mut source =
            Source::of("text/plain", Some("a.txt".into()), &mut chunks).expect("a source");
        let kept = {
            let work = pin!(keep(&storage, "files/a", vec![7], &mut source));
            match work.poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(kept) => kept,
                Poll::Pending => panic!("nothing here waits"),
            }
        };
        (storage, kept.map(|(_, count)| count).map_err(|reject| reject.code))
    }

    #[test]
    fn whatever_request_to_storage_fails_no_upload_stays_open() {
        for bytes in [1, PART_BYTES - 1, PART_BYTES, 2 * PART_BYTES + 7] {
            let (storage, kept) = put(usize::MAX, bytes);
            assert_eq!((kept, storage.whole.get()), (Ok(bytes as i64), bytes));
            assert_eq!(storage.open.get(), 0);
            for at in 1..=storage.asked.get() {
                let (storage, kept) = put(at, bytes);
                assert_eq!(kept, Err(Code::Unavailable), "{bytes} bytes, request {at}");
                assert_eq!((storage.open.get(), storage.whole.get()), (0, 0), "request {at}");
            }
        }
        let (storage, kept) = put(usize::MAX, FILE_BYTES_MAX as usize + 1);
        assert_eq!((kept, storage.open.get(), storage.whole.get()), (Err(Code::TooLarge), 0, 0));
    }
}

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
use schema::pipeline::FileRow;
use schema::room::RoomCommand;
use schema::room::prospect_import::{
    BeginProspectImport, EndProspectImport, ImportState, ProspectImport,
};
use schema::{Code, Permission, Principal, Reject};
use sha2::{Digest, Sha256};
use std::collections::VecDeque;

/// The longest file.
pub(crate) const FILE_BYTES_MAX: usize = 20 * 1024 * 1024;
/// By how many of its first bytes a file is known before any of it is imported.
const HEAD_BYTES: usize = 64 * 1024;
/// How much of a file that waits is in one piece: it may come in many small ones.
const HELD_BYTES: usize = 256 * 1024;

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
    let mut file = File::new(body.chunks()?, rows);
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
    let system = Principal::system(principal.workspace);
    let begun = begin(call, principal, import_id, file, &mut found).await?;
    if begun.state != ImportState::Reading {
        return Ok(begun);
    }
    let mut parts = Parts::new(call.platform, system.workspace, import_id);
    let read_all = async {
        loop {
            parts.add(&mut found).await?;
            if !file.next(&mut found).await? {
                break;
            }
        }
        parts.add(&mut found).await?;
        parts.end().await
    };
    let read_all = read_all.await;
    let broken = read_all.as_ref().err().map(|reject| reject.message.clone());
    let digest = broken.is_none().then(|| file.digest());
    let hashes = broken.is_none().then(|| parts.hashes().to_owned());
    let (parts, rows) = (parts.count(), parts.rows());
    let end = EndProspectImport { import_id, parts, rows, broken, digest, hashes };
    let end = RoomCommand::EndProspectImport(end);
    let instance = system.workspace.to_string();
    let ended = call.ask(schema::ActorKind::WorkspaceRoom, instance, system, None, &end).await;
    read_all?;
    read(&ended?)
}

/// Begins to read, once the file is known by its first bytes. One that was read to its end before
/// is compared as a whole, before anything of it is on the queue again.
async fn begin<P: Platform>(
    call: &Call<'_, P>,
    principal: Principal,
    import_id: ProspectImportId,
    file: &mut File,
    found: &mut Vec<FileRow>,
) -> Result<ProspectImport, Reject> {
    while (file.bytes < HEAD_BYTES || !file.rows.are_known()) && file.next(found).await? {}
    let head = Some(hex(&file.head.clone().finalize()));
    let begin = BeginProspectImport { head, ..BeginProspectImport::new(import_id) };
    let ask = RoomCommand::BeginProspectImport(begin.clone());
    let begun: ProspectImport = call.room_reads(principal.clone(), &ask).await?;
    if begun.rows.is_none() {
        return Ok(begun);
    }
    // What was read is not read again: no more than the digest of it is wanted.
    let was_read = matches!(begun.state, ImportState::Running | ImportState::Done);
    if was_read {
        file.skip().await?;
    } else {
        file.hold().await?;
    }
    let whole = BeginProspectImport { digest: Some(file.digest()), ..begin };
    let whole = RoomCommand::BeginProspectImport(whole);
    let begun: ProspectImport = call.room_reads(principal, &whole).await?;
    if was_read && begun.state == ImportState::Reading {
        let why = "a part of the file may be lost: send the file again";
        return Err(Reject::new(Code::Unavailable, why));
    }
    Ok(begun)
}

/// A file on its way.
struct File {
    chunks: Chunks,
    /// What has come and is not read yet.
    held: VecDeque<Vec<u8>>,
    rows: Rows,
    bytes: usize,
    head: Sha256,
    hash: Sha256,
    has_ended: bool,
}

impl File {
    fn new(chunks: Chunks, rows: Rows) -> Self {
        let (head, hash) = (Sha256::new(), Sha256::new());
        Self { chunks, held: VecDeque::new(), rows, bytes: 0, head, hash, has_ended: false }
    }

    /// Reads on; false at the end.
    async fn next(&mut self, found: &mut Vec<FileRow>) -> Result<bool, Reject> {
        if self.has_ended {
            return Ok(false);
        }
        let chunk = match self.held.pop_front() {
            Some(chunk) => Some(chunk),
            None => self.take().await?,
        };
        let Some(chunk) = chunk else {
            self.has_ended = true;
            self.rows.end(found)?;
            return Ok(false);
        };
        self.rows.push(&chunk, found)?;
        Ok(true)
    }

    /// Takes the rest as it is: it is read later.
    async fn hold(&mut self) -> Result<(), Reject> {
        while !self.has_ended
            && let Some(chunk) = self.take().await?
        {
            self.keep(chunk);
        }
        Ok(())
    }

    fn keep(&mut self, mut chunk: Vec<u8>) {
        if let Some(last) = self.held.back_mut()
            && last.len() + chunk.len() <= last.capacity()
        {
            last.extend_from_slice(&chunk);
            return;
        }
        chunk.reserve_exact(HELD_BYTES.saturating_sub(chunk.len()));
        self.held.push_back(chunk);
    }

    /// Takes the rest for its digest alone.
    async fn skip(&mut self) -> Result<(), Reject> {
        while !self.has_ended && self.take().await?.is_some() {}
        self.has_ended = true;
        Ok(())
    }

    async fn take(&mut self) -> Result<Option<Vec<u8>>, Reject> {
        let Some(chunk) = self.chunks.next().await? else { return Ok(None) };
        let of_head = HEAD_BYTES.saturating_sub(self.bytes).min(chunk.len());
        self.bytes += chunk.len();
        if self.bytes > FILE_BYTES_MAX {
            let text = format!("the file must have at most {FILE_BYTES_MAX} bytes");
            return Err(Reject::new(Code::TooLarge, text));
        }
        self.head.update(&chunk[..of_head]);
        self.hash.update(&chunk);
        Ok(Some(chunk))
    }

    /// The SHA-256 of what was taken, in hexadecimal.
    fn digest(&self) -> String {
        hex(&self.hash.clone().finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::sha256_hex;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    fn now<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("bytes that are here never wait"),
        }
    }

    fn file(text: &str) -> File {
        let rows = Rows::of("text/csv").expect("a type");
        File::new(Chunks::Bytes(Some(text.as_bytes().to_vec())), rows)
    }

    fn read(file: &mut File) -> Vec<i64> {
        let mut found = Vec::new();
        while now(file.next(&mut found)).expect("it is read") {}
        found.iter().map(|row| row.row).collect()
    }

    #[test]
    fn the_head_is_of_the_first_bytes_alone_and_the_digest_of_all() {
        let long = format!("email\n{}", "ann@acme.example\n".repeat(HEAD_BYTES / 10));
        let other = format!("{long}bob@acme.example\n");
        let [mut one, mut two] = [&long, &other].map(|text| file(text));
        assert_eq!(read(&mut one).len() + 1, read(&mut two).len());
        let heads = [&one, &two].map(|file| hex(&file.head.clone().finalize()));
        assert_eq!(heads[0], sha256_hex(&long.as_bytes()[..HEAD_BYTES]));
        assert_eq!(heads[1], heads[0]);
        assert_eq!(one.digest(), sha256_hex(long.as_bytes()));
        assert_eq!(two.digest(), sha256_hex(other.as_bytes()));
        let mut short = file("email\n");
        assert_eq!(read(&mut short), Vec::<i64>::new());
        assert_eq!(hex(&short.head.clone().finalize()), short.digest());
    }

    #[test]
    fn what_was_held_is_read_as_if_it_came_then_and_is_hashed_once() {
        let text = "email\nann@acme.example\nbob@acme.example\n";
        let mut held = file(text);
        now(held.hold()).expect("it is held");
        assert_eq!((held.digest(), held.bytes), (sha256_hex(text.as_bytes()), text.len()));
        assert_eq!(read(&mut held), [2, 3]);
        assert_eq!((held.digest(), held.bytes), (sha256_hex(text.as_bytes()), text.len()));
        now(held.hold()).expect("there is nothing more");
        assert!(held.held.is_empty());
    }

    #[test]
    fn of_what_is_not_read_again_the_digest_alone_is_kept() {
        let text = "email\nann@acme.example\n";
        let mut skipped = file(text);
        now(skipped.skip()).expect("it is taken");
        assert_eq!((skipped.digest(), skipped.bytes), (sha256_hex(text.as_bytes()), text.len()));
        assert!(skipped.held.is_empty());
        assert_eq!(read(&mut skipped), Vec::<i64>::new());
    }

    #[test]
    fn small_pieces_of_what_is_held_are_joined_in_their_order() {
        let mut held = file("");
        let mut whole = Vec::new();
        for number in 0..1_000 {
            let piece = format!("{number:>1024}").into_bytes();
            whole.extend_from_slice(&piece);
            held.keep(piece);
        }
        let large = vec![b'x'; HELD_BYTES + 1];
        whole.extend_from_slice(&large);
        held.keep(large);
        assert_eq!(held.held.len(), 5, "a megabyte, and one that is too large to be joined");
        assert!(held.held.iter().all(|piece| piece.capacity() <= HELD_BYTES + 1));
        assert_eq!(held.held.into_iter().flatten().collect::<Vec<u8>>(), whole);
    }
}

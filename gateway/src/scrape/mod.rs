//! Sources of prospects are read: each reading is an import of its own, through the same queue and
//! the same actors as a file is, so that an item that was seen before makes nobody anew.

mod feed;
mod items;
mod json;
mod robots;
pub mod visit;

use crate::imports::Parts;
use crate::platform::Platform;
use crate::system::ask_room;
use crate::token::sha256_hex;
use items::Fields;
use schema::ids::{ProspectImportId, SourceId, WorkspaceId};
use schema::pipeline::{ReadSource, Work};
use schema::room::RoomCommand;
use schema::room::prospect_import::{
    BeginProspectImport, EndProspectImport, ImportState, ProspectImport,
};
use schema::room::source::{
    BeginReading, EndReading, ListSources, Mark, ProspectSource, Reading, SourceKind,
};
use schema::{Code, Millis, Reject};
use visit::{Given, Trouble, Wanted};

/// The longest feed.
const FEED_BYTES_MAX: usize = 2 * 1024 * 1024;
const DAY_MS: Millis = 24 * 60 * 60 * 1000;
/// How many items are made rows of at once.
const ITEMS_AT_ONCE: usize = 100;
/// How often a reading is tried that a server stands in the way of: for some eight minutes, by the
/// queue's delays.
const TRIES: i64 = 5;

/// The id of a reading: the same for what is the same reason to read.
#[must_use]
pub fn import_of(source: SourceId, reason: &str) -> ProspectImportId {
    let hash = sha256_hex(format!("source|{source}|{reason}").as_bytes());
    let bits = u128::from_str_radix(&hash[..32], 16).unwrap_or_default();
    ProspectImportId(uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid())
}

/// Asks for a reading of each source of a workspace that is active: once a day.
///
/// # Errors
/// `unavailable` and the like, where the message is to come again.
pub async fn read_all<P: Platform>(platform: &P, workspace: WorkspaceId) -> Result<(), Reject> {
    let list = RoomCommand::ListSources(ListSources {});
    let sources: Option<Vec<ProspectSource>> = ask_room(platform, workspace, &list).await?;
    let day = (platform.now() / DAY_MS).to_string();
    for source in sources.unwrap_or_default().into_iter().filter(|source| source.active) {
        let import_id = import_of(source.id, &day);
        want(platform, ReadSource { workspace_id: workspace, source_id: source.id, import_id })
            .await?;
    }
    Ok(())
}

/// Asks for a reading.
///
/// # Errors
/// `unavailable` where the queue does not take it.
pub async fn want<P: Platform>(platform: &P, reading: ReadSource) -> Result<(), Reject> {
    let work = Work::ReadSource(reading);
    platform.enqueue(work.queue(), &work.write()).await
}

/// Reads a source, once for each import. What keeps it from being read stands with the import; what
/// may soon be over is tried again, else it is read the next morning, or when somebody says so.
///
/// # Errors
/// `unavailable` and the like, where the message is to come again.
pub async fn read<P: Platform>(
    platform: &P,
    wanted: &ReadSource,
    attempts: i64,
) -> Result<(), Reject> {
    let ReadSource { workspace_id: workspace, source_id, import_id } = *wanted;
    let begin = RoomCommand::BeginProspectImport(BeginProspectImport::new(import_id));
    let begun: Option<ProspectImport> = ask_room(platform, workspace, &begin).await?;
    // A message that comes twice; one whose reading broke off may be read again.
    if !begun.is_some_and(|it| matches!(it.state, ImportState::Reading | ImportState::Broken)) {
        return Ok(());
    }
    let begin = RoomCommand::BeginReading(BeginReading { source_id, import_id });
    let reading: Option<Reading> = ask_room(platform, workspace, &begin).await?;
    let mut parts = Parts::new(platform, workspace, import_id);
    let found = match &reading {
        None => Err("the source is gone".into()),
        Some(reading) => found(platform, reading).await,
    };
    if let (Ok(Some((items, mark))), Some(reading)) = (&found, &reading) {
        put(&mut parts, &reading.source, items).await?;
        // Before the import can be over: only then does it count.
        let (version, mark) = (reading.source.version, mark.clone());
        let end = RoomCommand::EndReading(EndReading { source_id, import_id, version, mark });
        ask_room::<_, serde_json::Value>(platform, workspace, &end).await?;
    }
    let trouble = found.err();
    let broken = trouble.as_ref().map(|it| it.why.clone());
    let hashes = broken.is_none().then(|| parts.hashes().to_owned());
    let (parts, rows, digest) = (parts.count(), parts.rows(), None);
    let end = EndProspectImport { import_id, parts, rows, broken, digest, hashes };
    let end = RoomCommand::EndProspectImport(end);
    let ended: Option<ProspectImport> = ask_room(platform, workspace, &end).await?;
    match unfinished(trouble, ended) {
        Some(why) if attempts < TRIES => Err(Reject::new(Code::Unavailable, why)),
        _ => Ok(()),
    }
}

/// Why a source is to be read once more, if it is: something stood in the way that may soon be
/// over, or parts came between of an earlier try, when the source gave something else.
fn unfinished(trouble: Option<Trouble>, ended: Option<ProspectImport>) -> Option<String> {
    match trouble {
        Some(trouble) => trouble.passes.then_some(trouble.why),
        None => ended.filter(|import| import.state == ImportState::Broken)?.why,
    }
}

/// Puts the items of a source on the queue.
async fn put<P: Platform>(
    parts: &mut Parts<'_, P>,
    source: &ProspectSource,
    items: &[Fields],
) -> Result<(), Reject> {
    for (chunk, some) in items.chunks(ITEMS_AT_ONCE).enumerate() {
        let first = chunk * ITEMS_AT_ONCE;
        let rows = some.iter().enumerate().map(|(at, item)| items::row(source, first + at, item));
        parts.add(&mut rows.collect()).await?;
    }
    parts.end().await
}

/// The items of a source, and what they are known by; none where it is still what it was.
async fn found<P: Platform>(
    platform: &P,
    reading: &Reading,
) -> Result<Option<(Vec<Fields>, Mark)>, Trouble> {
    let Reading { source, mark } = reading;
    let accept = match source.kind {
        SourceKind::Json => "application/json",
        SourceKind::Feed => "application/rss+xml, application/atom+xml, application/xml, text/xml",
    };
    let wanted = Wanted { url: &source.url, accept, bytes_max: FEED_BYTES_MAX, mark };
    let Some(Given { content_type, body, mark, .. }) = visit::page(platform, &wanted).await? else {
        return Ok(None);
    };
    if !is_of(source.kind, &content_type) {
        return Err(format!("the server gives {content_type:.100}, and not {accept}").into());
    }
    let text = String::from_utf8(body).map_err(|_| "the feed is not UTF-8")?;
    Ok(Some((items::items(source, &text)?, mark)))
}

/// Whether a type of content is one that such a source has.
fn is_of(kind: SourceKind, content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let word = match kind {
        SourceKind::Json => "json",
        SourceKind::Feed => "xml",
    };
    ["/", "+"].iter().any(|before| essence.ends_with(&format!("{before}{word}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_reading_is_the_same_for_the_same_reason_and_source_only() {
        let [one, other] = [1, 2].map(|n| SourceId(Uuid::from_u128(n)));
        assert_eq!(import_of(one, "20000"), import_of(one, "20000"));
        assert_ne!(import_of(one, "20000"), import_of(one, "20001"));
        assert_ne!(import_of(one, "20000"), import_of(other, "20000"));
    }

    #[test]
    fn what_parts_of_an_earlier_try_came_between_is_read_once_more() {
        let import = |state, why: Option<&str>| ProspectImport {
            id: ProspectImportId(Uuid::from_u128(1)),
            state,
            why: why.map(str::to_owned),
            rows: None,
            created: 0,
            known: 0,
            failed: 0,
            created_at: 0,
            updated_at: 0,
            errors: Vec::new(),
        };
        let broken = || Some(import(ImportState::Broken, Some("parts came between")));
        assert_eq!(unfinished(None, broken()).as_deref(), Some("parts came between"));
        let trouble = |passes| Some(Trouble { why: "it is away".into(), passes });
        assert_eq!(unfinished(trouble(true), broken()).as_deref(), Some("it is away"));
        assert_eq!(unfinished(trouble(false), broken()), None);
        for state in [ImportState::Running, ImportState::Done] {
            assert_eq!(unfinished(None, Some(import(state, None))), None);
        }
        assert_eq!(unfinished(None, None), None, "it is forgotten");
    }

    #[test]
    fn what_a_server_gives_must_be_of_the_kind_that_was_wanted() {
        for (kind, good) in [
            (SourceKind::Json, "Application/JSON; charset=utf-8"),
            (SourceKind::Json, "application/feed+json"),
            (SourceKind::Feed, "application/rss+xml;charset=utf-8"),
            (SourceKind::Feed, "text/xml"),
        ] {
            assert!(is_of(kind, good), "{good}");
        }
        for bad in ["text/html", "", "application/octet-stream", "xml", "text/html;x=a/xml"] {
            assert!(!is_of(SourceKind::Feed, bad), "{bad}");
        }
    }
}

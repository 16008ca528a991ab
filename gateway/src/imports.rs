//! Parts of a file of prospects: put on the queue as the file is read, and imported from there.

use crate::gather::gather_by;
use crate::log;
use crate::people::{Importer, by_person, identities_of};
use crate::platform::Platform;
use crate::token::sha256_hex;
use actors::prospect_dedup::identity::Identity;
use schema::ids::{ProspectImportId, WorkspaceId};
use schema::pipeline::{FileRow, ImportRows, Queue, Work};
use schema::prospect::{Imported, NewProspect};
use schema::room::RoomCommand;
use schema::room::prospect_import::{NoteProspectImport, PART_HASH_CHARS, PART_ROWS_MAX, RowError};
use schema::sort::SortSmall;
use schema::{ActorKind, Answer, Code, Envelope, Principal, Reject, codec};
use serde::Serialize;
use std::cell::Cell;

/// How long a part may be, without what stands around its rows.
const PART_BYTES_MAX: usize = 60_000;
/// How many rows a file may have.
pub const FILE_ROWS_MAX: i64 = 100_000;
/// How many parts, and bytes of them, are put on the queue at once; it takes 100 and 256 kB.
const BATCH_PARTS_MAX: usize = 100;
const BATCH_BYTES_MAX: usize = 240_000;
/// How many people of a part are imported at once.
const PEOPLE_AT_ONCE: usize = 20;
/// How often a row is tried where its person is not to be had for now, and how long it waits in
/// between: objects that nobody asks for make room for others within ten seconds.
const TRIES_MAX: u32 = 10;
const TRY_AGAIN_MS: u32 = 2_000;
/// How often parts are offered to the queue, and the wait before the second time.
const TRIES: u32 = 4;
const WAIT_MS: u32 = 250;

/// Packs rows into parts, in their order: the same file gives the same parts each time.
struct Packer {
    workspace_id: WorkspaceId,
    import_id: ProspectImportId,
    waiting: Vec<FileRow>,
    waiting_bytes: usize,
    count: i64,
    rows: i64,
    hashes: String,
}

impl Packer {
    const fn new(workspace_id: WorkspaceId, import_id: ProspectImportId) -> Self {
        Self {
            workspace_id,
            import_id,
            waiting: Vec::new(),
            waiting_bytes: 0,
            count: 0,
            rows: 0,
            hashes: String::new(),
        }
    }

    /// Adds a row; gives the part that has no room for it.
    ///
    /// # Errors
    /// `too_large` where the file has too many.
    fn add(&mut self, mut row: FileRow) -> Result<Option<Vec<u8>>, Reject> {
        if self.rows == FILE_ROWS_MAX {
            let text = format!("the file must have at most {FILE_ROWS_MAX} rows: split it");
            return Err(Reject::new(Code::TooLarge, text));
        }
        self.rows += 1;
        let mut bytes = codec::to_json(&row).len() + 1;
        if bytes > PART_BYTES_MAX {
            row = FileRow { row: row.row, prospect: None, error: Some("is too long".into()) };
            bytes = 100;
        }
        let is_full = self.waiting.len() >= PART_ROWS_MAX;
        let full =
            if is_full || self.waiting_bytes + bytes > PART_BYTES_MAX { self.pack() } else { None };
        self.waiting_bytes += bytes;
        self.waiting.push(row);
        Ok(full)
    }

    /// Makes a part of the rows that wait; none where none do.
    fn pack(&mut self) -> Option<Vec<u8>> {
        let rows = std::mem::take(&mut self.waiting);
        if rows.is_empty() {
            return None;
        }
        self.waiting_bytes = 0;
        let hash = hash_of(&rows);
        self.hashes.push_str(&hash);
        let (workspace_id, import_id) = (self.workspace_id, self.import_id);
        let (part, hash) = (self.count, Some(hash));
        let part = ImportRows { workspace_id, import_id, part, hash, rows };
        self.count += 1;
        Some(Work::ImportRows(part).write())
    }
}

/// What tells a part, or a row, from another one in its place.
fn hash_of<T: Serialize>(of: &T) -> String {
    let mut hash = sha256_hex(&codec::to_json(of));
    hash.truncate(PART_HASH_CHARS);
    hash
}

/// The parts of a file that is being read.
pub struct Parts<'a, P> {
    platform: &'a P,
    packer: Packer,
    batch: Vec<Vec<u8>>,
    batch_bytes: usize,
}

impl<'a, P: Platform> Parts<'a, P> {
    /// None yet.
    pub fn new(platform: &'a P, workspace_id: WorkspaceId, import_id: ProspectImportId) -> Self {
        let packer = Packer::new(workspace_id, import_id);
        Self { platform, packer, batch: Vec::new(), batch_bytes: 0 }
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> i64 {
        self.packer.count
    }

    /// How many rows they have.
    #[must_use]
    pub const fn rows(&self) -> i64 {
        self.packer.rows
    }

    /// Their hashes, one behind the other.
    #[must_use]
    pub fn hashes(&self) -> &str {
        &self.packer.hashes
    }

    /// Adds rows, in their order.
    ///
    /// # Errors
    /// `too_large` where the file has too many; `unavailable` where the queue does not take them.
    pub async fn add(&mut self, rows: &mut Vec<FileRow>) -> Result<(), Reject> {
        for row in rows.drain(..) {
            if let Some(message) = self.packer.add(row)? {
                self.put(message).await?;
            }
        }
        Ok(())
    }

    /// The file ends: puts what waits on the queue.
    ///
    /// # Errors
    /// `unavailable` where it does not take it.
    pub async fn end(&mut self) -> Result<(), Reject> {
        if let Some(message) = self.packer.pack() {
            self.put(message).await?;
        }
        self.send().await
    }

    async fn put(&mut self, message: Vec<u8>) -> Result<(), Reject> {
        if self.batch.len() == BATCH_PARTS_MAX || self.batch_bytes + message.len() > BATCH_BYTES_MAX
        {
            self.send().await?;
        }
        self.batch_bytes += message.len();
        self.batch.push(message);
        Ok(())
    }

    async fn send(&mut self) -> Result<(), Reject> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let mut tries = 1;
        while let Err(reject) = self.platform.enqueue_all(Queue::ProspectQueue, &self.batch).await {
            if tries == TRIES {
                return Err(reject);
            }
            self.platform.sleep(WAIT_MS << (tries - 1)).await;
            tries += 1;
        }
        self.batch.clear();
        self.batch_bytes = 0;
        Ok(())
    }
}

/// Imports a part, and tells the room what came of it. Done twice, it counts once: a row has its
/// own key.
///
/// # Errors
/// `unavailable` and the like, where all of it is to be tried again.
pub async fn take<P: Platform>(platform: &P, part: &ImportRows) -> Result<(), Reject> {
    let principal = Principal::system(part.workspace_id);
    let importer = Importer { platform, principal: &principal, request_id: "" };
    let people = by_person(part.rows.iter().collect(), |row| identities(row));
    let (importer, over) = (&importer, &Cell::new(false));
    let results = gather_by(PEOPLE_AT_ONCE, people, |rows| async move {
        let mut results = Vec::with_capacity(rows.len());
        for row in rows {
            // All of it comes again: what is asked meanwhile is asked in vain.
            if over.get() {
                break;
            }
            let result = take_row(importer, part.import_id, row).await;
            over.set(over.get() || result.is_err());
            results.push((row.row, result));
        }
        results
    });
    let results = results.await.into_iter().flatten();
    let mut note = NoteProspectImport {
        import_id: part.import_id,
        part: part.part,
        hash: Some(part.hash.clone().unwrap_or_else(|| hash_of(&part.rows))),
        created: 0,
        known: 0,
        errors: Vec::new(),
    };
    for (row, result) in results {
        match result? {
            Ok(true) => note.created += 1,
            Ok(false) => note.known += 1,
            Err(reason) => note.errors.push(RowError { row, reason }),
        }
    }
    note.errors.sort_small_by_key(|error| error.row);
    let command = RoomCommand::NoteProspectImport(note);
    let envelope = Envelope::new(part.workspace_id.to_string(), principal.clone(), None, &command);
    match platform.call(ActorKind::WorkspaceRoom, &envelope).await? {
        Answer::Done { .. } => Ok(()),
        Answer::Rejected(reject) if reject.code == Code::NotFound => {
            let id = part.import_id.to_string();
            log::error(platform, "import_gone", &[("id", &id)]);
            Ok(())
        }
        Answer::Rejected(reject) => Err(reject),
    }
}

fn identities(row: &FileRow) -> Vec<Identity> {
    // A row without any is refused when its turn comes.
    row.prospect.as_ref().and_then(|row| identities_of(row).ok()).unwrap_or_default()
}

/// Whether a row made a prospect, or why it was refused.
///
/// # Errors
/// What may be better later.
async fn take_row<P: Platform>(
    importer: &Importer<'_, P>,
    import: ProspectImportId,
    row: &FileRow,
) -> Result<Result<bool, String>, Reject> {
    let Some(prospect) = row.prospect.clone() else {
        return Ok(Err(row.error.clone().unwrap_or_default()));
    };
    let key = key_of(import, row.row, &prospect);
    let mut tries = 1;
    loop {
        match taken(importer.import(prospect.clone(), Some(key.clone())).await) {
            Err(reject) if reject.code == Code::Unavailable && tries < TRIES_MAX => {
                importer.platform.sleep(TRY_AGAIN_MS).await;
                tries += 1;
            }
            result => return result,
        }
    }
}

/// The key of a row. Another row in its place has another one: between two readings of one import
/// a feed may change.
fn key_of(import: ProspectImportId, row: i64, prospect: &NewProspect) -> String {
    format!("import:{import}:{row}:{}", hash_of(prospect))
}

fn taken(answer: Result<Imported, Reject>) -> Result<Result<bool, String>, Reject> {
    match answer {
        Ok(imported) => Ok(Ok(imported.created)),
        Err(reject) => match reject.code {
            Code::Unavailable | Code::Internal | Code::RateLimited => Err(reject),
            // It was imported: what differs is what is done with prospects here since.
            Code::KeyReused => Ok(Ok(false)),
            _ => Ok(Err(reject.message)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: i64, email: &str, name: &str, domain: &str) -> FileRow {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let prospect = NewProspect {
            email: some(email),
            name: some(name),
            domain: some(domain),
            ..NewProspect::default()
        };
        FileRow { row: number, prospect: Some(prospect), error: None }
    }

    fn profile(number: i64, address: &str, name: &str, domain: &str) -> FileRow {
        let mut row = row(number, "", name, domain);
        let prospect = row.prospect.as_mut().expect("a row");
        prospect.linkedin = Some(address.to_owned());
        row
    }

    #[test]
    fn rows_of_one_person_come_in_their_order_and_those_of_others_beside_them() {
        let wrong = FileRow { row: 6, prospect: None, error: Some("no".into()) };
        let rows = [
            row(1, "", "Ann Lee", "acme.example"),
            row(2, "ann@acme.example", "", ""),
            row(3, "", "Ben Ray", "acme.example"),
            row(4, "Ann@acme.example", "ANN  LEE", "Acme.example"),
            row(5, "", "ann lee", "acme.example"),
            wrong.clone(),
            row(7, "not an address", "", ""),
            profile(8, "https://de.linkedin.com/in/Ben-Ray/en", "", ""),
            profile(9, "linkedin.com/in/cay-fox?x=1", "Cay Fox", "gmail.com"),
            profile(10, "in/ben-ray", "Ben Ray", "acme.example"),
            profile(11, "https://linkedin.com/company/acme", "Cay Fox", "acme.example"),
            profile(12, "www.linkedin.com/in/CAY-FOX/", "", ""),
        ];
        let people = by_person(rows.iter().collect(), |row| identities(row));
        let numbers: Vec<Vec<i64>> =
            people.iter().map(|rows| rows.iter().map(|row| row.row).collect()).collect();
        let people = [vec![1, 2, 4, 5], vec![3, 8, 10], vec![6], vec![7], vec![9, 12], vec![11]];
        assert_eq!(numbers, people);
    }

    /// The parts of a file, and the hashes that its packer knows.
    fn packed(rows: impl IntoIterator<Item = FileRow>) -> Result<(Vec<Vec<u8>>, Packer), Reject> {
        let id = uuid::Uuid::from_u128(7);
        let mut packer = Packer::new(WorkspaceId(id), ProspectImportId(id));
        let mut messages = Vec::new();
        for row in rows {
            messages.extend(packer.add(row)?);
        }
        messages.extend(packer.pack());
        Ok((messages, packer))
    }

    #[test]
    fn a_row_has_a_key_of_its_own_and_one_that_has_it_already_is_known() {
        let import = ProspectImportId(uuid::Uuid::from_u128(7));
        let ann = NewProspect { email: Some("ann@acme.example".into()), ..NewProspect::default() };
        let now = NewProspect { title: Some("CTO".into()), ..ann.clone() };
        let key = key_of(import, 3, &ann);
        assert_eq!(key, key_of(import, 3, &ann));
        assert!(key.starts_with("import:00000000-0000-0000-0000-000000000007:3:"), "{key}");
        assert_ne!(key, key_of(import, 4, &ann));
        assert_ne!(key, key_of(import, 3, &now));
        let refused = |code| taken(Err(Reject::new(code, "why")));
        assert_eq!(refused(Code::KeyReused), Ok(Ok(false)));
        assert_eq!(refused(Code::InvalidInput), Ok(Err("why".to_owned())));
        assert_eq!(refused(Code::Unavailable).expect_err("later").code, Code::Unavailable);
    }

    #[test]
    fn a_file_has_a_hundred_thousand_rows_and_not_one_more() {
        let rows = |count: i64| (1..=count).map(|n| row(n, "ann@acme.example", "", ""));
        let (messages, packer) = packed(rows(100_000)).expect("they fit");
        assert_eq!((packer.rows, packer.count, messages.len()), (100_000, 500, 500));
        let refused = packed(rows(100_001)).err().expect("one too many");
        assert_eq!(refused.code, Code::TooLarge);
        assert_eq!(refused.message, "the file must have at most 100000 rows: split it");
    }

    #[test]
    fn parts_hold_all_rows_in_order_and_are_known_by_the_hashes_that_their_takers_see() {
        let long = "x".repeat(PART_BYTES_MAX);
        let rows = |tail: &str| {
            let names = ["a", &"b".repeat(20_000), &"c".repeat(50_000), &long, tail];
            let all = (0..450).map(|n| row(n, "ann@acme.example", names[n as usize / 100], ""));
            all.collect::<Vec<_>>()
        };
        let (messages, packer) = packed(rows("e")).expect("they fit");
        let (mut seen, mut hashes) = (Vec::new(), String::new());
        for (number, message) in messages.iter().enumerate() {
            assert!(message.len() <= schema::pipeline::BYTES_MAX, "{}", message.len());
            let read = Work::read(Queue::ProspectQueue, message).expect("a message");
            let Work::ImportRows(part) = read else { panic!("{read:?}") };
            assert_eq!(part.part, number as i64);
            assert_eq!(part.hash.as_ref(), Some(&hash_of(&part.rows)));
            hashes.push_str(&part.hash.unwrap_or_default());
            seen.extend(part.rows);
        }
        assert_eq!(hashes, packer.hashes);
        assert_eq!(packer.count as usize, messages.len());
        let is_long = |row: &FileRow| row.error.as_deref() == Some("is too long");
        assert_eq!(seen.iter().map(|row| row.row).collect::<Vec<_>>(), Vec::from_iter(0..450));
        assert_eq!(seen.iter().filter(|row| is_long(row)).count(), 100);
        // Another end is another last part, and no other.
        let (_, other) = packed(rows("f")).expect("they fit");
        let differs = hashes.bytes().zip(other.hashes.bytes()).position(|(a, b)| a != b);
        let last = hashes.len() - PART_HASH_CHARS;
        assert_eq!(differs.map(|at| at / PART_HASH_CHARS), Some(last / PART_HASH_CHARS));
    }
}

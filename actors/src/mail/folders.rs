//! The folders of a mailbox at a server that speaks IMAP, and of one at Microsoft, read alike.

use super::graph::{self, GraphError, Http};
use super::imap::{self, ImapError, MailStream, Sleep};
use super::mailbox::{Folder, FolderBatch, FolderError, FolderMail, Position};

impl<S: MailStream, W: Sleep> Folder for imap::Sync<'_, '_, S, W> {
    fn position(&self) -> Position {
        Position::Imap(self.cursor())
    }

    async fn next_batch(&mut self) -> Result<Option<FolderBatch>, FolderError> {
        let uid_validity = self.cursor().uid_validity;
        let batch = imap::Sync::next_batch(self).await;
        let batch = batch.map_err(|error| of_imap(&error, Some(uid_validity)))?;
        let id = |uid: u32| format!("{uid_validity}/{uid}");
        let at = |uid_next| Position::Imap(imap::Cursor { uid_validity, uid_next });
        Ok(batch.map(|batch| {
            let mail = |mail: imap::FetchedMail| FolderMail {
                id: id(mail.uid),
                before: at(mail.uid),
                received_at: mail.received_at,
                raw: mail.raw,
            };
            let too_large = |skipped: &imap::Skipped| match skipped.why {
                imap::WhySkipped::TooLarge { size_bytes } => {
                    Some((id(skipped.uid), format!("too large: {size_bytes} bytes")))
                }
                imap::WhySkipped::Gone => None,
            };
            FolderBatch {
                mails: batch.mails.into_iter().map(mail).collect(),
                too_large: batch.skipped.iter().filter_map(too_large).collect(),
                position: Position::Imap(batch.cursor),
            }
        }))
    }
}

/// What an error of the server's is to a reading; a folder that is open has a `UIDVALIDITY`.
#[must_use]
pub fn of_imap(error: &ImapError, uid_validity: Option<u32>) -> FolderError {
    let uid = match error {
        ImapError::MailRefused { uid, .. } | ImapError::MailNotGiven { uid } => Some(*uid),
        _ => None,
    };
    let at = uid.zip(uid_validity).map(|(uid, uid_validity)| {
        let behind = imap::Cursor { uid_validity, uid_next: uid.saturating_add(1) };
        Box::new((format!("{uid_validity}/{uid}"), Position::Imap(behind)))
    });
    FolderError { why: words(error), for_good: !error.retry_helps(), at, graph: None }
}

/// What went wrong, for a person.
fn words(error: &ImapError) -> String {
    match error {
        ImapError::Broken { at, failure } => format!("the connection broke at {at:?}: {failure:?}"),
        ImapError::Refused { at, text, .. } => format!("the server refuses {at:?}: {text}"),
        ImapError::MailRefused { uid, text, .. } => {
            format!("the server refuses to give mail {uid}: {text}")
        }
        ImapError::MailNotGiven { uid } => format!("the server does not give mail {uid}"),
        ImapError::TlsNotOffered => "the server offers no STARTTLS".into(),
        ImapError::TlsFailed { text } => format!("TLS failed: {text}"),
        ImapError::Injected => "somebody injects answers before TLS".into(),
        ImapError::LetInUnasked => "the server wants no password".into(),
        ImapError::LogInNotOffered => "the server takes no password".into(),
        ImapError::NoUidValidity => "the server has no lasting UIDs".into(),
        ImapError::BadInput { text } => text.clone(),
    }
}

impl<H: Http> Folder for graph::Sync<'_, '_, H> {
    fn position(&self) -> Position {
        Position::Microsoft(self.cursor().clone())
    }

    async fn next_batch(&mut self) -> Result<Option<FolderBatch>, FolderError> {
        let batch = graph::Sync::next_batch(self).await;
        let Some(batch) = batch.map_err(|error| self.error(error))? else { return Ok(None) };
        let mut before = batch.cursor.clone();
        let mut mails = Vec::with_capacity(batch.mails.len());
        for mail in batch.mails.into_iter().rev() {
            before.put_back(&mail);
            let before = Position::Microsoft(before.clone());
            let graph::FetchedMail { id, received_at, raw } = mail;
            mails.push(FolderMail { id, before, received_at, raw });
        }
        mails.reverse();
        let too_large = batch.skipped.into_iter().filter_map(|skipped| match skipped.why {
            graph::WhySkipped::TooLarge => Some((skipped.id, "too large".to_owned())),
            graph::WhySkipped::Gone => None,
        });
        let too_large = too_large.collect();
        Ok(Some(FolderBatch { mails, too_large, position: Position::Microsoft(batch.cursor) }))
    }
}

impl<H: Http> graph::Sync<'_, '_, H> {
    fn error(&self, error: GraphError) -> FolderError {
        let at = match &error {
            GraphError::MailRefused { id, .. } => {
                let mut behind = self.cursor().clone();
                behind.give_up(id);
                Some(Box::new((id.clone(), Position::Microsoft(behind))))
            }
            _ => None,
        };
        let (why, for_good) = (error.to_string(), !error.retry_helps());
        FolderError { why, for_good, at, graph: Some(error) }
    }
}

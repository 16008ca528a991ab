//! A mail that leaves, with its files in it: read from storage, in pieces.

use crate::kernel::JobFile;
use crate::mail::attach::{Base64Lines, Missing};
use crate::mail::graph::{DraftFile, Files};
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use schema::Millis;
use std::pin::pin;
use std::time::Duration;
use worker::{Delay, Env, Range};

/// How long the files of a mail may take to be read.
pub(super) const LIMIT: Duration = Duration::from_secs(60);

/// Puts the files of a mail between what stands before and after them.
///
/// # Errors
/// [`Missing`].
pub async fn whole(
    env: &Env,
    content: &[u8],
    files: &[JobFile],
    end: &[u8],
) -> Result<Vec<u8>, Missing> {
    let read = async { read(env, content, files, end).await };
    match select(pin!(read), pin!(Delay::from(LIMIT))).await {
        Either::Left((whole, _)) => whole,
        Either::Right(_) => Err(Missing::Later("storage took too long".into())),
    }
}

/// Files as storage keeps them.
pub struct Stored<'e>(pub &'e Env);

impl Files for Stored<'_> {
    async fn read(&self, file: &DraftFile, from: i64, count: i64) -> Result<Vec<u8>, Missing> {
        let part = async { part(self.0, file, from, count).await };
        match select(pin!(part), pin!(Delay::from(LIMIT))).await {
            Either::Left((part, _)) => part,
            Either::Right(_) => Err(Missing::Later("storage took too long".into())),
        }
    }

    fn now(&self) -> Millis {
        js_sys::Date::now() as Millis
    }
}

async fn part(env: &Env, file: &DraftFile, from: i64, count: i64) -> Result<Vec<u8>, Missing> {
    let gone = || Missing::Gone(format!("the file {} is not kept any more", file.name));
    let [offset, length] = [from, count].map(|number| u64::try_from(number).unwrap_or(0));
    if length == 0 {
        return Ok(Vec::new());
    }
    let bucket = env.bucket("MAIL").map_err(fault)?;
    let range = Range::OffsetWithLength { offset, length };
    let object = bucket.get(&file.key).range(range).execute().await.map_err(fault)?;
    let body = object.as_ref().and_then(|object| object.body()).ok_or_else(gone)?;
    let bytes = body.bytes().await.map_err(fault)?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(gone()) }
}

fn fault(error: worker::Error) -> Missing {
    Missing::Later(format!("storage: {error}"))
}

async fn read(
    env: &Env,
    content: &[u8],
    files: &[JobFile],
    end: &[u8],
) -> Result<Vec<u8>, Missing> {
    let length = |file: &JobFile| {
        file.head.len() + Base64Lines::room(usize::try_from(file.bytes_count).unwrap_or(0))
    };
    let room: usize = files.iter().map(length).sum();
    let mut whole = Vec::with_capacity(content.len() + room + end.len());
    whole.extend_from_slice(content);
    for file in files {
        let bucket = env.bucket("MAIL").map_err(fault)?;
        let object = bucket.get(&file.key).execute().await.map_err(fault)?;
        let Some(body) = object.as_ref().and_then(|object| object.body()) else {
            return Err(Missing::Gone(format!("the file {} is not kept any more", file.name)));
        };
        whole.extend_from_slice(&file.head);
        let mut lines = Base64Lines::default();
        let mut stream = body.stream().map_err(fault)?;
        while let Some(piece) = stream.next().await {
            lines.push(&piece.map_err(fault)?, &mut whole);
        }
        lines.end(&mut whole);
    }
    whole.extend_from_slice(end);
    Ok(whole)
}

//! A mail that leaves, with its files in it: read from storage, in pieces.

use crate::kernel::JobFile;
use crate::mail::attach::Base64Lines;
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use std::pin::pin;
use std::time::Duration;
use worker::{Delay, Env};

/// How long the files of a mail may take to be read.
const LIMIT: Duration = Duration::from_secs(60);

/// Why a mail is not whole.
pub enum Missing {
    /// A file of it is not kept any more: it never will be.
    Gone(String),
    /// Storage does not answer now.
    Later(String),
}

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

async fn read(
    env: &Env,
    content: &[u8],
    files: &[JobFile],
    end: &[u8],
) -> Result<Vec<u8>, Missing> {
    let fault = |error: worker::Error| Missing::Later(format!("storage: {error}"));
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

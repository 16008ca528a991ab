//! What an inbox has done at Microsoft: one task, with a sealed token, and what came of it.

use super::http::Http;
use super::subscription::{STATE_OWNER, Subscribe};
use super::upload::{DraftFile, Files, InTime, NotAttached};
use super::{Application, Draft, Fate, GraphError, Session, TokenError, Tokens, refresh};
use crate::kernel::JobFile;
use crate::mail::attach::Missing;
use crate::mail::inbox_name::{name_of, written};
use crate::mail::seal::{self, NONCE_BYTES, SealKey};

/// The longest that an access token is believed to be good, ahead of its end.
const SLACK_S: i64 = 5 * 60;

/// A task at Microsoft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MicrosoftJob {
    /// Whose the token is: the inbox's instance name, to which it was sealed.
    pub owner: String,
    /// A refresh token for [`Task::Refresh`], else an access token.
    pub sealed_token: Vec<u8>,
    /// What is to be done.
    pub task: Task,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// Renew the tokens.
    Refresh,
    /// Put a mail into Drafts.
    Draft {
        /// The mail, up to its first file.
        content: Vec<u8>,
        /// Its files, which the shell puts in, in this order.
        files: Vec<JobFile>,
        /// What follows the last file.
        end: Vec<u8>,
    },
    /// Put a mail into Drafts whose files are too large to be in it, and add them.
    LargeDraft {
        /// The mail without its files.
        content: Vec<u8>,
        /// They, in this order.
        files: Vec<DraftFile>,
    },
    /// Have a draft leave.
    Send(Draft),
    /// Find out what became of a draft.
    Look(Draft),
    /// Have Graph tell of new mail.
    Subscribe(Subscribe),
}

/// What came of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MicrosoftOutcome {
    /// New tokens.
    Refreshed(SealedTokens),
    /// No new tokens.
    NoTokens(TokenError),
    /// The mail is in Drafts.
    Drafted(Draft),
    /// The draft was taken for sending.
    Sent,
    /// What became of the draft.
    Found(Fate),
    /// Graph tells of new mail, by the subscription of this id.
    Subscribed(String),
    /// This deployment has no public address that Graph could tell.
    NoAddress,
    /// Graph did not do it, or it is not known.
    Failed(GraphError),
    /// Nothing was asked of Microsoft.
    NotTried {
        /// Why.
        why: String,
    },
    /// The mail cannot be made: nothing has left, and nothing will.
    Unmade {
        /// Why.
        why: String,
    },
}

/// Tokens at rest.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedTokens {
    /// Opens Graph.
    pub access: Vec<u8>,
    /// Gets the next tokens; where there is none, the one before is still good.
    pub refresh: Option<Vec<u8>>,
    /// For how long the access token is to be used.
    pub good_for_ms: i64,
}

impl std::fmt::Debug for SealedTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealedTokens(for {} ms)", self.good_for_ms)
    }
}

impl SealedTokens {
    /// Seals tokens with a function that seals a secret.
    ///
    /// # Errors
    /// What that function says.
    pub fn of<E>(tokens: &Tokens, seal: impl Fn(&[u8]) -> Result<Vec<u8>, E>) -> Result<Self, E> {
        let refresh = tokens.refresh_token.as_ref().map(|token| seal(token.as_bytes()));
        let slack_s = SLACK_S.min(tokens.expires_in_s / 2);
        Ok(Self {
            access: seal(tokens.access_token.as_bytes())?,
            refresh: refresh.transpose()?,
            good_for_ms: (tokens.expires_in_s - slack_s) * 1_000,
        })
    }
}

/// The keys that seal, the current one first, and what gives each seal its nonce.
pub struct Vault<'v> {
    /// At least one.
    pub keys: &'v [SealKey],
    /// Random bytes, never the same twice.
    pub nonce: fn() -> [u8; NONCE_BYTES],
}

impl Vault<'_> {
    fn open(&self, owner: &str, sealed: &[u8]) -> Result<String, String> {
        let token = seal::open(self.keys, owner, sealed).map_err(|error| error.to_string())?;
        String::from_utf8(token).map_err(|_| "the secret is no text".to_owned())
    }

    fn seal(&self, owner: &str, secret: &[u8]) -> Result<Vec<u8>, String> {
        let key = self.keys.first().ok_or("there is no key")?;
        key.seal(owner, (self.nonce)(), secret).map_err(|error| error.to_string())
    }
}

/// Does a task.
pub async fn carry_out<H: Http>(
    http: &H,
    files: &impl Files,
    application: &Application,
    vault: &Vault<'_>,
    job: &MicrosoftJob,
) -> MicrosoftOutcome {
    let token = match vault.open(&job.owner, &job.sealed_token) {
        Ok(token) => token,
        Err(why) => return MicrosoftOutcome::NotTried { why: format!("token: {why}") },
    };
    let session = Session::new(http, &application.graph_url, &token);
    let done = match &job.task {
        Task::Refresh => return renew(http, application, vault, &job.owner, &token).await,
        Task::Draft { content, .. } => session.draft(content).await.map(MicrosoftOutcome::Drafted),
        Task::LargeDraft { content, files: list } => {
            return large_draft(&session, content, list, files).await;
        }
        Task::Send(draft) => session.send(&draft.id).await.map(|()| MicrosoftOutcome::Sent),
        Task::Subscribe(asked) => {
            let name = name_of(&job.owner).ok_or_else(|| "the inbox has no name".to_owned());
            match name.and_then(|name| vault.seal(STATE_OWNER, &name)) {
                Ok(state) => session.subscribe(asked, &written(&state)).await,
                Err(why) => return MicrosoftOutcome::NotTried { why },
            }
            .map(MicrosoftOutcome::Subscribed)
        }
        Task::Look(draft) => session.look(draft).await.map(MicrosoftOutcome::Found),
    };
    done.unwrap_or_else(MicrosoftOutcome::Failed)
}

/// A draft with all its files, or none.
async fn large_draft<H: Http>(
    session: &Session<'_, H>,
    content: &[u8],
    list: &[DraftFile],
    files: &impl Files,
) -> MicrosoftOutcome {
    let draft = match session.draft(content).await {
        Ok(draft) => draft,
        Err(error) => return MicrosoftOutcome::Failed(error),
    };
    let files = InTime::new(files);
    for file in list {
        let Err(error) = session.attach(&draft.id, file, &files).await else { continue };
        // The next attempt makes another one. Where this fails, it stays in Drafts.
        let _ = session.discard(&draft.id).await;
        return match error {
            NotAttached::Graph(error) => MicrosoftOutcome::Failed(error),
            NotAttached::Missing(Missing::Gone(why)) => MicrosoftOutcome::Unmade { why },
            NotAttached::Missing(Missing::Later(text)) => {
                MicrosoftOutcome::Failed(GraphError::Broken { text })
            }
        };
    }
    MicrosoftOutcome::Drafted(draft)
}

async fn renew<H: Http>(
    http: &H,
    application: &Application,
    vault: &Vault<'_>,
    owner: &str,
    token: &str,
) -> MicrosoftOutcome {
    match refresh(http, application, token).await {
        Err(error) => MicrosoftOutcome::NoTokens(error),
        Ok(tokens) => match SealedTokens::of(&tokens, |secret| vault.seal(owner, secret)) {
            Ok(sealed) => MicrosoftOutcome::Refreshed(sealed),
            Err(why) => MicrosoftOutcome::NotTried { why },
        },
    }
}

impl Application {
    /// Reads the application's settings; none where this deployment has no application.
    ///
    /// # Errors
    /// The setting that is wrong, and how it must be.
    pub fn read(var: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, String> {
        let var =
            |name: &str| var(name).map(|text| text.trim().to_owned()).filter(|v| !v.is_empty());
        let Some(client_id) = var("MICROSOFT_CLIENT_ID") else { return Ok(None) };
        let is_local = var("ENVIRONMENT").as_deref() == Some("local");
        let base = |name: &str, otherwise: &str| {
            let url = var(name).unwrap_or_else(|| otherwise.to_owned());
            let is_open = is_local && url.starts_with("http://127.0.0.1:");
            match url.starts_with("https://") || is_open {
                true => Ok(url.trim_end_matches('/').to_owned()),
                false => Err(format!("{name} must begin with https://")),
            }
        };
        Ok(Some(Self {
            client_id,
            client_secret: var("MICROSOFT_CLIENT_SECRET"),
            tenant: var("MICROSOFT_TENANT").unwrap_or_else(|| "organizations".to_owned()),
            login_url: base("MICROSOFT_LOGIN_URL", "https://login.microsoftonline.com")?,
            graph_url: base("MICROSOFT_GRAPH_URL", "https://graph.microsoft.com/v1.0")?,
        }))
    }
}

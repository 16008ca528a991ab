//! The HTTP API, as much of it as moving needs.

use anyhow::{Context, Result, anyhow, bail};
use schema::ids::WorkspaceId;
use schema::room::transfer::{ImportRow, RowResult, RowsImported};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::thread::sleep;
use std::time::Duration;

/// How often a call is tried that finds nobody, or is told to come back.
const TRIES: u32 = 8;
const WAIT_MS_MAX: u64 = 30_000;
/// The longest file that is taken.
pub const FILE_BYTES_MAX: u64 = 25 * 1024 * 1024;

/// A workspace, as much of it as moving needs.
pub trait Desk {
    /// Which it is.
    fn workspace(&self) -> WorkspaceId;

    /// Sends rows; gives what became of each.
    ///
    /// # Errors
    /// Where they are refused as a whole.
    fn import(&mut self, rows: &[ImportRow]) -> Result<Vec<RowResult>>;

    /// Sends the content of a file.
    ///
    /// # Errors
    /// Where it is refused.
    fn upload(&mut self, bytes: &[u8]) -> Result<()>;

    /// The content of an attachment; none where it is kept no more.
    ///
    /// # Errors
    /// Where it is refused.
    fn download(&mut self, attachment: &str) -> Result<Option<Vec<u8>>>;

    /// The number of the workspace's last event.
    ///
    /// # Errors
    /// Where it is refused.
    fn head(&mut self) -> Result<i64>;

    /// The lines of an export, as they come.
    ///
    /// # Errors
    /// Where it is refused.
    fn export(&mut self) -> Result<Box<dyn BufRead>>;
}

/// Somebody who manages a workspace, over HTTP.
pub struct Client {
    agent: ureq::Agent,
    url: String,
    who: Who,
    token: String,
    workspace: WorkspaceId,
}

enum Who {
    Token,
    Password { workspace: String, email: String, password: String },
}

/// A response: its status, how long to wait, and what it says.
struct Answer {
    status: u16,
    retry_after_s: Option<u64>,
    body: ureq::Body,
}

impl Client {
    /// Reads from the environment where and who, and logs in.
    ///
    /// # Errors
    /// Where something is missing, or is not let in.
    pub fn from_env() -> Result<Self> {
        let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let url = var("POSTROOM_URL").context("POSTROOM_URL is not set")?;
        let (who, token) = match var("POSTROOM_TOKEN") {
            Some(token) => (Who::Token, token),
            None => {
                let need = |name| var(name).with_context(|| format!("{name} is not set"));
                let who = Who::Password {
                    workspace: need("POSTROOM_WORKSPACE")?,
                    email: need("POSTROOM_EMAIL")?,
                    password: need("POSTROOM_PASSWORD")?,
                };
                (who, String::new())
            }
        };
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(20)))
            .timeout_recv_response(Some(Duration::from_secs(120)))
            .build();
        let workspace = WorkspaceId(uuid::Uuid::nil());
        let url = url.trim_end_matches('/').to_owned();
        let mut client = Self { agent: config.into(), url, who, token, workspace };
        if client.token.is_empty() {
            client.log_in()?;
        }
        let mine = client.data("GET", "/v1/workspace", &[])?;
        let id = mine["id"].as_str().context("a workspace without an id")?;
        client.workspace = id.parse().map_err(|_| anyhow!("no id: {id}"))?;
        Ok(client)
    }

    fn log_in(&mut self) -> Result<()> {
        let Who::Password { workspace, email, password } = &self.who else {
            bail!("the token is not good any more");
        };
        let body = json!({ "workspaceId": workspace, "email": email, "password": password });
        let mut answer = self.send("POST", "/v1/auth/login", body.to_string().as_bytes())?;
        let session: Value = serde_json::from_str(&answer.body.read_to_string()?)?;
        let token = session["data"]["accessToken"].as_str();
        let why = || format!("cannot log in: {}", session["error"]["message"]);
        self.token = token.with_context(why)?.to_owned();
        Ok(())
    }

    fn data(&mut self, method: &str, path: &str, body: &[u8]) -> Result<Value> {
        let mut answer = self.call(method, path, body)?;
        if answer.status >= 300 {
            bail!("{method} {path}: {}", refusal(&mut answer));
        }
        let mut envelope: Value = serde_json::from_str(&answer.body.read_to_string()?)?;
        Ok(envelope["data"].take())
    }

    /// Calls until there is an answer that stands: everything here may be asked twice.
    fn call(&mut self, method: &str, path: &str, body: &[u8]) -> Result<Answer> {
        let mut wait_ms = 250;
        for tried in 1.. {
            match self.send(method, path, body) {
                Ok(answer) if answer.status == 401 && tried < 3 => {
                    self.log_in()?;
                    continue;
                }
                Ok(answer) if !matches!(answer.status, 429 | 500 | 502 | 503 | 504) => {
                    return Ok(answer);
                }
                Ok(mut answer) if tried >= TRIES => {
                    bail!("{method} {path}: {}", refusal(&mut answer));
                }
                Ok(answer) => {
                    wait_ms = wait_ms.max(answer.retry_after_s.unwrap_or(0).min(60) * 1000);
                }
                Err(error) if tried >= TRIES => {
                    return Err(error).with_context(|| format!("{method} {path}"));
                }
                Err(_) => {}
            }
            sleep(Duration::from_millis(wait_ms));
            wait_ms = (wait_ms * 2).min(WAIT_MS_MAX);
        }
        unreachable!("the loop ends by its tries")
    }

    fn send(&self, method: &str, path: &str, body: &[u8]) -> Result<Answer> {
        let kind = if path == "/v1/import/files" {
            "application/octet-stream"
        } else {
            "application/json"
        };
        let request =
            ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        let request = match self.token.as_str() {
            "" => request,
            token => request.header("authorization", format!("Bearer {token}")),
        };
        let response = if method == "GET" {
            self.agent.run(request.body(())?)?
        } else {
            self.agent.run(request.header("content-type", kind).body(body)?)?
        };
        let (parts, body) = response.into_parts();
        let wait = parts.headers.get("retry-after").and_then(|it| it.to_str().ok()?.parse().ok());
        Ok(Answer { status: parts.status.as_u16(), retry_after_s: wait, body })
    }
}

impl Desk for Client {
    fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    fn import(&mut self, rows: &[ImportRow]) -> Result<Vec<RowResult>> {
        let body = serde_json::to_vec(&json!({ "rows": rows }))?;
        let data = self.data("POST", "/v1/import", &body)?;
        let imported: RowsImported = serde_json::from_value(data)?;
        if imported.results.len() != rows.len() {
            bail!("{} results for {} rows", imported.results.len(), rows.len());
        }
        Ok(imported.results)
    }

    fn upload(&mut self, bytes: &[u8]) -> Result<()> {
        self.data("POST", "/v1/import/files", bytes).map(drop)
    }

    fn download(&mut self, attachment: &str) -> Result<Option<Vec<u8>>> {
        let path = format!("/v1/attachments/{attachment}/content");
        let mut answer = self.call("GET", &path, &[])?;
        if answer.status == 410 {
            return Ok(None);
        }
        if answer.status != 200 {
            bail!("{path}: {}", refusal(&mut answer));
        }
        let limited = answer.body.with_config().limit(FILE_BYTES_MAX + 1);
        Ok(Some(limited.read_to_vec()?))
    }

    fn head(&mut self) -> Result<i64> {
        self.data("GET", "/v1/snapshot", &[])?["head"].as_i64().context("a snapshot without a head")
    }

    fn export(&mut self) -> Result<Box<dyn BufRead>> {
        let mut answer = self.call("GET", "/v1/workspace/export", &[])?;
        if answer.status != 200 {
            bail!("export: {}", refusal(&mut answer));
        }
        let reader: Box<dyn Read> = Box::new(answer.body.into_reader());
        Ok(Box::new(BufReader::with_capacity(1 << 20, reader)))
    }
}

fn refusal(answer: &mut Answer) -> String {
    let text = answer.body.read_to_string().unwrap_or_default();
    let said: Value = serde_json::from_str(&text).unwrap_or_default();
    format!("{} {}", answer.status, said["error"]["message"].as_str().unwrap_or(&text))
}

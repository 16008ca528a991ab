//! A request to Graph with an access token, and what came of it.

use schema::codec::{read_json, to_json};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::http::{Answer, Http, Method, NoAnswer, Request};
use super::{GraphError, brief};

/// The most bytes of an answer that is JSON: a page of a hundred names of mails has about 50 kB.
pub(super) const JSON_BYTES_MAX: usize = 256 * 1024;
/// Ids that stay when a mail is moved, on everything that is asked.
const IMMUTABLE: &str = "IdType=\"ImmutableId\"";

/// What Graph is asked with: a token and where Graph is.
#[derive(Clone, Copy)]
pub struct Session<'x, H> {
    http: &'x H,
    graph_url: &'x str,
    access_token: &'x str,
}

/// Whose mailbox it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The object's id in the directory.
    pub id: String,
    /// The address.
    pub email: String,
    /// The name beside the address; may be empty.
    pub name: String,
}

#[derive(Deserialize)]
struct Me {
    id: String,
    #[serde(rename = "displayName")]
    display_name: Option<String>,
    mail: Option<String>,
    #[serde(rename = "userPrincipalName")]
    principal_name: Option<String>,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorSaid,
}

#[derive(Deserialize)]
struct ErrorSaid {
    code: String,
    #[serde(default)]
    message: String,
}

impl<'x, H: Http> Session<'x, H> {
    /// With an access token; nothing is asked yet.
    pub const fn new(http: &'x H, graph_url: &'x str, access_token: &'x str) -> Self {
        Self { http, graph_url, access_token }
    }

    /// Whose mailbox it is.
    ///
    /// # Errors
    /// [`GraphError`]; [`GraphError::BadAnswer`] also for a user without an address.
    pub async fn me(&self) -> Result<Person, GraphError> {
        let answer = self.get(&self.url("/me"), None, JSON_BYTES_MAX).await?;
        let Me { id, display_name, mail, principal_name } = json(&answer)?;
        let email = mail.or(principal_name).filter(|email| email.contains('@'));
        let email = email.ok_or_else(|| bad("the user has no address"))?;
        Ok(Person { id, email, name: display_name.unwrap_or_default() })
    }

    /// An address below Graph's.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.graph_url)
    }

    pub(super) const fn base(&self) -> &'x str {
        self.graph_url
    }

    /// Reads something; `prefer` is said besides.
    pub(super) async fn get(
        &self,
        url: &str,
        prefer: Option<&str>,
        answer_bytes_max: usize,
    ) -> Result<Answer, GraphError> {
        let prefer = match prefer {
            Some(more) => format!("{IMMUTABLE}, {more}"),
            None => IMMUTABLE.to_owned(),
        };
        let headers = vec![("prefer", prefer)];
        self.ask(Method::Get, url, headers, Vec::new(), answer_bytes_max).await
    }

    /// Has something done.
    pub(super) async fn post(
        &self,
        path: &str,
        content: Option<(&str, Vec<u8>)>,
    ) -> Result<Answer, GraphError> {
        let mut headers = vec![("prefer", IMMUTABLE.to_owned())];
        let mut body = Vec::new();
        if let Some((content_type, bytes)) = content {
            headers.push(("content-type", content_type.to_owned()));
            body = bytes;
        }
        self.ask(Method::Post, &self.url(path), headers, body, JSON_BYTES_MAX).await
    }

    /// Has something done that is said in JSON.
    pub(super) async fn post_json(
        &self,
        path: &str,
        body: &impl Serialize,
        answer_bytes_max: usize,
    ) -> Result<Answer, GraphError> {
        let (url, body) = (self.url(path), to_json(body));
        self.ask(Method::Post, &url, as_json(), body, answer_bytes_max).await
    }

    /// Changes something.
    pub(super) async fn patch(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Answer, GraphError> {
        let (url, body) = (self.url(path), to_json(body));
        self.ask(Method::Patch, &url, as_json(), body, JSON_BYTES_MAX).await
    }

    /// Deletes something.
    pub(super) async fn delete(&self, path: &str) -> Result<(), GraphError> {
        let headers = vec![("prefer", IMMUTABLE.to_owned())];
        let url = self.url(path);
        self.ask(Method::Delete, &url, headers, Vec::new(), JSON_BYTES_MAX).await.map(drop)
    }

    pub(super) const fn http(&self) -> &'x H {
        self.http
    }

    async fn ask(
        &self,
        method: Method,
        url: &str,
        mut headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
        answer_bytes_max: usize,
    ) -> Result<Answer, GraphError> {
        headers.push(("authorization", format!("Bearer {}", self.access_token)));
        let request = Request { method, url: url.to_owned(), headers, body, answer_bytes_max };
        answered(self.http.ask(request).await)
    }
}

fn as_json() -> Vec<(&'static str, String)> {
    vec![("prefer", IMMUTABLE.to_owned()), ("content-type", "application/json".to_owned())]
}

/// What an answer means.
pub(super) fn answered(answer: Result<Answer, NoAnswer>) -> Result<Answer, GraphError> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(NoAnswer::TooLarge) => return Err(bad(TOO_LARGE)),
        Err(NoAnswer::Broken { text }) => {
            return Err(GraphError::Broken { text: brief(&text) });
        }
    };
    match answer.status {
        200..=299 => Ok(answer),
        401 => Err(GraphError::Unauthorized),
        429 | 503 | 504 => {
            let retry_after_ms = answer.retry_after_ms();
            Err(GraphError::Throttled { status: answer.status, retry_after_ms })
        }
        status => {
            let said = read_json::<ErrorBody>(&answer.body).ok().map(|body| body.error);
            let (code, text) = said.map(|it| (it.code, it.message)).unwrap_or_default();
            Err(GraphError::Refused { status, code: brief(&code), text: brief(&text) })
        }
    }
}

const TOO_LARGE: &str = "the answer is too large";

/// Whether an answer had too many bytes.
pub(super) fn is_too_large(error: &GraphError) -> bool {
    matches!(error, GraphError::BadAnswer { text } if text == TOO_LARGE)
}

pub(super) fn bad(text: &str) -> GraphError {
    GraphError::BadAnswer { text: text.to_owned() }
}

/// What an answer says, fields that are not known aside.
pub(super) fn json<T: DeserializeOwned>(answer: &Answer) -> Result<T, GraphError> {
    read_json(&answer.body).map_err(|reject| bad(&brief(&reject.message)))
}

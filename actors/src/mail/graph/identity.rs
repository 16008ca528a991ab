//! Tokens of Microsoft's identity platform: how somebody is sent there to log in, what is got for
//! the code that they come back with, and how tokens are renewed.
//!
//! The id token of [`redeem`] comes straight from the token endpoint over TLS, which proves who
//! made it (OpenID Connect Core §3.1.3.7, 6): its signature is not checked again, what it says is.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schema::codec::read_json;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::brief;
use super::http::{Answer, Http, Method, NoAnswer, Request};
use super::link::{encoded, query};

/// What a mailbox is asked for.
pub const MAILBOX: &str = "openid profile email offline_access User.Read Mail.ReadWrite Mail.Send";
/// What is asked for where somebody is only to say who they are.
pub const WHO: &str = "openid profile";
const JSON_BYTES_MAX: usize = 64 * 1024;
/// How far two clocks may be apart.
const LEEWAY_S: i64 = 60;
/// Errors after which only the user can help.
const FOR_GOOD: [&str; 4] =
    ["invalid_grant", "interaction_required", "consent_required", "login_required"];
const FOR_NOW: [&str; 2] = ["temporarily_unavailable", "server_error"];

/// The application, as it is registered with Microsoft.
#[derive(Clone, PartialEq, Eq)]
pub struct Application {
    /// Its id.
    pub client_id: String,
    /// Its secret; none for a public client.
    pub client_secret: Option<String>,
    /// Whose accounts may log in: an id or domain of a tenant, `common` or `organizations`.
    pub tenant: String,
    /// Where people log in, without a slash at the end.
    pub login_url: String,
    /// Where Graph is, with its version and without a slash at the end.
    pub graph_url: String,
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Application({} of {})", self.client_id, self.tenant)
    }
}

/// One log-in, from the way there to the way back.
#[derive(Debug, Clone, Copy)]
pub struct Login<'l> {
    /// Where Microsoft sends the browser back to.
    pub redirect_uri: &'l str,
    /// Comes back with the browser.
    pub state: &'l str,
    /// Comes back in the id token.
    pub nonce: &'l str,
    /// The secret of this log-in (PKCE, RFC 7636), 43 to 128 letters, digits, `-`, `.`, `_`, `~`.
    pub verifier: &'l str,
    /// What is asked for, [`MAILBOX`] or [`WHO`].
    pub scope: &'l str,
}

/// What the token endpoint gives.
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    /// Opens Graph.
    pub access_token: String,
    /// Gets the next tokens; where none came, the one before is still good.
    pub refresh_token: Option<String>,
    /// Says who logged in.
    pub id_token: Option<String>,
    /// For how long the access token is good, in seconds.
    pub expires_in_s: i64,
    /// What the access token opens.
    pub scope: String,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens(for {} s: {})", self.expires_in_s, self.scope)
    }
}

/// Why there are no tokens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Only a new log-in helps.
    #[error("Microsoft asks for a new log-in: {code}")]
    Gone {
        /// The error, for programs.
        code: String,
    },
    /// The application is not set up as it must be.
    #[error("Microsoft refuses the application: {code}: {text}")]
    Refused {
        /// The error, for programs.
        code: String,
        /// In Microsoft's words.
        text: String,
    },
    /// It may work later.
    #[error("Microsoft gives no tokens now: {text}")]
    Later {
        /// What happened.
        text: String,
        /// How long Microsoft wants to be left alone; not always said.
        retry_after_ms: Option<u64>,
    },
}

impl Application {
    /// Where to send a browser, so that its user logs in and agrees to what is asked for.
    #[must_use]
    pub fn authorize_url(&self, login: &Login<'_>) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(login.verifier));
        let asked = query(&[
            ("client_id", &self.client_id),
            ("response_type", "code"),
            ("redirect_uri", login.redirect_uri),
            ("response_mode", "query"),
            ("scope", login.scope),
            ("state", login.state),
            ("nonce", login.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("prompt", "select_account"),
        ]);
        format!("{}/{}/oauth2/v2.0/authorize?{asked}", self.login_url, encoded(&self.tenant))
    }

    fn token_request(&self, scope: &str, pairs: &[(&str, &str)]) -> Request {
        let mut form = vec![("client_id", &*self.client_id), ("scope", scope)];
        form.extend(self.client_secret.as_deref().map(|secret| ("client_secret", secret)));
        form.extend(pairs);
        Request {
            method: Method::Post,
            url: format!("{}/{}/oauth2/v2.0/token", self.login_url, encoded(&self.tenant)),
            headers: vec![("content-type", "application/x-www-form-urlencoded".to_owned())],
            body: query(&form).into_bytes(),
            answer_bytes_max: JSON_BYTES_MAX,
        }
    }
}

/// Exchanges the code of a log-in for tokens; it is good once.
///
/// # Errors
/// [`TokenError`].
pub async fn redeem<H: Http>(
    http: &H,
    application: &Application,
    login: &Login<'_>,
    code: &str,
) -> Result<Tokens, TokenError> {
    let pairs = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", login.redirect_uri),
        ("code_verifier", login.verifier),
    ];
    let request = application.token_request(login.scope, &pairs);
    read(http.ask(request).await)
}

/// Renews the tokens of a mailbox.
///
/// # Errors
/// [`TokenError`].
pub async fn refresh<H: Http>(
    http: &H,
    application: &Application,
    refresh_token: &str,
) -> Result<Tokens, TokenError> {
    let pairs = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
    let request = application.token_request(MAILBOX, &pairs);
    read(http.ask(request).await)
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    token_type: String,
    expires_in: i64,
    #[serde(default)]
    scope: String,
    refresh_token: Option<String>,
    id_token: Option<String>,
}

#[derive(Deserialize)]
struct Denied {
    error: String,
    #[serde(default)]
    error_description: String,
}

fn read(answer: Result<Answer, NoAnswer>) -> Result<Tokens, TokenError> {
    let later =
        |text: &str, retry_after_ms| TokenError::Later { text: brief(text), retry_after_ms };
    let answer = match answer {
        Ok(answer) => answer,
        Err(NoAnswer::TooLarge) => return Err(later("the answer is too large", None)),
        Err(NoAnswer::Broken { text }) => return Err(later(&text, None)),
    };
    let wait = answer.retry_after_ms();
    if answer.status == 200 {
        let granted: Granted =
            read_json(&answer.body).map_err(|reject| later(&reject.message, wait))?;
        return granted.into_tokens().ok_or_else(|| later("the tokens are none", wait));
    }
    let status = format!("status {}", answer.status);
    let denied: Denied = match read_json(&answer.body) {
        // It is a proxy that speaks, or a page of errors: nothing is said about the log-in.
        Err(_) => return Err(later(&status, wait)),
        Ok(denied) => denied,
    };
    let code = brief(&denied.error);
    if answer.status == 429 || answer.status >= 500 || FOR_NOW.contains(&&*code) {
        return Err(later(&format!("{status}: {code}"), wait));
    }
    if FOR_GOOD.contains(&&*code) {
        return Err(TokenError::Gone { code });
    }
    Err(TokenError::Refused { code, text: brief(&denied.error_description) })
}

impl Granted {
    fn into_tokens(self) -> Option<Tokens> {
        // It becomes a header.
        let is_token =
            |token: &str| !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
        let is_bearer = self.token_type.eq_ignore_ascii_case("bearer");
        (is_bearer && is_token(&self.access_token) && self.expires_in > 0).then_some(Tokens {
            access_token: self.access_token,
            refresh_token: self.refresh_token,
            id_token: self.id_token,
            expires_in_s: self.expires_in.min(24 * 60 * 60),
            scope: self.scope,
        })
    }
}

/// What an id token says of who logged in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Claims {
    /// Who made it.
    pub iss: String,
    /// For whom.
    pub aud: String,
    /// Until when it is good, in seconds since 1970.
    pub exp: i64,
    /// Since when; not always said.
    #[serde(default)]
    pub nbf: i64,
    /// The tenant.
    pub tid: String,
    /// The user in this tenant.
    pub oid: String,
    /// What was sent along with the log-in.
    pub nonce: String,
}

/// Why an id token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    /// It is none, or has no signature of the kind that Microsoft makes.
    #[error("it cannot be read")]
    Unreadable,
    /// Somebody else made it.
    #[error("it has another issuer")]
    Issuer,
    /// It is for another application.
    #[error("it is for another application")]
    Audience,
    /// It is of another log-in.
    #[error("it is of another log-in")]
    Nonce,
    /// It is over, or not good yet.
    #[error("it is not good now")]
    Time,
}

#[derive(Deserialize)]
struct Head {
    alg: String,
}

/// What an id token that [`redeem`] gave says, if it is for us, of this log-in, and good now.
///
/// # Errors
/// [`ClaimsError`].
pub fn claims(
    application: &Application,
    id_token: &str,
    nonce: &str,
    now_s: i64,
) -> Result<Claims, ClaimsError> {
    let unreadable = ClaimsError::Unreadable;
    let mut parts = id_token.split('.');
    let mut part = || {
        let part = parts.next().filter(|part| part.len() <= JSON_BYTES_MAX);
        URL_SAFE_NO_PAD.decode(part.ok_or(unreadable)?).map_err(|_| unreadable)
    };
    let (head, body, signature) = (part()?, part()?, part()?);
    let head: Head = read_json(&head).map_err(|_| unreadable)?;
    if parts.next().is_some() || head.alg != "RS256" || signature.is_empty() {
        return Err(unreadable);
    }
    let claims: Claims = read_json(&body).map_err(|_| unreadable)?;
    // Where any tenant may log in, the issuer is the one of the user's.
    if claims.iss != format!("{}/{}/v2.0", application.login_url, claims.tid) {
        return Err(ClaimsError::Issuer);
    }
    let is_id = application.tenant.len() == 36 && !application.tenant.contains('.');
    if is_id && !application.tenant.eq_ignore_ascii_case(&claims.tid) {
        return Err(ClaimsError::Issuer);
    }
    if claims.aud != application.client_id {
        return Err(ClaimsError::Audience);
    }
    if claims.nonce != nonce {
        return Err(ClaimsError::Nonce);
    }
    if now_s >= claims.exp.saturating_add(LEEWAY_S) || now_s < claims.nbf.saturating_sub(LEEWAY_S) {
        return Err(ClaimsError::Time);
    }
    Ok(claims)
}

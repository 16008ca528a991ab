//! Proofs that a client carries: access tokens (JWT, HS256 only) and opaque tokens.
//!
//! An access token is verified without asking anybody; what it says about rights is checked again
//! by the room. Opaque tokens (refresh, invitation, realtime ticket) name their workspace, and
//! nobody stores more of them than their SHA-256. Pure: time and random bits are passed in.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use schema::ids::{AgentId, SessionId, WorkspaceId};
use schema::{Caller, Code, Millis, Principal, Reject, Role};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex};

/// How long an access token is good.
pub const ACCESS_MS: Millis = 15 * 60 * 1000;
/// How far the issuer's clock may be ahead; of no use to an expired token.
const LEEWAY_S: i64 = 60;
const TOKEN_BYTES_MAX: usize = 2_048;
const SECRET_BYTES_MIN: usize = 32;
/// How many access tokens are known to be proven, at most.
const PROVEN_MAX: usize = 256;
/// What every API key begins with, so that one that is left lying around is recognised.
const API_KEY: &str = "prk_";
const ISSUER: &str = "postroom";

/// What an opaque token is for; part of what is signed, so that one kind cannot stand for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Keeps a session.
    Refresh,
    /// Lets a future agent in.
    Invitation,
    /// Opens one WebSocket.
    Realtime,
    /// Calls in an agent's name.
    ApiKey,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Refresh => "refresh",
            Self::Invitation => "invitation",
            Self::Realtime => "realtime",
            Self::ApiKey => "apiKey",
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    typ: String,
    sub: AgentId,
    ws: WorkspaceId,
    sid: SessionId,
    ep: i64,
    role: Role,
    iat: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    exp: i64,
}

#[derive(Clone)]
struct Key {
    id: String,
    mac: Hmac<Sha256>,
}

impl Key {
    fn new(secret: &str) -> Result<Self, Reject> {
        if secret.len() < SECRET_BYTES_MIN {
            return Err(Reject::internal("JWT_SECRET must have at least 32 bytes"));
        }
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
            .map_err(|error| Reject::internal(format!("JWT_SECRET: {error}")))?;
        let name = mac.clone().chain_update(b"key id").finalize().into_bytes();
        Ok(Self { id: hex(&name[..4]), mac })
    }

    fn sign(&self, text: &str) -> Vec<u8> {
        self.mac.clone().chain_update(text.as_bytes()).finalize().into_bytes().to_vec()
    }
}

/// The secrets that sign: the current one, and the one before while it is being replaced.
#[derive(Clone)]
pub struct Keys {
    current: Key,
    previous: Option<Key>,
    proven: Proven,
}

/// What was proven already: a client shows the same token again and again, and a signature that
/// was good is good. Whether it is of this time is another question. Each token has one place,
/// which the next that needs it takes.
#[derive(Clone, Default)]
struct Proven(Arc<Mutex<Vec<Place>>>);

type Place = Option<(String, Claims)>;

impl Proven {
    fn place(token: &str) -> usize {
        let sum = |sum: usize, byte: &u8| sum.wrapping_mul(31).wrapping_add(usize::from(*byte));
        token.as_bytes().iter().rev().take(12).fold(0, sum) % PROVEN_MAX
    }

    fn find(&self, token: &str) -> Option<Claims> {
        let known = self.0.lock().ok()?;
        let (other, claims) = known.get(Self::place(token))?.as_ref()?;
        // In a time that does not tell where they differ.
        let differ = |differs, (x, y): (&u8, &u8)| differs | (x ^ y);
        let same = other.len() == token.len()
            && other.as_bytes().iter().zip(token.as_bytes()).fold(0, differ) == 0;
        same.then(|| claims.clone())
    }

    fn keep(&self, token: &str, claims: &Claims) {
        let Ok(mut known) = self.0.lock() else { return };
        known.resize(PROVEN_MAX, None);
        known[Self::place(token)] = Some((token.to_owned(), claims.clone()));
    }
}

/// A session as an access token tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// Who.
    pub agent: AgentId,
    /// The log-in.
    pub session: SessionId,
    /// The agent's epoch then.
    pub epoch: i64,
    /// The agent's role then.
    pub role: Role,
}

impl Keys {
    /// Takes the secrets.
    ///
    /// # Errors
    /// `internal` for a secret shorter than 32 bytes.
    pub fn new(current: &str, previous: Option<&str>) -> Result<Self, Reject> {
        let previous = previous.filter(|text| !text.is_empty()).map(Key::new).transpose()?;
        Ok(Self { current: Key::new(current)?, previous, proven: Proven::default() })
    }

    /// Makes an access token; gives it and the time of its end.
    #[must_use]
    pub fn access(&self, access: &Access, now: Millis) -> (String, Millis) {
        let iat = now / 1000;
        let exp = iat + ACCESS_MS / 1000;
        let claims = Claims {
            iss: ISSUER.into(),
            aud: ISSUER.into(),
            typ: "access".into(),
            sub: access.agent,
            ws: access.workspace,
            sid: access.session,
            ep: access.epoch,
            role: access.role,
            iat,
            nbf: None,
            exp,
        };
        let header = Header { alg: "HS256", typ: "JWT", kid: Some(&self.current.id) };
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let signature = URL_SAFE_NO_PAD.encode(self.current.sign(&signed));
        (format!("{signed}.{signature}"), exp * 1000)
    }

    /// Proves who carries an access token.
    ///
    /// # Errors
    /// `unauthorized`, without a word on what was wrong beyond expiry.
    pub fn verify(&self, token: &str, now: Millis) -> Result<Principal, Reject> {
        if let Some(known) = self.known(token, now) {
            return known;
        }
        let claims = self.claims(token).ok_or_else(invalid)?;
        self.proven.keep(token, &claims);
        Self::of(claims, now)
    }

    /// As [`Keys::verify`], for a token that was proven before; none where it was not.
    #[must_use]
    pub fn known(&self, token: &str, now: Millis) -> Option<Result<Principal, Reject>> {
        self.proven.find(token).map(|claims| Self::of(claims, now))
    }

    fn of(claims: Claims, now: Millis) -> Result<Principal, Reject> {
        let now = now / 1000;
        let lives_s = claims.exp.saturating_sub(claims.iat);
        let ours = claims.iss == ISSUER && claims.aud == ISSUER && claims.typ == "access";
        let begun = claims.nbf.unwrap_or(claims.iat).max(claims.iat) <= now + LEEWAY_S;
        if !ours || !begun || lives_s > ACCESS_MS / 1000 {
            return Err(invalid());
        }
        if claims.exp <= now {
            return Err(Reject::new(Code::Unauthorized, "the access token has expired"));
        }
        let caller = Caller::Agent {
            agent: claims.sub,
            session: claims.sid,
            epoch: claims.ep,
            role: claims.role,
        };
        Ok(Principal { workspace: claims.ws, caller })
    }

    fn claims(&self, token: &str) -> Option<Claims> {
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header = URL_SAFE_NO_PAD.decode(header).ok()?;
        let header: Header<'_> = serde_json::from_slice(&header).ok()?;
        if header.alg != "HS256" || header.typ != "JWT" {
            return None;
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let keys = [Some(&self.current), self.previous.as_ref()];
        keys.into_iter().flatten().filter(|key| header.kid.is_none_or(|id| id == key.id)).find(
            |key| {
                let mac = key.mac.clone().chain_update(signed.as_bytes());
                mac.verify_slice(&signature).is_ok()
            },
        )?;
        let claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
        schema::codec::read_json(&claims).ok()
    }

    /// Signs a text with the current secret.
    #[must_use]
    pub fn sign(&self, text: &str) -> Vec<u8> {
        self.current.sign(text)
    }

    /// Whether a text was signed so, by the current secret or the one before.
    #[must_use]
    pub fn signed(&self, text: &str, mac: &[u8]) -> bool {
        let keys = [Some(&self.current), self.previous.as_ref()];
        keys.into_iter()
            .flatten()
            .any(|key| key.mac.clone().chain_update(text.as_bytes()).verify_slice(mac).is_ok())
    }

    /// Makes an opaque token of a workspace; the same nonce makes the same token.
    #[must_use]
    pub fn opaque(&self, workspace: WorkspaceId, purpose: Purpose, nonce: &str) -> String {
        let secret = self.current.sign(&format!("{}|{workspace}|{nonce}", purpose.as_str()));
        format!("{workspace}.{}", URL_SAFE_NO_PAD.encode(secret))
    }

    /// Makes an API key of a workspace; the same nonce makes the same key.
    #[must_use]
    pub fn api_key(&self, workspace: WorkspaceId, nonce: &str) -> String {
        format!("{API_KEY}{}", self.opaque(workspace, Purpose::ApiKey, nonce))
    }

    /// A nonce for what one caller asks under one key, so that asking again gives the same token.
    #[must_use]
    pub fn nonce_of(&self, scope: &str, key: &str) -> String {
        hex(&self.current.sign(&format!("nonce|{}|{scope}|{key}", scope.len())))
    }
}

/// The workspace that an opaque token names, and its SHA-256 as hex.
///
/// # Errors
/// `unauthorized` for a text that is no such token.
pub fn read_opaque(token: &str) -> Result<(WorkspaceId, String), Reject> {
    let refuse = || Reject::new(Code::Unauthorized, "the token is not valid");
    let (workspace, secret) = token.split_once('.').ok_or_else(refuse)?;
    let workspace: WorkspaceId = workspace.parse().map_err(|_| refuse())?;
    let bytes = URL_SAFE_NO_PAD.decode(secret).map_err(|_| refuse())?;
    if bytes.len() != 32 {
        return Err(refuse());
    }
    Ok((workspace, sha256_hex(token.as_bytes())))
}

/// Whether a bearer token looks like an API key.
#[must_use]
pub fn is_api_key(token: &str) -> bool {
    token.starts_with(API_KEY)
}

/// The workspace that an API key names, and its SHA-256 as hex.
///
/// # Errors
/// `unauthorized` for a text that is no such key.
pub fn read_api_key(key: &str) -> Result<(WorkspaceId, String), Reject> {
    let (workspace, _) = read_opaque(key.strip_prefix(API_KEY).unwrap_or(key))?;
    Ok((workspace, sha256_hex(key.as_bytes())))
}

/// Whether two secrets are the same, in a time that does not tell where they differ.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    let (a, b) = (Sha256::digest(a.as_bytes()), Sha256::digest(b.as_bytes()));
    a.iter().zip(b.iter()).fold(0, |differs, (x, y)| differs | (x ^ y)) == 0
}

/// SHA-256 as lower-case hex.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn encode<T: Serialize>(value: &T) -> String {
    let json = serde_json::to_vec(value).expect("a struct of texts and numbers is JSON");
    URL_SAFE_NO_PAD.encode(json)
}

fn invalid() -> Reject {
    Reject::new(Code::Unauthorized, "the access token is not valid")
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;

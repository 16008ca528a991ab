//! Mailboxes at Microsoft: a manager is sent to log in there, and comes back with a code; and what
//! every log-in there has in common.
//!
//! The way there and the way back belong to one log-in here: `state` is sealed for the workspace,
//! the agent and the session that asked for it, for ten minutes, and the way back must be gone with
//! the same session's token. So nobody can have somebody else finish what they began, which would
//! connect that other person's mailbox to the first one's workspace. The page that Microsoft sends
//! the browser to therefore hands `code` and `state` on, with its agent's token.

use crate::app::Call;
use crate::platform::Platform;
use crate::respond::Reply;
use actors::mail::graph::{
    Answer, Application, Claims, Http, Login, MAILBOX, NoAnswer, Request, SealedTokens, Session,
    TokenError, Tokens, claims, redeem,
};
use actors::mail::seal::{self, SealKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schema::ids::WorkspaceId;
use schema::inbox::InboxCommand;
use schema::microsoft::ConnectMicrosoft;
use schema::{ActorKind, Caller, Code, Millis, Permission, Principal, Reject};
use serde::{Deserialize, Serialize};

/// How long somebody may take to log in.
const LOGIN_MS: Millis = 10 * 60 * 1000;
/// The longest code and state that are looked at.
const PARAMETER_BYTES_MAX: usize = 4_096;

/// Where to send the browser.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogInAt {
    /// An address of Microsoft's.
    pub url: String,
    /// Until when whoever goes there has to be back.
    pub expires_at: Millis,
}

/// What is known of a log-in when it comes back; sealed.
#[derive(Serialize, Deserialize)]
pub(super) struct Begun {
    /// The workspace that it is about.
    pub workspace: WorkspaceId,
    /// Names it, and comes back in the id token.
    pub nonce: String,
    /// Its secret (PKCE).
    verifier: String,
    /// What Microsoft is asked for.
    scope: String,
    until: Millis,
}

/// The world, for the client of Microsoft's.
struct Outside<'p, P>(&'p P);

impl<P: Platform> Http for Outside<'_, P> {
    async fn ask(&self, request: Request) -> Result<Answer, NoAnswer> {
        self.0.fetch(request).await
    }
}

/// `GET /v1/auth/microsoft`: where a manager logs in to connect a mailbox.
///
/// # Errors
/// `unauthorized`, `forbidden`, `not_found` where this deployment has no application at Microsoft.
pub async fn begin<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    let (principal, application) = ready(&call).await?;
    Reply::of(&send_off(&call, application, principal.workspace, MAILBOX, &owner(&principal)?)?)
}

/// Begins a log-in that comes back to its owner alone: the state is sealed for it.
///
/// # Errors
/// `internal` without `SECRETS_KEY`.
pub(super) fn send_off<P: Platform>(
    call: &Call<'_, P>,
    application: &Application,
    workspace: WorkspaceId,
    scope: &str,
    owner: &str,
) -> Result<LogInAt, Reject> {
    let expires_at = call.platform.now() + LOGIN_MS;
    let (nonce, verifier, scope) = (random(call), random(call), scope.to_owned());
    let begun = Begun { workspace, nonce, verifier, scope, until: expires_at };
    let sealed = call.seal(owner, &schema::codec::to_json(&begun))?;
    let state = URL_SAFE_NO_PAD.encode(sealed);
    let redirect_uri = redirect_uri(call);
    let url = application.authorize_url(&begun.login(&state, &redirect_uri));
    Ok(LogInAt { url, expires_at })
}

/// A text that nobody guesses, of 43 characters.
pub(super) fn random<P: Platform>(call: &Call<'_, P>) -> String {
    URL_SAFE_NO_PAD.encode(call.platform.random())
}

/// `GET /v1/auth/microsoft/callback`: back from there. It answers with the inbox of the mailbox,
/// which sends through it from now on.
///
/// # Errors
/// `unauthorized`, `forbidden`; `invalid_input` for a log-in that was refused, is over, was used,
/// or is another session's; `unavailable` where Microsoft does not answer; the inbox's.
pub async fn callback<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    let known = ["code", "state", "session_state", "error", "error_description", "error_uri"];
    let query = call.query(&known)?;
    let (principal, application) = ready(&call).await?;
    let text = |name: &str| query.long(name, PARAMETER_BYTES_MAX);
    let state = text("state")?.ok_or_else(|| Reject::field("state", "must be there"))?;
    let begun = open(&call, &owner(&principal)?, &state)?;
    if let Some(error) = text("error")? {
        let error: String = error.chars().filter(char::is_ascii_graphic).take(100).collect();
        return Err(Reject::field("error", format!("Microsoft says {error}: begin anew")));
    }
    let code = text("code")?.ok_or_else(|| Reject::field("code", "must be there"))?;
    let input = connect(&call, &principal, application, &begun, &state, &code).await?;
    let instance = instance(&principal, &input.email);
    let command = InboxCommand::ConnectMicrosoft(input);
    // A log-in connects once.
    let key = Some(format!("microsoft:{}", begun.nonce));
    let reply = call.ask(ActorKind::InboxState, instance, principal, key, &command).await?;
    Ok(reply.tagged())
}

/// Who may connect a mailbox, and the application that it is connected with.
async fn ready<'c, P: Platform>(
    call: &'c Call<'_, P>,
) -> Result<(Principal, &'c Application), Reject> {
    let principal = call.may(Permission::Manage).await?;
    owner(&principal)?;
    Ok((principal, application(call)?))
}

/// The application at Microsoft.
///
/// # Errors
/// `not_found` where this deployment has none.
pub(super) fn application<'c, P>(call: &'c Call<'_, P>) -> Result<&'c Application, Reject> {
    call.config.microsoft.as_ref().ok_or_else(|| Reject::not_found("application at Microsoft"))
}

fn owner(principal: &Principal) -> Result<String, Reject> {
    owner_for("microsoft", principal)
}

/// Whom a log-in belongs to, and what for.
///
/// # Errors
/// `forbidden` for everybody but agents with a session.
pub(super) fn owner_for(purpose: &str, principal: &Principal) -> Result<String, Reject> {
    match &principal.caller {
        Caller::Agent { agent, session, .. } => {
            Ok(format!("{purpose}|{}|{agent}|{session}", principal.workspace))
        }
        _ => Err(Reject::forbidden("this is for a person who is logged in")),
    }
}

fn redirect_uri<P: Platform>(call: &Call<'_, P>) -> String {
    let own = || format!("{}/v1/auth/microsoft/callback", call.request.origin);
    call.config.microsoft_redirect_uri.clone().unwrap_or_else(own)
}

impl Begun {
    fn login<'l>(&'l self, state: &'l str, redirect_uri: &'l str) -> Login<'l> {
        let Self { nonce, verifier, scope, .. } = self;
        Login { redirect_uri, state, nonce, verifier, scope }
    }
}

/// The log-in that a state stands for, if it is this owner's and not over.
///
/// # Errors
/// `invalid_input`.
pub(super) fn open<P: Platform>(
    call: &Call<'_, P>,
    owner: &str,
    state: &str,
) -> Result<Begun, Reject> {
    let wrong = || Reject::field("state", "must be of a log-in that this session began");
    let sealed = URL_SAFE_NO_PAD.decode(state).map_err(|_| wrong())?;
    let names = ["SECRETS_KEY", "SECRETS_KEY_PREVIOUS"];
    let keys = names.iter().filter_map(|name| call.platform.var(name));
    let keys: Vec<SealKey> = keys.filter_map(|key| SealKey::parse(&key).ok()).collect();
    let begun = seal::open(&keys, owner, &sealed).map_err(|_| wrong())?;
    let begun: Begun = schema::codec::read_json(&begun).map_err(|_| wrong())?;
    if begun.until <= call.platform.now() {
        return Err(Reject::field("state", "is over: begin anew"));
    }
    Ok(begun)
}

/// Exchanges the code, and finds out who has logged in.
///
/// # Errors
/// `invalid_input` for a code that is not good, `unavailable` where Microsoft does not answer as it
/// should, `internal` where it refuses the application.
pub(super) async fn exchange<P: Platform>(
    call: &Call<'_, P>,
    application: &Application,
    begun: &Begun,
    state: &str,
    code: &str,
) -> Result<(Tokens, Claims), Reject> {
    let redirect_uri = redirect_uri(call);
    let login = begun.login(state, &redirect_uri);
    let tokens = redeem(&Outside(call.platform), application, &login, code).await;
    let tokens = tokens.map_err(refused)?;
    let id_token = tokens.id_token.as_deref().unwrap_or_default();
    let now_s = call.platform.now() / 1_000;
    let said = claims(application, id_token, &begun.nonce, now_s)
        .map_err(|why| unavailable(format!("Microsoft's id token is not believed: {why}")))?;
    Ok((tokens, said))
}

fn unavailable(why: String) -> Reject {
    Reject::new(Code::Unavailable, why)
}

/// Exchanges the code, and finds out whose mailbox it is.
async fn connect<P: Platform>(
    call: &Call<'_, P>,
    principal: &Principal,
    application: &Application,
    begun: &Begun,
    state: &str,
    code: &str,
) -> Result<ConnectMicrosoft, Reject> {
    let (tokens, said) = exchange(call, application, begun, state, code).await?;
    let http = Outside(call.platform);
    if tokens.refresh_token.is_none() || !has_scopes(&tokens.scope) {
        let why = "needs offline_access, Mail.ReadWrite and Mail.Send: consent to all of them";
        return Err(Reject::field("scope", why));
    }
    let person = Session::new(&http, &application.graph_url, &tokens.access_token).me().await;
    let person = person
        .map_err(|error| unavailable(format!("Microsoft does not say whose it is: {error:?}")))?;
    if person.id != said.oid {
        return Err(unavailable("Microsoft's id token is of another person".to_owned()));
    }
    let email = schema::check::email("email", &person.email)?;
    let owner = instance(principal, &email);
    let sealed = SealedTokens::of(&tokens, |token| call.seal(&owner, token))?;
    Ok(ConnectMicrosoft {
        email,
        display_name: person.name,
        user_id: person.id,
        sealed_access: sealed.access,
        sealed_refresh: sealed.refresh.unwrap_or_default(),
        good_for_ms: sealed.good_for_ms,
    })
}

/// The name of the inbox of an address.
fn instance(principal: &Principal, email: &str) -> String {
    let inbox = actors::inbox_state::identity::inbox_of(principal.workspace, email);
    format!("{}/{inbox}", principal.workspace)
}

fn has_scopes(granted: &str) -> bool {
    let has = |name: &str| {
        granted.split(' ').any(|scope| {
            scope.rsplit('/').next().is_some_and(|scope| scope.eq_ignore_ascii_case(name))
        })
    };
    has("Mail.ReadWrite") && has("Mail.Send")
}

fn refused(error: TokenError) -> Reject {
    match error {
        TokenError::Gone { .. } => {
            Reject::field("code", "was used before, or is over, or of another log-in: begin anew")
        }
        TokenError::Refused { .. } => Reject::internal(error.to_string()),
        TokenError::Later { .. } => Reject::new(Code::Unavailable, error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_known_by_their_names_with_and_without_their_resource() {
        let graph = "https://graph.microsoft.com/";
        assert!(has_scopes(&format!("openid {graph}Mail.ReadWrite {graph}Mail.Send")));
        assert!(has_scopes("mail.send mail.readwrite"));
        assert!(!has_scopes("Mail.Read Mail.Send"));
        assert!(!has_scopes(&format!("{graph}Mail.ReadWrite.Shared {graph}Mail.Send")));
        assert!(!has_scopes(""));
    }
}

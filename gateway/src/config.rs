//! The settings of a deployment, read once per isolate.

use crate::dead_letters::Alerts;
use crate::models::settings::Models;
use crate::providers::settings::Providers;
use crate::site::Sites;
use crate::token::Keys;
use actors::mail::graph::Application;
use actors::mail::send_mode::SendMode;
use schema::Reject;
use schema::ids::WorkspaceId;

/// A list that may be everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed<T> {
    /// `*`.
    All,
    /// These, and nobody else.
    Only(Vec<T>),
}

impl<T: PartialEq> Allowed<T> {
    /// Whether it is in the list.
    #[must_use]
    pub fn has(&self, item: &T) -> bool {
        match self {
            Self::All => true,
            Self::Only(list) => list.contains(item),
        }
    }
}

/// What is set by variables and secrets; see `wrangler.toml`.
#[derive(Clone)]
pub struct Config {
    /// `ENVIRONMENT`: `local`, `staging`, `production`.
    pub environment: String,
    /// `JWT_SECRET` and `JWT_SECRET_PREVIOUS`.
    pub keys: Keys,
    /// `ADMIN_TOKEN`, where there is one.
    pub admin_token: Option<String>,
    /// `CORS_ORIGINS`: pages of these origins may call. Default: all locally, none elsewhere.
    pub origins: Allowed<String>,
    /// `REGISTRATION`: whether anybody may register a workspace (`open`), or the operator only
    /// (`closed`). Default: open locally, closed elsewhere.
    pub open_registration: bool,
    /// `SEND_MODE`: whether mail leaves (`live`), or is recorded only (`dry`).
    pub send_mode: SendMode,
    /// `MICROSOFT_*`: the application that mailboxes at Microsoft are connected with, if any.
    pub microsoft: Option<Application>,
    /// `MICROSOFT_REDIRECT_URI`: the page that Microsoft sends browsers back to.
    pub microsoft_redirect_uri: Option<String>,
    /// `ALERT_WEBHOOK_URL` and `ALERT_WEBHOOK_SECRET`: where operators are told of trouble, if
    /// anywhere.
    pub alerts: Option<Alerts>,
    /// The accounts at providers of data about people, if any.
    pub providers: Providers,
    /// `SITE_FACTS`: whether the pages of prospects' companies are read.
    pub sites: Sites,
    /// The accounts at providers of language models, if any.
    pub models: Models,
    /// `OPERATOR_WORKSPACES`: whose admins may see and mend the whole deployment.
    pub operator_workspaces: Allowed<WorkspaceId>,
}

const ADMIN_TOKEN_BYTES_MIN: usize = 16;

impl Config {
    /// Reads the settings through a look-up of variables and secrets.
    ///
    /// # Errors
    /// `internal` naming the setting that is missing or wrong.
    pub fn read(var: impl Fn(&str) -> Option<String>) -> Result<Self, Reject> {
        let var =
            |name: &str| var(name).map(|text| text.trim().to_owned()).filter(|v| !v.is_empty());
        let environment = var("ENVIRONMENT").unwrap_or_else(|| "production".into());
        let local = environment == "local";
        let everybody = if local { "*" } else { "" };
        let secret = var("JWT_SECRET").ok_or_else(|| Reject::internal("JWT_SECRET is not set"))?;
        let keys = Keys::new(&secret, var("JWT_SECRET_PREVIOUS").as_deref())?;
        let admin_token = var("ADMIN_TOKEN");
        if admin_token.as_ref().is_some_and(|token| token.len() < ADMIN_TOKEN_BYTES_MIN) {
            return Err(Reject::internal("ADMIN_TOKEN must have at least 16 bytes"));
        }
        let origins = allowed(&var("CORS_ORIGINS").unwrap_or_else(|| everybody.into()), |text| {
            Some(text.trim_end_matches('/').to_owned())
        });
        let workspaces = var("OPERATOR_WORKSPACES").unwrap_or_else(|| everybody.into());
        let open_registration = match var("REGISTRATION").as_deref() {
            None => local,
            Some("open") => true,
            Some("closed") => false,
            Some(_) => return Err(Reject::internal("REGISTRATION must be open or closed")),
        };
        Ok(Self {
            environment,
            keys,
            admin_token,
            origins: origins
                .ok_or_else(|| Reject::internal("CORS_ORIGINS is no list of origins"))?,
            open_registration,
            send_mode: SendMode::parse(var("SEND_MODE").as_deref()).map_err(Reject::internal)?,
            alerts: Alerts::read(var).map_err(Reject::internal)?,
            models: Models::read(var).map_err(Reject::internal)?,
            microsoft: Application::read(var).map_err(Reject::internal)?,
            providers: Providers::read(var).map_err(Reject::internal)?,
            sites: Sites::read(var).map_err(Reject::internal)?,
            microsoft_redirect_uri: var("MICROSOFT_REDIRECT_URI"),
            operator_workspaces: allowed(&workspaces, |text| text.parse().ok())
                .ok_or_else(|| Reject::internal("OPERATOR_WORKSPACES is no list of ids"))?,
        })
    }

    /// Whether this is somebody's own machine.
    #[must_use]
    pub fn local(&self) -> bool {
        self.environment == "local"
    }
}

fn allowed<T>(text: &str, parse: impl Fn(&str) -> Option<T>) -> Option<Allowed<T>> {
    if text == "*" {
        return Some(Allowed::All);
    }
    let items = text.split([',', ' ']).map(str::trim).filter(|item| !item.is_empty());
    items.map(parse).collect::<Option<Vec<T>>>().map(Allowed::Only)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<Config, Reject> {
        Config::read(|name| {
            let found = vars.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    const SECRET: (&str, &str) = ("JWT_SECRET", "0123456789abcdef0123456789abcdef");

    #[test]
    fn a_deployment_that_says_nothing_lets_nobody_in_from_elsewhere() {
        let config = read(&[SECRET]).expect("config");
        assert!(!config.local());
        assert!(!config.origins.has(&"https://a.example".to_owned()));
        assert!(!config.operator_workspaces.has(&WorkspaceId(uuid::Uuid::nil())));
        assert!(config.admin_token.is_none());
        assert!(!config.open_registration);
    }

    #[test]
    fn a_local_one_lets_everybody_in() {
        let config = read(&[SECRET, ("ENVIRONMENT", "local")]).expect("config");
        assert!(config.origins.has(&"http://localhost:3000".to_owned()));
        assert!(config.open_registration);
        assert!(config.operator_workspaces.has(&WorkspaceId(uuid::Uuid::nil())));
    }

    #[test]
    fn registration_is_open_or_closed_as_is_said_and_nothing_else() {
        let open = |said, environment| {
            let config = read(&[SECRET, ("REGISTRATION", said), ("ENVIRONMENT", environment)]);
            config.map(|config| config.open_registration)
        };
        assert_eq!(open("open", "production"), Ok(true));
        assert_eq!(open("closed", "local"), Ok(false));
        assert_eq!(open("", "staging"), Ok(false));
        assert!(open("Open", "production").is_err());
    }

    #[test]
    fn lists_are_read_and_wrong_ones_refused() {
        let config = read(&[SECRET, ("CORS_ORIGINS", "https://a.example/, https://b.example")]);
        let config = config.expect("config");
        assert!(config.origins.has(&"https://a.example".to_owned()));
        assert!(!config.origins.has(&"https://c.example".to_owned()));
        assert!(read(&[SECRET, ("OPERATOR_WORKSPACES", "me")]).is_err());
        assert!(read(&[SECRET, ("ADMIN_TOKEN", "short")]).is_err());
        assert!(read(&[SECRET, ("SEND_MODE", "dyr")]).is_err());
        assert!(read(&[]).is_err());
    }
}

//! How an inbox sends: its server, its account, and the secret that names both.

use crate::reject::Reject;
use serde::{Deserialize, Serialize};

/// How the connection to a server is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// TLS from the first byte.
    ImplicitTls,
    /// TLS after STARTTLS; without it nothing is sent.
    Starttls,
    /// None; for test servers on loopback only.
    Plain,
}

impl Security {
    /// The name on the wire, in SQL and in a mail job.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ImplicitTls => "implicit_tls",
            Self::Starttls => "starttls",
            Self::Plain => "plain",
        }
    }

    /// The security of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::ImplicitTls, Self::Starttls, Self::Plain]
            .into_iter()
            .find(|one| one.as_str() == name)
    }
}

/// How an inbox sends.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Transport {
    /// Through an SMTP server.
    Smtp(SmtpTransport),
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::Smtp(smtp) = self;
        write!(f, "Smtp({}:{})", smtp.host, smtp.port)
    }
}

/// See [`Transport::Smtp`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SmtpTransport {
    /// Host name.
    pub host: String,
    /// Port; 25 is blocked for Workers.
    pub port: u16,
    /// How the connection is secured.
    pub security: Security,
    /// The account.
    pub username: String,
    /// The password, sealed by the gateway.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schemars(with = "Vec<u8>"))]
    pub sealed_password: Vec<u8>,
}

/// What a secret `SMTP_INBOX_n` says.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpSecret {
    /// The address, which is also the account.
    pub email: String,
    /// The password, in the clear: to be sealed at once.
    pub password: String,
    /// Host name.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is secured, by the port.
    pub security: Security,
    /// The name beside the address.
    pub display_name: String,
}

impl std::fmt::Debug for SmtpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SmtpSecret({} at {}:{})", self.email, self.host, self.port)
    }
}

/// Reads `email|password|host|port|displayName`. A password may hold `|`, the rest may not. Port
/// 465 means TLS from the first byte, a test server on loopback none, any other port STARTTLS.
///
/// # Errors
/// `invalid_input` naming the part that is wrong; it never shows the password.
pub fn parse_secret(secret: &str) -> Result<SmtpSecret, Reject> {
    let shape = || Reject::field("secret", "must read email|password|host|port|displayName");
    let (email, rest) = secret.trim().split_once('|').ok_or_else(shape)?;
    let mut parts = rest.rsplitn(4, '|');
    let mut part = || parts.next().ok_or_else(shape);
    let (display_name, port, host, password) = (part()?, part()?, part()?, part()?);
    if password.is_empty() {
        return Err(Reject::field("password", "must not be empty"));
    }
    if password.chars().any(char::is_control) {
        return Err(Reject::field("password", "must not contain control characters"));
    }
    let host = host_name("host", host)?;
    let number = port.trim().parse::<u16>().ok().filter(|number| *number > 0);
    let port = number.ok_or_else(|| Reject::field("port", "must be a number from 1 to 65535"))?;
    let security = match port {
        465 => Security::ImplicitTls,
        587 => Security::Starttls,
        _ if is_loopback(&host) => Security::Plain,
        _ => Security::Starttls,
    };
    let display_name = display_name.trim();
    if !display_name.is_empty() {
        crate::check::line("displayName", display_name, 200)?;
    }
    check_way(&host, port, security)?;
    Ok(SmtpSecret {
        email: crate::check::email("email", email)?,
        password: password.to_owned(),
        host,
        port,
        security,
        display_name: display_name.to_owned(),
    })
}

/// Checks that a server can be reached and is reached safely.
///
/// # Errors
/// `invalid_input` for port 25, which is blocked for Workers, and for an open connection to
/// anything but loopback.
pub fn check_way(host: &str, port: u16, security: Security) -> Result<(), Reject> {
    if port == 0 || (port == 25 && !is_loopback(host)) {
        return Err(Reject::field("port", "must be 465 or 587 as a rule; 25 is blocked"));
    }
    if security == Security::Plain && !is_loopback(host) {
        return Err(Reject::field("security", "must be implicit_tls or starttls"));
    }
    Ok(())
}

/// A host name or an IP address, lower-cased.
///
/// # Errors
/// `invalid_input` naming the field.
pub fn host_name(field: &str, value: &str) -> Result<String, Reject> {
    let host = value.trim().to_ascii_lowercase();
    let odd = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-' | ':' | '_');
    if host.is_empty() || host.len() > 253 || host.chars().any(odd) {
        return Err(Reject::field(field, "must be a host name"));
    }
    Ok(host)
}

/// Whether a host is this machine.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "::1" || host.starts_with("127.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_with_bars_in_its_password() {
        let secret = parse_secret("Ann@Example.com|p|a|ss|smtp.example.com|587|Ann Lee\n");
        let secret = secret.expect("it is right");
        assert_eq!(secret.email, "ann@example.com");
        assert_eq!(secret.password, "p|a|ss");
        assert_eq!((secret.port, secret.security), (587, Security::Starttls));
        assert_eq!(secret.display_name, "Ann Lee");
        assert!(!format!("{secret:?}").contains("p|a|ss"));
        let implicit = parse_secret("a@b.co|x|smtp.b.co|465|").expect("no name is all right");
        assert_eq!(implicit.security, Security::ImplicitTls);
        let plain = parse_secret("a@b.co|x|127.0.0.1|2525|T").expect("loopback");
        assert_eq!(plain.security, Security::Plain);
    }

    #[test]
    fn a_wrong_secret_names_its_part_and_hides_the_password() {
        let wrong = [
            ("", "secret"),
            ("a@b.co|hunter2", "secret"),
            ("a@b.co|hunter2|host|587", "secret"),
            ("nobody|hunter2|host.co|587|N", "email"),
            ("a@b.co||host.co|587|N", "password"),
            ("a@b.co|hunter2||587|N", "host"),
            ("a@b.co|hunter2|ho st|587|N", "host"),
            ("a@b.co|hunter2|host.co|smtp|N", "port"),
            ("a@b.co|hunter2|host.co|0|N", "port"),
            ("a@b.co|hunter2|host.co|65536|N", "port"),
            ("a@b.co|hunter2|host.co|25|N", "port"),
            ("a@b.co|hunter2|host.co|587|N\rBcc: x", "displayName"),
        ];
        for (secret, field) in wrong {
            let reject = parse_secret(secret).expect_err(secret);
            let named = reject.details.as_ref().map(|details| details["field"].clone());
            assert_eq!(named, Some(field.into()), "{secret}");
            assert!(!format!("{reject:?}").contains("hunter2"), "{secret}");
        }
    }
}

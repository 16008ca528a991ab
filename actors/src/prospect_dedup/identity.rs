//! From an identity to the name of its actor, and the order between two identities.
//!
//! The id is derived, so nothing has to be looked up: whoever knows the identity finds its actor.
//! The order decides which way a person's data travels when two identities turn out to be one
//! person's: always to the stronger one. So pointers of aliases can form no circle.

use super::profile::{normal_key, profile_key};
use crate::mail::free_mail;
use crate::mail::identity::{PersonName, domain_key, email_key, name_key};
use schema::Reject;
use schema::ids::{ProspectId, WorkspaceId};
use schema::prospect::IdentityKind;
use sha2::{Digest, Sha256};

const BYTES_MAX: usize = 600;

/// An identity: what kind, and its text (`e:ann@example.com`, `l:ann-smith-123`,
/// `n:ann smith@example.com`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// Its kind.
    pub kind: IdentityKind,
    /// Its text.
    pub text: String,
}

impl Identity {
    /// Reads an identity's text.
    ///
    /// # Errors
    /// `invalid_input` naming the field: no identity, or one that is not in its normal form.
    pub fn parse(field: &str, text: &str) -> Result<Self, Reject> {
        let refuse = || Reject::field(field, "must be a normalised identity, e:…, l:… or n:…");
        let (kind, key) = text.split_at_checked(2).ok_or_else(refuse)?;
        let normal = match kind {
            "e:" => Self::email(field, key)?,
            "l:" => Self::profile(normal_key(key).ok_or_else(refuse)?),
            "n:" => {
                let (who, domain) = key.rsplit_once('@').ok_or_else(refuse)?;
                Self::name(field, who, domain)?
            }
            _ => return Err(refuse()),
        };
        // A key is its own key, so whoever made this one by other rules is found out.
        if text.len() > BYTES_MAX || normal.text != text {
            return Err(refuse());
        }
        Ok(normal)
    }

    /// The identity of an address, however it is written.
    ///
    /// # Errors
    /// `invalid_input` naming the field.
    pub fn email(field: &str, address: &str) -> Result<Self, Reject> {
        let key = email_key(address).map_err(|error| Reject::field(field, error.to_string()))?;
        Ok(Self { kind: IdentityKind::Email, text: format!("e:{key}") })
    }

    /// The identity of a profile at LinkedIn, however its address is written; none where this is
    /// nobody's profile.
    #[must_use]
    pub fn linkedin(address: &str) -> Option<Self> {
        profile_key(address).map(Self::profile)
    }

    fn profile(key: String) -> Self {
        Self { kind: IdentityKind::Linkedin, text: format!("l:{key}") }
    }

    /// The identity of a name at a domain, however they are written.
    ///
    /// # Errors
    /// `invalid_input` naming the field.
    pub fn name(field: &str, name: &str, domain: &str) -> Result<Self, Reject> {
        let key = name_key(PersonName::Full(name), domain)
            .map_err(|error| Reject::field(field, error.to_string()))?;
        let key = key.strip_prefix("name:").unwrap_or(&key);
        Ok(Self { kind: IdentityKind::Name, text: format!("n:{key}") })
    }

    /// The identities of a row, the strongest first: its address; its profile at LinkedIn; its name
    /// at the domain that it gives, or else at the address's, unless everybody can have addresses
    /// there: two people of one name there are two people.
    ///
    /// # Errors
    /// `invalid_input` where the row has neither an address, nor a person's profile, nor a name and
    /// domain.
    pub fn of_row(
        email: Option<&str>,
        linkedin: Option<&str>,
        name: Option<&str>,
        domain: Option<&str>,
    ) -> Result<Vec<Self>, Reject> {
        let given = |text: Option<&str>| text.filter(|t| !t.trim().is_empty()).map(str::to_owned);
        let (email, name, domain) = (given(email), given(name), given(domain));
        let email = email.map(|email| Self::email("email", &email)).transpose()?;
        // A company's page is no error: it is kept as a field.
        let profile = linkedin.and_then(Self::linkedin);
        let at = email.as_ref().and_then(|email| Some(email.text.rsplit_once('@')?.1.to_owned()));
        let usable = |domain: &String| {
            let key = domain_key(domain).unwrap_or_else(|_| domain.clone());
            !free_mail::is_known(&key)
        };
        let name = match (name, domain.or(at).filter(usable)) {
            (Some(name), Some(domain)) => match Self::name("name", &name, &domain) {
                Ok(name) => Some(name),
                // The address or the profile says enough who it is.
                Err(_) if email.is_some() || profile.is_some() => None,
                Err(reject) => return Err(reject),
            },
            _ => None,
        };
        let all: Vec<_> = email.into_iter().chain(profile).chain(name).collect();
        if all.is_empty() {
            return Err(nobody());
        }
        Ok(all)
    }

    /// The id of the identity's actor in a workspace.
    #[must_use]
    pub fn id(&self, workspace: WorkspaceId) -> ProspectId {
        prospect_id(workspace, &self.text)
    }
}

/// The refusal of a row that does not say who it is.
#[must_use]
pub fn nobody() -> Reject {
    let needed = "is needed, or a person's LinkedIn profile (linkedin.com/in/…), or a name and the \
                  company's domain";
    Reject::field("email", needed)
}

/// How the texts of a kind's identities begin.
#[must_use]
pub const fn prefix(kind: IdentityKind) -> &'static str {
    match kind {
        IdentityKind::Email => "e:",
        IdentityKind::Linkedin => "l:",
        IdentityKind::Name => "n:",
    }
}

/// The id of an identity's actor: a UUIDv8 made of SHA-256 over the workspace and the identity.
#[must_use]
pub fn prospect_id(workspace: WorkspaceId, identity: &str) -> ProspectId {
    let hash = Sha256::new()
        .chain_update(b"postroom prospect\0")
        .chain_update(workspace.0.as_bytes())
        .chain_update(identity.as_bytes())
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    ProspectId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// The name of a prospect's actor.
#[must_use]
pub fn instance(workspace: WorkspaceId, id: ProspectId) -> String {
    format!("{workspace}/{id}")
}

/// The place of an identity in the order: of two that are one person's, the lesser one owns.
#[must_use]
pub const fn rank(kind: IdentityKind, id: ProspectId) -> (IdentityKind, ProspectId) {
    (kind, id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_depends_on_workspace_and_identity_only() {
        let workspace = |n| WorkspaceId(uuid::Uuid::from_u128(n));
        let id = prospect_id(workspace(1), "e:ann@example.com");
        // Pinned: with another id the actors of all known people would be lost.
        assert_eq!(id.to_string(), "21e817c0-6adc-8a23-8e92-0f712e9fcff1");
        assert_eq!(id.0.get_version_num(), 8);
        assert_ne!(id, prospect_id(workspace(2), "e:ann@example.com"));
        assert_ne!(id, prospect_id(workspace(1), "n:ann@example.com"));
    }

    #[test]
    fn a_text_that_is_no_identity_is_refused() {
        for text in [
            "",
            "e",
            "e:",
            "é:x@y.z",
            "e:ann",
            "x:a@b.c",
            "e:@b.c",
            "e:A@b.c",
            "e:a.b@gmail.com",
            "e:a\n@b.c",
            "n:dr. ann@b.c",
            "n:ann",
            "l:",
            "l:Ann-Lee",
            "l:in/ann-lee",
            "l:j%c3%b6rg-lee",
            "l:me",
            "l:acoaabcdefghijklmnopqrstuvwxyz0123456789",
        ] {
            assert!(Identity::parse("identity", text).is_err(), "{text:?}");
        }
        for text in ["e:ann@example.com", "l:ann-lee-123", "l:jörg-lee", "n:ann smith@example.com"]
        {
            let identity = Identity::parse("identity", text).expect("an identity");
            assert_eq!(identity.text, text);
            assert!(text.starts_with(prefix(identity.kind)));
        }
    }

    #[test]
    fn an_address_is_stronger_than_a_profile_and_that_than_a_name() {
        let id = |n| ProspectId(uuid::Uuid::from_u128(n));
        let (email, profile) = (rank(IdentityKind::Email, id(9)), IdentityKind::Linkedin);
        assert!(email < rank(profile, id(1)));
        assert!(rank(profile, id(1)) < rank(profile, id(2)));
        assert!(rank(profile, id(9)) < rank(IdentityKind::Name, id(1)));
    }

    fn texts(row: [Option<&str>; 4]) -> Vec<String> {
        let [email, linkedin, name, domain] = row;
        let all = Identity::of_row(email, linkedin, name, domain);
        all.expect("the row has an identity").into_iter().map(|identity| identity.text).collect()
    }

    #[test]
    fn a_row_is_known_by_its_address_and_by_its_name_at_a_company() {
        let (e, n) = ("e:ann@example.com", "n:ann smith@example.com");
        let row = [Some("Ann <ANN@Example.com>"), None, Some("Smith, Ann"), None];
        assert_eq!(texts(row), [e, n]);
        assert_eq!(texts([None, None, Some("Dr Ann Smith"), Some("www.example.com")]), [n]);
        assert_eq!(texts([Some("ann@example.com"), None, Some("..."), None]), [e]);
        let gmail = [Some("a.n.n@gmail.com"), None, Some("Ann Smith"), None];
        assert_eq!(texts(gmail), ["e:ann@gmail.com"]);
        let both = [Some("ann@gmail.com"), None, Some("Ann Smith"), Some("example.com")];
        assert_eq!(texts(both), ["e:ann@gmail.com", n]);
        assert!(Identity::of_row(None, None, Some("Ann"), Some("gmail.com")).is_err());
        assert!(Identity::of_row(Some(" "), None, Some("Ann"), None).is_err());
    }

    #[test]
    fn a_name_is_nobody_where_everybody_can_have_an_address() {
        for domain in ["gmail.com", "hotmail.it", "wanadoo.fr", "yandex.ru", "fastmail.com"] {
            let email = format!("ann@{domain}");
            let row = [Some(&*email), None, Some("Ann Smith"), None];
            assert_eq!(texts(row), [format!("e:{email}")], "{domain}");
            let written = format!("https://www.{}/", domain.to_uppercase());
            let named = Identity::of_row(None, None, Some("Ann Smith"), Some(&written));
            assert!(named.is_err(), "{domain}: {named:?}");
        }
    }

    #[test]
    fn a_profile_is_enough_for_a_row_and_a_company_s_page_is_nobody() {
        let (l, n) = ("l:ann-smith-1", "n:ann smith@example.com");
        let profile = Some("https://de.linkedin.com/in/Ann-Smith-1/en?x=1");
        assert_eq!(texts([None, profile, None, None]), [l]);
        assert_eq!(texts([None, profile, Some("..."), Some("example.com")]), [l]);
        assert_eq!(texts([None, profile, Some("Ann Smith"), Some("gmail.com")]), [l]);
        let all = [Some("ann@example.com"), profile, Some("Ann Smith"), None];
        assert_eq!(texts(all), ["e:ann@example.com", l, n]);
        let company = Some("https://www.linkedin.com/company/example");
        assert_eq!(texts([None, company, Some("Ann Smith"), Some("example.com")]), [n]);
        let refused = Identity::of_row(None, company, Some("Ann Smith"), None).expect_err("nobody");
        assert!(refused.message.contains("linkedin.com/in/"), "{}", refused.message);
    }
}

//! All that providers are asked, as one type: what is known of a call before it is made.

use super::settings::Account;
use super::{Provider, Said, Trouble, apollo, hunter, millionverifier};
use actors::mail::graph::{Answer, Method, Request, query};
use schema::prospect::Known;

/// The most bytes of an answer.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// The calls that a list of prices names.
pub const PRICED: [&str; 5] =
    ["hunter.find", "hunter.search", "hunter.verify", "apollo.match", "millionverifier.verify"];

/// A call.
#[derive(Debug, Clone, Copy)]
pub enum Call<'a> {
    /// The address of a person, by Hunter.
    HunterFind(&'a Known),
    /// The company of a domain, or the domain of a company, by Hunter.
    HunterSearch(&'a Known),
    /// What becomes of mail to an address, by Hunter.
    HunterVerify(&'a str),
    /// All about a person, by Apollo.
    ApolloMatch(&'a Known),
    /// What becomes of mail to an address, by MillionVerifier.
    MillionVerify(&'a str),
}

/// What is asked: names and values of a query.
pub type Pairs = Vec<(&'static str, String)>;

impl Call<'_> {
    /// Whom it asks.
    #[must_use]
    pub const fn provider(&self) -> Provider {
        match self {
            Self::HunterFind(_) | Self::HunterSearch(_) | Self::HunterVerify(_) => Provider::Hunter,
            Self::ApolloMatch(_) => Provider::Apollo,
            Self::MillionVerify(_) => Provider::MillionVerifier,
        }
    }

    /// Its name in the list of prices.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::HunterFind(_) => PRICED[0],
            Self::HunterSearch(_) => PRICED[1],
            Self::HunterVerify(_) => PRICED[2],
            Self::ApolloMatch(_) => PRICED[3],
            Self::MillionVerify(_) => PRICED[4],
        }
    }

    /// What is asked; none where too little is known to ask.
    #[must_use]
    pub fn pairs(&self) -> Option<Pairs> {
        match self {
            Self::HunterFind(known) => hunter::find(known),
            Self::HunterSearch(known) => hunter::search(known),
            Self::HunterVerify(email) => Some(vec![("email", (*email).to_owned())]),
            Self::ApolloMatch(known) => apollo::who(known),
            Self::MillionVerify(email) => Some(millionverifier::verify(email)),
        }
    }

    /// The request.
    #[must_use]
    pub fn request(&self, account: &Account, pairs: &Pairs) -> Request {
        let mut all: Vec<(&str, &str)> = Vec::new();
        let mut headers = vec![("accept", "application/json".to_owned())];
        let (method, path) = match self {
            Self::HunterFind(_) => (Method::Get, "/email-finder"),
            Self::HunterSearch(_) => (Method::Get, "/domain-search"),
            Self::HunterVerify(_) => (Method::Get, "/email-verifier"),
            Self::ApolloMatch(_) => (Method::Post, "/people/match"),
            Self::MillionVerify(_) => (Method::Get, "/"),
        };
        match self.provider() {
            Provider::MillionVerifier => all.push(("api", &account.key)),
            Provider::Hunter | Provider::Apollo => headers.push(("x-api-key", account.key.clone())),
        }
        all.extend(pairs.iter().map(|(name, value)| (*name, value.as_str())));
        Request {
            method,
            url: format!("{}{path}?{}", account.url, query(&all)),
            headers,
            body: Vec::new(),
            answer_bytes_max: ANSWER_BYTES_MAX,
        }
    }

    /// What an answer means.
    ///
    /// # Errors
    /// Why it says nothing.
    pub fn read(&self, answer: &Answer) -> Result<Said, Trouble> {
        match self {
            Self::HunterFind(_) => hunter::found(answer),
            Self::HunterSearch(_) => hunter::searched(answer),
            Self::HunterVerify(_) => hunter::verified(answer),
            Self::ApolloMatch(_) => apollo::matched(answer),
            Self::MillionVerify(_) => millionverifier::verified(answer),
        }
    }
}

//! The deployment's accounts at providers, and what calls cost there.

use super::Provider;
use super::call::{Call, PRICED};

/// An account.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Where the provider is, without a slash at the end.
    pub url: String,
    /// The key. It is a secret.
    pub key: String,
}

/// The accounts, and the list of prices.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Providers {
    /// `HUNTER_API_KEY`, `HUNTER_URL`.
    pub hunter: Option<Account>,
    /// `APOLLO_API_KEY`, `APOLLO_URL`.
    pub apollo: Option<Account>,
    /// `MILLIONVERIFIER_API_KEY`, `MILLIONVERIFIER_URL`.
    pub millionverifier: Option<Account>,
    /// `PROVIDER_COSTS`, in the order of [`PRICED`].
    prices: [i64; PRICED.len()],
}

impl Providers {
    /// Reads the settings.
    ///
    /// # Errors
    /// The setting that is wrong, and how it must be.
    pub fn read(var: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let is_local = var("ENVIRONMENT").as_deref() == Some("local");
        let account = |name: &str, otherwise: &str| -> Result<Option<Account>, String> {
            let Some(key) = var(&format!("{name}_API_KEY")) else { return Ok(None) };
            let url = var(&format!("{name}_URL")).unwrap_or_else(|| otherwise.to_owned());
            let is_open = is_local && url.starts_with("http://127.0.0.1:");
            if !url.starts_with("https://") && !is_open {
                return Err(format!("{name}_URL must begin with https://"));
            }
            Ok(Some(Account { url: url.trim_end_matches('/').to_owned(), key }))
        };
        Ok(Self {
            hunter: account("HUNTER", "https://api.hunter.io/v2")?,
            apollo: account("APOLLO", "https://api.apollo.io/api/v1")?,
            millionverifier: account("MILLIONVERIFIER", "https://api.millionverifier.com/api/v3")?,
            prices: prices(&var("PROVIDER_COSTS").unwrap_or_default())?,
        })
    }

    /// Whether there is anybody to ask.
    #[must_use]
    pub const fn any(&self) -> bool {
        self.hunter.is_some() || self.apollo.is_some() || self.millionverifier.is_some()
    }

    /// The account at a provider.
    #[must_use]
    pub const fn account(&self, provider: Provider) -> Option<&Account> {
        match provider {
            Provider::Hunter => self.hunter.as_ref(),
            Provider::Apollo => self.apollo.as_ref(),
            Provider::MillionVerifier => self.millionverifier.as_ref(),
        }
    }

    /// What a call costs, in millionths of a dollar.
    #[must_use]
    pub fn price(&self, call: &Call<'_>) -> i64 {
        let place = PRICED.iter().position(|name| *name == call.name());
        place.map_or(0, |place| self.prices[place])
    }
}

fn prices(text: &str) -> Result<[i64; PRICED.len()], String> {
    let mut prices = [0; PRICED.len()];
    for item in text.split([',', ' ']).filter(|item| !item.is_empty()) {
        let read = item.split_once('=').and_then(|(name, price)| {
            let place = PRICED.iter().position(|known| *known == name)?;
            let price: i64 = price.parse().ok()?;
            (0..=1_000_000_000).contains(&price).then_some((place, price))
        });
        let (place, price) = read.ok_or_else(|| {
            let all = PRICED.join(", ");
            format!("PROVIDER_COSTS must be a list like hunter.find=34000, of {all}: {item:?}")
        })?;
        prices[place] = price;
    }
    Ok(prices)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<Providers, String> {
        Providers::read(|name| {
            let found = vars.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn an_account_has_a_key_and_is_asked_over_tls() {
        let none = read(&[("HUNTER_URL", "https://hunter.example")]).expect("settings");
        assert!(!none.any());
        let hunter = read(&[("HUNTER_API_KEY", "k")]).expect("settings");
        let account = hunter.account(Provider::Hunter).expect("an account");
        assert_eq!((&*account.url, &*account.key), ("https://api.hunter.io/v2", "k"));
        assert!(hunter.any() && hunter.account(Provider::Apollo).is_none());
        let here = ("APOLLO_URL", "http://127.0.0.1:1/api/v1/");
        let open = [("APOLLO_API_KEY", "k"), here];
        assert!(read(&open).is_err());
        let local = read(&[open[0], open[1], ("ENVIRONMENT", "local")]).expect("settings");
        let account = local.account(Provider::Apollo).expect("an account");
        assert_eq!(account.url, "http://127.0.0.1:1/api/v1");
    }

    #[test]
    fn prices_are_read_and_wrong_ones_refused() {
        let list = ("PROVIDER_COSTS", "hunter.find=34000, millionverifier.verify=500");
        let prices = read(&[list]).expect("settings");
        assert_eq!(prices.price(&Call::MillionVerify("ann@acme.example")), 500);
        assert_eq!(prices.price(&Call::HunterVerify("ann@acme.example")), 0);
        for bad in ["hunter.find", "hunter=1", "hunter.find=-1", "hunter.find=1.5", "a=1"] {
            assert!(read(&[("PROVIDER_COSTS", bad)]).is_err(), "{bad}");
        }
    }
}

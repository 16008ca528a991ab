//! The deployment's accounts at providers of models.

use super::Provider;

/// An account.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// At whom.
    pub provider: Provider,
    /// `…_URL`: where the provider is, without a slash at the end.
    pub url: String,
    /// `…_API_KEY`. It is a secret.
    pub key: String,
    /// `…_MODEL`.
    pub model: String,
}

/// The accounts, in the order in which they are asked.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Models {
    /// They.
    pub accounts: Vec<Account>,
}

impl Models {
    /// Reads the settings.
    ///
    /// # Errors
    /// The setting that is wrong, and how it must be.
    pub fn read(var: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let order = match var("AI_PROVIDERS") {
            None => Provider::ALL.to_vec(),
            Some(text) => order(&text)?,
        };
        let is_local = var("ENVIRONMENT").as_deref() == Some("local");
        let mut accounts = Vec::new();
        for provider in order {
            let name = provider.as_str().to_uppercase();
            let Some(key) = var(&format!("{name}_API_KEY")) else { continue };
            let model = var(&format!("{name}_MODEL"));
            let model = model.ok_or_else(|| format!("{name}_MODEL must name a model"))?;
            let url = var(&format!("{name}_URL")).unwrap_or_else(|| address(provider).into());
            let is_open = is_local && url.starts_with("http://127.0.0.1:");
            if !url.starts_with("https://") && !is_open {
                return Err(format!("{name}_URL must begin with https://"));
            }
            let url = url.trim_end_matches('/').to_owned();
            accounts.push(Account { provider, url, key, model });
        }
        Ok(Self { accounts })
    }
}

const fn address(provider: Provider) -> &'static str {
    match provider {
        Provider::Anthropic => "https://api.anthropic.com/v1",
        Provider::OpenAi => "https://api.openai.com/v1",
        Provider::Xai => "https://api.x.ai/v1",
    }
}

fn order(text: &str) -> Result<Vec<Provider>, String> {
    let mut order = Vec::new();
    for name in text.split([',', ' ']).filter(|name| !name.is_empty()) {
        let found = Provider::ALL.into_iter().find(|provider| provider.as_str() == name);
        let found = found.filter(|provider| !order.contains(provider)).ok_or_else(|| {
            format!("AI_PROVIDERS must be a list of anthropic, openai, xai, each once: {name:?}")
        })?;
        order.push(found);
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let models = Models::read(|name| {
            let found = vars.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })?;
        let line = |it: &Account| format!("{} {} {}", it.provider.as_str(), it.url, it.model);
        Ok(models.accounts.iter().map(line).collect())
    }

    #[test]
    fn accounts_are_asked_in_the_order_that_is_set() {
        let keys = [("ANTHROPIC_API_KEY", "k"), ("ANTHROPIC_MODEL", "c")];
        let more = [("XAI_API_KEY", "k"), ("XAI_MODEL", "g"), ("AI_PROVIDERS", "xai,anthropic")];
        assert_eq!(read(&keys), Ok(vec!["anthropic https://api.anthropic.com/v1 c".into()]));
        let all = [keys.as_slice(), &more].concat();
        let both = ["xai https://api.x.ai/v1 g", "anthropic https://api.anthropic.com/v1 c"];
        assert_eq!(read(&all), Ok(both.map(str::to_owned).to_vec()));
        assert_eq!(read(&[]), Ok(Vec::new()));
        assert!(read(&keys[..1]).is_err(), "without a model");
        for order in ["anthropic,anthropic", "claude"] {
            assert!(read(&[("AI_PROVIDERS", order)]).is_err(), "{order}");
        }
        let here = ("ANTHROPIC_URL", "http://127.0.0.1:1/v1/");
        let open = [keys.as_slice(), &[here]].concat();
        assert!(read(&open).is_err());
        let local = [open.as_slice(), &[("ENVIRONMENT", "local")]].concat();
        assert_eq!(read(&local), Ok(vec!["anthropic http://127.0.0.1:1/v1 c".into()]));
    }
}

//! Addresses and names that mean somebody, and texts with variables.

use super::super::rule;
use actors::mail::identity::{PersonName, bare_address, domain_key, email_key, name_key};
use actors::prospect_dedup::identity::Identity;
use actors::workspace_room::template;
use schema::check;

const IDENTITY_BYTES_MAX: usize = 600;

/// Addresses, names and profiles: a key is its own key, an address is the same person however it
/// is written, and an identity's text is read as that identity.
pub fn email_normalise(input: &[u8]) -> Result<&'static str, String> {
    let text = String::from_utf8_lossy(input);
    if let Ok(address) = check::email("email", &text) {
        rule(check::email("email", &address) == Ok(address), "an address is its own")?;
    }
    if let Ok(domain) = domain_key(&text) {
        rule(domain_key(&domain) == Ok(domain), "the key of a domain is its own")?;
    }
    let key = email_key(&text);
    if let Ok(key) = &key {
        rule(email_key(key).as_ref() == Ok(key), "the key of an address is its own")?;
    }
    if let Ok(bare) = bare_address(&text) {
        rule(bare_address(&bare).as_ref() == Ok(&bare), "a bare address is its own")?;
        rule(email_key(&bare) == key, "a bare address is the same person")?;
    }
    let named = name_key(PersonName::Full(&text), "example.com");
    let identities = [
        Identity::email("email", &text).ok(),
        Identity::linkedin(&text),
        Identity::name("name", &text, "example.com").ok(),
    ];
    // A longer one is of nobody: no field of a prospect is as long.
    for identity in identities.iter().flatten().filter(|it| it.text.len() <= IDENTITY_BYTES_MAX) {
        let again = Identity::parse("identity", &identity.text);
        rule(again.as_ref() == Ok(identity), "an identity's text is that identity")?;
    }
    Ok(match (key, &identities[1], named) {
        (Ok(_), ..) => "an address",
        (_, Some(_), _) => "a profile",
        (.., Ok(_)) => "a name",
        _ => "nobody",
    })
}

const VARIABLES: [&str; 4] = ["user.name", "agent.name", "workspace.name", "attributes.*"];

/// Texts with variables: a text is filled exactly where it is taken, what is put in is never
/// looked at again, and nothing else changes.
pub fn template_render(input: &[u8]) -> Result<&'static str, String> {
    let text = String::from_utf8_lossy(input);
    let fill = |text: &str, value: &dyn Fn(&str) -> String| {
        template::fill("body", text, &VARIABLES, |name| Ok(Some(value(name))))
    };
    let is_taken = template::check("body", &text, &VARIABLES).is_ok();
    // A name of an attribute may have what ends a variable, or begins what stands in for it.
    let is_plain = std::cell::Cell::new(true);
    let same = fill(&text, &|name| {
        is_plain.set(is_plain.get() && !name.contains(['{', '}', '|']));
        format!("{{{{{name}}}}}")
    });
    rule(is_taken == same.is_ok(), "what is taken can be filled, and nothing else")?;
    let Ok(same) = same else { return Ok("refused") };
    if !is_plain.get() {
        return Ok("odd names");
    }
    let again = fill(&same, &|name| format!("{{{{{name}}}}}"));
    rule(again.as_ref() == Ok(&same), "each variable stands for itself")?;
    let hostile = "{{user.name}}{{constructor}}{{";
    let filled = fill(&same, &|_| hostile.to_owned()).map_err(|why| format!("{why:?}"))?;
    let empty = fill(&same, &|_| String::new()).map_err(|why| format!("{why:?}"))?;
    let count = (filled.len() - empty.len()) / hostile.len();
    rule(filled.len() == empty.len() + count * hostile.len(), "what is put in stays as it is")?;
    rule(filled.matches(hostile).count() >= count, "what is put in is never filled")?;
    rule(count > 0 || *same == *text, "a text without variables stays as it is")?;
    Ok(if count > 0 { "filled" } else { "plain" })
}

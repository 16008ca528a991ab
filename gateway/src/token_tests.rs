//! Tokens that must be believed, and many more that must not.

use super::*;
use serde_json::{Value, json};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const OLD: &str = "fedcba9876543210fedcba9876543210";
const NOW: Millis = 1_790_000_000_000;

fn keys() -> Keys {
    Keys::new(SECRET, None).expect("long enough")
}

fn access() -> Access {
    Access {
        workspace: WorkspaceId(uuid::Uuid::from_u128(1)),
        agent: AgentId(uuid::Uuid::from_u128(2)),
        session: SessionId(uuid::Uuid::from_u128(3)),
        epoch: 4,
        role: Role::Admin,
    }
}

#[test]
fn what_was_proven_is_known_and_still_expires() {
    let keys = keys();
    let (token, end) = keys.access(&access(), NOW);
    assert!(keys.known(&token, NOW).is_none(), "nobody has proven it");
    let principal = keys.verify(&token, NOW).expect("ours");
    assert_eq!(keys.known(&token, NOW), Some(Ok(principal.clone())));
    assert_eq!(keys.clone().verify(&token, NOW), Ok(principal));
    let late = keys.known(&token, end).expect("known").expect_err("expired");
    assert_eq!(late.message, "the access token has expired");
    for (at, _) in token.char_indices() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] ^= 1;
        let other = String::from_utf8(bytes).expect("ASCII");
        assert!(keys.known(&other, NOW).is_none(), "{other}");
        assert!(keys.verify(&other, NOW).is_err(), "{other}");
    }
    for number in 0..1_000 {
        let other = Access { epoch: number, ..access() };
        let (other, _) = keys.access(&other, NOW);
        keys.verify(&other, NOW).expect("ours");
    }
    let Caller::Agent { epoch, .. } = keys.verify(&token, NOW).expect("ours").caller else {
        panic!("an agent")
    };
    assert_eq!(epoch, 4, "whoever took its place is not taken for it");
}

fn good_claims() -> Value {
    json!({
        "iss": "postroom", "aud": "postroom", "typ": "access",
        "sub": uuid::Uuid::from_u128(2), "ws": uuid::Uuid::from_u128(1),
        "sid": uuid::Uuid::from_u128(3), "ep": 4, "role": "owner",
        "iat": NOW / 1000, "exp": NOW / 1000 + 900,
    })
}

fn good_header() -> Value {
    json!({ "alg": "HS256", "typ": "JWT" })
}

fn with(mut value: Value, name: &str, field: Value) -> Value {
    value[name] = field;
    value
}

fn forge(secret: &str, header: &Value, claims: &Value) -> String {
    let signed = format!("{}.{}", encode(header), encode(claims));
    let key = Key::new(secret).expect("long enough");
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(key.sign(&signed)))
}

#[test]
fn a_token_says_who_made_it_until_it_expires() {
    let (token, until) = keys().access(&access(), NOW);
    let principal = keys().verify(&token, NOW + 1).expect("good");
    assert_eq!(principal.workspace, access().workspace);
    assert_eq!(principal.agent(), Some(access().agent));
    assert!(keys().verify(&token, until - 1_000).is_ok());
    let expired = keys().verify(&token, until).expect_err("expired");
    assert_eq!(expired.message, "the access token has expired");
}

#[test]
fn the_forger_of_these_tests_can_make_a_good_one() {
    let token = forge(SECRET, &good_header(), &good_claims());
    assert!(keys().verify(&token, NOW).is_ok());
}

#[test]
fn while_secrets_are_replaced_both_are_good() {
    let (old, _) = Keys::new(OLD, None).expect("keys").access(&access(), NOW);
    assert!(keys().verify(&old, NOW).is_err());
    let both = Keys::new(SECRET, Some(OLD)).expect("keys");
    assert!(both.verify(&old, NOW).is_ok());
    assert!(both.verify(&both.access(&access(), NOW).0, NOW).is_ok());
    assert!(keys().verify(&both.access(&access(), NOW).0, NOW).is_ok());
}

#[test]
fn forged_headers_are_refused() {
    let headers = [
        json!({ "alg": "none", "typ": "JWT" }),
        json!({ "alg": "None", "typ": "JWT" }),
        json!({ "alg": "", "typ": "JWT" }),
        json!({ "alg": "hs256", "typ": "JWT" }),
        json!({ "alg": "HS384", "typ": "JWT" }),
        json!({ "alg": "HS512", "typ": "JWT" }),
        json!({ "alg": "RS256", "typ": "JWT" }),
        json!({ "alg": "ES256", "typ": "JWT" }),
        json!({ "alg": "HS256" }),
        json!({ "alg": "HS256", "typ": "at+jwt" }),
        json!({ "alg": "HS256", "typ": "JWT", "kid": "../../x" }),
        json!({ "alg": "HS256", "typ": "JWT", "kid": "/dev/null" }),
        json!({ "alg": "HS256", "typ": "JWT", "kid": "" }),
        json!({ "alg": "HS256", "typ": "JWT", "jku": "https://evil.example/keys" }),
        json!({ "alg": "HS256", "typ": "JWT", "jwk": { "kty": "oct", "k": "AAAA" } }),
        json!({ "alg": "HS256", "typ": "JWT", "x5u": "https://evil.example/cert" }),
        json!({ "alg": "HS256", "typ": "JWT", "x5c": ["AAAA"] }),
        json!({ "alg": "HS256", "typ": "JWT", "crit": ["exp"], "exp": 0 }),
        json!({ "alg": "HS256", "typ": "JWT", "b64": false }),
        json!({ "alg": ["HS256"], "typ": "JWT" }),
        json!([]),
    ];
    for header in headers {
        let token = forge(SECRET, &header, &good_claims());
        assert!(keys().verify(&token, NOW).is_err(), "{header}");
    }
}

#[test]
fn forged_claims_are_refused() {
    let now = NOW / 1000;
    let claims = [
        with(good_claims(), "iss", json!("somebody")),
        with(good_claims(), "aud", json!("somebody")),
        with(good_claims(), "aud", json!(["postroom"])),
        with(good_claims(), "typ", json!("refresh")),
        with(good_claims(), "role", json!("god")),
        with(good_claims(), "sub", json!("me")),
        with(good_claims(), "ws", json!(null)),
        with(good_claims(), "ep", json!("4")),
        with(good_claims(), "exp", json!(now)),
        with(good_claims(), "exp", json!(now - 61)),
        with(good_claims(), "exp", json!(now + 86_400)),
        with(good_claims(), "exp", json!(i64::MAX)),
        with(good_claims(), "exp", json!(1e300)),
        with(good_claims(), "iat", json!(now + 61)),
        with(good_claims(), "iat", json!(i64::MIN)),
        with(good_claims(), "nbf", json!(now + 61)),
        with(good_claims(), "nbf", json!("soon")),
        json!({}),
        json!(null),
    ];
    for claims in claims {
        let token = forge(SECRET, &good_header(), &claims);
        assert!(keys().verify(&token, NOW).is_err(), "{claims}");
    }
    let early = with(good_claims(), "nbf", json!(now + 59));
    assert!(keys().verify(&forge(SECRET, &good_header(), &early), NOW).is_ok());
}

#[test]
fn forged_signatures_and_shapes_are_refused() {
    let good = forge(SECRET, &good_header(), &good_claims());
    let (signed, signature) = good.rsplit_once('.').expect("three parts");
    let (header, claims) = signed.split_once('.').expect("three parts");
    let tokens = [
        String::new(),
        ".".into(),
        "..".into(),
        "...".into(),
        signed.to_owned(),
        format!("{signed}."),
        format!("{signed}.{}", &signature[..signature.len() - 2]),
        format!("{signed}.{signature}A"),
        format!("{signed}.{signature}="),
        format!("{good}.{signature}"),
        format!("{header}.{}.{signature}", encode(&with(good_claims(), "ep", json!(9)))),
        format!("{}.{claims}.{signature}", encode(&json!({ "alg": "none", "typ": "JWT" }))),
        format!("{}.{claims}.", encode(&json!({ "alg": "none", "typ": "JWT" }))),
        forge(OLD, &good_header(), &good_claims()),
        forge(&SECRET.to_uppercase(), &good_header(), &good_claims()),
        good.replace('.', " ."),
        format!("{good}{}", "A".repeat(10_000)),
        keys().opaque(access().workspace, Purpose::Refresh, "n"),
    ];
    for token in tokens {
        assert!(keys().verify(&token, NOW).is_err(), "{token}");
    }
}

#[test]
fn a_short_secret_is_refused() {
    assert!(Keys::new("secret", None).is_err());
    assert!(Keys::new(SECRET, Some("secret")).is_err());
    assert!(Keys::new(SECRET, Some("")).is_ok());
}

#[test]
fn opaque_tokens_differ_by_workspace_purpose_and_nonce_and_by_nothing_else() {
    let keys = keys();
    let (a, b) = (access().workspace, WorkspaceId(uuid::Uuid::from_u128(9)));
    let token = keys.opaque(a, Purpose::Refresh, "n");
    assert_eq!(token, keys.opaque(a, Purpose::Refresh, "n"));
    assert_ne!(token, keys.opaque(a, Purpose::Invitation, "n"));
    assert_ne!(token, keys.opaque(a, Purpose::Refresh, "m"));
    assert_ne!(
        token.split_once('.').expect("dot").1,
        keys.opaque(b, Purpose::Refresh, "n").split_once('.').expect("dot").1
    );
    let (workspace, hash) = read_opaque(&token).expect("a token");
    assert_eq!((workspace, hash), (a, sha256_hex(token.as_bytes())));
}

#[test]
fn texts_that_are_no_opaque_token_are_refused() {
    let good = keys().opaque(access().workspace, Purpose::Refresh, "n");
    for token in [
        "",
        ".",
        &good[1..],
        &good[..good.len() - 2],
        &good.to_uppercase(),
        &format!("{good}="),
        &format!("{good}.x"),
        &good.replace('.', ""),
    ] {
        assert!(read_opaque(token).is_err(), "{token}");
    }
}

#[test]
fn secrets_are_compared_whole() {
    assert!(same("abc", "abc"));
    assert!(!same("abc", "abd") && !same("abc", "ab") && !same("", "a"));
}

#[test]
fn an_api_key_names_its_workspace_and_is_nothing_else() {
    let workspace = WorkspaceId(uuid::Uuid::from_u128(1));
    let key = keys().api_key(workspace, "nonce");
    assert!(is_api_key(&key) && key == keys().api_key(workspace, "nonce"));
    assert_ne!(key, keys().api_key(workspace, "another"));
    assert_eq!(read_api_key(&key), Ok((workspace, sha256_hex(key.as_bytes()))));
    let other = keys().opaque(workspace, Purpose::Refresh, "nonce");
    assert!(!is_api_key(&other) && !key.ends_with(&other));
    assert!(keys().verify(&key, NOW).is_err());
    for bad in ["prk_", "prk_x", "prk_.", &key[..key.len() - 1], &format!("prk_{key}")] {
        assert!(read_api_key(bad).is_err(), "{bad}");
    }
}

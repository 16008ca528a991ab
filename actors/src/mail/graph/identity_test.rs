//! Tokens: what is asked for them, what is believed, and when only a new log-in helps.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::testing::*;
use super::*;

fn application() -> Application {
    Application {
        client_id: "client".to_owned(),
        client_secret: Some("s+/=".to_owned()),
        tenant: "common".to_owned(),
        login_url: LOGIN.to_owned(),
        graph_url: GRAPH.to_owned(),
    }
}

fn login() -> Login<'static> {
    Login {
        redirect_uri: "https://desk.test/v1/auth/microsoft/callback",
        state: "the state",
        nonce: "the nonce",
        // RFC 7636, appendix B.
        verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        scope: MAILBOX,
    }
}

#[test]
fn the_way_to_the_log_in_has_what_makes_the_way_back_safe() {
    let url = application().authorize_url(&login());
    assert!(url.starts_with("https://login.test/common/oauth2/v2.0/authorize?client_id=client&"));
    for part in [
        "response_type=code",
        "redirect_uri=https%3A%2F%2Fdesk.test%2Fv1%2Fauth%2Fmicrosoft%2Fcallback",
        "state=the%20state",
        "nonce=the%20nonce",
        "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method=S256",
        "offline_access",
        "Mail.ReadWrite%20Mail.Send",
    ] {
        assert!(url.contains(part), "{part}: {url}");
    }
    assert!(!url.contains(login().verifier), "the secret stays here");
}

#[test]
fn who_only_says_who_they_are_is_asked_for_no_mail() {
    let login = Login { scope: WHO, ..login() };
    let url = application().authorize_url(&login);
    assert!(url.contains("scope=openid%20profile&"), "{url}");
    let http = Scripted::new(vec![("POST /common/oauth2/v2.0/token", said(200, TOKENS))]);
    now(redeem(&http, &application(), &login, "0.A")).expect("tokens");
    let form = String::from_utf8(http.asked.borrow()[0].body.clone()).expect("a form");
    assert!(form.contains("scope=openid%20profile&"), "{form}");
}

const TOKENS: &str = r#"{"token_type":"Bearer","scope":"Mail.Send","expires_in":3599,
    "ext_expires_in":3599,"access_token":"EwB1","refresh_token":"1.A","id_token":"x.y.z"}"#;

#[test]
fn a_code_is_exchanged_with_the_secret_of_its_log_in() {
    let http = Scripted::new(vec![("POST /common/oauth2/v2.0/token", said(200, TOKENS))]);
    let tokens = now(redeem(&http, &application(), &login(), "0.A+b")).expect("tokens");
    assert_eq!((&*tokens.access_token, tokens.expires_in_s), ("EwB1", 3_599));
    assert_eq!(tokens.refresh_token.as_deref(), Some("1.A"));
    assert!(!format!("{tokens:?}").contains("EwB1"));
    let form = String::from_utf8(http.asked.borrow()[0].body.clone()).expect("a form");
    for part in ["client_secret=s%2B%2F%3D", "code=0.A%2Bb", "code_verifier=dBjft", "client_id=c"] {
        assert!(form.contains(part), "{part}: {form}");
    }
}

#[test]
fn a_public_client_has_no_secret() {
    let application = Application { client_secret: None, ..application() };
    let http = Scripted::new(vec![("POST /token", said(200, TOKENS))]);
    now(refresh(&http, &application, "1.A")).expect("tokens");
    let form = String::from_utf8(http.asked.borrow()[0].body.clone()).expect("a form");
    assert!(!form.contains("client_secret") && form.contains("refresh_token=1.A"), "{form}");
}

fn refreshed(answer: Result<Answer, NoAnswer>) -> TokenError {
    let http = Scripted::new(vec![("POST /token", answer)]);
    now(refresh(&http, &application(), "1.A")).expect_err("no tokens")
}

#[test]
fn only_what_microsoft_says_is_over_is_over() {
    let denied = |status, code: &str| {
        refreshed(said(
            status,
            &format!(r#"{{"error":"{code}","error_description":"AADSTS1: x"}}"#),
        ))
    };
    for code in ["invalid_grant", "interaction_required", "consent_required", "login_required"] {
        assert_eq!(denied(400, code), TokenError::Gone { code: code.to_owned() });
    }
    for code in ["invalid_client", "unauthorized_client", "invalid_scope", "a_new_one"] {
        assert!(matches!(denied(400, code), TokenError::Refused { .. }), "{code}");
    }
    for answer in [
        cut(),
        said(500, ""),
        said(502, "<html>Bad gateway</html>"),
        said(400, "<html>invalid_grant</html>"),
        said(403, "blocked by a proxy"),
        said(503, r#"{"error":"invalid_grant"}"#),
        said(400, r#"{"error":"temporarily_unavailable"}"#),
        said(200, "{}"),
        said(200, ""),
        said(200, r#"{"access_token":"","token_type":"Bearer","expires_in":1}"#),
        said(200, r#"{"access_token":"a b","token_type":"Bearer","expires_in":1}"#),
        said(200, r#"{"access_token":"a","token_type":"mac","expires_in":1}"#),
        said(200, r#"{"access_token":"a","token_type":"Bearer","expires_in":0}"#),
        said(200, &"x".repeat(100_000)),
    ] {
        let error = refreshed(answer.clone());
        assert!(matches!(error, TokenError::Later { .. }), "{answer:?}: {error:?}");
    }
    let TokenError::Later { retry_after_ms, .. } = refreshed(Ok(Answer {
        status: 429,
        retry_after: Some("5".to_owned()),
        body: br#"{"error":"temporarily_unavailable"}"#.to_vec(),
    })) else {
        panic!("it may work later")
    };
    assert_eq!(retry_after_ms, Some(5_000));
}

const NOW_S: i64 = 1_795_341_600;

/// An id token with changed claims and head.
fn id_token(change: impl Fn(&mut serde_json::Value), head: &str) -> String {
    let mut claims = serde_json::json!({
        "iss": format!("{LOGIN}/{TENANT}/v2.0"), "aud": "client", "exp": NOW_S + 3_600,
        "nbf": NOW_S, "iat": NOW_S, "tid": TENANT, "oid": "ann", "nonce": "the nonce", "ver": "2.0",
    });
    change(&mut claims);
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", part(head), part(&claims.to_string()), part("signature"))
}

const HEAD: &str = r#"{"typ":"JWT","alg":"RS256","kid":"1"}"#;

fn believed(token: &str, now_s: i64) -> Result<Claims, ClaimsError> {
    claims(&application(), token, "the nonce", now_s)
}

#[test]
fn an_id_token_is_believed_if_it_is_for_us_of_this_log_in_and_good_now() {
    let token = id_token(|_| {}, HEAD);
    assert_eq!(believed(&token, NOW_S).expect("it is right").oid, "ann");
    assert!(believed(&token, NOW_S + 3_600 + 59).is_ok() && believed(&token, NOW_S - 60).is_ok());
    assert_eq!(believed(&token, NOW_S + 3_600 + 60), Err(ClaimsError::Time));
    assert_eq!(believed(&token, NOW_S - 61), Err(ClaimsError::Time));
    assert_eq!(claims(&application(), &token, "another", NOW_S), Err(ClaimsError::Nonce));
    let set = |name: &str, value: &str| {
        believed(&id_token(|claims| claims[name] = value.into(), HEAD), NOW_S)
    };
    assert_eq!(set("iss", "https://login.test/other/v2.0"), Err(ClaimsError::Issuer));
    assert_eq!(set("tid", "other"), Err(ClaimsError::Issuer));
    assert_eq!(set("aud", "another app"), Err(ClaimsError::Audience));
    assert_eq!(set("nonce", "another"), Err(ClaimsError::Nonce));
    assert_eq!(set("exp", "soon"), Err(ClaimsError::Unreadable));
    let without_nonce = id_token(|claims| claims["nonce"] = serde_json::Value::Null, HEAD);
    assert_eq!(believed(&without_nonce, NOW_S), Err(ClaimsError::Unreadable));
}

#[test]
fn a_tenant_that_is_named_is_the_only_one() {
    let named = |tenant: &str| {
        let application = Application { tenant: tenant.to_owned(), ..application() };
        claims(&application, &id_token(|_| {}, HEAD), "the nonce", NOW_S).map(|claims| claims.tid)
    };
    assert_eq!(named(TENANT), Ok(TENANT.to_owned()));
    assert_eq!(named("11111111-0000-4000-8000-2d7cd011db47"), Err(ClaimsError::Issuer));
    assert!(named("contoso.test").is_ok() && named("organizations").is_ok());
}

#[test]
fn what_is_no_signed_id_token_is_not_read() {
    for head in [r#"{"alg":"none"}"#, r#"{"alg":"HS256"}"#, r#"{"alg":["RS256"]}"#, "{}", ""] {
        assert_eq!(
            believed(&id_token(|_| {}, head), NOW_S),
            Err(ClaimsError::Unreadable),
            "{head}"
        );
    }
    let token = id_token(|_| {}, HEAD);
    let unsigned = &token[..=token.rfind('.').expect("a dot")];
    for bad in ["", ".", "..", "a.b", "a.b.c", unsigned, &format!("{token}.x"), "é.é.é"] {
        assert_eq!(believed(bad, NOW_S), Err(ClaimsError::Unreadable), "{bad}");
    }
}

//! TLS before the password, and the ways to log in that a server may offer.

use super::*;

const EHLO_TLS: &str = "250-test\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n";

#[tokio::test(start_paused = true)]
async fn without_tls_no_password_and_no_mail_leaves() {
    let run = Run::new(Security::StartTls);
    let (outcome, heard) = run.against(&[Say("220 hi\r\n"), Hear("EHLO"), Say(EHLO), Stall]).await;
    assert_eq!(outcome, SendOutcome::NotSent { why: NotSent::TlsNotOffered });
    assert_eq!(heard, "EHLO me.test\r\n");

    let hello = [Say("220 hi\r\n"), Hear("EHLO"), Say(EHLO_TLS), Hear("STARTTLS")];
    let with = |rest: &[Step]| hello.iter().chain(rest).copied().collect::<Vec<_>>();
    let injected = with(&[Say("220 go\r\n250 AUTH PLAIN\r\n"), Stall]);
    let (outcome, heard) = run.against(&injected).await;
    assert_eq!(outcome, SendOutcome::NotSent { why: NotSent::Injected });
    assert!(!heard.contains("AUTH"));

    let (outcome, _) = run.against(&with(&[Say("454 no TLS now\r\n")])).await;
    assert!(matches!(outcome, SendOutcome::Refused { at: Stage::StartTls, permanent: false, .. }));

    let mut faulty = Run::new(Security::StartTls);
    faulty.has_tls_fault = true;
    let (outcome, _) = faulty.against(&with(&[Say("220 go\r\n"), Stall])).await;
    let text = "bad certificate".to_string();
    assert_eq!(outcome, SendOutcome::NotSent { why: NotSent::TlsFailed { text } });

    // What was offered before TLS does not count after it.
    let (outcome, _) =
        run.against(&with(&[Say("220 go\r\n"), Hear("EHLO"), Say("250 test\r\n"), Stall])).await;
    assert_eq!(outcome, SendOutcome::NotSent { why: NotSent::AuthNotOffered });

    let rest: Vec<Step> = [Say("220 go\r\n")].iter().chain(&GOOD[1..]).copied().collect();
    let (outcome, heard) = run.against(&with(&rest)).await;
    assert!(matches!(outcome, SendOutcome::Accepted { .. }));
    assert!(heard.find("STARTTLS") < heard.find("AUTH"));
}

#[tokio::test(start_paused = true)]
async fn login_is_used_where_plain_is_not_offered() {
    let ehlo = [Say("220 hi\r\n"), Hear("EHLO"), Say("250-t\r\n250-SIZE\r\n250 AUTH=LOGIN\r\n")];
    let auth = [
        Hear("AUTH LOGIN"),
        Say("334 VXNlcm5hbWU6\r\n"),
        Hear("dQ=="),
        Say("334 x\r\n"),
        Hear("cA=="),
        Say("235 ok\r\n"),
    ];
    let script: Vec<Step> = ehlo.iter().chain(&auth).chain(&GOOD[7..]).copied().collect();
    assert!(matches!(plain(&script).await, SendOutcome::Accepted { .. }));
    let none = [ehlo[0], ehlo[1], Say("250-t\r\n250 AUTH GSSAPI\r\n"), Stall];
    assert_eq!(plain(&none).await, SendOutcome::NotSent { why: NotSent::AuthNotOffered });
}

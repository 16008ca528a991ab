//! Who is asked in which order, for each work, and what is made of it.
//!
//! A provider that cannot answer now is passed over; where nobody else knows, the work is to be
//! tried again when the first of them may be back. Nothing is concluded from silence: an address is
//! "not found" only where everybody has answered.

use super::call::Call;
use super::{Provider, Said, Trouble};
use actors::mail::identity::{PersonName, domain_key, name_key};
use schema::Millis;
use schema::prospect::{
    Fact, FactField, Facts, Found, Known, RetryAt, Verdict, Verified, WorkKind, WorkOutcome,
};

/// An address that its source is less sure of is none.
const SCORE_MIN: i64 = 50;
/// What is said of an address that was guessed and verified.
const GUESS_SCORE: i64 = 70;
/// When to come back to a provider that does not say when, or is still looking.
const BACK_MS: Millis = 5_000;

/// Where providers are asked.
#[expect(async_fn_in_trait, reason = "one thread; no future of ours crosses one")]
pub trait Desk {
    /// Asks; none where there is no account, or too little is known to ask.
    ///
    /// # Errors
    /// Why the provider says nothing.
    async fn ask(&mut self, call: &Call<'_>) -> Result<Option<Said>, Trouble>;
}

/// Does a work.
pub async fn carry_out<D: Desk>(
    desk: &mut D,
    work: WorkKind,
    person: &Known,
    now: Millis,
) -> WorkOutcome {
    let mut round = Round { desk, silent: None, asked: Vec::new(), facts: Vec::new() };
    let done = match work {
        WorkKind::Enrich => round.enrich(person).await,
        WorkKind::Find => round.find(person).await,
        WorkKind::Verify => round.verify(person).await,
    };
    match done {
        Ok(outcome) => outcome,
        Err(End::Refused(provider)) => {
            WorkOutcome::Refused { source: provider.as_str().to_owned() }
        }
        Err(End::Later(Silent { ms, is_quota, reason })) => {
            let facts = std::mem::take(&mut round.facts);
            WorkOutcome::RetryAt(RetryAt { at: now + ms, reason, is_quota, facts })
        }
    }
}

/// Why a work is not done.
enum End {
    /// The person wants none of it.
    Refused(Provider),
    /// It is to be tried again.
    Later(Silent),
}

/// A provider that says nothing now.
struct Silent {
    ms: Millis,
    /// Whether that is because of a limit, and not of a failure.
    is_quota: bool,
    reason: String,
}

struct Round<'a, D> {
    desk: &'a mut D,
    /// Who may be back first, of those who could not answer.
    silent: Option<Silent>,
    /// Who has answered.
    asked: Vec<&'static str>,
    /// What was learnt so far; it is told even where somebody was silent.
    facts: Vec<Fact>,
}

impl<D: Desk> Round<'_, D> {
    /// What a provider says; nothing where it cannot be asked, or says nothing now.
    async fn ask(&mut self, call: Call<'_>) -> Result<Option<Said>, End> {
        let provider = call.provider();
        let trouble = match self.desk.ask(&call).await {
            Ok(None) => return Ok(None),
            Ok(Some(said)) => {
                self.asked.push(provider.as_str());
                return Ok(Some(said));
            }
            Err(trouble) => trouble,
        };
        let (ms, is_quota) = match trouble {
            Trouble::Limited(ms) => (ms.unwrap_or(BACK_MS), true),
            Trouble::Later(Some(ms)) => (ms, false),
            _ => (BACK_MS, false),
        };
        let reason = format!("{} {}", provider.as_str(), trouble.as_str());
        let silent = Silent { ms, is_quota, reason };
        match trouble {
            Trouble::Refused => return Err(End::Refused(provider)),
            // What it looks for is paid for: nobody else is asked meanwhile.
            Trouble::Running => return Err(End::Later(silent)),
            _ => {}
        }
        if self.silent.as_ref().is_none_or(|first| silent.ms < first.ms) {
            self.silent = Some(silent);
        }
        Ok(None)
    }

    /// An outcome that stands only if nobody was silent.
    fn unless_silent(&mut self, outcome: WorkOutcome) -> Result<WorkOutcome, End> {
        self.silent.take().map_or(Ok(outcome), |silent| Err(End::Later(silent)))
    }

    /// Apollo knows people, Hunter companies; only what is missing is asked for.
    async fn enrich(&mut self, person: &Known) -> Result<WorkOutcome, End> {
        let mut known = person.clone();
        if known.title.is_none() || known.company.is_none() || known.domain.is_none() {
            let said = self.ask(Call::ApolloMatch(person)).await?.unwrap_or_default();
            learn(&mut known, &mut self.facts, said, Provider::Apollo);
        }
        if known.company.is_none() != known.domain.is_none() {
            let said = self.ask(Call::HunterSearch(&known.clone())).await?.unwrap_or_default();
            learn(&mut known, &mut self.facts, said, Provider::Hunter);
        }
        let facts = self.facts.clone();
        self.unless_silent(WorkOutcome::Facts(Facts { facts }))
    }

    /// Hunter, Apollo, then a guess that a verifier has confirmed.
    async fn find(&mut self, person: &Known) -> Result<WorkOutcome, End> {
        for (call, provider) in [
            (Call::HunterFind(person), Provider::Hunter),
            (Call::ApolloMatch(person), Provider::Apollo),
        ] {
            let said = self.ask(call).await?.unwrap_or_default();
            if let Some(address) = said.email.filter(|_| said.score >= SCORE_MIN) {
                let source = provider.as_str().to_owned();
                let found = Found { address, score: said.score, source, is_verified: false };
                return Ok(WorkOutcome::Found(found));
            }
        }
        let all_spoke = self.silent.is_none();
        if let Some(address) = guess(person) {
            match self.verdict(&address).await? {
                Some((Verdict::Valid, _)) => {
                    let source = "pattern".to_owned();
                    let found = Found { address, score: GUESS_SCORE, source, is_verified: true };
                    return Ok(WorkOutcome::Found(found));
                }
                // No more is paid for a guess than one answer of each verifier.
                Some((Verdict::Unknown, _)) if all_spoke => self.silent = None,
                _ => {}
            }
        }
        let reason = match &self.asked[..] {
            [] => "too little is known, or there is nobody to ask".to_owned(),
            asked => format!("asked in vain: {}", asked.join(", ")),
        };
        self.unless_silent(WorkOutcome::NotFound { reason })
    }

    async fn verify(&mut self, person: &Known) -> Result<WorkOutcome, End> {
        let address = person.email.as_deref().unwrap_or_default();
        if let Some((verdict, mut source)) = self.verdict(address).await? {
            // Somebody who is silent now may know, but who could not tell may have been paid: the
            // prospect counts how often.
            if let (Verdict::Unknown, Some(silent)) = (verdict, &self.silent) {
                source = format!("{source}; {}", silent.reason);
            }
            return Ok(WorkOutcome::Verified(Verified { verdict, source }));
        }
        let source = "there is no verifier to ask".to_owned();
        self.unless_silent(WorkOutcome::Verified(Verified { verdict: Verdict::Unasked, source }))
    }

    /// What becomes of mail to an address: the first verdict that is one; unknown where a verifier
    /// has answered and none knows. While somebody who finds addresses is silent, the work comes
    /// again: Hunter, who takes money for "unknown", is not asked.
    async fn verdict(&mut self, address: &str) -> Result<Option<(Verdict, String)>, End> {
        let (mut last, comes_again) = (None, self.silent.is_some());
        for (call, provider) in [
            (Call::MillionVerify(address), Provider::MillionVerifier),
            (Call::HunterVerify(address), Provider::Hunter),
        ] {
            if comes_again && provider == Provider::Hunter {
                continue;
            }
            let Some(said) = self.ask(call).await? else { continue };
            let verdict = said.verdict.unwrap_or(Verdict::Unknown);
            let told = (verdict, format!("{}: {}", provider.as_str(), said.word));
            if verdict != Verdict::Unknown {
                return Ok(Some(told));
            }
            last = Some(told);
        }
        Ok(last)
    }
}

/// Takes over what was missing.
fn learn(known: &mut Known, facts: &mut Vec<Fact>, said: Said, provider: Provider) {
    let email = said.email.filter(|_| said.score >= SCORE_MIN);
    for (field, place, value) in [
        (FactField::Company, &mut known.company, said.company),
        (FactField::Domain, &mut known.domain, said.domain),
        (FactField::Title, &mut known.title, said.title),
        (FactField::Linkedin, &mut known.linkedin, said.linkedin),
        (FactField::Email, &mut known.email, email),
    ] {
        if let (None, Some(value)) = (&place, value) {
            *place = Some(value.clone());
            facts.push(Fact { field, value, source: provider.as_str().to_owned() });
        }
    }
}

/// The most usual address of a person at a domain: `first.last`.
fn guess(person: &Known) -> Option<String> {
    let domain = domain_key(person.domain.as_deref()?).ok()?;
    let key = name_key(PersonName::Full(person.name.as_deref()?), &domain).ok()?;
    let name = key.strip_prefix("name:").unwrap_or(&key).rsplit_once('@')?.0;
    let (first, last) = (name.split(' ').next()?, name.split(' ').next_back()?);
    let plain = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric());
    (name.contains(' ') && plain(first) && plain(last)).then(|| format!("{first}.{last}@{domain}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    /// Answers by the names of calls; what is not there has no account.
    struct Script {
        answers: Vec<(&'static str, Result<Said, Trouble>)>,
        asked: Vec<&'static str>,
    }

    impl Desk for Script {
        async fn ask(&mut self, call: &Call<'_>) -> Result<Option<Said>, Trouble> {
            let answer = self.answers.iter().find(|(name, _)| *name == call.name());
            let Some((name, answer)) = answer else { return Ok(None) };
            self.asked.push(name);
            answer.clone().map(Some)
        }
    }

    type Answers<'a> = &'a [(&'static str, Result<Said, Trouble>)];

    fn run(work: WorkKind, person: &Known, answers: Answers<'_>) -> (WorkOutcome, String) {
        let mut script = Script { answers: answers.to_vec(), asked: Vec::new() };
        let outcome = {
            let done = pin!(carry_out(&mut script, work, person, 1_000));
            match done.poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(outcome) => outcome,
                Poll::Pending => panic!("the script never waits"),
            }
        };
        (outcome, script.asked.join(" "))
    }

    fn ann() -> Known {
        Known {
            name: Some("Dr. Ann Ämes".into()),
            domain: Some("acme.example".into()),
            ..Known::default()
        }
    }

    fn with_email(email: &str, score: i64) -> Result<Said, Trouble> {
        Ok(Said { email: Some(email.into()), score, is_charged: true, ..Said::default() })
    }

    fn judged(verdict: Verdict) -> Result<Said, Trouble> {
        Ok(Said { verdict: Some(verdict), word: "word".into(), ..Said::default() })
    }

    fn nothing() -> Result<Said, Trouble> {
        Ok(Said::default())
    }

    fn retry(at: Millis, reason: &str) -> WorkOutcome {
        let (is_quota, facts) = (false, Vec::new());
        WorkOutcome::RetryAt(RetryAt { at, reason: reason.into(), is_quota, facts })
    }

    #[test]
    fn a_limit_is_waited_for_and_an_outage_is_a_failure() {
        let silence = |answers: Answers<'_>| match run(WorkKind::Find, &ann(), answers).0 {
            WorkOutcome::RetryAt(RetryAt { at, reason, is_quota, .. }) => (at, reason, is_quota),
            other => panic!("{other:?}"),
        };
        let hunter = |trouble| [("hunter.find", Err(trouble))];
        for (trouble, at, is_quota) in [
            (Trouble::Limited(Some(17_000)), 18_000, true),
            (Trouble::Limited(None), 6_000, true),
            // The circuit is open.
            (Trouble::Later(Some(60_000)), 61_000, false),
            (Trouble::Later(None), 6_000, false),
            (Trouble::WrongKey, 6_000, false),
            (Trouble::NoCredits, 6_000, false),
            (Trouble::BadAnswer, 6_000, false),
            (Trouble::NoAnswer, 6_000, false),
            (Trouble::Running, 6_000, false),
        ] {
            let reason = format!("hunter {}", trouble.as_str());
            assert_eq!(silence(&hunter(trouble)), (at, reason, is_quota), "{trouble:?}");
        }
        let (limited, away) = (Trouble::Limited(Some(17_000)), Trouble::Later(Some(60_000)));
        let both = [("hunter.find", Err(away)), ("apollo.match", Err(limited))];
        assert!(silence(&both).2, "the first that may be back counts");
    }

    #[test]
    fn enriching_asks_for_what_is_missing_alone() {
        let apollo = Said {
            title: Some("CTO".into()),
            email: Some("a@acme.example".into()),
            score: 40,
            ..Said::default()
        };
        let hunter = Said {
            company: Some("Acme".into()),
            domain: Some("other.example".into()),
            ..Said::default()
        };
        let both = [("apollo.match", Ok(apollo)), ("hunter.search", Ok(hunter))];
        let (outcome, asked) = run(WorkKind::Enrich, &ann(), &both);
        let WorkOutcome::Facts(Facts { facts }) = outcome else { panic!("{outcome:?}") };
        let told: Vec<_> = facts.iter().map(|it| (it.field, &*it.value, &*it.source)).collect();
        let expected =
            [(FactField::Title, "CTO", "apollo"), (FactField::Company, "Acme", "hunter")];
        assert_eq!((&told[..], &*asked), (&expected[..], "apollo.match hunter.search"));
        let known = Known { title: Some("CTO".into()), company: Some("Acme".into()), ..ann() };
        assert_eq!(run(WorkKind::Enrich, &known, &both).1, "", "nothing is missing");
        let (outcome, _) = run(WorkKind::Enrich, &ann(), &[]);
        assert_eq!(outcome, WorkOutcome::Facts(Facts::default()), "there is nobody to ask");
        let silent = [("apollo.match", Err(Trouble::Later(Some(17_000))))];
        let (outcome, _) = run(WorkKind::Enrich, &ann(), &silent);
        assert_eq!(outcome, retry(18_000, "apollo wants to be left alone"));
        let hunter = Said { company: Some("Acme".into()), ..Said::default() };
        let one = [("apollo.match", Err(Trouble::WrongKey)), ("hunter.search", Ok(hunter))];
        let (outcome, _) = run(WorkKind::Enrich, &ann(), &one);
        let WorkOutcome::RetryAt(RetryAt { facts, .. }) = outcome else { panic!("{outcome:?}") };
        let told: Vec<_> = facts.iter().map(|it| (it.field, &*it.value)).collect();
        assert_eq!(told, [(FactField::Company, "Acme")], "what one says is not lost");
    }

    #[test]
    fn a_guess_is_not_paid_for_again_and_again() {
        let (million, hunter) = ("millionverifier.verify", "hunter.verify");
        let unknown = judged(Verdict::Unknown);
        let no_key = Err(Trouble::WrongKey);
        let answers = [("hunter.find", nothing()), (million, no_key.clone()), (hunter, unknown)];
        let (outcome, asked) = run(WorkKind::Find, &ann(), &answers);
        let reason = "asked in vain: hunter, hunter".to_owned();
        assert_eq!(outcome, WorkOutcome::NotFound { reason });
        assert_eq!(asked, "hunter.find millionverifier.verify hunter.verify");
        let answers = [("apollo.match", no_key), (hunter, judged(Verdict::Valid))];
        let (outcome, asked) = run(WorkKind::Find, &ann(), &answers);
        assert_eq!(outcome, retry(6_000, "apollo does not take the key"));
        assert_eq!(asked, "apollo.match");
    }

    #[test]
    fn the_finder_goes_on_until_somebody_is_sure_enough() {
        let find = |answers: Answers<'_>| run(WorkKind::Find, &ann(), answers);
        let found = |address: &str, score, source: &str| {
            let (address, source) = (address.to_owned(), source.to_owned());
            let is_verified = source == "pattern";
            WorkOutcome::Found(Found { address, score, source, is_verified })
        };
        let (sure, vague) = (with_email("ann@acme.example", 93), with_email("x@acme.example", 49));
        let (outcome, asked) =
            find(&[("hunter.find", sure.clone()), ("apollo.match", sure.clone())]);
        assert_eq!((outcome, &*asked), (found("ann@acme.example", 93, "hunter"), "hunter.find"));
        let (outcome, _) = find(&[("hunter.find", vague.clone()), ("apollo.match", sure.clone())]);
        assert_eq!(outcome, found("ann@acme.example", 93, "apollo"));
        let (outcome, asked) = find(&[
            ("hunter.find", nothing()),
            ("apollo.match", vague),
            ("millionverifier.verify", judged(Verdict::Valid)),
        ]);
        assert_eq!(outcome, found("ann.ames@acme.example", GUESS_SCORE, "pattern"));
        assert_eq!(asked, "hunter.find apollo.match millionverifier.verify");
        for verdict in [Verdict::CatchAll, Verdict::Invalid, Verdict::Unknown] {
            let answers = [("hunter.find", nothing()), ("millionverifier.verify", judged(verdict))];
            let reason = "asked in vain: hunter, millionverifier".to_owned();
            assert_eq!(find(&answers).0, WorkOutcome::NotFound { reason }, "{verdict:?}");
        }
    }

    #[test]
    fn nobody_is_not_found_while_somebody_is_silent() {
        let find = |answers: Answers<'_>| run(WorkKind::Find, &ann(), answers).0;
        let silent = |ms| Err(Trouble::Later(Some(ms)));
        let both = [("hunter.find", silent(90_000)), ("apollo.match", silent(60_000))];
        assert_eq!(find(&both), retry(61_000, "apollo wants to be left alone"));
        for trouble in [
            Trouble::WrongKey,
            Trouble::NoCredits,
            Trouble::BadAnswer,
            Trouble::NoAnswer,
            Trouble::Later(None),
        ] {
            let answers = [("hunter.find", Err(trouble)), ("apollo.match", nothing())];
            let reason = format!("hunter {}", trouble.as_str());
            assert_eq!(find(&answers), retry(6_000, &reason));
        }
        let one = [("hunter.find", silent(9)), ("apollo.match", with_email("a@b.example", 90))];
        assert!(matches!(find(&one), WorkOutcome::Found(_)), "another knows");
        let running = [("hunter.find", Err(Trouble::Running)), ("apollo.match", nothing())];
        let (outcome, asked) = run(WorkKind::Find, &ann(), &running);
        assert_eq!((outcome, &*asked), (retry(6_000, "hunter is still looking"), "hunter.find"));
        let refused = [("hunter.find", Err(Trouble::Refused)), ("apollo.match", nothing())];
        let (outcome, asked) = run(WorkKind::Find, &ann(), &refused);
        let source = "hunter".to_owned();
        assert_eq!((outcome, &*asked), (WorkOutcome::Refused { source }, "hunter.find"));
    }

    #[test]
    fn the_first_verdict_counts_and_nobody_to_ask_is_said() {
        let person = Known { email: Some("ann@acme.example".into()), ..Known::default() };
        let verify = |answers: Answers<'_>| run(WorkKind::Verify, &person, answers);
        let is = |verdict, source: &str| {
            WorkOutcome::Verified(Verified { verdict, source: source.to_owned() })
        };
        let (million, hunter) = ("millionverifier.verify", "hunter.verify");
        let (outcome, asked) =
            verify(&[(million, judged(Verdict::CatchAll)), (hunter, judged(Verdict::Valid))]);
        assert_eq!(outcome, is(Verdict::CatchAll, "millionverifier: word"));
        assert_eq!(asked, million);
        let (outcome, _) =
            verify(&[(million, judged(Verdict::Unknown)), (hunter, judged(Verdict::Valid))]);
        assert_eq!(outcome, is(Verdict::Valid, "hunter: word"));
        let (outcome, _) =
            verify(&[(million, Err(Trouble::WrongKey)), (hunter, judged(Verdict::Invalid))]);
        assert_eq!(outcome, is(Verdict::Invalid, "hunter: word"));
        let (outcome, _) = verify(&[(million, judged(Verdict::Unknown))]);
        assert_eq!(outcome, is(Verdict::Unknown, "millionverifier: word"));
        let (outcome, _) =
            verify(&[(million, Err(Trouble::NoAnswer)), (hunter, judged(Verdict::Unknown))]);
        let both = "hunter: word; millionverifier did not answer";
        assert_eq!(outcome, is(Verdict::Unknown, both), "it is counted");
        let (outcome, _) = verify(&[(million, Err(Trouble::NoAnswer))]);
        assert_eq!(outcome, retry(6_000, "millionverifier did not answer"));
        assert_eq!(verify(&[]).0, is(Verdict::Unasked, "there is no verifier to ask"));
    }

    #[test]
    fn a_guess_is_made_of_a_whole_name_at_a_domain() {
        let named = |name: &str| guess(&Known { name: Some(name.into()), ..ann() });
        assert_eq!(guess(&ann()).as_deref(), Some("ann.ames@acme.example"));
        assert_eq!(named("Ames, Ann Maria").as_deref(), Some("ann.ames@acme.example"));
        assert_eq!(named("Ann"), None);
        assert_eq!(named("王 小明"), None);
        assert_eq!(guess(&Known { domain: None, ..ann() }), None);
        assert_eq!(guess(&Known { domain: Some("not a domain".into()), ..ann() }), None);
    }
}

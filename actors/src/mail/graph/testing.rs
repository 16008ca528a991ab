//! A Graph for tests that answers by a script: each request must be the one that is expected.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::*;

pub const GRAPH: &str = "https://graph.test/v1.0";
pub const LOGIN: &str = "https://login.test";
pub const TENANT: &str = "72f988bf-0000-4000-8000-2d7cd011db47";

/// What is expected (`GET` and the end of the address), and what is answered.
type Scene = (String, Result<Answer, NoAnswer>);

/// The other end.
pub struct Scripted {
    scenes: RefCell<VecDeque<Scene>>,
    /// What was asked.
    pub asked: RefCell<Vec<Request>>,
}

impl Scripted {
    pub fn new(scenes: Vec<(&str, Result<Answer, NoAnswer>)>) -> Scripted {
        let scenes = scenes.into_iter().map(|(asked, said)| (asked.to_owned(), said));
        Scripted { scenes: RefCell::new(scenes.collect()), asked: RefCell::default() }
    }

    /// Fails if something of the script was not asked for.
    pub fn is_over(&self) {
        let left: Vec<String> =
            self.scenes.borrow().iter().map(|(asked, _)| asked.clone()).collect();
        assert_eq!(left, Vec::<String>::new(), "not asked for");
    }
}

impl Http for Scripted {
    async fn ask(&self, request: Request) -> Result<Answer, NoAnswer> {
        let (expected, said) = self.scenes.borrow_mut().pop_front().expect("no more is asked");
        let (method, end) = expected.split_once(' ').expect("a method and an address");
        assert_eq!(request.method.as_str(), method, "{request:?}");
        assert!(request.url.ends_with(end), "{expected} was expected, not {request:?}");
        let most = request.answer_bytes_max;
        self.asked.borrow_mut().push(request);
        match said {
            Ok(answer) if answer.body.len() > most => Err(NoAnswer::TooLarge),
            said => said,
        }
    }
}

/// An answer without headers.
pub fn said(status: u16, body: &str) -> Result<Answer, NoAnswer> {
    Ok(Answer { status, retry_after: None, body: body.as_bytes().to_vec() })
}

/// An answer that says how long to wait.
pub fn wait(status: u16, retry_after: &str) -> Result<Answer, NoAnswer> {
    Ok(Answer { status, retry_after: Some(retry_after.to_owned()), body: Vec::new() })
}

/// A refusal of Graph's.
pub fn no(status: u16, code: &str) -> Result<Answer, NoAnswer> {
    said(
        status,
        &format!(r#"{{"error":{{"code":"{code}","message":"Because.","innerError":{{}}}}}}"#),
    )
}

pub fn cut() -> Result<Answer, NoAnswer> {
    Err(NoAnswer::Broken { text: "connection reset".to_owned() })
}

/// Polls to the end: nothing here waits for anything.
pub fn now<T>(work: impl Future<Output = T>) -> T {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("it waits"),
    }
}

//! Requests, each client the next as soon as the last is answered.
//!
//! Only what is answered as wanted is an operation, and has a latency: a target that refuses at
//! once would look fast.

use super::clock::now_ns;
use super::gauge::Gauge;
use super::http;
use super::net::Net;
use super::scene::{Outcome, Scene};
use super::tally::Recorder;
use std::io;

/// How long the answers to the last requests are waited for.
const LAST_NS: u64 = 5_000_000_000;

/// Runs `clients` clients; `make` gives the request of a client with a number that none has twice,
/// `wanted` is the status of success.
pub fn run(
    scene: &Scene,
    clients: usize,
    wanted: u16,
    make: &dyn Fn(usize, u64) -> Vec<u8>,
) -> io::Result<Outcome> {
    let mut net = Net::new(scene.port)?;
    let mut outcome = Outcome::default();
    let mut recorder = Recorder::default();
    let mut gauge = Gauge::new(scene);
    let mut sent_ns = vec![0; clients];
    let mut waiting = clients;
    let mut next = 0;
    for (at, sent_ns) in sent_ns.iter_mut().enumerate() {
        net.open()?;
        *sent_ns = now_ns();
        net.send(at, &make(at, next));
        next += 1;
    }
    let mut ready = Vec::new();
    let mut open = true;
    let mut last_ns = u64::MAX;
    while waiting > 0 && now_ns() < last_ns {
        if open && !gauge.goes_on(&mut outcome) {
            open = false;
            last_ns = now_ns() + LAST_NS;
        }
        net.wait(gauge.nap_ns().max(1_000_000), &mut ready)?;
        for at in ready.iter().copied() {
            let Some(good) = answered(&mut net, at, wanted, &mut outcome) else { continue };
            let now = now_ns();
            if good && gauge.counts() {
                outcome.operations += 1;
                recorder.note_ns(now - sent_ns[at]);
            }
            if open {
                sent_ns[at] = now;
                net.send(at, &make(at, next));
                next += 1;
            } else {
                waiting -= 1;
            }
        }
    }
    outcome.unanswered(waiting);
    outcome.latency = recorder.latency();
    Ok(outcome)
}

/// Takes an answer of a connection, if one is there; counts it, and says whether it is the wanted
/// one. A connection that has ended is made anew, and counts as an answer that is an error.
pub fn answered(net: &mut Net, at: usize, wanted: u16, outcome: &mut Outcome) -> Option<bool> {
    match http::read(net.unread(at)) {
        Ok(Some(response)) => {
            net.take(at, response.to);
            let good = response.status == wanted;
            if good {
                outcome.accepted += 1;
            } else {
                outcome.error(response.status.to_string());
            }
            if net.is_over(at) && net.reopen(at).is_err() {
                outcome.error("no connection");
            }
            return Some(good);
        }
        Ok(None) if !net.is_over(at) => return None,
        Ok(None) => outcome.error("connection closed"),
        Err(_) => outcome.error("no HTTP"),
    }
    net.close(at);
    if net.reopen(at).is_err() {
        outcome.error("no connection");
    }
    Some(false)
}

#[cfg(test)]
#[path = "requests_tests.rs"]
mod tests;

//! Requests to a server that answers as its test says.

use super::*;
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};

/// A server whose every connection gets `answer` for a request; nothing where it is empty.
fn server(answer: &'static str) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("bound").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a client");
            std::thread::spawn(move || {
                let mut bytes = [0; 1_024];
                while stream.read(&mut bytes).is_ok_and(|count| count > 0) {
                    if stream.write_all(answer.as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    port
}

fn asked(port: u16) -> Outcome {
    let scene = json!({
        "speech": "plain", "port": port, "pids": [], "health": "/health", "rooms": [],
        "phase": { "kind": "get", "clients": 2 }, "seconds": 0.1, "warmSeconds": 0.0, "nonce": "n",
    });
    let scene: Scene = serde_json::from_value(scene).expect("a scene");
    run(&scene, 2, 200, &|_, _| scene.get()).expect("an outcome")
}

#[test]
fn what_is_answered_as_wanted_is_an_operation() {
    let outcome = asked(server("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"));
    assert!(outcome.operations > 0 && outcome.accepted >= outcome.operations, "{outcome:?}");
    assert!(outcome.errors.is_empty() && outcome.lost.is_none(), "{outcome:?}");
}

#[test]
fn what_is_refused_at_once_is_no_operation_and_has_no_latency() {
    let outcome = asked(server("HTTP/1.1 429 Too Many\r\ncontent-length: 0\r\n\r\n"));
    assert_eq!((outcome.operations, outcome.accepted), (0, 0), "{outcome:?}");
    assert!(outcome.latency.0.is_empty() && outcome.errors["429"] > 2, "{outcome:?}");
}

#[test]
fn who_waits_at_the_end_is_an_error() {
    let outcome = asked(server(""));
    assert_eq!((outcome.operations, outcome.errors["no answer"]), (0, 2), "{outcome:?}");
}

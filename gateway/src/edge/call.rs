//! How an actor is asked: one RPC, tried once more where that is safe, and what it cost.

use super::Edge;
use super::trouble::{describe, flag};
use crate::log;
use actors::kernel::sql::{NO_MEMORY, TRY_AGAIN};
use js_sys::{Promise, Uint8Array};
use schema::{ActorKind, Answer, Envelope, Reject};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen(module = "/src/edge/edge.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = ask)]
    fn ask_stub(
        env: &JsValue,
        binding: &str,
        name: &str,
        envelope: &[u8],
    ) -> Result<Promise, JsValue>;
}

const RUNTIME: &str = "internal error; reference";
const LOST: &str =
    "the answer was lost: repeat it, with an Idempotency-Key if it changes something";

/// Nobody knows whether it was done.
fn lost() -> Reject {
    Reject::unavailable(LOST).with(serde_json::json!({ "retryAfterMs": 1_000, "done": "unknown" }))
}

impl Edge {
    /// As [`Platform::call`](crate::platform::Platform::call).
    pub(super) async fn ask(
        &self,
        actor: ActorKind,
        envelope: &Envelope,
    ) -> Result<Answer, Reject> {
        // The room has said that this workspace wants to know: whoever is asked for it says so too.
        let bytes = if self.tally.get().of == Some(envelope.principal.workspace) {
            Envelope { price: true, ..envelope.clone() }.encode()
        } else {
            envelope.encode()
        };
        let mut tried = self.try_call(actor, &envelope.instance, &bytes).await;
        if let Err(error) = &tried {
            // Its answer may be lost, its work done: only a key makes it safe to repeat.
            let safe = envelope.key.is_some();
            if safe && flag(error, "retryable") && !flag(error, "overloaded") {
                tried = self.try_call(actor, &envelope.instance, &bytes).await;
            }
        }
        match tried {
            Ok(answer) => {
                let (answer, price) = Answer::decode_priced(&answer)?;
                self.tally.set(self.tally.get().add(envelope.principal.workspace, price));
                Ok(answer)
            }
            Err(error) if flag(&error, "overloaded") => Err(Reject::overloaded()),
            Err(error) if flag(&error, "retryable") => Err(lost()),
            Err(error) => {
                let cause = describe(&error);
                let fields = [
                    ("requestId", &*envelope.request_id),
                    ("actor", actor.binding()),
                    ("why", &cause),
                ];
                log::error(self, "actor_failed", &fields);
                // An object that cannot open its database for now throws, or wakes and throws; what
                // has only a reference went wrong in the runtime, not in what runs there.
                if cause == TRY_AGAIN {
                    return Err(Reject::unavailable(TRY_AGAIN));
                }
                let passes = cause.contains(NO_MEMORY) || cause.starts_with(RUNTIME);
                Err(if passes { lost() } else { Reject::internal(cause) })
            }
        }
    }

    /// One try; a stub that has failed is broken for good, so each try has its own.
    async fn try_call(
        &self,
        actor: ActorKind,
        instance: &str,
        bytes: &[u8],
    ) -> Result<Vec<u8>, JsValue> {
        let asked = ask_stub(self.env.as_ref(), actor.binding(), instance, bytes)?;
        let answer = JsFuture::from(asked).await?;
        Ok(Uint8Array::new(&answer).to_vec())
    }
}

//! The charsets of old mail: the runtime's `TextDecoder`.

use crate::mail::charset::Charsets;
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    type TextDecoder;

    #[wasm_bindgen(constructor, catch)]
    fn new(name: &str) -> Result<TextDecoder, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn decode(this: &TextDecoder, bytes: &Uint8Array) -> Result<String, JsValue>;
}

/// The charsets that the runtime knows.
#[derive(Debug, Clone, Copy)]
pub struct Runtime;

impl Charsets for Runtime {
    fn decode(&self, name: &str, bytes: &[u8]) -> Option<String> {
        TextDecoder::new(name).ok()?.decode(&Uint8Array::from(bytes)).ok()
    }
}

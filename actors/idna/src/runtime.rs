//! The runtime's reading of names.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = URL)]
    type JsUrl;

    #[wasm_bindgen(constructor, js_class = "URL", catch)]
    fn new(text: &str) -> Result<JsUrl, JsValue>;

    #[wasm_bindgen(method, getter)]
    fn hostname(this: &JsUrl) -> String;
}

/// A name without what would end it in a URL. A number comes back as an IPv4 address, which `url`
/// would take it for too.
pub fn ascii(name: &str) -> Option<String> {
    Some(JsUrl::new(&format!("http://{name}/")).ok()?.hostname())
}

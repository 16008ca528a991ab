//! The runtime's reading of URLs.

use crate::kernel::url::Url;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = URL)]
    type JsUrl;

    #[wasm_bindgen(constructor, js_class = "URL", catch)]
    fn new(text: &str) -> Result<JsUrl, JsValue>;

    #[wasm_bindgen(method, getter)]
    fn href(this: &JsUrl) -> String;

    #[wasm_bindgen(method, getter)]
    fn origin(this: &JsUrl) -> String;

    #[wasm_bindgen(method, getter)]
    fn protocol(this: &JsUrl) -> String;

    #[wasm_bindgen(method, getter)]
    fn username(this: &JsUrl) -> String;

    #[wasm_bindgen(method, getter)]
    fn password(this: &JsUrl) -> String;

    #[wasm_bindgen(method, getter)]
    fn hostname(this: &JsUrl) -> String;

    #[wasm_bindgen(method, getter)]
    fn port(this: &JsUrl) -> String;
}

pub fn read(text: &str) -> Option<Url> {
    let url = JsUrl::new(text).ok()?;
    Some(Url {
        href: url.href(),
        origin: url.origin(),
        protocol: url.protocol(),
        username: url.username(),
        password: url.password(),
        hostname: url.hostname(),
        port: url.port(),
    })
}

//! Prints the OpenAPI document: `npm run openapi` writes it to `gateway/assets/openapi.json`.

fn main() {
    let document = gateway::openapi::document();
    println!("{}", serde_json::to_string_pretty(&document).expect("it is JSON"));
}

//! The OpenAPI 3.1 document, made from the table of routes and the types themselves.
//!
//! It is written natively (`npm run openapi`), committed as `gateway/assets/openapi.json`, and
//! served by the Worker as a file; a test compares the two. A route that is not described here, a
//! reply whose schema has no name, and a parameter that its command does not know fail.

mod functions;
mod names;
mod operator;
mod outside;
mod prospects;
mod realtime;

use crate::answer::names;
use crate::router::{self, Target};
use crate::table::{Gives, Line, Param, Takes};
use functions::{Body, Function, Gate};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// What every refusal looks like, by its range.
const REFUSALS: [(&str, &str); 2] = [
    ("4XX", "Refused: the code says what kind of refusal it is, the message what to change."),
    ("5XX", "A fault, or something that Postroom needs is not there for now."),
];

/// The schemas of replies, which have names, and those of inputs, which are written in place.
pub(crate) struct Schemas {
    replies: SchemaGenerator,
    inputs: SchemaGenerator,
}

impl Schemas {
    fn new() -> Self {
        let replies = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        let inputs = SchemaSettings::draft2020_12().for_deserialize().with(|settings| {
            settings.inline_subschemas = true;
            settings.meta_schema = None;
        });
        Self { replies: replies.into_generator(), inputs: inputs.into_generator() }
    }

    /// The schema of a reply, by its name.
    pub(crate) fn reply<T: JsonSchema>(&mut self) -> Value {
        self.replies.subschema_for::<T>().to_value()
    }

    /// The schema of an input: the reader knows no other fields.
    pub(crate) fn input<T: JsonSchema>(&mut self) -> Value {
        let mut schema = self.inputs.subschema_for::<T>().to_value();
        close(&mut schema);
        schema
    }

    fn named(&mut self, name: &str) -> Value {
        assert!(names::register(self, name), "no schema is called {name}: see openapi");
        json!({ "$ref": format!("#/components/schemas/{name}") })
    }
}

/// Says of every object with named fields that it has no others.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            let named = object.contains_key("properties");
            object.values_mut().for_each(close);
            if named && !object.contains_key("additionalProperties") {
                object.insert("additionalProperties".into(), false.into());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

/// The document.
///
/// # Panics
/// Where a route names a schema, a command or a field that there is not.
#[must_use]
pub fn document() -> Value {
    let mut schemas = Schemas::new();
    let commands = schemas.input::<schema::room::RoomCommand>();
    let mut paths: Map<String, Value> = Map::new();
    let mut taken: Vec<String> = Vec::new();
    for (method, path, target) in router::all() {
        let mut operation = match target {
            Target::Room(line) => of_line(line, &commands, &mut schemas),
            Target::Function(route) => {
                let described = functions::describe(route, &mut schemas);
                let open = described.gate == Gate::Anybody;
                assert_eq!(open, route.is_open(), "who may come to {method} {path}?");
                of_function(method, path, described)
            }
        };
        let mut id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        while taken.contains(&id) {
            id.push_str("Too");
        }
        operation["operationId"] = id.clone().into();
        taken.push(id);
        let tag = path.split('/').nth(2).unwrap_or("postroom");
        operation["tags"] = json!([tag]);
        let item = paths.entry(path).or_insert_with(|| json!({}));
        item[method.to_ascii_lowercase()] = operation;
    }
    let mut components = schemas.replies.take_definitions(true);
    components.insert("Refusal".into(), refusal());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Postroom",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "bearer": [] }],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } },
        },
    })
}

const DESCRIPTION: &str = "One place for a team's conversations with its customers. Times are \
    milliseconds since 1970 in UTC; ids are UUIDs in lower case. Every answer is an envelope: \
    `success` with `data` and `meta`, or `success: false` with `error`. A POST may carry an \
    `Idempotency-Key`, other than of a file: what was done once is not done again within 24 \
    hours, and gets the same answer.";

/// The envelope of a refusal.
fn refusal() -> Value {
    json!({
        "type": "object",
        "required": ["success", "error"],
        "properties": {
            "success": { "const": false },
            "error": {
                "type": "object",
                "required": ["code", "message", "requestId"],
                "properties": {
                    "code": { "type": "string", "description": "One of a closed set." },
                    "message": { "type": "string", "description": "What to change." },
                    "details": { "description": "What programs need to know of it." },
                    "requestId": { "type": "string" },
                },
            },
        },
    })
}

fn envelope(data: &Value, paged: bool) -> Value {
    let mut meta = json!({ "requestId": { "type": "string" } });
    let mut required = vec!["requestId"];
    if paged {
        meta["nextCursor"] = json!({ "type": ["string", "null"] });
        required.push("nextCursor");
    }
    json!({
        "type": "object",
        "required": ["success", "data", "meta"],
        "properties": {
            "success": { "const": true },
            "data": data,
            "meta": { "type": "object", "required": required, "properties": meta },
        },
    })
}

fn content(schema: Value) -> Value {
    let bytes = schema["format"] == "binary";
    let media = if bytes { "application/octet-stream" } else { "application/json" };
    json!({ (media): { "schema": schema } })
}

fn responses(status: u16, data: &Value, paged: bool) -> Value {
    let good = json!({ "description": "Done.", "content": content(envelope(data, paged)) });
    let mut all = json!({ (status.to_string()): good });
    for (range, description) in REFUSALS {
        let schema = json!({ "$ref": "#/components/schemas/Refusal" });
        all[range] = json!({ "description": description, "content": content(schema) });
    }
    all
}

fn parameter(place: &str, name: &str, schema: &Value, required: bool) -> Value {
    let mut parameter = json!({ "name": name, "in": place, "required": required });
    let mut schema = schema.clone();
    if let Some(object) = schema.as_object_mut() {
        if let Some(description) = object.remove("description") {
            parameter["description"] = description;
        }
        object.remove("default");
    }
    parameter["schema"] = present(&schema);
    if place == "query" && parameter["schema"]["type"] == "array" {
        parameter["explode"] = false.into();
    }
    parameter
}

/// A schema without null: what stands in a query is there or not.
fn present(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(types) = schema["type"].as_array() {
        let types: Vec<_> = types.iter().filter(|kind| *kind != "null").cloned().collect();
        if let [one] = &types[..] {
            schema["type"] = one.clone();
        }
    }
    if let Some(options) = schema["anyOf"].as_array() {
        let options: Vec<_> = options.iter().filter(|kind| kind["type"] != "null").collect();
        if let [one] = options[..] {
            return one.clone();
        }
    }
    if let Some(names) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        names.retain(|name| !name.is_null());
    }
    schema
}

// Empty headers are not forbidden here: whether one arrives at all is for the runtime to say.

fn idempotency() -> Value {
    let schema = json!({
        "type": "string", "maxLength": 255, "pattern": "^[!-~]*$",
        "description": "Sent again with the same body, the request gets the same answer.",
    });
    parameter("header", "Idempotency-Key", &schema, false)
}

fn if_match() -> Value {
    let schema = json!({
        "type": "string", "pattern": "^(\"[0-9]{1,15}\"|[*])?$",
        "description": "The ETag that the thing must have; otherwise 412.",
    });
    parameter("header", "If-Match", &schema, false)
}

fn path_ids(path: &'static str) -> Vec<Value> {
    let id = json!({ "type": "string", "format": "uuid" });
    names(path).map(|name| parameter("path", name, &id, true)).collect()
}

/// The input of a command, and what its documentation says first.
fn command<'a>(commands: &'a Value, name: &str) -> (&'a Value, &'a str) {
    let variants = commands["oneOf"].as_array().map(Vec::as_slice).unwrap_or_default();
    let found = variants.iter().find(|variant| !variant["properties"][name].is_null());
    let found = found.unwrap_or_else(|| panic!("the room has no command {name}"));
    let text = found["description"].as_str().unwrap_or_default();
    let summary = text.split(" Reply:").next().unwrap_or_default();
    (&found["properties"][name], summary.split(". ").next().unwrap_or_default())
}

fn requires(input: &Value, name: &str) -> bool {
    let required = input["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    required.iter().any(|field| field == name)
}

fn of_line(line: &'static Line, commands: &Value, schemas: &mut Schemas) -> Value {
    let (input, summary) = command(commands, line.command);
    let mut input = input.clone();
    let mut parameters = path_ids(line.path);
    for name in names(line.path).chain(line.if_match) {
        assert!(take(&mut input, name).is_some(), "{} has no field {name}", line.command);
    }
    let paged = matches!(line.gives, Gives::Page(_));
    let pages = [Param::Count("limit"), Param::Text("cursor")];
    let pages = if paged { &pages[..] } else { &[] };
    for param in line.query.iter().chain(pages) {
        let name = param.name();
        let required = requires(&input, name);
        let field = take(&mut input, name);
        let field = field.unwrap_or_else(|| panic!("{} has no field {name}", line.command));
        let field = if name == "limit" {
            json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 50,
                "description": "How many items at most." })
        } else {
            field
        };
        parameters.push(parameter("query", name, &field, required));
    }
    let (status, data) = match line.gives {
        Gives::One(name) => (200, schemas.named(name)),
        Gives::Made(name, _) => (201, schemas.named(name)),
        Gives::All(name) | Gives::Page(name) => {
            (200, json!({ "type": "array", "items": schemas.named(name) }))
        }
    };
    if line.method == "POST" {
        parameters.push(idempotency());
    }
    if line.if_match.is_some() {
        parameters.push(if_match());
    }
    let mut operation = json!({
        "operationId": line.command,
        "summary": summary,
        "parameters": parameters,
        "responses": responses(status, &data, paged),
    });
    if line.body == Takes::Nothing {
        let left = input["required"].as_array().map_or(0, Vec::len);
        assert_eq!(left, 0, "{} {} leaves fields unfilled: {input}", line.method, line.path);
    } else {
        let required = line.body != Takes::Perhaps;
        operation["requestBody"] = json!({ "required": required, "content": content(input) });
    }
    operation
}

/// Takes a field out of the schema of an object.
fn take(object: &mut Value, name: &str) -> Option<Value> {
    if let Some(required) = object.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|field| field != name);
    }
    object.get_mut("properties")?.as_object_mut()?.remove(name)
}

fn of_function(method: &str, path: &'static str, function: Function) -> Value {
    let mut parameters = path_ids(path);
    for (name, schema, required) in &function.query {
        parameters.push(parameter("query", name, schema, *required));
    }
    if function.keyed {
        parameters.push(idempotency());
    }
    if function.if_match {
        parameters.push(if_match());
    }
    let mut operation = json!({
        "operationId": function.id,
        "summary": function.summary,
        "parameters": parameters,
        "responses": match function.file {
            Some(kind) => file(kind),
            None => responses(function.status, &function.reply, function.paged),
        },
    });
    if let Some((status, when)) = function.also {
        let content = content(envelope(&function.reply, function.paged));
        operation["responses"][status.to_string()] =
            json!({ "description": when, "content": content });
    }
    if function.gate == Gate::Anybody {
        operation["security"] = json!([]);
    }
    match function.body {
        Body::Nothing => {}
        Body::Object(schema) => {
            operation["requestBody"] = json!({ "required": true, "content": content(schema) });
        }
        Body::Perhaps(schema) => {
            operation["requestBody"] = json!({ "required": false, "content": content(schema) });
        }
        Body::Bytes => {
            let bytes = json!({ "application/octet-stream": {} });
            operation["requestBody"] = json!({ "required": true, "content": bytes });
        }
        Body::Files(types) => {
            let content: Value = types.iter().map(|kind| ((*kind).to_owned(), json!({}))).collect();
            operation["requestBody"] = json!({ "required": true, "content": content });
        }
    }
    assert!(method == "GET" || !function.summary.is_empty());
    operation
}

fn file(kind: &str) -> Value {
    let mut all = responses(200, &Value::Null, false);
    let bytes = json!({ kind: {} });
    all["200"] = json!({ "description": "The file.", "content": bytes });
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_in_the_tree_is_the_one_of_these_types() {
        let kept: Value =
            serde_json::from_str(include_str!("../../assets/openapi.json")).expect("it is JSON");
        let made = document();
        for (path, item) in made["paths"].as_object().expect("paths") {
            assert!(kept["paths"][path] == *item, "{path} changed: npm run openapi");
        }
        assert!(kept == made, "the document changed: npm run openapi");
    }

    #[test]
    fn every_reference_leads_to_a_schema() {
        fn references(value: &Value, found: &mut Vec<String>) {
            match value {
                Value::Object(object) => {
                    found.extend(object.get("$ref").and_then(Value::as_str).map(str::to_owned));
                    object.values().for_each(|value| references(value, found));
                }
                Value::Array(items) => items.iter().for_each(|value| references(value, found)),
                _ => {}
            }
        }
        let document = document();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 100, "{} references", found.len());
        for reference in found {
            let pointer = reference.strip_prefix('#').expect("a reference into the document");
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }

    /// Of two types with one name the second gets a number behind it, and whoever asks for the name
    /// gets the first.
    #[test]
    fn every_type_has_a_name_of_its_own() {
        let document = document();
        let schemas = document["components"]["schemas"].as_object().expect("schemas");
        for name in schemas.keys() {
            let first = name.trim_end_matches(|c: char| c.is_ascii_digit());
            assert!(first == name || !schemas.contains_key(first), "two types are called {first}");
        }
    }
}

//! `/api/openapi.json`: the calls, and what their bodies take, by the rules that check them.

mod answers;
mod operations;

use std::sync::LazyLock;

use axum::response::IntoResponse;
use http::header::CONTENT_TYPE;
use palisade_input_validation::schema::{Schema, Shape};
use serde_json::{Map, Value, json};

use crate::answers::Revalidated;
use operations::{Body, OPERATIONS, Operation, Query, Who};

/// Written once: nothing of it depends on who asks.
static TEXT: LazyLock<String> = LazyLock::new(|| document().to_string());

pub(super) async fn show() -> impl IntoResponse {
    (Revalidated, [(CONTENT_TYPE, "application/json")], TEXT.as_str())
}

/// Writes the document (`OpenAPI` 3.1.0).
fn document() -> Value {
    let mut paths = Map::new();
    for operation in OPERATIONS {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Some(methods) = path.as_object_mut() {
            methods.insert(operation.method.to_lowercase(), operation.document());
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Exam portal",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Sign in by POST /api/v1/auth/login; the cookie that it sets is the session.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "sid",
                    "description": "over https its name begins with __Host-",
                },
            },
            "schemas": {"Problem": problem()},
            "responses": {
                "Refused": {
                    "description": "what is wrong (RFC 9457), in the language that the request asks for",
                    "content": {
                        "application/problem+json": {
                            "schema": {"$ref": "#/components/schemas/Problem"},
                        },
                    },
                },
            },
        },
    })
}

impl Operation {
    fn document(&self) -> Value {
        let mut document = json!({
            "operationId": self.id(),
            "summary": self.about,
            "security": if self.who == Who::Nobody { json!([]) } else { json!([{"session": []}]) },
            "responses": {
                self.answer.status.to_string(): self.answer.document(),
                "default": {"$ref": "#/components/responses/Refused"},
            },
        });
        if let (true, Some(responses)) = (self.tagged, document.get_mut("responses")) {
            let known = json!({"description": "what If-None-Match names is good still"});
            set(responses, "304", known);
        }
        if let Some(who) = self.who.words() {
            set(&mut document, "description", who.into());
        }
        let parameters = self.parameters();
        if !parameters.is_empty() {
            set(&mut document, "parameters", parameters.into());
        }
        if let Some(body) = self.body.document() {
            set(&mut document, "requestBody", json!({"required": true, "content": body}));
        }
        document
    }

    /// The method and the words of the path, such as `post_students`.
    fn id(&self) -> String {
        let path = self.path.trim_start_matches("/api/v1").trim_matches('/');
        let word = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let path: String = path.chars().filter(|c| !"{}".contains(*c)).map(word).collect();
        format!("{}_{path}", self.method.to_lowercase())
    }

    fn parameters(&self) -> Vec<Value> {
        let inside = self.path.split('/').filter_map(|part| {
            let name = part.strip_prefix('{')?.strip_suffix('}')?;
            Some(
                json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}),
            )
        });
        let asked =
            |name: &str, schema: Value| json!({"name": name, "in": "query", "schema": schema});
        let query: Vec<Value> = match self.query {
            Query::None => Vec::new(),
            Query::Of(schema) => match schema.shape() {
                Shape::Object(object) => object
                    .fields()
                    .iter()
                    .map(|field| asked(field.name(), field.schema().to_json_schema()))
                    .collect(),
                _ => Vec::new(),
            },
        };
        inside.chain(query).collect()
    }
}

impl Body {
    /// The media types that are taken, and the schema of each.
    fn document(&self) -> Option<Value> {
        let of = |schema: &Schema| json!({"schema": schema.to_json_schema()});
        Some(match self {
            Self::None => return None,
            Self::Json(schema) => json!({"application/json": of(schema)}),
            Self::Merge(schema) => {
                json!({"application/json": of(schema), "application/merge-patch+json": of(schema)})
            }
            Self::Secret(schema) => json!({
                "application/json": of(schema),
                "application/x-www-form-urlencoded": of(schema),
            }),
            Self::Points => json!({"application/json": {"schema": {
                "type": "object",
                "maxProperties": 1000,
                "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1000},
            }}}),
            Self::Table => json!({"text/csv": {"schema": {"type": "string"}}}),
            Self::File(schema) => {
                let mut form = schema.to_json_schema();
                let file = json!({"contentMediaType": "application/octet-stream"});
                if let Some(properties) = form.get_mut("properties") {
                    set(properties, "file", file);
                }
                set(&mut form, "required", json!(["file"]));
                json!({"multipart/form-data": {"schema": form}})
            }
            Self::Reports => json!({
                "application/csp-report": {"schema": {"type": "object"}},
                "application/reports+json": {"schema": {"type": "array"}},
            }),
        })
    }
}

fn set(object: &mut Value, member: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(member.to_owned(), value);
    }
}

fn problem() -> Value {
    let text = json!({"type": "string"});
    json!({
        "type": "object",
        "required": ["title", "status", "code"],
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "code": {"type": "string", "description": "one word for programs, which never changes"},
            "detail": text,
            "errors": {
                "type": "array",
                "maxItems": 32,
                "items": {
                    "type": "object",
                    "required": ["pointer", "code", "detail"],
                    "properties": {
                        "pointer": {"type": "string", "description": "JSON Pointer as a fragment (RFC 6901)"},
                        "code": text,
                        "detail": text,
                    },
                },
            },
            "omitted_errors": {"type": "integer", "description": "how many are not in `errors`"},
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet, HashSet};

    use axum::response::Response;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;
    use crate::accounts::Role;
    use crate::api;
    use crate::bench::Bench;
    use crate::routes::{self, ROUTES};

    fn documented() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
        let mut paths: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for operation in OPERATIONS {
            assert!(paths.entry(operation.path).or_default().insert(operation.method));
        }
        paths
    }

    #[test]
    fn it_is_a_document_of_openapi_3_1_whose_schemas_are_schemas() {
        let spec = oas3::from_json(TEXT.as_str()).unwrap();
        let read: HashSet<String> = spec
            .operations()
            .map(|(path, method, operation)| {
                let answers = operation.responses(&spec);
                let known = usize::from(answers.contains_key("304"));
                assert!(answers.len() == 2 + known, "{path}");
                format!("{method} {path}")
            })
            .collect();
        assert_eq!(read.len(), OPERATIONS.len());
        let ids: HashSet<String> = OPERATIONS.iter().map(Operation::id).collect();
        assert_eq!(ids.len(), OPERATIONS.len());
        for operation in OPERATIONS {
            let document = operation.document();
            let bodies = document["requestBody"]["content"].as_object();
            for (kind, body) in bodies.into_iter().flatten() {
                jsonschema::meta::validate(&body["schema"])
                    .unwrap_or_else(|error| panic!("{kind} of {}: {error}", operation.id()));
            }
        }
        jsonschema::meta::validate(&problem()).unwrap();
    }

    /// What the router has, and what it says about the methods of each path.
    #[tokio::test]
    async fn it_lists_the_calls_that_there_are_and_no_others() {
        let bench = Bench::new().await;
        let documented = documented();
        let called: BTreeSet<&str> =
            api::paths(&bench.portal.copies, &bench.portal.answers).into_iter().collect();
        let listed: BTreeSet<&str> = documented.keys().copied().collect();
        let elsewhere = BTreeSet::from([
            crate::headers::REPORTS,
            "/health",
            "/health/live",
            "/health/ready",
            "/metrics",
        ]);
        assert_eq!(listed, called.union(&elsewhere).copied().collect());
        for path in called {
            let written = path.replace("{id}", "1").replace("{copy}", "1").replace("{seq}", "1");
            let written = written.replace(['{', '}'], "");
            let refused = bench.call("TRACE", &written, None, &Value::Null).await;
            assert_eq!(refused.status, 405, "{path}");
            let allowed = refused.allow.unwrap();
            let allowed: BTreeSet<&str> = allowed.split(',').filter(|it| *it != "HEAD").collect();
            assert_eq!(allowed, documented[path], "{path}");
        }
    }

    /// Each call is tried by everybody: it says who gets 401 and who 403.
    #[tokio::test]
    async fn it_says_who_may_make_which_call() {
        let bench = Bench::new().await;
        let student = bench.session("sam", Role::Student).await;
        let teacher = bench.session("tina", Role::Teacher).await;
        let admin = bench.session("root", Role::Admin).await;
        // A call that ends the session is no call for its owner to try.
        let calls = OPERATIONS.iter().filter(|it| it.path.starts_with("/api/v1/"));
        for operation in calls.filter(|it| !it.path.ends_with("/logout")) {
            let path = operation.path.replace("{id}", "999").replace(['{', '}'], "");
            let mut statuses = Vec::new();
            for cookie in [None, Some(&student), Some(&teacher), Some(&admin)] {
                let cookie = cookie.map(String::as_str);
                let answer = bench.call(operation.method, &path, cookie, &Value::Null).await;
                statuses.push(match answer.status {
                    refused @ (401 | 403) => refused,
                    _ => 0,
                });
            }
            let expected = match operation.who {
                Who::Admin => [401, 403, 403, 0],
                Who::Anybody => [401, 0, 0, 0],
                Who::Nobody => [0; 4],
                Who::Staff => [401, 403, 0, 0],
            };
            assert_eq!(statuses, expected, "{}", operation.id());
        }
    }

    /// Takes no member that a schema does not name.
    fn closed(schema: &mut Value) {
        match schema {
            Value::Object(members) => {
                members.values_mut().for_each(closed);
                if members.contains_key("properties") {
                    members.entry("additionalProperties").or_insert(json!(false));
                }
            }
            Value::Array(schemas) => schemas.iter_mut().for_each(closed),
            _ => {}
        }
    }

    /// Compares an answer with what the document says of it.
    async fn compared(operation: &Operation, response: Response) {
        let id = operation.id();
        assert_eq!(response.status().as_u16(), operation.answer.status, "{id}");
        let kind = response.headers().get(CONTENT_TYPE).cloned();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        match operation.answer.body {
            answers::Body::Empty => assert!(body.is_empty(), "{id}"),
            answers::Body::Other(stated) => {
                let kind = kind.unwrap();
                // A file is of its own kind.
                let kind = kind.to_str().unwrap().split(';').next().unwrap();
                assert!(kind == stated || stated == "application/octet-stream", "{id}: {kind}");
            }
            answers::Body::Json(schema) => {
                assert_eq!(kind.unwrap(), "application/json", "{id}");
                let mut schema = schema();
                closed(&mut schema);
                let value = serde_json::from_slice(&body).unwrap();
                jsonschema::validate(&schema, &value)
                    .unwrap_or_else(|error| panic!("{id}: {error} at {}", error.instance_path()));
            }
        }
    }

    /// What is served is what is documented, to the last member.
    #[tokio::test]
    async fn it_says_what_is_answered() {
        let (bench, cookie) = routes::filled(2).await;
        let mut seen = BTreeSet::new();
        let sign_in = routes::sign_in();
        for route in ROUTES.iter().chain([&sign_in]) {
            let is_it = |it: &&Operation| {
                it.method == route.method && routes::is_of(it.path, route.template)
            };
            // `export.csv` is no code of a student.
            let found = OPERATIONS.iter().filter(is_it);
            let found = found.min_by_key(|it| it.path.matches('{').count());
            let Some(operation) = found else { continue };
            let request = route.request(2, &cookie);
            let response = bench.service().oneshot(request).await.unwrap();
            if response.status().is_success() {
                seen.insert(operation.id());
                compared(operation, response).await;
            }
        }
        let told = |it: &&Operation| matches!(it.answer.body, answers::Body::Json(_));
        let told: BTreeSet<String> = OPERATIONS.iter().filter(told).map(Operation::id).collect();
        assert!(told.is_subset(&seen), "{:?}", told.difference(&seen));
    }
}

//! What a request does, in the words of the trail.

use http::request::Parts;
use palisade_audit::layer::{Addition, Level};
use palisade_audit::{Actor, Context, Event};
use palisade_observe::request::RequestId;

use crate::accounts::User;

/// Says who acted, where only the handler knows: a sign-in.
pub(crate) fn by(user: &User) -> Addition {
    let (name, id) = (user.name.clone(), user.id.to_string());
    Addition::new(move |event| event.actor(Actor::user(name.clone())).detail("user_id", &id))
}

/// Says as whom somebody tried to sign in; what cannot be a name may be a password in the wrong field.
pub(crate) fn tried(name: &str) -> Addition {
    let name = name.to_owned();
    Addition::new(move |event| of(event, "account", &name))
}

/// Names a target, if the text can be the name of one.
fn of(event: Event, kind: &'static str, name: &str) -> Event {
    if is_name(name) { event.target(kind, name.to_owned()) } else { event }
}

/// Accounts, students, exams and announcements are called so; a path of a stranger may hold anything.
fn is_name(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    text.len() <= 64 && text.chars().all(legal)
}

/// Makes the event of a request that changes something. Paths are not repeated: one of them is a
/// reset link.
pub(super) fn event(parts: &Parts, _: Level) -> Event {
    let path = parts.uri.path();
    let api = path.strip_prefix("/api/v1");
    let words: Vec<&str> = api.unwrap_or(path).trim_start_matches('/').split('/').collect();
    let event = match (parts.method.as_str(), words.as_slice()) {
        (_, ["auth", "login"] | ["login"]) => Event::new("authn.login"),
        (_, ["auth", "logout"] | ["logout"]) => Event::new("authn.logout"),
        (_, ["auth" | "account", "password"]) => Event::new("authn.password.change"),
        (_, ["auth", "reset-request"] | ["reset"]) => Event::new("authn.reset.request"),
        (_, ["auth", "reset"] | ["reset", _]) => Event::new("authn.reset.redeem"),
        (_, ["admin", "users", id, "reset-password"]) => {
            of(Event::new("user.password.reset"), "user", id)
        }
        (_, ["admin", "security", "unlock"]) => Event::new("lockout.unlock"),
        ("POST", ["students"]) => Event::new("student.create"),
        ("DELETE", ["students", code]) | ("POST", ["students", code, "remove"]) => {
            of(Event::new("student.delete"), "student", code)
        }
        (_, ["students", "import"]) => Event::new("student.import"),
        (_, ["exams"]) => Event::new("exam.create"),
        (_, ["exams", id, "copies"]) => of(Event::new("copy.upload"), "exam", id),
        (_, ["exams", id, "grades"]) => of(Event::new("grades.set"), "exam", id),
        (_, ["announcements", slug]) => {
            of(Event::new("announcement.publish"), "announcement", slug)
        }
        (_, ["payments"]) => Event::new("payment.record"),
        (_, ["settings"]) => Event::new("settings.update"),
        (_, ["students", code]) => of(Event::new("student.update"), "student", code),
        (method, [first, ..]) if is_name(first) => {
            Event::new("http.request").detail("method", method).detail("under", *first)
        }
        (method, _) => Event::new("http.request").detail("method", method),
    };
    let mut context = Context::of(parts);
    if let Some(id) = parts.extensions.get::<RequestId>() {
        context = context.with_request_id(id.as_str().to_owned());
    }
    let event = event.context(context);
    match parts.extensions.get::<User>() {
        Some(user) => event
            .actor(Actor::user(user.name.clone()))
            .detail("user_id", user.id.to_string().as_str()),
        None => event.actor(Actor::anonymous()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use http::Request;

    use super::*;

    fn line(method: &str, path: &str) -> String {
        let (parts, ()) =
            Request::builder().method(method).uri(path).body(()).unwrap().into_parts();
        let line = event(&parts, Level::Request).to_line(0, SystemTime::UNIX_EPOCH);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn every_change_has_its_name_and_its_object() {
        for (method, path, action, object) in [
            ("POST", "/api/v1/auth/login", "authn.login", None),
            ("POST", "/login", "authn.login", None),
            ("POST", "/api/v1/auth/logout", "authn.logout", None),
            ("POST", "/logout", "authn.logout", None),
            ("POST", "/api/v1/auth/password", "authn.password.change", None),
            ("POST", "/account/password", "authn.password.change", None),
            ("POST", "/api/v1/auth/reset-request", "authn.reset.request", None),
            ("POST", "/reset", "authn.reset.request", None),
            ("POST", "/api/v1/auth/reset", "authn.reset.redeem", None),
            ("POST", "/reset/choose", "authn.reset.redeem", None),
            ("POST", "/api/v1/admin/users/7/reset-password", "user.password.reset", Some("7")),
            ("POST", "/admin/security/unlock", "lockout.unlock", None),
            ("POST", "/students", "student.create", None),
            ("PATCH", "/api/v1/students/S-1", "student.update", Some("S-1")),
            ("POST", "/students/S-1", "student.update", Some("S-1")),
            ("DELETE", "/api/v1/students/S-1", "student.delete", Some("S-1")),
            ("POST", "/students/S-1/remove", "student.delete", Some("S-1")),
            ("POST", "/api/v1/students/import", "student.import", None),
            ("POST", "/api/v1/exams", "exam.create", None),
            ("POST", "/api/v1/exams/3/copies", "copy.upload", Some("3")),
            ("PUT", "/api/v1/exams/3/grades", "grades.set", Some("3")),
            ("PUT", "/api/v1/announcements/news", "announcement.publish", Some("news")),
            ("POST", "/api/v1/payments", "payment.record", None),
            ("PUT", "/api/v1/settings", "settings.update", None),
            ("POST", "/elsewhere/entirely", "http.request", None),
        ] {
            let line = line(method, path);
            assert!(line.contains(&format!("\"action\":\"{action}\"")), "{method} {path}: {line}");
            let id = object.map(|object| format!("\"id\":\"{object}\""));
            assert!(id.is_none_or(|id| line.contains(&id)), "{method} {path}: {line}");
        }
    }

    #[test]
    fn what_may_be_a_secret_is_no_name() {
        let secret = "c2VjcmV0%20";
        for (method, path) in [
            ("POST", format!("/reset/{secret}")),
            ("DELETE", format!("/api/v1/students/{secret}")),
            ("POST", format!("/{secret}")),
        ] {
            assert!(!line(method, &path).contains("c2VjcmV0"), "{method} {path}");
        }
        let tried = of(Event::new("authn.login"), "account", "pass word");
        let line = String::from_utf8(tried.to_line(0, SystemTime::UNIX_EPOCH)).unwrap();
        assert!(!line.contains("pass"), "{line}");
    }
}

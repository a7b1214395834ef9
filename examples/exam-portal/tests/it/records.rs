//! Exams, copies, grades, announcements, payments and settings, and what attackers send them.

use serde_json::{Value, json};

use crate::portal::{Answer, Client, Portal, content};

const ANNOUNCEMENT: &str = "/api/v1/announcements/welcome";

pub(crate) fn exam(portal: &Portal) -> i64 {
    let answer = portal.json("POST", "/api/v1/exams", &json!({"title": "Algebra"}));
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()["id"].as_i64().unwrap()
}

pub(crate) fn pdf() -> Vec<u8> {
    let body = "%PDF-1.4\n1 0 obj\n<</Type/Catalog>>\nendobj\n";
    let rest = "xref\n0 1\n0000000000 65535 f \ntrailer\n<</Root 1 0 R>>\n";
    format!("{body}{rest}startxref\n{}\n%%EOF\n", body.len()).into_bytes()
}

/// Keeps a copy of an exam.
pub(crate) fn copy(portal: &Portal, exam: i64) -> Answer {
    upload(portal, exam, FILE, &pdf(), "")
}

fn upload(portal: &Portal, exam: i64, disposition: &str, file: &[u8], more: &str) -> Answer {
    let mut body = format!("{more}--b\r\nContent-Disposition: form-data; {disposition}\r\n\r\n");
    let mut bytes = std::mem::take(&mut body).into_bytes();
    bytes.extend_from_slice(file);
    bytes.extend_from_slice(b"\r\n--b--\r\n");
    let headers = [("content-type", "multipart/form-data; boundary=b")];
    portal.send("POST", &format!("/api/v1/exams/{exam}/copies"), &headers, &bytes)
}

const FILE: &str = "name=\"file\"; filename=\"Scan R\u{e9}sum\u{e9}.pdf\"";

fn student(portal: &Portal) -> Client<'_> {
    portal.sign_in("student")
}

#[test]
fn a_copy_goes_up_and_comes_down_as_it_was() {
    let portal = Portal::start();
    let exam = exam(&portal);
    let of = "--b\r\nContent-Disposition: form-data; name=\"studentCode\"\r\n\r\nS-0001\r\n";
    let kept = upload(&portal, exam, FILE, &pdf(), of);
    assert_eq!(kept.status, 201, "{kept:?}");
    assert_eq!(kept.json()["sha256"].as_str().unwrap().len(), 64);
    let path = format!("/api/v1/exams/{exam}/copies/{}", kept.json()["id"]);
    let got = portal.get(&path);
    assert_eq!((got.status, got.body.as_slice()), (200, pdf().as_slice()));
    assert_eq!(got.header("content-length"), Some(pdf().len().to_string().as_str()));
    assert_eq!(got.header("content-type"), Some("application/pdf"));
    assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
    let disposition = got.header("content-disposition").unwrap();
    assert!(disposition.starts_with("attachment; filename=\"Scan R_sum_.pdf\""), "{disposition}");
    assert!(got.header("content-security-policy").unwrap().contains("script-src 'none'"));
    // The account `student` is S-0001.
    assert_eq!(student(&portal).get(&path).status, 200);
    let own = upload(&portal, exam, FILE, &pdf(), "");
    let others = format!("/api/v1/exams/{exam}/copies/{}", own.json()["id"]);
    student(&portal).get(&others).is_problem(404, "unknown_copy");
    portal.anonymous().get(&path).is_problem(401, "authentication_required");
    let table =
        ["/api/v1/exams/99/copies/1", "/api/v1/exams/1/copies/x", "/api/v1/exams/-1/copies/1"];
    for path in table {
        portal.get(path).is_problem(404, "unknown_copy");
    }
    let names = content(&portal.data().join("copies"));
    assert_eq!(names.len(), 2);
    assert!(names.iter().all(|(name, _)| !name.to_string_lossy().contains("Scan")));
}

#[test]
fn no_file_is_taken_that_is_another_or_two_or_leads_out() {
    let portal = Portal::start();
    let exam = exam(&portal);
    let zip = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let bomb = [&b"PK\x03\x04"[..], &[0; 64]].concat();
    let table: Vec<(&str, &str, Vec<u8>, u16, &str)> = vec![
        ("a zip bomb", FILE, bomb, 415, "unsupported_media_type"),
        ("a page", FILE, b"<script>alert(1)</script>".to_vec(), 415, "unsupported_media_type"),
        (
            "a picture with a script",
            FILE,
            b"GIF89a/*<script>".to_vec(),
            415,
            "unsupported_media_type",
        ),
        ("a polyglot", FILE, [&pdf()[..], zip].concat(), 422, "invalid_input"),
        ("half a file", FILE, pdf()[..60].to_vec(), 422, "invalid_input"),
        ("too much", FILE, [&pdf()[..], &vec![b' '; 11 << 20]].concat(), 413, "body_too_large"),
        ("a way out", "name=\"file\"; filename=\"../../x.pdf\"", pdf(), 422, "invalid_input"),
        (
            "another way",
            "name=\"file\"; filename=\"..\\\\..\\\\x.pdf\"",
            pdf(),
            422,
            "invalid_input",
        ),
        ("a device", "name=\"file\"; filename=\"nul.pdf\"", pdf(), 422, "invalid_input"),
        ("another field", "name=\"other\"; filename=\"x.pdf\"", pdf(), 422, "invalid_input"),
        ("no field", "filename=\"x.pdf\"", pdf(), 400, "malformed_input"),
    ];
    for (name, disposition, file, status, code) in table {
        let answer = upload(&portal, exam, disposition, &file, "");
        assert_eq!(answer.status, status, "{name}: {answer:?}");
        answer.is_problem(status, code);
    }
    upload(&portal, 99, FILE, &pdf(), "").is_problem(404, "unknown_exam");
    let nobody = "--b\r\nContent-Disposition: form-data; name=\"studentCode\"\r\n\r\nnobody\r\n";
    upload(&portal, exam, FILE, &pdf(), nobody).is_problem(422, "unknown_student");
    assert_eq!(content(&portal.data().join("copies")), [], "nothing is left of them");
    let inside = content(portal.data().parent().unwrap());
    assert!(inside.iter().all(|(name, _)| !name.ends_with("x.pdf")));
}

#[test]
fn grades_are_numbers_of_students_there_are() {
    let portal = Portal::start();
    let exam = exam(&portal);
    let path = format!("/api/v1/exams/{exam}/grades");
    let put = |body: &str| {
        let headers = [("content-type", "application/json")];
        portal.send("PUT", &path, &headers, body.as_bytes())
    };
    let set = put(r#"{"S-0001": 17, "S-0002": 12.25}"#);
    assert_eq!((set.status, set.json()["grades"].as_u64()), (200, Some(2)));
    assert_eq!(portal.get(&path).json(), json!({"S-0001": 17, "S-0002": 12.25}));
    assert_eq!(student(&portal).get(&path).json(), json!({"S-0001": 17}));
    put(r#"{"S-0001": NaN}"#).is_problem(400, "malformed_input");
    for body in [r#"{"S-0001": 1e999}"#, r#"{"S-0001": -1}"#, r#"{"S-0001": 1, "S-0001": 2}"#] {
        let status = put(body).status;
        assert!(status == 422 || status == 400, "{body}: {status}");
    }
    put(r#"{"canary-4711": "x"}"#).is_problem(422, "invalid_input");
    let told = put(r#"{"canary-4711": 1}"#);
    told.is_problem(422, "unknown_student");
    assert!(!told.text().contains("canary"), "{}", told.text());
    let path = "/api/v1/exams/99/grades";
    portal.json("PUT", path, &json!({})).is_problem(404, "unknown_exam");
}

#[test]
fn an_announcement_is_shown_as_html_that_acts_in_nothing() {
    let portal = Portal::start();
    let put = |markdown: &str| portal.json("PUT", ANNOUNCEMENT, &json!({"markdown": markdown}));
    let shown = put("# Hi\n\n[a](javascript:alert(1)) [b](/exams) <script>alert(1)</script>");
    assert_eq!(shown.status, 200, "{shown:?}");
    let html =
        "<h1>Hi</h1>\n<p>a <a href=\"/exams\">b</a> &lt;script&gt;alert(1)&lt;/script&gt;</p>\n";
    assert_eq!(shown.json()["html"], html);
    assert_eq!(student(&portal).get(ANNOUNCEMENT).json(), shown.json());
    let page = student(&portal).get("/announcements/welcome").text();
    assert!(page.contains(html) && !page.contains("<textarea"), "{page}");
    let refused =
        put(&format!("{}\n|{}\n{}", "|a".repeat(900), "-|".repeat(900), "|\n".repeat(900)));
    refused.is_problem(422, "invalid_input");
    assert_eq!(refused.json()["errors"][0]["code"], "expansion");
    put(&">".repeat(100)).is_problem(422, "invalid_input");
    put(&"x".repeat(70_000)).is_problem(422, "invalid_input");
    portal.get("/api/v1/announcements/nothing").is_problem(404, "unknown_announcement");
    for slug in ["..%2f..%2fx", "A", "-a", "%00", "a%20b"] {
        portal
            .get(&format!("/api/v1/announcements/{slug}"))
            .is_problem(404, "unknown_announcement");
    }
    let forbidden = student(&portal).json("PUT", ANNOUNCEMENT, &json!({"markdown": "x"}));
    forbidden.is_problem(403, "forbidden");
}

#[test]
fn a_payment_is_whole_minor_units_of_a_known_currency() {
    let portal = Portal::start();
    let pay = |amount: Value, currency: &str| {
        let body = json!({"studentCode": "S-0001", "amount": amount, "currency": currency});
        portal.json("POST", "/api/v1/payments", &body)
    };
    let paid = pay(json!("12.50"), "EUR");
    assert_eq!(paid.status, 201, "{paid:?}");
    assert_eq!(
        (&paid.json()["minorUnits"], &paid.json()["amount"]),
        (&json!(1250), &json!("12.50"))
    );
    assert_eq!(pay(json!("12.500"), "KWD").json()["minorUnits"], 12_500);
    assert_eq!(pay(json!("1250"), "JPY").json()["minorUnits"], 1250);
    for (amount, currency) in [
        (json!(12.5), "EUR"),
        (json!("12.505"), "EUR"),
        (json!("1.5"), "JPY"),
        (json!("NaN"), "EUR"),
        (json!("1e3"), "EUR"),
        (json!("-1"), "EUR"),
        (json!("0"), "EUR"),
        (json!("99999999999999999999"), "EUR"),
        (json!("1"), "XXY"),
        (json!("1"), "eur"),
    ] {
        pay(amount, currency).is_problem(422, "invalid_input");
    }
    let body = json!({"studentCode": "nobody", "amount": "1", "currency": "EUR"});
    portal.json("POST", "/api/v1/payments", &body).is_problem(422, "unknown_student");
}

#[test]
fn settings_are_read_by_all_and_set_by_the_administrator() {
    let portal = Portal::start();
    let body = json!({"schoolName": "Lyc\u{e9}e", "contactEmail": null, "currency": "NPR"});
    portal.json("PUT", "/api/v1/settings", &body).is_problem(403, "forbidden");
    let admin = portal.sign_in("admin");
    assert_eq!(admin.json("PUT", "/api/v1/settings", &body).status, 200);
    assert_eq!(student(&portal).get("/api/v1/settings").json(), body);
    let form = [("schoolName", "School"), ("contactEmail", ""), ("currency", "EUR")];
    assert_eq!(admin.form("/settings", &form).status, 303);
    assert!(portal.get("/settings").text().contains("<dd>School</dd>"));
    let wrong = [("schoolName", ""), ("contactEmail", "x"), ("currency", "EUR")];
    let page = admin.form("/settings", &wrong);
    assert_eq!(page.status, 422);
    assert!(page.text().contains("contactEmail: must be an e-mail address."), "{}", page.text());
}

/// What all of these calls share: no member is taken that is not asked for, none twice, no depth.
#[test]
fn mass_assignment_twins_and_depth_are_refused_everywhere() {
    let portal = Portal::start();
    let admin = portal.sign_in("admin");
    let exam = exam(&portal);
    let calls = [
        ("POST", "/api/v1/exams".to_owned(), "\"title\":\"x\""),
        ("PUT", ANNOUNCEMENT.to_owned(), "\"markdown\":\"x\""),
        (
            "POST",
            "/api/v1/payments".to_owned(),
            "\"studentCode\":\"S-0001\",\"amount\":\"1\",\"currency\":\"EUR\"",
        ),
        (
            "PUT",
            "/api/v1/settings".to_owned(),
            "\"schoolName\":\"x\",\"contactEmail\":null,\"currency\":\"EUR\"",
        ),
        ("PUT", format!("/api/v1/exams/{exam}/grades"), "\"S-0001\":1"),
    ];
    let deep = format!("{}{}", "[".repeat(2_000), "]".repeat(2_000));
    for (method, path, members) in calls {
        let first = members.split(',').next().unwrap();
        let send = |body: String| {
            let headers = [("content-type", "application/json")];
            admin.send(method, &path, &headers, body.as_bytes())
        };
        send(format!("{{{members},\"id\":7}}")).is_problem(
            422,
            if path.ends_with("grades") { "unknown_student" } else { "invalid_input" },
        );
        send(format!("{{{members},{first}}}")).is_problem(422, "invalid_input");
        send(format!("{{{members},\"x\":{deep}}}")).is_problem(400, "malformed_input");
        send(deep.clone()).is_problem(400, "malformed_input");
        send("\u{feff}{}".to_owned()).is_problem(400, "malformed_input");
    }
    for query in
        ["page=4294967295", "page=99999999999999999999", "page=-1", "page=NaN", "per_page=0"]
    {
        let list = portal.get(&format!("/api/v1/exams?{query}"));
        assert_eq!(list.status, 200, "{query}: {list:?}");
        assert_eq!(portal.get(&format!("/exams?{query}")).status, 200, "{query}");
    }
    portal.get("/api/v1/exams?page=1&page=2").is_problem(422, "invalid_input");
}

#[test]
fn a_table_of_students_goes_out_and_in_and_computes_nothing() {
    let portal = Portal::start();
    let import = |table: &str| {
        portal.send(
            "POST",
            "/api/v1/students/import",
            &[("content-type", "text/csv")],
            table.as_bytes(),
        )
    };
    let table = "email,code,name,birthDate\r\n\
                 a@b.example,T-1,\"=HYPERLINK(\"\"https://evil.example\"\")\",2008-01-01\r\n\
                 nothing,T-2,Bob,2008-02-30\r\n\
                 c@d.example,T-1,Twice,2008-01-01\r\n\
                 e@f.example,S-0001,Taken,2008-01-01\r\n\
                 g@h.example,T-3,Short\r\n";
    let report = import(table);
    assert_eq!(report.status, 200, "{report:?}");
    let report = report.json();
    assert_eq!((&report["imported"], &report["refused"]), (&json!(1), &json!(4)));
    let lines = report["lines"].as_array().unwrap();
    let lines: Vec<_> = lines.iter().map(|line| line["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [3, 4, 5, 6]);
    assert_eq!(report["lines"][0]["errors"].as_array().unwrap().len(), 2);

    let export = portal.get("/api/v1/students/export.csv");
    assert!(export.header("content-type").unwrap().starts_with("text/csv"));
    assert!(export.header("content-disposition").unwrap().starts_with("attachment"));
    let text = export.text();
    assert!(text.starts_with("code,name,email,birthDate\r\n"));
    assert!(
        text.contains("T-1,\"'=HYPERLINK(\"\"https://evil.example\"\")\",a@b.example"),
        "{text}"
    );
    assert_eq!(text.lines().count(), 38);
    // What went out comes in as it was: every code is taken, nothing else is wrong.
    let again = import(&text).json();
    assert_eq!((&again["imported"], &again["refused"]), (&json!(0), &json!(37)));

    import("code,name\r\n").is_problem(422, "csv_columns");
    import("code,name,email,birthDate,role\r\n").is_problem(422, "csv_columns");
    import("").is_problem(422, "csv");
    import("a\"b").is_problem(422, "csv");
    let long = format!("code,name,email,birthDate\r\n{}", "a,b,c,d\r\n".repeat(2_001));
    import(&long).is_problem(422, "keys");
    import(&"x".repeat(2 << 20)).is_problem(413, "body_too_large");
    let plain =
        portal.send("POST", "/api/v1/students/import", &[("content-type", "text/plain")], b"x");
    plain.is_problem(415, "unsupported_media_type");
    student(&portal).get("/api/v1/students/export.csv").is_problem(403, "forbidden");
}

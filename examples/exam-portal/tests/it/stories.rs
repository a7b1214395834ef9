//! Whole days in Chromium: what a teacher and an administrator do, and what an attacker tries.
//!
//! Each attack has a test of its own that shows it working without the protection; here they come one
//! after the other, as they would, against one portal that is at work.

use palisade_testkit::browser::Browser;
use serde_json::{Value, json};

use crate::browser::sign_in;
use crate::portal::{Client, Portal};
use crate::resets::{link, mails};

/// A small PDF, as JavaScript.
const PDF: &str = r"`%PDF-1.4\n1 0 obj\n<</Type/Catalog>>\nendobj\nxref\n0 1\n0000000000 65535 f \ntrailer\n<</Root 1 0 R>>\nstartxref\n42\n%%EOF\n`";

fn url(portal: &Portal, path: &str) -> String {
    format!("http://{}{path}", portal.address)
}

/// Asks from the page that is open, as its own script would; gives status and body.
async fn ask(browser: &Browser, method: &str, path: &str, kind: &str, body: &str) -> Value {
    let script = format!(
        "(async () => {{ const answer = await fetch('{path}', {{method: '{method}', \
         headers: {{'content-type': '{kind}'}}, body: {body}}}); \
         return [answer.status, await answer.text()]; }})()"
    );
    run(browser, &script).await
}

/// Waits for what a script promises.
async fn run(browser: &Browser, script: &str) -> Value {
    let call = json!({"expression": script, "awaitPromise": true, "returnByValue": true});
    let answer = browser.call("Runtime.evaluate", call).await.unwrap();
    answer["result"]["value"].clone()
}

/// Publishes Markdown by the form.
async fn publish(browser: &Browser, portal: &Portal, slug: &str, markdown: &str) {
    browser.goto(&url(portal, &format!("/announcements/{slug}"))).await.unwrap();
    browser.fill("#markdown", markdown).await.unwrap();
    browser.submit("form.stack").await.unwrap();
    browser.wait_until("document.querySelector('article') !== null").await.unwrap();
}

#[tokio::test]
async fn a_teachers_day() {
    let portal = Portal::start();
    let browser = Browser::start().await.unwrap();
    sign_in(&browser, &portal, "teacher").await;
    assert!(browser.text("h1").await.unwrap().contains("Dashboard"));

    // A class comes as a table; one line of it is wrong and said to be.
    let table = r"`code,name,email,birthDate\r\nT-1,Ada Byron,ada@school.example,2008-12-10\r\nT-2,,nothing,2008-02-30\r\n`";
    let report = ask(&browser, "POST", "/api/v1/students/import", "text/csv", table).await;
    assert_eq!(report[0], 200, "{report}");
    let report: Value = serde_json::from_str(report[1].as_str().unwrap()).unwrap();
    assert_eq!((&report["imported"], &report["lines"][0]["line"]), (&json!(1), &json!(3)));
    browser.goto(&url(&portal, "/students?q=T-1")).await.unwrap();
    assert!(browser.text("tbody").await.unwrap().contains("Ada Byron"));

    // An exam, a scan of what she wrote, her points.
    browser.goto(&url(&portal, "/exams")).await.unwrap();
    browser.fill("#title", "Algebra").await.unwrap();
    browser.submit("form.grid").await.unwrap();
    assert!(browser.text("tbody").await.unwrap().contains("Algebra"));
    let exam = browser.text("tbody .code").await.unwrap();
    let upload = format!(
        "(async () => {{ const form = new FormData(); form.append('studentCode', 'T-1'); \
         form.append('file', new Blob([{PDF}]), 'ada.pdf'); \
         const answer = await fetch('/api/v1/exams/{exam}/copies', {{method: 'POST', body: form}}); \
         return [answer.status, await answer.text()]; }})()"
    );
    let kept = run(&browser, &upload).await;
    assert_eq!(kept[0], 201, "{kept}");
    let grades = format!("/api/v1/exams/{exam}/grades");
    let set =
        ask(&browser, "PUT", &grades, "application/json", "JSON.stringify({'T-1': 17.5})").await;
    assert_eq!(set, json!([200, "{\"grades\":1}"]));
    browser.goto(&url(&portal, "/exams")).await.unwrap();
    assert_eq!(browser.text("tbody td[data-label=Copies]").await.unwrap(), "1");
    assert_eq!(portal.get(&grades).json(), json!({"T-1": 17.5}));

    // The news, which a student reads.
    publish(&browser, &portal, "results", "# Results\n\nAlgebra is **graded**.").await;
    assert_eq!(browser.text("article strong").await.unwrap(), "graded");
    assert_eq!(browser.console_messages().await.unwrap(), []);
    browser.click(".who button").await.unwrap();
    sign_in(&browser, &portal, "student").await;
    browser.goto(&url(&portal, "/announcements/results")).await.unwrap();
    assert_eq!(browser.text("article h1").await.unwrap(), "Results");
    assert_eq!(browser.count("form.stack").await.unwrap(), 0, "nothing to write for a student");
}

#[tokio::test]
async fn an_administrators_day() {
    const NEW: &str = "red bicycles under snow";
    let portal = Portal::start();
    let teachers_own = portal.sign_in("teacher");
    let id = teachers_own.get("/api/v1/me").json()["id"].clone();
    let browser = Browser::start().await.unwrap();
    sign_in(&browser, &portal, "admin").await;

    // A colleague has lost the password: a link goes out, the sessions end.
    let path = format!("/api/v1/admin/users/{id}/reset-password");
    let done = ask(&browser, "POST", &path, "application/json", "'{}'").await;
    assert_eq!(done, json!([204, ""]));
    teachers_own.get("/api/v1/me").is_problem(401, "authentication_required");
    let mail = mails(&portal, 1).remove(0);
    let theirs = Browser::start().await.unwrap();
    theirs.goto(link(&mail)).await.unwrap();
    let shown = theirs.url().await.unwrap();
    assert!(!shown.contains(link(&mail).rsplit('/').next().unwrap()), "no token in {shown}");
    theirs.fill("input[name=new_password]", NEW).await.unwrap();
    theirs.submit("main form").await.unwrap();
    assert!(portal.sign_in_with("teacher", NEW).is_ok());
    theirs.goto(link(&mail)).await.unwrap();
    assert_eq!(theirs.count("input[name=new_password]").await.unwrap(), 0, "a link is good once");

    // Who did what: the form of filters, and the proof of what it finds.
    browser.goto(&url(&portal, "/admin/audit")).await.unwrap();
    browser.fill("#actor", "admin").await.unwrap();
    browser.fill("#action", "user.*").await.unwrap();
    browser.submit("form[role=search]").await.unwrap();
    let found = browser.text("tbody").await.unwrap();
    assert!(found.contains("user.password.reset") && found.contains("success"), "{found}");
    assert!(!found.contains("authn"), "filtered: {found}");
    assert_eq!(browser.console_messages().await.unwrap(), []);
    browser.click("tbody tr button").await.unwrap();
    browser.wait_until("document.body.innerText.includes('checkpoint')").await.unwrap();
    let proof: Value =
        serde_json::from_str(&browser.text("pre").await.unwrap()).expect("the proof as JSON");

    // Whoever has the key can check that the event is in the signed log, and that another is not.
    let key = std::fs::read_to_string(portal.data().join("audit.vkey")).unwrap();
    let key: palisade_audit::VerifierKey = key.parse().unwrap();
    let text = |name: &str| proof[name].as_str().unwrap();
    let signed = palisade_audit::Checkpoint::verify(text("checkpoint").as_bytes(), &key).unwrap();
    let hashes = proof["path"].as_array().unwrap().iter();
    let path: Vec<palisade_audit::merkle::Hash> =
        hashes.map(|hash| hash.as_str().unwrap().parse().unwrap()).collect();
    let seq = proof["seq"].as_u64().unwrap();
    let is_in = |event: &str| {
        let leaf = palisade_audit::merkle::leaf(event.as_bytes());
        palisade_audit::merkle::verify_inclusion(&leaf, seq, signed.size(), signed.root(), &path)
            .is_ok()
    };
    assert!(is_in(text("event")));
    assert!(!is_in(&text("event").replace("admin", "nobody")), "a changed event is not");
}

#[tokio::test]
async fn an_attackers_day() {
    let portal = Portal::start();
    let browser = Browser::start().await.unwrap();

    // From a browser. A session that was planted before the victim signs in is worth nothing after it.
    browser.goto(&url(&portal, "/login")).await.unwrap();
    let planted = format!("sid={}", "A".repeat(43));
    browser.evaluate(&format!("document.cookie = '{planted}; path=/'")).await.unwrap();
    sign_in(&browser, &portal, "student").await;
    let attacker = Client { portal: &portal, cookie: Some(planted.clone()) };
    attacker.get("/api/v1/me").is_problem(401, "authentication_required");
    let kept = browser.cookies().await.unwrap();
    assert!(kept.iter().all(|cookie| !planted.ends_with(&cookie.value)), "{kept:?}");

    // A student asks for a record, a copy and an office that are not its own.
    let exam = portal.json("POST", "/api/v1/exams", &json!({"title": "Algebra"}));
    let exam = exam.json()["id"].clone();
    let mut form =
        b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n"
            .to_vec();
    form.extend(crate::records::pdf());
    form.extend(b"\r\n--b--\r\n");
    let copies = format!("/api/v1/exams/{exam}/copies");
    let headers = [("content-type", "multipart/form-data; boundary=b")];
    let copy = portal.send("POST", &copies, &headers, &form).json()["id"].clone();
    for (path, status) in [
        ("/students/S-0002".to_owned(), 404),
        (format!("{copies}/{copy}"), 404),
        ("/admin/audit".to_owned(), 403),
        ("/admin/security".to_owned(), 403),
        ("/api/v1/students/export.csv".to_owned(), 403),
    ] {
        let got = run(&browser, &format!("fetch('{path}').then(answer => answer.status)")).await;
        assert_eq!(got, status, "{path}");
    }
    browser.click(".who button").await.unwrap();

    // A colleague's announcement carries scripts, its table of students formulas.
    sign_in(&browser, &portal, "teacher").await;
    browser.clear_console();
    let poison = "<script>document.title='owned'</script> <img src=x onerror=\"document.title='owned'\"> [x](javascript:document.title='owned')";
    publish(&browser, &portal, "poison", poison).await;
    assert_eq!(
        browser.count("article script, article img, article a[href^=javascript]").await.unwrap(),
        0
    );
    assert!(!browser.evaluate("document.title").await.unwrap().to_string().contains("owned"));
    assert_eq!(browser.console_messages().await.unwrap(), [], "nothing was even tried");
    let formula = r#"`code,name,email,birthDate\r\nF-1,"=HYPERLINK(""https://evil.example"")",f@b.example,2008-01-01\r\n`"#;
    ask(&browser, "POST", "/api/v1/students/import", "text/csv", formula).await;
    let table =
        run(&browser, "fetch('/api/v1/students/export.csv').then(answer => answer.text())").await;
    let table = table.as_str().unwrap();
    assert!(table.contains("F-1,\"'=HYPERLINK(") && !table.contains("\"=HYPERLINK("), "{table}");

    // Another site, with the teacher's cookie at hand: it frames, and it posts.
    let page = crate::headers::attacker(&format!(
        "<iframe src=\"{}\" onload=\"window.loaded = true\"></iframe>\
         <form method=post action=\"{}\"><button>Win</button></form>",
        url(&portal, "/students"),
        url(&portal, "/students/S-0002/remove")
    ));
    browser.goto(&format!("http://127.0.0.1:{page}/")).await.unwrap();
    browser.wait_until("window.loaded === true").await.unwrap();
    let framed = browser.evaluate("frames[0].length !== undefined && (() => { try { return frames[0].document !== null } catch { return 'closed' } })()").await.unwrap();
    assert_eq!(framed, "closed", "an error page of the browser's own, not ours");
    let console = browser.console_messages().await.unwrap();
    assert!(console.iter().any(|line| line.text.contains("frame-ancestors")), "{console:?}");
    browser.submit("form").await.unwrap();
    assert!(browser.text("body").await.unwrap().contains("cross_site_request"));
    assert_eq!(portal.get("/api/v1/students/S-0002").status, 200, "still there");

    // From a script: too much, out of the folder, and again and again.
    let nobody = portal.anonymous();
    let endless = "x".repeat(1 << 20);
    nobody
        .json("POST", "/api/v1/auth/login", &json!({"username": "admin", "password": endless}))
        .is_problem(413, "body_too_large");
    let head = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../../etc/cron.d/x\"\r\n\r\n";
    let mut climbing = head.as_bytes().to_vec();
    climbing.extend(crate::records::pdf());
    climbing.extend(b"\r\n--b--\r\n");
    let before = crate::portal::content(&portal.data().join("copies")).len();
    let climbed = portal.send("POST", &copies, &headers, &climbing);
    assert!(matches!(climbed.status, 201 | 422), "{climbed:?}");
    let after = crate::portal::content(&portal.data().join("copies"));
    assert!(after.len() <= before + 1 && !portal.data().join("../etc").exists());
    for path in
        ["/assets/../portal.sqlite3", "/assets/%2e%2e/portal.sqlite3", "/assets/..%2fsecret.key"]
    {
        assert_eq!(nobody.get(path).status, 404, "{path}");
    }
    let guess = |password: &str| portal.sign_in_with("admin", password).err().map(|it| it.status);
    let guesses: Vec<Option<u16>> = (0..6).map(|turn| guess(&format!("guess {turn}"))).collect();
    assert_eq!(guesses, [401, 401, 401, 401, 401, 429].map(Some));
    assert_eq!(guess(&portal.password("admin")), Some(429), "the right one is not looked at");

    // And all of it is in the trail.
    let (code, log, _) = portal.stop();
    assert_eq!(code, Some(0));
    for event in ["authn_login_fail", "authn_login_lock"] {
        assert!(log.contains(event), "{event}: {log}");
    }
}

//! The pages as text; how they look is the browser's matter.

use crate::portal::Portal;

#[test]
fn pages_have_landmarks_and_nothing_that_a_strict_policy_refuses() {
    let portal = Portal::start();
    for (path, heading) in [("/", "<h1>Dashboard</h1>"), ("/students", "<h1>Students</h1>")] {
        let page = portal.get(path);
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        let text = page.text();
        for part in [
            "<html lang=\"en\">",
            "<main id=\"main\"",
            "<header",
            "<nav",
            "href=\"#main\"",
            heading,
        ] {
            assert!(text.contains(part), "{path}: {part}");
        }
        for part in ["<script", "<style", " style=", " onclick", "javascript:"] {
            assert!(!text.contains(part), "{path}: {part}");
        }
    }
}

#[test]
fn the_list_is_searched_sorted_and_paged_by_links() {
    let portal = Portal::start();
    let first = portal.get("/students?per_page=20").text();
    assert!(
        first.contains("Page 1 of 2") && first.contains("rel=\"next\" href=\"/students?page=2\"")
    );
    assert!(first.contains("aria-sort=\"ascending\"><a href=\"/students?sort=-name\">Name"));
    let second = portal.get("/students?page=2").text();
    assert!(second.contains("Page 2 of 2") && second.contains("rel=\"prev\" href=\"/students\""));
    let found = portal.get("/students?q=Amina&sort=-code").text();
    assert!(found.contains("3 records") && found.contains("value=\"Amina\""), "{found}");
    assert!(found.find("S-0025").unwrap() < found.find("S-0001").unwrap());
    let none = portal.get("/students?q=nobody").text();
    assert!(none.contains("No record matches"));
    let beyond = portal.get("/students?page=99").text();
    assert!(beyond.contains("The list ends before this page. <a href=\"/students?page=2\">"));
}

#[test]
fn stylesheet_and_icon_are_there() {
    let portal = Portal::start();
    let table = [
        ("/assets/portal.css", "text/css; charset=utf-8"),
        ("/assets/icon.svg", "image/svg+xml"),
        ("/favicon.ico", "image/svg+xml"),
    ];
    for (path, content_type) in table {
        let file = portal.get(path);
        assert_eq!((file.status, file.header("content-type")), (200, Some(content_type)));
        assert_eq!(file.header("cache-control"), Some("public, max-age=3600"));
    }
}

//! The pages in Chromium: what it draws, what it says on its console, how wide they are.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use crate::portal::Portal;

const STRICT: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// What a visit showed.
struct Visit {
    dom: String,
    console: Vec<String>,
}

fn chromium(args: &[&str], url: &str) -> Visit {
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--enable-logging=stderr", "--hide-scrollbars"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(args)
        .arg(url)
        .output()
        .unwrap_or_else(|error| panic!("chromium: {error}; run `cargo xtask setup`"));
    let errors = String::from_utf8_lossy(&output.stderr);
    Visit {
        dom: String::from_utf8_lossy(&output.stdout).into_owned(),
        console: errors
            .lines()
            .filter(|line| line.contains("CONSOLE"))
            .map(str::to_owned)
            .collect(),
    }
}

/// A proxy in front of the portal that adds a policy and, before the end of a page, a text.
fn in_front_of(portal: &Portal, policy: &str, addition: &str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (upstream, policy, addition) =
        (portal.address, policy.to_owned(), Arc::new(addition.to_owned()));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (policy, addition) = (policy.clone(), Arc::clone(&addition));
            std::thread::spawn(move || -> std::io::Result<()> {
                let mut stream = stream?;
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? == 1 {
                    head.extend_from_slice(&byte);
                }
                let head = String::from_utf8_lossy(&head).replace("keep-alive", "close");
                let mut portal = std::net::TcpStream::connect(upstream)?;
                portal.write_all(head.as_bytes())?;
                let mut answer = Vec::new();
                portal.read_to_end(&mut answer)?;
                let answer = String::from_utf8_lossy(&answer);
                let answer = answer.replacen("\r\n", &format!("\r\n{policy}\r\n"), 1);
                let answer = answer.replace("content-length", "x-length");
                stream
                    .write_all(answer.replace("</body>", &format!("{addition}</body>")).as_bytes())
            });
        }
    });
    address
}

fn artefact(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("exam-portal");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

#[test]
fn pages_are_drawn_without_a_word_on_the_console() {
    let portal = Portal::start();
    let pages = [("/", "dashboard", "Latest records"), ("/students", "students", "Amina Abdi")];
    for (path, name, expected) in pages {
        for (size, width) in [("1280,900", "wide"), ("390,844", "phone")] {
            let picture = artefact(&format!("{name}-{width}.png"));
            let _ = std::fs::remove_file(&picture);
            let screenshot = format!("--screenshot={}", picture.display());
            let url = format!("http://{}{path}", portal.address);
            let visit = chromium(&[&screenshot, &format!("--window-size={size}")], &url);
            assert_eq!(visit.console, [""; 0], "{path}");
            assert!(std::fs::metadata(&picture).unwrap().len() > 10_000, "{picture:?}");
        }
        let visit = chromium(&["--dump-dom"], &format!("http://{}{path}", portal.address));
        assert!(visit.dom.contains(expected), "{path}: {}", visit.dom);
    }
}

#[test]
fn a_strict_policy_breaks_nothing_and_a_stricter_one_is_heard() {
    let portal = Portal::start();
    let strict = in_front_of(&portal, &format!("content-security-policy: {STRICT}"), "");
    for path in ["/", "/students"] {
        let visit = chromium(&["--dump-dom"], &format!("http://{strict}{path}"));
        assert!(visit.dom.contains("Amina") || visit.dom.contains("Latest records"));
        assert_eq!(visit.console, [""; 0], "{path}");
    }
    let without_style = STRICT.replace("style-src 'self'", "style-src 'none'");
    let stricter = in_front_of(&portal, &format!("content-security-policy: {without_style}"), "");
    let visit = chromium(&["--dump-dom"], &format!("http://{stricter}/"));
    assert!(visit.console.iter().any(|line| line.contains("style-src")), "{:?}", visit.console);
}

#[test]
fn no_page_is_wider_than_a_phone() {
    let portal = Portal::start();
    let name = "W".repeat(120);
    let body = serde_json::json!({"code": "W".repeat(32), "name": name, "email": format!("{}@b.example", "w".repeat(60)), "birthDate": "2000-01-01"});
    assert_eq!(portal.json("POST", "/api/v1/students", &body).status, 201);
    // The page measures itself inside a frame as wide as a phone.
    let measure = "<script>if (self === top) { document.body.innerHTML = \
        '<iframe width=360 height=800 frameborder=0></iframe>'; \
        const frame = document.querySelector('iframe'); frame.onload = () => { \
        const page = frame.contentDocument.documentElement; \
        document.title = `measured ${page.clientWidth} ${page.scrollWidth}`; }; \
        frame.src = location.href + '#framed'; }</script>";
    let proxy = in_front_of(&portal, "x-none: 1", measure);
    for path in ["/", "/students"] {
        let visit = chromium(&["--dump-dom"], &format!("http://{proxy}{path}"));
        assert!(visit.dom.contains("<title>measured 360 360</title>"), "{path}: {}", visit.dom);
    }
}

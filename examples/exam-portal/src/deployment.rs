//! What is wrong with the settings for real users.

use std::net::Ipv4Addr;

use http::Request;
use http::header::HOST;
use palisade::check::{Audit, Code, Deployment, Findings, Guard, Kept, Secret, exposed};
use palisade_edge::{ExternalUrl, Peer, TrustedProxies, external_url};

use crate::config::Config;
use crate::headers::{Headers, HeadersError};
use crate::limits;

/// Where passwords are taken.
const LOGINS: [&str; 2] = ["/login", "/api/v1/auth/login"];

/// Says everything that is wrong; looks at the files of the data folder and touches nothing.
pub(crate) fn check(config: &Config) -> Result<Findings, HeadersError> {
    let mut deployment = Deployment::new()
        .proxies(config.trusted_proxies.ranges())
        .hosts(config.allowed_hosts.patterns())
        .answer(&Headers::new(config)?.shown(site(config)))
        .audit(Audit::Synced);
    if let Some(url) = &config.public_url {
        deployment = deployment.public_url(url.to_string());
    }
    // The table was checked when the settings were read.
    if let Ok(limits) = limits::counting_nothing(&config.limits) {
        deployment = deployment.limits(&limits);
    }
    for path in LOGINS {
        deployment = deployment.login(format!("POST {path}"), &[Guard::Lockout]);
    }
    // One that can be guessed is refused when it is read.
    let secret = config.secret_keys.as_ref().map_or(Secret::Made, |_| Secret::Given);
    deployment = deployment.secret("the secret key", secret);
    // A portal that shares its database is one of several.
    if config.postgres.is_some() {
        deployment = deployment.several_instances().kept("limits and lockouts", Kept::Shared);
    }
    if cfg!(debug_assertions) {
        deployment = deployment.seen(Code::DebugBuild, "the program was built without --release");
    }
    if !config.production {
        let reason = "the first start makes admin, teacher and student and prints their passwords";
        deployment = deployment.seen(Code::DemoAccounts, reason);
    }
    let mut files = Vec::new();
    for folder in std::iter::once(&config.data).chain(&config.copies) {
        match exposed(folder) {
            Ok(found) => files.extend(found),
            Err(error) => tracing::warn!(%error, ?folder, "a folder cannot be looked through"),
        }
    }
    Ok(deployment.files(files).check())
}

/// What a browser at the public url sees.
fn site(config: &Config) -> Option<ExternalUrl> {
    let url = config.public_url.as_ref()?;
    let request = Request::get("/").header(HOST, url.host()).body(()).ok()?;
    let peer = Peer::new((Ipv4Addr::LOCALHOST, 1).into());
    let peer = if url.is_https() { peer.over_tls() } else { peer };
    external_url(&peer, (&request).into(), &TrustedProxies::none()).ok()
}

#[cfg(test)]
mod tests {
    use palisade::check::Level;

    use super::*;
    use crate::config::{self, Asked};

    fn found(args: &[&str]) -> Vec<Code> {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().to_str().unwrap();
        let args = [&["exam-portal", "--data", data], args].concat();
        let args = args.into_iter().map(Into::into);
        let Ok(Asked::Run(_, config)) = config::read(args) else {
            panic!("the arguments are good")
        };
        let findings = check(&config).unwrap();
        let errors = findings.all().iter().filter(|finding| finding.level() == Level::Error);
        errors.map(palisade::check::Finding::code).collect()
    }

    #[test]
    fn what_the_settings_lack_is_found() {
        let demo = [Code::DemoAccounts, Code::SecretMade];
        assert_eq!(found(&[]), demo);
        let plain = [Code::DemoAccounts, Code::PublicUrlHttp, Code::SecretMade];
        assert_eq!(found(&["--public-url", "http://exams.example.org"]), plain);
        let https = ["--public-url", "https://exams.example.org"];
        let unknown = [Code::DemoAccounts, Code::ForwardingUntrusted, Code::SecretMade];
        assert_eq!(found(&https), unknown);
        let behind = ["--trusted-proxy", "10.0.0.1"];
        assert_eq!(found(&[https, behind].concat()), demo);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_of_copies_that_others_may_read_is_found() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let copies = folder.path().join("copies");
        std::fs::create_dir(&copies).unwrap();
        std::fs::write(copies.join("scan"), "").unwrap();
        let flags = ["--postgres", "postgres://db/exams", "--copies", copies.to_str().unwrap()];
        for (mode, is_found) in [(0o755, true), (0o700, false)] {
            std::fs::set_permissions(&copies, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(found(&flags).contains(&Code::DataReadable), is_found, "{mode:o}");
        }
    }

    #[test]
    fn a_table_without_a_limit_for_logins_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("limits.toml");
        for (rule, limited) in [
            (
                "name = \"save\"\nquota = \"5 per minute\"\nby = \"client-ip\"\non = \"PUT /a\"",
                false,
            ),
            ("name = \"all\"\nquota = \"5 per minute\"\nby = \"user\"", false),
            ("name = \"all\"\nquota = \"5 per minute\"\nby = \"client-ip\"", true),
        ] {
            std::fs::write(&file, format!("[[rule]]\n{rule}\n")).unwrap();
            let codes = found(&["--limits", file.to_str().unwrap()]);
            assert_eq!(codes.contains(&Code::LoginUnlimited), !limited, "{rule}: {codes:?}");
        }
    }
}

//! TLS: who is silent in a handshake is not waited for, and requests know of it.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use axum::body::Body;
use http::{Request, Response, Version};
use http_body_util::BodyExt;
use hyper_util::rt::{TokioExecutor, TokioIo};
use palisade::edge::Peer;
use palisade::serve::{Limits, RequestBody, Tls, TlsError};
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tower::service_fn;

use super::house::House;

struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// A certificate that signs itself, for `localhost`.
fn files() -> Files {
    let folder = tempfile::tempdir().unwrap();
    let args = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
                -subj /CN=localhost -addext subjectAltName=DNS:localhost \
                -addext basicConstraints=critical,CA:FALSE -keyout key -out pem";
    let done = Command::new("openssl").args(args.split_whitespace()).current_dir(&folder).output();
    assert!(done.unwrap().status.success());
    let read = |name: &str| std::fs::read(Path::new(folder.path()).join(name)).unwrap();
    Files { certificate: read("pem"), key: read("key") }
}

fn client(certificate: &[u8], protocols: &[&str]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate).unwrap()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    TlsConnector::from(Arc::new(config))
}

fn house(files: &Files) -> House {
    let (house, door) = House::of(10);
    let app = service_fn(async |request: Request<RequestBody>| {
        let peer = request.extensions().get::<Peer>().unwrap();
        let text = format!("{:?} tls={}", request.version(), peer.is_tls());
        Ok::<_, std::convert::Infallible>(Response::new(Body::from(text)))
    });
    let tls = Tls::from_pem(&files.certificate, &files.key).unwrap();
    tokio::spawn(palisade::serve(door, app, Limits::new()).with_tls(tls).into_future());
    house
}

#[tokio::test]
async fn both_protocols_are_offered_and_requests_know_of_tls() {
    let files = files();
    let house = house(&files);
    let name = ServerName::try_from("localhost").unwrap();
    for version in [Version::HTTP_2, Version::HTTP_11] {
        let protocols: &[&str] =
            if version == Version::HTTP_2 { &["h2", "http/1.1"] } else { &["http/1.1"] };
        let connector = client(&files.certificate, protocols);
        let stream = connector.connect(name.clone(), house.connect()).await.unwrap();
        let io = TokioIo::new(stream);
        let request = Request::get("https://localhost/").header("host", "localhost");
        let request = request.body(Body::empty()).unwrap();
        let response = if version == Version::HTTP_2 {
            assert_eq!(io.inner().get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
            let connected = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await;
            let (mut send, connection) = connected.unwrap();
            tokio::spawn(connection);
            send.send_request(request).await.unwrap()
        } else {
            let (mut send, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
            tokio::spawn(connection);
            send.send_request(request).await.unwrap()
        };
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, format!("{version:?} tls=true"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_handshake() {
    let house = house(&files());
    let begin = Instant::now();
    let silent = house.connect();
    house.left(1).await;
    assert_eq!(begin.elapsed().as_secs(), 15);
    drop(silent);
}

#[test]
fn what_is_no_certificate_is_refused() {
    let (files, others) = (files(), files());
    let refused = |certificate: &[u8], key: &[u8]| Tls::from_pem(certificate, key).unwrap_err();
    assert!(matches!(refused(b"", &files.key), TlsError::NoCertificate));
    let half = &files.certificate[..80];
    assert!(matches!(refused(half, &files.key), TlsError::Certificates(_)));
    assert!(matches!(refused(&files.certificate, b""), TlsError::Key(_)));
    assert!(matches!(refused(&files.certificate, &others.key), TlsError::Refused(_)));
    // The words hold nothing of the key.
    let shown = format!("{:?}", Tls::from_pem(&files.certificate, &files.key).unwrap());
    assert_eq!(shown, "Tls { .. }");
}

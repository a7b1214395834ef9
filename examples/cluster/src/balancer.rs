//! nginx in front of the instances.

use std::net::SocketAddr;

use palisade_testkit::proxy::Nginx;

use crate::error::ClusterError;

/// The configuration that containers take as it is.
const CONFIG: &str = include_str!("../nginx.conf");

/// Where the instances are, and which of them gets no requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    pub(crate) is_out: bool,
}

/// The proxy that all requests come through.
#[derive(Debug)]
pub(crate) struct Balancer {
    nginx: Nginx,
    listen: Option<SocketAddr>,
}

impl Balancer {
    /// Starts it before there are instances: until then it answers 502.
    pub(crate) fn start(
        listen: Option<SocketAddr>,
        upstreams: [Upstream; 2],
    ) -> Result<Self, ClusterError> {
        let nginx = Nginx::with_workers(&config(listen, upstreams))?;
        Ok(Self { nginx, listen })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.listen.unwrap_or_else(|| self.nginx.address())
    }

    /// Sends requests to these from now on; returns when none runs that was sent by what held before.
    pub(crate) fn send_to(&self, upstreams: [Upstream; 2]) -> Result<(), ClusterError> {
        Ok(self.nginx.reload(&config(self.listen, upstreams))?)
    }

    /// Lets running requests end, and takes no further ones.
    pub(crate) fn drain(&self) -> Result<(), ClusterError> {
        Ok(self.nginx.stop().map(drop)?)
    }
}

fn config(listen: Option<SocketAddr>, upstreams: [Upstream; 2]) -> String {
    let mut places = "listen 127.0.0.1:{port};".to_owned();
    if let Some(address) = listen {
        places = format!("{places} listen {address};");
    }
    let mut config = CONFIG.replace("listen 8080;", &places);
    for (name, Upstream { address, is_out }) in
        ["portal-a:8080", "portal-b:8080"].iter().zip(upstreams)
    {
        let server = if is_out { format!("{address} down") } else { address.to_string() };
        config = config.replace(name, &server);
    }
    config
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::mpsc::{Receiver, channel};

    use super::*;

    /// A server that answers so, or closes without a word, and tells of each head.
    fn upstream(answer: &'static str) -> (Upstream, Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (heads, seen) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, mut head) = (stream.unwrap(), Vec::new());
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                    head.extend(byte);
                }
                heads.send(String::from_utf8(head).unwrap().to_lowercase()).unwrap();
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        (Upstream { address, is_out: false }, seen)
    }

    const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

    /// Asks the proxy; returns the status line.
    fn ask(balancer: &Balancer, method: &str, lines: &str) -> String {
        let mut stream = TcpStream::connect(balancer.address()).unwrap();
        let head = format!("{method} / HTTP/1.1\r\nhost: portal.example\r\n{lines}");
        stream.write_all(format!("{head}connection: close\r\n\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.lines().next().unwrap().to_owned()
    }

    #[test]
    fn instances_hear_of_clients_what_the_proxy_says_and_nothing_else() {
        let (instance, seen) = upstream(OK);
        let balancer = Balancer::start(None, [instance; 2]).unwrap();
        let lies = "x-forwarded-for: 192.0.2.66\r\nx-forwarded-host: evil.example\r\n\
                    x-forwarded-port: 666\r\nx-forwarded-proto: https\r\n\
                    forwarded: for=192.0.2.66;host=evil.example\r\n";
        assert_eq!(ask(&balancer, "GET", lies), "HTTP/1.1 200 OK");
        let head = seen.recv().unwrap();
        let forwarded: Vec<&str> = head
            .lines()
            .filter(|line| line.contains("forwarded") || line.contains("host"))
            .collect();
        // The last address is the one that the proxy has seen.
        let expected = [
            "host: portal.example",
            "x-forwarded-for: 192.0.2.66, 127.0.0.1",
            "x-forwarded-proto: http",
            "x-forwarded-host: portal.example",
        ];
        assert_eq!(forwarded, expected);
    }

    #[test]
    fn what_an_instance_did_not_answer_is_asked_of_the_other_unless_it_may_have_been_done() {
        for (method, expected, asked) in
            [("GET", "HTTP/1.1 200 OK", 1), ("POST", "HTTP/1.1 502 Bad Gateway", 0)]
        {
            let ((dies, of_first), (lives, of_second)) = (upstream(""), upstream(OK));
            let balancer = Balancer::start(None, [dies, lives]).unwrap();
            assert_eq!(ask(&balancer, method, ""), expected);
            assert_eq!(of_first.try_iter().count(), 1, "{method}");
            assert_eq!(of_second.try_iter().count(), asked, "{method}");
        }
    }
}

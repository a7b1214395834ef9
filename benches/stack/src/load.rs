//! Clients: `wrk` sends the same sign-up again and again.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Names itself as a browser does.
const SCRIPT: &str = r#"
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/144.0"
wrk.headers["Accept"] = "application/json"
wrk.headers["Sec-Fetch-Site"] = "same-origin"
wrk.body = '{"username":"asha_rai","email":"asha.rai@example.com","password":"correct horse battery",' ..
  '"password_confirm":"correct horse battery","age":34,"website":"https://example.com/asha",' ..
  '"country":"NP","tags":["chess","physics","hiking"]}'
done = function(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout + errors.status
  print(string.format("told %d %d %d %d",
    summary.requests, summary.duration, latency:percentile(99), failed))
end
"#;

/// What one turn showed.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    requests: f64,
    pub(crate) per_second: f64,
    pub(crate) cpu_micros: f64,
    pub(crate) late_micros: f64,
}

impl Sample {
    pub(crate) fn with_cpu(self, cpu: Duration) -> Self {
        Self { cpu_micros: cpu.as_secs_f64() * 1e6 / self.requests, ..self }
    }
}

pub(crate) struct Load {
    script: PathBuf,
}

impl Load {
    pub(crate) fn new(folder: &Path) -> Self {
        let script = folder.join("sign-up.lua");
        fs::write(&script, SCRIPT).expect("a file");
        Self { script }
    }

    /// Asks for as long as that; every answer has to be a success.
    pub(crate) fn run(&self, address: SocketAddr, turn: Duration) -> Sample {
        let mut wrk = Command::new("wrk");
        wrk.args(["--threads", "1", "--connections", "32", "--duration"]);
        wrk.arg(format!("{}s", turn.as_secs())).arg("--script").arg(&self.script);
        wrk.arg(format!("http://localhost:{}/signup", address.port()));
        let output = wrk.output().expect("wrk: `cargo xtask setup` installs it");
        let text = String::from_utf8_lossy(&output.stdout);
        let told = text.lines().find_map(|line| line.strip_prefix("told "));
        let figures: Vec<f64> = told
            .unwrap_or_else(|| panic!("wrk told nothing: {text}"))
            .split(' ')
            .map(|figure| figure.parse().expect("a number"))
            .collect();
        let [requests, micros, late_micros, failed] = figures[..] else {
            panic!("wrk told something else: {text}")
        };
        assert!(requests > 0.0 && failed == 0.0, "{failed} of {requests} requests failed: {text}");
        Sample { requests, per_second: requests * 1e6 / micros, cpu_micros: 0.0, late_micros }
    }
}

//! Serves the quickstart on port 3000; its arguments are the networks of trusted proxies.

use std::error::Error;
use std::io::{Write, stdout};

use palisade::serve::{Limits, Signals};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let proxies: Vec<String> = std::env::args().skip(1).collect();
    let app = quickstart::app(&proxies)?;
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    let mut signals = Signals::listen()?;
    writeln!(stdout(), "listening on http://{}", listener.local_addr()?)?;
    palisade::serve(listener, app, Limits::new()).until(signals.next()).await;
    Ok(())
}

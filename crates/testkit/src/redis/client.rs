//! As much of the Redis protocol (RESP2) as a fixture needs to look behind a client's back.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// An answer of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reply {
    /// Several answers.
    Array(Vec<Self>),
    /// Bytes.
    Bulk(Vec<u8>),
    /// The server refuses; the first word is the kind, as in `MOVED 42 127.0.0.1:7000`.
    Error(String),
    /// A number.
    Integer(i64),
    /// Nothing.
    Nil,
    /// A short word, as `OK`.
    Status(String),
}

impl Reply {
    /// Returns the text of a bulk answer or of a word.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Bulk(bytes) => std::str::from_utf8(bytes).ok(),
            Self::Status(word) => Some(word),
            _ => None,
        }
    }
}

/// One connection to a server, which blocks until its deadline.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Connects; each later read and write takes at most the given time.
    ///
    /// # Errors
    ///
    /// Those of the socket.
    pub fn open(address: SocketAddr, deadline: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, deadline)?;
        stream.set_read_timeout(Some(deadline))?;
        stream.set_write_timeout(Some(deadline))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Sends one command and returns the answer, which may be [`Reply::Error`].
    ///
    /// # Errors
    ///
    /// Those of the socket (`WouldBlock` or `TimedOut` at the deadline), `InvalidData` for an answer
    /// that is not RESP2.
    pub fn command<A: AsRef<[u8]>>(&mut self, words: &[A]) -> io::Result<Reply> {
        let mut request = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            let word = word.as_ref();
            request.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            request.extend_from_slice(word);
            request.extend_from_slice(b"\r\n");
        }
        self.stream.get_mut().write_all(&request)?;
        self.reply()
    }

    fn reply(&mut self) -> io::Result<Reply> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let invalid = || io::Error::new(io::ErrorKind::InvalidData, format!("answer {line:?}"));
        let rest = line.get(1..).unwrap_or_default().trim_end();
        let number = || rest.parse::<i64>().map_err(|_| invalid());
        match line.chars().next() {
            Some('+') => Ok(Reply::Status(rest.to_owned())),
            Some('-') => Ok(Reply::Error(rest.to_owned())),
            Some(':') => number().map(Reply::Integer),
            Some('$') => match usize::try_from(number()?) {
                Err(_) => Ok(Reply::Nil),
                Ok(length) => self.bulk(length),
            },
            Some('*') => match usize::try_from(number()?) {
                Err(_) => Ok(Reply::Nil),
                Ok(length) => {
                    (0..length).map(|_| self.reply()).collect::<Result<_, _>>().map(Reply::Array)
                }
            },
            _ => Err(invalid()),
        }
    }

    fn bulk(&mut self, length: usize) -> io::Result<Reply> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes)?;
        self.stream.read_exact(&mut [0; 2])?;
        Ok(Reply::Bulk(bytes))
    }
}

//! The smallest HTTP client that can tell every broken answer from the others.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::Duration,
};

use jwks_testkit::{IssuerServer, KEYS_PATH};

/// One connection.
pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    pub(crate) fn new(issuer: &IssuerServer) -> Self {
        Self::connect(issuer).expect("the issuer is up")
    }

    pub(crate) fn connect(issuer: &IssuerServer) -> io::Result<Self> {
        let stream = TcpStream::connect(issuer.address())?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        Ok(Self(BufReader::new(stream)))
    }

    pub(crate) fn patience(self, timeout: Duration) -> Self {
        self.0.get_ref().set_read_timeout(Some(timeout)).expect("a timeout above zero");
        self
    }

    /// `headers`: lines that end in CRLF.
    pub(crate) fn send(&mut self, path: &str, headers: &str) -> io::Result<()> {
        // In one piece: several small ones would wait for each other's acknowledgement.
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        self.0.get_mut().write_all(request.as_bytes())
    }

    pub(crate) fn get(&mut self, path: &str, headers: &str) -> io::Result<Answer> {
        self.send(path, headers)?;
        self.read()
    }

    pub(crate) fn read(&mut self) -> io::Result<Answer> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.0.read_line(&mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let code = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
        let status = code.and_then(|code| code.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
        let mut answer = Answer { body: Vec::new(), head: head.to_lowercase(), status };
        if let Some(len) = answer.header("content-length") {
            let len = len.parse().map_err(|_| io::ErrorKind::InvalidData)?;
            answer.body.resize(len, 0);
            self.0.read_exact(&mut answer.body)?;
        } else if answer.header("transfer-encoding").is_some() {
            self.read_chunks(&mut answer.body)?;
        }
        Ok(answer)
    }

    fn read_chunks(&mut self, body: &mut Vec<u8>) -> io::Result<()> {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line)?;
            let len = usize::from_str_radix(line.trim(), 16).expect("a chunk's length");
            let mut chunk = vec![0; len + 2];
            self.0.read_exact(&mut chunk)?;
            assert!(chunk.ends_with(b"\r\n"));
            if len == 0 {
                return Ok(());
            }
            body.extend_from_slice(&chunk[..len]);
        }
    }

    /// Everything until the connection's end.
    pub(crate) fn read_to_end(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.0.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

pub(crate) struct Answer {
    pub(crate) body: Vec<u8>,
    head: String,
    pub(crate) status: u16,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }
}

/// One request for the keys over a connection of its own.
pub(crate) fn fetch(issuer: &IssuerServer) -> io::Result<Answer> {
    fetch_with(issuer, "")
}

pub(crate) fn fetch_with(issuer: &IssuerServer, headers: &str) -> io::Result<Answer> {
    Client::connect(issuer)?.get(KEYS_PATH, headers)
}

//! A Redis in this process, as far as the crate uses one, and in every ill humour.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How it answers.
#[derive(Clone, Debug, Default)]
pub(crate) enum Humour {
    #[default]
    Well,
    /// Connections are taken, and nothing is ever answered.
    Silent,
    /// Silent from the second command of each connection on.
    SilentAfter(usize),
    /// These bytes to any command.
    Says(Vec<u8>),
    /// This many bytes as a value, in bulk.
    Bulk(usize),
    /// Nothing may be written.
    ReadOnly,
    /// Each connection is closed at once.
    Closes,
}

#[derive(Clone)]
pub(crate) struct Fake(Arc<Shared>);

struct Shared {
    port: u16,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    humour: Humour,
    values: HashMap<String, Value>,
    commands: Vec<String>,
    sent: usize,
}

#[derive(Clone)]
struct Value {
    bytes: Vec<u8>,
    is_list: bool,
    until: Option<Instant>,
}

impl Fake {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let fake = Self(Arc::new(Shared { port, state: Mutex::default() }));
        let serving = fake.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let fake = serving.clone();
                tokio::spawn(async move { drop(fake.serve(stream).await) });
            }
        });
        fake
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.0.port)
    }

    pub(crate) fn be(&self, humour: Humour) {
        self.state().humour = humour;
    }

    /// How many bytes were sent in bulk, as far as the other side has taken them.
    pub(crate) fn sent(&self) -> usize {
        self.state().sent
    }

    /// How often this command was given.
    pub(crate) fn count(&self, command: &str) -> usize {
        self.state().commands.iter().filter(|it| *it == command).count()
    }

    /// The value whose name ends so.
    pub(crate) fn get(&self, end: &str) -> Option<Vec<u8>> {
        let state = self.state();
        let found = state.values.iter().find(|(name, _)| name.ends_with(end));
        found.map(|(_, value)| value.bytes.clone())
    }

    /// Puts a value in place of one whose name ends so, for ever.
    pub(crate) fn plant(&self, end: &str, bytes: &[u8]) {
        self.change(end, bytes, false);
    }

    /// Puts a list there.
    pub(crate) fn plant_list(&self, end: &str) {
        self.change(end, b"", true);
    }

    /// Forgets everything.
    pub(crate) fn flush(&self) {
        self.state().values.clear();
    }

    fn change(&self, end: &str, bytes: &[u8], is_list: bool) {
        let mut state = self.state();
        let prefix = state
            .values
            .keys()
            .find_map(|name| name.rsplit_once(':').map(|(prefix, _)| prefix.to_owned()))
            .expect("a value of before");
        let value = Value { bytes: bytes.to_vec(), is_list, until: None };
        state.values.insert(format!("{prefix}{end}"), value);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }

    async fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let mut given = 0;
        loop {
            let Some(command) = read(&mut stream).await? else { return Ok(()) };
            given += 1;
            let humour = self.state().humour.clone();
            match humour {
                Humour::Closes => return Ok(()),
                Humour::Silent => std::future::pending().await,
                Humour::SilentAfter(after) if given > after => std::future::pending().await,
                Humour::Says(bytes) => stream.write_all(&bytes).await?,
                Humour::Bulk(bytes) => {
                    stream.write_all(format!("${bytes}\r\n").as_bytes()).await?;
                    let chunk = [b'x'; 4096];
                    for _ in 0..bytes / chunk.len() {
                        stream.write_all(&chunk).await?;
                        self.state().sent += chunk.len();
                    }
                }
                Humour::ReadOnly | Humour::SilentAfter(_) | Humour::Well => {
                    let is_read_only = matches!(humour, Humour::ReadOnly);
                    let answer = self.answer(&command, is_read_only);
                    stream.write_all(&answer).await?;
                }
            }
        }
    }

    fn answer(&self, command: &[Vec<u8>], is_read_only: bool) -> Vec<u8> {
        let text = |at: usize| String::from_utf8_lossy(&command[at]).into_owned();
        let mut state = self.state();
        let now = Instant::now();
        state.values.retain(|_, value| value.until.is_none_or(|until| now < until));
        state.commands.push(text(0));
        let writes = matches!(text(0).as_str(), "SET" | "DEL" | "INCR" | "EXPIRE");
        if is_read_only && writes {
            return b"-READONLY You can't write against a read only replica.\r\n".to_vec();
        }
        match text(0).as_str() {
            "GETRANGE" => match state.values.get(&text(1)) {
                Some(value) if value.is_list => {
                    b"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
                        .to_vec()
                }
                value => {
                    let bytes = value.map(|it| it.bytes.as_slice()).unwrap_or_default();
                    let most: usize = text(3).parse().unwrap();
                    bulk(&bytes[..bytes.len().min(most + 1)])
                }
            },
            "SET" => {
                let options: Vec<_> = (3..command.len()).map(text).collect();
                if options.iter().any(|it| it == "NX") && state.values.contains_key(&text(1)) {
                    return b"$-1\r\n".to_vec();
                }
                let number = |name: &str| {
                    let at = options.iter().position(|it| it == name)?;
                    options[at + 1].parse().ok()
                };
                let span = number("PX").map(Duration::from_millis);
                let span = span.or_else(|| number("EX").map(Duration::from_secs));
                let until = span.map(|span| now + span);
                let value = Value { bytes: command[2].clone(), is_list: false, until };
                state.values.insert(text(1), value);
                b"+OK\r\n".to_vec()
            }
            "INCR" => {
                let old =
                    state.values.get(&text(1)).map_or_else(|| b"0".to_vec(), |it| it.bytes.clone());
                match String::from_utf8_lossy(&old).parse::<i64>() {
                    Ok(old) => {
                        let bytes = (old + 1).to_string().into_bytes();
                        state.values.insert(text(1), Value { bytes, is_list: false, until: None });
                        format!(":{}\r\n", old + 1).into_bytes()
                    }
                    Err(_) => b"-ERR value is not an integer or out of range\r\n".to_vec(),
                }
            }
            "DEL" => {
                let gone = state.values.remove(&text(1)).is_some();
                format!(":{}\r\n", u8::from(gone)).into_bytes()
            }
            "EXPIRE" => b":1\r\n".to_vec(),
            other => format!("-ERR unknown command '{other}'\r\n").into_bytes(),
        }
    }
}

fn bulk(bytes: &[u8]) -> Vec<u8> {
    [format!("${}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// One command.
async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Vec<Vec<u8>>>> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let count: usize = line.trim_start_matches('*').trim().parse().unwrap();
    let mut command = Vec::new();
    for _ in 0..count {
        line.clear();
        stream.read_line(&mut line).await?;
        let length: usize = line.trim_start_matches('$').trim().parse().unwrap();
        let mut bytes = vec![0; length + 2];
        stream.read_exact(&mut bytes).await?;
        bytes.truncate(length);
        command.push(bytes);
    }
    Ok(Some(command))
}

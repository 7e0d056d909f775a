//! A page of another origin calls the guarded route of `tests/services/examples/cors.rs`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use anyhow::{Context as _, Result, ensure};

use super::chromium::Chromium;

pub(super) fn check(chromium: &Chromium, program: &Path) -> Result<()> {
    let mut example = Running(
        Command::new(program)
            .arg("--serve")
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {}", program.display()))?,
    );
    let output = example.0.stdout.take().context("it has a standard output")?;
    // fetch('URL', {headers: {Authorization: 'Bearer TOKEN'}})
    let lines = BufReader::new(output).lines().map_while(Result::ok);
    let call = lines.into_iter().find(|line| line.starts_with("fetch(")).context("it has ended")?;
    let mut quoted = call.split('\'').skip(1).step_by(2);
    let (url, bearer) = quoted.next().zip(quoted.next()).context("a URL and a header")?;

    let page = chromium.opens(&serve(PAGE.replace("URL", url).replace("BEARER", bearer))?)?;
    for said in ["good: 200 orders of alice", "bad: 401 Bearer realm=\"orders\"", "invalid_token"] {
        ensure!(page.contains(said), "the page of another origin does not read {said}:\n{page}");
    }
    println!("a page of another origin is served, and reads why it is refused");
    Ok(())
}

/// For as long as this process lives, at an origin of its own.
fn serve(page: String) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/", listener.local_addr()?);
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let length = page.len();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {length}\r\n\
                 connection: close\r\n\r\n"
            );
            // A browser that goes away is one that has seen enough.
            let _read = stream.read(&mut [0; 4096]);
            let _written = stream.write_all(format!("{head}{page}").as_bytes());
        }
    });
    Ok(url)
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = (self.0.kill(), self.0.wait());
    }
}

const PAGE: &str = r#"<!DOCTYPE html><meta charset="utf-8"><title>another origin</title><pre></pre>
<script>
const said = text => document.querySelector('pre').append(text + '\n');
const asks = bearer => fetch('URL', {headers: {Authorization: bearer}});
(async () => {
  const good = await asks('BEARER');
  said(`good: ${good.status} ${await good.text()}`);
  const bad = await asks('BEARER'.slice(0, -8) + 'AAAAAAAA');
  said(`bad: ${bad.status} ${bad.headers.get('www-authenticate')}`);
})().catch(error => said(error));
</script>"#;

//! Of several addresses, one that can be reached.

use core::net::SocketAddr;
use core::pin::{Pin, pin};
use core::task::{Context, Poll};
use core::time::Duration;
use std::error::Error;
use std::fmt;
use std::future::poll_fn;

use crate::keys::text::{Chain, OneLine};

/// Connects to the first of `addresses` that lets it, after the manner of RFC 8305 (Happy
/// Eyeballs): for adapters whose HTTP client tries one address after another, and would lose the
/// whole attempt to a first one that is dead.
///
/// The addresses are tried in their order, the two families in turns (section 4). When a try has
/// failed the next begins at once. When it has not come to anything for a moment, the next begins
/// *beside* it, and the first to succeed wins (section 5); the others are dropped. That moment is
/// 250 ms, or less where `left`, the time that the attempt has left, is short: all addresses have
/// their turn in the first half of it. Of more than 16 addresses the rest is left alone. Nothing
/// ends here by time; the attempt's own deadline does that.
///
/// `connect` makes one try, TLS included where that can hang, and `sleep` waits. Neither needs to be
/// `Send`; what this returns is if they are.
///
/// ```
/// use core::net::SocketAddr;
/// use std::io;
/// use std::time::Duration;
///
/// use jwks_core::adapter::reach;
///
/// # pollster::block_on(async {
/// let dead: SocketAddr = "127.0.0.1:1".parse()?;
/// let alive: SocketAddr = "127.0.0.1:2".parse()?;
/// let connect = async |address| match address == alive {
///     true => Ok("a stream"),
///     false => Err(io::Error::from(io::ErrorKind::ConnectionRefused)),
/// };
/// let sleep = |_| std::future::pending();
/// let stream = reach(vec![dead, alive], Duration::from_secs(5), connect, sleep).await?;
/// assert_eq!(stream, "a stream");
///
/// let refused = reach(vec![dead, dead], Duration::from_secs(5), connect, sleep).await;
/// let told = "127.0.0.1:1: connection refused; 127.0.0.1:1: connection refused";
/// assert_eq!(refused.unwrap_err().to_string(), told);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
///
/// # Errors
///
/// No address can be reached, or there is none.
pub async fn reach<T, E, C, S>(
    addresses: Vec<SocketAddr>,
    left: Duration,
    mut connect: impl FnMut(SocketAddr) -> C,
    mut sleep: impl FnMut(Duration) -> S,
) -> Result<T, Unreachable>
where
    C: Future<Output = Result<T, E>>,
    E: Into<BoxError>,
    S: Future<Output = ()>,
{
    let addresses = in_turns(addresses);
    let pause = pause(left, addresses.len());
    let mut rest = addresses.into_iter();
    let mut tries: Vec<(SocketAddr, Pin<Box<C>>)> = Vec::new();
    let mut failures = Vec::new();
    loop {
        match rest.next() {
            Some(address) => tries.push((address, Box::pin(connect(address)))),
            None if tries.is_empty() => return Err(Unreachable(failures)),
            None => {}
        }
        let mut patience = pin!((rest.len() > 0).then(|| sleep(pause)));
        let step = poll_fn(|cx| match poll_tries(&mut tries, cx) {
            Poll::Ready(ended) => Poll::Ready(Some(ended)),
            // Polled only while it waits: an end of the pause ends this step, too.
            Poll::Pending => match patience.as_mut().as_pin_mut() {
                Some(patience) => patience.poll(cx).map(|()| None),
                None => Poll::Pending,
            },
        });
        match step.await {
            Some((_, Ok(reached))) => return Ok(reached),
            Some((address, Err(error))) => failures.push((address, error.into())),
            None => {}
        }
    }
}

/// Why no address could be reached: what became of each.
///
/// Its `Debug` form is the text with its source, in one line.
pub struct Unreachable(Vec<(SocketAddr, BoxError)>);

type BoxError = Box<dyn Error + Send + Sync>;

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            [] => f.write_str("the name has no address"),
            [(_, error)] => write!(f, "{}", OneLine(error)),
            several => {
                for (index, (address, error)) in several.iter().take(MOST_SHOWN).enumerate() {
                    let separator = if index == 0 { "" } else { "; " };
                    write!(f, "{separator}{address}: {}", OneLine(error))?;
                }
                match several.len().saturating_sub(MOST_SHOWN) {
                    0 => Ok(()),
                    more => write!(f, "; and {more} more"),
                }
            }
        }
    }
}

impl fmt::Debug for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Chain(self))
    }
}

/// Of one address its own error's source; of several none, since the text has them all.
impl Error for Unreachable {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &*self.0 {
            [(_, error)] => error.source(),
            _ => None,
        }
    }
}

/// The first try that has ended, taken out.
fn poll_tries<C: Future>(
    tries: &mut Vec<(SocketAddr, Pin<Box<C>>)>,
    cx: &mut Context<'_>,
) -> Poll<(SocketAddr, C::Output)> {
    for index in 0..tries.len() {
        if let Some((address, connecting)) = tries.get_mut(index)
            && let Poll::Ready(output) = connecting.as_mut().poll(cx)
        {
            let address = *address;
            drop(tries.swap_remove(index));
            return Poll::Ready((address, output));
        }
    }
    Poll::Pending
}

/// How long a try has before the next begins beside it.
fn pause(left: Duration, addresses: usize) -> Duration {
    let turns = u32::try_from(addresses).unwrap_or(u32::MAX).saturating_mul(2);
    left.checked_div(turns).unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE)
}

/// The first, then the first of the other family, and so on.
fn in_turns(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let count = addresses.len();
    let v6_first = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (one, other): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == v6_first);
    let (mut one, mut other) = (one.into_iter(), other.into_iter());
    let mut turns = Vec::with_capacity(count);
    while turns.len() < count {
        turns.extend(one.next().into_iter().chain(other.next()));
    }
    turns.truncate(MOST_TRIED);
    turns
}

/// RFC 8305, section 8: "Connection Attempt Delay".
const LONGEST_PAUSE: Duration = Duration::from_millis(250);
const MOST_SHOWN: usize = 4;
/// Each is a socket, and the name may be a stranger's.
const MOST_TRIED: usize = 16;

#[cfg(test)]
mod tests;

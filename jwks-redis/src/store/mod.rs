//! Redis: one connection for one attempt, and the few commands that are given over it.
//!
//! No connection is kept from one attempt to the next: attempts are minutes apart, and a kept one is
//! dead after a freeze of the process, or behind a firewall that has forgotten it.

mod connect;
mod limited;
#[cfg(feature = "rustls")]
mod tls;

use std::time::Duration;

use redis::aio::{ConnectionLike as _, MultiplexedConnection};
use redis::{AsyncConnectionConfig, Cmd, Pipeline, RedisError, Value, cmd, pipe};
use tokio::task::JoinHandle;

pub(crate) use connect::Target;
use limited::{Allowance, Limited};

use crate::mac::Place;
use crate::trouble::Trouble;

/// The names of the keys in Redis.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    answer: String,
    failure: String,
    number: String,
    /// The second is for those whose patience with the holder of the first has ended.
    locks: [String; 2],
}

impl Names {
    pub(crate) fn of(place: &Place) -> Self {
        let prefix = place.prefix();
        let name = |what: &str| format!("{prefix}:{what}");
        Self {
            answer: name("answer"),
            failure: name("failure"),
            number: name("number"),
            locks: [name("lock"), name("lock2")],
        }
    }
}

/// What stands in Redis, as it came.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) answer: Raw,
    pub(crate) failure: Raw,
    /// The last number that was taken; 0 if there is none.
    pub(crate) number: u64,
    /// What the holder of the lock says, if it was asked.
    pub(crate) beat: Raw,
}

#[derive(Debug, Default)]
pub(crate) enum Raw {
    Bytes(Vec<u8>),
    #[default]
    Nothing,
    /// Longer than any of ours.
    TooLong,
    /// It is no string.
    WrongType,
}

/// A connection; its task ends with it.
#[derive(Debug)]
pub(crate) struct Store {
    allowance: Allowance,
    connection: MultiplexedConnection,
    /// The most bytes of a value that are read.
    longest: usize,
    names: Names,
    task: JoinHandle<()>,
}

impl Store {
    pub(crate) async fn open(
        target: &Target,
        names: Names,
        longest: usize,
    ) -> Result<Self, Trouble> {
        let allowance = Allowance::default();
        allowance.set(SMALL);
        let stream = target.connect().await.map_err(|error| Trouble::io(&error))?;
        let stream = Limited { stream, allowance: allowance.clone() };
        // The time limit is the caller's.
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let made = MultiplexedConnection::new_with_config(&target.login, stream, config).await;
        let (connection, driver) = made.map_err(|error| refused(&error, &allowance))?;
        let task = tokio::spawn(driver);
        Ok(Self { allowance, connection, longest, names, task })
    }

    /// What stands there.
    pub(crate) async fn read(&mut self) -> Result<Found, Trouble> {
        let values = self.ask(&self.reading(pipe()), self.room()).await?;
        self.found(&values)
    }

    /// Takes the lock for `span`, if nobody has it, and reads what stands there then.
    pub(crate) async fn lock(
        &mut self,
        which: usize,
        beat: &[u8],
        span: Duration,
    ) -> Result<(bool, Found), Trouble> {
        let mut pipeline = pipe();
        pipeline.add_command(self.holding(which, beat, span).arg("NX").take());
        let mut pipeline = self.reading(pipeline);
        pipeline.cmd("GETRANGE").arg(self.lock_name(which)).arg(0).arg(SHORT);
        let values = self.ask(&pipeline, self.room()).await?;
        let (lock, rest) = values.split_first().ok_or(Trouble::Nonsense)?;
        let locked = match lock {
            Value::Okay => true,
            Value::Nil => false,
            _ => return Err(Trouble::Nonsense),
        };
        Ok((locked, self.found(rest)?))
    }

    /// Says that the holder of the lock is alive.
    pub(crate) async fn beat(
        &mut self,
        which: usize,
        beat: &[u8],
        span: Duration,
    ) -> Result<(), Trouble> {
        let mut pipeline = pipe();
        pipeline.add_command(self.holding(which, beat, span));
        self.ask(&pipeline, SMALL).await.map(drop)
    }

    /// The next number: larger than any taken before, and than `floor`.
    pub(crate) async fn next(&mut self, floor: u64) -> Result<u64, Trouble> {
        let mut pipeline = pipe();
        pipeline.cmd("INCR").arg(&self.names.number);
        pipeline.cmd("EXPIRE").arg(&self.names.number).arg(NUMBER_LASTS);
        let values = self.ask(&pipeline, SMALL).await?;
        match values.first() {
            Some(Value::Int(number)) if u64::try_from(*number).is_ok_and(|it| it > floor) => {
                return Ok(number.unsigned_abs());
            }
            // Redis was emptied, so that it counts from the beginning; or it is no number at all.
            Some(Value::Int(_) | Value::ServerError(_)) => {}
            _ => return Err(Trouble::Nonsense),
        }
        let number = floor.saturating_add(1).min(i64::MAX.unsigned_abs());
        let mut pipeline = pipe();
        pipeline.cmd("SET").arg(&self.names.number).arg(number).arg("EX").arg(NUMBER_LASTS);
        self.ask(&pipeline, SMALL).await?;
        Ok(number)
    }

    /// Puts an answer there for so long, and gives the lock back.
    pub(crate) async fn answer(
        &mut self,
        which: usize,
        bytes: &[u8],
        lasts: Duration,
    ) -> Result<(), Trouble> {
        let mut pipeline = pipe();
        pipeline.cmd("SET").arg(&self.names.answer).arg(bytes).arg("PX").arg(millis(lasts));
        pipeline.cmd("DEL").arg(&self.names.failure);
        self.put(pipeline, which).await
    }

    /// Puts a failure there for so long, and gives the lock back.
    pub(crate) async fn failure(
        &mut self,
        which: usize,
        bytes: &[u8],
        lasts: Duration,
    ) -> Result<(), Trouble> {
        let mut pipeline = pipe();
        pipeline.cmd("SET").arg(&self.names.failure).arg(bytes).arg("PX").arg(millis(lasts));
        self.put(pipeline, which).await
    }

    /// Gives the lock back.
    pub(crate) async fn unlock(&mut self, which: usize) -> Result<(), Trouble> {
        let mut pipeline = pipe();
        pipeline.cmd("DEL").arg(self.lock_name(which));
        self.ask(&pipeline, SMALL).await.map(drop)
    }

    async fn put(&mut self, mut pipeline: Pipeline, which: usize) -> Result<(), Trouble> {
        // With the second lock, the first was nobody's, or its holder cannot reach the issuer.
        for lock in self.names.locks.iter().take(which + 1) {
            pipeline.cmd("DEL").arg(lock);
        }
        self.ask(&pipeline, SMALL).await.map(drop)
    }

    fn holding(&self, which: usize, beat: &[u8], span: Duration) -> Cmd {
        let mut command = cmd("SET");
        command.arg(self.lock_name(which)).arg(beat).arg("PX").arg(millis(span));
        command
    }

    fn lock_name(&self, which: usize) -> &str {
        let [first, second] = &self.names.locks;
        if which == 0 { first } else { second }
    }

    fn reading(&self, mut pipeline: Pipeline) -> Pipeline {
        // One byte more than is taken shows that there are more.
        let Names { answer, failure, number, .. } = &self.names;
        pipeline.cmd("GETRANGE").arg(answer).arg(0).arg(self.longest);
        pipeline.cmd("GETRANGE").arg(failure).arg(0).arg(self.longest);
        pipeline.cmd("GETRANGE").arg(number).arg(0).arg(SHORT);
        pipeline
    }

    /// The most bytes that an answer to reading may have.
    const fn room(&self) -> usize {
        self.longest.saturating_mul(2).saturating_add(SMALL)
    }

    fn found(&self, values: &[Value]) -> Result<Found, Trouble> {
        let raw = |at: usize| match values.get(at) {
            Some(Value::BulkString(bytes)) if bytes.is_empty() => Ok(Raw::Nothing),
            Some(Value::BulkString(bytes)) if bytes.len() > self.longest => Ok(Raw::TooLong),
            Some(Value::BulkString(bytes)) => Ok(Raw::Bytes(bytes.clone())),
            Some(Value::ServerError(_)) => Ok(Raw::WrongType),
            None => Ok(Raw::Nothing),
            Some(_) => Err(Trouble::Nonsense),
        };
        let number = match raw(2)? {
            Raw::Bytes(bytes) => std::str::from_utf8(&bytes).ok().and_then(|it| it.parse().ok()),
            _ => None,
        };
        let (number, beat) = (number.unwrap_or(0), raw(3)?);
        Ok(Found { answer: raw(0)?, failure: raw(1)?, number, beat })
    }

    async fn ask(&mut self, pipeline: &Pipeline, most: usize) -> Result<Vec<Value>, Trouble> {
        self.allowance.set(most);
        let count = pipeline.len();
        let asked = self.connection.req_packed_commands(pipeline, 0, count).await;
        let values = asked.map_err(|error| refused(&error, &self.allowance))?;
        let denied = values.iter().find_map(|value| match value {
            Value::ServerError(error) if !is_of_type(error) => Some(error),
            _ => None,
        });
        match denied {
            Some(error) => Err(Trouble::server(error)),
            None if values.len() == count => Ok(values),
            None => Err(Trouble::Nonsense),
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Whether what stands there is of a type that it should not be of: `WRONGTYPE`, or no integer.
fn is_of_type(error: &redis::ServerError) -> bool {
    error.code() == "WRONGTYPE"
        || error
            .details()
            .is_some_and(|it| it.contains("not an integer") || it.contains("overflow"))
}

fn refused(error: &RedisError, allowance: &Allowance) -> Trouble {
    if allowance.is_spent() { Trouble::Excess } else { Trouble::redis(error) }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX).clamp(1, LONGEST_SPAN)
}

/// The most that is read of a lock and of the counter.
const SHORT: usize = 127;
/// Enough for what is answered to anything but reading.
const SMALL: usize = 4096;
/// A month in seconds: for so long the counter outlives the last fetch.
const NUMBER_LASTS: u64 = 30 * 24 * 60 * 60;
/// Redis takes no longer time than it can add to its clock.
const LONGEST_SPAN: u64 = 365 * 24 * 60 * 60 * 1000;

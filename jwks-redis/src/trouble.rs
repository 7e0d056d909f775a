//! Why Redis could not be used.

use std::io;

/// Why Redis could not be used, in an [`Event::Away`](crate::Event::Away).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// No connection, or a broken one.
    #[error("no connection to redis: {0}")]
    Connection(String),
    /// More bytes than were asked for.
    #[error("redis answered with more than was asked for")]
    Excess,
    /// No answer that Redis would give.
    #[error("redis answered nonsense")]
    Nonsense,
    /// An error of the server's: a wrong password, a read-only replica, no memory, a command that
    /// this user may not give.
    #[error("redis refused: {0}")]
    Refused(String),
    /// No answer within the [time limit](crate::Builder::time_limit).
    #[error("redis did not answer in time")]
    Timeout,
}

impl Trouble {
    pub(crate) fn io(error: &io::Error) -> Self {
        Self::Connection(short(&error.to_string()))
    }

    pub(crate) fn redis(error: &redis::RedisError) -> Self {
        use redis::ErrorKind;
        match error.kind() {
            ErrorKind::Io => Self::Connection(short(&error.to_string())),
            ErrorKind::AuthenticationFailed | ErrorKind::Server(_) | ErrorKind::Extension => {
                Self::Refused(short(&error.to_string()))
            }
            _ => Self::Nonsense,
        }
    }

    pub(crate) fn server(error: &redis::ServerError) -> Self {
        let details = error.details().unwrap_or_default();
        Self::Refused(short(&format!("{} {details}", error.code())))
    }
}

/// The text of a stranger, for a log: one line, and not long.
fn short(text: &str) -> String {
    text.chars().take(MOST).flat_map(char::escape_debug).collect()
}

const MOST: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_text_is_one_short_line() {
        let trouble = Trouble::io(&io::Error::other("a\nb\u{1b}".repeat(1000)));
        let text = trouble.to_string();
        assert!(text.starts_with("no connection to redis: a\\nb\\u{1b}"), "{text}");
        assert!(text.len() < 800 && text.lines().count() == 1);
    }
}

//! Log lines and a progress bar on standard error, written by a thread of their own: nobody who
//! logs waits for the terminal.

use std::fmt::Display;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Writes lines until it is [finished](Log::finish).
#[derive(Debug)]
pub(super) struct Log {
    bar: ProgressBar,
    line: Line,
    writer: JoinHandle<()>,
}

/// Writes to the log. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Line {
    start: Instant,
    sender: Sender<Option<String>>,
}

impl Log {
    /// Times count from now. The bar has so many steps; outside a terminal there is none.
    pub(super) fn start(steps: u64) -> Self {
        let bar = ProgressBar::new(steps);
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3} %  {msg}") {
            bar.set_style(style);
        }
        let (sender, lines) = mpsc::channel::<Option<String>>();
        let above = bar.clone();
        let writer = thread::spawn(move || {
            while let Ok(Some(line)) = lines.recv() {
                // A hidden bar swallows what is printed above it.
                if above.is_hidden() { eprintln!("{line}") } else { above.println(line) }
            }
        });
        Self { bar, line: Line { start: Instant::now(), sender }, writer }
    }

    pub(super) const fn bar(&self) -> &ProgressBar {
        &self.bar
    }

    pub(super) fn line(&self) -> Line {
        self.line.clone()
    }

    /// Writes what is still on its way, and removes the bar.
    pub(super) fn finish(self) {
        // Whoever holds a `Line` may outlive the log; what he says then is lost.
        let _gone = self.line.sender.send(None);
        let _panicked = self.writer.join();
        self.bar.finish_and_clear();
    }
}

impl Line {
    /// One line, with the time and who speaks.
    pub(super) fn write(&self, who: &str, what: impl Display) {
        let at = self.start.elapsed().as_secs_f64();
        let _gone = self.sender.send(Some(format!("{at:>8.3} s  {who:<9} {what}")));
    }

    pub(super) const fn start(&self) -> Instant {
        self.start
    }
}

/// A duration as the result lines show it: always in the same unit.
pub(super) fn millis(duration: Duration) -> impl Display {
    format!("{:.3} ms", duration.as_secs_f64() * 1000.0)
}

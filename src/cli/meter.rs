//! How far long work is, told on a terminal while it lasts.

use std::io::{self, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::base::progress::Progress;

/// Tells how far the work is as long as it lives. Work that takes less than a second is not worth a word.
#[derive(Debug)]
pub struct Meter(Option<(Sender<()>, JoinHandle<()>)>);

impl Meter {
    /// Begins to watch, if somebody looks.
    pub fn start(progress: &Progress, is_seen: bool) -> Meter {
        if !is_seen {
            return Meter(None);
        }
        let (stop, stopped) = channel();
        let progress = progress.clone();
        let watch = move || {
            let mut wait = Duration::from_secs(1);
            let mut has_written = false;
            while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                wait = Duration::from_millis(200);
                has_written = true;
                let text = match progress.share() {
                    Some(share) => format!("{:3.0}%", share * 100.0),
                    None => format!("{} MB", progress.done() >> 20),
                };
                // Nothing depends on whether it can be read.
                let _ = write!(io::stderr(), "\rreading {text} ");
            }
            if has_written {
                let _ = write!(io::stderr(), "\r\x1b[K");
            }
        };
        Meter(Some((stop, thread::spawn(watch))))
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.0.take() {
            drop(stop);
            // The thread only writes, so it comes to its end.
            let _ = thread.join();
        }
    }
}

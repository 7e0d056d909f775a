//! Conducts the provider through its rotations and its emergency.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use jwks_core::keys::Algorithm;
use tokio::sync::Notify;
use tokio::time::{sleep_until, timeout_at};

use super::client::Stage;
use super::schedule::{SPARE_AFTER, Schedule, Step};
use super::tally::Tally;

/// What took place.
#[derive(Debug, Default)]
pub(super) struct Conducted {
    pub(super) rotations: usize,
    pub(super) missing: Vec<&'static str>,
    pub(super) tally: Tally,
}

/// Does what the schedule says, until the token of the withdrawn key has been presented.
/// `completed` is told of every refresh that the cache has completed.
pub(super) async fn run(
    stage: Arc<Stage>,
    schedule: Schedule,
    completed: Arc<Notify>,
) -> Conducted {
    let start = stage.line.start();
    let mut done = Conducted::default();
    for (at, step) in schedule.steps() {
        sleep_until((start + at).into()).await;
        match &step {
            Step::Publish(generations) => {
                let (oldest, newest) = (generations.start(), generations.end());
                stage.line.write("provider", format!("publishes keys g{oldest} to g{newest}"));
            }
            Step::Sign(generation) => {
                done.rotations += 1;
                stage.line.write("provider", format!("signs with keys g{generation}"));
            }
        }
        stage.provider.take(step);
    }
    sleep_until((start + schedule.armed).into()).await;
    emergency(&stage, &schedule, &completed, &mut done).await;
    done
}

/// Directly after a completed refresh, so that the next one is far: what the clients then need is
/// an unknown key.
async fn emergency(stage: &Stage, schedule: &Schedule, completed: &Notify, done: &mut Conducted) {
    let end = stage.line.start() + schedule.end;
    if timeout_at(end.into(), completed.notified()).await.is_err() {
        done.missing.push("no refresh was completed in time for the emergency");
        return;
    }
    let spare = stage.provider.issue(Algorithm::ES256);
    // Made before the switch: the fetch may be over soon after it.
    let recovered = completed.notified();
    let generation = schedule.emergency_generation();
    let at = stage.provider.replace_all(generation);
    stage.line.write("provider", format!("EMERGENCY: only keys g{generation} from now on"));
    if timeout_at(end.into(), recovered).await.is_err() {
        done.missing.push("no refresh was completed after the emergency");
        return;
    }
    // Release: pairs with the load of whoever presents a token.
    stage.recovered.store(true, Ordering::Release);
    sleep_until((at + SPARE_AFTER).into()).await;
    let withdrawn = done.tally.withdrawn;
    stage.present(&spare, &mut done.tally).await;
    if done.tally.withdrawn == withdrawn {
        done.missing.push("a token of a withdrawn key was not refused for it");
    } else {
        stage.line.write("client", "a token of a withdrawn key is refused");
    }
}

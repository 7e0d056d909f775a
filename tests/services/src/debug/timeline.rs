//! The ages of a key set, drawn: when it was confirmed, now, the next fetch, the end of trust.

use std::time::{Duration, SystemTime};

use jwks_tokio::Status;
use maud::{Markup, html};

use super::short;

/// Presentation is all in the style file: the policy of the pages allows no other.
pub(super) fn timeline(status: &Status, now: SystemTime) -> Markup {
    let (Some(begin), Some(end)) = (status.confirmed_at, status.trust_until) else {
        return html! { p class="why" { "No keys are held: there is nothing to draw." } };
    };
    let begin = begin.min(now);
    let whole = end.duration_since(begin).unwrap_or_default().max(Duration::from_secs(1));
    let x = |at: SystemTime| {
        let part = at.duration_since(begin).unwrap_or_default().as_secs_f64() / whole.as_secs_f64();
        (LEFT + WIDTH * part.clamp(0.0, 1.0)).round()
    };
    let (here, next) = (x(now), status.next_refresh_at.map(|at| (x(at), at)));
    html! {
        svg viewBox="0 0 800 108" role="img" aria-label="ages of the held keys" {
            rect class="trust" x=(LEFT) y="44" width=(WIDTH) height="18" {}
            rect class="age" x=(LEFT) y="44" width=(here - LEFT) height="18" {}
            @if let Some((at, when)) = next {
                line class="next" x1=(at) x2=(at) y1="18" y2="68" {}
                text x=(at) y="14" text-anchor=(anchor(at)) {
                    "next fetch in " (short(when.duration_since(now).unwrap_or_default()))
                }
            }
            line class="now" x1=(here) x2=(here) y1="38" y2="76" {}
            text x=(here) y="94" text-anchor=(anchor(here)) {
                "now, " (short(now.duration_since(begin).unwrap_or_default())) " old"
            }
            text x=(LEFT + WIDTH) y="34" text-anchor="end" class="end" {
                "trust ends in " (short(end.duration_since(now).unwrap_or_default()))
            }
        }
    }
}

/// So that no text leaves the drawing.
fn anchor(x: f64) -> &'static str {
    if x < 120.0 {
        "start"
    } else if x > 680.0 {
        "end"
    } else {
        "middle"
    }
}

const LEFT: f64 = 4.0;
const WIDTH: f64 = 792.0;

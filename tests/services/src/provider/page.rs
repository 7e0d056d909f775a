//! The page with the buttons.

use maud::{DOCTYPE, Markup, html};

use super::{Provider, Switch};
use crate::web::cut;

pub(super) fn page(provider: &Provider) -> Markup {
    let (counts, longest) = provider.traffic().of_late();
    let server = provider.server();
    let signing = server.signer();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="refresh" content="5";
                title { "identity provider" }
                link rel="stylesheet" href="/debug/style.css";
            }
            body {
                h1 { "Identity provider" }
                p class="quiet" {
                    (server.iss()) " signs with " code { (cut(signing.kid(), 80)) }
                    " and was asked for its keys " (server.fetches()) " times"
                }
                section {
                    h2 { "Troubles" }
                    @for switch in Switch::ALL { (button(provider, switch)) }
                }
                section {
                    h2 { "Honest callers, in the last 10 s" }
                    p {
                        @for (status, count) in &counts {
                            @if *status == 0 { "no answer" } @else { (status) }
                            " × " (count) " · "
                        }
                        "the slowest took " (longest.as_millis()) " ms"
                    }
                }
            }
        }
    }
}

fn button(provider: &Provider, switch: Switch) -> Markup {
    let on = provider.is_on(switch);
    html! {
        div {
            form method="post" action={ "/press/" (switch.name()) } {
                button class=[on.then_some("on")] id=(switch.name()) {
                    (switch.name()) @if on { ": on" }
                }
            }
            span class="quiet" { (switch.says()) }
        }
    }
}

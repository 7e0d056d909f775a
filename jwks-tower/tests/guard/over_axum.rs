//! Each case over a real axum server on loopback.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use jwks_testkit::Challenge;
use jwks_tokio::reqwest;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::cases::{self, Case};
use crate::world::who;

#[test]
fn a_real_server_answers_as_the_table_says() {
    let runtime = Runtime::new().unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for Case { name, mut world, guard, request, answer } in cases::all() {
        let app = Router::new().route("/orders", get(who)).route_layer(guard);
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0))).unwrap();
        let url = format!("http://{}/orders", listener.local_addr().unwrap());
        let server = runtime.spawn(async move { axum::serve(listener, app).await });
        let (client, headers) = (client.clone(), request.headers().clone());
        let asking =
            runtime.spawn(async move { client.get(url).headers(headers).send().await.unwrap() });
        // The time of the world passes only here.
        while !asking.is_finished() {
            world.memory.advance(Duration::from_millis(2));
            std::thread::sleep(Duration::from_millis(1));
        }
        let response = runtime.block_on(asking).unwrap();
        let headers = response.headers();
        let challenges = Challenge::of(headers).expect("a challenge by the grammar");
        challenges.iter().for_each(|it| it.check_oauth().expect("by the rules of OAuth"));
        assert_eq!(response.status(), answer.status, "{name}");
        let said = headers.get("www-authenticate").map(|it| it.to_str().unwrap().to_owned());
        assert_eq!(said, answer.www_authenticate(), "{name}");
        assert_eq!(headers.contains_key("retry-after"), answer.retry, "{name}");
        server.abort();
    }
}

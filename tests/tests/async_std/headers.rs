//! Headers, through the types of surf.

use jwks_testkit::Reply;

use crate::world::{client, world};

#[test]
fn repeated_headers_stay_apart() {
    let world = world();
    let answer =
        "HTTP/1.1 503 No\r\ncontent-length: 0\r\nretry-after: 30\r\nX-A: 1\r\nx-a: 2\r\n\r\n";
    world.issuer.always(Reply::raw(answer));
    let client = client();
    let response = async_std::task::block_on(client.send(jwks_async_std::surf::Request::new(
        jwks_async_std::surf::http::Method::Get,
        world.issuer.url().parse().unwrap(),
    )));
    let response = response.unwrap();
    let values: Vec<_> = response.header("x-a").unwrap().iter().map(|it| it.as_str()).collect();
    assert_eq!(values, ["1", "2"]);
    assert!(response.header("content-type").is_none(), "made up");
    assert!(response.header("date").is_none(), "made up");
}

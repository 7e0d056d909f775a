//! What the issuer is asked.

use jwks_core::refresh::Policy;

use crate::Stage;

pub(super) fn is_what_the_core_has_made(stage: &Stage<'_>) {
    let world = stage.world();
    let _service = world.loaded(Policy::builder());
    let request = &world.issuer.requests()[0];
    assert_eq!(request.method, "GET");
    let accept = "application/jwk-set+json, application/json";
    for (name, values) in [
        ("accept", vec![accept]),
        ("accept-encoding", vec!["identity"]),
        ("user-agent", vec![concat!("jwks-core/", env!("CARGO_PKG_VERSION"))]),
        ("host", vec![world.issuer.base().trim_start_matches("http://")]),
        ("transfer-encoding", vec![]),
        ("cookie", vec![]),
        ("authorization", vec![]),
        ("cache-control", vec![]),
        ("if-none-match", vec![]),
    ] {
        let sent: Vec<_> = request.headers.get_all(name).iter().collect();
        assert_eq!(sent, values, "{name}");
    }
    let length = request.header("content-length").unwrap_or("0");
    assert_eq!(length, "0", "a GET has no body");
}

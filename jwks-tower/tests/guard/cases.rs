//! The table of cases: what is presented to which guard, and what each protocol answers.

use std::time::Duration;

use http::Request;
use jwks_testkit::{Reply, unknown_kid_token};
use jwks_tower::jwks_core::verify::Registered;
use jwks_tower::{Guard, Need, Reason, Refusal, Thumbprint};

use crate::world::{SHORT, World, bearer, request};

/// One row of the table.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) world: World,
    pub(crate) guard: Guard<Registered>,
    /// Without a body, for any of the services.
    pub(crate) request: Request<String>,
    pub(crate) answer: Expected,
}

/// What is answered.
#[derive(Clone, Copy)]
pub(crate) struct Expected {
    pub(crate) status: u16,
    /// The parameters between realm and metadata; none: no challenge.
    pub(crate) challenge: Option<&'static str>,
    pub(crate) grpc: u8,
    /// Whether it is said when to try again.
    pub(crate) retry: bool,
    pub(crate) reason: Reason,
}

const SCOPE: &str = r#"scope="orders:read""#;
const INVALID: &str = r#"error="invalid_token", scope="orders:read""#;
const UNAUTHENTICATED: u8 = 16;
const UNAVAILABLE: u8 = 14;
const PERMISSION_DENIED: u8 = 7;

impl Expected {
    pub(crate) const fn unauthorized(challenge: &'static str, reason: Reason) -> Self {
        let challenge = Some(challenge);
        Self { status: 401, challenge, grpc: UNAUTHENTICATED, retry: false, reason }
    }

    pub(crate) const fn invalid(reason: Reason) -> Self {
        Self::unauthorized(INVALID, reason)
    }

    const fn unavailable(retry: bool, reason: Reason) -> Self {
        Self { status: 503, challenge: None, grpc: UNAVAILABLE, retry, reason }
    }

    const fn forbidden(challenge: &'static str, reason: Reason) -> Self {
        let challenge = Some(challenge);
        Self { status: 403, challenge, grpc: PERMISSION_DENIED, retry: false, reason }
    }

    const fn bad_request() -> Self {
        let challenge = Some(r#"error="invalid_request""#);
        let reason = Reason::InvalidRequest;
        Self { status: 400, challenge, grpc: UNAUTHENTICATED, retry: false, reason }
    }

    /// The whole value of `WWW-Authenticate`.
    pub(crate) fn www_authenticate(&self) -> Option<String> {
        let params = self.challenge?;
        let comma = if params.is_empty() { "" } else { ", " };
        let url = "https://api.example.com/.well-known/oauth-protected-resource/mcp";
        Some(format!(r#"Bearer realm="orders", {params}{comma}resource_metadata="{url}""#))
    }
}

/// Rows 1 to 15, 19 and 21, in the order of the table.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = presented();
    cases.extend(tokens());
    cases.extend(keys());
    cases.extend(permits());
    cases.extend(bindings());
    // Row 21: under `optional`, what is bad is answered as without it; nothing is not bad.
    let mut optional = presented();
    optional.extend(tokens());
    optional.extend(keys());
    optional.retain(|case| case.answer.reason != Reason::NoCredential);
    cases.extend(optional.into_iter().map(|mut case| {
        case.guard = case.guard.optional();
        case
    }));
    cases
}

fn case(name: &'static str, request: Request<String>, answer: Expected) -> Case {
    with(name, World::new(), |_| request, answer)
}

fn with(
    name: &'static str,
    world: World,
    request: impl FnOnce(&World) -> Request<String>,
    answer: Expected,
) -> Case {
    let guard = world.guard().need(Need::all(["orders:read"])).wait_at_most(SHORT);
    let guard = guard.build().expect("a guard");
    let request = request(&world);
    Case { name, world, guard, request, answer }
}

/// Rows 1, 2, 3 and 19.
fn presented() -> Vec<Case> {
    let none = Expected::unauthorized(SCOPE, Reason::NoCredential);
    let other = Expected::unauthorized(SCOPE, Reason::OtherScheme);
    let dpop = Expected::invalid(Reason::DpopNotSupported);
    let bad = Expected::bad_request;
    let one = |value: &str| request(&[("authorization", value)]);
    vec![
        case("1: nothing", request(&[]), none),
        case("2: Basic", one("Basic YTpi"), other),
        case("3: Bearer alone", one("Bearer"), bad()),
        case("3: characters", one("Bearer a,b"), bad()),
        case("3: a second token", one("Bearer a.b.c d.e.f"), bad()),
        case(
            "3: two headers",
            request(&[("authorization", "Bearer a"), ("authorization", "Bearer b")]),
            bad(),
        ),
        case("19: DPoP", one("DPoP a.b.c"), dpop),
    ]
}

/// Rows 4 to 7.
fn tokens() -> Vec<Case> {
    type Change = fn(&World) -> String;
    let rows: [(&'static str, Change, Reason); 14] = [
        ("4: no JWS", |_| "abc".to_owned(), Reason::Malformed),
        ("4: too long", |_| format!("{}.b.c", "a".repeat(17_000)), Reason::Malformed),
        ("6: signature", |it| it.token().forged().sign(), Reason::InvalidSignature),
        ("6: alg none", |it| it.token().unsigned(), Reason::AlgorithmNotAllowed),
        ("6: typ", |it| it.token().typ("logout+jwt").sign(), Reason::TypeNotAllowed),
        ("6: crit", |it| it.token().header("crit", vec!["x"]).sign(), Reason::CriticalHeader),
        ("6: iss", |it| it.token().issuer("https://x.example").sign(), Reason::WrongIssuer),
        ("6: aud", |it| it.token().audience("other").sign(), Reason::WrongAudience),
        ("6: no aud", |it| it.token().without("aud").sign(), Reason::MissingClaim),
        ("6: nbf", |it| it.token().not_yet_valid().sign(), Reason::NotYetValid),
        ("6: no exp", |it| it.token().without("exp").sign(), Reason::MissingClaim),
        (
            "6: shape",
            |it| it.token().claim("aud", vec!["my-api"]).claim("jti", 7).sign(),
            Reason::Malformed,
        ),
        (
            "6: denied kid",
            |it| {
                let cache = it.verifier.caches().next().expect("one issuer");
                cache.deny_kid(it.issuer.signer().kid()).expect("a kid");
                it.token().sign()
            },
            Reason::DeniedKid,
        ),
        ("7: unknown kid", |it| unknown_kid_token(it.token().claims()), Reason::UnknownKid),
    ];
    let mut cases: Vec<Case> = rows
        .into_iter()
        .map(|(name, token, reason)| {
            let request = |world: &World| bearer(&token(world));
            with(name, World::new(), request, Expected::invalid(reason))
        })
        .collect();
    let expired = r#"error="invalid_token", error_description="The access token expired", scope="orders:read""#;
    cases.push(with(
        "5: expired",
        World::new(),
        |world| bearer(&world.token().expired().sign()),
        Expected::unauthorized(expired, Reason::Expired),
    ));
    cases
}

/// Rows 8, 9 and 10.
fn keys() -> Vec<Case> {
    let unknown = |world: &World| bearer(&unknown_kid_token(world.token().claims()));
    let good = |world: &World| bearer(&world.token().sign());
    let undecided = Expected { retry: true, ..Expected::invalid(Reason::Undecided) };
    let unavailable = Expected::unavailable(true, Reason::KeysUnavailable);
    let spent = || {
        let mut world = World::new();
        for _ in 0..3 {
            let token = unknown_kid_token(world.token().claims());
            let _ = world.memory.block_on(world.verifier.verify::<Registered>(&token));
        }
        world
    };
    let mut switched = with(
        "8a: undecided, the switch",
        spent(),
        unknown,
        Expected { reason: Reason::Undecided, ..unavailable },
    );
    let guard = switched.world.guard().wait_at_most(SHORT).undecided_is_unavailable();
    switched.guard = guard.build().expect("a guard");

    let failing = World::new();
    failing.issuer.always(Reply::status(500).header("retry-after", "7"));
    let stopped = {
        let mut world = World::prepared(|issuer| issuer.go_down());
        world.memory.stop();
        world
    };
    vec![
        with("8a: undecided", spent(), unknown, undecided),
        switched,
        with("8b: its fetch failed", failing, unknown, unavailable),
        with("9: no keys", World::prepared(|issuer| issuer.go_down()), good, unavailable),
        with("10: stopped", stopped, good, Expected::unavailable(false, Reason::Stopped)),
    ]
}

/// Rows 11, 12 and 13.
fn permits() -> Vec<Case> {
    let reader = |world: &World| bearer(&world.token().scopes(["orders:read"]).sign());
    let scope = Expected::forbidden(
        r#"error="insufficient_scope", scope="orders:read orders:write""#,
        Reason::InsufficientScope,
    );
    let forbidden = Expected::forbidden(r#"error="insufficient_scope""#, Reason::Forbidden);
    let step_up = Expected::unauthorized(
        r#"error="insufficient_user_authentication", acr_values="gold", max_age="300""#,
        Reason::InsufficientUserAuthentication,
    );
    let revoked = Expected::invalid(Reason::Revoked);
    let unavailable = Expected::unavailable(true, Reason::CheckUnavailable);
    let mut cases = vec![
        with("11: scope", World::new(), reader, scope),
        with("11: no scope at all", World::new(), |it| bearer(&it.token().sign()), scope),
        with("12: a check", World::new(), reader, forbidden),
        with("12: a check that waits", World::new(), reader, forbidden),
        with("12: a check that finds it revoked", World::new(), reader, revoked),
        with("12: a check that cannot be made", World::new(), reader, unavailable),
        with("13: step-up", World::new(), reader, step_up),
    ];
    for case in &mut cases {
        let guard = case.world.guard().need(Need::all(["orders:read"]));
        let guard = match case.name {
            "12: a check" => guard.check(|_| Err(Refusal::forbidden_because("not in the group"))),
            "12: a check that waits" => guard.check_async(|_| async { Err(Refusal::forbidden()) }),
            "12: a check that finds it revoked" => guard.check(|_| Err(Refusal::revoked())),
            "12: a check that cannot be made" => {
                let wait = Some(Duration::from_secs(3));
                guard.check_async(move |_| async move { Err(Refusal::unavailable(wait)) })
            }
            "13: step-up" => {
                guard.need(Need::caller().acr(["gold"]).max_age(Duration::from_secs(300)))
            }
            _ => guard.need(Need::all(["orders:write"])),
        };
        case.guard = guard.build().expect("a guard");
    }
    cases
}

/// Rows 14 and 15.
fn bindings() -> Vec<Case> {
    let bound = |world: &World| bearer(&world.token().bound_to_certificate(b"der").sign());
    let to_key = |world: &World| bearer(&world.token().bound_to_key("thumbprint").sign());
    let free = |world: &World| bearer(&world.token().scopes(["orders:read"]).sign());
    let unchecked = Expected::invalid(Reason::UncheckedBinding);
    let another = Expected::invalid(Reason::CertificateMismatch);
    let mut cases = vec![
        with("14: bound, no binding set up", World::new(), bound, unchecked),
        with("14: bound to a key", World::new(), to_key, unchecked),
        with("14: bound to a key, certificates set up", World::new(), to_key, unchecked),
        with("15: no certificate", World::new(), bound, another),
        with("15: another certificate", World::new(), bound, another),
        with("15: not bound, only_bound", World::new(), free, Expected::invalid(Reason::NotBound)),
    ];
    for case in &mut cases[2..] {
        let guard = case.world.guard().need(Need::all(["orders:read"]));
        let guard = match case.name {
            "15: no certificate" => guard.client_certificate(|_| None),
            _ => guard.client_certificate(|_| Some(Thumbprint::of_certificate(b"other"))),
        };
        let guard = if case.name.ends_with("only_bound") { guard.only_bound() } else { guard };
        case.guard = guard.build().expect("a guard");
    }
    cases
}

//! What must fire, and when; and that nothing else does.

/// A scenario of the simulator: one instance, ten tokens a second.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) arguments: &'static [&'static str],
    /// At these times from the start exactly these alerts fire.
    pub(super) firing: &'static [(&'static str, &'static [&'static str])],
}

/// Incidents begin after 14 minutes.
pub(super) const SIMULATED: &[Case] = &[
    Case {
        name: "a long outage",
        arguments: &["--scenario=outage", "--outage=3h"],
        firing: &[
            ("25m", &[]),
            ("40m", &["JwksRefreshFailing"]),
            ("72m", &["JwksNotConfirmed", "JwksRefreshFailing", "JwksTrustEnding"]),
            // The keys have ended at 94 minutes.
            ("98m", &["JwksNoKeys", "JwksNotConfirmed", "JwksRefreshFailing", "JwksTrustEnding"]),
            (
                "115m",
                &[
                    "JwksNoKeys",
                    "JwksNotConfirmed",
                    "JwksRefreshFailing",
                    "JwksTrustEnding",
                    "JwtRejectedByKeys",
                ],
            ),
            ("220m", &[]),
        ],
    },
    Case { name: "a blip", arguments: &["--scenario=outage", "--outage=2m"], firing: SILENT },
    Case {
        name: "ten minutes without it",
        arguments: &["--scenario=outage", "--outage=10m"],
        firing: SILENT,
    },
    Case { name: "nothing happens", arguments: &["--scenario=steady"], firing: SILENT },
    Case { name: "a rotation", arguments: &["--scenario=rotation"], firing: SILENT },
    Case { name: "a start", arguments: &["--scenario=deploy"], firing: SILENT },
    Case {
        name: "junk",
        arguments: &["--scenario=flood", "--flood=40m", "--flood-rps=20"],
        firing: &[
            ("10m", &[]),
            ("20m", &[]),
            ("30m", &["JwksUnknownKidFlood"]),
            ("50m", &["JwksUnknownKidFlood"]),
            ("80m", &[]),
        ],
    },
    Case {
        name: "a little junk",
        arguments: &["--scenario=flood", "--flood=40m", "--flood-rps=0.5"],
        firing: SILENT,
    },
];

const SILENT: &[(&str, &[&str])] = &[
    ("2m", &[]),
    ("5m", &[]),
    ("10m", &[]),
    ("15m", &[]),
    ("17m", &[]),
    ("20m", &[]),
    ("25m", &[]),
    ("30m", &[]),
    ("40m", &[]),
    ("50m", &[]),
    ("60m", &[]),
];

/// What the simulator does not play.
pub(super) const WRITTEN: &str = r#"  - name: the driver has stopped
    interval: 1m
    input_series:
      - series: 'jwks_driver_running{job="api",instance="0",issuer="id"}'
        values: '1x10 0x50'
      - series: 'jwks_freshness{job="api",instance="0",issuer="id",state="fresh"}'
        values: '1x60'
      - series: 'jwks_freshness{job="api",instance="0",issuer="id",state="stale"}'
        values: '0x60'
    promql_expr_test:
      - expr: 'count by (alertname) (ALERTS{alertstate="firing"})'
        eval_time: 15m
      - expr: 'count by (alertname) (ALERTS{alertstate="firing"})'
        eval_time: 30m
        exp_samples:
          - labels: '{alertname="JwksNotConfirmed"}'
            value: 1
  - name: a few failures in a quarter of an hour, each with a long Retry-After
    interval: 1m
    input_series:
      - series: 'jwks_consecutive_failures{job="api",instance="0",issuer="id"}'
        values: '0x5 1x10 2x10 3x10'
      - series: 'jwks_fetches_total{job="api",instance="0",issuer="id",reason="ahead",outcome="same_keys"}'
        values: '7x40'
      - series: 'jwks_trust_end_timestamp_seconds{job="api",instance="0",issuer="id"}'
        values: '4800x40'
    promql_expr_test:
      - expr: 'count by (alertname) (ALERTS{alertstate="firing"})'
        eval_time: 30m
  - name: an issuer that is gone has gauges of zero
    interval: 1m
    input_series:
      - series: 'jwks_driver_running{job="api",instance="0",issuer="id"}'
        values: '1x10 0x100'
      - series: 'jwks_freshness{job="api",instance="0",issuer="id",state="fresh"}'
        values: '1x10 0x100'
      - series: 'jwks_freshness{job="api",instance="0",issuer="id",state="missing"}'
        values: '0x110'
      - series: 'jwks_confirmed_timestamp_seconds{job="api",instance="0",issuer="id"}'
        values: '1x10 0x100'
      - series: 'jwks_trust_end_timestamp_seconds{job="api",instance="0",issuer="id"}'
        values: '4800x10 0x100'
      - series: 'jwks_lifetime_seconds{job="api",instance="0",issuer="id"}'
        values: '1200x10 0x100'
      - series: 'jwks_consecutive_failures{job="api",instance="0",issuer="id"}'
        values: '0x110'
    promql_expr_test:
      - expr: 'count by (alertname) (ALERTS{alertstate="firing"})'
        eval_time: 100m
  - name: an issuer on demand that nobody asks for
    interval: 1m
    input_series:
      - series: 'jwks_driver_running{job="api",instance="0",issuer="id"}'
        values: '1x100'
      - series: 'jwks_freshness{job="api",instance="0",issuer="id",state="missing"}'
        values: '1x100'
      - series: 'jwks_waiting{job="api",instance="0",issuer="id"}'
        values: '0x100'
      - series: 'jwt_validations_total{job="api",instance="0",issuer="id",result="unavailable"}'
        values: '0x100'
    promql_expr_test:
      - expr: 'count by (alertname) (ALERTS{alertstate="firing"})'
        eval_time: 90m
  - name: a new key that cannot be used
    interval: 1m
    input_series:
      - series: 'jwt_validations_total{job="api",instance="0",issuer="id",result="ok"}'
        values: '0+600x80 48000x60'
      - series: 'jwt_validations_total{job="api",instance="0",issuer="id",result="no_usable_key"}'
        values: '0x80 0+600x60'
      - series: 'jwt_validations_total{job="api",instance="0",issuer="id",result="unavailable"}'
        values: '0x140'
    promql_expr_test:
      - expr: 'count by (alertname) (ALERTS{alertstate="firing"})'
        eval_time: 80m
      - expr: 'count by (alertname) (ALERTS{alertstate="firing"})'
        eval_time: 100m
        exp_samples:
          - labels: '{alertname="JwtRejectedByKeys"}'
            value: 1
  - name: a stranger's tokens that name another algorithm than their key's
    interval: 1m
    input_series:
      - series: 'jwt_validations_total{job="api",instance="0",issuer="id",result="ok"}'
        values: '0+600x140'
      - series: 'jwt_validations_total{job="api",instance="0",issuer="id",result="no_usable_key"}'
        values: '0x80 0+6000x60'
      - series: 'jwt_validations_total{job="api",instance="0",issuer="id",result="invalid_signature"}'
        values: '0x80 0+6000x60'
      - series: 'jwt_validations_total{job="api",instance="0",issuer="id",result="unavailable"}'
        values: '0x140'
    promql_expr_test:
      - expr: 'count by (alertname) (ALERTS{alertstate="firing"})'
        eval_time: 130m
"#;

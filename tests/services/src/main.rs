//! Starts the service to watch. Without a file of settings, an identity provider comes with it.

#![expect(clippy::print_stdout, reason = "it says where it listens")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::Router;
use clap::Parser;
use jwks_services::app;
use jwks_services::debug::Debug;
use jwks_services::journal::Journal;
use jwks_services::provider::Provider;
use jwks_testkit::IssuerServer;
use jwks_tokio::{Policy, Verifier, VerifierSettings};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use tokio::net::TcpListener;
use tokio::time::interval;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// A service with a guarded route, probes, metrics, and a page that tells how its keys are
#[derive(Debug, Parser)]
#[command(name = "jwks-services")]
struct Arguments {
    /// Where callers find the service
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    service: SocketAddr,
    /// Where operators find metrics and the debug pages; keep it on loopback
    #[arg(long, default_value = "127.0.0.1:8081", value_name = "ADDRESS")]
    debug: SocketAddr,
    /// Where the switches of the embedded identity provider are
    #[arg(long, default_value = "127.0.0.1:8082", value_name = "ADDRESS")]
    provider: SocketAddr,
    /// Settings of a verifier (TOML), in place of the embedded identity provider
    #[arg(long, conflicts_with = "provider", value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Let the exporter of metrics complete their names with units and suffixes
    #[arg(long)]
    recommended_naming: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    start_logs()?;
    let buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
    let metrics = PrometheusBuilder::new()
        .with_recommended_naming(arguments.recommended_naming)
        .set_buckets_for_metric(Matcher::Suffix("_duration_seconds".to_owned()), &buckets)?
        .install_recorder()?;
    let journal = Journal::default();

    let (server, builder) = match &arguments.settings {
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            let settings: VerifierSettings = toml::from_str(&text)?;
            let settings = settings.map(|issuer| issuer.observer(journal.observer()));
            (None, Verifier::builder().settings(settings))
        }
        None => {
            let server = IssuerServer::start();
            let issuer = server.configured().label("embedded").observer(journal.observer());
            (Some(server), Verifier::builder().issuer(issuer.policy(quick()?)))
        }
    };
    let verifier = jwks_tokio::start(builder.time_validations(true))?;

    let service = TcpListener::bind(arguments.service).await?;
    let orders = format!("http://{}/orders", service.local_addr()?);
    println!("service   {orders}");
    let debug = TcpListener::bind(arguments.debug).await?;
    println!("debug     http://{}/debug/jwks", debug.local_addr()?);
    serve(debug, Debug::new(verifier.clone(), journal, metrics.clone()).routes());
    if let Some(server) = server {
        let listener = TcpListener::bind(arguments.provider).await?;
        println!("provider  http://{}/", listener.local_addr()?);
        serve(listener, Provider::new(server, orders).routes());
    }
    tokio::spawn(async move {
        // What histograms have collected is else kept until somebody asks.
        let mut ticks = interval(Duration::from_secs(5));
        loop {
            ticks.tick().await;
            metrics.run_upkeep();
        }
    });
    Ok(axum::serve(service, app::routes(verifier)?).await?)
}

fn serve(listener: TcpListener, routes: Router) {
    tokio::spawn(async move { axum::serve(listener, routes).await });
}

/// What `RUST_LOG` names, such as `info,jwks=debug`; without it all that is information.
fn start_logs() -> Result<()> {
    let wanted = std::env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned());
    let targets: Targets = wanted.parse().context("RUST_LOG")?;
    tracing_subscriber::registry().with(tracing_subscriber::fmt::layer()).with(targets).init();
    Ok(())
}

/// Minutes of the defaults are seconds here, so that there is something to watch.
fn quick() -> Result<Policy> {
    let policy = Policy::builder()
        .interval(Duration::from_secs(20))
        .usages(1_000_000)
        .min_refresh_interval(Duration::from_secs(2))
        .unknown_kid_cooldown(Duration::from_secs(5))
        .retry(Duration::from_millis(250), Duration::from_secs(5))
        .fetch_timeout(Duration::from_secs(2))
        .stale_if_error(Duration::from_secs(40))
        .build()?;
    Ok(policy)
}

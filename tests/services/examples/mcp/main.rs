//! A server of the Model Context Protocol behind a guard, and a client of the MCP SDK (rmcp) that
//! signs in to it from the first 401 alone: challenge, metadata of the resource (RFC 9728), that of
//! the authorization server, registration, code, token; then it calls a tool.
//! Speaks on standard output, and ends by itself; with `--serve` it goes on, for a client of yours.

#![expect(clippy::print_stdout, reason = "an example speaks on standard output")]

mod provider;

use std::sync::Arc;

use axum::Router;
use jwks_tokio::{Issuer, Registered, Verifier, reqwest};
use jwks_tower::{Caller, Guard, Need, ProtectedResource};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::auth::{AuthClient, AuthorizationRequest, OAuthState};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt};
use tokio::net::TcpListener;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The MCP server: one tool, which says who calls it.
#[derive(Clone)]
struct Orders;

impl ServerHandler for Orders {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let schema = serde_json::Map::from_iter([("type".to_owned(), "object".into())]);
        let tool = Tool::new("whoami", "Says who calls.", Arc::new(schema));
        Ok(ListToolsResult::with_all_items(vec![tool]))
    }

    async fn call_tool(
        &self,
        _: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        // The SDK hands the head of the request on, and the guard has put the caller beside it.
        let parts = context.extensions.get::<http::request::Parts>();
        let parts = parts.ok_or_else(|| ErrorData::internal_error("no request", None))?;
        let caller = Caller::<Registered>::of(&parts.extensions)
            .map_err(|refused| ErrorData::internal_error(refused.answer().text(), None))?;
        let sub = caller.claims().sub.clone().unwrap_or_default();
        Ok(CallToolResult::success(vec![ContentBlock::text(sub)]).into())
    }
}

/// The protected service. This is what you would write.
fn app(verifier: Verifier, url: &str) -> Result<Router, Failure> {
    let scopes = ["orders:read"];
    let api = ProtectedResource::new(url)?.issuers(&verifier).scopes(scopes)?.name("Orders");
    let guard = Guard::<Registered>::builder(verifier)
        .resource(&api)
        .need(Need::all(scopes))
        .json()
        .build()?;
    let mcp = StreamableHttpService::new(
        || Ok(Orders),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    Ok(Router::new().nest_service("/mcp", mcp).layer(guard).route_service(api.path(), api.clone()))
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let issuer = format!("http://{}", listener.local_addr()?);
    let routes = provider::Provider::routes(issuer.clone());
    tokio::spawn(async move { axum::serve(listener, routes).await });

    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}/mcp", listener.local_addr()?);
    // The resource's identifier is the audience of its tokens: MCP demands that it is checked.
    let trusted = Issuer::new(&*issuer).discover().allow_loopback_http().audience(&*url);
    let verifier = jwks_tokio::start(Verifier::builder().issuer(trusted))?;
    let routes = app(verifier, &url)?;
    let server = tokio::spawn(async move { axum::serve(listener, routes).await });

    // From here on: the client. It knows the URL of the service, and nothing else.
    let browser = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let refused = browser.post(&url).send().await?;
    let challenge = refused.headers().get("www-authenticate").ok_or("no challenge")?.to_str()?;
    println!("{}  {challenge}", refused.status());

    let mut oauth = OAuthState::new(&url, None).await?;
    let request = AuthorizationRequest::new("http://127.0.0.1:9/callback");
    oauth.start_authorization(request.with_challenge(challenge)).await?;
    let authorize = oauth.get_authorization_url().await?;
    println!("sign in at  {}", authorize.split('?').next().unwrap_or_default());
    let redirect = browser.get(&authorize).send().await?;
    let callback = redirect.headers().get("location").ok_or("no redirect")?.to_str()?;
    oauth.handle_callback_url(callback).await?;
    let manager = oauth.into_authorization_manager().ok_or("not signed in")?;
    println!("signed in for  {}", manager.get_current_scopes().await.join(" "));

    let client = AuthClient::new(reqwest::Client::builder().no_proxy().build()?, manager);
    let config = StreamableHttpClientTransportConfig::with_uri(&*url);
    let transport = StreamableHttpClientTransport::with_client(client, config);
    let session = ().serve(transport).await?;
    let answer = session.call_tool(CallToolRequestParams::new("whoami")).await?;
    let said = answer.content.first().and_then(|it| it.as_text()).ok_or("no answer")?;
    println!("the tool says  {}", said.text);
    assert_eq!(said.text, "alice");
    session.cancel().await?;

    if std::env::args().any(|argument| argument == "--serve") {
        println!("serving at  {url}");
        server.await??;
    }
    Ok(())
}

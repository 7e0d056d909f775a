//! Whose token is this?

use std::convert::Infallible;

use http::{Request, Response, header::AUTHORIZATION};
use serde::Deserialize;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_oauth2_resource_server::server::OAuth2ResourceServer;
use tower_oauth2_resource_server::tenant::TenantConfiguration;

#[derive(Clone, Deserialize)]
struct Claims {
    sub: String,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let tenant = TenantConfiguration::builder("https://id.example.com");
        let tenant = tenant.audiences(&["my-api"]).build().await?;
        let server = OAuth2ResourceServer::<Claims>::builder().add_tenant(tenant).build().await?;
        let service = server.into_layer::<()>().layer(service_fn(async |request: Request<()>| {
            if let Some(claims) = request.extensions().get::<Claims>() {
                println!("{}", claims.sub);
            }
            Ok::<_, Infallible>(Response::new(()))
        }));
        let token = std::env::args().nth(1).unwrap_or_default();
        let request = Request::builder().header(AUTHORIZATION, format!("Bearer {token}"));
        service.oneshot(request.body(())?).await?;
        Ok(())
    })
}

//! The scripted provider: an issuer's document, and keys at one place.

use http::{Request, Response};

pub(crate) const ISSUER: &str = "https://id.example.com/";
pub(crate) const DOCUMENT: &str = "https://id.example.com/.well-known/openid-configuration";
pub(crate) const KEYS: &str = "https://keys.example.com/1";
pub(crate) const MOVED: &str = "https://keys.example.com/2";

/// The key of RFC 8037, appendix A.
pub(crate) const SET: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a",
    "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

pub(crate) struct Provider {
    pub(crate) issuer: &'static str,
    pub(crate) jwks_uri: &'static str,
    /// Where keys are, whatever the document says.
    pub(crate) keys: Vec<&'static str>,
    /// What is answered where no keys are.
    pub(crate) gone: u16,
    /// What both requests are answered with, if not 200.
    pub(crate) document_status: u16,
    pub(crate) keys_status: u16,
}

impl Provider {
    pub(crate) fn new() -> Self {
        Self {
            issuer: ISSUER,
            jwks_uri: KEYS,
            keys: vec![KEYS, MOVED],
            gone: 404,
            document_status: 200,
            keys_status: 200,
        }
    }

    pub(crate) fn document(&self) -> String {
        format!(r#"{{"issuer":"{}","jwks_uri":"{}"}}"#, self.issuer, self.jwks_uri)
    }

    /// A plain request for this.
    pub(crate) fn ask(&self, url: &str) -> Request<()> {
        Request::get(url).body(()).unwrap()
    }

    /// Every answer has the same `ETag`, wherever it comes from.
    pub(crate) fn answer(&self, request: &Request<()>) -> Response<Vec<u8>> {
        let url = request.uri().to_string();
        if url == DOCUMENT {
            return response(self.document_status, &self.document());
        }
        if !self.keys.contains(&&*url) {
            return response(self.gone, "");
        }
        if request.headers().contains_key("if-none-match") {
            return response(304, "");
        }
        response(self.keys_status, SET)
    }
}

pub(crate) fn response(status: u16, body: &str) -> Response<Vec<u8>> {
    let response = Response::builder().status(status).header("etag", "\"1\"");
    response.body(body.as_bytes().to_vec()).unwrap()
}

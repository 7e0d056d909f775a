//! Amazon Cognito settings, issuer and key URLs, and claims for jwks-core.

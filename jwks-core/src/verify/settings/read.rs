//! From tables to issuers.

use std::collections::HashMap;

use super::super::Issuer;
use super::super::issuer::Problem;
use super::super::memo;
use super::VerifierSettings;
use super::names::{
    ISSUERS, MAX_TOKEN_LEN, OWN, POLICY, REMEMBER_SIGNATURES, SHARED, of_issuer, of_verifier,
};
use crate::keys::Algorithm;
use crate::refresh::settings::{Read, SettingValue, Settings, SettingsError};
use crate::refresh::{Policy, PolicySettings};

/// Reads one issuer, or several, and what is the verifier's own.
pub(super) fn verifier(mut root: Settings) -> Result<VerifierSettings, SettingsError> {
    root.check_names(&of_verifier())?;
    let max_token_len = root.take(MAX_TOKEN_LEN).map(|it| it.read(at_least_one)).transpose()?;
    let remember_signatures = root.take(REMEMBER_SIGNATURES).map(|it| it.read(signatures));
    let remember_signatures = remember_signatures.transpose()?;
    let issuers = match root.take_tables(ISSUERS)? {
        Some(tables) => several(root, tables)?,
        None => vec![issuer(root)?],
    };
    Ok(VerifierSettings { issuers, max_token_len, remember_signatures })
}

/// Reads the only issuer of a table.
pub(super) fn issuer(mut table: Settings) -> Result<Issuer, SettingsError> {
    table.check_names(&of_issuer())?;
    let policy = policy(&mut table)?.build()?;
    read(table, policy)
}

/// `root` is for all of them.
fn several(mut root: Settings, mut tables: Vec<Settings>) -> Result<Vec<Issuer>, SettingsError> {
    if let Some(setting) = OWN.iter().find_map(|name| root.take(name)) {
        let shown = setting.shown();
        let text = format!(
            "{shown} stands beside issuers: it is for one issuer, so it belongs into one of the \
             tables [[issuers]]"
        );
        return Err(SettingsError::new(shown, text));
    }
    let shared = policy(&mut root)?;
    let mut policies = Vec::with_capacity(tables.len());
    for table in &mut tables {
        table.check_names(&of_issuer())?;
        policies.push(policy(table)?);
    }
    let policies = PolicySettings::build_all(&policies, &shared)?;
    let mut issuers: Vec<Issuer> = Vec::with_capacity(tables.len());
    // By `iss`, the setting that says it.
    let mut shown_at: HashMap<String, String> = HashMap::with_capacity(tables.len());
    for (mut table, policy) in tables.into_iter().zip(policies) {
        inherit(&mut table, &root);
        let shown = table.show("issuer");
        let issuer = read(table, policy)?;
        if let Some(first) = shown_at.get(issuer.iss()) {
            let text = format!("{shown} is that of {first}: keep one table for each issuer");
            return Err(SettingsError::new(shown, text));
        }
        shown_at.insert(issuer.iss().to_owned(), shown);
        issuers.push(issuer);
    }
    Ok(issuers)
}

/// Takes over what the issuer does not say itself.
fn inherit(table: &mut Settings, root: &Settings) {
    for decision in SHARED {
        if !decision.iter().any(|name| table.has(name)) {
            let mut root = root.clone();
            let theirs = decision.iter().filter_map(|name| root.take(name));
            theirs.for_each(|setting| table.put(setting));
        }
    }
}

/// Adds one more to a list of the issuer's.
type Add = fn(Issuer, &str) -> Issuer;

/// The settings of the policy: beside those of the issuer, and in a table.
fn policy(table: &mut Settings) -> Result<PolicySettings, SettingsError> {
    let beside = PolicySettings::take(table);
    let Some(mut inside) = table.take_table(POLICY)? else { return Ok(beside) };
    inside.check_names(PolicySettings::NAMES)?;
    beside.join(PolicySettings::take(&mut inside))
}

fn read(mut table: Settings, policy: Policy) -> Result<Issuer, SettingsError> {
    let written = table.clone();
    let issuer = match (table.take("issuer"), table.take("trust_domain")) {
        (Some(iss), None) => Issuer::new(iss.read(SettingValue::text)?),
        (None, Some(domain)) => Issuer::spiffe(domain.read(SettingValue::text)?),
        (Some(_), Some(domain)) => {
            let (shown, iss) = (domain.shown(), table.show("issuer"));
            let text = format!(
                "{shown} and {iss} are both given: keep {iss} for tokens with that `iss`, or {shown} \
                 for those of a SPIFFE trust domain"
            );
            return Err(SettingsError::new(shown, text));
        }
        (None, None) => {
            let needed = "the `iss` of the tokens, such as 'https://id.example.com'";
            return Err(SettingsError::missing(table.show("issuer"), needed));
        }
    };
    let mut issuer = issuer.policy(policy);
    if let Some(uri) = table.take("jwks_uri") {
        // A URL may have a secret in its query, so an error does not show it.
        issuer = issuer.jwks_uri(uri.read_hidden(SettingValue::text)?);
    }
    if let Some(url) = table.take("discovery_url") {
        issuer = issuer.discovery_url(url.read_hidden(SettingValue::text)?);
    }
    if let Some(path) = table.take("keys_file") {
        issuer = issuer.keys_file(path.read(SettingValue::text)?);
    }
    let mut flag = |name| {
        let flag = table.take(name).map(|setting| setting.read(SettingValue::flag));
        flag.transpose().map(Option::unwrap_or_default)
    };
    if flag("discover")? {
        issuer = issuer.discover();
    }
    if flag("discover_oauth")? {
        issuer = issuer.discover_oauth();
    }
    if flag("optional")? {
        issuer = issuer.optional();
    }
    if flag("allow_loopback_http")? {
        issuer = issuer.allow_loopback_http();
    }
    if flag("public_addresses_only")? {
        issuer = issuer.public_addresses_only();
    }
    if flag("any_tenant")? {
        issuer = issuer.any_tenant();
    }
    if flag("without_iss")? {
        issuer = issuer.without_iss();
    }
    if flag("any_sub")? {
        issuer = issuer.any_sub();
    }
    if flag("any_audience")? {
        issuer = issuer.any_audience();
    }
    if let Some(audience) = table.take("audience") {
        issuer = issuer.audience(audience.read(one)?);
    }
    if let Some(label) = table.take("label") {
        issuer = issuer.label(label.read(SettingValue::text)?);
    }
    if let Some(leeway) = table.take("leeway") {
        issuer = issuer.leeway(leeway.read(SettingValue::duration)?);
    }
    if let Some(age) = table.take("max_age_without_exp") {
        issuer = issuer.max_age_without_exp(age.read(SettingValue::duration)?);
    }
    if let Some(names) = table.take("algorithms") {
        issuer = issuer.algorithms(names.read(algorithms)?);
    }
    if let Some(types) = table.take("types") {
        issuer = issuer.types(types.read(SettingValue::texts)?);
    }
    let lists: [(_, Add); 8] = [
        ("also", |issuer, it| issuer.also(it)),
        ("allow_http_hosts", |issuer, it| issuer.allow_http_host(it)),
        ("jwks_uri_hosts", |issuer, it| issuer.jwks_uri_host(it)),
        ("audiences", |issuer, it| issuer.audience(it)),
        ("also_types", |issuer, it| issuer.also_type(it)),
        ("required_claims", |issuer, it| issuer.required_claim(it)),
        ("azp", |issuer, it| issuer.azp(it)),
        ("tenants", |issuer, it| issuer.tenants([it])),
    ];
    for (name, add) in lists {
        if let Some(list) = table.take(name) {
            issuer = list.read(SettingValue::texts)?.into_iter().fold(issuer, add);
        }
    }
    issuer.check_given().map_err(|problem| locate(&written, &problem))?;
    Ok(issuer)
}

/// The problem with the settings as they were written.
fn locate(written: &Settings, problem: &Problem) -> SettingsError {
    let shown = |setting: &'static str| {
        // What code says one by one, a file says in a list.
        let list = format!("{setting}s");
        written.shown(if written.has(&list) { &list } else { setting })
    };
    SettingsError::new(shown(problem.setting()), problem.text(shown))
}

fn algorithms(value: &SettingValue) -> Result<Vec<Algorithm>, String> {
    let names = value.texts()?;
    let known = || {
        let names: Vec<_> = Algorithm::ALL.iter().map(|algorithm| algorithm.name()).collect();
        format!("one or more of {}", names.join(", "))
    };
    names.into_iter().map(|name| name.parse().map_err(|_| known())).collect()
}

fn at_least_one(value: &SettingValue) -> Read<usize> {
    value.size().ok().filter(|size| *size > 0).ok_or("a whole number of bytes, at least 1")
}

fn signatures(value: &SettingValue) -> Read<usize> {
    let allowed = value.size().ok().filter(|size| *size <= memo::MOST);
    allowed.ok_or("a whole number, 0 (none) to 16777216 (512 MiB)")
}

/// Of several audiences the name is another.
fn one(value: &SettingValue) -> Read<&str> {
    value.text().map_err(|_| "one text; for several there is `audiences`")
}

//! Saved keys and recordings: what can be read is written as it was read, and loading it extends no
//! trust.

use std::time::Duration;

use jwks_core::adapter::{Env, Start as _};
use jwks_core::cache::{KeyCache, Policy, SavedKeys, Source};
use jwks_core::refresh::record::Recording;

use crate::keys::sha256;
use crate::service::{at, encode, is_fit_for_a_log};

/// First octet: how old the keys are when they are loaded.
pub(crate) fn run(data: &[u8]) {
    let Some((age, text)) = data.split_first() else { return };
    if let Ok(recording) = serde_json::from_slice::<Recording>(text)
        && recording.inputs().count() < 4096
    {
        let again = recording.rerun();
        assert!(recording.replay().to_string().len() < 1 << 24);
        assert_eq!(again.rerun(), again);
        assert_eq!(again.replay().parting(), None);
        let written = serde_json::to_string(&again).expect("it can be written");
        assert_eq!(serde_json::from_str::<Recording>(&written).expect("as written"), again);
    }
    if let Some(keys) = export(text) {
        load(keys, *age);
    }
    let keys = match SavedKeys::from_json(text) {
        Ok(keys) => keys,
        Err(error) => {
            is_fit_for_a_log(&error.to_string());
            // A bare key set serves too.
            match SavedKeys::from_jwk_set(text, at(NOW)) {
                Ok(keys) => keys,
                Err(error) => return is_fit_for_a_log(&error.to_string()),
            }
        }
    };
    load(keys, *age);
}

/// An export with the times that the octets spell, in seconds. It has a digest, so that no change of
/// a written one would get further than that.
fn export(text: &[u8]) -> Option<SavedKeys> {
    let ([trust, lifetime], _) = text.as_chunks::<2>().0.split_first_chunk::<2>()?;
    let bundle = SavedKeys::from_jwk_set(SET, at(NOW)).expect("a sound key");
    let bundle = serde_json::to_string(&bundle).expect("it can be written");
    let (begin, keys) = bundle.split_once("\"keys\":").expect("keys");
    let (keys, _) = keys.rsplit_once("\"digest\":").expect("a digest");
    let millis = |seconds: &[u8; 2]| u64::from(u16::from_le_bytes(*seconds)) * 1000;
    let (trust, lifetime) = (NOW * 1000 + millis(trust), millis(lifetime));
    let times = format!("\"trust_until_ms\":{trust},\"lifetime_ms\":{lifetime},");
    let bare = format!("{begin}{times}\"keys\":{keys}\"digest\":\"");
    let digest = encode(sha256(format!("{bare}\"}}").as_bytes()));
    Some(SavedKeys::from_json(format!("{bare}{digest}\"}}")).expect("an export"))
}

fn load(keys: SavedKeys, age: u8) {
    let written = serde_json::to_string(&keys).expect("it can be written");
    assert_eq!(SavedKeys::from_json(&written).expect("as written"), keys);
    let confirmed = keys.confirmed_at();
    // About the time at which they were confirmed, where that is a time at all.
    let now = confirmed.checked_add(Duration::from_secs(600 * u64::from(age)));
    let now = now.unwrap_or_else(|| at(NOW));
    let source = Source::jwks_uri("https://id.example.com/keys").expect("a sound URL");
    let trusted = keys.trust_until();
    let builder = KeyCache::builder(source).hydrate(keys);
    let (cache, drivers) = builder.build(Env::new(move || now).seed(7)).expect("sound settings");
    let status = cache.status();
    if !status.keys.is_empty() {
        let until = status.trust_until.expect("keys that are held have an end of trust");
        let most = confirmed + Policy::default().max_trust();
        assert!(until <= most, "{until:?} is after {most:?}");
        assert!(trusted.is_none_or(|it| until <= it), "{until:?} is after {trusted:?}");
        assert!(cache.export().is_some());
    }
    drop(drivers);
}

const SET: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

const NOW: u64 = 1_700_000_000;

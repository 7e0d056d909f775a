//! The claims of a token, read once: into the caller's type, and into what the guard looks at.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Error as _, IntoDeserializer, MapAccess, Visitor,
};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::Scopes;
use crate::binding::Binding;
use crate::names::Names;

mod tap;
mod text;
mod value;

use self::tap::Tap;
use self::text::{PlainText, plain_text};

/// Claims of the type `T`, and beside them what a guard looks at, whatever `T` has of it: `scope`,
/// `scp`, `permissions`, `cnf`, `acr` and `auth_time`.
///
/// A guard reads tokens into this type. You meet it only if you implement
/// [`VerifyToken`](crate::VerifyToken).
pub struct Access<T>(pub(crate) Arc<Read<T>>);

/// Both in one place, which they never leave: the handle that a caller is made of.
pub(crate) struct Read<T> {
    pub(crate) claims: T,
    pub(crate) seen: Seen,
}

/// What the guard looks at.
#[derive(Clone, Default, Eq, PartialEq)]
pub(crate) struct Seen {
    /// One word, or none.
    pub(crate) acr: Names<23>,
    /// Seconds since 1970.
    pub(crate) auth_time: Option<u64>,
    pub(crate) binding: Binding,
    pub(crate) scopes: Scopes,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Access<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Both<T>(PhantomData<T>);

        impl<'de, T: DeserializeOwned> Visitor<'de> for Both<T> {
            type Value = Access<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("claims")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Access<T>, A::Error> {
                let mut seen = Seen::default();
                let claims = T::deserialize(Tap(Members { map, seen: &mut seen, name: None }))?;
                Ok(Access(Arc::new(Read { claims, seen })))
            }
        }

        deserializer.deserialize_map(Both(PhantomData))
    }
}

/// The members of the claims, on their way to the caller's type.
struct Members<'s, A> {
    map: A,
    seen: &'s mut Seen,
    /// Which of ours the next value is.
    name: Option<Ours>,
}

/// A claim that the guard looks at.
#[derive(Clone, Copy)]
enum Ours {
    Acr,
    AuthTime,
    Cnf,
    Scope,
}

impl Ours {
    #[inline(always)]
    fn named(name: &str) -> Option<Self> {
        // By length first, so that most names are told apart from ours at once.
        match *name.as_bytes() {
            [b'a', b'c', b'r'] => Some(Self::Acr),
            [b'c', b'n', b'f'] => Some(Self::Cnf),
            [b's', b'c', b'p'] | [b's', b'c', b'o', b'p', b'e'] => Some(Self::Scope),
            [_, _, _, _, b'_', _, _, _, _] if name == "auth_time" => Some(Self::AuthTime),
            [b'p', b'e', b'r', .., b's'] if name == "permissions" => Some(Self::Scope),
            _ => None,
        }
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Members<'_, A> {
    type Error = A::Error;

    #[inline(always)]
    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        self.name = None;
        self.map.next_key_seed(Named { seed, name: &mut self.name })
    }

    #[inline(always)]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        match self.name.take() {
            None => self.map.next_value_seed(seed),
            Some(name) => self.shown(name, seed),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        self.map.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> Members<'_, A> {
    /// The value of one of ours.
    fn shown<V: DeserializeSeed<'de>>(
        &mut self,
        name: Ours,
        seed: V,
    ) -> Result<V::Value, A::Error> {
        // Kept as text, and read twice: once for the guard, once for the caller's type.
        let raw: &'de RawValue = self.map.next_value()?;
        // Without serde's own text, which may quote a value.
        let misfit = |_| A::Error::custom("a claim does not fit");
        match plain_text(raw.get()) {
            Some(text) => {
                self.seen.read_text(name, text);
                seed.deserialize(PlainText { json: raw.get(), text }).map_err(misfit)
            }
            None => {
                self.seen.read(name, raw.get());
                seed.deserialize(&mut serde_json::Deserializer::from_str(raw.get())).map_err(misfit)
            }
        }
    }
}

/// A member's name, on its way to the caller's type.
struct Named<'n, K> {
    seed: K,
    name: &'n mut Option<Ours>,
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for Named<'_, K> {
    type Value = K::Value;

    #[inline(always)]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<K::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de, K: DeserializeSeed<'de>> Visitor<'de> for Named<'_, K> {
    type Value = K::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    #[inline(always)]
    fn visit_borrowed_str<E: serde::de::Error>(self, name: &'de str) -> Result<K::Value, E> {
        *self.name = Ours::named(name);
        self.seed.deserialize(BorrowedStrDeserializer::new(name))
    }

    /// One with escapes.
    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<K::Value, E> {
        *self.name = Ours::named(name);
        self.seed.deserialize(name.into_deserializer())
    }
}

/// Without the claims.
impl<T> fmt::Debug for Access<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod ways;

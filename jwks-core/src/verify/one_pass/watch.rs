//! Looks over the shoulder of a type that reads the payload.
//!
//! [`Watched`] is a deserializer that hands each call on as it is, and [`Watching`] a visitor that
//! does the same with what the deserializer answers, once its [`Watch`] has seen it. What the watch
//! does not know ends the reading, and makes the payload unusual.

mod forward;

use std::fmt;

use serde::de::{
    Deserialize as _, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess,
    Visitor,
};

use super::witness::{Claim, Witness};

/// A deserializer that is watched.
pub(super) struct Watched<D, W> {
    inner: D,
    watch: W,
}

impl<D, W> Watched<D, W> {
    pub(super) const fn new(inner: D, watch: W) -> Self {
        Self { inner, watch }
    }
}

/// A visitor that is watched.
struct Watching<V, W> {
    inner: V,
    watch: W,
}

/// Sees a value before the caller's type does. False: it is not as usual.
trait Watch: Sized {
    /// Something is not as usual.
    fn give_up(&mut self);

    fn text(&mut self, _text: &str, _copied: bool) -> bool {
        false
    }

    /// `None`: beyond what an `i64` can tell.
    fn integer(&mut self, _number: Option<i64>) -> bool {
        false
    }

    fn float(&mut self, _number: f64) -> bool {
        false
    }

    /// Neither text nor a number, and not `null`.
    fn other(&mut self) -> bool {
        false
    }

    fn array<'de, V, A>(mut self, _visitor: V, _array: A) -> Result<V::Value, A::Error>
    where
        V: Visitor<'de>,
        A: SeqAccess<'de>,
    {
        Err(unusual(&mut self))
    }

    fn object<'de, V, A>(mut self, _visitor: V, _object: A) -> Result<V::Value, A::Error>
    where
        V: Visitor<'de>,
        A: MapAccess<'de>,
    {
        Err(unusual(&mut self))
    }

    /// The caller's type skips it, but we do not.
    fn skipped<'de, D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_any(Watching { inner: IgnoredAny, watch: self }).map(drop)
    }
}

fn unusual<E: Error>(watch: &mut impl Watch) -> E {
    watch.give_up();
    E::custom("unusual")
}

/// The payload as a whole: an object.
pub(super) struct Whole<'w, 'e>(pub(super) &'w mut Witness<'e>);

impl Watch for Whole<'_, '_> {
    fn give_up(&mut self) {
        self.0.give_up();
    }

    #[inline]
    fn object<'de, V, A>(self, visitor: V, object: A) -> Result<V::Value, A::Error>
    where
        V: Visitor<'de>,
        A: MapAccess<'de>,
    {
        self.0.begin();
        visitor.visit_map(Members { inner: object, witness: self.0 })
    }
}

/// A member's name.
struct Name<'w, 'e>(&'w mut Witness<'e>);

impl Watch for Name<'_, '_> {
    fn give_up(&mut self) {
        self.0.give_up();
    }

    #[inline]
    fn text(&mut self, name: &str, copied: bool) -> bool {
        // It is copied if it has escapes.
        !copied && self.0.see_name(name)
    }
}

/// The value of a claim that has to be seen.
struct Value<'w, 'e> {
    claim: Claim,
    witness: &'w mut Witness<'e>,
}

impl Watch for Value<'_, '_> {
    fn give_up(&mut self) {
        self.witness.give_up();
    }

    #[inline]
    fn text(&mut self, text: &str, _copied: bool) -> bool {
        self.witness.see_text(self.claim, text)
    }

    #[inline]
    fn integer(&mut self, number: Option<i64>) -> bool {
        self.witness.see_integer(self.claim, number)
    }

    fn float(&mut self, number: f64) -> bool {
        self.witness.see_float(self.claim, number)
    }

    fn other(&mut self) -> bool {
        self.witness.see_other(self.claim)
    }

    fn array<'de, V, A>(mut self, visitor: V, array: A) -> Result<V::Value, A::Error>
    where
        V: Visitor<'de>,
        A: SeqAccess<'de>,
    {
        match self.claim {
            _ if !self.witness.see_array(self.claim) => Err(unusual(&mut self)),
            Claim::Audience => visitor.visit_seq(Names { inner: array, witness: self.witness }),
            _ => visitor.visit_seq(array),
        }
    }

    fn object<'de, V, A>(mut self, visitor: V, object: A) -> Result<V::Value, A::Error>
    where
        V: Visitor<'de>,
        A: MapAccess<'de>,
    {
        if self.other() { visitor.visit_map(object) } else { Err(unusual(&mut self)) }
    }

    fn skipped<'de, D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        match self.claim {
            // Nothing else is asked of it, so it is not read any further.
            Claim::Required => value.deserialize_option(NotNull(self)),
            _ => value.deserialize_any(Watching { inner: IgnoredAny, watch: self }).map(drop),
        }
    }
}

/// Looks whether there is a value, and skips it.
struct NotNull<'w, 'e>(Value<'w, 'e>);

impl<'de> Visitor<'de> for NotNull<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_none<E: Error>(mut self) -> Result<(), E> {
        Err(unusual(&mut self.0))
    }

    fn visit_some<D: Deserializer<'de>>(mut self, value: D) -> Result<(), D::Error> {
        self.0.other();
        IgnoredAny::deserialize(value).map(drop)
    }
}

/// The members of the payload.
struct Members<'w, 'e, A> {
    inner: A,
    witness: &'w mut Witness<'e>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Members<'_, '_, A> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.witness.before_name();
        let name = self.inner.next_key_seed(Seed { inner: seed, watch: Name(self.witness) })?;
        self.witness.after_name(name.is_some());
        Ok(name)
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        match self.witness.before_value() {
            None => self.inner.next_value_seed(seed),
            Some(claim) => {
                let watch = Value { claim, witness: self.witness };
                self.inner.next_value_seed(Seed { inner: seed, watch })
            }
        }
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

/// The strings of an `aud` that has several.
struct Names<'w, 'e, A> {
    inner: A,
    witness: &'w mut Witness<'e>,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Names<'_, '_, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.witness.before_element();
        let watch = Value { claim: Claim::AudienceName, witness: self.witness };
        let element = self.inner.next_element_seed(Seed { inner: seed, watch })?;
        self.witness.after_element(element.is_some());
        Ok(element)
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

struct Seed<S, W> {
    inner: S,
    watch: W,
}

impl<'de, S: DeserializeSeed<'de>, W: Watch> DeserializeSeed<'de> for Seed<S, W> {
    type Value = S::Value;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.inner.deserialize(Watched { inner: deserializer, watch: self.watch })
    }
}

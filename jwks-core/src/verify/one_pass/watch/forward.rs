//! The calls of serde, handed on one by one.

use std::fmt;

use serde::de::{Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};

use super::{Watch, Watched, Watching, unusual};

macro_rules! hand_on {
    ($($method:ident($($argument:ident: $kind:ty),*))*) => {
        $(
            #[inline]
            fn $method<V: Visitor<'de>>(
                self,
                $($argument: $kind,)*
                visitor: V,
            ) -> Result<V::Value, D::Error> {
                let visitor = Watching { inner: visitor, watch: self.watch };
                self.inner.$method($($argument,)* visitor)
            }
        )*
    };
}

impl<'de, D: Deserializer<'de>, W: Watch> Deserializer<'de> for Watched<D, W> {
    type Error = D::Error;

    hand_on! {
        deserialize_any()
        deserialize_bool()
        deserialize_i8()
        deserialize_i16()
        deserialize_i32()
        deserialize_i64()
        deserialize_i128()
        deserialize_u8()
        deserialize_u16()
        deserialize_u32()
        deserialize_u64()
        deserialize_u128()
        deserialize_f32()
        deserialize_f64()
        deserialize_char()
        deserialize_str()
        deserialize_string()
        deserialize_bytes()
        deserialize_byte_buf()
        deserialize_option()
        deserialize_unit()
        deserialize_seq()
        deserialize_map()
        deserialize_identifier()
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_unit_struct(name: &'static str)
    }

    /// By names like `$serde_json::private::RawValue` a type and a deserializer agree on something
    /// that is not what it looks like.
    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        if name.starts_with('$') {
            return Err(unusual(&mut self.watch));
        }
        let visitor = Watching { inner: visitor, watch: self.watch };
        self.inner.deserialize_newtype_struct(name, visitor)
    }

    #[inline]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.watch.skipped(self.inner)?;
        visitor.visit_unit()
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// What serde_json never calls is left out: by default it is an error.
impl<'de, V: Visitor<'de>, W: Watch> Visitor<'de> for Watching<V, W> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_bool<E: Error>(mut self, value: bool) -> Result<V::Value, E> {
        if self.watch.other() {
            self.inner.visit_bool(value)
        } else {
            Err(unusual(&mut self.watch))
        }
    }

    #[inline]
    fn visit_i64<E: Error>(mut self, value: i64) -> Result<V::Value, E> {
        if self.watch.integer(Some(value)) {
            self.inner.visit_i64(value)
        } else {
            Err(unusual(&mut self.watch))
        }
    }

    #[inline]
    fn visit_u64<E: Error>(mut self, value: u64) -> Result<V::Value, E> {
        if self.watch.integer(value.try_into().ok()) {
            self.inner.visit_u64(value)
        } else {
            Err(unusual(&mut self.watch))
        }
    }

    fn visit_f64<E: Error>(mut self, value: f64) -> Result<V::Value, E> {
        if self.watch.float(value) {
            self.inner.visit_f64(value)
        } else {
            Err(unusual(&mut self.watch))
        }
    }

    #[inline]
    fn visit_str<E: Error>(mut self, value: &str) -> Result<V::Value, E> {
        if self.watch.text(value, true) {
            self.inner.visit_str(value)
        } else {
            Err(unusual(&mut self.watch))
        }
    }

    #[inline]
    fn visit_borrowed_str<E: Error>(mut self, value: &'de str) -> Result<V::Value, E> {
        if self.watch.text(value, false) {
            self.inner.visit_borrowed_str(value)
        } else {
            Err(unusual(&mut self.watch))
        }
    }

    fn visit_none<E: Error>(mut self) -> Result<V::Value, E> {
        Err(unusual(&mut self.watch))
    }

    #[inline]
    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        self.inner.visit_some(Watched { inner: value, watch: self.watch })
    }

    fn visit_unit<E: Error>(mut self) -> Result<V::Value, E> {
        Err(unusual(&mut self.watch))
    }

    #[inline]
    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        self.inner.visit_newtype_struct(Watched { inner: value, watch: self.watch })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, array: A) -> Result<V::Value, A::Error> {
        self.watch.array(self.inner, array)
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<V::Value, A::Error> {
        self.watch.object(self.inner, object)
    }

    fn visit_enum<A: EnumAccess<'de>>(mut self, value: A) -> Result<V::Value, A::Error> {
        if self.watch.other() {
            self.inner.visit_enum(value)
        } else {
            Err(unusual(&mut self.watch))
        }
    }
}

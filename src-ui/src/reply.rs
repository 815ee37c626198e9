//! Reads replies, small first: serde's readers are made anew for each of our sixty structs and each format, so what a
//! format asks of them decides the size of the wasm.
//!
//! A text becomes a tree of [`Value`]s once, and the types are read from the tree. A struct is asked for its fields in
//! their order, as if it were a list: the code that derive makes for maps, twice as long (names to compare, places to
//! keep what has come), is never linked. A field that is not there is the type's default, nothing for an `Option`, or
//! an error, as in serde_json; only a [`Value`] that is not there is null, whatever its default. Types with
//! `#[serde(alias)]` cannot be read this way and are an error.

use std::fmt::{self, Display};

use serde::{
    de::{
        self, DeserializeOwned, DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
        value::StrDeserializer,
    },
    forward_to_deserialize_any,
};
use serde_json::{Map, Value};

/// Reads a reply.
///
/// # Errors
/// When the text is no JSON, or not of this type.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Unread> {
    T::deserialize(Reader(Some(serde_json::from_str(text).map_err(Unread::custom)?)))
}

/// Why a reply could not be read.
#[derive(Debug)]
pub struct Unread(String);

impl Unread {
    fn custom(why: impl Display) -> Self {
        Self(why.to_string())
    }
}

impl Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unread {}

impl de::Error for Unread {
    fn custom<T: Display>(why: T) -> Self {
        Self::custom(why)
    }
}

/// A value, or the place of a field that is not there.
struct Reader(Option<Value>);

impl Reader {
    #[cold]
    fn unexpected<T>(&self, wanted: &str) -> Result<T, Unread> {
        let kind = match &self.0 {
            None => "nothing",
            Some(Value::Null) => "null",
            Some(Value::Bool(_)) => "a bool",
            Some(Value::Number(_)) => "a number",
            Some(Value::String(_)) => "a text",
            Some(Value::Array(_)) => "a list",
            Some(Value::Object(_)) => "an object",
        };
        Err(Unread(format!("{kind} instead of {wanted}")))
    }

    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        let Some(Value::Number(number)) = &self.0 else { return self.unexpected("a number") };
        match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(n), ..) => visitor.visit_u64(n),
            (_, Some(n), _) => visitor.visit_i64(n),
            (.., n) => visitor.visit_f64(n.unwrap_or_default()),
        }
    }
}

macro_rules! numbers {
    ($($name:ident)*) => {$(
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
            self.number(visitor)
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Reader {
    type Error = Unread;

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32
        deserialize_u64 deserialize_f32 deserialize_f64
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.0 {
            None | Some(Value::Null) => visitor.visit_unit(),
            Some(Value::Bool(value)) => visitor.visit_bool(value),
            Some(Value::Number(_)) => self.number(visitor),
            Some(Value::String(text)) => visitor.visit_string(text),
            Some(Value::Array(items)) => visitor.visit_seq(Items(items.into_iter())),
            Some(Value::Object(map)) => visitor.visit_map(Entries { left: map.into_iter(), value: None }),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.0 {
            Some(Value::Bool(value)) => visitor.visit_bool(value),
            _ => self.unexpected("a bool"),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match &self.0 {
            Some(Value::String(text)) => visitor.visit_str(text),
            _ => self.unexpected("a text"),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.0 {
            Some(Value::String(text)) => visitor.visit_string(text),
            _ => self.unexpected("a text"),
        }
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.0 {
            None | Some(Value::Null) => visitor.visit_none(),
            Some(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.0 {
            None | Some(Value::Null) => visitor.visit_unit(),
            _ => self.unexpected("null"),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Unread> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.0 {
            Some(Value::Array(items)) => visitor.visit_seq(Items(items.into_iter())),
            _ => self.unexpected("a list"),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unread> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.0 {
            Some(Value::Object(map)) => visitor.visit_map(Entries { left: map.into_iter(), value: None }),
            _ => self.unexpected("an object"),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unread> {
        let Some(Value::Object(map)) = self.0 else { return self.unexpected(name) };
        let mut fields = Fields { map, names };
        let read = visitor.visit_seq(&mut fields)?;
        fields.end(name)?;
        Ok(read)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unread> {
        match self.0 {
            Some(Value::String(variant)) => visitor.visit_enum(Variant { variant, content: None }),
            Some(Value::Object(map)) if map.len() == 1 => match map.into_iter().next() {
                Some((variant, content)) => visitor.visit_enum(Variant { variant, content: Some(content) }),
                None => Reader(None).unexpected(name),
            },
            _ => self.unexpected(name),
        }
    }

    forward_to_deserialize_any! { char bytes byte_buf unit_struct tuple_struct ignored_any }
}

/// The fields of a struct, in the order that it names them.
struct Fields {
    map: Map<String, Value>,
    names: &'static [&'static str],
}

impl Fields {
    fn end(&self, name: &str) -> Result<(), Unread> {
        if self.names.is_empty() { Ok(()) } else { Err(Unread(format!("{name} has fields of more than one name"))) }
    }
}

impl<'de> SeqAccess<'de> for &mut Fields {
    type Error = Unread;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Unread> {
        let Some((name, rest)) = self.names.split_first() else { return Ok(None) };
        self.names = rest;
        match self.map.get_mut(*name) {
            Some(value) => seed.deserialize(Reader(Some(value.take()))).map(Some),
            // Only what can be nothing is; else derive takes the default, or says that the field is not there.
            None => Ok(seed.deserialize(Reader(None)).ok()),
        }
    }
}

struct Items(std::vec::IntoIter<Value>);

impl<'de> SeqAccess<'de> for Items {
    type Error = Unread;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Unread> {
        self.0.next().map(|item| seed.deserialize(Reader(Some(item)))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Entries {
    left: serde_json::map::IntoIter,
    value: Option<Value>,
}

impl<'de> MapAccess<'de> for Entries {
    type Error = Unread;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Unread> {
        let Some((key, value)) = self.left.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(Reader(Some(Value::String(key)))).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Unread> {
        seed.deserialize(Reader(self.value.take()))
    }
}

struct Variant {
    variant: String,
    content: Option<Value>,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Unread;
    type Variant = Reader;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Reader), Unread> {
        let variant = seed.deserialize(StrDeserializer::<Unread>::new(&self.variant))?;
        Ok((variant, Reader(self.content)))
    }
}

impl<'de> VariantAccess<'de> for Reader {
    type Error = Unread;

    fn unit_variant(self) -> Result<(), Unread> {
        match self.0 {
            None => Ok(()),
            Some(_) => self.unexpected("nothing"),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Unread> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Unread> {
        de::Deserializer::deserialize_tuple(self, length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, names: &'static [&'static str], visitor: V) -> Result<V::Value, Unread> {
        de::Deserializer::deserialize_struct(self, "the variant", names, visitor)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::{Deserialize, de::DeserializeOwned};

    use super::read;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Door {
        room: String,
        floor: Option<i32>,
        #[serde(default)]
        tags: Vec<(String, u64)>,
        #[serde(default, rename = "ref")]
        place: BTreeMap<String, Option<f64>>,
        #[serde(flatten)]
        more: More,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct More {
        of: Of,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Of {
        No,
        Yes(i64),
        Both { a: bool, b: Option<Box<Door>> },
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "code", content = "params", rename_all = "snake_case")]
    enum Verdict {
        Good,
        Bad { why: String },
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(default)]
    struct Many {
        doors: Vec<Door>,
        verdicts: Vec<Verdict>,
        all: serde_json::Value,
    }

    impl Default for Many {
        fn default() -> Self {
            Self { doors: Vec::new(), verdicts: vec![Verdict::Good], all: serde_json::Value::Null }
        }
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Twice {
        #[serde(alias = "b")]
        a: Option<u8>,
        c: Option<u8>,
    }

    fn same<T: DeserializeOwned + PartialEq + std::fmt::Debug>(text: &str) {
        assert_eq!(read::<T>(text).unwrap(), serde_json::from_str::<T>(text).unwrap(), "{text}");
    }

    fn both_refuse<T: DeserializeOwned + std::fmt::Debug>(text: &str) {
        assert!(serde_json::from_str::<T>(text).is_err(), "{text}");
        assert!(read::<T>(text).is_err(), "{text}");
    }

    #[test]
    fn what_serde_json_reads_is_read_alike() {
        same::<Door>(r#"{"room":"301","floor":3,"tags":[["a",1]],"ref":{"x":1.5,"y":null},"of":"no"}"#);
        same::<Door>(r#"{"of":{"yes":-7},"unknown":[1,{"a":2}],"room":"","floor":null}"#);
        same::<Door>(r#"{"of":{"both":{"b":{"of":"no","room":"1"},"a":true}},"room":"\u00e9\n"}"#);
        same::<Door>(r#"{"of":{"both":{"a":false}},"room":"1"}"#);
        same::<Many>(
            r#"{"doors":[{"room":"1","of":"no"}],"verdicts":[{"code":"good"},{"code":"bad","params":{"why":"x"}}]}"#,
        );
        same::<Many>(r#"{"all":[1,-1,1.5,null,"x",{"a":{}}]}"#);
        same::<Option<Of>>("null");
        same::<(u8, f64, i64)>("[255, 3, -9007199254740993]");
    }

    #[test]
    fn what_serde_json_refuses_is_refused() {
        both_refuse::<Door>(r#"{"floor":3,"of":"no"}"#);
        both_refuse::<Door>(r#"{"room":5,"of":"no"}"#);
        both_refuse::<Door>(r#"{"room":"1"}"#);
        both_refuse::<Door>(r#"{"room":"1","of":"never"}"#);
        both_refuse::<Door>(r#"{"room":"1","of":{"yes":1.5}}"#);
        both_refuse::<Many>(r#"{"verdicts":[{"code":"bad"}]}"#);
        both_refuse::<u8>("256");
        both_refuse::<Of>("{}");
        both_refuse::<Of>(r#"{"no":1,"yes":2}"#);
        both_refuse::<Door>("{");
    }

    #[test]
    fn a_field_of_two_names_is_refused_and_not_misread() {
        assert!(read::<Twice>(r#"{"a":1,"c":2}"#).is_err());
    }
}

//! The types that options can have, and how their values are written in a file.

use std::time::Duration;

use scout_desktop::Chord;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use toml::Value;

use super::allowed::{Allowed, NO_CHORD};
use super::language::Language;
use crate::microphone::DeviceChoice;

/// A type that an option can have.
pub trait OptionType: Sized {
    /// The value that is written so; `None` where it is no value of this type.
    fn from_toml(value: Value) -> Option<Self>;
    /// The value as it is written.
    fn to_toml(&self) -> Value;
}

/// A type that says by itself which values are allowed. Options of other types (numbers, texts, lists) say it one by
/// one.
pub trait SelfDescribing: OptionType {
    /// The values that are allowed.
    const ALLOWED: Allowed;
}

/// A time in milliseconds, as it is written in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub u32);

impl From<Millis> for Duration {
    fn from(millis: Millis) -> Self {
        Self::from_millis(u64::from(millis.0))
    }
}

impl OptionType for bool {
    fn from_toml(value: Value) -> Option<Self> {
        value.as_bool()
    }

    fn to_toml(&self) -> Value {
        Value::Boolean(*self)
    }
}

impl SelfDescribing for bool {
    const ALLOWED: Allowed = Allowed::Switch;
}

impl OptionType for u32 {
    fn from_toml(value: Value) -> Option<Self> {
        value.as_integer()?.try_into().ok()
    }

    fn to_toml(&self) -> Value {
        Value::Integer(i64::from(*self))
    }
}

impl OptionType for Millis {
    fn from_toml(value: Value) -> Option<Self> {
        u32::from_toml(value).map(Self)
    }

    fn to_toml(&self) -> Value {
        self.0.to_toml()
    }
}

impl OptionType for String {
    fn from_toml(value: Value) -> Option<Self> {
        if let Value::String(text) = value { Some(text) } else { None }
    }

    fn to_toml(&self) -> Value {
        Value::String(self.clone())
    }
}

impl OptionType for Vec<String> {
    fn from_toml(value: Value) -> Option<Self> {
        let Value::Array(items) = value else { return None };
        items.into_iter().map(String::from_toml).collect()
    }

    fn to_toml(&self) -> Value {
        Value::Array(self.iter().map(OptionType::to_toml).collect())
    }
}

/// Types that are written as a text, and read from it by [`FromStr`](std::str::FromStr).
macro_rules! written_as_text {
    ($($kind:ty: $allowed:expr),+) => {
        $(
            impl OptionType for $kind {
                fn from_toml(value: Value) -> Option<Self> {
                    value.as_str()?.parse().ok()
                }

                fn to_toml(&self) -> Value {
                    Value::String(self.to_string())
                }
            }

            impl SelfDescribing for $kind {
                const ALLOWED: Allowed = $allowed;
            }
        )+
    };
}

written_as_text! { Chord: Allowed::Chord, Language: Allowed::Language }

/// No key is written as a word: TOML has none for nothing, and an option that is left out keeps its default.
impl OptionType for Option<Chord> {
    fn from_toml(value: Value) -> Option<Self> {
        if value.as_str() == Some(NO_CHORD) { Some(None) } else { Chord::from_toml(value).map(Some) }
    }

    fn to_toml(&self) -> Value {
        self.as_ref().map_or_else(|| Value::String(NO_CHORD.to_owned()), OptionType::to_toml)
    }
}

impl SelfDescribing for Option<Chord> {
    const ALLOWED: Allowed = Allowed::ChordOrNone;
}

impl OptionType for DeviceChoice {
    fn from_toml(value: Value) -> Option<Self> {
        String::from_toml(value).map(Self::from)
    }

    fn to_toml(&self) -> Value {
        Value::String(self.clone().into())
    }
}

/// Writes an option's value; for `#[serde(with = ...)]`.
pub(crate) fn serialize<T: OptionType, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.to_toml().serialize(serializer)
}

/// Reads an option's value; for `#[serde(with = ...)]`.
pub(crate) fn deserialize<'de, T: OptionType, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    // The check has said what is allowed instead, with the name of the option; this is for files that were not checked.
    T::from_toml(Value::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("the option cannot have this value"))
}

/// A value that a profile sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Set<T>(pub T);

impl<'de, T: OptionType> Deserialize<'de> for Set<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer).map(Self)
    }
}

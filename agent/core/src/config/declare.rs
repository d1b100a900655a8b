//! How options are declared: everything that is known of an option stands in one place, its line in `schema/`.
//!
//! ```ignore
//! section! {
//!     /// The key that you hold while you speak.
//!     #[section(name = "key", title = "Key", page = Dictation)]
//!     pub struct KeySettings {
//!         /// In "hybrid" mode, a press shorter than this is a tap.
//!         #[option(title = "Longest tap", effect = AtOnce, profile = no, allowed = millis(50, 2000))]
//!         tap_ms: Millis = Millis(250),
//!     }
//! }
//! ```
//!
//! From this come the field of the settings struct and its default, the field of the profile's overrides (with `profile
//! = yes`, in the struct that follows `overridden by`), and the [`Opt`](super::option::Opt), from which the rest of
//! Scout reads: the check of files, `config/default.toml`, `docs/options.md`, `scout config` and the settings window.
//! `allowed` is left out where the type says it itself ([`SelfDescribing`](super::value::SelfDescribing)). The doc
//! comment is what users read.

/// Declares a section and its options.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        #[section(name = $section:literal, title = $section_title:literal, page = $page:ident)]
        pub struct $settings:ident $(overridden by $overrides:ident)? {
            $(
                $(#[doc = $help:literal])+
                #[option(
                    title = $title:literal,
                    effect = $effect:ident,
                    profile = $profile:ident
                    $(, allowed = $allowed:expr)?
                )]
                $option:ident: $kind:ty = $default:expr,
            )+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        #[allow(clippy::struct_excessive_bools)] // each is an option of its own
        #[allow(clippy::doc_markdown)] // users read it as plain text, too
        pub struct $settings {
            $(
                $(#[doc = $help])+
                #[serde(with = "crate::config::value")]
                pub $option: $kind,
            )+
        }

        impl Default for $settings {
            fn default() -> Self {
                Self { $($option: $default,)+ }
            }
        }

        impl $settings {
            /// What is known of the section and of its options.
            pub const SECTION: crate::config::option::Section = crate::config::option::Section {
                name: $section,
                title: $section_title,
                page: crate::config::option::Page::$page,
                help: crate::config::help::Help(&[$($about),+]),
                options: &[$(
                    crate::config::option::Opt {
                        field: crate::config::option::Field {
                            key: concat!($section, ".", stringify!($option)),
                            allowed: crate::config::declare::allowed!($kind $(, $allowed)?),
                        },
                        title: $title,
                        help: crate::config::help::Help(&[$($help),+]),
                        effect: crate::config::option::Effect::$effect,
                        in_profiles: crate::config::declare::is_yes!($profile),
                        default: || <$kind as crate::config::value::OptionType>::to_toml(&$default),
                    },
                )+],
            };
        }

        crate::config::declare::overrides! {
            [$settings $($overrides)?] [] $([$profile $option: $kind])+
        }
    };
}

/// The values that an option may have: those of its declaration, or else those of its type.
macro_rules! allowed {
    ($kind:ty) => {
        <$kind as crate::config::value::SelfDescribing>::ALLOWED
    };
    ($kind:ty, $allowed:expr) => {
        $allowed
    };
}

macro_rules! is_yes {
    (yes) => {
        true
    };
    (no) => {
        false
    };
}

/// Declares what a profile may set in a section: first picks those options, then makes the struct.
macro_rules! overrides {
    ($head:tt [$($picked:tt)*] [yes $option:ident: $kind:ty] $($rest:tt)*) => {
        crate::config::declare::overrides! { $head [$($picked)* [$option: $kind]] $($rest)* }
    };
    ($head:tt $picked:tt [no $option:ident: $kind:ty] $($rest:tt)*) => {
        crate::config::declare::overrides! { $head $picked $($rest)* }
    };
    ([$settings:ident] []) => {};
    ([$settings:ident $overrides:ident] [$([$option:ident: $kind:ty])+]) => {
        #[doc = concat!("What a profile sets of [`", stringify!($settings), "`]. What is `None` stays as it is.")]
        #[derive(Debug, Clone, PartialEq, Eq, Default, serde::Deserialize)]
        #[serde(default)]
        #[allow(missing_docs)] // the names are those of the settings, and explained there
        pub struct $overrides {
            $(pub $option: Option<crate::config::value::Set<$kind>>,)+
        }

        impl $overrides {
            /// Puts what is set over the settings.
            pub fn over(&self, settings: &mut $settings) {
                $(if let Some(value) = &self.$option {
                    settings.$option.clone_from(&value.0);
                })+
            }

            /// Takes from `parent` what is not set.
            pub fn inherit(&mut self, parent: &Self) {
                $(if self.$option.is_none() {
                    self.$option.clone_from(&parent.$option);
                })+
            }
        }
    };
}

/// Declares an option's named values, each as `Variant = "how it is written", "its title"`, and the type of them; with
/// `for`, the type is another package's.
macro_rules! choices {
    (
        $(#[doc = $about:literal])+
        pub enum $choices:ident {
            $($(#[doc = $help:literal])+ $variant:ident = $name:literal, $title:literal;)+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(clippy::doc_markdown)] // users read it as plain text, too
        pub enum $choices {
            $($(#[doc = $help])+ $variant,)+
        }

        impl $choices {
            /// How it is written.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }

        crate::config::declare::choices! {
            for $choices { $($(#[doc = $help])+ $variant = $name, $title;)+ }
        }
    };
    (for $choices:ty { $($(#[doc = $help:literal])+ $variant:ident = $name:literal, $title:literal;)+ }) => {
        impl crate::config::value::OptionType for $choices {
            fn from_toml(value: toml::Value) -> Option<Self> {
                match value.as_str()? {
                    $($name => Some(Self::$variant),)+
                    _ => None,
                }
            }

            fn to_toml(&self) -> toml::Value {
                let name = match self {
                    $(Self::$variant => $name,)+
                };
                toml::Value::String(name.to_owned())
            }
        }

        impl crate::config::value::SelfDescribing for $choices {
            const ALLOWED: crate::config::allowed::Allowed = crate::config::allowed::Allowed::OneOf(&[$(
                crate::config::allowed::Choice {
                    name: $name,
                    title: $title,
                    help: crate::config::help::Help(&[$($help),+]),
                },
            )+]);
        }
    };
}

pub(crate) use {allowed, choices, is_yes, overrides, section};

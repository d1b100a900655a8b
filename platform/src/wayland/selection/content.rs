//! What is on a clipboard: the same thing in several formats.

use std::sync::Arc;

/// Formats with their bytes, the owner's favourite first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::wayland) struct Content(pub(in crate::wayland) Vec<(String, Arc<[u8]>)>);

/// The mark that clipboard managers know: what is marked so is not kept.
const PRIVATE: (&str, &[u8]) = ("x-kde-passwordManagerHint", b"secret");

/// The names that text goes by, old and new.
const TEXT: [&str; 5] = ["text/plain;charset=utf-8", "UTF8_STRING", "text/plain", "STRING", "TEXT"];

impl Content {
    pub(in crate::wayland) fn formats(&self) -> Vec<&str> {
        self.0.iter().map(|(format, _)| format.as_str()).collect()
    }

    pub(in crate::wayland) fn get(&self, format: &str) -> Option<Arc<[u8]>> {
        self.0.iter().find(|(name, _)| name == format).map(|(_, bytes)| Arc::clone(bytes))
    }

    /// Whether it is marked so that clipboard managers do not keep it.
    pub(in crate::wayland) fn is_private(&self) -> bool {
        self.get(PRIVATE.0).is_some()
    }

    /// Whether reading that format means reading what is there, rather than asking about it.
    pub(in crate::wayland) fn is_text(format: &str) -> bool {
        TEXT.contains(&format)
    }
}

/// Dictated text, marked as private.
pub(in crate::wayland) fn text_content(text: &str) -> Content {
    let bytes: Arc<[u8]> = text.as_bytes().into();
    let names = TEXT.into_iter().map(|name| (name.to_owned(), Arc::clone(&bytes)));
    Content(names.chain(private_mark().0).collect())
}

/// The mark alone.
pub(in crate::wayland) fn private_mark() -> Content {
    Content(vec![(PRIVATE.0.to_owned(), PRIVATE.1.into())])
}

//! The plain clipboard, served by ourselves: so it can be left to others when the program ends.

use std::sync::Arc;

use super::content::Content;
use super::selections::Selections;
use super::snapshot::SaveError;
use crate::{Clipboard, ClipboardError, Legacy};

/// The clipboard. What was copied lives as long as this does, or longer: see [`Clipboard::leave`].
pub(in crate::x11) struct X11Clipboard {
    display: String,
    selections: Option<Selections>,
}

impl X11Clipboard {
    pub(in crate::x11) fn connect(display: &str) -> Result<Self, ClipboardError> {
        let mut clipboard = Self { display: display.to_owned(), selections: None };
        clipboard.selections()?;
        Ok(clipboard)
    }

    fn selections(&mut self) -> Result<&Selections, ClipboardError> {
        Selections::in_slot(&mut self.selections, &self.display).map_err(|error| busy(&error))
    }
}

impl Clipboard for X11Clipboard {
    fn set_text(&mut self, text: &str) -> Result<(), ClipboardError> {
        let Selections { owner, reader } = self.selections()?;
        let content = Arc::new(Content::private_text(text, owner.names()));
        let now = reader.server_time().map_err(|error| busy(&error))?;
        if owner.offer(owner.names().CLIPBOARD, content, now).map_err(|error| busy(&error))? {
            return Ok(());
        }
        Err(ClipboardError::Busy { reason: "another program has just copied something".to_owned() })
    }

    fn text(&mut self) -> Result<Option<String>, ClipboardError> {
        let Selections { owner, reader } = self.selections()?;
        let clipboard = owner.names().CLIPBOARD;
        let value = match owner.holding(clipboard) {
            Some(holding) => holding.content.value(owner.names().UTF8_STRING).cloned(),
            None => reader.text(clipboard).map_err(|error: SaveError| busy(&error))?,
        };
        Ok(value.map(|value| String::from_utf8_lossy(&value.bytes).into_owned()))
    }

    fn leave(&mut self) -> Option<Legacy> {
        Selections::leave(self.selections.as_ref())
    }
}

fn busy(error: &dyn std::error::Error) -> ClipboardError {
    ClipboardError::Busy { reason: error.to_string() }
}

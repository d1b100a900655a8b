//! Pastes by the portal's clipboard and its keyboard.

use std::sync::Arc;

use super::{PortalError, RemoteControl};
use crate::wayland::paster::{LateReader, Way};
use crate::{InjectError, Paste, PasteError, PasteReport, Paster, SessionKind};

/// The paster. It serves the clipboard from the session, which comes anew after it has ended.
pub(in crate::wayland) struct PortalPaster {
    remote: Arc<RemoteControl>,
    late: LateReader,
}

impl PortalPaster {
    /// Fails where the portal lends no clipboard. Nobody is asked for it yet.
    pub(in crate::wayland) fn connect(remote: &Arc<RemoteControl>) -> Result<Self, PasteError> {
        if !RemoteControl::lends_clipboard() {
            return Err(PasteError::NotOffered(SessionKind::Wayland));
        }
        Ok(Self { remote: Arc::clone(remote), late: LateReader::default() })
    }
}

impl Paster for PortalPaster {
    fn paste(&mut self, paste: Paste<'_>) -> Result<PasteReport, PasteError> {
        let session = self.remote.session().map_err(|error| PasteError::Chord(refused(&error)))?;
        let Some(board) = session.board() else {
            let remedy =
                "the desktop lent its keyboard but not its clipboard, which the text is pasted by: start Scout \
                          again, and agree to both"
                    .to_owned();
            return Err(PasteError::Chord(InjectError::Permission { remedy }));
        };
        // GNOME types nothing, so that nothing is won by refusing.
        let by = Way { board, late: &self.late, refuses_watched: false };
        by.paste(paste)
    }
}

/// What the user can do.
pub(super) fn refused(error: &PortalError) -> InjectError {
    match error {
        PortalError::Declined => InjectError::Permission {
            remedy:
                "the desktop did not let Scout use the keyboard. Start Scout again, and agree when the desktop asks"
                    .to_owned(),
        },
        PortalError::Unanswered => InjectError::Permission {
            remedy: "the desktop has asked whether Scout may use the keyboard: answer it, then try again".to_owned(),
        },
        other => InjectError::Connection { reason: other.to_string() },
    }
}

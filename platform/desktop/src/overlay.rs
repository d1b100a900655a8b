//! A picture above all windows: the trait, the picture, and errors.

use crate::SessionKind;

/// A picture with transparency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Pixels to a point, in each direction: 2 where the screen has twice as many as its desktop counts.
    pub scale: u32,
    /// Red, green, blue and opacity of each pixel, row by row from the top; colours are multiplied by the opacity.
    pub pixels: Vec<u8>,
}

/// Shows a picture at the bottom of the screen, above all windows. It never takes the focus, and clicks go through it.
pub trait Overlay: Send {
    /// Shows this from now on; `None` takes the picture away.
    fn show(&mut self, picture: Option<&Picture>) -> Result<(), OverlayError>;

    /// The scale that a picture should have to be sharp on every screen.
    fn scale(&mut self) -> u32 {
        1
    }
}

/// Why nothing is shown.
#[derive(Debug, thiserror::Error)]
pub enum OverlayError {
    /// Nothing on this desktop offers it: the tray shows the state.
    #[error("this session ({0}) lets no program show something without taking the focus")]
    NotOffered(SessionKind),
    /// The connection to the desktop failed; a later try with a new overlay may work.
    #[error("the overlay cannot be shown: {reason}")]
    Connection {
        /// What the system said.
        reason: String,
    },
}

//! The focused text field: the trait, and what the application says of the field and of the text in it.

use std::time::Duration;

use crate::Target;

/// A probe asks no more after this time, and waits for the answer that is under way. Applications answer within some ten
/// milliseconds, unless they are busy or show very much; what they have not said by then is unknown.
pub const FIELD_LIMIT: Duration = Duration::from_millis(600);

/// What kind of field has the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Field {
    /// A field that hides what is typed.
    Password,
    /// Something else.
    Other,
    /// The application does not say.
    #[default]
    Unknown,
}

/// What stands before the cursor in the field that has the focus.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TextBefore {
    /// This text, or the end of it.
    Is(String),
    /// A part of the text is marked: a key would replace or remove that, and not what stands before the cursor.
    Marked,
    /// The application does not say.
    #[default]
    Unknown,
}

/// Asks applications for the field that has the focus.
///
/// Nothing is switched on for that: applications that do not take part in accessibility stay as they are, and so does a
/// session in which the accessibility bus does not run.
pub trait FieldProbe: Send {
    /// The field of `target`, a window that has the focus. Asks for [`FIELD_LIMIT`] at most.
    fn focused(&mut self, target: &Target) -> Field;

    /// What stands before the cursor in the field of `target` that has the focus: at least `characters`, if there are as many.
    /// Asks for [`FIELD_LIMIT`] at most.
    fn text_before(&mut self, target: &Target, characters: usize) -> TextBefore;

    /// How many applications can be asked now.
    fn applications(&mut self) -> Result<usize, FieldError>;
}

/// Why no application can be asked for its fields.
#[derive(Debug, thiserror::Error)]
pub enum FieldError {
    /// This desktop is not asked.
    #[error("on this desktop applications are not asked whether a field is for a password")]
    NotOffered,
    /// The accessibility bus does not run. It is not started for this.
    #[error(
        "the accessibility bus of this session does not run, so applications cannot be asked whether a field is for a password"
    )]
    NoBus,
    /// The connection failed; a later try may work.
    #[error("applications cannot be asked whether a field is for a password: {reason}")]
    Connection {
        /// What the system said.
        reason: String,
    },
}

//! Lets the user point at a window.

use x11rb::connection::Connection as _;
use x11rb::errors::{ConnectionError, ReplyError, ReplyOrIdError};
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{ConnectionExt as _, Cursor, EventMask, GrabMode, GrabStatus, Window};

use super::windows::Windows;

/// The cross in the server's own font of cursors; its mask is the glyph behind it.
const CROSSHAIR: u16 = 34;
/// The button that chooses; any other thinks better of it.
const FIRST_BUTTON: u8 = 1;
/// Windows are nested this deep at most, in frames of window managers and toolkits; it only bounds a hostile tree.
const DEEPEST: usize = 32;

/// Takes the pointer until a button is pressed; the application's window under it, `None` for the desktop's background,
/// another button, or a pointer that another program has taken.
pub(super) fn pick(windows: &Windows) -> Result<Option<Window>, ReplyError> {
    let connection = windows.connection();
    let cursor = crosshair(windows).map_err(|error| match error {
        ReplyOrIdError::ConnectionError(error) => ReplyError::ConnectionError(error),
        ReplyOrIdError::X11Error(error) => ReplyError::X11Error(error),
        ReplyOrIdError::IdsExhausted => ReplyError::ConnectionError(ConnectionError::UnknownError),
    })?;
    let buttons = EventMask::BUTTON_PRESS | EventMask::BUTTON_RELEASE;
    let (held, root) = (GrabMode::ASYNC, windows.root());
    let grab =
        connection.grab_pointer(false, root, buttons, held, held, x11rb::NONE, cursor, x11rb::CURRENT_TIME)?.reply()?;
    if grab.status != GrabStatus::SUCCESS {
        return Ok(None);
    }
    let (chosen, at) = loop {
        if let Event::ButtonPress(press) = connection.wait_for_event()? {
            break (press.detail == FIRST_BUTTON, (press.root_x, press.root_y));
        }
    };
    // The release belongs to the choice: an application that got it alone might take it for a click.
    while !matches!(connection.wait_for_event()?, Event::ButtonRelease(_)) {}
    connection.ungrab_pointer(x11rb::CURRENT_TIME)?;
    connection.free_cursor(cursor)?;
    connection.flush()?;
    if chosen { under(windows, at) } else { Ok(None) }
}

fn crosshair(windows: &Windows) -> Result<Cursor, ReplyOrIdError> {
    let connection = windows.connection();
    let (font, cursor) = (connection.generate_id()?, connection.generate_id()?);
    connection.open_font(font, b"cursor")?;
    let (black, white) = ([0, 0, 0], [u16::MAX; 3]);
    connection.create_glyph_cursor(
        cursor,
        font,
        font,
        CROSSHAIR,
        CROSSHAIR + 1,
        black[0],
        black[1],
        black[2],
        white[0],
        white[1],
        white[2],
    )?;
    connection.close_font(font)?;
    Ok(cursor)
}

/// The outermost window with a class at a point: frames of window managers have none.
fn under(windows: &Windows, (x, y): (i16, i16)) -> Result<Option<Window>, ReplyError> {
    let (connection, root) = (windows.connection(), windows.root());
    let mut parent = root;
    for _ in 0..DEEPEST {
        let child = connection.translate_coordinates(root, parent, x, y)?.reply()?.child;
        if child == x11rb::NONE {
            return Ok(None);
        }
        if windows.class(child)?.is_some() {
            return Ok(Some(child));
        }
        parent = child;
    }
    Ok(None)
}

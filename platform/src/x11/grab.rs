//! Takes the dictation key away from the applications on an X11 display, by a passive grab.
//!
//! While a grabbed key is down, the server sends every key to the one who grabbed it: what the user types then would be lost.
//! So the keyboard is let go as soon as the press has been taken. And the key does not repeat, since each repetition would
//! take the keyboard once more, and the focus with it.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use x11rb::connection::Connection as _;
use x11rb::errors::{ConnectionError, ReplyError};
use x11rb::protocol::xkb::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{
    AutoRepeatMode, ChangeKeyboardControlAux, ClientMessageEvent, ConnectionExt as _, EventMask, GrabMode, Mapping,
    ModMask, Window,
};
use x11rb::protocol::{ErrorKind, Event};
use x11rb::rust_connection::RustConnection;

use super::selection::make_window;
use crate::keys::Modifier;
use crate::{Chord, GrabError, KeyGrab, SessionKind};
use scout_desktop::keycodes;

/// The core keyboard, in XKB's words.
const CORE_KEYBOARD: u16 = 0x100;

/// The grab. Dropping it gives the key back.
pub(super) struct X11Grab {
    chord: Chord,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    connection: RustConnection,
    root: Window,
    window: Window,
    keycode: u8,
    /// What must be held with it, as mask bits.
    wanted: u16,
    /// The masks that are grabbed now: with and without the locks that may be on.
    grabbed: Mutex<Vec<u16>>,
    /// Whether the key repeated before.
    repeats: bool,
}

impl X11Grab {
    pub(super) fn start(display: &str, chord: &Chord) -> Result<Self, GrabError> {
        let failed = |error: &dyn std::error::Error| GrabError::Connection { reason: error.to_string() };
        let Some(keycode) = keycodes::keycode(chord.key).filter(|_| Modifier::of(chord.key).is_none()) else {
            return Err(GrabError::NotOffered(SessionKind::X11));
        };
        let (connection, screen) = x11rb::connect(Some(display)).map_err(|error| failed(&error))?;
        let root = connection.setup().roots[screen].root;
        let window = make_window(&connection, screen).map_err(|error| failed(&error))?;
        let repeats = repeats(&connection, keycode).map_err(|error| failed(&error))?;
        let wanted = mask(chord);
        let shared = Shared { connection, root, window, keycode, wanted, grabbed: Mutex::default(), repeats };
        shared.hear_of_layouts().map_err(|error| failed(&error))?;
        match shared.grab() {
            Ok(true) => {}
            Ok(false) => return Err(GrabError::Taken { chord: chord.clone() }),
            Err(error) => return Err(failed(&error)),
        }
        let shared = Arc::new(shared);
        let served = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("grab".into()).spawn(move || served.serve());
        let thread = thread.map_err(|error| failed(&error))?;
        Ok(Self { chord: chord.clone(), shared, thread: Some(thread) })
    }
}

impl KeyGrab for X11Grab {
    fn chord(&self) -> &Chord {
        &self.chord
    }
}

impl Drop for X11Grab {
    fn drop(&mut self) {
        let Shared { connection, window, .. } = &*self.shared;
        let end = ClientMessageEvent::new(32, *window, x11rb::protocol::xproto::AtomEnum::ANY, [0; 5]);
        let sent = connection.send_event(false, *window, EventMask::NO_EVENT, end).map(drop);
        if sent.and_then(|()| connection.flush()).is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn serve(&self) {
        loop {
            let event = match self.connection.wait_for_event() {
                Ok(event) => event,
                Err(error) => {
                    tracing::warn!(%error, "the key is no longer kept from the applications");
                    return;
                }
            };
            let handled = match event {
                Event::ClientMessage(message) if message.window == self.window => {
                    let _ = self.release();
                    return;
                }
                // The press has been taken: everything else is for the application again.
                Event::KeyPress(_) => self.let_go(),
                // The locks may have other masks now. (Single keys that get another meaning, as Scout does it, are no reason.)
                Event::XkbNewKeyboardNotify(_) => self.renew(),
                Event::MappingNotify(change) if change.request == Mapping::MODIFIER => self.renew(),
                _ => Ok(()),
            };
            if let Err(error) = handled {
                tracing::warn!(%error, "the key is not kept from the applications as it should");
            }
        }
    }

    fn let_go(&self) -> Result<(), ReplyError> {
        self.connection.ungrab_keyboard(x11rb::CURRENT_TIME)?;
        Ok(self.connection.flush()?)
    }

    /// Grabs the chord with each combination of locks, and no longer with others; `false` if another program has one of them.
    ///
    /// What is grabbed already stays so throughout: a key that is pressed just then must not get through.
    fn grab(&self) -> Result<bool, ReplyError> {
        let mut grabbed = self.grabbed.lock().unwrap_or_else(PoisonError::into_inner);
        let locks = self.locks()?;
        let with =
            |bits: u16| (0..3).filter(|bit| bits & (1 << bit) != 0).fold(self.wanted, |mask, bit| mask | locks[bit]);
        let mut combinations: Vec<u16> = (0..8).map(with).collect();
        combinations.sort_unstable();
        combinations.dedup();
        for mask in combinations.iter().filter(|mask| !grabbed.contains(mask)) {
            let (mode, modifiers) = (GrabMode::ASYNC, ModMask::from(*mask));
            match self.connection.grab_key(true, self.root, modifiers, self.keycode, mode, mode)?.check() {
                Ok(()) => {}
                Err(ReplyError::X11Error(error)) if error.error_kind == ErrorKind::Access => {
                    // Those before it in the list were grabbed just now.
                    grabbed.extend(combinations.iter().take_while(|other| *other != mask));
                    self.ungrab(&grabbed)?;
                    grabbed.clear();
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
        let former: Vec<u16> = grabbed.iter().copied().filter(|mask| !combinations.contains(mask)).collect();
        self.ungrab(&former)?;
        *grabbed = combinations;
        self.set_repeat(false)?;
        Ok(true)
    }

    fn ungrab(&self, masks: &[u16]) -> Result<(), ConnectionError> {
        for mask in masks {
            self.connection.ungrab_key(self.keycode, self.root, ModMask::from(*mask))?;
        }
        self.connection.flush()
    }

    fn renew(&self) -> Result<(), ReplyError> {
        if !self.grab()? {
            tracing::warn!("another program has taken the key meanwhile");
        }
        Ok(())
    }

    fn release(&self) -> Result<(), ReplyError> {
        self.ungrab(&self.grabbed.lock().unwrap_or_else(PoisonError::into_inner))?;
        if self.repeats {
            self.set_repeat(true)?;
        }
        Ok(())
    }

    fn set_repeat(&self, on: bool) -> Result<(), ReplyError> {
        let mode = if on { AutoRepeatMode::ON } else { AutoRepeatMode::OFF };
        let control = ChangeKeyboardControlAux::new().key(u32::from(self.keycode)).auto_repeat_mode(mode);
        self.connection.change_keyboard_control(&control)?.check()
    }

    /// The masks of `CapsLock`, `NumLock` and `ScrollLock`, which are on or off without the user meaning anything by it.
    fn locks(&self) -> Result<[u16; 3], ReplyError> {
        const NUM_LOCK: u32 = 0xff7f;
        const SCROLL_LOCK: u32 = 0xff14;
        let setup = self.connection.setup();
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let mapping = self.connection.get_keyboard_mapping(first, last - first + 1)?;
        let modifiers = self.connection.get_modifier_mapping()?.reply()?;
        let mapping = mapping.reply()?;
        let width = usize::from(modifiers.keycodes_per_modifier()).max(1);
        let mask_of = |keysym| {
            let produces = |keycode: &u8| {
                let row = usize::from(keycode.saturating_sub(first)) * usize::from(mapping.keysyms_per_keycode);
                *keycode != 0 && mapping.keysyms.get(row) == Some(&keysym)
            };
            let rows = modifiers.keycodes.chunks(width).enumerate();
            rows.filter(|(_, row)| row.iter().any(produces)).fold(0, |mask, (bit, _)| mask | 1 << bit)
        };
        Ok([u16::from(ModMask::LOCK), mask_of(NUM_LOCK), mask_of(SCROLL_LOCK)])
    }

    fn hear_of_layouts(&self) -> Result<(), ReplyError> {
        self.connection.xkb_use_extension(1, 0)?.reply()?;
        let events = xkb::EventType::NEW_KEYBOARD_NOTIFY;
        let none = xkb::SelectEventsAux::new();
        let (all, no_map) = (events, xkb::MapPart::default());
        self.connection.xkb_select_events(CORE_KEYBOARD, xkb::EventType::default(), all, no_map, no_map, &none)?.check()
    }
}

fn mask(chord: &Chord) -> u16 {
    let bits = chord.modifiers.iter().map(|modifier| match modifier {
        Modifier::Shift => ModMask::SHIFT,
        Modifier::Control => ModMask::CONTROL,
        // Where nearly every keyboard map puts them.
        Modifier::Alt => ModMask::M1,
        Modifier::Super => ModMask::M4,
    });
    bits.fold(0, |mask, bit| mask | u16::from(bit))
}

fn repeats(connection: &RustConnection, keycode: u8) -> Result<bool, ReplyError> {
    let repeats = connection.get_keyboard_control()?.reply()?.auto_repeats;
    Ok(repeats[usize::from(keycode / 8)] & (1 << (keycode % 8)) != 0)
}

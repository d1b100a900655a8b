//! Presses chords on KDE, which offers no virtual keyboard but lets programs that its user installed press the keys that are
//! there. What those produce depends on the layout, so text goes by the clipboard.

use wayland_client::globals::registry_queue_init;
use wayland_client::{Connection, EventQueue, delegate_noop};
use wayland_protocols_plasma::fake_input::client::org_kde_kwin_fake_input::OrgKdeKwinFakeInput;

use super::link::{LinkError, connect, ignore_registry, is_closed};
use crate::keys::Modifier;
use crate::{Chord, Effort, InjectError, Injector, Key, SessionKind, TypeOptions, TypeReport};
use scout_desktop::keycodes;

/// On Wayland a key is known by the kernel's number, 8 less than its keycode.
const KEYCODE_OFFSET: u32 = 8;

/// The injector. After an [`InjectError::Connection`] a new one is needed.
pub(super) struct FakeInput {
    connection: Connection,
    queue: EventQueue<Quiet>,
    input: OrgKdeKwinFakeInput,
}

/// Nothing of it sends events.
struct Quiet;

ignore_registry!(Quiet);
delegate_noop!(Quiet: OrgKdeKwinFakeInput);

impl FakeInput {
    pub(super) fn connect(display: &str) -> Result<Self, InjectError> {
        Self::bind(display).map_err(|error| failed(&error))
    }

    fn bind(display: &str) -> Result<Self, LinkError> {
        const WITH_KEYS: u32 = 4; // the version that has keys
        let connection = connect(display)?;
        let (globals, queue) = registry_queue_init::<Quiet>(&connection)?;
        let input: OrgKdeKwinFakeInput = globals.bind(&queue.handle(), WITH_KEYS..=WITH_KEYS, ())?;
        input.authenticate("Scout".into(), "Scout pastes what you dictate".into());
        Ok(Self { connection, queue, input })
    }
}

impl Injector for FakeInput {
    fn type_text(&mut self, _: &str, _: &TypeOptions, _: &mut dyn FnMut() -> bool) -> Result<TypeReport, InjectError> {
        let reason = "KDE lets programs press only the keys that the layout has; text is pasted there".to_owned();
        Err(InjectError::Untypable { what: "text".to_owned(), reason })
    }

    fn press_chord(&mut self, chord: &Chord) -> Result<(), InjectError> {
        let keycode = keycodes::keycode(chord.key).ok_or_else(|| InjectError::Untypable {
            what: "this chord".into(),
            reason: format!("{} is on no keyboard", chord.key),
        })?;
        let modifiers: Vec<u8> = chord.modifiers.iter().map(|modifier| modifier_key(*modifier)).collect();
        let send = |keycode: u8, pressed: bool| {
            self.input.keyboard_key(u32::from(keycode).saturating_sub(KEYCODE_OFFSET), u32::from(pressed));
        };
        for key in &modifiers {
            send(*key, true);
        }
        send(keycode, true);
        send(keycode, false);
        for key in modifiers.iter().rev() {
            send(*key, false);
        }
        self.queue.roundtrip(&mut Quiet).map_err(|error| failed(&error.into()))?;
        Ok(())
    }

    /// Text is for the clipboard, however short: no layout is sure to have its characters.
    fn effort(&mut self, text: &str, _: &TypeOptions) -> Effort {
        let characters = text.chars().count();
        Effort { characters, rebindings: characters, blind: true }
    }

    /// KDE tells no program which keys are down.
    fn held_keys(&mut self) -> Result<Vec<Key>, InjectError> {
        Ok(Vec::new())
    }

    fn is_lost(&self) -> bool {
        is_closed(&self.connection)
    }
}

/// The keycode of a modifier's left key.
fn modifier_key(modifier: Modifier) -> u8 {
    match modifier {
        Modifier::Shift => 50,
        Modifier::Control => 37,
        Modifier::Alt => 64,
        Modifier::Super => 133,
    }
}

fn failed(error: &LinkError) -> InjectError {
    if error.is_missing() {
        InjectError::NotOffered(SessionKind::Wayland)
    } else {
        InjectError::Connection { reason: error.to_string() }
    }
}

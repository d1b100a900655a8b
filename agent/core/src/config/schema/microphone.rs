//! `[microphone]`: where the sound comes from.

use crate::config::allowed::{Allowed, millis};
use crate::config::declare::section;
use crate::config::value::Millis;
use crate::microphone::DeviceChoice;

section! {
    /// Where the sound comes from.
    #[section(name = "microphone", title = "Microphone", page = Dictation)]
    pub struct MicrophoneSettings {
        /// "default" for the system's microphone, or the id of one that `scout doctor` lists.
        #[option(
            title = "Microphone",
            effect = NextDictation,
            profile = no,
            allowed = Allowed::Text { example: "\"default\", or an id that `scout doctor` lists" }
        )]
        device: DeviceChoice = DeviceChoice::Default,

        /// How long to keep recording after you release the key, so that the last word is complete.
        #[option(title = "Record after the key", effect = NextDictation, profile = no, allowed = millis(0, 5000))]
        tail_ms: Millis = Millis(300),

        /// Keep the microphone open all the time, so that words spoken just before the key press are not lost.
        /// Only the last `preroll_ms` are kept. Otherwise it is open only while the key is down.
        #[option(title = "Always open", effect = AtOnce, profile = no)]
        open: bool = false,

        /// With an open microphone: how much sound from before the key press belongs to the dictation.
        #[option(title = "Time before the key", effect = AtOnce, profile = no, allowed = millis(0, 5000))]
        preroll_ms: Millis = Millis(400),
    }
}

//! `[cues]`: how the user is told what happens.

use crate::config::declare::section;

section! {
    /// How Scout shows you what it does.
    #[section(name = "cues", title = "Sounds and notices", page = General)]
    pub struct CueSettings overridden by CueOverrides {
        /// A short sound when Scout is ready to hear you, and when it has stopped.
        #[option(title = "Sounds", effect = NextDictation, profile = yes)]
        sound: bool = false,

        /// A notification when you need to act, such as after a text could not be delivered.
        #[option(title = "Notifications", effect = AtOnce, profile = no)]
        notify: bool = true,

        /// A small picture at the bottom of the screen while you speak: what Scout is doing, and what it has understood
        /// so far. Only where the desktop can show it without taking the focus, which is on Wayland with layer shell
        /// (`scout doctor` says whether it can).
        #[option(title = "Overlay", effect = AtOnce, profile = no)]
        overlay: bool = true,
    }
}

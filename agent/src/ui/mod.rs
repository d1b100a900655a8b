//! What the user sees: tray, notifications.

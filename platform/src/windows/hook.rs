//! Hears every key, through a low-level keyboard hook of our own: `rdev`'s breaks Ctrl+V in other programs while it runs.
#![allow(unsafe_code)]

use std::ptr;
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

use windows_sys::Win32::Foundation::{LPARAM, LRESULT, WPARAM};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    CallNextHookEx, GetMessageW, HC_ACTION, KBDLLHOOKSTRUCT, LLKHF_EXTENDED, LLKHF_UP, MSG, SetWindowsHookExW,
    WH_KEYBOARD_LL,
};

use crate::{HookError, KeyEvent, KeyHook, KeySink};
use scout_desktop::scancodes;

/// Where events go. The system calls the hook without any word of ours along, so this has to be global.
static SINK: Mutex<Option<KeySink>> = Mutex::new(None);
/// Whether the hook's thread runs. It runs until the process ends.
static RUNNING: OnceLock<()> = OnceLock::new();

/// The listener.
pub(super) struct WindowsHook;

impl KeyHook for WindowsHook {
    fn check(&self) -> Result<(), HookError> {
        // Every desktop session has it, without a permission.
        Ok(())
    }

    fn start(&mut self, sink: KeySink) -> Result<(), HookError> {
        *SINK.lock().unwrap_or_else(PoisonError::into_inner) = Some(sink);
        if RUNNING.get().is_some() {
            return Ok(());
        }
        let (report, started) = mpsc::sync_channel(1);
        let spawned = std::thread::Builder::new().name("hook".into()).spawn(move || run(&report));
        spawned.map_err(|error| HookError::Connection { reason: error.to_string() })?;
        let ended = || HookError::Connection { reason: "its thread ended at once".into() };
        started.recv().map_err(|_| ended())?.map_err(|error| HookError::Connection { reason: error.to_string() })?;
        let _ = RUNNING.set(());
        Ok(())
    }
}

/// The hook's thread: the system calls the hook while this thread asks for messages, of which there are none.
fn run(report: &SyncSender<std::io::Result<()>>) {
    // SAFETY: `hear` has the signature that this kind of hook asks for and lives as long as the process; no module is named,
    // as the hook is called in this process.
    let hook = unsafe { SetWindowsHookExW(WH_KEYBOARD_LL, Some(hear), ptr::null_mut(), 0) };
    if hook.is_null() {
        let _ = report.send(Err(std::io::Error::last_os_error()));
        return;
    }
    let _ = report.send(Ok(()));
    let mut message = MSG::default();
    // SAFETY: `message` is valid for writing for the time of the call.
    while unsafe { GetMessageW(&raw mut message, ptr::null_mut(), 0, 0) } > 0 {}
}

/// Called for each key event before any application sees it. A slow hook is removed, so it only passes the event on.
unsafe extern "system" fn hear(code: i32, kind: WPARAM, event: LPARAM) -> LRESULT {
    if u32::try_from(code) == Ok(HC_ACTION) {
        // SAFETY: for this code the system passes a pointer to such a structure, valid during the call.
        let event = unsafe { &*(event as *const KBDLLHOOKSTRUCT) };
        pass_on(event);
    }
    // SAFETY: the arguments are handed on as they came; the first one is ignored by the system.
    unsafe { CallNextHookEx(ptr::null_mut(), code, kind, event) }
}

fn pass_on(event: &KBDLLHOOKSTRUCT) {
    // `enigo` marks what it sends.
    if event.dwExtraInfo == enigo::EVENT_MARKER as usize {
        return;
    }
    let Some(key) = scancodes::key(event.scanCode, event.flags & LLKHF_EXTENDED != 0) else { return };
    if let Some(sink) = SINK.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
        sink(KeyEvent { key, pressed: event.flags & LLKHF_UP == 0, at: Instant::now() });
    }
}

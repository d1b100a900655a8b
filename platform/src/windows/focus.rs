//! Tells which window has the focus on Windows.
#![allow(unsafe_code)]

use windows_sys::Win32::Foundation::{CloseHandle, HWND};
use windows_sys::Win32::System::Threading::{
    OpenProcess, PROCESS_NAME_WIN32, PROCESS_QUERY_LIMITED_INFORMATION, QueryFullProcessImageNameW,
};
use windows_sys::Win32::UI::WindowsAndMessaging::{GetForegroundWindow, GetWindowTextW, GetWindowThreadProcessId};

use crate::{FocusError, FocusProbe, Target, WindowId};

/// Longest title that is read, in UTF-16 units: enough for rules, and a window may claim any length.
const TITLE_LIMIT: usize = 1024;
/// Longest path that is read, in UTF-16 units: the system's limit for long paths.
const PATH_LIMIT: usize = 32_768;

/// Asks the system each time; there is nothing to keep.
pub(super) struct WindowsFocus;

impl FocusProbe for WindowsFocus {
    fn focused(&mut self) -> Result<Option<Target>, FocusError> {
        // SAFETY: the call takes nothing and may return null.
        let window = unsafe { GetForegroundWindow() };
        if window.is_null() {
            return Ok(None);
        }
        let pid = process_of(window);
        let executable = pid.and_then(image_of);
        let app_id = executable.as_deref().and_then(|path| path.rsplit('\\').next()).map(str::to_owned);
        Ok(Some(Target {
            window: Some(WindowId(window as usize as u64)),
            // A process has no name of its own here.
            process: None,
            app_id,
            instance: None,
            title: title_of(window),
            executable,
            pid,
        }))
    }
}

fn title_of(window: HWND) -> Option<String> {
    let mut buffer = [0_u16; TITLE_LIMIT];
    // SAFETY: the buffer is valid for writing its length; a window that is gone gives 0.
    let length = unsafe { GetWindowTextW(window, buffer.as_mut_ptr(), TITLE_LIMIT as i32) };
    let title = buffer.get(..usize::try_from(length).ok()?)?;
    Some(String::from_utf16_lossy(title)).filter(|title| !title.is_empty())
}

fn process_of(window: HWND) -> Option<u32> {
    let mut pid = 0;
    // SAFETY: `pid` is valid for writing; a window that is gone leaves it 0.
    unsafe { GetWindowThreadProcessId(window, &raw mut pid) };
    Some(pid).filter(|pid| *pid != 0)
}

fn image_of(pid: u32) -> Option<String> {
    // SAFETY: a process that is gone or not ours to see gives null.
    let process = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid) };
    if process.is_null() {
        return None;
    }
    let mut buffer = vec![0_u16; PATH_LIMIT];
    let mut length = PATH_LIMIT as u32;
    // SAFETY: the handle is open, the buffer is valid for writing `length` units, and `length` is valid for writing.
    let found =
        unsafe { QueryFullProcessImageNameW(process, PROCESS_NAME_WIN32, buffer.as_mut_ptr(), &raw mut length) };
    // SAFETY: the handle is ours and not used again.
    unsafe { CloseHandle(process) };
    let path = buffer.get(..usize::try_from(length).ok()?)?;
    (found != 0).then(|| String::from_utf16_lossy(path))
}

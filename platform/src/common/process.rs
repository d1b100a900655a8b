//! What becomes of this process's memory when it crashes.

/// Keeps the system from writing this process's memory to disk when it crashes: the key and the last texts are in it.
///
/// The limit is the soft one: programs that Scout starts inherit it, and may raise it. The process stays *dumpable*:
/// xdg-desktop-portal and `PipeWire` open `/proc/PID/root` of a program to see whether it is in a sandbox, and refuse one where
/// they may not, as with one that is not dumpable.
#[cfg(unix)]
#[allow(unsafe_code)]
pub fn forbid_core_dumps() -> std::io::Result<()> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the limit is a valid place for the answer, and lives as long as the call.
    if unsafe { libc::getrlimit(libc::RLIMIT_CORE, &raw mut limit) } != 0 {
        return Err(std::io::Error::last_os_error());
    }
    limit.rlim_cur = 0;
    // SAFETY: the limit is valid, and is only read.
    if unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const limit) } != 0 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(())
}

/// Keeps the system from writing this process's memory to disk when it crashes. Windows does so only where its administrator
/// has switched that on.
#[cfg(not(unix))]
pub fn forbid_core_dumps() -> std::io::Result<()> {
    Ok(())
}

/// Makes a write fail that would let a file grow beyond the limit of this process (`ulimit -f`). Without this, the system
/// ends the process.
///
/// The signal has a handler that does nothing, and is not ignored: programs that Scout starts would inherit that.
#[cfg(unix)]
#[allow(unsafe_code)]
pub fn survive_file_limit() -> std::io::Result<()> {
    extern "C" fn do_nothing(_signal: libc::c_int) {}
    // SAFETY: all bytes zero is a valid value of this structure.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = do_nothing as extern "C" fn(libc::c_int) as libc::sighandler_t;
    action.sa_flags = libc::SA_RESTART;
    // SAFETY: the action is valid and only read; its handler is a function that may run at any time.
    if unsafe { libc::sigaction(libc::SIGXFSZ, &raw const action, std::ptr::null_mut()) } != 0 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(())
}

/// Makes a write fail that would let a file grow beyond the limit of this process. Windows has no such limit.
#[cfg(not(unix))]
pub fn survive_file_limit() -> std::io::Result<()> {
    Ok(())
}

/// Returns the number of bytes that a file of this process may have; `None` if there is no limit.
#[cfg(unix)]
#[allow(unsafe_code)]
pub fn file_limit() -> Option<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the limit is a valid place for the answer, and lives as long as the call.
    let is_known = unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit) } == 0;
    (is_known && limit.rlim_cur != libc::RLIM_INFINITY).then_some(limit.rlim_cur)
}

/// Returns the number of bytes that a file of this process may have. Windows has no such limit.
#[cfg(not(unix))]
pub fn file_limit() -> Option<u64> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_written_and_what_is_started_may_raise_the_limit() {
        let limits = || std::fs::read_to_string("/proc/self/limits").unwrap();
        let of_cores = |limits: &str| -> Vec<String> {
            let line = limits.lines().find_map(|line| line.strip_prefix("Max core file size")).unwrap();
            line.split_whitespace().map(str::to_owned).collect()
        };
        let before = of_cores(&limits());
        forbid_core_dumps().unwrap();
        let after = of_cores(&limits());
        assert_eq!((after[0].as_str(), &after[1]), ("0", &before[1]));
    }
}

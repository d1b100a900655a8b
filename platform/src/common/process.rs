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

//! What is looked at, one function each. None of them changes anything.

use std::path::Path;

use scout_core::config::Config;
use scout_log::history;
use scout_log::spool;
use scout_log::vault::{Custody, Vault};
use scout_platform::{Capabilities, FieldError, FieldProbe, KeyboardAid, SessionKind, cpu, tray_host};
use scout_speech::models;
use scout_speech::transcribe::compiled_for;

use super::finding::{Finding, State};
use crate::app::fallback::Start;
use crate::bindings::Installed;
use crate::config::ConfigError;
use crate::config::paths::Paths;
use crate::control::{Reply, Request, client};

/// Is an agent running?
pub(super) fn agent(runtime: &Path) -> Finding {
    const NAME: &str = "agent";
    match client::send(runtime, &Request::Status) {
        Ok(Reply::Status(report)) if report.warnings.is_empty() => {
            Finding::works(NAME, format!("Scout {} is running", report.version))
        }
        Ok(Reply::Status(report)) => {
            Finding::limited(NAME, format!("Scout {} is running: {}", report.version, report.warnings.join("\n")))
        }
        Ok(_) => Finding::limited(NAME, "an agent is running, but does not tell its status"),
        Err(error) if error.is_not_running() => {
            Finding::limited(NAME, "no agent is running in this session").remedy("start one with `scout run`")
        }
        Err(error) => Finding::broken(NAME, error.to_string()),
    }
}

/// Can the configuration be used? Gives the one that is in force, by which the other checks go.
pub(super) fn configuration(paths: &Paths) -> (Finding, Config) {
    const NAME: &str = "configuration";
    let path = paths.config.display();
    let Start { loaded, in_force, rejected } = Start::load(paths);
    let finding = match rejected {
        None if paths.config.exists() => Finding::works(NAME, path.to_string()),
        None => Finding::works(NAME, format!("there is no {path}: the defaults hold")),
        Some(error) => {
            let finding = Finding::broken(NAME, format!("{error}\nUntil this is corrected, {in_force}."));
            match error {
                ConfigError::Unreadable(_) => finding,
                ConfigError::Invalid(_) => {
                    finding.remedy("correct the file: Scout takes it over as soon as it is saved")
                }
            }
        }
    };
    (finding, loaded.config)
}

/// What the desktop offers.
///
/// `binding` tells whether the compositor's own settings have the key, which does where no program hears keys.
pub(super) fn desktop(capabilities: &Capabilities, binding: &Installed) -> Vec<Finding> {
    let session = match capabilities.kind {
        SessionKind::Headless => Finding::broken("session", capabilities.description.clone())
            .needed()
            .remedy("run Scout in a desktop session, where DISPLAY or WAYLAND_DISPLAY is set"),
        SessionKind::X11 | SessionKind::Wayland | SessionKind::Windows | SessionKind::MacOs => {
            Finding::works("session", capabilities.description.clone())
        }
    };
    let by_compositor = capabilities.kind == SessionKind::Wayland && !capabilities.key_hook.works();
    let parts = capabilities.findings().into_iter().map(|(name, found)| match found {
        _ if by_compositor && std::ptr::eq(found, &raw const capabilities.key_hook) => bound(name, found, binding),
        scout_platform::Finding::Works => Finding::works(name, ""),
        scout_platform::Finding::Broken(reason) => Finding::limited(name, reason.clone()),
    });
    let aids = capabilities.keyboard_aids.as_deref().map(keyboard_aids);
    std::iter::once(session).chain(parts).chain(aids).collect()
}

/// Which accessibility settings of the keyboard are on?
fn keyboard_aids(on: &[KeyboardAid]) -> Finding {
    const NAME: &str = "keyboard accessibility";
    let names: Vec<String> = on.iter().map(ToString::to_string).collect();
    let detail = match names.split_last() {
        None => "Slow Keys, Bounce Keys and Sticky Keys are off".to_owned(),
        Some((only, [])) => format!("{only} is on: Scout types past it and leaves it on"),
        Some((last, others)) => {
            format!("{} and {last} are on: Scout types past them and leaves them on", others.join(", "))
        }
    };
    Finding::works(NAME, detail)
}

/// Hearing keys where only the compositor does.
fn bound(name: &'static str, found: &scout_platform::Finding, binding: &Installed) -> Finding {
    match (binding, found) {
        (Installed::Yes(path), _) => Finding::works(name, format!("by the compositor: {}", path.display())),
        (Installed::Outdated(path), _) => {
            Finding::limited(name, format!("{} binds another key than Scout's configuration", path.display()))
                .remedy("`scout setup wayland --install` corrects it")
        }
        (Installed::No, scout_platform::Finding::Broken(reason)) => Finding::limited(name, reason.clone()),
        (Installed::No, scout_platform::Finding::Works) => Finding::works(name, ""),
    }
}

/// Are password fields known?
pub(super) fn password_fields(probe: Option<Box<dyn FieldProbe>>) -> Finding {
    const NAME: &str = "password fields";
    const ELSEWHERE: &str = "in all others what is dictated into a password field is logged like any text. Chromium and what is built on it \
         take part only when started with ACCESSIBILITY_ENABLED=1 and --force-renderer-accessibility, Qt only with \
         QT_LINUX_ACCESSIBILITY_ALWAYS_ON=1, or when accessibility is switched on for the session";
    match probe.map_or(Err(FieldError::NotOffered), |mut probe| probe.applications()) {
        Ok(0) => Finding::limited(
            NAME,
            "no application tells its fields now: what is dictated into a password field is logged",
        ),
        Ok(1) => {
            Finding::works(NAME, format!("known in the 1 application that takes part in accessibility; {ELSEWHERE}"))
        }
        Ok(count) => Finding::works(
            NAME,
            format!("known in the {count} applications that take part in accessibility; {ELSEWHERE}"),
        ),
        Err(error) => Finding::limited(NAME, format!("{error}: what is dictated into one is logged")).remedy(
            "switch accessibility on for the session, or dictate passwords with a profile that has history.log = false",
        ),
    }
}

/// Does anything show the tray icon?
pub(super) fn tray() -> Finding {
    const NAME: &str = "tray";
    match tray_host::check() {
        Ok(()) => Finding::works(NAME, ""),
        Err(error) => Finding::limited(NAME, error.to_string()),
    }
}

/// Can the recogniser run on this processor?
pub(super) fn processor() -> Finding {
    const NAME: &str = "processor";
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    match cpu::check_baseline() {
        Ok(()) => {
            let detail = format!("{cores} cores, with {}\n{}", cpu::baseline(), compiled_for().trim());
            Finding::works(NAME, detail)
        }
        Err(error) => Finding::broken(NAME, error.to_string()),
    }
    .needed()
}

/// Is the model there, and whole?
pub(super) fn model(folder: &Path, name: &str) -> Finding {
    const NAME: &str = "model";
    let found = models::Store::at(folder).find(name).and_then(|model| model.verify().map(|()| model));
    match found {
        Ok(model) => Finding::works(NAME, format!("{name}: {}", model.path.display())),
        Err(error) => Finding::broken(NAME, error.to_string()),
    }
    .needed()
}

/// Can the log be read, and is it whole?
pub(super) fn database(home: &history::Home, vault: &mut Vault) -> Finding {
    const NAME: &str = "log";
    let path = &home.database;
    let opened = history::open_for_reading(home, vault)
        .and_then(|store| Ok((store.check()?, history::shortfall(home, vault, &store)?)));
    let found = match opened {
        Ok((_, Some(sentence))) => return Finding::new(NAME, State::Limited, sentence),
        Ok((count, None)) => Ok(count),
        Err(error) => Err(error),
    };
    match found {
        Ok(1) => Finding::works(NAME, format!("1 dictation in {}", path.display())),
        Ok(count) => Finding::works(NAME, format!("{count} dictations in {}", path.display())),
        Err(history::HistoryError::Missing { .. }) => {
            Finding::works(NAME, format!("empty: {} is made with the first dictation", path.display()))
        }
        Err(error) => Finding::new(NAME, State::Limited, error.to_string()),
    }
}

/// Where is the key of the log?
pub(super) fn log_key(vault: &mut Vault) -> Finding {
    const NAME: &str = "log's key";
    if let Err(error) = vault.keyslot() {
        return Finding::limited(NAME, error.to_string());
    }
    let custody = vault.custody();
    match (custody, custody.map(|_| vault.current())) {
        (Some(Custody::Keychain), Some(Ok(_))) => Finding::works(NAME, "in the keychain"),
        (Some(Custody::File), Some(Ok(_))) => Finding::limited(NAME, "in a file that only you can read")
            .remedy("with a keychain, `scout history key move keychain` puts it there"),
        (_, Some(Err(error))) => Finding::limited(NAME, error.to_string()),
        (None, _) | (_, None) => Finding::works(NAME, "none yet: it is made when the agent starts"),
    }
}

/// Did an agent end in the middle of a dictation?
pub(super) fn unfinished(folder: &Path) -> Finding {
    const NAME: &str = "recordings";
    let damaged = spool::damaged(folder).map_or(0, |found| found.len());
    match spool::waiting(folder) {
        Ok(0) if damaged == 0 => Finding::works(NAME, "none is unfinished"),
        Ok(0) => {
            let kept = spool::damaged_folder(folder);
            Finding::limited(NAME, format!("{damaged} damaged ones are kept in {}", kept.display()))
        }
        Ok(count) => Finding::limited(NAME, format!("{count} unfinished in {}", folder.display()))
            .remedy("if no dictation is under way, `scout history recover` turns them into text"),
        Err(error) => Finding::limited(NAME, error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use scout_platform::Desktop as _;

    use super::*;
    use crate::app::fallback::load_and_keep;

    #[test]
    fn a_machine_that_never_ran_scout_is_told_what_is_missing() {
        let home = tempfile::tempdir().unwrap();
        let (finding, config) = configuration(&Paths::below(home.path()));
        assert_eq!((finding.state, config), (State::Works, Config::default()));
        assert_eq!(agent(home.path()).remedy.as_deref(), Some("start one with `scout run`"));
        let log = history::Home::new(home.path(), &home.path().join("none.sqlite3"), &home.path().join("spool"));
        let mut vault = Vault::new(home.path(), &log.spool, scout_platform::fake::FakeDesktop::new().secrets());
        assert_eq!((database(&log, &mut vault).state, log_key(&mut vault).state), (State::Works, State::Works));
        assert_eq!(unfinished(&home.path().join("spool")).state, State::Works);
        let model = model(home.path(), "tiny.en");
        assert!(model.state == State::Broken && model.needed, "{model:?}");
    }

    #[test]
    fn the_keyboards_accessibility_settings_are_one_line() {
        use KeyboardAid::{BounceKeys, SlowKeys, StickyKeys};
        for (on, detail) in [
            (&[][..], "Slow Keys, Bounce Keys and Sticky Keys are off"),
            (&[SlowKeys], "Slow Keys is on: Scout types past it and leaves it on"),
            (
                &[SlowKeys, BounceKeys, StickyKeys],
                "Slow Keys, Bounce Keys and Sticky Keys are on: Scout types past them and leaves them on",
            ),
        ] {
            assert_eq!(keyboard_aids(on).detail, detail);
        }
    }

    #[test]
    fn a_wrong_configuration_is_named_with_its_line() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::below(home.path());
        let broken = |expected: &str| {
            std::fs::write(&paths.config, "\n[model]\nnmae = \"base\"\n").unwrap();
            let (finding, config) = configuration(&paths);
            assert_eq!(finding.state, State::Broken);
            assert!(finding.detail.contains("config.toml:3"), "{}", finding.detail);
            assert!(finding.detail.ends_with(expected), "{}", finding.detail);
            config
        };
        assert_eq!(broken("the default settings are in force."), Config::default());
        std::fs::write(&paths.config, "[key]\nchord = 'F8'").unwrap();
        let good = load_and_keep(&paths).unwrap().config;
        assert_eq!(broken("the last good configuration is in force."), good);
    }
}

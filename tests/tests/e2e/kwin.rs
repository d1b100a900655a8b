//! KDE's compositor: text is pasted, the focus is known, and the key comes by KDE's own service.

use anyhow::{Context as _, Result, ensure};
use scout_platform::{
    Arrival, ClipboardFate, Environment, InjectError, Paste, PasteOptions, TypeOptions, capabilities, detect, detect_in,
};
use scout_tests::{Agent, BETWEEN_PRESSES, Desktop, KWin, Parts, Target, dictate_by, speech, wait_for};

/// 183 characters: accents, Greek, Cyrillic, Chinese, Japanese, Korean, emoji with joiners, line breaks, a tab.
const MIXED: &str = include_str!("../../texts/mixed.txt");

fn session() -> Parts {
    Parts { kwin: true, bus: true, sound: true, notifications: true, ..Parts::nothing() }
}

/// Whether what Scout sees is that window.
fn is(found: &scout_platform::Target, window: &Target) -> bool {
    found.title.as_deref() == Some(window.title())
}

#[test]
fn text_is_pasted_exactly_and_the_old_clipboard_is_back() -> Result<()> {
    let desktop = Desktop::start(&session())?;
    let place = desktop.place();
    let target = Target::text_view_in_kwin(desktop.kwin()?)?;
    let socket = place.runtime().join(place.wayland().context("no session")?);
    let seen = detect_in(&Environment { display: None, wayland_display: Some(socket.to_string_lossy().into_owned()) });
    let (mut injector, mut paster) = (seen.injector()?, seen.paster()?);
    let owner = desktop.kwin()?.copy("text/plain;charset=utf-8", b"the user's own")?;
    let typed = injector.type_text("x", &TypeOptions::default(), &mut || true);
    ensure!(matches!(typed, Err(InjectError::Untypable { .. })), "{typed:?}");
    let options = PasteOptions { chord: "ctrl+V".parse()?, modifier_wait: std::time::Duration::ZERO };
    for _ in 0..2 {
        let report = paster.paste(Paste::new(MIXED, &options, injector.as_mut(), &mut || true))?;
        ensure!(report.arrival == Arrival::Unconfirmed, "{report:?}");
        ensure!(report.restored == Ok(ClipboardFate::Restored), "{report:?}");
        let back = desktop.kwin()?.clipboard("text/plain;charset=utf-8")?;
        ensure!(back == b"the user's own", "{:?}", String::from_utf8_lossy(&back));
    }
    drop(owner);
    target.wait_for_text(&format!("{MIXED}{MIXED}"))
}

#[test]
fn the_focus_is_known() -> Result<()> {
    scout_tests::inside(&session(), "kwin::the_focus_is_known", |desktop| {
        let seen = detect();
        let mut probe = seen.focus_probe()?;
        let first = Target::text_view_in_kwin(desktop.kwin()?)?;
        let found = wait_for("the first window", || Ok(probe.focused()?.filter(|found| is(found, &first))))?;
        ensure!(found.window.is_some() && found.pid.is_some() && found.executable.is_some(), "{found:?}");
        let second = Target::text_view_in_kwin(desktop.kwin()?)?;
        let other = wait_for("the second window", || Ok(probe.focused()?.filter(|found| is(found, &second))))?;
        ensure!(other.window != found.window, "{other:?}");
        drop(second);
        let again = wait_for("the first window again", || Ok(probe.focused()?.filter(|found| is(found, &first))))?;
        ensure!(again.window == found.window);
        let works = capabilities(seen.as_ref());
        ensure!(
            works.key_hook.works() && works.focus.works() && works.typing.works() && works.pasting.works(),
            "{works:?}"
        );
        Ok(())
    })
}

#[test]
fn only_the_installed_program_may_press_keys() -> Result<()> {
    let desktop = Desktop::start(&Parts { kwin_guarded: true, ..session() })?;
    let place = desktop.place();
    let typing = |program: &std::path::Path| -> Result<bool> {
        let doctor = place.command(program).arg("doctor").stderr(std::process::Stdio::null()).output()?;
        let page = String::from_utf8(doctor.stdout)?;
        let line = page.lines().find(|line| line.contains("  typing") || line.contains(" typing ")).map(str::to_owned);
        Ok(line.with_context(|| page.clone())?.starts_with("works"))
    };
    let built = Agent::binary()?;
    ensure!(!typing(built)?, "a program without an entry");
    // What `make install` runs, with the binary under test in the place of the release's.
    let target = place.file("target");
    std::fs::create_dir_all(target.join("release"))?;
    std::os::unix::fs::symlink(built, target.join("release/scout"))?;
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/install.sh");
    let installed = place.command(script).env("CARGO_TARGET_DIR", target).output()?;
    ensure!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
    let program = place.home().join(".local/bin/scout");
    wait_for("the permission", || Ok(typing(&program)?.then_some(())))?;
    ensure!(!typing(built)?, "a program without an entry still");
    Ok(())
}

#[test]
fn the_key_comes_by_kdes_service_and_the_words_by_the_clipboard() -> Result<()> {
    let desktop = Desktop::start(&session())?;
    let kwin = desktop.kwin()?;
    let field = Target::text_view_in_kwin(kwin)?;
    let agent = Agent::start(&desktop, "")?;
    wait_until_heard(kwin, &agent)?;
    dictate_into(&desktop, &agent, &field)?;
    let arrived = field.text()?;
    let logged = wait_for("the log's row", || Ok(agent.history()?.first().cloned()))?;
    ensure!(logged["text"].as_str().is_some_and(|text| text.trim() == arrived.trim()), "{logged} {arrived:?}");
    // Nothing else that the user types is heard.
    let refused = agent.ctl(&["undo"]).err().map(|error| error.to_string()).unwrap_or_default();
    ensure!(refused.contains("does not hear"), "{refused:?}");
    ensure!(field.settled_text()? == arrived, "{:?}", field.text()?);
    Ok(())
}

#[test]
fn text_is_held_when_the_focus_moves_after_kwins_script_is_gone() -> Result<()> {
    let desktop = Desktop::start(&session())?;
    let kwin = desktop.kwin()?;
    let first = Target::text_view_in_kwin(kwin)?;
    let agent = Agent::start(&desktop, "[log]\nlevel = \"debug\"")?;
    wait_until_heard(kwin, &agent)?;
    let aimed = || agent.log().matches("aimed").count();
    let utterance = speech::sentence(desktop.place())?;
    let unload = || kwin.unload_focus_script();
    // Another Scout asks KWin as well, and cleans up after itself.
    let doctor = || desktop.scout(&["doctor"]).map(drop);
    for lose in [&doctor as &dyn Fn() -> Result<()>, &unload] {
        let before = aimed();
        std::thread::sleep(BETWEEN_PRESSES);
        kwin.key(true)?;
        agent.wait_for_state("listening")?;
        wait_for("the target", || Ok((aimed() > before).then_some(())))?;
        lose()?;
        let second = Target::text_view_in_kwin(kwin)?;
        let spoken = desktop.sound()?.say(&utterance.wav)?.wait();
        kwin.key(false)?;
        spoken?;
        agent.wait_for_state("idle")?;
        let texts = (first.settled_text()?, second.settled_text()?);
        ensure!(texts.0.is_empty() && texts.1.is_empty(), "it was held by neither: {texts:?}");
        ensure!(agent.status()?["held"] == true, "{}", agent.status()?);
    }
    // The guard has not given up: what is dictated next arrives.
    dictate_into(&desktop, &agent, &first)
}

#[test]
fn after_a_restart_of_kwin_the_key_is_heard_again() -> Result<()> {
    let mut desktop = Desktop::start(&session())?;
    let agent = Agent::start(&desktop, "")?;
    wait_until_heard(desktop.kwin()?, &agent)?;

    desktop.kwin_mut()?.kill()?;
    let warned = |agent: &Agent| Ok::<_, anyhow::Error>(agent.status()?["warnings"].to_string());
    wait_for("a warning", || Ok(warned(&agent)?.contains("KDE's service for shortcuts has ended").then_some(())))
        .with_context(|| warned(&agent).unwrap_or_default())?;
    wait_for("the notice", || {
        let told = desktop.notifications()?.all()?;
        Ok(told.iter().any(|notice| notice.summary == "The dictation key is not heard").then_some(()))
    })?;

    desktop.kwin_mut()?.start_again()?;
    wait_for("the end of the warning", || Ok((!warned(&agent)?.contains("shortcuts")).then_some(())))?;
    wait_until_heard(desktop.kwin()?, &agent)
}

#[test]
fn after_a_restart_of_kwin_the_words_arrive() -> Result<()> {
    let mut desktop = Desktop::start(&session())?;
    let agent = Agent::start(&desktop, "[log]\nlevel = \"debug\"")?;
    let before = Target::text_view_in_kwin(desktop.kwin()?)?;
    wait_until_heard(desktop.kwin()?, &agent)?;
    dictate_into(&desktop, &agent, &before)?;
    drop(before);
    desktop.kwin_mut()?.kill()?;
    desktop.kwin_mut()?.start_again()?;
    let after = Target::text_view_in_kwin(desktop.kwin()?)?;
    wait_until_heard(desktop.kwin()?, &agent)?;
    dictate_into(&desktop, &agent, &after)
}

#[test]
fn the_key_is_free_again_once_scout_has_ended() -> Result<()> {
    let desktop = Desktop::start(&session())?;
    let kwin = desktop.kwin()?;
    let field = Target::text_view_in_kwin(kwin)?;
    let presses =
        || -> Result<usize> { Ok(field.events()?.iter().filter(|event| event.starts_with("press F9")).count()) };
    for how in ["ctl quit", "SIGKILL"] {
        let mut agent = Agent::start(&desktop, "")?;
        wait_until_heard(kwin, &agent)?;
        // Those before the registration went to the window.
        let before = presses()?;
        kwin.key(true)?;
        agent.wait_for_state("listening")?;
        agent.ctl(&["cancel"])?;
        kwin.key(false)?;
        ensure!(presses()? == before, "the window sees the key as well");
        if how == "SIGKILL" {
            agent.kill();
        } else {
            agent.ctl(&["quit"])?;
            ensure!(agent.wait()?.success());
        }
        wait_for(&format!("the window to hear the key after {how}"), || {
            kwin.key(true)?;
            kwin.key(false)?;
            std::thread::sleep(BETWEEN_PRESSES);
            Ok((presses()? > before).then_some(()))
        })?;
    }
    Ok(())
}

#[test]
fn a_key_that_kde_does_not_have_is_named_and_another_one_is_heard_once_it_is_saved() -> Result<()> {
    let desktop = Desktop::start(&session())?;
    let agent = Agent::start(&desktop, "[key]\nchord = \"ControlRight\"")?;
    let warnings = || Ok::<_, anyhow::Error>(agent.status()?["warnings"].to_string());
    wait_for("a warning", || Ok(warnings()?.contains("KDE knows no shortcut ControlRight").then_some(())))?;
    let page = String::from_utf8(desktop.scout(&["doctor"])?.stdout)?;
    let line = page.lines().find(|line| line.contains("hearing keys")).with_context(|| page.clone())?;
    ensure!(line.contains("KDE knows no shortcut ControlRight"), "{line}");
    std::fs::write(desktop.place().config().join("scout/config.toml"), "[key]\nchord = \"F9\"")?;
    wait_until_heard(desktop.kwin()?, &agent)?;
    ensure!(!warnings()?.contains("ControlRight"), "{}", warnings()?);
    Ok(())
}

/// Waits until the agent hears the key. The service registers it a moment after the agent has asked: a user would press again,
/// too.
fn wait_until_heard(kwin: &KWin, agent: &Agent) -> Result<()> {
    wait_for("the agent to hear the key", || {
        kwin.key(true)?;
        std::thread::sleep(std::time::Duration::from_millis(300));
        let listens = agent.status()?["state"] == "listening";
        if listens {
            agent.ctl(&["cancel"])?;
        }
        kwin.key(false)?;
        Ok(listens.then_some(()))
    })?;
    agent.wait_for_state("idle")?;
    // A press right after a release is taken for a bounce of the key.
    std::thread::sleep(BETWEEN_PRESSES);
    Ok(())
}

/// Dictates a sentence, which has to arrive in that field.
fn dictate_into(desktop: &Desktop, agent: &Agent, field: &Target) -> Result<()> {
    let kwin = desktop.kwin()?;
    std::thread::sleep(BETWEEN_PRESSES);
    dictate_by(desktop, agent, &speech::sentence(desktop.place())?, || kwin.key(true), || kwin.key(false))?;
    let arrived = field.wait_for_some_text().with_context(|| agent.log())?;
    ensure!(arrived.to_lowercase().contains("go forward"), "{arrived:?}");
    Ok(())
}

//! What a dictation becomes depends on where it goes.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use scout_tests::{Agent, Desktop, Parts, Target, dictate, speech, wait_for};

/// The text that `scout text explain` says would be delivered for what the model wrote in the newest dictation.
fn explained(agent: &Agent, profile: &str) -> Result<String> {
    let rows = agent.history()?;
    let raw = rows.first().and_then(|row| row["raw_text"].as_str()).context("the log is empty")?.to_owned();
    let output = agent.scout(&["text", "explain", &raw, "--profile", profile])?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    // The line's end is not the text's, a space at its end is.
    Ok(said.strip_suffix('\n').unwrap_or(&said).rsplit('\n').next().unwrap_or_default().to_owned())
}

fn profile_of_newest(agent: &Agent) -> Result<String> {
    Ok(agent.history()?.first().and_then(|row| row["profile"].as_str()).unwrap_or_default().to_owned())
}

fn rows(agent: &Agent, count: usize) -> Result<()> {
    wait_for("the log's row", || Ok((agent.history()?.len() == count).then_some(())))
}

fn write_profile(desktop: &Desktop, name: &str, text: &str) -> Result<PathBuf> {
    let folder = desktop.place().config().join("scout/profiles");
    std::fs::create_dir_all(&folder)?;
    let path = folder.join(name);
    std::fs::write(&path, text)?;
    Ok(path)
}

#[test]
fn the_same_sentence_is_another_text_in_a_terminal_than_in_an_editor_and_nothing_sticks() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let display = desktop.display()?;
    let editor = Target::editor(display)?;
    let terminal = Target::terminal(display)?;
    let agent = Agent::start(&desktop, "")?;
    let sentence = speech::sentence(desktop.place())?;

    dictate(&desktop, &agent, &sentence)?;
    let in_terminal = terminal.wait_for_some_text()?;
    rows(&agent, 1)?;
    assert_eq!(profile_of_newest(&agent)?, "xterm");
    assert_eq!(in_terminal, explained(&agent, "xterm")?);

    display.focus(editor.title())?;
    dictate(&desktop, &agent, &sentence)?;
    editor.save(display)?;
    let in_editor = editor.text()?;
    rows(&agent, 2)?;
    assert_eq!(profile_of_newest(&agent)?, "default");
    assert_eq!(in_editor.trim_end_matches('\n'), explained(&agent, "default")?);

    // The same words, as one writes them here and there.
    let (shell, prose) = (in_terminal.trim(), in_editor.trim());
    println!("terminal: {in_terminal:?}, editor: {in_editor:?}");
    assert!(prose.starts_with(char::is_uppercase) && prose.ends_with('.'), "{prose:?}");
    assert!(shell.starts_with(char::is_lowercase) && !shell.ends_with('.'), "{shell:?}");
    assert_eq!(shell.to_lowercase(), prose.trim_end_matches('.').to_lowercase());

    // Back in the terminal it is a terminal again.
    terminal.clear()?;
    display.focus(terminal.title())?;
    dictate(&desktop, &agent, &sentence)?;
    rows(&agent, 3)?;
    assert_eq!(profile_of_newest(&agent)?, "xterm");
    assert!(terminal.wait_for_some_text()?.starts_with(char::is_lowercase));
    Ok(())
}

#[test]
fn a_rule_for_a_title_holds_for_that_page_of_a_browser_alone() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let display = desktop.display()?;
    let page = Target::browser(display)?;
    write_profile(
        &desktop,
        "page.toml",
        &format!(
            "[[match]]\napp_id = '*chromium*'\ntitle = '^{}'\n\n[text]\nfull_stop = 'drop'\ntrailing_space = false\n\n\
             [[replace]]\nheard = 'go'\nwith = 'RUN'\n",
            page.title()
        ),
    )?;
    let agent = Agent::start(&desktop, "")?;
    let which = agent.scout(&["profiles", "which"])?;
    let said = String::from_utf8_lossy(&which.stdout).into_owned();
    assert!(said.starts_with("profile:     page") && said.contains("the title matches"), "{said}");

    dictate(&desktop, &agent, &speech::sentence(desktop.place())?)?;
    let text = page.wait_for_some_text()?;
    assert!(text.starts_with("RUN forward") && !text.ends_with(['.', ' ']), "{text:?}");
    rows(&agent, 1)?;
    assert_eq!(profile_of_newest(&agent)?, "page");

    // In another window of no such title it does not.
    let field = Target::text_view(display)?;
    dictate(&desktop, &agent, &speech::sentence(desktop.place())?)?;
    let text = field.wait_for_some_text()?;
    assert!(text.starts_with("Go forward"), "{text:?}");
    Ok(())
}

#[test]
fn sentences_that_follow_one_another_in_a_browser_do_not_run_together() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let page = Target::browser(desktop.display()?)?;
    let agent = Agent::start(&desktop, "")?;
    let sentence = speech::sentence(desktop.place())?;
    dictate(&desktop, &agent, &sentence)?;
    let first = page.wait_for_some_text()?;
    dictate(&desktop, &agent, &sentence)?;
    wait_for("the second sentence", || Ok((page.text()?.len() > first.len()).then_some(())))?;
    let text = page.settled_text()?;
    rows(&agent, 2)?;
    assert_eq!(profile_of_newest(&agent)?, "browsers");
    let joint = text.to_lowercase().rfind("go forward").context("not what was said")?;
    assert!(text[..joint].ends_with(". ") && text[joint..].starts_with('G'), "{text:?}");
    Ok(())
}

#[test]
fn a_profile_chosen_for_one_dictation_holds_for_one() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    let agent = Agent::start(&desktop, "")?;
    let sentence = speech::sentence(desktop.place())?;
    agent.ctl(&["start", "--profile", "terminals"])?;
    agent.wait_for_state("listening")?;
    wait_for("the agent to record", || Ok(desktop.sound()?.is_recorded()?.then_some(())))?;
    desktop.sound()?.say(&sentence.wav)?.wait()?;
    agent.ctl(&["stop"])?;
    agent.wait_for_state("idle")?;
    assert!(field.wait_for_some_text()?.starts_with("go forward"));
    field.clear()?;
    dictate(&desktop, &agent, &sentence)?;
    let text = field.wait_for_some_text()?;
    // The full stop that the terminal's profile left out is no sentence that goes on.
    assert!(text.trim_start().starts_with("Go forward"), "{text:?}");
    Ok(())
}

#[test]
fn a_profile_s_own_model_hears_what_is_said_there_and_no_more() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let display = desktop.display()?;
    let field = Target::text_view(display)?;
    let terminal = Target::terminal(display)?;
    // The same file under another name is another model.
    let own = desktop.place().file("own-model.bin");
    std::os::unix::fs::symlink(desktop.place().data().join("scout/models/ggml-tiny.en-q8_0.bin"), &own)?;
    write_profile(
        &desktop,
        "mine.toml",
        &format!("[[match]]\napp_id = 'XTerm'\n\n[model]\nname = '{}'\n", own.display()),
    )?;
    let agent = Agent::start(&desktop, "")?;
    let sentence = speech::sentence(desktop.place())?;
    let model_of_newest = || -> Result<String> {
        let rows = agent.history()?;
        Ok(rows.first().and_then(|row| row["model"].as_str()).unwrap_or_default().to_owned())
    };
    for (count, title, is_own) in [(1, terminal.title(), true), (2, field.title(), false), (3, terminal.title(), true)]
    {
        display.focus(title)?;
        dictate(&desktop, &agent, &sentence)?;
        rows(&agent, count)?;
        let model = model_of_newest()?;
        println!("{model}");
        assert_eq!(model.contains("own-model"), is_own, "{model}");
        assert!(model.contains("tiny.en") != is_own, "{model}");
    }
    Ok(())
}

#[test]
fn a_language_model_elsewhere_needs_a_key_and_is_named_in_tray_and_status() -> Result<()> {
    const REMOTE: &str = "[rewrite]\nenabled = true\nurl = 'https://scout.invalid/v1'\nmodel = 'any'\n";
    let desktop = Desktop::start(&Parts { tray: true, keychain: true, ..Parts::default() })?;
    let field = Target::text_view(desktop.display()?)?;
    let sentence = speech::sentence(desktop.place())?;
    // Not without the explicit setting.
    let config = desktop.place().config().join("scout");
    std::fs::create_dir_all(&config)?;
    std::fs::write(config.join("config.toml"), REMOTE)?;
    let check = desktop.scout(&["config", "check"])?;
    let said = format!("{}{}", String::from_utf8_lossy(&check.stdout), String::from_utf8_lossy(&check.stderr));
    ensure!(!check.status.success() && said.contains("rewrite.remote = true"), "{said}");

    let agent = Agent::start(&desktop, &format!("{REMOTE}remote = true\n"))?;
    wait_for("the warning", || {
        Ok(agent.ctl(&["status"])?.contains("what you say is sent to scout.invalid").then_some(()))
    })?;
    let tray = desktop.tray()?;
    let icon = tray.wait_for_icon()?;
    let menu = tray.menu(&icon)?;
    let shown = format!("{menu:?}");
    ensure!(shown.contains("What you say is sent to scout.invalid"), "{shown}");
    // Without a key nothing is sent, and the text goes out as it was.
    dictate(&desktop, &agent, &sentence)?;
    assert!(field.wait_for_some_text()?.starts_with("Go forward"));
    let warnings = agent.status()?["warnings"].to_string();
    ensure!(warnings.contains("There is no key for scout.invalid"), "{warnings}");
    Ok(())
}

#[test]
fn a_window_is_chosen_by_a_click() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let display = desktop.display()?;
    let terminal = Target::terminal(display)?;
    let _field = Target::text_view(display)?;
    let agent = Agent::start(&desktop, "")?;
    let which = |pick: bool| -> Result<String> {
        let output = agent.scout(if pick { &["profiles", "which", "--pick"] } else { &["profiles", "which"] })?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    assert!(which(false)?.starts_with("profile:     default"), "the field has the focus");

    // On top of the field. The user clicks until the pointer is taken, and with it the window.
    display.focus(terminal.title())?;
    let (x, y) = display.middle_of(terminal.title())?;
    let done = AtomicBool::new(false);
    let said = std::thread::scope(|scope| {
        let clicks = scope.spawn(|| -> Result<()> {
            while !done.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(300));
                display.click(x, y, 1)?;
            }
            Ok(())
        });
        let said = which(true);
        done.store(true, Ordering::Relaxed);
        clicks.join().map_err(|_| anyhow::anyhow!("the clicks failed"))??;
        said
    })?;
    println!("{said}");
    assert!(said.starts_with("profile:     xterm") && said.contains("app_id:      XTerm"), "{said}");
    Ok(())
}

#[test]
fn a_broken_profile_is_told_and_the_last_good_ones_stay() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let terminal = Target::terminal(desktop.display()?)?;
    write_profile(&desktop, "mine.toml", "[[match]]\napp_id = 'XTerm'\n\n[[replace]]\nheard = 'go'\nwith = 'RUN'\n")?;
    let agent = Agent::start(&desktop, "")?;
    let warned = |part: &str| {
        wait_for(&format!("the warning {part:?}"), || {
            let warnings = agent.status()?["warnings"].to_string();
            Ok(warnings.contains(part).then_some(()))
        })
    };
    for (text, part) in [
        ("[[match]]\napp_id = 'XTerm'\n\n[text]\nfull_stop = 'never'\n", "mine.toml:5:13: text.full_stop cannot be"),
        ("extends = 'nothing'\n", "mine.toml:1:11: there is no profile `nothing` to extend"),
        ("[vocabulary]\nlists = ['work']\n", "mine.toml:2:1: there is no vocabulary list `work`"),
        ("[[match]\n", "mine.toml:1:"),
    ] {
        write_profile(&desktop, "mine.toml", text)?;
        warned(part)?;
    }
    let sentence = speech::sentence(desktop.place())?;
    dictate(&desktop, &agent, &sentence)?;
    assert!(terminal.wait_for_some_text()?.starts_with("RUN forward"), "the good profile is in force");

    terminal.clear()?;
    write_profile(&desktop, "mine.toml", "[[match]]\napp_id = 'XTerm'\n\n[[replace]]\nheard = 'go'\nwith = 'WALK'\n")?;
    wait_for("the warning to go", || {
        Ok((!agent.status()?["warnings"].to_string().contains("mine.toml")).then_some(()))
    })?;
    dictate(&desktop, &agent, &sentence)?;
    assert!(terminal.wait_for_some_text()?.starts_with("WALK forward"));
    Ok(())
}

#[test]
fn spoken_commands_are_carried_out_in_the_application() -> Result<()> {
    let mut desktop = Desktop::start(&Parts::default())?;
    desktop.start_accessibility()?;
    let field = Target::text_view(desktop.display()?)?;
    let picture = desktop.place().file("a picture");
    write_profile(
        &desktop,
        "default.toml",
        &format!("[[command]]\nsay = 'take a picture'\nrun = ['touch', '{}']\n", picture.display()),
    )?;
    let agent = Agent::start(&desktop, "")?;
    let place = desktop.place();
    let say = |name: &str, sentences: &[&str]| -> Result<()> {
        dictate(&desktop, &agent, &speech::synthetic(place, name, sentences)?)
    };

    say("lines", &["This is the first line.", "New line.", "This is the second line."])?;
    let text = field.wait_for_some_text()?;
    println!("{text:?}");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text:?}");
    assert!(!text.to_lowercase().contains("new line"), "{text:?}");

    // The dictation before is taken back, and a second time nothing happens.
    say("scratch", &["Scratch that."])?;
    wait_for("an empty field", || Ok(field.text()?.is_empty().then_some(())))?;
    say("again", &["We are here."])?;
    let here = field.wait_for_some_text()?;
    say("scratch-again", &["Scratch that."])?;
    wait_for("an empty field", || Ok(field.text()?.is_empty().then_some(())))?;
    say("scratch-twice", &["Scratch that."])?;
    assert_eq!(field.settled_text()?, "", "{here:?}");

    // A command of the user's own starts a program, and types nothing.
    say("own", &["Take a picture."])?;
    wait_for("the program", || Ok(picture.exists().then_some(())))?;
    assert_eq!(field.settled_text()?, "");

    // What is only mentioned is written.
    say("prose", &["He asked for a new line of products."])?;
    let text = field.wait_for_some_text()?;
    assert!(text.to_lowercase().contains("new line") && !text.contains('\n'), "{text:?}");
    Ok(())
}

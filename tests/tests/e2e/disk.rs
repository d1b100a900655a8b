//! The disk fails: nothing that was said is lost, and the user is told.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use scout_tests::{Agent, Desktop, Disk, Parts, Target, dictate, speech, wait_for};

/// Dictations that are in the log before its file is damaged: enough for a few hundred pages.
const IMPORTED: usize = 300;

/// Bytes of a page of the database.
const PAGE: u64 = 4096;

/// Most dictations that lie on one page, and are lost with it.
const LOST_MAX: usize = 20;

fn wait_for_rows(agent: &Agent, count: usize) -> Result<()> {
    wait_for(&format!("{count} rows"), || Ok((agent.history()?.len() == count).then_some(())))
}

fn wait_for_warning(agent: &Agent, part: &str, is_there: bool) -> Result<()> {
    wait_for(&format!("the warning {part:?} to be there: {is_there}"), || {
        Ok((agent.status()?["warnings"].to_string().contains(part) == is_there).then_some(()))
    })
    .with_context(|| agent.log())
}

#[test]
fn on_a_full_or_read_only_disk_dictation_works_and_the_log_catches_up() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    let sentence = speech::sentence(desktop.place())?;
    let disk = Disk::new(desktop.place())?;
    let agent = Agent::start_on(&disk, &desktop, "")?;
    dictate(&desktop, &agent, &sentence)?;
    wait_for_rows(&agent, 1)?;

    for (rows, is_full, warning) in [(2, true, "is full: make room"), (3, false, "lies on a disk that can be written")]
    {
        let typed = field.settled_text()?;
        if is_full {
            disk.fill_up()?;
        } else {
            disk.make_read_only()?;
        }
        dictate(&desktop, &agent, &sentence)?;
        let text = field.settled_text()?;
        println!("{warning}: {text:?}");
        ensure!(text.len() > typed.len(), "nothing was typed");
        wait_for_warning(&agent, warning, true)?;
        assert_eq!(agent.history()?.len(), rows - 1);

        disk.mend()?;
        // The agent tries again by itself.
        wait_for_rows(&agent, rows)?;
        wait_for_warning(&agent, warning, false)?;
        assert_eq!(agent.history()?[0]["outcome"], "typed");
    }
    let aside = desktop.place().data().join("scout/aside");
    ensure!(!aside.exists(), "a sound log was taken for damaged");
    Ok(())
}

#[test]
fn a_damaged_log_is_noticed_at_the_start_put_aside_and_rescued() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let _field = Target::text_view(desktop.display()?)?;
    let sentence = speech::sentence(desktop.place())?;
    let agent = Agent::start(&desktop, "")?;
    dictate(&desktop, &agent, &sentence)?;
    wait_for_rows(&agent, 1)?;
    // More of the same, taken in by the running agent.
    let row = agent.history()?.remove(0);
    let (whole, text) = (row["id"].as_str().context("no id")?, row["text"].as_str().context("no text")?);
    let mut lines = Vec::new();
    for number in 0..IMPORTED {
        let mut other = row.clone();
        other["id"] = format!("{}{number:012x}", &whole[..whole.len() - 12]).into();
        other["text"] = format!("{} word{number}", text.repeat(30)).into();
        writeln!(lines, "{other}")?;
    }
    let file = desktop.place().file("more.jsonl");
    std::fs::write(&file, lines)?;
    let imported = agent.scout(&["history", "import", &file.to_string_lossy()])?;
    ensure!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    ensure!(String::from_utf8_lossy(&imported.stdout).contains("300 dictations imported"));
    assert_eq!(found(&desktop, "word299")?, 1);
    // Everything in one file, as a clean end leaves it.
    let mut agent = agent;
    agent.ctl(&["quit"])?;
    agent.wait()?;

    let database = desktop.place().data().join("scout/history.sqlite3");
    let pages = std::fs::metadata(&database)?.len() / PAGE;
    let bad = OpenOptions::new().write(true).open(&database)?;
    bad.write_all_at(&[0x5a; 100], pages / 2 * PAGE + 500)?;
    drop(bad);

    let agent = Agent::start(&desktop, "")?;
    let told = wait_for("the notification", || {
        let all = desktop.notifications()?.all()?;
        Ok(all.into_iter().map(|note| note.body).find(|body| body.contains("was damaged")))
    })?;
    println!("{told}");
    let aside: Vec<_> = std::fs::read_dir(desktop.place().data().join("scout/aside"))?.collect();
    ensure!(!aside.is_empty(), "the damaged log was not kept");
    let output = desktop.scout(&["history", "list", "--json", "-n", "1000"])?;
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout)?;
    println!("{} of {} were rescued", rows.len(), IMPORTED + 1);
    ensure!(rows.len() + LOST_MAX > IMPORTED, "{} rows", rows.len());
    // And the log goes on.
    dictate(&desktop, &agent, &sentence)?;
    wait_for("the next dictation", || Ok((agent.history()?[0]["id"] != rows[0]["id"]).then_some(())))?;
    Ok(())
}

/// What a command printed, on both of its outputs.
fn said(output: &std::process::Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// An export of so many dictations, the first of so many days ago and one a minute.
fn export(desktop: &Desktop, count: i64, days_ago: i64) -> Result<String> {
    let first = jiff::Timestamp::now().checked_sub(jiff::SignedDuration::from_hours(24 * days_ago))?;
    let mut lines = Vec::new();
    for number in 0..count {
        let started = first.checked_add(jiff::SignedDuration::from_mins(number))?;
        let mut entry =
            scout_core::log_entry::Entry::new(scout_core::dictation::DictationId::new(), started, "default");
        entry.text = format!("word{number}");
        writeln!(lines, "{}", serde_json::to_string(&scout_log::history::Record::from(&entry))?)?;
    }
    let file = desktop.place().file("export.jsonl");
    std::fs::write(&file, lines)?;
    Ok(file.to_string_lossy().into_owned())
}

#[test]
fn a_log_that_is_empty_or_gone_is_brought_back_from_its_copy_and_the_user_is_told() -> Result<()> {
    let desktop = Desktop::start(&Parts { sound: false, ..Parts::default() })?;
    let data = desktop.place().data().join("scout");
    let database = data.join("history.sqlite3");
    let export = export(&desktop, 20, 0)?;
    let none = desktop.place().file("none.jsonl");
    std::fs::write(&none, "")?;
    let none = none.to_string_lossy().into_owned();
    ensure!(desktop.scout(&["history", "import", &export])?.status.success());
    let copy = said(&desktop.scout(&["history", "backup"])?);
    ensure!(copy.contains("was copied"), "{copy}");
    // By its name the newest copy, and nothing but a name.
    let empty = data.join("backups/history-20990101T000000Z.sqlite3");
    std::fs::write(&empty, "")?;
    let restored = desktop.scout(&["history", "restore", &empty.to_string_lossy(), "--yes"])?;
    ensure!(!restored.status.success(), "{}", said(&restored));
    assert_eq!(desktop.history()?.len(), 20);

    for is_gone in [false, true] {
        if is_gone {
            std::fs::remove_file(&database)?;
        } else {
            std::fs::write(&database, "")?;
        }
        let listed = desktop.scout(&["history", "list"])?;
        ensure!(!listed.status.success() && said(&listed).contains("`scout history repair`"), "{}", said(&listed));
        let imported = desktop.scout(&["history", "import", &none])?;
        println!("{}", said(&imported));
        ensure!(!imported.status.success() && said(&imported).contains("took its place"), "{}", said(&imported));
        assert_eq!(desktop.history()?.len(), 20);
    }
    std::fs::remove_file(&database)?;
    let agent = Agent::start(&desktop, "")?;
    wait_for("the notification", || {
        let all = desktop.notifications()?.all()?;
        Ok(all.into_iter().find(|note| note.body.contains("The log was missing")))
    })?;
    wait_for_rows(&agent, 20)?;

    // Damage that is met while the agent runs is mended by it.
    let whole = said(&desktop.scout(&["history", "repair"])?);
    ensure!(whole.contains("The log is whole: 20 dictations"), "{whole}");
    Ok(())
}

/// How many dictations the log has.
fn all(desktop: &Desktop) -> Result<usize> {
    let output = desktop.scout(&["history", "list", "--json", "-n", "10000"])?;
    ensure!(output.status.success(), "{}", said(&output));
    Ok(serde_json::from_slice::<Vec<serde_json::Value>>(&output.stdout)?.len())
}

/// Puts a file over another one, as `cp` and `mv` do.
fn put_over(command: &str, from: &Path, to: &Path) -> Result<()> {
    ensure!(Command::new(command).args(["-f"]).args([from, to]).status()?.success());
    Ok(())
}

#[test]
fn a_copy_that_is_put_over_the_log_by_hand_costs_no_dictation_and_the_user_is_told() -> Result<()> {
    let desktop = Desktop::start(&Parts { sound: false, ..Parts::default() })?;
    let data = desktop.place().data().join("scout");
    let database = data.join("history.sqlite3");
    let mut agent = Agent::start(&desktop, "")?;
    let import = |count| -> Result<()> {
        let file = export(&desktop, count, 0)?;
        let imported = desktop.scout(&["history", "import", &file])?;
        ensure!(imported.status.success(), "{}", said(&imported));
        Ok(())
    };
    import(300)?;
    let copy = desktop.place().file("copy.sqlite3");
    let copied = said(&desktop.scout(&["history", "backup", &copy.to_string_lossy()])?);
    ensure!(copied.contains("was copied"), "{copied}");
    import(3)?;
    let mut rows = 303;
    for command in ["cp", "mv"] {
        let moved = desktop.place().file("moved.sqlite3");
        std::fs::copy(&copy, &moved)?;
        put_over(command, &moved, &database)?;
        import(1)?;
        rows += 1;
        assert_eq!(all(&desktop)?, rows, "{command}");
        wait_for("the notification", || {
            let all = desktop.notifications()?.all()?;
            Ok(all.into_iter().find(|note| note.body.contains("Another file took the place of the log")))
        })?;
    }
    let later = desktop.place().file("later.sqlite3");
    ensure!(desktop.scout(&["history", "backup", &later.to_string_lossy()])?.status.success());
    import(2)?;
    rows += 2;
    agent.signal("KILL")?;
    agent.wait()?;
    put_over("cp", &later, &database)?;
    let repaired = said(&desktop.scout(&["history", "repair"])?);
    println!("{repaired}");
    ensure!(repaired.contains("Another file took the place of the log"), "{repaired}");
    assert_eq!(all(&desktop)?, rows);

    // With nothing left of the former log, that is reported until the log is written again.
    put_over("cp", &copy, &database)?;
    let listed = said(&desktop.scout(&["history", "list", "-n", "1"])?);
    ensure!(listed.contains("The log is older than Scout left it: it had 307 dictations"), "{listed}");
    let status = said(&desktop.scout(&["history", "status"])?);
    ensure!(status.contains("`scout history backups` lists its copies"), "{status}");
    let repaired = desktop.scout(&["history", "repair"])?;
    ensure!(!repaired.status.success() && said(&repaired).contains("has 300 now"), "{}", said(&repaired));
    Ok(())
}

#[test]
fn dictations_that_come_with_old_dates_are_not_deleted_until_the_user_agrees() -> Result<()> {
    let desktop = Desktop::start(&Parts { sound: false, ..Parts::default() })?;
    let config = "[history]\nkeep_days = 365\n";
    // The limit is agreed to, since nothing is over it.
    let mut agent = Agent::start(&desktop, config)?;
    agent.ctl(&["quit"])?;
    agent.wait()?;
    let export = export(&desktop, 20, 731)?;
    ensure!(desktop.scout(&["history", "import", &export])?.status.success());
    let agent = Agent::start(&desktop, config)?;
    wait_for_warning(&agent, "kept until you agree", true)?;
    wait_for("the notification", || {
        let all = desktop.notifications()?.all()?;
        Ok(all.into_iter().find(|note| note.body.contains("20 dictations are over a limit")))
    })?;
    assert_eq!(agent.history()?.len(), 20);
    let deleted = said(&desktop.scout(&["history", "limits", "--yes"])?);
    ensure!(deleted.contains("20 dictations deleted"), "{deleted}");
    wait_for_warning(&agent, "kept until you agree", false)?;
    assert_eq!(agent.history()?.len(), 0);
    Ok(())
}

#[test]
fn a_limit_on_the_size_of_files_is_reported_and_does_not_end_the_agent() -> Result<()> {
    let desktop = Desktop::start(&Parts { sound: false, ..Parts::default() })?;
    let agent = Agent::start(&desktop, "")?;
    let few = export(&desktop, 20, 0)?;
    ensure!(desktop.scout(&["history", "import", &few])?.status.success());
    let data = desktop.place().data().join("scout");
    let longest = ["history.sqlite3", "history.sqlite3-wal"]
        .iter()
        .filter_map(|name| Some(std::fs::metadata(data.join(name)).ok()?.len()))
        .max()
        .context("no log")?;
    let limit = |limit: &str| -> Result<()> {
        let pid = agent.pid().to_string();
        ensure!(Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={limit}:")]).status()?.success());
        Ok(())
    };
    limit(&longest.to_string())?;
    let many = export(&desktop, 3000, 0)?;
    let refused = desktop.scout(&["history", "import", &many])?;
    println!("{}", said(&refused));
    ensure!(!refused.status.success() && said(&refused).contains("Raise that limit"), "{}", said(&refused));
    assert_eq!(all(&desktop)?, 20);
    limit("unlimited")?;
    ensure!(desktop.scout(&["history", "import", &many])?.status.success());
    assert_eq!(all(&desktop)?, 3020);
    agent.status()?;
    Ok(())
}

/// How many dictations have this word.
fn found(desktop: &Desktop, word: &str) -> Result<usize> {
    let output = desktop.scout(&["history", "search", word, "--json"])?;
    Ok(serde_json::from_slice::<Vec<serde_json::Value>>(&output.stdout)?.len())
}

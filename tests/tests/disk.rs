//! The disk fails: nothing that was said is lost, and the user is told.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;

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

/// How many dictations have this word.
fn found(desktop: &Desktop, word: &str) -> Result<usize> {
    let output = desktop.scout(&["history", "search", word, "--json"])?;
    Ok(serde_json::from_slice::<Vec<serde_json::Value>>(&output.stdout)?.len())
}

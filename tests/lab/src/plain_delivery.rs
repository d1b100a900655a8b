//! How Scout delivers, next to the plain approach: `enigo.text()`, and a clipboard that is given back after a fixed time.
//!
//! The same application, the same texts, one after the other in one box.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, Result};
use enigo::{Direction, Enigo, Key, Keyboard as _};
use scout_platform::{Environment, Paste, PasteOptions, TypeOptions, detect_in};
use scout_tests::{Desktop, Display, Parts, Target};

const PROSE: &str = include_str!("../../texts/prose.txt");
const MIXED: &str = include_str!("../../texts/mixed.txt");
/// What others wait before they give the clipboard back.
const FIXED: Duration = Duration::from_millis(120);
const OLD: &str = "what was copied before";
const LAGS: [u64; 4] = [0, 150, 500, 2_000];

/// What it says when the clipboard has been given back.
const DONE: &str = "given back";

/// How Scout types and pastes, next to the plain way: `enigo.text()`, and a clipboard that is given back after a fixed time
///
/// The same application and the same texts, one after the other in a desktop in a box.
#[derive(Debug, clap::Args)]
pub(crate) struct PlainDelivery {
    /// Only paste in the plain way, on the desktop at hand: this program starts itself so in the box
    #[arg(long, hide = true)]
    paste_here: bool,
}

impl PlainDelivery {
    pub(crate) fn run(self) -> Result<()> {
        if self.paste_here { plain_paste() } else { compare() }
    }
}

fn compare() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let here = Environment { display: Some(display.name().to_owned()), wayland_display: None };
    let platform = detect_in(&here);
    let (mut injector, mut paster) = (platform.injector()?, platform.paster()?);

    println!("| typed into a GTK 3 text view | Scout | `enigo.text()` |\n|---|---|---|");
    for (name, text, lock, held) in [
        ("500 characters of prose", PROSE, false, None),
        ("183 mixed characters", MIXED, false, None),
        ("prose with CapsLock on", PROSE, true, None),
        ("prose with Ctrl held", PROSE, false, Some("Control_R")),
    ] {
        let mut cells = Vec::new();
        for scout in [true, false] {
            // A fresh window each time: shortcuts that fire by mistake open menus, and leave the window in no state to go on.
            let target = Target::text_view(display)?;
            if lock {
                display.tap("Caps_Lock")?;
            }
            if let Some(key) = held {
                display.hold(key)?;
            }
            if scout {
                let options = TypeOptions { modifier_wait: Duration::from_millis(50), ..TypeOptions::default() };
                injector.type_text(text, &options, &mut || true)?;
            } else {
                plain_enigo(display)?.text(text)?;
            }
            cells.push(verdict(&target.settled_text()?, text));
            if let Some(key) = held {
                display.release(key)?;
            }
            if display.caps_lock()? {
                display.tap("Caps_Lock")?;
            }
        }
        println!("| {name} | {} | {} |", cells[0], cells[1]);
    }

    println!(
        "\n| pasted into a GTK 3 text view that is busy | Scout | clipboard given back after 120 ms |\n|---|---|---|"
    );
    let target = Target::text_view(display)?;
    for lag in LAGS {
        let mut cells = Vec::new();
        for scout in [true, false] {
            target.clear()?;
            let _owner = display.copy(OLD)?;
            let stall = (lag > 0).then(|| target.stall(Duration::from_millis(lag))).transpose()?;
            let mut plain = None;
            if scout {
                let options = PasteOptions { chord: "ctrl+V".parse()?, modifier_wait: Duration::ZERO };
                paster.paste(Paste::new(PROSE, &options, injector.as_mut(), &mut || true))?;
            } else {
                plain = Some(paste_plainly(&desktop)?);
            }
            drop(stall);
            let text = target.settled_text()?;
            drop(plain);
            cells.push(if text == OLD { "the old clipboard was pasted".to_owned() } else { verdict(&text, PROSE) });
        }
        println!("| for {lag} ms | {} | {} |", cells[0], cells[1]);
    }

    println!("\n| on the clipboard before | afterwards, with Scout | with the plain approach |\n|---|---|---|");
    for (format, bytes) in [("UTF8_STRING", OLD.as_bytes()), ("text/html", b"<b>old</b>"), ("image/png", b"\x89PNG...")]
    {
        let mut cells = Vec::new();
        for scout in [true, false] {
            target.clear()?;
            let _owner = display.copy_as("clipboard", format, bytes)?;
            let _plain = if scout {
                let options = PasteOptions { chord: "ctrl+V".parse()?, modifier_wait: Duration::ZERO };
                paster.paste(Paste::new("new", &options, injector.as_mut(), &mut || true))?;
                None
            } else {
                Some(paste_plainly(&desktop)?)
            };
            target.wait_for_some_text()?;
            let same = display.selection_as("clipboard", format)? == bytes;
            cells.push(if same { "the same" } else { "lost" });
        }
        println!("| {format} | {} | {} |", cells[0], cells[1]);
    }
    Ok(())
}

fn verdict(found: &str, expected: &str) -> String {
    if found == expected {
        return "exact".to_owned();
    }
    let arrived = found.chars().count();
    let place = found.chars().zip(expected.chars()).take_while(|(one, two)| one == two).count();
    format!("wrong from character {} on, {arrived} of {} arrived", place + 1, expected.chars().count())
}

fn plain_enigo(display: &Display) -> Result<Enigo> {
    let settings = enigo::Settings { x11_display: Some(display.name().to_owned()), ..enigo::Settings::default() };
    Enigo::new(&settings).context("enigo does not start")
}

/// Runs [`plain_paste`] in the box, where a clipboard is found through the environment. It owns the clipboard until what is
/// returned is dropped, as an agent that runs on.
fn paste_plainly(desktop: &Desktop) -> Result<Plain> {
    let mut command = desktop.place().command(std::env::current_exe()?);
    let mut child =
        command.args(["plain-delivery", "--paste-here"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut said = String::new();
    BufReader::new(child.stdout.take().context("it was piped")?).read_line(&mut said)?;
    let plain = Plain(child);
    anyhow::ensure!(said.trim() == DONE, "the plain paste failed");
    Ok(plain)
}

struct Plain(Child);

impl Drop for Plain {
    fn drop(&mut self) {
        // The end of its input ends it.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// Remembers the text that is there, if it is text; copies, presses the chord, waits, copies back.
fn plain_paste() -> Result<()> {
    let mut clipboard = arboard::Clipboard::new()?;
    let before = clipboard.get_text().ok();
    clipboard.set_text(PROSE)?;
    let mut enigo = Enigo::new(&enigo::Settings::default()).context("enigo does not start")?;
    enigo.key(Key::Control, Direction::Press)?;
    enigo.key(Key::Unicode('v'), Direction::Click)?;
    enigo.key(Key::Control, Direction::Release)?;
    sleep(FIXED);
    if let Some(before) = before {
        clipboard.set_text(before)?;
    }
    println!("{DONE}");
    std::io::stdin().read_line(&mut String::new())?;
    Ok(())
}

//! Real applications that text is typed into, and what arrived in them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::display::Display;
use crate::place::Place;
use crate::process::{Process, output_of};
use crate::wait::{PATIENCE, wait_for};

const FIELDS: &str = include_str!("../targets/fields.py");
const OWNER_CHANGE_VIEW: &str = include_str!("../targets/owner_change_view.py");
const SWALLOWING_ENTRY: &str = include_str!("../targets/swallowing_entry.py");
const GTK_POPUPS: &str = include_str!("../targets/gtk_popups.py");
const QT_COMPLETION: &str = include_str!("../targets/qt_completion.py");
const QT_EDIT: &str = include_str!("../targets/qt_edit.py");
const VTE_TERMINAL: &str = include_str!("../targets/vte_terminal.py");
const WEB_PAGE: &str = include_str!("../targets/web_page.py");
const WRITER_TEXT: &str = include_str!("../targets/writer_text.py");
/// Neither dialogs at the first start nor corrections while typing.
const WRITER_SETTINGS: &str = include_str!("../targets/writer_settings.xcu");
/// The program itself. The `soffice` that users start runs it as a child of its splash screen.
const SOFFICE: &str = "/usr/lib/libreoffice/program/soffice.bin";

/// Long lines are seen whole, and the title has no folder.
const EDITOR_SETTINGS: &str = "[org/xfce/mousepad/preferences/view]\nword-wrap=true\n\
     [org/xfce/mousepad/preferences/window]\npath-in-title=false\n";

/// Text that did not change for this long is taken as complete.
const SETTLED: Duration = Duration::from_secs(1);

/// What kind of application it is, where that makes a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    TextView,
    PlainView,
    Terminal,
    Browser,
    Editor,
    Writer,
}

/// A window with a text field that has the focus. Dropping it closes it.
#[derive(Debug)]
pub struct Target {
    title: String,
    file: PathBuf,
    kind: Kind,
    processes: Vec<Process>,
}

impl Target {
    /// The GTK 3 text view's program.
    pub(crate) const TEXT_VIEW: &str = include_str!("../targets/text_view.py");
    /// The GTK 4 text view's program.
    pub(crate) const GTK4_VIEW: &str = include_str!("../targets/gtk4_view.py");

    /// A GTK 3 text view.
    pub fn text_view(display: &Display) -> Result<Self> {
        Self::script(display, Kind::TextView, "text_view.py", Self::TEXT_VIEW, &[])
    }

    /// A GTK 3 text view that takes so many milliseconds for each key.
    pub fn slow_view(display: &Display, milliseconds: u32) -> Result<Self> {
        Self::script(
            display,
            Kind::TextView,
            "text_view.py",
            Self::TEXT_VIEW,
            &[("SLOW_MS", &milliseconds.to_string())],
        )
    }

    /// A GTK 4 text view.
    pub fn gtk4_view(display: &Display) -> Result<Self> {
        Self::script(display, Kind::PlainView, "gtk4_view.py", Self::GTK4_VIEW, &[])
    }

    /// A Qt text field.
    pub fn qt_edit(display: &Display) -> Result<Self> {
        Self::script(display, Kind::PlainView, "qt_edit.py", QT_EDIT, &[])
    }

    /// A GTK 3 entry that swallows a part of what is typed: `short` takes 14 characters, `letters` nothing but letters and spaces,
    /// `line` no line breaks.
    pub fn swallowing_entry(display: &Display, kind: &str) -> Result<Self> {
        Self::script(display, Kind::PlainView, "swallowing_entry.py", SWALLOWING_ENTRY, &[("KIND", kind)])
    }

    /// A GTK 3 entry that opens a list of completions after "alph", and a pop-up with another entry on [`Self::open_popup`].
    pub fn gtk_popups(display: &Display) -> Result<Self> {
        Self::script(display, Kind::PlainView, "gtk_popups.py", GTK_POPUPS, &[])
    }

    /// A GTK 3 text view that reads the text whenever the clipboard changes, and then does nothing for so many milliseconds.
    pub fn clipboard_reader(display: &Display, milliseconds: u32) -> Result<Self> {
        let busy = [("BUSY_MS", &*milliseconds.to_string())];
        Self::script(display, Kind::PlainView, "owner_change_view.py", OWNER_CHANGE_VIEW, &busy)
    }

    /// A Qt text field that opens a list of completions after "alph", which grabs the keyboard.
    pub fn qt_completion(display: &Display) -> Result<Self> {
        Self::script(display, Kind::PlainView, "qt_completion.py", QT_COMPLETION, &[])
    }

    /// Opens the pop-up of [`Self::gtk_popups`], which grabs the keyboard.
    pub fn open_popup(&self) -> Result<()> {
        self.processes[0].signal("USR1")
    }

    /// A VTE terminal, as GNOME's and Xfce's are, whose program takes every byte as it comes.
    pub fn vte_terminal(display: &Display) -> Result<Self> {
        Self::script(display, Kind::Terminal, "vte_terminal.py", VTE_TERMINAL, &[])
    }

    /// A window with a password field, which has the focus, and an ordinary one after it: of `gtk3`, `gtk4` or `qt5`, with
    /// accessibility on.
    pub fn fields(display: &Display, toolkit: &str) -> Result<Self> {
        Self::open_fields(&display.place, toolkit, "x11")?.ready(|title| display.wait_focused(title))
    }

    pub(crate) fn open_fields(place: &Place, toolkit: &str, backend: &str) -> Result<Self> {
        let mut target = Self::new(place, Kind::PlainView);
        let script = place.file("fields.py");
        std::fs::write(&script, FIELDS)?;
        let mut command = place.command("/usr/bin/python3");
        command
            .arg(script)
            .args([toolkit.as_ref(), target.file.as_os_str(), target.title.as_ref()])
            .envs([("QT_LINUX_ACCESSIBILITY_ALWAYS_ON", "1"), ("GDK_BACKEND", backend)]);
        target.start(place, command)?;
        Ok(target)
    }

    /// The same as a page in Chromium.
    pub fn fields_in_browser(display: &Display) -> Result<Self> {
        Self::chromium(display, "fields", &["--force-renderer-accessibility"], &[("ACCESSIBILITY_ENABLED", "1")])
    }

    /// What is in the ordinary field of such a window, once it has not changed for a second.
    pub fn other_text(&self) -> Result<String> {
        let file = self.file.with_added_extension("other");
        let text = || -> Result<String> { Ok(std::fs::read_to_string(&file)?) };
        wait_for("text in the ordinary field", || Ok((!text()?.is_empty()).then_some(())))?;
        settled(text)
    }

    fn script(display: &Display, kind: Kind, name: &str, script: &str, environment: &[(&str, &str)]) -> Result<Self> {
        let (place, mut target) = Self::on(display, kind);
        let file = place.file(name);
        std::fs::write(&file, script)?;
        let mut command = place.command("/usr/bin/python3");
        command.arg(file).arg(&target.file).arg(&target.title).envs(environment.iter().copied());
        target.processes.push(place.start(&target.title, command)?);
        target.ready(|title| display.wait_focused(title))
    }

    /// An xterm whose program takes every byte as it comes.
    pub fn terminal(display: &Display) -> Result<Self> {
        let (place, mut target) = Self::on(display, Kind::Terminal);
        let mut command = place.command("xterm");
        command
            .args(["-fa", "DejaVu Sans Mono", "-fs", "9", "-u8", "-geometry", "100x24+40+60", "-T", &target.title])
            .args(["-e", "/bin/sh", "-c", r#"stty raw -echo && exec cat >>"$0""#])
            .arg(&target.file);
        target.processes.push(place.start(&target.title, command)?);
        target.ready(|title| display.wait_focused(title))
    }

    /// A text area in Chromium.
    pub fn browser(display: &Display) -> Result<Self> {
        Self::chromium(display, "", &[], &[])
    }

    fn chromium(display: &Display, page: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Result<Self> {
        let (place, mut target) = Self::on(display, Kind::Browser);
        let script = place.file("web_page.py");
        std::fs::write(&script, WEB_PAGE)?;
        let mut command = place.command("/usr/bin/python3");
        command.arg(script).arg(&target.file).arg(&target.title);
        target.processes.push(place.start(&format!("{}-server", target.title), command)?);
        let address_file = target.file.with_added_extension("address");
        let address = wait_for("the web page", || Ok(std::fs::read_to_string(&address_file).ok()))?;
        let mut command = place.command("chromium");
        command
            // Root in a container has no user namespaces to make a sandbox of; the page is our own.
            .args(["--no-sandbox", "--disable-gpu", "--no-first-run", "--password-store=basic"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"])
            .arg(format!("--user-data-dir={}", place.file("chromium").display()))
            .args(arguments)
            .envs(environment.iter().copied())
            .arg(format!("--app={address}{page}"));
        target.processes.push(place.start(&target.title, command)?);
        target.ready(|title| display.wait_focused(title))
    }

    /// `LibreOffice` Writer, drawn by `LibreOffice` itself through X11, without GTK or Qt.
    pub fn writer(display: &Display) -> Result<Self> {
        let (place, mut target) = Self::on(display, Kind::Writer);
        let profile = place.file("libreoffice");
        std::fs::create_dir_all(profile.join("user"))?;
        std::fs::write(profile.join("user/registrymodifications.xcu"), WRITER_SETTINGS)?;
        let office = || {
            let mut command = place.command(SOFFICE);
            command.env("SAL_USE_VCLPLUGIN", "gen").args(["--norestore", "--nologo"]);
            command.arg(format!("-env:UserInstallation=file://{}", profile.display()));
            command
        };
        // The first start only fills the profile.
        output_of(office().arg("--terminate_after_init"))?;
        let script = place.file("writer_text.py");
        std::fs::write(&script, WRITER_TEXT)?;
        let pipe = format!("scout-{}-{}", std::process::id(), target.title);
        let mut command = place.command("/usr/bin/python3");
        command.arg(script).arg(&target.file).args([&target.title, &pipe]);
        target.processes.push(place.start(&format!("{}-text", target.title), command)?);
        let mut command = office();
        command.args(["--writer", &format!("--accept=pipe,name={pipe};urp")]);
        target.processes.push(place.start(&target.title, command)?);
        target.ready(|title| display.wait_focused(title))
    }

    /// A text editor as people use it (Mousepad). What is in it can be read after [`Self::save`].
    pub fn editor(display: &Display) -> Result<Self> {
        let (place, mut target) = Self::on(display, Kind::Editor);
        std::fs::write(&target.file, "")?;
        let settings = place.config().join("glib-2.0/settings");
        std::fs::create_dir_all(&settings)?;
        std::fs::write(settings.join("keyfile"), EDITOR_SETTINGS)?;
        let mut command = place.command("mousepad");
        command.env("GSETTINGS_BACKEND", "keyfile").arg("--disable-server").arg(&target.file);
        target.processes.push(place.start(&target.title, command)?);
        target.ready(|title| display.wait_focused(title))
    }

    /// Saves what is in the editor, as a user does.
    pub fn save(&self, display: &Display) -> Result<()> {
        anyhow::ensure!(self.kind == Kind::Editor, "only an editor saves");
        let saved = || -> Result<std::time::SystemTime> { Ok(std::fs::metadata(&self.file)?.modified()?) };
        let before = saved()?;
        display.hold("Control_L")?;
        display.tap("s")?;
        display.release("Control_L")?;
        wait_for("the editor to save", || Ok((saved()? > before).then_some(())))
    }

    fn on(display: &Display, kind: Kind) -> (Place, Self) {
        (display.place.clone(), Self::new(&display.place, kind))
    }

    pub(crate) fn new(place: &Place, kind: Kind) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let title = format!("{kind:?} {}", NUMBER.fetch_add(1, Ordering::Relaxed)).to_lowercase().replace(' ', "-");
        let file = place.file(&format!("{title}.txt"));
        Self { title, file, kind, processes: Vec::new() }
    }

    /// Starts a part of the application.
    pub(crate) fn start(&mut self, place: &Place, command: Command) -> Result<()> {
        self.processes.push(place.start(&self.title, command)?);
        Ok(())
    }

    /// Typing into a window that is not ready loses characters, so each kind has its own sign of being ready.
    pub(crate) fn ready(mut self, wait_focused: impl FnOnce(&str) -> Result<()>) -> Result<Self> {
        let what = format!("the window {:?}", self.title);
        let waiting = wait_for(&what, || {
            for process in &mut self.processes {
                anyhow::ensure!(process.is_running(), "it ended");
            }
            Ok(self.file.exists().then_some(()))
        })
        .and_then(|()| wait_focused(&self.title));
        match waiting {
            Ok(()) => Ok(self),
            Err(error) => {
                let said: Vec<String> = self.processes.iter().map(Process::complaint).collect();
                Err(error.context(said.join("\n")))
            }
        }
    }

    /// Waits until the program itself says that it has the focus, where nobody else can be asked.
    pub(crate) fn ready_by_itself(self) -> Result<Self> {
        let events = self.file.with_added_extension("events");
        self.ready(|title| {
            wait_for(&format!("the focus of {title:?}"), || {
                let said = std::fs::read_to_string(&events).unwrap_or_default();
                let last = said.lines().rfind(|line| line.starts_with("focus"));
                Ok((last == Some("focus in")).then_some(()))
            })
        })
    }

    /// The window's title, unique in this process.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The file that has the field's text.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// What is in the field now.
    pub fn text(&self) -> Result<String> {
        let text = String::from_utf8_lossy(&std::fs::read(&self.file).context("the field is gone")?).into_owned();
        // A terminal sends what the Enter key sends.
        Ok(if self.kind == Kind::Terminal { text.replace('\r', "\n") } else { text })
    }

    /// Waits until exactly `expected` is in the field and stays there. An error shows what is there instead.
    pub fn wait_for_text(&self, expected: &str) -> Result<()> {
        let start = Instant::now();
        loop {
            let found = self.settled_text()?;
            if found == expected {
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                bail!("expected in the field: {expected:?}\nfound: {found:?}");
            }
        }
    }

    /// Waits until exactly `expected` is in the field, and no longer: what comes too much is found by the next look.
    pub fn wait_to_hold(&self, expected: &str) -> Result<()> {
        let arrived = wait_for("the text", || Ok((self.text()? == expected).then_some(())));
        arrived.with_context(|| format!("expected in the field: {expected:?}\nfound: {:?}", self.text()))
    }

    /// Waits until there is a text in the field and it no longer changes.
    pub fn wait_for_some_text(&self) -> Result<String> {
        wait_for("text in the field", || Ok((!self.text()?.is_empty()).then_some(())))?;
        self.settled_text()
    }

    /// The field's text, once it has not changed for a second.
    pub fn settled_text(&self) -> Result<String> {
        settled(|| self.text())
    }

    /// Empties the field.
    pub fn clear(&self) -> Result<()> {
        match self.kind {
            Kind::TextView | Kind::PlainView => self.processes[0].signal("USR1")?,
            Kind::Terminal => drop(std::fs::File::create(&self.file)?),
            Kind::Browser | Kind::Editor | Kind::Writer => {
                bail!("this field cannot be emptied from outside: start another one")
            }
        }
        wait_for("an empty field", || Ok(self.text()?.is_empty().then_some(())))
    }

    /// Gives the window another title, as a browser does when another tab is chosen.
    pub fn retitle(&self, display: &Display) -> Result<()> {
        anyhow::ensure!(self.kind == Kind::TextView, "only the text view changes its title");
        self.processes[0].signal("USR2")?;
        display.wait_focused(&format!("{} again", self.title))
    }

    /// The application does nothing for so long, as one that is busy; what is sent to it waits.
    pub fn stall(&self, span: Duration) -> Result<Stall> {
        // The window is that of the process that was started last.
        let pid = self.processes.last().context("the target has ended")?.pid();
        signal(pid, "STOP")?;
        let waking = std::thread::spawn(move || {
            std::thread::sleep(span);
            signal(pid, "CONT")
        });
        Ok(Stall(Some(waking)))
    }

    /// The application hangs until this is dropped; what is sent to it waits.
    pub fn hang(&self) -> Result<Hang> {
        let pid = self.processes.last().context("the target has ended")?.pid();
        signal(pid, "STOP")?;
        Ok(Hang(pid))
    }

    /// Key and focus events of a text view in the order they came: `press F9 0x0`, `release F9 0x0`, `focus in`.
    pub fn events(&self) -> Result<Vec<String>> {
        anyhow::ensure!(self.kind == Kind::TextView, "only the text view writes its events down");
        let events = std::fs::read_to_string(self.file.with_added_extension("events"))?;
        Ok(events.lines().map(str::to_owned).collect())
    }
}

/// An application that hangs. Dropping it lets it go on.
#[derive(Debug)]
pub struct Hang(u32);

impl Drop for Hang {
    fn drop(&mut self) {
        // A process that cannot be woken fails the test by never showing its text.
        let _ = signal(self.0, "CONT");
    }
}

fn settled(read: impl Fn() -> Result<String>) -> Result<String> {
    let (mut text, mut since) = (read()?, Instant::now());
    wait_for("a text that no longer changes", || {
        let now = read()?;
        if now != text {
            (text, since) = (now, Instant::now());
        }
        Ok((since.elapsed() > SETTLED).then_some(()))
    })?;
    Ok(text)
}

/// An application that does nothing for a while. Dropping it waits until it goes on.
#[derive(Debug)]
pub struct Stall(Option<std::thread::JoinHandle<Result<()>>>);

impl Drop for Stall {
    fn drop(&mut self) {
        // A process that cannot be woken fails the test by never showing its text.
        let _ = self.0.take().map(std::thread::JoinHandle::join);
    }
}

fn signal(pid: u32, name: &str) -> Result<()> {
    let status = std::process::Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status()?;
    anyhow::ensure!(status.success(), "process {pid} is gone");
    Ok(())
}

//! Reloads when files change, and keeps the last good set when they are wrong.
//!
//! Editors replace files instead of writing them, dotfile managers link to them, and either may be gone for a moment. So
//! folders are watched, not files: those of the files, those of what they link to, and for what is not there yet the
//! nearest folder that is.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, select};
use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::error::ConfigError;

/// No reload before files have been left alone for this long: editors write, rename and delete in several steps, and what
/// is half-done would be reported as an error. Short enough to seem immediate to somebody who has just saved.
const QUIET: Duration = Duration::from_millis(150);

/// What a change led to.
#[derive(Debug)]
pub enum Reload<T> {
    /// A new set is in force. Also sent when files are right again after [`Rejected`](Self::Rejected).
    Accepted(T),
    /// The files are wrong. What was in force stays so.
    Rejected(ConfigError),
}

/// Why files cannot be watched. The agent works without, but has to be restarted for changes to take effect.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The user's programs watch too many files already.
    #[error(
        "changes of the configuration cannot be noticed: too many files are watched on this machine. Raise the limits \
         fs.inotify.max_user_watches and fs.inotify.max_user_instances with sysctl"
    )]
    Limit,
    /// The system refused otherwise.
    #[error("changes of the configuration cannot be noticed ({0}): restart Scout after changing it")]
    System(notify::Error),
    /// There is no thread for it.
    #[error("changes of the configuration cannot be noticed ({0}): restart Scout after changing it")]
    Thread(std::io::Error),
}

impl From<notify::Error> for WatchError {
    fn from(error: notify::Error) -> Self {
        match error.kind {
            notify::ErrorKind::MaxFilesWatch => Self::Limit,
            _ => Self::System(error),
        }
    }
}

/// Watches until it is dropped.
#[derive(Debug)]
pub struct Watch {
    /// Nothing is ever sent: its end tells the thread to stop.
    stop: Option<Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A panic in there has been printed; there is nothing left to do about it.
            let _ = thread.join();
        }
    }
}

/// Watches `files` (files or folders with files, none of which need exist). When something in them changed, `load` is
/// called, and `sink` if what it gave differs from what is in force, which at first is `in_force`. What changed before
/// this call, but after `in_force` was loaded, counts as well. `rejected` is the error that is already reported if the
/// files were wrong when `in_force` was chosen.
///
/// Both are called on a thread of their own; `sink` should only pass the event on.
pub fn watch<T: Clone + PartialEq + Send + 'static>(
    files: &[PathBuf],
    in_force: T,
    rejected: Option<String>,
    load: impl FnMut() -> Result<T, ConfigError> + Send + 'static,
    sink: impl FnMut(Reload<T>) + Send + 'static,
) -> Result<Watch, WatchError> {
    let folders = Folders::new(files)?;
    let (stop, stopped) = bounded(0);
    let reloader = Reloader { in_force, sink, rejected };
    let thread = std::thread::Builder::new()
        .name("config".to_owned())
        .spawn(move || run(folders, &stopped, load, reloader))
        .map_err(WatchError::Thread)?;
    Ok(Watch { stop: Some(stop), thread: Some(thread) })
}

fn run<T: Clone + PartialEq>(
    mut folders: Folders,
    stopped: &Receiver<Infallible>,
    mut load: impl FnMut() -> Result<T, ConfigError>,
    mut reloader: Reloader<T, impl FnMut(Reload<T>)>,
) {
    loop {
        loop {
            select! {
                recv(folders.changed) -> _ => {}
                recv(stopped) -> _ => return,
                default(QUIET) => break,
            }
        }
        folders.follow();
        let loaded = load();
        // A file that was written meanwhile may have been read half.
        if !folders.changed.is_empty() {
            continue;
        }
        reloader.decide(loaded);
        select! {
            recv(folders.changed) -> _ => {}
            recv(stopped) -> _ => return,
        }
    }
}

/// Decides what a change means.
struct Reloader<T, S> {
    in_force: T,
    sink: S,
    /// What was said last, while the files are wrong.
    rejected: Option<String>,
}

impl<T: Clone + PartialEq, S: FnMut(Reload<T>)> Reloader<T, S> {
    fn decide(&mut self, loaded: Result<T, ConfigError>) {
        match loaded {
            Ok(loaded) => {
                if self.rejected.take().is_some() || loaded != self.in_force {
                    self.in_force = loaded.clone();
                    (self.sink)(Reload::Accepted(loaded));
                }
            }
            Err(error) => {
                let message = error.to_string();
                if self.rejected.as_ref() != Some(&message) {
                    self.rejected = Some(message);
                    (self.sink)(Reload::Rejected(error));
                }
            }
        }
    }
}

/// The folders that are watched for the sake of some files.
struct Folders {
    files: Vec<PathBuf>,
    watcher: RecommendedWatcher,
    watched: BTreeSet<PathBuf>,
    /// What counts as one of the files, with what they link to; read where the system's events come in.
    sources: Arc<Mutex<BTreeSet<PathBuf>>>,
    /// At most one message: that something changed. One that is waiting stands for all that follow.
    changed: Receiver<()>,
}

impl Folders {
    fn new(files: &[PathBuf]) -> Result<Self, WatchError> {
        let (sender, changed) = bounded(1);
        let sources = Arc::new(Mutex::new(BTreeSet::new()));
        let known = Arc::clone(&sources);
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let known = known.lock().unwrap_or_else(PoisonError::into_inner);
            // After an error nobody knows what was missed.
            if event.map_or(true, |event| concerns(&event, &known)) {
                let _ = sender.try_send(());
            }
        })?;
        let mut folders = Self { files: files.to_vec(), watcher, watched: BTreeSet::new(), sources, changed };
        for folder in folders.wanted() {
            folders.watcher.watch(&folder, RecursiveMode::NonRecursive)?;
            folders.watched.insert(folder);
        }
        Ok(folders)
    }

    /// Watches what is to be watched by now: folders may have come or gone, and links been changed.
    fn follow(&mut self) {
        let wanted = self.wanted();
        for gone in self.watched.difference(&wanted) {
            // It fails where the folder itself is gone, and with it the watch.
            let _ = self.watcher.unwatch(gone);
        }
        for folder in &wanted {
            // Watching twice does no harm, and mends the watch of a folder that was removed and made again.
            if let Err(error) = self.watcher.watch(folder, RecursiveMode::NonRecursive) {
                tracing::warn!(folder = %folder.display(), %error, "changes in this folder will not be noticed");
            }
        }
        self.watched = wanted;
    }

    /// The folders to watch. Also brings `sources` up to date.
    fn wanted(&self) -> BTreeSet<PathBuf> {
        let mut sources: BTreeSet<PathBuf> = self.files.iter().cloned().collect();
        for file in &self.files {
            sources.extend(std::fs::canonicalize(file));
            for entry in std::fs::read_dir(file).into_iter().flatten().flatten() {
                if entry.file_type().is_ok_and(|kind| kind.is_symlink()) {
                    sources.extend(std::fs::canonicalize(entry.path()));
                }
            }
        }
        let wanted = sources.iter().flat_map(|source| [existing(source), source.parent().and_then(existing)]).flatten();
        let wanted = wanted.collect();
        *self.sources.lock().unwrap_or_else(PoisonError::into_inner) = sources;
        wanted
    }
}

/// The folder itself, or the nearest above it that is there.
fn existing(path: &Path) -> Option<PathBuf> {
    path.ancestors().find(|folder| folder.is_dir()).map(Path::to_owned)
}

/// Whether an event may change what the sources hold: it is about one of them, something in them, or a folder that they
/// are in. Reading changes nothing, and would have every reload cause the next.
fn concerns(event: &Event, sources: &BTreeSet<PathBuf>) -> bool {
    let read_only = match event.kind {
        EventKind::Access(kind) => kind != AccessKind::Close(AccessMode::Write),
        _ => false,
    };
    let about = |path: &PathBuf| sources.iter().any(|source| source.starts_with(path) || path.starts_with(source));
    !read_only && (event.need_rescan() || event.paths.iter().any(about))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::config::files;
    use scout_core::config::Config;

    /// Long enough for any machine; only a failing test waits for it.
    const PATIENCE: Duration = Duration::from_secs(30);

    struct Scene {
        folder: TempDir,
        path: PathBuf,
        events: Receiver<Reload<Config>>,
        _watch: Watch,
    }

    impl Scene {
        /// Watches `place` in a new folder, in which `prepare` was called first.
        fn new(place: &str, prepare: impl FnOnce(&Path)) -> Self {
            let folder = tempfile::tempdir().unwrap();
            prepare(folder.path());
            let path = folder.path().join(place);
            let (sender, events) = bounded(100);
            let file = path.clone();
            let watch = watch(
                std::slice::from_ref(&path),
                files::load(&path, &[]).unwrap().config,
                None,
                move || files::load(&file, &[]).map(|loaded| loaded.config),
                move |event| sender.send(event).unwrap(),
            )
            .unwrap();
            Self { folder, path, events, _watch: watch }
        }

        fn chord(&self) -> String {
            match self.events.recv_timeout(PATIENCE).expect("no event came") {
                Reload::Accepted(config) => config.key.chord.to_string(),
                Reload::Rejected(error) => error.to_string(),
            }
        }
    }

    fn chord(key: &str) -> String {
        format!("[key]\nchord = '{key}'\n")
    }

    #[test]
    fn an_edit_in_place_a_rename_and_a_deletion_are_each_noticed() {
        let scene = Scene::new("config.toml", |folder| fs::write(folder.join("config.toml"), chord("F1")).unwrap());
        fs::write(&scene.path, chord("F2")).unwrap();
        assert_eq!(scene.chord(), "F2");
        // As editors do it: the old file becomes a backup, the new one takes its name.
        let (new, backup) = (scene.folder.path().join("new"), scene.folder.path().join("config.toml~"));
        for key in ["F3", "F4"] {
            fs::write(&new, chord(key)).unwrap();
            fs::rename(&scene.path, &backup).unwrap();
            fs::rename(&new, &scene.path).unwrap();
            assert_eq!(scene.chord(), key);
        }
        fs::remove_file(&scene.path).unwrap();
        assert_eq!(scene.chord(), "F9");
        fs::write(&scene.path, chord("F5")).unwrap();
        assert_eq!(scene.chord(), "F5");
    }

    #[test]
    fn a_wrong_file_is_told_and_a_right_one_again_even_if_nothing_changed() {
        let scene = Scene::new("config.toml", |folder| fs::write(folder.join("config.toml"), chord("F1")).unwrap());
        fs::write(&scene.path, "[key]\ncord = 'F2'\n").unwrap();
        assert!(scene.chord().ends_with(
            "config.toml:2:1: there is no option `key.cord` (did you mean `chord`?): \
             there are chord, mode, tap_ms, cancel and devices"
        ));
        fs::write(&scene.path, chord("F1")).unwrap();
        assert_eq!(scene.chord(), "F1");
    }

    #[test]
    fn the_folder_may_come_and_go() {
        let scene = Scene::new("deep/er/config.toml", |_| ());
        let deep = scene.folder.path().join("deep");
        for key in ["F1", "F2"] {
            fs::create_dir_all(scene.path.parent().unwrap()).unwrap();
            fs::write(&scene.path, chord(key)).unwrap();
            assert_eq!(scene.chord(), key);
            fs::remove_dir_all(&deep).unwrap();
            assert_eq!(scene.chord(), "F9");
        }
    }

    #[test]
    fn what_changed_before_the_watch_began_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        fs::write(&path, chord("F1")).unwrap();
        let (sender, events) = bounded(100);
        let file = path.clone();
        let load = move || files::load(&file, &[]).map(|loaded| loaded.config);
        let _watch = watch(&[path], Config::default(), None, load, move |event| sender.send(event).unwrap()).unwrap();
        assert!(matches!(events.recv_timeout(PATIENCE), Ok(Reload::Accepted(_))));
    }

    #[test]
    fn a_file_that_is_written_while_it_is_read_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let (sender, events) = bounded(100);
        let file = path.clone();
        let mut written = false;
        let load = move || {
            let loaded = files::load(&file, &[]).map(|loaded| loaded.config);
            if !std::mem::replace(&mut written, true) {
                fs::write(&file, chord("F2")).unwrap();
                // The system reports it while this still goes on.
                std::thread::sleep(QUIET);
            }
            loaded
        };
        let mut in_force = Config::default();
        in_force.key.chord = "F1".parse().unwrap();
        let _watch = watch(&[path], in_force, None, load, move |event| sender.send(event).unwrap()).unwrap();
        let Ok(Reload::Accepted(first)) = events.recv_timeout(PATIENCE) else { panic!("no event came") };
        assert_eq!(first.key.chord.to_string(), "F2");
    }

    #[test]
    fn a_set_is_sent_once_however_often_it_is_read() {
        let received = std::cell::RefCell::new(Vec::new());
        let mut reloader = Reloader {
            in_force: 1,
            sink: |event| {
                let set = if let Reload::Accepted(set) = event { set } else { 0 };
                received.borrow_mut().push(set);
            },
            rejected: None,
        };
        for result in [Ok(1), Ok(2), Ok(2), Err(()), Err(()), Ok(2), Ok(3)] {
            reloader.decide(result.map_err(|()| ConfigError::Invalid(Vec::new())));
        }
        assert_eq!(*received.borrow(), [2, 0, 2, 3]);
    }

    #[test]
    fn what_was_wrong_from_the_start_is_not_reported_again_and_its_correction_is() {
        let broken = || ConfigError::Invalid(Vec::new());
        let received = std::cell::RefCell::new(Vec::new());
        let mut reloader = Reloader {
            in_force: 1,
            sink: |event| received.borrow_mut().push(matches!(event, Reload::Accepted(1))),
            rejected: Some(broken().to_string()),
        };
        reloader.decide(Err(broken()));
        assert!(received.borrow().is_empty());
        reloader.decide(Ok(1));
        assert_eq!(*received.borrow(), [true]);
    }

    #[test]
    fn reading_does_not_concern_us_and_writing_does() {
        let sources = BTreeSet::from([PathBuf::from("/a/b/config.toml")]);
        let event = |kind, path: &str| Event::new(kind).add_path(PathBuf::from(path));
        let write = EventKind::Modify(notify::event::ModifyKind::Any);
        for (event, matters) in [
            (event(EventKind::Access(AccessKind::Open(AccessMode::Read)), "/a/b/config.toml"), false),
            (event(EventKind::Access(AccessKind::Close(AccessMode::Write)), "/a/b/config.toml"), true),
            (event(write, "/a/b/config.toml"), true),
            (event(write, "/a/b/other.toml"), false),
            (event(write, "/a"), true),
            (event(write, "/c"), false),
        ] {
            assert_eq!(concerns(&event, &sources), matters, "{event:?}");
        }
    }
}

//! The overlay: a small picture at the bottom of the screen that says what Scout is doing and what it has understood so far.
//!
//! It follows the status like any client, on a thread of its own, and has no part in a dictation.

mod drawing;
mod font;
mod scene;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Sender, bounded, never, select};
use scout_platform::{Desktop, Overlay as Screen, OverlayError, fault};

use crate::control::{Board, StatusReport};
use font::Fonts;
use scene::Scene;
use scout_platform::supervise::{Start, supervise};

/// Turns the overlay on and off, and brings it the loudness.
#[derive(Debug, Clone)]
pub struct Overlay {
    wanted: Arc<AtomicBool>,
    levels: Sender<f32>,
}

impl Overlay {
    /// Shows what `board` says on `desktop`, if the desktop offers that, until the board is gone. `restarted` is called when
    /// drawing has failed and was started again.
    pub fn start(
        desktop: Arc<dyn Desktop>,
        board: &Board,
        wanted: bool,
        restarted: impl Fn() + Send + 'static,
    ) -> std::io::Result<Self> {
        let wanted = Arc::new(AtomicBool::new(wanted));
        let (reports, shown) = (board.follow(), Arc::clone(&wanted));
        // The newest is enough: the next one comes a tenth of a second later.
        let (levels, mut loudness) = bounded(1);
        let mut newest = None;
        supervise("overlay", move |start| {
            if start == Start::AfterPanic {
                restarted();
            }
            let mut painter = Painter { desktop: Arc::clone(&desktop), screen: None, fonts: None, scene: None };
            newest = newest.take().or_else(|| reports.recv().ok());
            let mut level = None;
            while let Some(report) = &newest {
                if let Err(OverlayError::NotOffered(_)) = painter.paint(report, level, shown.load(Ordering::Relaxed)) {
                    // Nothing is to be done for as long as the agent runs.
                    return reports.iter().for_each(drop);
                }
                fault::point("overlay");
                select! {
                    recv(reports) -> report => {
                        // Only the newest counts: drawing may be slower than speaking.
                        newest = reports.try_iter().last().or(report.ok());
                    }
                    recv(loudness) -> loud => match loud {
                        Ok(loud) => level = Some(loud),
                        Err(_) => loudness = never(),
                    },
                }
            }
        })?;
        Ok(Self { wanted, levels })
    }

    /// How loud it is, in dB of full scale. Dropped while the one before it is not shown yet.
    pub fn level(&self, dbfs: f32) {
        let _full_or_gone = self.levels.try_send(dbfs);
    }

    /// Whether it is shown, from the next change on.
    pub fn want(&self, wanted: bool) {
        self.wanted.store(wanted, Ordering::Relaxed);
    }
}

/// Connection and fonts are got with the first picture: an agent that shows none needs neither.
struct Painter {
    desktop: Arc<dyn Desktop>,
    screen: Option<Box<dyn Screen>>,
    fonts: Option<Fonts>,
    scene: Option<Scene>,
}

impl Painter {
    fn paint(&mut self, report: &StatusReport, level: Option<f32>, wanted: bool) -> Result<(), OverlayError> {
        let scene = Scene::of(report, level).filter(|_| wanted);
        if scene == self.scene {
            return Ok(());
        }
        let mut screen = match self.screen.take() {
            Some(screen) => screen,
            None => self.desktop.overlay()?,
        };
        let fonts = self.fonts.get_or_insert_with(Fonts::of_system);
        let picture = scene.as_ref().map(|scene| drawing::draw(scene, fonts, screen.scale()));
        let shown = screen.show(picture.as_ref());
        match &shown {
            Ok(()) => {
                self.screen = Some(screen);
                self.scene = scene;
            }
            Err(error) => tracing::warn!(%error, "the overlay is not shown"),
        }
        shown
    }
}

//! The tray with made-up content, for looking at icons and menus: `cargo run -p scout-lab --example tray`.
//!
//! Each line on standard input is a state to show (`idle`, `held`, `listening`, `finishing`, `delivering`, `error`), or
//! `quit`. Clicks are printed; starting and stopping is heard, and choosing something changes what is chosen.

use std::io::BufRead;
use std::thread;

use scout::control::State;
use scout::ui::sounds::{Cue, Sounds};
use scout::ui::{self, Action, Choice, Ui, View};
use scout_core::dictation::{DictationId, Recent};

/// Clicks that may wait: far more than anybody makes while one is printed.
const CLICKS_MAX: usize = 16;

fn main() -> std::io::Result<()> {
    let sounds = Sounds::start(|| ())?;
    let (ui, handle) = Ui::new();
    let (actions, clicks) = crossbeam_channel::bounded(CLICKS_MAX);
    let view = std::sync::Arc::new(std::sync::Mutex::new(View {
        profile: "Prose".into(),
        profiles: vec!["Prose".into(), "Code".into(), "Chat & mail".into()],
        microphones: vec![
            Choice { id: "usb".into(), label: "USB headset_2".into() },
            Choice { id: "built-in".into(), label: "Built-in microphone".into() },
        ],
        models: vec!["tiny.en".into(), "base".into()],
        model: Some("tiny.en".into()),
        recent: vec![
            Recent { id: DictationId::new(), text: "Please send the report & the figures by Friday at noon.".into() },
            Recent { id: DictationId::new(), text: "Grüße aus Köln".into() },
        ],
        ..View::default()
    }));
    let change = {
        let handle = handle.clone();
        move |change: &mut dyn FnMut(&mut View)| {
            if let Ok(mut view) = view.lock() {
                change(&mut view);
                handle.show(view.clone());
            }
        }
    };
    change(&mut |_| {});
    thread::spawn({
        let (change, handle) = (change.clone(), handle.clone());
        move || {
            for action in clicks {
                println!("{action:?}");
                change(&mut |view| match &action {
                    Action::Toggle if view.state == State::Listening => {
                        sounds.play(Cue::Stopped);
                        view.state = State::Finishing;
                    }
                    Action::Toggle => {
                        sounds.play(Cue::Ready);
                        view.state = State::Listening;
                    }
                    Action::UseMicrophone(id) => view.microphone.clone_from(id),
                    Action::UseModel(name) => view.model = Some(name.clone()),
                    Action::UseProfileOnce(name) => view.profile_once.clone_from(name),
                    Action::Quit => handle.quit(),
                    _ => {}
                });
            }
        }
    });
    thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            change(&mut |view| {
                view.held = line == "held";
                view.warnings.clear();
                view.state = match line.as_str() {
                    "listening" => State::Listening,
                    "finishing" => State::Finishing,
                    "delivering" => State::Delivering,
                    "error" => {
                        view.warnings = vec![
                            "no microphone is connected: plug one in, or choose another in the tray's menu".into(),
                        ];
                        State::Error
                    }
                    _ => State::Idle,
                };
                if line == "quit" {
                    handle.quit();
                }
            });
        }
    });
    ui::run(&ui, &actions);
    println!("ended");
    Ok(())
}

//! What a model that knows many languages is asked for: which of them is spoken, and English whatever it is.
//!
//! `packaging/fetch-model.sh base` gets such a model; without it there is nothing to test here.

use anyhow::Result;
use scout::config::paths::Paths;
use scout_core::transcript::{Abort, Options, Transcript};
use scout_speech::audio;
use scout_speech::models::Store;
use scout_speech::transcribe::{Transcriber, Whisper};
use scout_tests::{Place, speech};

const MULTILINGUAL: &str = "base";

/// The model, if it is there.
fn model() -> Result<Option<Whisper>> {
    let of_user = || Paths::of_user().map(|paths| paths.models);
    let store = Store::at(std::env::var_os("SCOUT_TEST_MODELS").map_or_else(of_user, |folder| Ok(folder.into()))?);
    let Ok(installed) = store.find(MULTILINGUAL) else {
        println!("there is no model {MULTILINGUAL}: nothing was tested");
        return Ok(None);
    };
    Ok(Some(Whisper::load(&installed)?))
}

#[test]
fn a_language_is_looked_for_among_those_that_it_may_be_and_translated_if_that_is_wanted() -> Result<()> {
    let Some(mut model) = model()? else { return Ok(()) };
    let place = Place::new()?;
    let english = audio::read(&speech::presentation(&place)?.wav)?;
    let mut hear = |language: Option<&str>, candidates: &[&str], translate: bool| -> Result<Transcript> {
        let options = Options {
            language: language.map(str::to_owned),
            candidates: candidates.iter().map(|code| (*code).to_owned()).collect(),
            translate,
            ..Options::default()
        };
        let transcript = model.transcribe(&english, &options, &Abort::default())?;
        println!(
            "{language:?} of {candidates:?}, translate {translate}: {:?} ({:?}), {:?}",
            transcript.language, transcript.language_probability, transcript.text
        );
        Ok(transcript)
    };

    let any = hear(None, &[], false)?;
    assert_eq!(any.language.as_deref(), Some("en"));
    assert!(any.language_probability.is_some_and(|sure| sure > 0.7), "{any:?}");
    let among = hear(None, &["de", "en", "fr"], false)?;
    assert_eq!(among.language.as_deref(), Some("en"));
    assert!(among.language_probability >= any.language_probability, "there is less to choose from");
    let others = hear(None, &["de", "fr"], false)?;
    assert!(matches!(others.language.as_deref(), Some("de" | "fr")), "{others:?}");
    let told = hear(Some("en"), &[], false)?;
    assert_eq!((told.language.as_deref(), told.language_probability), (Some("en"), None), "it was not asked");

    // The model is told that this is German: it writes German, or English where that is what is wanted.
    let is_english = |text: &str| text.to_lowercase().contains("respectable");
    let german = hear(Some("de"), &[], false)?;
    let translated = hear(Some("de"), &[], true)?;
    assert!(!is_english(&german.text) && is_english(&translated.text), "{german:?} {translated:?}");
    Ok(())
}

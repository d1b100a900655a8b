//! The focused field: whether it is for a password, and what stands before the cursor in it.

use std::collections::HashMap;
use std::time::Instant;

use zbus::zvariant::OwnedObjectPath;

use super::{ACCESSIBLE, ANSWER_LIMIT, Bus, Part, SERVICE_LIMIT, States};
use crate::{FIELD_LIMIT, Field, FieldError, FieldProbe, Target, TextBefore};

const COLLECTION: &str = "org.a11y.atspi.Collection";
const TEXT: &str = "org.a11y.atspi.Text";

/// `ATSPI_ROLE_PASSWORD_TEXT`: so say GTK, Qt and Chromium.
const PASSWORD_TEXT: u32 = 40;

/// Browsers name the kind of an input field in its attributes; that stays where the page gives the field another role.
const INPUT_TYPE: &str = "text-input-type";

/// No application nests what it shows more deeply.
const DEPTH_MAX: usize = 100;

/// `ATSPI_Collection_MATCH_ALL`.
const MATCH_ALL: i32 = 1;
/// `ATSPI_Collection_SORT_ORDER_CANONICAL`.
const CANONICAL: u32 = 1;

/// Which parts a search finds: states, attributes, roles and interfaces, each with how they are compared, and whether all
/// others are wanted instead.
type Rule = (Vec<i32>, i32, HashMap<String, String>, i32, Vec<i32>, i32, Vec<String>, i32, bool);

/// Connects for each question: a client that stays connected makes applications report all that happens in them.
pub(crate) struct AccessibleField;

impl FieldProbe for AccessibleField {
    fn focused(&mut self, target: &Target) -> Field {
        let started = Instant::now();
        let found = Search { until: started + FIELD_LIMIT }.focused(target);
        tracing::debug!(?found, took = ?started.elapsed(), "the focused field");
        found.unwrap_or(Field::Unknown)
    }

    fn text_before(&mut self, target: &Target, characters: usize) -> TextBefore {
        let started = Instant::now();
        let found = Search { until: started + FIELD_LIMIT }.text_before(target, characters);
        let is_known = found.as_ref().is_ok_and(|found| *found != TextBefore::Unknown);
        tracing::debug!(is_known, took = ?started.elapsed(), "the text before the cursor");
        found.inspect_err(|error| tracing::debug!(%error, "the text before the cursor")).unwrap_or_default()
    }

    fn applications(&mut self) -> Result<usize, FieldError> {
        let failed = |error: zbus::Error| FieldError::Connection { reason: error.to_string() };
        let bus = Bus::running(SERVICE_LIMIT).map_err(failed)?.ok_or(FieldError::NoBus)?;
        Ok(bus.applications().map_err(failed)?.len())
    }
}

/// A part that has the focus.
struct Focused {
    part: Part,
    /// Whether it is of the kind that is looked for.
    is_wanted: bool,
}

/// Which windows are asked of applications whose process is not known to be the target's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strangers {
    /// Those that say that they are active.
    Active,
    /// Those of them that have the target's title.
    OfThatTitle,
}

/// Whether a part is of the kind that is looked for.
type Wanted<'a> = &'a dyn Fn(&Part) -> zbus::Result<bool>;

/// One question.
struct Search {
    until: Instant,
}

impl Search {
    fn focused(&self, target: &Target) -> zbus::Result<Field> {
        let Some(bus) = Bus::running(ANSWER_LIMIT)? else { return Ok(Field::Unknown) };
        let fields = self.fields(&bus, target, Strangers::Active, &|part| is_password(&bus, part))?;
        let any_password = fields.iter().any(|field| field.is_wanted);
        Ok(if any_password {
            Field::Password
        } else if fields.is_empty() {
            Field::Unknown
        } else {
            Field::Other
        })
    }

    fn text_before(&self, target: &Target, characters: usize) -> zbus::Result<TextBefore> {
        let Some(bus) = Bus::running(ANSWER_LIMIT)? else { return Ok(TextBefore::Unknown) };
        let fields = self.fields(&bus, target, Strangers::OfThatTitle, &|part| Ok(has_text(&bus, part)))?;
        match fields.as_slice() {
            [field] if field.is_wanted => text_before(&bus, &field.part, characters),
            // Where windows do not say which of them is active, several may have a field that has the focus.
            _ => Ok(TextBefore::Unknown),
        }
    }

    /// The field with the focus of each window of the target that may have it.
    fn fields(
        &self,
        bus: &Bus,
        target: &Target,
        strangers: Strangers,
        is_wanted: Wanted<'_>,
    ) -> zbus::Result<Vec<Focused>> {
        let applications = bus.applications()?;
        let is_target = |application: &&Part| target.pid.is_some() && bus.pid(&application.0) == target.pid;
        let own: Vec<Part> = applications.iter().filter(is_target).cloned().collect();
        // The process of an application in a sandbox is not that of its window.
        let (asked, known) = if own.is_empty() { (applications, false) } else { (own, true) };
        let mut found = Vec::new();
        for window in windows(bus, &asked, known) {
            // The window that has the focus may be of an application that takes no part.
            if !known && strangers == Strangers::OfThatTitle && bus.name_of(&window) != target.title {
                continue;
            }
            match self.in_window(bus, &window, is_wanted) {
                Ok(field) => found.extend(field),
                // One that is busy, or has just ended.
                Err(error) => tracing::debug!(%error, "a window does not tell its fields"),
            }
        }
        Ok(found)
    }

    /// The part of this window that has the focus.
    fn in_window(&self, bus: &Bus, window: &Part, is_wanted: Wanted<'_>) -> zbus::Result<Option<Focused>> {
        match focused_by_search(bus, window) {
            Ok(found) => {
                if let Some(part) = found.into_iter().next() {
                    return Ok(Some(Focused { is_wanted: is_wanted(&part)?, part }));
                }
            }
            // GTK 4 and Qt do not search.
            Err(zbus::Error::MethodError(..)) => {}
            Err(error) => return Err(error),
        }
        self.walk(bus, window, is_wanted, 0)
    }

    /// Looks at each part that may be seen. As [`Self::in_window`]; the innermost one counts, unless one around it is wanted.
    fn walk(&self, bus: &Bus, part: &Part, is_wanted: Wanted<'_>, depth: usize) -> zbus::Result<Option<Focused>> {
        if depth > DEPTH_MAX || Instant::now() >= self.until {
            return Ok(None);
        }
        let states = bus.states(part)?;
        if states.has(States::FOCUSED) && is_wanted(part)? {
            return Ok(Some(Focused { part: part.clone(), is_wanted: true }));
        }
        if depth == 0 || states.has(States::SHOWING) || states.has(States::VISIBLE) {
            for child in bus.children(part)? {
                // A part that is gone by now has no focus. Only one part has it, and perhaps those that it is in.
                let found = self.walk(bus, &child, is_wanted, depth + 1).unwrap_or_default();
                if found.is_some() {
                    return Ok(found);
                }
            }
        }
        Ok(states.has(States::FOCUSED).then(|| Focused { part: part.clone(), is_wanted: false }))
    }
}

/// The windows that may have the focus. Those of the target itself are all asked if none says that it is active; of unknown
/// applications, only active ones are.
fn windows(bus: &Bus, applications: &[Part], known: bool) -> Vec<Part> {
    let all = applications.iter().flat_map(|application| bus.children(application).unwrap_or_default());
    let is_active = |window: &Part| bus.states(window).is_ok_and(|states| states.has(States::ACTIVE));
    let (active, others): (Vec<Part>, Vec<Part>) = all.partition(is_active);
    if active.is_empty() && known { others } else { active }
}

/// Lets the application itself look for the part with the focus.
fn focused_by_search(bus: &Bus, (name, path): &Part) -> zbus::Result<Vec<Part>> {
    let focused = i32::try_from(States::FOCUSED.0).unwrap_or_default();
    let rule: Rule =
        (vec![focused, 0], MATCH_ALL, HashMap::new(), MATCH_ALL, Vec::new(), MATCH_ALL, Vec::new(), MATCH_ALL, false);
    let found: Vec<(String, OwnedObjectPath)> =
        bus.proxy(name, path.as_str(), COLLECTION)?.call("GetMatches", &(rule, CANONICAL, 1_i32, true))?;
    Ok(found)
}

/// Whether a part has a text with a cursor in it.
fn has_text(bus: &Bus, part: &Part) -> bool {
    caret(bus, part).is_ok()
}

/// Where the cursor is, in characters or, in Qt, in units of UTF-16.
fn caret(bus: &Bus, (name, path): &Part) -> zbus::Result<i32> {
    let offset: i32 = bus.proxy(name, path.as_str(), TEXT)?.get_property("CaretOffset")?;
    if offset < 0 { Err(zbus::Error::Unsupported) } else { Ok(offset) }
}

fn text_before(bus: &Bus, part: &Part, characters: usize) -> zbus::Result<TextBefore> {
    let caret = caret(bus, part)?;
    let text = bus.proxy(&part.0, part.1.as_str(), TEXT)?;
    let marked: i32 = text.call("GetNSelections", &())?;
    for number in 0..marked {
        let (from, to): (i32, i32) = text.call("GetSelection", &(number,))?;
        if from != to {
            return Ok(TextBefore::Marked);
        }
    }
    // A character may be two units.
    let units = i32::try_from(characters.saturating_mul(2)).unwrap_or(i32::MAX);
    let from = caret.saturating_sub(units).max(0);
    Ok(TextBefore::Is(text.call("GetText", &(from, caret))?))
}

fn is_password(bus: &Bus, (name, path): &Part) -> zbus::Result<bool> {
    let part = bus.proxy(name, path.as_str(), ACCESSIBLE)?;
    if part.call::<_, _, u32>("GetRole", &())? == PASSWORD_TEXT {
        return Ok(true);
    }
    // Not everybody has attributes.
    let attributes: HashMap<String, String> = part.call("GetAttributes", &()).unwrap_or_default();
    Ok(attributes.get(INPUT_TYPE).is_some_and(|kind| kind == "password"))
}

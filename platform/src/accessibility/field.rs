//! Whether the focused field is for a password.

use std::collections::HashMap;
use std::time::Instant;

use zbus::zvariant::OwnedObjectPath;

use super::{ACCESSIBLE, ANSWER_LIMIT, Bus, Part, SERVICE_LIMIT, States};
use crate::{FIELD_LIMIT, Field, FieldError, FieldProbe, Target};

const COLLECTION: &str = "org.a11y.atspi.Collection";

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

    fn applications(&mut self) -> Result<usize, FieldError> {
        let failed = |error: zbus::Error| FieldError::Connection { reason: error.to_string() };
        let bus = Bus::running(SERVICE_LIMIT).map_err(failed)?.ok_or(FieldError::NoBus)?;
        Ok(bus.applications().map_err(failed)?.len())
    }
}

/// One question.
struct Search {
    until: Instant,
}

impl Search {
    fn focused(&self, target: &Target) -> zbus::Result<Field> {
        let Some(bus) = Bus::running(ANSWER_LIMIT)? else { return Ok(Field::Unknown) };
        let applications = bus.applications()?;
        let is_target = |application: &&Part| target.pid.is_some() && bus.pid(&application.0) == target.pid;
        let own: Vec<Part> = applications.iter().filter(is_target).cloned().collect();
        // The process of an application in a sandbox is not that of its window.
        let (asked, known) = if own.is_empty() { (applications, false) } else { (own, true) };
        let mut found = Field::Unknown;
        for window in windows(&bus, &asked, known) {
            match self.in_window(&bus, &window) {
                Ok(Some(true)) => return Ok(Field::Password),
                Ok(Some(false)) => found = Field::Other,
                Ok(None) => {}
                // One that is busy, or has just ended.
                Err(error) => tracing::debug!(%error, "a window does not tell its fields"),
            }
        }
        Ok(found)
    }

    /// Whether the field with the focus in this window is for a password; `None` if none has the focus.
    fn in_window(&self, bus: &Bus, window: &Part) -> zbus::Result<Option<bool>> {
        match focused_by_search(bus, window) {
            Ok(found) => {
                if let Some(part) = found.first() {
                    return is_password(bus, part).map(Some);
                }
            }
            // GTK 4 and Qt do not search.
            Err(zbus::Error::MethodError(..)) => {}
            Err(error) => return Err(error),
        }
        self.walk(bus, window, 0)
    }

    /// Looks at each part that may be seen. As [`Self::in_window`].
    fn walk(&self, bus: &Bus, part: &Part, depth: usize) -> zbus::Result<Option<bool>> {
        if depth > DEPTH_MAX || Instant::now() >= self.until {
            return Ok(None);
        }
        let states = bus.states(part)?;
        if states.has(States::FOCUSED) && is_password(bus, part)? {
            return Ok(Some(true));
        }
        if depth == 0 || states.has(States::SHOWING) || states.has(States::VISIBLE) {
            for child in bus.children(part)? {
                // A part that is gone by now has no focus. Only one part has it, and perhaps those that it is in.
                let found = self.walk(bus, &child, depth + 1).unwrap_or_default();
                if found.is_some() {
                    return Ok(found);
                }
            }
        }
        Ok(states.has(States::FOCUSED).then_some(false))
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

fn is_password(bus: &Bus, (name, path): &Part) -> zbus::Result<bool> {
    let part = bus.proxy(name, path.as_str(), ACCESSIBLE)?;
    if part.call::<_, _, u32>("GetRole", &())? == PASSWORD_TEXT {
        return Ok(true);
    }
    // Not everybody has attributes.
    let attributes: HashMap<String, String> = part.call("GetAttributes", &()).unwrap_or_default();
    Ok(attributes.get(INPUT_TYPE).is_some_and(|kind| kind == "password"))
}

//! The troubles that are not over.

use super::{Effect, Notice, Part};

/// What does not work as it should: at most one notice for each part, the newest last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lasting(Vec<Notice>);

impl Lasting {
    /// Takes a trouble in, if it lasts. Returns whether the user is to be notified of it.
    pub fn begin(&mut self, notice: &Notice) -> bool {
        if notice.effect == Effect::Once {
            return true;
        }
        let is_known = self.0.contains(notice);
        self.end(notice.part);
        self.0.push(notice.clone());
        match notice.effect {
            Effect::NothingWorks | Effect::Once => true,
            Effect::WithoutPart => !is_known,
            Effect::Advice => false,
        }
    }

    /// This part works.
    pub fn end(&mut self, part: Part) {
        self.0.retain(|notice| notice.part != part);
    }

    /// Whether something is said of this part.
    pub fn has(&self, part: Part) -> bool {
        self.0.iter().any(|notice| notice.part == part)
    }

    /// Whether no dictation can succeed until something is done.
    pub fn nothing_works(&self) -> bool {
        self.0.iter().any(|notice| notice.effect == Effect::NothingWorks)
    }

    /// One line for each.
    pub fn lines(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(part: Part, effect: Effect, body: &str) -> Notice {
        Notice { part, effect, title: "Title", body: body.to_owned() }
    }

    #[test]
    fn a_part_has_one_trouble_until_it_works_again() {
        let mut lasting = Lasting::default();
        lasting.begin(&notice(Part::Tray, Effect::WithoutPart, "no tray"));
        lasting.begin(&notice(Part::Model, Effect::NothingWorks, "no model"));
        lasting.begin(&notice(Part::Tray, Effect::WithoutPart, "no bus"));
        lasting.begin(&notice(Part::Delivery, Effect::Once, "held"));
        assert_eq!(lasting.lines(), ["Title: no model", "Title: no bus"]);
        assert!(lasting.nothing_works() && lasting.has(Part::Tray));
        lasting.end(Part::Model);
        assert!(!lasting.nothing_works());
        assert_eq!(lasting.lines(), ["Title: no bus"]);
    }

    #[test]
    fn what_lasts_is_notified_once_and_what_prevents_a_dictation_each_time() {
        for (effect, first, again) in [
            (Effect::NothingWorks, true, true),
            (Effect::WithoutPart, true, false),
            (Effect::Advice, false, false),
            (Effect::Once, true, true),
        ] {
            let (mut lasting, notice) = (Lasting::default(), notice(Part::Log, effect, "it fails"));
            assert_eq!((lasting.begin(&notice), lasting.begin(&notice)), (first, again), "{effect:?}");
            let other = Notice { body: "it fails otherwise".into(), ..notice.clone() };
            assert_eq!(lasting.begin(&other), first, "{effect:?}");
            lasting.end(Part::Log);
            assert_eq!(lasting.begin(&notice), first, "{effect:?}");
        }
    }
}

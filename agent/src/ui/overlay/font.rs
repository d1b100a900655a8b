//! The system's fonts: a plain one, and others for the characters that it lacks.

use std::collections::HashMap;

use ab_glyph::{Font as _, FontVec, GlyphId};
use fontdb::{Database, Family, ID, Query};

/// What a plain font is called on most systems, the system's own choice first.
const PLAIN: &[Family<'_>] =
    &[Family::SansSerif, Family::Name("Noto Sans"), Family::Name("DejaVu Sans"), Family::Name("Liberation Sans")];

/// The fonts that were needed so far.
pub(super) struct Fonts {
    system: Database,
    loaded: Vec<FontVec>,
    /// Which of `loaded` has a character; `None` if no font has it.
    by_character: HashMap<char, Option<usize>>,
}

impl Fonts {
    /// Looks for the system's fonts. None is read in yet.
    pub(super) fn of_system() -> Self {
        let mut system = Database::new();
        system.load_system_fonts();
        let mut fonts = Self { system, loaded: Vec::new(), by_character: HashMap::new() };
        let plain = fonts.system.query(&Query { families: PLAIN, ..Query::default() });
        let any = plain.or_else(|| fonts.system.faces().next().map(|face| face.id));
        if let Some(font) = any.and_then(|id| fonts.load(id)) {
            fonts.loaded.push(font);
        }
        fonts
    }

    /// Whether the system has no font at all.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.loaded.is_empty()
    }

    /// The glyph of a character, in the first font that has it.
    pub(super) fn glyph(&mut self, character: char) -> Option<(&FontVec, GlyphId)> {
        const MISSING: GlyphId = GlyphId(0);
        let number = if let Some(number) = self.by_character.get(&character) {
            *number
        } else {
            let has = |font: &FontVec| font.glyph_id(character) != MISSING;
            let found = self.loaded.iter().position(has).or_else(|| {
                let all: Vec<ID> = self.system.faces().map(|face| face.id).collect();
                let font = all.into_iter().find_map(|id| self.load(id).filter(has))?;
                self.loaded.push(font);
                Some(self.loaded.len() - 1)
            });
            self.by_character.insert(character, found);
            found
        }?;
        let font = self.loaded.get(number)?;
        Some((font, font.glyph_id(character)))
    }

    fn load(&self, id: ID) -> Option<FontVec> {
        self.system.with_face_data(id, |data, index| FontVec::try_from_vec_and_index(data.to_vec(), index).ok())?
    }
}

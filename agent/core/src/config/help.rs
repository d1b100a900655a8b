//! The text that explains a section, an option or a choice, as it is written in its declaration.

/// The lines of a doc comment. Lines in a row are a paragraph, and an empty line ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Help(pub &'static [&'static str]);

impl Help {
    /// The text, each paragraph on a line of its own.
    pub fn text(self) -> String {
        let mut text = String::new();
        for line in self.0.iter().map(|line| line.trim()) {
            if line.is_empty() {
                text.push('\n');
            } else {
                if !text.is_empty() && !text.ends_with('\n') {
                    text.push(' ');
                }
                text.push_str(line);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_in_a_row_are_a_paragraph() {
        assert_eq!(Help(&[" One", " sentence.", "", " Another."]).text(), "One sentence.\nAnother.");
        assert_eq!(Help(&[]).text(), "");
    }
}

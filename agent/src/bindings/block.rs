//! Our lines in somebody else's file: between two marks, replaced as a whole. Pure.

use super::Compositor;

/// How a comment looks in a compositor's settings.
struct Comment {
    before: &'static str,
    after: &'static str,
}

const BEGIN: &str = "Scout's push-to-talk key, by `scout setup wayland`: what is between these two lines is replaced";
const END: &str = "end of Scout's lines";

fn comment(compositor: Compositor) -> Comment {
    match compositor {
        Compositor::Niri => Comment { before: "// ", after: "" },
        Compositor::Labwc => Comment { before: "<!-- ", after: " -->" },
        _ => Comment { before: "# ", after: "" },
    }
}

/// Where new lines go in a file that has none of ours.
fn opening(compositor: Compositor) -> Option<&'static str> {
    match compositor {
        Compositor::Niri => Some("binds {"),
        Compositor::Labwc => Some("<keyboard>"),
        _ => None,
    }
}

/// The settings with our lines in them; `None` if there is no place for them.
pub(super) fn with_block(settings: &str, compositor: Compositor, lines: &[String]) -> Option<String> {
    let Comment { before, after } = comment(compositor);
    let (begin, end) = (format!("{before}{BEGIN}{after}"), format!("{before}{END}{after}"));
    let block = format!("{begin}\n{}\n{end}\n", lines.join("\n"));
    let kept = without(settings, &begin, &end);
    let Some(opening) = opening(compositor) else {
        let gap = if kept.is_empty() || kept.ends_with('\n') { "" } else { "\n" };
        return Some(format!("{kept}{gap}{block}"));
    };
    let mut at = 0;
    for line in kept.split_inclusive('\n') {
        at += line.len();
        if line.trim() == opening {
            let gap = if line.ends_with('\n') { "" } else { "\n" };
            return Some(format!("{}{gap}{block}{}", &kept[..at], &kept[at..]));
        }
    }
    None
}

/// Our lines, if they are there.
pub(super) fn block(settings: &str, compositor: Compositor) -> Option<Vec<&str>> {
    let Comment { before, after } = comment(compositor);
    let (begin, end) = (format!("{before}{BEGIN}{after}"), format!("{before}{END}{after}"));
    let mut lines = settings.lines();
    lines.by_ref().find(|line| line.trim() == begin)?;
    Some(lines.map(str::trim).take_while(|line| *line != end).collect())
}

fn without(settings: &str, begin: &str, end: &str) -> String {
    let mut inside = false;
    let mut kept = String::new();
    // A begin whose end somebody has deleted would swallow the rest of the file.
    let whole = settings.lines().any(|line| line.trim() == end);
    for line in settings.split_inclusive('\n') {
        let was_inside = inside;
        match line.trim() {
            mark if mark == begin && whole => inside = true,
            mark if mark == end => inside = false,
            _ => {}
        }
        if !inside && !was_inside && line.trim() != end {
            kept.push_str(line);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn lines_are_added_once_and_replaced_later() {
        let first = with_block("set $mod Mod4\nbindsym a nop", Compositor::Sway, &lines("one\ntwo")).unwrap();
        assert!(first.starts_with("set $mod Mod4\nbindsym a nop\n# Scout"), "{first}");
        assert_eq!(block(&first, Compositor::Sway), Some(vec!["one", "two"]));
        let second = with_block(&first, Compositor::Sway, &lines("three")).unwrap();
        assert_eq!(block(&second, Compositor::Sway), Some(vec!["three"]));
        assert_eq!(second.matches("Scout's push-to-talk").count(), 1);
        assert!(second.starts_with("set $mod Mod4\nbindsym a nop\n"));
    }

    #[test]
    fn where_settings_are_nested_the_lines_go_inside() {
        let niri = "input {\n}\n\nbinds {\n    Mod+T { spawn \"foot\"; }\n}\n";
        let written = with_block(niri, Compositor::Niri, &lines("F9 { nop; }")).unwrap();
        assert!(written.contains("binds {\n// Scout"), "{written}");
        assert!(written.ends_with("lines\n    Mod+T { spawn \"foot\"; }\n}\n"), "{written}");
        assert_eq!(with_block(&written, Compositor::Niri, &lines("F9 { nop; }")).unwrap(), written);
        assert_eq!(with_block("input {\n}\n", Compositor::Niri, &lines("F9 { nop; }")), None);
    }

    #[test]
    fn a_file_without_our_lines_has_none() {
        assert_eq!(block("bindsym a nop\n", Compositor::Sway), None);
        assert!(with_block("", Compositor::River, &lines("x")).unwrap().starts_with("# Scout"));
    }
}

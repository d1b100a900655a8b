//! The tray icon on the screen: renders what differs, and finds the action behind a click.

use tray_icon::menu::{CheckMenuItem, IsMenuItem, Menu, MenuId, MenuItem, PredefinedMenuItem, Submenu};
use tray_icon::{Icon, TrayIcon, TrayIconBuilder};

use super::icons::{self, Look};
use super::menu::{self, Item};
use super::{Action, View};

/// Width and height of the icon in pixels: panels scale it down to the 16 to 48 that they use, also on dense screens.
const ICON_SIZE: usize = 64;

/// The icon and its menu. Lives on the main thread.
pub(super) struct Tray {
    icon: TrayIcon,
    shown: Shown,
    rows: Vec<Row>,
    /// Counts the menus that were built, and is part of their lines' ids: a click on a line of an older menu finds nothing,
    /// rather than another line in its place.
    build: usize,
}

/// What is on the screen now.
struct Shown {
    look: Look,
    tooltip: String,
    items: Vec<Item>,
}

impl Shown {
    fn of(view: &View) -> Self {
        Self { look: Look::of(view), tooltip: menu::tooltip(view), items: menu::menu(view) }
    }
}

/// A menu line on the screen.
enum Row {
    Plain(MenuItem),
    Check(CheckMenuItem),
    Submenu(Submenu, Vec<Row>),
    Separator(PredefinedMenuItem),
}

impl Tray {
    /// Puts the icon into the tray. Where there is no tray yet, it appears as soon as there is one.
    pub(super) fn new(view: &View) -> Result<Self, tray_icon::Error> {
        let shown = Shown::of(view);
        let (menu, rows) = build(&shown.items, 0);
        let icon = TrayIconBuilder::new()
            .with_id("scout")
            .with_title("Scout")
            .with_tooltip(&shown.tooltip)
            .with_icon(rendered(shown.look)?)
            .with_menu(Box::new(menu))
            .with_menu_on_left_click(false)
            .build()?;
        Ok(Self { icon, shown, rows, build: 0 })
    }

    /// Shows this.
    pub(super) fn show(&mut self, view: &View) {
        let next = Shown::of(view);
        let mut result = Ok(());
        if next.look != self.shown.look {
            result = rendered(next.look).and_then(|icon| self.icon.set_icon(Some(icon)));
        }
        if next.tooltip != self.shown.tooltip {
            result = result.and(self.icon.set_tooltip(Some(&next.tooltip)));
        }
        if let Err(error) = result {
            tracing::warn!(%error, "the tray icon could not be changed");
        }
        if menu::same_shape(&next.items, &self.shown.items) {
            change(&self.rows, &self.shown.items, &next.items);
        } else {
            self.build += 1;
            let (menu, rows) = build(&next.items, self.build);
            self.icon.set_menu(Some(Box::new(menu)));
            self.rows = rows;
        }
        self.shown = next;
    }

    /// What a click on this line asks for.
    pub(super) fn clicked(&self, id: &MenuId) -> Option<Action> {
        // A check mark flips itself when it is clicked. What is really chosen is up to the agent.
        restore_checks(&self.rows, &self.shown.items);
        let (build, path) = parse_id(id.as_ref())?;
        if build == self.build { menu::action_at(&self.shown.items, &path) } else { None }
    }
}

fn rendered(look: Look) -> Result<Icon, tray_icon::Error> {
    let size = ICON_SIZE as u32;
    // Only a buffer of the wrong length is refused, and the length is tested.
    Icon::from_rgba(icons::draw(look, ICON_SIZE), size, size)
        .map_err(|error| tray_icon::Error::OsError(std::io::Error::other(error)))
}

fn build(items: &[Item], build: usize) -> (Menu, Vec<Row>) {
    let menu = Menu::new();
    let rows = rows(items, &format!("{build}"));
    for row in &rows {
        warn(menu.append(row.item()));
    }
    (menu, rows)
}

fn rows(items: &[Item], prefix: &str) -> Vec<Row> {
    let rows = items.iter().enumerate().map(|(position, item)| {
        let id = format!("{prefix}.{position}");
        match item {
            Item::Label(label) => Row::Plain(MenuItem::with_id(id, literal(label), false, None)),
            Item::Button { label, enabled, .. } => Row::Plain(MenuItem::with_id(id, literal(label), *enabled, None)),
            Item::Choice { label, chosen, .. } => {
                Row::Check(CheckMenuItem::with_id(id, literal(label), true, *chosen, None))
            }
            Item::Submenu { label, items } => {
                let submenu = Submenu::with_id(&id, literal(label), !items.is_empty());
                let rows = rows(items, &id);
                for row in &rows {
                    warn(submenu.append(row.item()));
                }
                Row::Submenu(submenu, rows)
            }
            Item::Separator => Row::Separator(PredefinedMenuItem::separator()),
        }
    });
    rows.collect()
}

impl Row {
    fn item(&self) -> &dyn IsMenuItem {
        match self {
            Self::Plain(item) => item,
            Self::Check(item) => item,
            Self::Submenu(item, _) => item,
            Self::Separator(item) => item,
        }
    }
}

/// Changes the lines that differ, in a menu of the same shape.
fn change(rows: &[Row], shown: &[Item], next: &[Item]) {
    for ((row, shown), next) in rows.iter().zip(shown).zip(next).filter(|((_, shown), next)| shown != next) {
        match (row, shown, next) {
            (Row::Plain(row), _, Item::Label(label)) => row.set_text(literal(label)),
            (Row::Plain(row), _, Item::Button { label, enabled, .. }) => {
                row.set_text(literal(label));
                row.set_enabled(*enabled);
            }
            (Row::Check(row), _, Item::Choice { label, chosen, .. }) => {
                row.set_text(literal(label));
                row.set_checked(*chosen);
            }
            (Row::Submenu(row, rows), Item::Submenu { items: shown, .. }, Item::Submenu { label, items }) => {
                row.set_text(literal(label));
                change(rows, shown, items);
            }
            _ => {}
        }
    }
}

fn restore_checks(rows: &[Row], shown: &[Item]) {
    for pair in rows.iter().zip(shown) {
        match pair {
            (Row::Check(row), Item::Choice { chosen, .. }) if row.is_checked() != *chosen => row.set_checked(*chosen),
            (Row::Submenu(_, rows), Item::Submenu { items, .. }) => restore_checks(rows, items),
            _ => {}
        }
    }
}

/// A label that is shown as it is: in a menu, `&` would mark a keyboard shortcut.
fn literal(label: &str) -> String {
    label.replace('&', "&&")
}

/// The menu that a line belongs to, and its place there.
fn parse_id(id: &str) -> Option<(usize, Vec<usize>)> {
    let numbers: Vec<usize> = id.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
    let (build, path) = numbers.split_first()?;
    Some((*build, path.to_vec()))
}

fn warn(result: Result<(), tray_icon::menu::Error>) {
    if let Err(error) = result {
        tracing::warn!(%error, "a line of the tray menu is missing");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_lead_back_to_their_lines() {
        assert_eq!(parse_id("3.7.0"), Some((3, vec![7, 0])));
        assert_eq!(parse_id("0.2"), Some((0, vec![2])));
        assert_eq!(parse_id("about"), None);
    }

    #[test]
    fn ampersands_are_no_shortcuts() {
        assert_eq!(literal("salt & pepper && more"), "salt && pepper &&&& more");
    }
}

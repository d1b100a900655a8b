//! The clipboard as clipboard managers have it: whole, in all formats, without a window that has the focus.

mod content;
mod device;
mod keeper;
mod objects;
mod state;

pub(super) use content::{Content, private_mark, text_content};
pub(super) use keeper::{Keeper, SAVING_LIMIT, SAVING_SIZE, read_all};
pub(super) use state::Served;

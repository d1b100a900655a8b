//! Decodes the rows of a page of a table, in the file format of `SQLite`.

use rusqlite::types::Value;

use super::pages::{Pages, number_at};

/// The first byte of a page that holds rows of a table.
const TABLE_LEAF: u8 = 0x0d;
/// The bytes of such a page's header; the places of its rows follow.
const HEADER: usize = 8;

/// A row: its number and its values.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) number: i64,
    pub(super) values: Vec<Value>,
}

/// The rows of one page, before they are decoded.
pub(super) struct Rows<'p> {
    page: &'p [u8],
    places: Vec<usize>,
}

impl<'p> Rows<'p> {
    /// Returns the rows of a page; `None` if it is no page of rows.
    pub(super) fn of(page: &'p [u8]) -> Option<Self> {
        let count = usize::from(u16::from_be_bytes([*page.get(3)?, *page.get(4)?]));
        let first = HEADER + 2 * count;
        if page[0] != TABLE_LEAF || count == 0 || first > page.len() {
            return None;
        }
        let places: Vec<usize> =
            page[HEADER..first].as_chunks().0.iter().map(|place| usize::from(u16::from_be_bytes(*place))).collect();
        places.iter().all(|place| (first..page.len()).contains(place)).then_some(Self { page, places })
    }

    /// Returns the number of the first row that can be decoded, and the types of its values as the file format numbers
    /// them.
    pub(super) fn outline(&self) -> Option<(i64, Vec<u64>)> {
        self.places.iter().find_map(|&place| {
            let cell = Cell::at(self.page, place)?;
            Some((cell.number, types(cell.local)?.0))
        })
    }

    /// Decodes the rows. A row that is damaged, or continues on a damaged page, is left out.
    pub(super) fn decode(&self, pages: &Pages) -> impl Iterator<Item = Row> {
        self.places.iter().filter_map(|&place| {
            let cell = Cell::at(self.page, place)?;
            let values = record(&cell.whole(self.page.len(), pages)?)?;
            Some(Row { number: cell.number, values })
        })
    }
}

/// A row as it is stored.
struct Cell<'p> {
    number: i64,
    /// The length of its record.
    length: usize,
    /// The part of the record on this page.
    local: &'p [u8],
    /// The page on which the record continues.
    next: Option<u32>,
}

impl<'p> Cell<'p> {
    fn at(page: &'p [u8], place: usize) -> Option<Self> {
        let mut rest = &page[place..];
        let length = usize::try_from(variable(&mut rest)?).ok()?;
        let number = variable(&mut rest)?.cast_signed();
        let local = local_length(length, page.len());
        let next = if local < length { Some(number_at(rest.get(local..local + 4)?, 0)) } else { None };
        Some(Self { number, length, local: rest.get(..local)?, next })
    }

    /// Returns the whole record. `None` if a page on which it continues is damaged.
    fn whole(&self, usable: usize, pages: &Pages) -> Option<Vec<u8>> {
        let mut record = self.local.to_vec();
        let mut next = self.next;
        while record.len() < self.length {
            let page = pages.read(next.filter(|number| (1..=pages.count()).contains(number))?)?;
            next = Some(number_at(page.content(), 0));
            let left = (self.length - record.len()).min(usable - 4);
            record.extend_from_slice(&page.content()[4..4 + left]);
        }
        Some(record)
    }
}

/// Returns how much of a record is on the page of its row.
fn local_length(length: usize, usable: usize) -> usize {
    let most = usable - 35;
    if length <= most {
        return length;
    }
    let least = (usable - 12) * 32 / 255 - 23;
    let fitting = least + (length - least) % (usable - 4);
    if fitting <= most { fitting } else { least }
}

/// Takes a number of variable length: seven bits in each byte, eight in the ninth.
fn variable(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for place in 0..9 {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if place == 8 {
            return Some(number << 8 | u64::from(byte));
        }
        number = number << 7 | u64::from(byte & 0x7f);
        if byte < 0x80 {
            break;
        }
    }
    Some(number)
}

/// Returns the types of a record's values, and the length of the header that lists them.
fn types(record: &[u8]) -> Option<(Vec<u64>, usize)> {
    let mut rest = record;
    let length = usize::try_from(variable(&mut rest)?).ok()?;
    let mut header = record.get(record.len() - rest.len()..length)?;
    let mut types = Vec::new();
    while !header.is_empty() {
        types.push(variable(&mut header)?);
    }
    Some((types, length))
}

fn record(record: &[u8]) -> Option<Vec<Value>> {
    let (types, header) = types(record)?;
    let mut rest = &record[header..];
    types.into_iter().map(|kind| value(kind, &mut rest)).collect()
}

fn value(kind: u64, rest: &mut &[u8]) -> Option<Value> {
    let length = match kind {
        0 | 8 | 9 => 0,
        1..=4 => kind as usize,
        5 => 6,
        6 | 7 => 8,
        10 | 11 => return None,
        _ => usize::try_from((kind - 12) / 2).ok()?,
    };
    let (bytes, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(match kind {
        0 => Value::Null,
        8 => Value::Integer(0),
        9 => Value::Integer(1),
        7 => Value::Real(f64::from_be_bytes(bytes.try_into().ok()?)),
        1..=6 => {
            let sign = if bytes[0] & 0x80 == 0 { 0 } else { -1 };
            Value::Integer(bytes.iter().fold(sign, |number, byte| number << 8 | i64::from(*byte)))
        }
        _ if kind.is_multiple_of(2) => Value::Blob(bytes.to_vec()),
        _ => Value::Text(String::from_utf8(bytes.to_vec()).ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_variable_length_are_read_as_sqlite_writes_them() {
        for (mut bytes, number) in [
            (&[0x7f][..], Some(127)),
            (&[0x81, 0x00], Some(128)),
            (&[0xff; 9], Some(u64::MAX)),
            (&[0x81], None),
            (&[], None),
        ] {
            assert_eq!(variable(&mut bytes), number);
        }
    }

    #[test]
    fn what_is_no_page_of_rows_gives_none() {
        for page in [&[0; 4016][..], &[0x0d; 4016], &[0xff; 4016], &[0x0d], &[]] {
            assert!(Rows::of(page).is_none_or(|rows| rows.outline().is_none()), "{:?}", page.first());
        }
    }
}

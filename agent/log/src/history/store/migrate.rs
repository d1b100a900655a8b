//! Migrates a database from one version of the schema to another.
//!
//! The version is `SQLite`'s `user_version`. It is in the header of the database and changes in the transaction that
//! changes the schema, so that a crash leaves one version or the other. The crate `rusqlite_migration` works the same
//! way, but its version 2.6 requires rusqlite 0.40, and a program can link only one `SQLite`.

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, TransactionBehavior};

use super::fold;

/// One step of the schema. A released step is never edited, because databases exist that have taken it.
struct Migration {
    up: &'static str,
    down: &'static str,
}

macro_rules! migration {
    ($folder:literal) => {
        Migration {
            up: include_str!(concat!("../../../../../migrations/", $folder, "/up.sql")),
            down: include_str!(concat!("../../../../../migrations/", $folder, "/down.sql")),
        }
    };
}

/// The steps. Number `n`, from 0, leads from version `n` to version `n + 1`.
const MIGRATIONS: &[Migration] = &[
    migration!("0001_dictations"),
    migration!("0002_search"),
    migration!("0003_search_all_scripts"),
    migration!("0004_facets"),
    migration!("0005_keeping"),
];

/// The version that this program reads and writes.
pub(super) const LATEST: u32 = MIGRATIONS.len() as u32;

/// Returns the version of the database; 0 for an empty one.
pub(in crate::history) fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Adds the functions that the migrations call.
pub(super) fn add_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection
        .create_scalar_function("scout_pairs", 1, flags, |context| Ok(fold::pairs(context.get_raw(0).as_str()?)))
        .and_then(|()| {
            connection.create_scalar_function("scout_words", 1, flags, |context| {
                Ok(i64::try_from(fold::count_words(context.get_raw(0).as_str()?)).unwrap_or(i64::MAX))
            })
        })
}

/// Migrates up or down to version `to`, each step in its own transaction. `to` is at most [`LATEST`], and so is the
/// version of the database: the caller has refused newer ones.
pub(super) fn migrate(connection: &mut Connection, to: u32) -> rusqlite::Result<()> {
    loop {
        // Read within the transaction, because another process may be migrating the same database.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let from = version(&transaction)?;
        let (sql, next) = match from.cmp(&to) {
            std::cmp::Ordering::Less => (MIGRATIONS[from as usize].up, from + 1),
            std::cmp::Ordering::Greater => (MIGRATIONS[from as usize - 1].down, from - 1),
            std::cmp::Ordering::Equal => return Ok(()),
        };
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", next)?;
        transaction.commit()?;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Inserts a row with columns that every version has.
    fn insert_row(connection: &Connection, number: u8) {
        connection
            .execute(
                "INSERT INTO dictation (id, started_ms, utc_offset_s, profile, raw_text, text, audio_ms, speech_ms, \
                 outcome, segments) VALUES (?1, ?2, 3600, 'default', 'raw', ?3, 900, 800, 'typed', '[]')",
                (vec![number; 16], i64::from(number), format!("Zażółć number{number}")),
            )
            .unwrap();
    }

    fn texts(connection: &Connection) -> Vec<String> {
        let mut statement = connection.prepare("SELECT text FROM dictation ORDER BY id").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn found(connection: &Connection, word: &str) -> usize {
        let mut statement = connection.prepare("SELECT rowid FROM dictation_words WHERE said MATCH ?1").unwrap();
        statement.query_map([word], |_| Ok(())).unwrap().count()
    }

    /// Returns the schema, for comparison.
    fn schema(connection: &Connection) -> Vec<String> {
        let mut statement =
            connection.prepare("SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY type, name").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn at(version: u32) -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        add_functions(&connection).unwrap();
        migrate(&mut connection, version).unwrap();
        connection
    }

    #[test]
    fn from_every_version_up_to_the_latest_and_back_keeps_the_data() {
        // Version 0 is the empty database: it holds nothing to keep.
        for start in 1..=LATEST {
            let mut connection = at(start);
            let before = schema(&connection);
            insert_row(&connection, 1);
            insert_row(&connection, 2);
            let written = texts(&connection);

            migrate(&mut connection, LATEST).unwrap();
            assert_eq!(version(&connection).unwrap(), LATEST);
            assert_eq!(texts(&connection), written, "from {start} up");
            assert_eq!(found(&connection, "number1"), 1, "from {start} up: existing rows are found");
            insert_row(&connection, 3);

            migrate(&mut connection, start).unwrap();
            assert_eq!(texts(&connection).len(), 3, "back down to {start}");
            assert_eq!(schema(&connection), before, "back down to {start}");
            insert_row(&connection, 4);

            migrate(&mut connection, LATEST).unwrap();
            assert_eq!(texts(&connection).len(), 4, "from {start} up again");
            for word in ["number1", "number2", "number3", "number4"] {
                assert_eq!(found(&connection, word), 1, "{word} from {start} up again");
            }
            assert_eq!(found(&connection, "zazołc"), 4);
        }
    }

    #[test]
    fn all_the_way_down_leaves_an_empty_database() {
        let mut connection = at(LATEST);
        insert_row(&connection, 1);
        migrate(&mut connection, 0).unwrap();
        assert_eq!(schema(&connection), Vec::<String>::new());
        assert_eq!(version(&connection).unwrap(), 0);
    }

    #[test]
    fn random_histories_survive_any_way_through_the_versions() {
        let text = prop::collection::vec("[a-zA-Zäöüżčа-я天気会議]{1,8}", 1..6);
        let row = (text, "[a-z]{1,5}", prop::option::of("[a-z.]{1,8}"), -2_000_000_000_000..4_000_000_000_000_i64);
        let way = prop::collection::vec(1..=LATEST, 1..6);
        proptest!(ProptestConfig::with_cases(32), |(rows in prop::collection::vec(row, 0..8), way in way)| {
            let mut connection = at(way[0]);
            for (number, (words, profile, app, started)) in (1_u8..).zip(&rows) {
                let values = (vec![number; 16], started, profile, app, words.join(" "));
                connection.execute("INSERT INTO dictation (id, started_ms, utc_offset_s, profile, app_id, raw_text, text, \
                    audio_ms, speech_ms, outcome, segments) VALUES (?1, ?2, -3600, ?3, ?4, '', ?5, 9, 8, 'typed', \
                    '[{\"avg_logprob\":-0.5}]')", values).unwrap();
            }
            let written = texts(&connection);
            for version in way.into_iter().chain([LATEST]) {
                migrate(&mut connection, version).unwrap();
                prop_assert_eq!(&texts(&connection), &written);
            }
            for (number, (_, profile, _, _)) in (1_u8..).zip(&rows) {
                let count: i64 = connection.query_row("SELECT entries FROM facet WHERE kind = 'profile' AND value = ?1",
                    [profile], |row| row.get(0)).unwrap();
                let expected = i64::try_from(rows.iter().filter(|row| row.1 == *profile).count()).unwrap();
                prop_assert_eq!(count, expected, "profile {} of row {}", profile, number);
            }
            connection.execute_batch("INSERT INTO dictation_words (dictation_words, rank) VALUES ('integrity-check', 1); \
                INSERT INTO dictation_parts (dictation_parts, rank) VALUES ('integrity-check', 1); DELETE FROM dictation;").unwrap();
            let facets: i64 = connection.query_row("SELECT count(*) FROM facet", [], |row| row.get(0)).unwrap();
            prop_assert_eq!(facets, 0);
        });
    }

    #[test]
    fn a_step_that_fails_leaves_the_version_before_it() {
        let mut connection = at(1);
        insert_row(&connection, 1);
        connection.execute_batch("CREATE TABLE dictation_words (in_the_way)").unwrap();
        assert!(migrate(&mut connection, LATEST).is_err());
        assert_eq!(version(&connection).unwrap(), 1);
        assert_eq!(texts(&connection).len(), 1);
        connection.execute_batch("DROP TABLE dictation_words").unwrap();
        migrate(&mut connection, LATEST).unwrap();
        assert_eq!(found(&connection, "number1"), 1);
    }

    #[test]
    fn the_index_stays_in_step_with_the_rows() {
        let connection = at(LATEST);
        insert_row(&connection, 1);
        connection.execute("UPDATE dictation SET outcome = 'held'", []).unwrap();
        assert_eq!(found(&connection, "number1"), 1);
        connection.execute("UPDATE dictation SET text = 'other'", []).unwrap();
        assert_eq!((found(&connection, "number1"), found(&connection, "other")), (0, 1));
        connection.execute("UPDATE dictation SET text = ''", []).unwrap();
        assert_eq!((found(&connection, "other"), found(&connection, "raw")), (0, 1));
        insert_row(&connection, 2);
        connection.execute("DELETE FROM dictation WHERE text = ''", []).unwrap();
        assert_eq!((found(&connection, "raw"), found(&connection, "number2")), (0, 1));
        // FTS5 compares its index with the rows themselves, and fails if they differ.
        connection
            .execute("INSERT INTO dictation_words (dictation_words, rank) VALUES ('integrity-check', 1)", [])
            .unwrap();
    }
}

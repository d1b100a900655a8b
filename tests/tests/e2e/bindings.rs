//! Putting the key's binding into a compositor's settings, where those are files of the user.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use scout::bindings::{Compositor, install};
use scout_core::config::schema::KeySettings;

#[test]
fn settings_that_are_a_program_stay_one_and_links_stay_links() {
    let config = tempfile::tempdir().unwrap();
    let (real, link) = (config.path().join("dotfiles-init"), config.path().join("river/init"));
    fs::write(&real, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o750)).unwrap();
    fs::create_dir_all(link.parent().unwrap()).unwrap();
    symlink(&real, &link).unwrap();
    install(Compositor::River, config.path(), &KeySettings::default(), "scout").unwrap();
    assert!(link.is_symlink());
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o750);
    assert!(fs::read_to_string(&real).unwrap().contains("riverctl map -release"));
}

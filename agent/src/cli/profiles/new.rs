//! A new profile for an application.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use scout_platform::Target;

use scout_core::profile::{Profiles, resolve};

/// Writes a profile for the target's application, which builds on the one that it gets now. A file that is there already
/// stays as it is.
pub(super) fn write(
    folder: &Path,
    profiles: &Profiles,
    target: &Target,
    name: Option<String>,
) -> anyhow::Result<PathBuf> {
    let name = name
        .or_else(|| name_of(target))
        .context("this window does not tell its application: give the profile a --name")?;
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\']) {
        bail!("`{name}` is no name for a profile: use letters, digits and hyphens");
    }
    let text = text(profiles, target)?;
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let path = folder.join(format!("{name}.toml"));
    let file = std::fs::File::options().write(true).create_new(true).open(&path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).with_context(|| {
        format!("{} cannot be written: if it is there already, edit it, or give another --name", path.display())
    })?;
    Ok(path)
}

/// The application's name as a file's: small letters, digits and hyphens.
fn name_of(target: &Target) -> Option<String> {
    let id = target.app_id.as_deref().or(target.process.as_deref())?;
    // `org.gnome.TextEditor` is the text editor.
    let last = id.rsplit('.').find(|part| !part.is_empty())?;
    let name: String = last.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '-' }).collect();
    Some(name.trim_matches('-').to_lowercase()).filter(|name| !name.is_empty())
}

fn text(profiles: &Profiles, target: &Target) -> anyhow::Result<String> {
    let quoted = |text: &str| toml_edit::Value::from(text).to_string();
    let (key, value) = match (&target.app_id, &target.process, &target.executable) {
        (Some(app_id), _, _) => ("app_id", app_id.as_str()),
        (None, Some(process), _) => ("process", process.as_str()),
        (None, None, Some(executable)) => ("executable", executable.rsplit(['/', '\\']).next().unwrap_or(executable)),
        (None, None, None) => bail!("this window tells nothing of its application: there is nothing to match"),
    };
    let current = &resolve(target, profiles).profile.name;
    Ok(format!(
        "# Made for a window of {value}. `scout config show --defaults` explains every option; what is not set here is as in\n\
         # the profile that this one extends.\n\
         extends = {}\n\n\
         [[match]]\n\
         {key} = {}\n\n\
         [text]\n\
         # first_letter = \"lower\"\n\
         # full_stop = \"drop\"\n\n\
         [delivery]\n\
         # newline = \"shift-enter\"\n",
        quoted(current),
        quoted(value)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use scout_core::profile::Source;

    fn target(app_id: &str) -> Target {
        Target { app_id: Some(app_id.to_owned()), ..Target::default() }
    }

    #[test]
    fn a_new_profile_is_for_that_application_and_builds_on_what_it_had() {
        let folder = tempfile::tempdir().unwrap();
        let profiles = Profiles::ready_made();
        let path = write(folder.path(), &profiles, &target("XTerm"), None).unwrap();
        assert_eq!(path, folder.path().join("xterm.toml"));
        let profiles = super::super::from_folder(folder.path()).unwrap();
        let resolved = resolve(&target("XTerm"), &profiles);
        assert_eq!(resolved.profile.source, Source::User(path.clone()));
        assert_eq!(resolved.profile.extends.as_ref().unwrap().name, "xterm");
        assert!(super::super::text_of(resolved.profile).unwrap().contains("app_id = \"XTerm\""));
        // A second time nothing is overwritten.
        let message = write(folder.path(), &profiles, &target("XTerm"), None).unwrap_err().to_string();
        assert!(message.contains("give another --name"), "{message}");
    }

    #[test]
    fn names_are_made_of_ids() {
        for (id, name) in [
            ("org.gnome.TextEditor", Some("texteditor")),
            ("Microsoft Teams - Preview", Some("microsoft-teams---preview")),
            ("...", None),
        ] {
            assert_eq!(name_of(&target(id)).as_deref(), name);
        }
        assert!(write(Path::new("/nowhere"), &Profiles::ready_made(), &target("x"), Some("../x".into())).is_err());
    }
}

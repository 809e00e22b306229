//! Which files pip reads its settings from, and in which order.
//!
//! As pip 26: `PIP_CONFIG_FILE` is read last and in place of the user's files if it is
//! there; if it names the null device, no file is read. The file of the interpreter's own
//! folder is looked for in `VIRTUAL_ENV` only: elsewhere it would take an interpreter.

/// The kinds of systems on which pip keeps its files in different places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// Linux and its kin.
    Unix,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

/// Returns the files that pip would read if they are there, weakest first.
///
/// `exists` says whether there is a file, or a folder, of a name.
pub fn pip_conf_files(
    system: System,
    variable: impl Fn(&str) -> Option<String>,
    exists: impl Fn(&str) -> bool,
) -> Vec<String> {
    let lookup = |name: &str| variable(name).filter(|value| !value.is_empty());
    let named = lookup("PIP_CONFIG_FILE");
    let null = match system {
        System::Windows => "nul",
        _ => "/dev/null",
    };
    let is_null = |name: &str| match system {
        System::Windows => name.eq_ignore_ascii_case(null),
        _ => name == null,
    };
    if named.as_deref().is_some_and(is_null) {
        return Vec::new();
    }
    let mut files = global(system, &lookup);
    if !named.as_deref().is_some_and(&exists) {
        files.extend(user(system, &lookup, &exists));
    }
    if let Some(environment) = lookup("VIRTUAL_ENV") {
        files.push(join(system, &[&environment, name(system)]));
    }
    files.extend(named);
    files
}

const fn name(system: System) -> &'static str {
    match system {
        System::Windows => "pip.ini",
        _ => "pip.conf",
    }
}

fn join(system: System, parts: &[&str]) -> String {
    let separator = match system {
        System::Windows => '\\',
        _ => '/',
    };
    let mut path = String::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 && !path.ends_with(['/', separator]) {
            path.push(separator);
        }
        path.push_str(part);
    }
    path
}

fn global(system: System, lookup: &impl Fn(&str) -> Option<String>) -> Vec<String> {
    match system {
        System::Unix => {
            let folders = lookup("XDG_CONFIG_DIRS").unwrap_or_else(|| "/etc/xdg".to_owned());
            let mut files: Vec<String> = folders
                .split(':')
                .filter(|folder| !folder.is_empty())
                .map(|folder| join(system, &[folder, "pip", name(system)]))
                .collect();
            files.push("/etc/pip.conf".to_owned());
            files
        }
        System::MacOs => vec!["/Library/Application Support/pip/pip.conf".to_owned()],
        System::Windows => {
            let folder = lookup("PROGRAMDATA").unwrap_or_else(|| "C:\\ProgramData".to_owned());
            vec![join(system, &[&folder, "pip", name(system)])]
        }
    }
}

fn user(
    system: System,
    lookup: &impl Fn(&str) -> Option<String>,
    exists: &impl Fn(&str) -> bool,
) -> Vec<String> {
    let home = match system {
        System::Windows => lookup("USERPROFILE"),
        _ => lookup("HOME"),
    };
    let mut files = Vec::new();
    if let Some(home) = &home {
        let folder = match system {
            System::Windows => "pip",
            _ => ".pip",
        };
        files.push(join(system, &[home, folder, name(system)]));
    }
    let folder = match system {
        System::Unix => lookup("XDG_CONFIG_HOME")
            .or_else(|| home.as_ref().map(|home| join(system, &[home, ".config"]))),
        System::Windows => lookup("APPDATA"),
        System::MacOs => home.as_ref().map(|home| {
            let own = join(system, &[home, "Library/Application Support"]);
            if exists(&join(system, &[&own, "pip"])) {
                own
            } else {
                join(system, &[home, ".config"])
            }
        }),
    };
    files.extend(folder.map(|folder| join(system, &[&folder, "pip", name(system)])));
    files
}

#[cfg(test)]
mod tests {
    use super::super::testing::variables;
    use super::*;

    fn files(
        system: System,
        list: &'static [(&'static str, &'static str)],
        there: &[&str],
    ) -> Vec<String> {
        pip_conf_files(system, variables(list), |name| there.contains(&name))
    }

    #[test]
    fn on_unix_global_then_user_then_environment() {
        assert_eq!(
            files(
                System::Unix,
                &[("HOME", "/home/me"), ("VIRTUAL_ENV", "/venv")],
                &[]
            ),
            [
                "/etc/xdg/pip/pip.conf",
                "/etc/pip.conf",
                "/home/me/.pip/pip.conf",
                "/home/me/.config/pip/pip.conf",
                "/venv/pip.conf",
            ]
        );
        assert_eq!(
            files(
                System::Unix,
                &[
                    ("XDG_CONFIG_DIRS", "/a:/b/"),
                    ("XDG_CONFIG_HOME", "/c"),
                    ("HOME", "/home/me/")
                ],
                &[]
            ),
            [
                "/a/pip/pip.conf",
                "/b/pip/pip.conf",
                "/etc/pip.conf",
                "/home/me/.pip/pip.conf",
                "/c/pip/pip.conf",
            ]
        );
    }

    #[test]
    fn a_named_file_stands_for_the_users_if_it_is_there() {
        let list = &[("HOME", "/home/me"), ("PIP_CONFIG_FILE", "/my.conf")];
        assert_eq!(
            files(System::Unix, list, &["/my.conf"]),
            ["/etc/xdg/pip/pip.conf", "/etc/pip.conf", "/my.conf"]
        );
        assert_eq!(files(System::Unix, list, &[]).len(), 5);
    }

    #[test]
    fn the_null_device_is_no_files() {
        assert_eq!(
            files(System::Unix, &[("PIP_CONFIG_FILE", "/dev/null")], &[]),
            [""; 0]
        );
        assert_eq!(
            files(System::Windows, &[("PIP_CONFIG_FILE", "NUL")], &[]),
            [""; 0]
        );
    }

    #[test]
    fn other_systems_have_other_places() {
        let home = &[("HOME", "/Users/me")];
        assert_eq!(
            files(System::MacOs, home, &[]),
            [
                "/Library/Application Support/pip/pip.conf",
                "/Users/me/.pip/pip.conf",
                "/Users/me/.config/pip/pip.conf",
            ]
        );
        let own = "/Users/me/Library/Application Support/pip";
        assert_eq!(
            files(System::MacOs, home, &[own])[2],
            format!("{own}/pip.conf")
        );
        assert_eq!(
            files(
                System::Windows,
                &[
                    ("USERPROFILE", "C:\\Users\\me"),
                    ("APPDATA", "C:\\Users\\me\\AppData\\Roaming"),
                    ("VIRTUAL_ENV", "C:\\venv")
                ],
                &[]
            ),
            [
                "C:\\ProgramData\\pip\\pip.ini",
                "C:\\Users\\me\\pip\\pip.ini",
                "C:\\Users\\me\\AppData\\Roaming\\pip\\pip.ini",
                "C:\\venv\\pip.ini",
            ]
        );
    }
}

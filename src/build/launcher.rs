//! Scripts of a wheel: those it brings, and those made for its entry points.
//!
//! On Windows there would have to be an `.exe` for each; there, what a wheel brings is
//! copied and entry points get a `.cmd`.

use std::path::Path;

use super::system::is_dotted;

/// The longest first line that every kernel reads whole.
const LONGEST_SHEBANG: usize = 127;

/// A script that calls an object: a line of `entry_points.txt`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EntryPoint<'a> {
    /// The name of the script.
    pub(super) name: &'a str,
    module: &'a str,
    object: &'a str,
}

impl<'a> EntryPoint<'a> {
    /// Reads the scripts in `entry_points.txt`.
    ///
    /// ```text
    /// [console_scripts]
    /// name = module:object.attribute [extra, extra]
    /// ```
    ///
    /// # Errors
    /// The line that is not of this form.
    pub(super) fn parse_all(text: &'a str) -> Result<Vec<Self>, &'a str> {
        let mut points = Vec::new();
        let mut is_scripts = false;
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(section) = line.strip_prefix('[') {
                let section = section.split(']').next().unwrap_or_default().trim();
                is_scripts = matches!(section, "console_scripts" | "gui_scripts");
            } else if is_scripts {
                points.push(Self::parse(line).ok_or(line)?);
            }
        }
        Ok(points)
    }

    fn parse(line: &'a str) -> Option<Self> {
        let (name, value) = line.split_once('=')?;
        let name = name.trim();
        let reference = value.split('[').next()?.trim();
        let (module, object) = reference.split_once(':')?;
        let (module, object) = (module.trim(), object.trim());
        let is_file = !name.is_empty() && !name.contains(['/', '\\', '\0']) && name != "..";
        (is_file && name != "." && is_dotted(module) && is_dotted(object)).then_some(Self {
            name,
            module,
            object,
        })
    }

    /// Returns the name and the text of the script.
    pub(super) fn script(&self, python: &Path) -> (String, Vec<u8>) {
        let Self { module, object, .. } = self;
        let first = object.split('.').next().unwrap_or(object);
        let program = format!(
            "import sys\nfrom {module} import {first}\nif __name__ == \"__main__\":\n    \
             sys.exit({object}())\n"
        );
        if cfg!(windows) {
            let text = format!(
                "@\"{}\" -c \"from {module} import {first}; import sys; sys.exit({object}())\" %*\r\n",
                python.display()
            );
            return (format!("{}.cmd", self.name), text.into_bytes());
        }
        let mut text = first_lines(python);
        text.extend(program.into_bytes());
        (self.name.to_owned(), text)
    }
}

/// Puts the interpreter into the first line of a script that leaves it open
/// (`#!python`); others are returned as they are.
pub(super) fn with_interpreter(script: Vec<u8>, python: &Path) -> Vec<u8> {
    let end = script
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(script.len(), |at| at + 1);
    let first = script[..end].trim_ascii_end();
    if !first.starts_with(b"#!python") {
        return script;
    }
    let mut text = first_lines(python);
    text.extend_from_slice(&script[end..]);
    text
}

/// Returns the line that names the interpreter. Where its path has a space or is too
/// long for a kernel, it is a line for the shell, which Python takes for a text.
fn first_lines(python: &Path) -> Vec<u8> {
    let path = python.as_os_str().as_encoded_bytes();
    let mut line = b"#!".to_vec();
    if path.len() + 3 <= LONGEST_SHEBANG && !path.contains(&b' ') {
        line.extend(path);
        line.push(b'\n');
    } else {
        line.extend(b"/bin/sh\n'''exec' \"");
        line.extend(path);
        line.extend(b"\" \"$0\" \"$@\"\n' '''\n");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_scripts_and_passes_over_other_groups() {
        let points = EntryPoint::parse_all(
            "[distutils.commands]\nx = not:a script\n\n# one\n[console_scripts]\r\n\
             demo = demo.cli:main\r\ndemo-2=demo:App.run [extra]\n[ gui_scripts ]\nwindow = w:f\n",
        )
        .unwrap();
        let read: Vec<_> = points
            .iter()
            .map(|point| (point.name, point.module, point.object))
            .collect();
        assert_eq!(
            read,
            [
                ("demo", "demo.cli", "main"),
                ("demo-2", "demo", "App.run"),
                ("window", "w", "f")
            ]
        );
    }

    #[test]
    fn refuses_names_and_objects_that_are_none() {
        for line in [
            "../demo = demo:main",
            "demo = demo",
            "demo = demo:main()",
            "demo = import os; demo:main",
            " = demo:main",
            "demo",
        ] {
            let text = format!("[console_scripts]\n{line}\n");
            assert_eq!(EntryPoint::parse_all(&text), Err(line.trim()));
        }
    }

    #[test]
    fn names_the_interpreter_where_the_script_leaves_it_open() {
        let with = |script: &str, python: &str| {
            String::from_utf8(with_interpreter(script.into(), Path::new(python))).unwrap()
        };
        assert_eq!(
            with("#!python\nx\n", "/e/bin/python"),
            "#!/e/bin/python\nx\n"
        );
        assert_eq!(with("#!pythonw", "/e/bin/python"), "#!/e/bin/python\n");
        assert_eq!(with("#!/bin/sh\nx\n", "/e/bin/python"), "#!/bin/sh\nx\n");
        assert_eq!(with("", "/e/bin/python"), "");
        assert_eq!(
            with("#!python\nx\n", "/my e/bin/python"),
            "#!/bin/sh\n'''exec' \"/my e/bin/python\" \"$0\" \"$@\"\n' '''\nx\n"
        );
    }
}

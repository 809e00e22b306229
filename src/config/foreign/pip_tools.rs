//! `[tool.pip-tools]` and `[tool.pip-tools.compile]`, of a pyproject.toml or a
//! `.pip-tools.toml`.
//!
//! As pip-tools 7.6 reads them: the second table overlays the first; keys are long
//! options with `-` or `_`, and dashes before them if somebody likes; `no-x = true` is
//! `x = false`; options that may be given several times take arrays. Strict: a key that
//! pip-tools does not know is an error. What stands under `sync` is not looked at, beyond
//! that pip-sync's own keys are known.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::pip_args::pip_args;
use super::pip_options::time;
use super::pip_tools_keys::{Fate, KEYS, PipToolsKey, Takes, by_name};
use super::setting::{ForeignFile, add, set};
use crate::config::layer::{Layer, SettingValue};
use crate::text::{Problem, Span, nearest, position};

/// Reads the settings of pip-tools in a file; none if it has no table of theirs.
///
/// With problems, what was understood is not to be used.
pub fn pip_tools(file: ForeignFile<'_>) -> (Option<Layer>, Vec<Problem>) {
    let (document, errors) = DeTable::parse_recoverable(file.text);
    let tool = document.get_ref().get("tool");
    let Some(theirs) = tool.and_then(|tool| tool.get_ref().get("pip-tools")) else {
        // A pyproject.toml that is broken elsewhere is not for us to complain about,
        // unless their table may be what is broken.
        let is_theirs = !errors.is_empty() && file.text.contains("pip-tools");
        let problems = errors.iter().filter(|_| is_theirs).map(invalid);
        return (None, problems.collect());
    };
    let mut reader = Reader {
        file,
        layer: Layer::of(file.name),
        arguments: Layer::default(),
        problems: errors.iter().map(invalid).collect(),
    };
    match theirs.get_ref().as_table() {
        Some(table) => reader.tables(table),
        None => reader.wrong_type(theirs, "tool.pip-tools", "a table"),
    }
    let layer = reader.finish();
    let mut problems = reader.problems;
    problems.sort_by_key(|problem| problem.span);
    (Some(layer), problems)
}

fn invalid(error: &toml::de::Error) -> Problem {
    let span = error.span().map_or_else(Span::default, Span::from);
    let message = error.message().lines().next().unwrap_or_default();
    Problem::new(span, format!("invalid TOML: {message}"))
}

struct Reader<'a> {
    file: ForeignFile<'a>,
    layer: Layer,
    /// What `pip-args` say, which pip puts behind the rest.
    arguments: Layer,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn tables(&mut self, table: &DeTable<'_>) {
        self.table(table, true);
        if let Some(compile) = table.get("compile") {
            match compile.get_ref().as_table() {
                Some(table) => self.table(table, false),
                None => self.wrong_type(compile, "compile", "a table"),
            }
        }
    }

    fn table(&mut self, table: &DeTable<'_>, is_shared: bool) {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let name = key.get_ref().as_ref();
            if !(is_shared && matches!(name, "compile" | "sync")) {
                self.entry(name, Span::from(key.span()), value);
            }
        }
    }

    fn entry(&mut self, written: &str, span: Span, value: &Spanned<DeValue<'_>>) {
        let name = written
            .trim_start_matches('-')
            .replace('_', "-")
            .to_lowercase();
        let Some((key, is_opposite)) = by_name(&name) else {
            let known = KEYS.iter().flat_map(|key| key.names).copied();
            self.problems.push(Problem {
                span,
                message: format!("`{written}` is not an option of pip-compile"),
                help: nearest(&name, known).map(|meant| format!("did you mean `{meant}`?")),
            });
            return;
        };
        let Some(read) = self.value(key, written, value) else {
            return;
        };
        let read = match read {
            SettingValue::Flag(flag) => SettingValue::Flag(flag != is_opposite),
            texts @ SettingValue::Texts(_) => texts,
        };
        self.meant(key.fate, written, span, value, read);
    }

    fn meant(
        &mut self,
        fate: Fate,
        written: &str,
        key: Span,
        value: &Spanned<DeValue<'_>>,
        read: SettingValue,
    ) {
        let place = self.place(key);
        let each = |read: SettingValue, change: fn(&str) -> String| match read {
            SettingValue::Texts(texts) => {
                SettingValue::Texts(texts.iter().map(|text| change(text)).collect())
            }
            flag @ SettingValue::Flag(_) => flag,
        };
        match fate {
            Fate::Ours(ours) => set(&mut self.layer, ours, read, place),
            Fate::Opposite(ours) => {
                let turned = match read {
                    SettingValue::Flag(flag) => SettingValue::Flag(!flag),
                    texts @ SettingValue::Texts(_) => texts,
                };
                set(&mut self.layer, ours, turned, place);
            }
            Fate::Lower(ours) => {
                set(&mut self.layer, ours, each(read, str::to_lowercase), place);
            }
            Fate::Time(ours) => set(&mut self.layer, ours, each(read, time), place),
            Fate::PipArgs => {
                let text = match read {
                    SettingValue::Texts(texts) => texts.join(" "),
                    SettingValue::Flag(_) => return,
                };
                let (layer, problems) = pip_args(&text, &place);
                self.arguments = layer;
                self.problems
                    .extend(problems.into_iter().map(|problem| Problem {
                        span: Span::from(value.span()),
                        message: problem.message,
                        help: problem.help,
                    }));
            }
            Fate::Nothing => self.layer.ignored.push(format!("`{written}` ({place})")),
            Fate::Refused(help) => {
                let says_nothing = match read {
                    SettingValue::Flag(flag) => !flag,
                    SettingValue::Texts(texts) => texts.is_empty(),
                };
                if !says_nothing {
                    self.problems.push(
                        Problem::new(
                            key,
                            format!("pip-compile's option `{written}` has no effect in Pinfold"),
                        )
                        .with_help(help),
                    );
                }
            }
        }
    }

    fn value(
        &mut self,
        key: &PipToolsKey,
        written: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<SettingValue> {
        let read = match key.takes {
            Takes::Flag => truth(value.get_ref()).map(SettingValue::Flag),
            Takes::Text => scalar(value.get_ref()).map(|text| SettingValue::Texts(vec![text])),
            Takes::Texts => value.get_ref().as_array().and_then(|items| {
                let texts: Option<Vec<String>> =
                    items.iter().map(|item| scalar(item.get_ref())).collect();
                texts.map(SettingValue::Texts)
            }),
            Takes::Any => Some(SettingValue::Texts(Vec::new())),
        };
        if read.is_none() {
            let wanted = match key.takes {
                Takes::Flag => "`true` or `false`",
                Takes::Text => "a string",
                Takes::Texts | Takes::Any => "an array of strings",
            };
            self.wrong_type(value, written, wanted);
        }
        read
    }

    fn wrong_type(&mut self, value: &Spanned<DeValue<'_>>, key: &str, wanted: &str) {
        let span = Span::from(value.span());
        self.problems
            .push(Problem::new(span, format!("`{key}` should be {wanted}")));
    }

    fn place(&self, span: Span) -> String {
        let line_number = position(self.file.text, span.start).line_number;
        format!("{}:{line_number}", self.file.name)
    }

    /// Puts the arguments of pip behind the settings: lists grow, the rest is replaced.
    fn finish(&mut self) -> Layer {
        let mut layer = std::mem::take(&mut self.layer);
        let arguments = std::mem::take(&mut self.arguments);
        for setting in arguments.settings {
            let is_list = KEYS.iter().any(|key| {
                let is_it = matches!(key.fate, Fate::Ours(ours) if ours == setting.option);
                is_it && key.takes == Takes::Texts
            });
            if is_list {
                add(&mut layer, &setting.option, setting.value, setting.place);
            } else {
                set(&mut layer, &setting.option, setting.value, setting.place);
            }
        }
        layer.ignored.extend(arguments.ignored);
        layer
    }
}

/// Reads a truth value, also as text or number, as pip-tools does.
fn truth(value: &DeValue<'_>) -> Option<bool> {
    if let Some(flag) = value.as_bool() {
        return Some(flag);
    }
    match scalar(value)?.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "t" | "yes" | "y" | "on" => Some(true),
        "0" | "false" | "f" | "no" | "n" | "off" => Some(false),
        _ => None,
    }
}

/// Reads a text, also a number or a time.
fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Datetime(time) => Some(time.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::shown;
    use super::*;

    fn file(text: &str) -> ForeignFile<'_> {
        ForeignFile {
            name: ".pip-tools.toml",
            text,
        }
    }

    #[track_caller]
    fn read(text: &str) -> String {
        let (layer, problems) = pip_tools(file(text));
        assert_eq!(problems, [], "{text}");
        shown(&layer.unwrap())
    }

    fn refused(text: &str) -> String {
        use std::fmt::Write as _;

        let (_, problems) = pip_tools(file(text));
        let mut lines = String::new();
        for problem in problems {
            let _ = write!(
                lines,
                "{}: {}",
                &text[problem.span.range()],
                problem.message
            );
            if let Some(help) = problem.help {
                let _ = write!(lines, "; {help}");
            }
            lines.push('\n');
        }
        lines
    }

    #[test]
    fn reads_each_key() {
        let text = "\
[tool.pip-tools]
dry-run = true
pre = true
rebuild = true
extra = ['a', 'b']
all-extras = false
find-links = ['wheels']
index-url = 'https://index.example/simple/'
no-index = true
extra-index-url = ['https://a.example/']
cert = 'ca.pem'
client-cert = 'me.pem'
trusted-host = ['a.example']
uploaded-prior-to = 2026-10-01
header = true
emit-trusted-host = false
annotate = true
annotation-style = 'line'
upgrade = true
upgrade-package = ['django<6']
output-file = 'out.txt'
newline = 'LF'
allow-unsafe = true
strip-extras = true
generate-hashes = true
reuse-hashes = false
src-files = ['a.in', 'b.in']
build-isolation = false
emit-find-links = false
cache-dir = 'cache'
emit-index-url = false
emit-options = false
unsafe-package = ['pip']
constraint = ['c.txt']
max-rounds = 20
resolver = 'backtracking'
color = true
build-deps-for = []
all-build-deps = false
ask = true
";
        insta::assert_snapshot!(read(text), @r#"
        dry-run = true (.pip-tools.toml:2)
        pre = true (.pip-tools.toml:3)
        refresh = true (.pip-tools.toml:4)
        extra = ["a", "b"] (.pip-tools.toml:5)
        all-extras = false (.pip-tools.toml:6)
        find-links = ["wheels"] (.pip-tools.toml:7)
        index-url = ["https://index.example/simple/"] (.pip-tools.toml:8)
        no-index = true (.pip-tools.toml:9)
        extra-index-url = ["https://a.example/"] (.pip-tools.toml:10)
        cert = ["ca.pem"] (.pip-tools.toml:11)
        client-cert = ["me.pem"] (.pip-tools.toml:12)
        trusted-host = ["a.example"] (.pip-tools.toml:13)
        exclude-newer = ["2026-10-01T00:00:00Z"] (.pip-tools.toml:14)
        header = true (.pip-tools.toml:15)
        emit-trusted-host = false (.pip-tools.toml:16)
        annotate = true (.pip-tools.toml:17)
        annotation-style = ["line"] (.pip-tools.toml:18)
        upgrade = true (.pip-tools.toml:19)
        upgrade-package = ["django<6"] (.pip-tools.toml:20)
        output-file = ["out.txt"] (.pip-tools.toml:21)
        newline = ["lf"] (.pip-tools.toml:22)
        allow-unsafe = true (.pip-tools.toml:23)
        strip-extras = true (.pip-tools.toml:24)
        generate-hashes = true (.pip-tools.toml:25)
        refresh-hashes = true (.pip-tools.toml:26)
        src-files = ["a.in", "b.in"] (.pip-tools.toml:27)
        build-isolation = false (.pip-tools.toml:28)
        emit-find-links = false (.pip-tools.toml:29)
        cache-dir = ["cache"] (.pip-tools.toml:30)
        emit-index-url = false (.pip-tools.toml:31)
        emit-options = false (.pip-tools.toml:32)
        unsafe-package = ["pip"] (.pip-tools.toml:33)
        constraint = ["c.txt"] (.pip-tools.toml:34)
        ignored: `max-rounds` (.pip-tools.toml:35)
        ignored: `resolver` (.pip-tools.toml:36)
        ignored: `color` (.pip-tools.toml:37)
        ignored: `ask` (.pip-tools.toml:40)
        "#);
    }

    #[test]
    fn no_name_stands_for_two_keys() {
        let known: Vec<&str> = KEYS.iter().flat_map(|key| key.names).copied().collect();
        let mut once = known.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), known.len());
    }

    #[test]
    fn the_table_of_compile_overlays_the_shared_one() {
        insta::assert_snapshot!(
            read("[tool.pip-tools]\nno-header = true\nextra = ['a']\n\
                  [tool.pip-tools.compile]\nheader = true\nextras = ['b']\n[tool.pip-tools.sync]\nx = 1\n"),
            @r#"
            header = true (.pip-tools.toml:5)
            extra = ["b"] (.pip-tools.toml:6)
            "#
        );
    }

    #[test]
    fn names_are_equal_however_they_are_written_and_no_turns_them_round() {
        insta::assert_snapshot!(
            read("[tool.pip-tools]\nno_emit_options = true\n--No-Annotate = 'yes'\nno-reuse_hashes = 1\n\
                  no-upgrade = false\nno_build_isolation = true\nno_index = true\n"),
            @"
            emit-options = false (.pip-tools.toml:2)
            annotate = false (.pip-tools.toml:3)
            refresh-hashes = true (.pip-tools.toml:4)
            upgrade = true (.pip-tools.toml:5)
            build-isolation = false (.pip-tools.toml:6)
            no-index = true (.pip-tools.toml:7)
            "
        );
    }

    #[test]
    fn arguments_of_pip_go_behind_the_rest() {
        insta::assert_snapshot!(
            read("[tool.pip-tools]\npip-args = \"--retries 10 -f more --use-pep517 --pre\"\nfind-links = ['wheels']\npre = false\n"),
            @r#"
            find-links = ["wheels", "more"] (.pip-tools.toml:3)
            retries = ["10"] (.pip-tools.toml:2)
            pre = true (.pip-tools.toml:2)
            ignored: `--use-pep517` of pip (.pip-tools.toml:2)
            "#
        );
    }

    #[test]
    fn says_nothing_without_a_table_of_theirs() {
        for text in ["", "[tool.ruff]\n", "[broken", "[tool]\nx = 1\n"] {
            assert_eq!(pip_tools(file(text)), (None, vec![]), "{text}");
        }
        assert!(!pip_tools(file("[tool.pip-tools")).1.is_empty());
        assert!(!refused("[tool]\npip-tools = 1\n").is_empty());
        assert!(!refused("[tool.pip-tools]\ncompile = 1\n").is_empty());
    }

    #[test]
    fn what_pip_tools_refuses_is_refused_with_its_place() {
        insta::assert_snapshot!(
            refused("[tool.pip-tools]\nno-indx = true\nextra = 'a'\nheader = 'maybe'\nindex-url = ['a']\n\
                     find-links = [['a']]\nno-extra = true\n[tool.pip-tools.compile]\ncompile = true\n"),
            @"
            no-indx: `no-indx` is not an option of pip-compile; did you mean `no-index`?
            'a': `extra` should be an array of strings
            'maybe': `header` should be `true` or `false`
            ['a']: `index-url` should be a string
            [['a']]: `find-links` should be an array of strings
            no-extra: `no-extra` is not an option of pip-compile
            compile: `compile` is not an option of pip-compile
            "
        );
    }

    #[test]
    fn what_would_change_the_answer_is_refused_with_what_to_write_instead() {
        insta::assert_snapshot!(
            refused("[tool.pip-tools]\nbuild-deps-for = ['wheel']\nonly-build-deps = true\n\
                     pip-args = '--platform x --index-url https://me:s3cret@h/ --timeout s3cret'\n"),
            @"
            build-deps-for: pip-compile's option `build-deps-for` has no effect in Pinfold; copy the `requires` of `[build-system]` to a requirements file and lock that
            only-build-deps: pip-compile's option `only-build-deps` has no effect in Pinfold; copy the `requires` of `[build-system]` to a requirements file and lock that
            '--platform x --index-url https://me:s3cret@h/ --timeout s3cret': pip's option `--platform` has no effect in Pinfold; set the target with `python-version` and `python-platform`
            '--platform x --index-url https://me:s3cret@h/ --timeout s3cret': `--timeout` of pip: this should be a number of seconds; write it as `15`
            "
        );
    }
}

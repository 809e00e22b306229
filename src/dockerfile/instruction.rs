//! One instruction: its keyword, and what in it can name an image.

use super::action::{Action, From, Named, Redeclared, Word};
use super::expand::expand;
use super::expanded::Failure;
use super::lines::trim;
use super::mount;
use super::scope::{Arg, Budget, Scope};
use super::words::{
    JsonForm, Parts, is_space, json_form, split_at_blanks, split_at_space, split_instruction,
};
use crate::text::{Mapped, Problem, Span, nearest};

/// What reading an instruction needs, and changes.
pub(super) struct Context<'a> {
    pub(super) escape: u8,
    pub(super) scope: &'a mut Scope,
    pub(super) budget: &'a mut Budget,
    pub(super) has_stage: bool,
    pub(super) problems: &'a mut Problems,
}

/// What is wrong, up to a number: a file that is not a Dockerfile has enough of it.
#[derive(Debug, Default)]
pub(super) struct Problems(pub(super) Vec<Problem>);

const MOST_PROBLEMS: usize = 100;

const KEYWORDS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

impl Problems {
    pub(super) fn add(&mut self, problem: impl FnOnce() -> Problem) {
        if self.0.len() < MOST_PROBLEMS {
            self.0.push(problem());
        }
    }
}

/// Reads the instruction that a logical line holds.
///
/// Returns what it means, and whether it may open heredocs.
pub(super) fn read(line: &Mapped, context: &mut Context<'_>) -> (Action, bool) {
    let parts = split_instruction(line, Span::new(0, line.len()));
    let keyword = keyword(line, &parts);
    if !context.has_stage && !matches!(keyword, Some("FROM" | "ARG") | None) {
        context.problem(line, parts.keyword, "there is no `FROM` before it");
    }
    match keyword {
        Some("FROM") => (
            Action::From(Box::new(read_from(line, parts, context))),
            false,
        ),
        Some("ARG") => (read_arg(line, &parts, context), false),
        Some("ONBUILD") => read_onbuild(line, &parts, context),
        Some(keyword) => read_step(keyword, line, parts, context),
        None => {
            context.unknown(line, &parts);
            (Action::Other, false)
        }
    }
}

fn keyword(line: &Mapped, parts: &Parts) -> Option<&'static str> {
    let word = &line.bytes()[parts.keyword.range()];
    KEYWORDS
        .into_iter()
        .find(|keyword| word.eq_ignore_ascii_case(keyword.as_bytes()))
}

impl Context<'_> {
    fn problem(&mut self, line: &Mapped, span: Span, message: &str) {
        self.problems
            .add(|| Problem::new(line.source(span).unwrap_or_default(), message));
    }

    fn unknown(&mut self, line: &Mapped, parts: &Parts) {
        let span = parts.keyword;
        self.problems.add(|| {
            let word = lossy(&line.bytes()[span.range()]);
            let problem = Problem::new(
                line.source(span).unwrap_or_default(),
                format!("`{word}` is not an instruction"),
            );
            match nearest(&word.to_ascii_uppercase(), KEYWORDS) {
                Some(known) => problem.with_help(format!("did you mean `{known}`?")),
                None => problem,
            }
        });
    }
}

/// ```text
/// from = "FROM" [ "--platform=" word ] word [ "AS" name ]
/// name = lower *( lower / DIGIT / "-" / "_" / "." )      ; after lowering
/// ```
fn read_from(line: &Mapped, parts: Parts, context: &mut Context<'_>) -> From {
    let bytes = line.bytes();
    let mut from = From {
        word: None,
        name: None,
        platform: None,
        rejection: None,
    };
    let words = split_at_blanks(bytes, parts.rest);
    if let Some(&word) = words.first() {
        let text = line.slice(word);
        let expanded = expand(&text, context.escape, context.scope, context.budget);
        from.word = Some(Word { text, expanded });
    }
    let mut rejection = None;
    for flag in parts.flags {
        let value = flag_value(&flag, b"--platform");
        match value {
            Some(value) if from.platform.is_none() => {
                let expanded = expand(&value, context.escape, context.scope, context.budget);
                if let Some(Failure::Syntax(message)) = expanded.failure {
                    rejection = Some(format!("the platform cannot be read: {message}"));
                }
                from.platform = Some(expanded);
            }
            Some(_) => rejection = Some("`--platform` is given twice".to_owned()),
            None => {
                rejection = Some(format!(
                    "`{}` is not a flag of `FROM` with a value",
                    lossy(flag.bytes())
                ));
            }
        }
    }
    match words[..] {
        [_] => {}
        [_, keyword, name] if bytes[keyword.range()].eq_ignore_ascii_case(b"as") => {
            let name = lossy(&bytes[name.range()]).to_lowercase();
            if is_stage_name(&name) {
                from.name = Some(name);
            } else {
                rejection = Some(format!("`{name}` is not a valid stage name"));
            }
        }
        [] => rejection = Some("`FROM` needs an image".to_owned()),
        _ => {
            rejection = Some("`FROM` takes an image, optionally with `AS` and a name".to_owned());
        }
    }
    if let Some(message) = &rejection {
        let span = if parts.rest.is_empty() {
            parts.keyword
        } else {
            parts.rest
        };
        context.problem(line, span, message);
    } else if let Some(Failure::Syntax(message)) = from
        .word
        .as_ref()
        .and_then(|word| word.expanded.failure.as_ref())
    {
        context.problem(line, parts.rest, message);
    }
    from.rejection = rejection;
    from
}

fn is_stage_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.'))
}

/// ```text
/// arg = "ARG" 1*( name [ "=" word ] )
/// ```
fn read_arg(line: &Mapped, parts: &Parts, context: &mut Context<'_>) -> Action {
    let bytes = line.bytes();
    let mut numbers = Vec::new();
    let mut redeclared = Redeclared::default();
    let words = split_at_space(bytes, parts.rest, context.escape);
    if words.is_empty() {
        context.problem(line, parts.keyword, "`ARG` needs a variable name");
    }
    for word in words {
        let equals = bytes[word.range()].iter().position(|&byte| byte == b'=');
        let name_end = equals.map_or(word.end, |equals| word.start + equals);
        let name = lossy(&bytes[word.start..name_end]);
        if name.is_empty() {
            context.problem(line, word, "`ARG` needs a variable name");
            continue;
        }
        if context.has_stage {
            if equals.is_none() {
                let name = read_name(&line.slice(word), context);
                redeclared.bare.push(name);
            } else {
                redeclared.with_default.push(name);
            }
            continue;
        }
        if equals.is_none() {
            continue;
        }
        let value = Span::new(name_end + 1, word.end);
        let text = line.slice(value);
        let expanded = expand(&text, context.escape, context.scope, context.budget);
        if let Some(Failure::Syntax(message)) = &expanded.failure {
            context.problem(line, word, message);
        }
        numbers.push(context.scope.args.len());
        context.scope.declare(Arg {
            name,
            mentions: expanded.mentions.clone(),
            value: expanded,
            span: line.source(value).unwrap_or_default(),
        });
    }
    if context.has_stage {
        Action::Redeclared(redeclared)
    } else {
        Action::Args(numbers)
    }
}

/// Reads the name that an `ARG` in a stage declares, in which quotes, escapes and
/// variables count; none if it may be any.
fn read_name(word: &Mapped, context: &mut Context<'_>) -> Option<String> {
    let name = expand(word, context.escape, &Scope::default(), context.budget);
    let is_known = name.failure.is_none() && name.variables.is_empty();
    is_known.then(|| lossy(&name.bytes()))
}

fn read_onbuild(line: &Mapped, parts: &Parts, context: &mut Context<'_>) -> (Action, bool) {
    let inner = split_instruction(line, parts.rest);
    match keyword(line, &inner) {
        _ if parts.rest.is_empty() => {
            context.problem(line, parts.keyword, "`ONBUILD` needs an instruction");
        }
        None => context.unknown(line, &inner),
        Some(keyword @ ("ONBUILD" | "FROM" | "MAINTAINER")) => {
            let message = format!("`{keyword}` is not allowed after `ONBUILD`");
            context.problem(line, inner.keyword, &message);
        }
        Some("ARG") => {
            let bytes = line.bytes();
            let bare = split_at_space(bytes, inner.rest, context.escape)
                .into_iter()
                .filter(|word| !bytes[word.range()].contains(&b'='))
                .map(|word| read_name(&line.slice(word), context))
                .collect();
            let redeclared = Redeclared {
                bare,
                with_default: Vec::new(),
            };
            return (
                Action::Onbuild(Box::new(Action::Redeclared(redeclared))),
                false,
            );
        }
        Some(keyword) => {
            let (action, has_heredocs) = read_step(keyword, line, inner, context);
            return (Action::Onbuild(Box::new(action)), has_heredocs);
        }
    }
    (Action::Other, false)
}

/// Reads an instruction that is a step of a stage.
fn read_step(
    keyword: &str,
    line: &Mapped,
    parts: Parts,
    context: &mut Context<'_>,
) -> (Action, bool) {
    let takes_heredocs = matches!(keyword, "ADD" | "COPY" | "RUN");
    let array = array(keyword, line.bytes(), parts.rest);
    let form = array.map_or(JsonForm::No, |array| {
        json_form(&line.bytes()[array.range()])
    });
    if form == JsonForm::Mixed {
        let message = "the array can contain only strings";
        context.problem(line, parts.rest, message);
    }
    let action = match keyword {
        "COPY" => Action::Copy(read_copy(parts, context)),
        "RUN" => Action::Run(read_run(parts, context)),
        "ENV" | "LABEL" => {
            check_pairs(keyword, line, &parts, context);
            Action::Other
        }
        _ => Action::Other,
    };
    (action, takes_heredocs && form == JsonForm::No)
}

/// Returns the part of an instruction's rest that may be an array of JSON strings.
pub(super) fn array(keyword: &str, bytes: &[u8], rest: Span) -> Option<Span> {
    match keyword {
        "ADD" | "CMD" | "COPY" | "ENTRYPOINT" | "RUN" | "SHELL" | "VOLUME" => Some(rest),
        "HEALTHCHECK" => {
            let text = &bytes[rest.range()];
            let length = text.iter().position(|&byte| is_space(byte))?;
            let blanks = text[length..].iter().take_while(|&&byte| is_space(byte));
            Some(Span::new(rest.start + length + blanks.count(), rest.end))
        }
        _ => None,
    }
}

/// ```text
/// pairs = name blanks value / 1*( name "=" value )
/// ```
fn check_pairs(keyword: &str, line: &Mapped, parts: &Parts, context: &mut Context<'_>) {
    let bytes = line.bytes();
    let has_equals = |word: &Span| bytes[word.range()].contains(&b'=');
    let words = split_at_space(bytes, parts.rest, context.escape);
    if words.first().is_some_and(has_equals) {
        if let Some(&word) = words.iter().find(|word| !has_equals(word)) {
            let message = format!("a word of `{keyword}` has no `=`");
            context.problem(line, word, &message);
        }
    } else if !words.is_empty() && split_at_blanks(bytes, parts.rest).len() < 2 {
        let message = format!("`{keyword}` takes a name and a value");
        context.problem(line, parts.rest, &message);
    }
}

/// Reads `--from=` of `COPY`; flags that are not known are newer than we are.
fn read_copy(parts: Parts, context: &mut Context<'_>) -> Option<Named> {
    let mut named: Option<Named> = None;
    let mut is_repeated = false;
    for flag in parts.flags {
        if flag.bytes() == b"--from" {
            let span = flag.source(Span::new(0, flag.len())).unwrap_or_default();
            context
                .problems
                .add(|| Problem::new(span, "`--from` has no value"));
        } else if let Some(text) = flag_value(&flag, b"--from") {
            is_repeated |= named.is_some();
            named = Some(Named {
                text,
                rejection: None,
            });
        }
    }
    if let Some(named) = named.as_mut().filter(|_| is_repeated) {
        let message = "`--from` is given twice";
        let span = whole(&named.text);
        context.problems.add(|| Problem::new(span, message));
        named.rejection = Some(message.to_owned());
    }
    named.filter(|named| !named.text.is_empty())
}

/// Reads `--mount=` of `RUN`.
fn read_run(parts: Parts, context: &mut Context<'_>) -> Vec<Named> {
    let mut names = Vec::new();
    for flag in parts.flags {
        let Some(value) = flag_value(&flag, b"--mount") else {
            continue;
        };
        let Ok(mount) = mount::parse(&value) else {
            let span = whole(&flag);
            context
                .problems
                .add(|| Problem::new(span, "the fields of the mount cannot be read"));
            continue;
        };
        names.extend(mount.from.map(|text| {
            Named {
                rejection: mount
                    .is_secret
                    .then(|| "a secret cannot come from an image".to_owned()),
                text,
            }
        }));
    }
    names
}

/// Returns a flag's value if it is the flag of this name and has one.
fn flag_value(flag: &Mapped, name: &[u8]) -> Option<Mapped> {
    let rest = flag.bytes().strip_prefix(name)?;
    rest.starts_with(b"=")
        .then(|| flag.slice(Span::new(name.len() + 1, flag.len())))
}

fn whole(text: &Mapped) -> Span {
    text.source(Span::new(0, text.len())).unwrap_or_default()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Returns the part of a logical line between its white space, in the file.
pub(super) fn extent(line: &Mapped) -> Option<Span> {
    let span = trim(line.bytes(), Span::new(0, line.len()));
    line.source(span)
}

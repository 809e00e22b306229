//! The laws of pinning, on real files.
//!
//! `tests/tools/collect_dockerfiles.py` fetches them into a folder, which
//! `PINFOLD_CORPUS` names; they are not ours to keep here. Without it the test is
//! left out and says so. `PINFOLD_CORPUS=folder cargo test corpus` prints a summary.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use pinfold::compose::ComposeFile;
use pinfold::dockerfile::{Dockerfile, ImageUse, Meaning, Outside, Place, Reason, State};
use pinfold::image::Digest;
use pinfold::text::{Edit, Problem, apply};

use crate::project::{files_below, left_out};

/// One file, read.
enum Parsed {
    Dockerfile(Dockerfile),
    Compose(ComposeFile),
}

impl Parsed {
    fn read(path: &Path, bytes: &[u8]) -> Self {
        let is_yaml = path
            .extension()
            .is_some_and(|it| it == "yml" || it == "yaml");
        if is_yaml {
            Self::Compose(ComposeFile::parse(bytes))
        } else {
            Self::Dockerfile(Dockerfile::parse(bytes))
        }
    }

    fn uses(&self) -> Vec<ImageUse> {
        let outside = Outside::default();
        match self {
            Self::Dockerfile(file) => file.uses(&outside),
            Self::Compose(file) => file.uses(&outside),
        }
    }

    fn problems(&self) -> &[Problem] {
        match self {
            Self::Dockerfile(file) => file.problems(),
            Self::Compose(file) => file.problems(),
        }
    }
}

/// What was found in all files.
#[derive(Default)]
struct Summary {
    files: usize,
    with_problems: usize,
    states: BTreeMap<String, usize>,
    broken: Vec<String>,
}

impl Summary {
    fn look_at(&mut self, path: &Path, bytes: &[u8]) {
        let parsed = Parsed::read(path, bytes);
        self.files += 1;
        self.with_problems += usize::from(!parsed.problems().is_empty());
        for image in parsed.uses() {
            *self.states.entry(state_of(&image)).or_default() += 1;
        }
        if let Err(law) = check_laws(path, bytes, &parsed) {
            self.broken.push(format!("{}: {law}", path.display()));
        }
    }

    fn print(&self) {
        let mut text = format!(
            "{} files, {} of them with problems\n",
            self.files, self.with_problems
        );
        let mut states: Vec<_> = self.states.iter().collect();
        states.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (state, count) in states {
            let _ = writeln!(text, "{count:>6} {state}");
        }
        // Not captured, so that it is seen.
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
}

/// Returns the law that a file breaks.
fn check_laws(path: &Path, bytes: &[u8], parsed: &Parsed) -> Result<(), String> {
    if let Parsed::Dockerfile(file) = parsed
        && file.print() != bytes
    {
        return Err("printed, it is another".to_owned());
    }
    if let Parsed::Dockerfile(_) = parsed {
        check_nothing_is_overlooked(bytes, parsed)?;
    }
    let is_inside = |span: pinfold::text::Span| span.start <= span.end && span.end <= bytes.len();
    for problem in parsed.problems() {
        if !is_inside(problem.span) {
            return Err(format!("a problem lies outside: {problem:?}"));
        }
    }
    let uses = parsed.uses();
    let mut edits: Vec<Edit> = Vec::new();
    for image in &uses {
        if !is_inside(image.span) {
            return Err(format!("a use lies outside: {image:?}"));
        }
        if matches!(image.state, State::Nothing) && matches!(image.meaning, Meaning::Image(_)) {
            return Err(format!("neither pinned nor told why not: {image:?}"));
        }
        if let State::Open(site) = &image.state {
            if !site.span.is_empty() {
                return Err(format!("a new digest replaces something: {image:?}"));
            }
            let edit = site.edit(&some_digest());
            // Several uses may take their digest from one place.
            if !edits.contains(&edit) {
                edits.push(edit);
            }
        }
    }
    edits.sort_by_key(|edit| edit.span.start);
    let pinned = apply(bytes, &edits).map_err(|conflict| format!("{conflict:?}"))?;
    let inserted: usize = edits.iter().map(|edit| edit.replacement.len()).sum();
    if pinned.len() != bytes.len() + inserted {
        return Err("pinning removed something".to_owned());
    }
    check_pinned(&uses, &Parsed::read(path, &pinned), &pinned)
}

/// In a file without heredocs or anything wrong, a line that begins with FROM and continues
/// no other has a use.
fn check_nothing_is_overlooked(bytes: &[u8], parsed: &Parsed) -> Result<(), String> {
    let text = String::from_utf8_lossy(bytes);
    if text.len() != bytes.len() || text.contains("<<") || !parsed.problems().is_empty() {
        return Ok(());
    }
    let uses = parsed.uses();
    let (mut start, mut is_continued) = (0, false);
    for line in text.split_inclusive('\n') {
        let words = line.trim();
        let is_from = words
            .get(..5)
            .is_some_and(|word| word.eq_ignore_ascii_case("from "));
        if is_from && !is_continued {
            let is_here = |image: &ImageUse| {
                matches!(image.place, Place::From { .. })
                    && (start..start + line.len()).contains(&image.span.start)
            };
            if !words.ends_with(['\\', '`']) && !uses.iter().any(is_here) {
                return Err(format!("`{words}` is overlooked"));
            }
        }
        // What is between the lines of an instruction does not end it.
        if !words.is_empty() && !words.starts_with('#') {
            is_continued = words.ends_with(['\\', '`']);
        }
        start += line.len();
    }
    Ok(())
}

/// Each use is what it was, but that those which were open are pinned.
fn check_pinned(before: &[ImageUse], parsed: &Parsed, bytes: &[u8]) -> Result<(), String> {
    if let Parsed::Dockerfile(file) = parsed
        && file.print() != bytes
    {
        return Err("pinned and printed, it is another".to_owned());
    }
    let after = parsed.uses();
    if after.len() != before.len() {
        let (before, after) = (before.len(), after.len());
        return Err(format!("{before} uses became {after}"));
    }
    for (before, after) in before.iter().zip(&after) {
        let is_kept = match (&before.state, &after.state) {
            (State::Open(_), State::Pinned(Ok(_))) => {
                after.value.ends_with(&some_digest().to_string())
            }
            (before_state, after_state) => {
                std::mem::discriminant(before_state) == std::mem::discriminant(after_state)
                    && before.value == after.value
            }
        };
        if !is_kept || before.place != after.place {
            return Err(format!("{before:?} became {after:?}"));
        }
    }
    Ok(())
}

fn some_digest() -> Digest {
    format!("sha256:{}", "0123456789abcdef".repeat(4))
        .parse()
        .unwrap()
}

/// Returns a state in a few words, those for reasons without what they are about.
fn state_of(image: &ImageUse) -> String {
    let reason = |reason: &Reason| {
        let shown = format!("{reason:?}");
        let end = shown.find(['(', ' ', '{']).unwrap_or(shown.len());
        shown[..end].to_owned()
    };
    match &image.state {
        State::Nothing => match &image.meaning {
            Meaning::Image(_) => "nothing: image".to_owned(),
            Meaning::Stage(_) | Meaning::Stages(_) => "nothing: a stage".to_owned(),
            Meaning::Scratch => "nothing: scratch".to_owned(),
            Meaning::Context(_) => "nothing: a context".to_owned(),
            Meaning::Unknown => "nothing: unknown".to_owned(),
        },
        State::Open(_) => "can be pinned".to_owned(),
        State::Pinned(Ok(_)) => "is pinned".to_owned(),
        State::Pinned(Err(why)) => format!("is pinned, for good: {}", reason(why)),
        State::Left { reason: why, .. } => format!("left: {}", reason(why)),
    }
}

#[test]
fn real_files_keep_the_laws() {
    let Some(folder) = std::env::var_os("PINFOLD_CORPUS") else {
        left_out("`PINFOLD_CORPUS` names no folder of real files");
        return;
    };
    let mut summary = Summary::default();
    for path in files_below(Path::new(&folder)) {
        if path.ends_with("manifest.tsv") {
            continue;
        }
        summary.look_at(&path, &fs::read(&path).unwrap());
    }
    summary.print();
    assert!(
        summary.files > 0,
        "there is no file in {}",
        folder.display()
    );
    let broken = summary.broken.join("\n");
    assert!(broken.is_empty(), "{broken}");
}

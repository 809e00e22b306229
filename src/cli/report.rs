//! Telling what a deed does while it goes on.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::ops::{Event, Reporter};
use crate::ui::{Printer, Progress};

/// Turns events into progress, and into lines for `--verbose`.
pub(super) struct Teller<'a> {
    printer: &'a Printer,
    progress: Progress,
    projects: AtomicU64,
    releases: AtomicU64,
}

impl<'a> Teller<'a> {
    pub(super) fn new(printer: &'a Printer, shows_progress: bool) -> Self {
        Self {
            printer,
            progress: if shows_progress {
                printer.progress()
            } else {
                Progress::hidden()
            },
            projects: AtomicU64::new(0),
            releases: AtomicU64::new(0),
        }
    }

    pub(super) fn finish(&self) {
        self.progress.finish_and_clear();
    }

    fn show(&self) {
        let (projects, releases) = (
            self.projects.load(Ordering::Relaxed),
            self.releases.load(Ordering::Relaxed),
        );
        self.progress.set_message(&format!(
            "resolving: read {projects} projects, {releases} releases"
        ));
    }

    fn detail(&self, text: impl FnOnce() -> String) {
        if self.printer.is_verbose() {
            self.printer.detail(&text());
        }
    }
}

impl Reporter for Teller<'_> {
    fn wants_details(&self) -> bool {
        self.printer.is_verbose()
    }

    fn event(&self, event: Event) {
        match event {
            Event::Target(target) => self.detail(|| format!("target: {target}")),
            Event::Releases { name, count, index } => {
                self.projects.fetch_add(1, Ordering::Relaxed);
                self.show();
                self.detail(|| match index {
                    Some(index) => format!("{name}: {count} versions at {index}"),
                    None => format!("{name}: not on any index"),
                });
            }
            Event::Metadata { name, version } => {
                self.releases.fetch_add(1, Ordering::Relaxed);
                self.show();
                self.detail(|| format!("{name} {version}: requirements read"));
            }
            Event::Rejected {
                name,
                version,
                reason,
            } => {
                self.detail(|| format!("{name} {version}: rejected: {reason}"));
            }
            Event::Building(what) => {
                self.progress.set_message(&what);
                self.detail(|| what);
            }
            Event::Hashing(filename) => {
                self.progress.set_message(&format!("hashing {filename}"));
                self.detail(|| format!("hashing {filename}: the index has no hash for it"));
            }
            Event::Solved { pins, tried } => {
                self.detail(|| format!("solved: {pins} pins after {tried} releases"));
            }
            Event::Images(count) => {
                self.progress.set_total(count as u64);
                self.progress.set_message("querying registries");
            }
            Event::Image { image, digest } => {
                self.progress.inc(1);
                self.progress.set_message(&image);
                self.detail(|| match digest {
                    Some(digest) => format!("{image}: {digest}"),
                    None => format!("{image}: no answer"),
                });
            }
            Event::Note(text) => self.printer.note(&text),
            Event::Warning(text) => self.printer.warning(&text),
            Event::Detail(text) => self.detail(|| text),
        }
    }
}

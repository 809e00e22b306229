//! How the lock looks.

use crate::cli::args::{self, AnnotationStyle, NewlineStyle};
use crate::cli::failure::Failure;
use crate::lock::{
    Annotations, EmittedOptions, Style, UnsafePackages, UnsafePlacing, default_unsafe_packages,
};
use crate::python::ProjectName;
use crate::text::Newline;

pub(super) fn style(args: &args::Compile) -> Result<Style, Failure> {
    let options = if args.no_emit_options {
        EmittedOptions::NONE
    } else {
        EmittedOptions {
            indexes: !args.no_emit_index_url,
            find_links: !args.no_emit_find_links,
            trusted_hosts: args.emit_trusted_host,
            binary: !args.no_emit_build_options,
        }
    };
    let mut names = default_unsafe_packages();
    for name in &args.unsafe_packages {
        names.push(super::parse::<ProjectName>("--unsafe-package", name)?);
    }
    Ok(Style {
        header: !args.no_header,
        options,
        annotations: match (args.no_annotate, args.annotation_style) {
            (true, _) => Annotations::None,
            (false, AnnotationStyle::Split) => Annotations::Split,
            (false, AnnotationStyle::Line) => Annotations::Line,
        },
        strip_extras: !args.no_strip_extras,
        newline: Newline::default(),
        unsafe_packages: UnsafePackages {
            names,
            placing: if args.no_allow_unsafe {
                UnsafePlacing::Named
            } else {
                UnsafePlacing::Apart
            },
        },
    })
}

pub(super) fn newline(style: NewlineStyle) -> Option<Newline> {
    match style {
        NewlineStyle::Preserve => None,
        NewlineStyle::Native if cfg!(windows) => Some(Newline::CrLf),
        NewlineStyle::Lf | NewlineStyle::Native => Some(Newline::Lf),
        NewlineStyle::Crlf => Some(Newline::CrLf),
    }
}

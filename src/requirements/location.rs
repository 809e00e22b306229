//! Where an include leads, and how a file is named in annotations.
//!
//! All of it works on strings; a path is taken apart at `/`, links are not followed
//! (pip does not follow them here either).

use url::Url;

use super::unresolved::without_password;
use crate::text::percent_decoded;

/// Returns the location that an include names, as seen from the current directory.
///
/// A URL stays what it is, but for that of a file here, which is a path. In a file that
/// came from a URL, a location is joined to that URL (RFC 3986); in other files it is a
/// path relative to the file's directory.
/// The result is in its normal form, so that two ways to one file are equal.
pub fn join(including: &str, location: &str) -> String {
    if is_url(including) {
        return Url::parse(including)
            .and_then(|base| base.join(location))
            .map_or_else(|_| location.to_owned(), Into::into);
    }
    let path = file_path(location);
    if path.is_none() && is_url(location) {
        return location.to_owned();
    }
    let location = path.as_deref().unwrap_or(location);
    if location.starts_with('/') {
        return normalise(location);
    }
    match including.rfind('/') {
        Some(index) => normalise(&format!("{}/{location}", &including[..index])),
        None => normalise(location),
    }
}

/// Returns the path that a `file:` URL names, if it is on this host.
///
/// ```text
/// file = "file:" ["//" ["localhost"]] path ["?" query] ["#" fragment]
/// ```
/// A path without a slash in front is relative, as in pip's requirements; where pip and uv
/// read a file of requirements they take it for one below `/`, which nobody means.
pub fn file_path(location: &str) -> Option<String> {
    let (scheme, rest) = location.split_once(':')?;
    if !scheme.eq_ignore_ascii_case("file") {
        return None;
    }
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let path = match rest.strip_prefix("//") {
        Some(behind) => {
            let host = behind.split('/').next().unwrap_or_default();
            if !host.is_empty() && !host.eq_ignore_ascii_case("localhost") {
                return None;
            }
            &behind[host.len()..]
        }
        None => rest,
    };
    // `file://${VARIABLE}` may have the slash in front twice.
    let path = match path.strip_prefix('/') {
        Some(absolute) => format!("/{}", absolute.trim_start_matches('/')),
        None => path.to_owned(),
    };
    (!path.is_empty()).then(|| percent_decoded(&path).into_owned())
}

/// Returns a path's normal form: no empty parts, no `.`, and `..` only at the start.
///
/// The empty path is `.`.
pub fn normalise(path: &str) -> String {
    let is_absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|&last| last != "..") => {
                parts.pop();
            }
            ".." if is_absolute => {}
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if is_absolute {
        format!("/{joined}")
    } else if joined.is_empty() {
        ".".to_owned()
    } else {
        joined
    }
}

/// Returns a file's name for people and annotations: a path relative to the
/// current directory, a URL without its password, `-` for standard input.
///
/// `current_directory` is absolute.
pub fn displayed(location: &str, current_directory: &str) -> String {
    let file = file_path(location);
    if file.is_none() && is_url(location) {
        return without_password(location).into_owned();
    }
    let path = normalise(file.as_deref().unwrap_or(location));
    if !path.starts_with('/') {
        return path;
    }
    let directory = normalise(current_directory);
    let parts = |path: &str| -> Vec<String> {
        path.split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (from, to) = (parts(&directory), parts(&path));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", from.len() - common);
    let down = to[common..].iter().map(String::as_str);
    let relative: Vec<&str> = up.chain(down).collect();
    if relative.is_empty() {
        ".".to_owned()
    } else {
        relative.join("/")
    }
}

/// Whether pip reads a requirements file's location as a URL: `^(http|https|file):`,
/// in any case.
pub fn is_url(location: &str) -> bool {
    location.split_once(':').is_some_and(|(scheme, _)| {
        ["http", "https", "file"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(scheme))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn joins_a_path_to_the_directory_of_the_including_file() {
        assert_eq!(join("requirements.in", "base.in"), "base.in");
        assert_eq!(join("sub/dev.in", "base.in"), "sub/base.in");
        assert_eq!(join("sub/dev.in", "../constraints.txt"), "constraints.txt");
        assert_eq!(join("sub/dev.in", "../../c.txt"), "../c.txt");
        assert_eq!(join("sub/dev.in", "/etc/./c.txt"), "/etc/c.txt");
        assert_eq!(join("/a/b/dev.in", "../c.txt"), "/a/c.txt");
        assert_eq!(join("/dev.in", "c.txt"), "/c.txt");
        assert_eq!(join("-", "sub/c.txt"), "sub/c.txt");
    }

    #[test]
    fn joins_a_url_as_a_browser_does() {
        let base = "https://host.example/a/dev.txt?x=1";
        assert_eq!(join(base, "base.txt"), "https://host.example/a/base.txt");
        assert_eq!(join(base, "../c.txt"), "https://host.example/c.txt");
        assert_eq!(join(base, "/c.txt"), "https://host.example/c.txt");
        assert_eq!(
            join(base, "http://other.example/c"),
            "http://other.example/c"
        );
        assert_eq!(join("file:///a/b.txt", "c.txt"), "file:///a/c.txt");
        assert_eq!(
            join("sub/dev.in", "HTTPS://host.example/../c.txt"),
            "HTTPS://host.example/../c.txt"
        );
        assert_eq!(join("https://[", "c.txt"), "c.txt");
    }

    #[test]
    fn a_file_url_of_this_host_is_a_path() {
        for (url, path) in [
            ("file:///a/b.txt", Some("/a/b.txt")),
            ("FILE://localhost/a/b%20c.txt#x=1", Some("/a/b c.txt")),
            ("file://localhost//a", Some("/a")),
            ("file:////a/b", Some("/a/b")),
            ("file:/a", Some("/a")),
            ("file:a/../b", Some("a/../b")),
            ("file:./a?x", Some("./a")),
            ("file://host.example/a", None),
            ("file:", None),
            ("https://host.example/a", None),
            ("a/b", None),
        ] {
            assert_eq!(file_path(url).as_deref(), path, "{url}");
        }
        assert_eq!(join("sub/dev.in", "file:../c.txt"), "c.txt");
        assert_eq!(join("sub/dev.in", "file:///etc/./c.txt"), "/etc/c.txt");
        assert_eq!(
            join("sub/dev.in", "file://host.example/c.txt"),
            "file://host.example/c.txt"
        );
        assert_eq!(displayed("file:///home/me/c.txt", "/home/me"), "c.txt");
    }

    #[test]
    fn normal_form_has_no_detours() {
        assert_eq!(normalise("sub/../constraints.txt"), "constraints.txt");
        assert_eq!(normalise("./a//b/./c/.."), "a/b");
        assert_eq!(normalise("a/../../../b"), "../../b");
        assert_eq!(normalise("/../a"), "/a");
        assert_eq!(normalise("a/.."), ".");
        assert_eq!(normalise("/"), "/");
    }

    #[test]
    fn shows_paths_relative_to_the_current_directory() {
        let shown = |location| displayed(location, "/home/me/project");
        assert_eq!(shown("sub/../constraints.txt"), "constraints.txt");
        assert_eq!(shown("/home/me/project/sub/a.in"), "sub/a.in");
        assert_eq!(shown("/home/me/c.txt"), "../c.txt");
        assert_eq!(shown("/etc/c.txt"), "../../../etc/c.txt");
        assert_eq!(shown("-"), "-");
        assert_eq!(displayed("/a/b", "/"), "a/b");
    }

    #[test]
    fn shows_no_password() {
        assert_eq!(
            displayed("https://me:secret@host.example/c.txt", "/"),
            "https://me:****@host.example/c.txt"
        );
        for (location, shown) in [
            (
                "https://token@host.example/c.txt",
                "https://host.example/c.txt",
            ),
            (
                "https://host.example/c.txt?token=secret",
                "https://host.example/c.txt",
            ),
            (
                "https://me:secret@host.example/c.txt?token=secret&a=b",
                "https://me:****@host.example/c.txt?a=b",
            ),
        ] {
            assert_eq!(displayed(location, "/"), shown);
        }
    }

    proptest! {
        #[test]
        fn normalising_twice_is_normalising_once(path in "[a./]{0,12}") {
            let once = normalise(&path);
            prop_assert_eq!(normalise(&once), once);
        }

        #[test]
        fn a_displayed_path_leads_back(path in "(/[ab]{1,2}){0,4}", directory in "(/[ab]{1,2}){0,4}") {
            let path = format!("{path}/");
            let shown = displayed(&path, &format!("{directory}/"));
            prop_assert_eq!(normalise(&format!("{directory}/{shown}")), normalise(&path));
        }

        #[test]
        fn joining_never_panics(including in "\\PC{0,20}", location in "\\PC{0,20}") {
            join(&including, &location);
            displayed(&location, &including);
        }
    }
}

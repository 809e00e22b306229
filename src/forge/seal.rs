//! How we know our own commits again.
//!
//! The last line of a message is `Pinfold-Seal:` and the SHA-256 of the tree and of the
//! rest of the message. Author and date cannot tell: `git commit --amend` keeps them and
//! the message. A commit whose content or message people changed has a broken seal.
//! It is not a signature: whoever wants to can make one, and gains nothing.

use sha2::{Digest as _, Sha256};

use crate::text::hex;

const KEY: &str = "Pinfold-Seal: ";

/// Returns a message with its seal at the end.
pub(super) fn sealed(tree: &str, message: &str) -> String {
    let body = normal(message);
    let seal = seal(tree, &body);
    // Trailers are one paragraph: git and the services read the last one.
    let space = if ends_with_trailers(&body) {
        "\n"
    } else {
        "\n\n"
    };
    format!("{body}{space}{KEY}{seal}\n")
}

/// Whether a commit with this tree and message is as we made it.
pub(super) fn is_whole(tree: &str, message: &str) -> bool {
    let message = message.trim_end();
    let (body, line) = message.rsplit_once('\n').unwrap_or(("", message));
    line.strip_prefix(KEY) == Some(&*seal(tree, body.trim_end()))
}

fn seal(tree: &str, body: &str) -> String {
    let mut hasher = Sha256::new();
    for part in ["pinfold seal 1", tree, body] {
        hasher.update(part);
        hasher.update([0]);
    }
    hex(&hasher.finalize())
}

/// Without what git refuses or what would hide in a message.
fn normal(message: &str) -> String {
    let message = message.replace("\r\n", "\n").replace('\0', "");
    message.trim().to_owned()
}

fn ends_with_trailers(body: &str) -> bool {
    body.rsplit_once("\n\n").is_some_and(|(_, last)| {
        last.lines().all(|line| {
            line.split_once(": ").is_some_and(|(key, _)| {
                !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_own_and_nothing_that_was_touched() {
        for message in [
            "Update pins",
            "Update\n\nText.\n",
            "",
            "a\r\nb\0",
            "\n\nx\n\n",
        ] {
            let text = sealed("tree", message);
            assert!(is_whole("tree", &text), "{text:?}");
            assert!(is_whole("tree", text.trim_end()), "{text:?}");
            assert!(!is_whole("other", &text));
            assert!(!is_whole("tree", &format!("Not {text}")));
            assert!(!is_whole(
                "tree",
                &format!("{text}Signed-off-by: A <a@b>\n")
            ));
            // Sealing is not repeated on what it makes.
            assert!(is_whole("tree", &sealed("tree", &text)));
        }
        for message in ["", "\n", "Pinfold-Seal:", "Pinfold-Seal: 00"] {
            assert!(!is_whole("tree", message), "{message:?}");
        }
    }

    #[test]
    fn joins_a_paragraph_of_trailers() {
        let text = sealed("t", "Update\n\nBody: text here\nand more");
        assert!(text.contains("and more\n\nPinfold-Seal: "), "{text}");
        let text = sealed("t", "Update\n\nBody\n\nPinfold-Plan: 12ab\nX-Y: z\n");
        assert!(text.contains("X-Y: z\nPinfold-Seal: "), "{text}");
        // The subject is not a trailer.
        let text = sealed("t", "deps: update");
        assert!(text.starts_with("deps: update\n\nPinfold-Seal: "), "{text}");
    }
}

//! Reading git's objects, all by one `git cat-file`.
//!
//! See gitformat-pack(5) and git-cat-file(1), "BATCH OUTPUT". An object's name is asked
//! for in full, so that the answer is never ambiguous.

use std::collections::HashMap;
use std::fmt;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout};
use std::str::FromStr;

use super::error::Error;
use super::git::{Git, last_lines, odd};
use crate::text::hex;

/// The name of a commit: SHA-1 or SHA-256 in lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Commit(String);

impl Commit {
    /// Returns the digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns enough of the digits for people.
    pub fn short(&self) -> &str {
        &self.0[..12]
    }
}

impl fmt::Display for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Not the full name of a commit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a commit hash with 40 or 64 hexadecimal digits")]
pub struct BadCommit;

impl FromStr for Commit {
    type Err = BadCommit;

    fn from_str(text: &str) -> Result<Self, BadCommit> {
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if matches!(text.len(), 40 | 64) && text.bytes().all(is_hex) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadCommit)
        }
    }
}

/// What kind of file an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A file.
    Regular,
    /// A file that may be run.
    Executable,
}

/// What an entry of a tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File(Mode),
    /// Its content is the path it leads to.
    Link,
    Folder,
    /// A commit of another repository.
    Submodule,
}

/// A line of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// As it stands there, `100644` for instance; old ones have odd bits set.
    pub(super) mode: String,
    pub(super) id: String,
}

impl Entry {
    pub(super) fn kind(&self) -> Kind {
        let bits = u32::from_str_radix(&self.mode, 8).unwrap_or_default();
        match bits & 0o170_000 {
            0o100_000 if bits & 0o100 != 0 => Kind::File(Mode::Executable),
            0o100_000 => Kind::File(Mode::Regular),
            0o120_000 => Kind::Link,
            0o040_000 => Kind::Folder,
            _ => Kind::Submodule,
        }
    }
}

/// The entries of a tree by name; names need not be text.
pub(super) type Tree = HashMap<Vec<u8>, Entry>;

/// What we want to know of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CommitText {
    pub(super) tree: String,
    pub(super) parents: Vec<String>,
    /// `Name <email> seconds zone`.
    pub(super) author: String,
    /// As `author`.
    pub(super) committer: String,
    pub(super) message: String,
}

/// A `git cat-file` that answers until it is dropped.
pub(super) struct Objects {
    child: Child,
    /// Taken when it is dropped, which ends the program.
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    trees: HashMap<String, Tree>,
}

impl Objects {
    pub(super) fn open(git: &Git) -> Result<Self, Error> {
        let mut child = git.start("cat-file", &["--batch"])?;
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("it was asked for"));
        Ok(Self {
            child,
            stdin,
            stdout,
            trees: HashMap::new(),
        })
    }

    /// Returns the kind and content of an object, or nothing if it is not there.
    fn read(&mut self, id: &str) -> Result<Option<(String, Vec<u8>)>, Error> {
        match self.ask(id) {
            Ok(answer) => answer,
            // It has ended, which it does for a reason.
            Err(error) => {
                self.stdin = None;
                let mut said = Vec::new();
                if let Some(mut stderr) = self.child.stderr.take() {
                    let _ = stderr.read_to_end(&mut said);
                }
                let said = last_lines(&said);
                Err(Error::Git {
                    command: "cat-file".to_owned(),
                    problem: if said.is_empty() {
                        format!("cannot be run: {error}")
                    } else {
                        format!("failed: {said}")
                    },
                })
            }
        }
    }

    #[expect(
        clippy::type_complexity,
        reason = "three ways to end, each with a meaning"
    )]
    fn ask(&mut self, id: &str) -> std::io::Result<Result<Option<(String, Vec<u8>)>, Error>> {
        if let Some(stdin) = &mut self.stdin {
            stdin.write_all(format!("{id}\n").as_bytes())?;
            stdin.flush()?;
        }
        let mut line = String::new();
        if self.stdout.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let (kind, size) = match words[..] {
            [_, "missing"] => return Ok(Ok(None)),
            [_, kind, size] => match size.parse::<usize>() {
                Ok(size) => (kind.to_owned(), size),
                Err(_) => return Ok(Err(odd("cat-file"))),
            },
            _ => return Ok(Err(odd("cat-file"))),
        };
        let mut content = Vec::new();
        // A line break comes behind it.
        let length = size as u64 + 1;
        self.stdout
            .by_ref()
            .take(length)
            .read_to_end(&mut content)?;
        if content.pop() != Some(b'\n') || content.len() != size {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Ok(Some((kind, content))))
    }

    fn expect(&mut self, id: &str, kind: &str) -> Result<Vec<u8>, Error> {
        let problem = match self.read(id)? {
            Some((found, content)) if found == kind => return Ok(content),
            Some((found, _)) => format!("reports that `{id}` is not a {kind} but a {found}"),
            None => format!("does not find the {kind} `{id}`"),
        };
        Err(Error::Git {
            command: "cat-file".to_owned(),
            problem,
        })
    }

    pub(super) fn blob(&mut self, id: &str) -> Result<Vec<u8>, Error> {
        self.expect(id, "blob")
    }

    pub(super) fn commit(&mut self, commit: &Commit) -> Result<CommitText, Error> {
        let content = self.expect(commit.as_str(), "commit")?;
        parse_commit(&String::from_utf8_lossy(&content)).ok_or_else(|| odd("cat-file"))
    }

    pub(super) fn tree(&mut self, id: &str) -> Result<&Tree, Error> {
        if !self.trees.contains_key(id) {
            let content = self.expect(id, "tree")?;
            // The names in it are as long as its own.
            let tree = parse_tree(&content, id.len() / 2).ok_or_else(|| odd("cat-file"))?;
            self.trees.insert(id.to_owned(), tree);
        }
        Ok(&self.trees[id])
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        self.stdin = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `header`: `key SP value LF`, a value goes on in lines that begin with a space; an
/// empty line; the message.
fn parse_commit(text: &str) -> Option<CommitText> {
    let (header, message) = text.split_once("\n\n").unwrap_or((text, ""));
    let values = |key: &'static str| {
        header
            .lines()
            .filter_map(move |line| line.strip_prefix(key)?.strip_prefix(' '))
            .map(str::to_owned)
    };
    Some(CommitText {
        tree: values("tree").next()?,
        parents: values("parent").collect(),
        author: values("author").next()?,
        committer: values("committer").next()?,
        message: message.to_owned(),
    })
}

/// `entry`: `mode SP name NUL id`, the id in bytes.
fn parse_tree(mut bytes: &[u8], id_length: usize) -> Option<Tree> {
    let mut tree = Tree::new();
    while !bytes.is_empty() {
        let space = bytes.iter().position(|&byte| byte == b' ')?;
        let mode = std::str::from_utf8(&bytes[..space]).ok()?.to_owned();
        let rest = &bytes[space + 1..];
        let end = rest.iter().position(|&byte| byte == 0)?;
        let (id, after) = rest[end + 1..].split_at_checked(id_length)?;
        let id = hex(id);
        tree.insert(rest[..end].to_vec(), Entry { mode, id });
        bytes = after;
    }
    Some(tree)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_named_in_full() {
        for text in ["a".repeat(40), "0".repeat(64)] {
            assert_eq!(text.parse::<Commit>().unwrap().as_str(), text);
        }
        for text in [
            "",
            "HEAD",
            &"a".repeat(39),
            &"A".repeat(40),
            &"g".repeat(64),
            &"ä".repeat(20),
        ] {
            assert_eq!(text.parse::<Commit>(), Err(BadCommit), "{text}");
        }
    }

    #[test]
    fn reads_commits_with_signatures_and_without_messages() {
        let text = "tree t\nparent p\nparent q\nauthor A <a@b> 1 +0200\n\
                    committer C <c@d> 2 -0100\ngpgsig -----BEGIN\n tree x\n -----END\n\nS\n\nB\n";
        let commit = parse_commit(text).unwrap();
        assert_eq!(commit.tree, "t");
        assert_eq!(commit.parents, ["p", "q"]);
        assert_eq!(commit.committer, "C <c@d> 2 -0100");
        assert_eq!(commit.message, "S\n\nB\n");
        let bare = parse_commit("tree t\nauthor a\ncommitter c\n").unwrap();
        assert_eq!(bare.message, "");
        assert_eq!(parse_commit("tree t\n\n"), None);
    }

    #[test]
    fn reads_trees_and_refuses_torn_ones() {
        let mut bytes = b"100755 a b\0".to_vec();
        bytes.extend([0xab; 20]);
        bytes.extend(b"40000 dir\0");
        bytes.extend([1; 20]);
        let tree = parse_tree(&bytes, 20).unwrap();
        assert_eq!(tree[&b"a b"[..]].id, "ab".repeat(20));
        assert_eq!(tree[&b"a b"[..]].kind(), Kind::File(Mode::Executable));
        assert_eq!(tree[&b"dir"[..]].kind(), Kind::Folder);
        for length in 1..bytes.len() {
            let is_whole = parse_tree(&bytes[..length], 20).is_some();
            assert_eq!(is_whole, length == 31, "{length}");
        }
        assert_eq!(parse_tree(b"", 32), Some(Tree::new()));
    }
}

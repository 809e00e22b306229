//! Scripts with a block of metadata (PEP 723) as input.

use crate::index::{Index, wheel};
use crate::project::Project;

const SCRIPT: &str = r#"#!/usr/bin/env python
# /// script
# requires-python = ">=3.9,<3.13"
# dependencies = [
#   "a>=1",
#   'winonly ; sys_platform == "win32"',
# ]
# [tool.other]
# x = 1
# ///
import a
"#;

#[test]
fn its_block_is_compiled() {
    let index = Index::new([wheel("a", "1.0").requires(&["b"]), wheel("b", "2.0")]);
    let project = Project::new();
    project.write("tools/run.py", SCRIPT);
    project.compiles(
        &index.url(),
        &["tools/run.py", "-o", "out.txt", "--no-hashes"],
    );
    let text = project.read("out.txt");
    assert!(
        text.contains("a==1.0\n    # via (tools/run.py)\n"),
        "{text}"
    );
    assert!(text.contains("b==2.0\n    # via a\n"), "{text}");
    assert!(!text.contains("winonly"), "{text}");
}

#[test]
fn what_is_wrong_with_it_is_shown_in_the_script() {
    let index = Index::new([]);
    let project = Project::new();
    project.write("run.py", "import a\n");
    let run = project.compile(&index.url(), &["run.py", "-o", "out.txt"]);
    run.says(2, &["no `# /// script` block", "--> run.py:1:1"]);
    project.write(
        "run.py",
        "# /// script\n# dependencies = [\n#   'b ><',\n# ]\n# ///\n",
    );
    let run = project.compile(&index.url(), &["run.py", "-o", "out.txt"]);
    run.says(2, &["--> run.py:3:"]);
    assert_eq!(index.requests(), [""; 0]);
}

#[test]
fn its_requires_python_has_to_admit_the_target() {
    let index = Index::new([]);
    let project = Project::new();
    project.write("run.py", SCRIPT.replace("<3.13", "<3.12"));
    let run = project.compile(&index.url(), &["run.py", "-o", "out.txt"]);
    run.says(2, &["`run.py` requires Python", "3.12", "--python-version"]);
}

//! What is said elsewhere than on the command line, and which place counts: `PINFOLD_*`,
//! `[compile]`, pip-tools' configuration, `UV_INDEX*`, `PIP_*`, pip.conf.

use crate::index::{Index, wheel};
use crate::project::{Project, Run, run};

/// Where an option can be said, strongest first, but for the command line.
const PLACES: [&str; 6] = ["variable", "compile", "pip-tools", "uv", "pip", "pip.conf"];

/// Says something in a place: the options there are strings, by their names there.
fn say(project: Project, place: &str, option: &str, value: &str) -> Project {
    let upper = option.to_uppercase().replace('-', "_");
    match place {
        "variable" => project.with_variable(&format!("PINFOLD_{upper}"), value),
        "compile" => {
            project.write("pinfold.toml", format!("[compile]\n{option} = '{value}'\n"));
            project
        }
        "pip-tools" => {
            project.write(
                ".pip-tools.toml",
                format!("[tool.pip-tools]\n{option} = '{value}'\n"),
            );
            project
        }
        "uv" => project.with_variable(&format!("UV_{upper}"), value),
        "pip" => project.with_variable(&format!("PIP_{upper}"), value),
        "pip.conf" => {
            project.write("pip.conf", format!("[global]\n{option} = {value}\n"));
            let path = project.path("pip.conf").display().to_string();
            project.with_variable("PIP_CONFIG_FILE", &path)
        }
        _ => unreachable!(),
    }
}

/// Compiles without naming an index.
fn compile(project: &Project, arguments: &[&str]) -> Run {
    run(&mut project.compile_command(arguments))
}

#[test]
fn of_two_places_the_stronger_counts() {
    let index = Index::new([wheel("a", "1.0")]);
    // Nobody answers there.
    let nowhere = "http://127.0.0.1:9/simple/";
    for (at, stronger) in PLACES.iter().enumerate() {
        for weaker in &PLACES[at + 1..] {
            let project = Project::of("a\n");
            let project = say(project, stronger, "index-url", &index.url());
            let project = say(project, weaker, "index-url", nowhere);
            let run = compile(&project, &["--no-emit-index-url", "--retries=0"]);
            assert_eq!(run.code, 0, "{stronger} before {weaker}: {}", run.stderr);
            assert_eq!(project.pins(), ["a==1.0"]);
        }
        let project = say(Project::of("a\n"), stronger, "index-url", nowhere);
        let run = compile(&project, &["--index-url", &index.url()]);
        assert_eq!(run.code, 0, "typed before {stronger}: {}", run.stderr);
    }
}

#[test]
fn lists_of_two_places_are_not_joined() {
    let index = Index::new([
        wheel("a", "1.0"),
        wheel("a", "2.0"),
        wheel("b", "1.0"),
        wheel("b", "2.0"),
    ]);
    let project = Project::of("a\nb\n");
    project.write("a.txt", "a<2\n");
    project.write("b.txt", "b<2\n");
    project.write(
        "pinfold.toml",
        "[compile]\nconstraint = ['a.txt', 'b.txt']\n",
    );
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==1.0", "b==1.0"]);
    project.compiles(&index.url(), &["-c", "b.txt", "-U"]);
    assert_eq!(project.pins(), ["a==2.0", "b==1.0"]);
    let project = project.with_variable("PINFOLD_CONSTRAINT", "a.txt");
    project.compiles(&index.url(), &["-U"]);
    assert_eq!(project.pins(), ["a==1.0", "b==2.0"]);
}

#[test]
fn an_empty_list_takes_back_what_weaker_places_say() {
    let index = Index::new([wheel("a", "1.0"), wheel("a", "2.0")]);
    let project = Project::of("a\n").with_variable("PIP_CONSTRAINT", "bound.txt");
    project.write("bound.txt", "a<2\n");
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==1.0"]);
    project.write("pinfold.toml", "[compile]\nconstraint = []\n");
    project.compiles(&index.url(), &["-U"]);
    assert_eq!(project.pins(), ["a==2.0"]);
}

#[test]
fn switches_are_variables_with_truth_values() {
    let index = Index::new([wheel("a", "1.0")]);
    for (variable, value, hashes) in [
        ("PINFOLD_NO_HASHES", "1", false),
        ("PINFOLD_NO_HASHES", "true", false),
        ("PINFOLD_NO_HASHES", "off", true),
        ("PINFOLD_NO_HASHES", "", true),
        ("PINFOLD_GENERATE_HASHES", "no", false),
        ("PINFOLD_GENERATE_HASHES", "yes", true),
    ] {
        let project = Project::of("a\n").with_variable(variable, value);
        project.compiles(&index.url(), &[]);
        let is_there = project.lock().contains("--hash=");
        assert_eq!(is_there, hashes, "{variable}={value}");
    }
    let project = Project::of("a\n").with_variable("PINFOLD_NO_HASHES", "1");
    project.compiles(&index.url(), &["--generate-hashes"]);
    assert!(project.lock().contains("--hash="));
    let project = Project::of("a\n").with_variable("PINFOLD_CHECK", "maybe");
    project
        .compile(&index.url(), &[])
        .says(2, &["the variable PINFOLD_CHECK is neither true nor false"]);
}

#[test]
fn every_command_has_variables() {
    let index = Index::new([wheel("a", "1.0")]);
    let project = Project::of("a\n").with_variable("PINFOLD_QUIET", "1");
    let run = project.compiles(&index.url(), &[]);
    assert_eq!(run.stderr, "");
    // One that is typed counts for more.
    let run = project.compiles(&index.url(), &["--verbose"]);
    assert!(run.stderr.contains("target: "), "{}", run.stderr);
    let project = Project::new().with_variable("PINFOLD_EXCLUDE", "b a");
    for folder in ["a", "b", "c"] {
        project.write(&format!("{folder}/Dockerfile"), "FROM scratch\n");
    }
    let run = crate::project::run(&mut project.command(&["docker", "explain"]));
    assert!(run.stdout.contains("c/Dockerfile"), "{}", run.stdout);
    assert!(!run.stdout.contains("a/Dockerfile"), "{}", run.stdout);
    let run =
        crate::project::run(&mut project.command(&["-q", "--color", "never", "docker", "explain"]));
    assert!(!run.stdout.contains("a/Dockerfile"), "{}", run.stdout);
}

#[test]
fn a_wrong_value_is_told_with_its_place() {
    let index = Index::new([wheel("a", "1.0")]);
    let project = Project::of("a\n").with_variable("PINFOLD_TIMEOUT", "soon");
    let run = project.compile(&index.url(), &[]);
    run.says(
        2,
        &["error: PINFOLD_TIMEOUT: invalid value 'soon' for '--timeout"],
    );
    let project = Project::of("a\n");
    project.write("pinfold.toml", "[policy]\n[compile]\nprerelease = 'some'\n");
    project.compile(&index.url(), &[]).says(
        2,
        &[
            "error: pinfold.toml:3:1: invalid value 'some' for '--prerelease",
            "the choices are disallow, allow",
        ],
    );
    // What clap cannot judge is told as well.
    project.write("pinfold.toml", "[compile]\nextra = ['a b']\n");
    project.compile(&index.url(), &[]).says(
        2,
        &["`--extra a b`", "`--extra` comes from pinfold.toml:2:1"],
    );
}

#[test]
fn an_unknown_key_is_told_with_what_was_meant() {
    let index = Index::new([wheel("a", "1.0")]);
    let project = Project::of("a\n");
    let check = |text: &str, phrases: &[&str]| {
        project.write("pinfold.toml", text);
        project.compile(&index.url(), &[]).says(2, phrases);
        assert_eq!(project.files(), ["pinfold.toml", "requirements.in"]);
    };
    check(
        "[compile]\nno-heder = true\n",
        &[
            "`no-heder` is not a key of `[compile]`",
            "pinfold.toml:2:1",
            "did you mean `no-header`?",
        ],
    );
    check(
        "[compile]\nheader = 'no'\n",
        &["`header` should be `true` or `false`", "pinfold.toml:2:1"],
    );
    check(
        "[compile]\nindex-url = true\n",
        &["`index-url` should be a string or an array of strings"],
    );
    check(
        "[compile]\nconfig = 'other.toml'\n",
        &["`config` is not a key of `[compile]`"],
    );
    check(
        "[compile]\nall-groups = true\n",
        &[
            "`--all-groups` is not supported",
            "`--all-groups` comes from pinfold.toml:2:1",
        ],
    );
    project.write("pinfold.toml", "");
    project.write("pyproject.toml", "[tool.pinfold.compile]\nfrob = 1\n");
    project
        .compile(&index.url(), &["--config", "pyproject.toml"])
        .says(
            2,
            &["pyproject.toml:2:1", "keys are the long names of options"],
        );
}

#[test]
fn our_configuration_is_as_if_typed() {
    let index = Index::new([wheel("a", "1.0"), wheel("b", "1.0")]);
    let typed = Project::of("a\n");
    typed.write("bound.txt", "b==1.0\n");
    let options = [
        "-c",
        "bound.txt",
        "--no-annotate",
        "--annotation-style=line",
    ];
    typed.compiles(&index.url(), &options);
    let project = Project::of("a\n");
    project.write("bound.txt", "b==1.0\n");
    project.write(
        "pinfold.toml",
        format!(
            "[compile]\nindex-url = '{}'\nconstraint = 'bound.txt'\nannotate = false\nannotation-style = 'line'\nno-emit-index-url = true\n",
            index.url()
        ),
    );
    let run = compile(&project, &[]);
    run.says(0, &[]);
    assert!(!run.stderr.contains("note"), "our own is no surprise");
    assert_eq!(project.lock(), typed.lock());
    // From another folder, its paths mean the same.
    project.write("sub/requirements.in", "b\n");
    let run = run_in(&project, "sub", &["--verbose"]);
    run.says(0, &["`annotate`"]);
    let lock = project.read("sub/requirements.txt");
    assert!(lock.contains("--constraint=../bound.txt"), "{lock}");
}

fn run_in(project: &Project, folder: &str, arguments: &[&str]) -> Run {
    run(project
        .compile_command(arguments)
        .current_dir(project.path(folder)))
}

#[test]
fn what_other_tools_are_told_is_said_once_and_can_be_left_out() {
    let index = Index::new([wheel("a", "1.0"), wheel("a", "2.0")]);
    let url = index.url();
    let project = Project::of("a\n");
    project.write("bound.txt", "a<2\n");
    project.write(
        ".pip-tools.toml",
        "[tool.pip-tools.compile]\nno-annotate = true\nconstraint = ['bound.txt']\nresolver = 'backtracking'\n",
    );
    let config = project.home().join(".config/pip");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(
        config.join("pip.conf"),
        format!(
            "[global]\nindex-url = {url}\ntrusted-host = index.example\n[freeze]\ntimeout = 10\n"
        ),
    )
    .unwrap();
    let mut command = project.compile_command(&["--no-emit-index-url"]);
    command.env_remove("PIP_CONFIG_FILE").env_remove("PIP_CERT");
    let told = run(&mut command);
    told.says(
        0,
        &[
            "note: `annotate` and `constraint` from .pip-tools.toml\n",
            "note: `index-url` and `trusted-host` from ~/.config/pip/pip.conf\n",
        ],
    );
    assert_eq!(project.pins(), ["a==1.0"]);
    assert!(!project.lock().contains("# via"));
    // The host to trust is a matter of this machine.
    assert!(!project.lock().contains("index.example"));

    let mut command = project.compile_command(&["--no-emit-index-url", "-q"]);
    command.env_remove("PIP_CONFIG_FILE");
    assert_eq!(run(&mut command).stderr, "");

    for (arguments, variable) in [
        (vec!["--no-foreign-config"], ""),
        (vec!["--isolated"], ""),
        (vec![], "1"),
    ] {
        let mut all = vec!["--index-url", &url, "-U", "-o", "other.txt"];
        all.extend(arguments);
        let mut command = project.compile_command(&all);
        command
            .env_remove("PIP_CONFIG_FILE")
            .env("PINFOLD_NO_FOREIGN_CONFIG", variable);
        let run = run(&mut command);
        run.says(0, &[]);
        assert!(!run.stderr.contains("note"), "{}", run.stderr);
        assert!(project.read("other.txt").contains("a==2.0"));
    }
    project.write("pinfold.toml", "[compile]\nforeign-config = false\n");
    let run = project.compiles(&url, &["-U"]);
    assert!(!run.stderr.contains("note"), "{}", run.stderr);
    assert_eq!(project.pins(), ["a==2.0"]);
}

#[test]
fn variables_of_other_tools_are_named() {
    let index = Index::new([wheel("a", "1.0")]);
    let project = Project::of("a\n").with_variable("UV_DEFAULT_INDEX", &index.url());
    compile(&project, &[]).says(0, &["note: `index-url` from UV_DEFAULT_INDEX\n"]);
    let project = Project::of("a\n")
        .with_variable("PIP_INDEX_URL", &index.url())
        .with_variable("PIP_NO_INPUT", "1");
    compile(&project, &[]).says(0, &["note: `index-url` from PIP_INDEX_URL\n"]);
    // What does not count is not said.
    let project = say(project, "pip.conf", "index-url", "http://127.0.0.1:9/");
    let run = compile(&project, &[]);
    assert!(!run.stderr.contains("work/pip.conf"), "{}", run.stderr);
}

#[test]
fn what_is_wrong_in_them_names_the_way_out() {
    let index = Index::new([wheel("a", "1.0")]);
    let project = Project::of("a\n");
    project.write(".pip-tools.toml", "[tool.pip-tools]\nfrob = true\n");
    let run = project.compile(&index.url(), &[]);
    run.says(
        2,
        &[
            ".pip-tools.toml:2:1",
            "frob",
            "`--no-foreign-config` ignores",
        ],
    );
    project.compiles(&index.url(), &["--no-foreign-config"]);
    project.compiles(&index.url(), &["--no-config"]);
    let project = Project::of("a\n").with_variable("PIP_TIMEOUT", "soon");
    project
        .compile(&index.url(), &[])
        .says(2, &["PIP_TIMEOUT", "`--no-foreign-config` ignores"]);
    let project = say(Project::of("a\n"), "pip.conf", "retries", "many");
    project
        .compile(&index.url(), &[])
        .says(2, &["pip.conf:2:", "retries"]);
}

#[test]
fn the_index_of_the_machine_stands_in_the_header_without_credentials() {
    let index = Index::new([wheel("a", "1.0")]);
    let project = Project::of("a\n")
        .with_variable("PIP_INDEX_URL", &index.url_with_login("me:sesame"))
        .with_variable("PIP_TIMEOUT", "20");
    compile(&project, &[]).says(0, &[]);
    let lock = project.lock();
    let bare = index.url();
    assert!(lock.contains(&format!("--index-url={bare}")), "{lock}");
    assert!(lock.contains(&format!("\n--index-url {bare}\n")), "{lock}");
    assert!(
        !lock.contains("sesame") && !lock.contains("timeout"),
        "{lock}"
    );
}

#[test]
fn a_folder_of_links_of_the_machine_is_used_and_not_written() {
    let index = Index::new([]);
    let machine = Project::new();
    let release = wheel("a", "1.0");
    machine.write(&format!("links/{}", release.filename()), release.bytes());
    let folder = machine.path("links").display().to_string();
    for place in ["pip", "uv"] {
        let project = say(Project::of("a\n"), place, "find-links", &folder);
        let run = compile(&project, &["--index-url", &index.url()]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert_eq!(project.pins(), ["a==1.0"]);
        let lock = project.lock();
        assert!(!lock.contains("links"), "{place}: {lock}");
    }
    let project = say(Project::of("a\n"), "compile", "find-links", &folder);
    compile(&project, &["--index-url", &index.url()]);
    assert!(
        project
            .lock()
            .contains(&format!("\n--find-links {folder}\n"))
    );
}

#[test]
fn pip_tools_may_name_the_sources() {
    let index = Index::new([wheel("a", "1.0"), wheel("b", "1.0")]);
    let project = Project::of("a\n");
    project.write("dev.in", "b\n");
    project.write(
        ".pip-tools.toml",
        "[tool.pip-tools.compile]\nsrc-files = ['dev.in']\n",
    );
    project.compiles(&index.url(), &[]);
    assert!(project.read("dev.txt").contains("b==1.0"));
    project.compiles(&index.url(), &["requirements.in"]);
    assert_eq!(project.pins(), ["a==1.0"]);
}

#[test]
fn an_update_follows_our_configuration_where_a_header_is_silent() {
    let index = Index::new([
        wheel("a", "1.0").uploaded("2020-01-01T00:00:00Z"),
        wheel("a", "2.0").uploaded("2024-01-01T00:00:00Z"),
    ]);
    let project = Project::of("a\n");
    project.write(
        "requirements.txt",
        "#\n# This file is autogenerated by pip-compile with Python 3.12\n# by the following command:\n#\n\
         #    pip-compile requirements.in\n#\na==1.0\n    # via -r requirements.in\n",
    );
    project.write(
        "pinfold.toml",
        format!(
            "[compile]\nindex-url = '{}'\nexclude-newer = '2022-01-01'\nretries = 0\n",
            index.url()
        ),
    );
    let update = |arguments: &[&str]| {
        let mut all = vec!["update"];
        all.extend(arguments);
        run(&mut project.command(&all))
    };
    update(&[]).says(0, &[]);
    assert_eq!(project.pins(), ["a==1.0"]);
    project.write(
        "pinfold.toml",
        format!("[compile]\nindex-url = '{}'\n", index.url()),
    );
    update(&[]).says(0, &[]);
    assert_eq!(project.pins(), ["a==2.0"]);
    project.write("pinfold.toml", "[compile]\nexclude-nower = '7d'\n");
    update(&[]).says(2, &["did you mean `exclude-newer`?"]);
    update(&["--no-config", "--index-url", &index.url()]).says(0, &[]);
}

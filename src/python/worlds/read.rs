//! What a comparison of a marker (PEP 508) says of the values on the axes.
//!
//! Each answer is that of the comparison itself, evaluated on an environment that stands
//! for a class of them. Systems are whole rows: a `sys_platform` that is known decides
//! `os_name` and `platform_system`, and an implementation's name decides what
//! `platform_python_implementation` is.

use super::super::clause::Operator;
use super::super::environment::Environment;
use super::super::marker::{MarkerOperator, Test, Variable};
use super::diagram::Axis;

/// A system: `sys_platform`, `os_name` and, where it is always the same, `platform_system`.
struct Row {
    sys_platform: &'static str,
    os_name: &'static str,
    platform_system: Option<&'static str>,
}

const ROWS: [Row; 4] = [
    Row {
        sys_platform: "linux",
        os_name: "posix",
        platform_system: Some("Linux"),
    },
    Row {
        sys_platform: "darwin",
        os_name: "posix",
        platform_system: Some("Darwin"),
    },
    Row {
        sys_platform: "win32",
        os_name: "nt",
        platform_system: Some("Windows"),
    },
    // Its `platform_system` contains the version of Windows.
    Row {
        sys_platform: "cygwin",
        os_name: "posix",
        platform_system: None,
    },
];

/// Implementations: `implementation_name`, `platform_python_implementation`.
const IMPLEMENTATIONS: [(&str, &str); 2] = [("cpython", "CPython"), ("pypy", "PyPy")];

/// Returns the axis of a variable whose values are names.
pub(super) const fn axis(variable: Variable) -> Option<Axis> {
    Some(match variable {
        Variable::SysPlatform => Axis::SYS_PLATFORM,
        Variable::OsName => Axis::OS_NAME,
        Variable::PlatformSystem => Axis::PLATFORM_SYSTEM,
        Variable::PlatformMachine => Axis::MACHINE,
        Variable::ImplementationName => Axis::IMPLEMENTATION_NAME,
        Variable::PlatformPythonImplementation => Axis::PYTHON_IMPLEMENTATION,
        _ => return None,
    })
}

/// Returns the variable of an axis of names.
pub(super) const fn variable(axis: Axis) -> Option<Variable> {
    Some(match axis {
        Axis::SYS_PLATFORM => Variable::SysPlatform,
        Axis::OS_NAME => Variable::OsName,
        Axis::PLATFORM_SYSTEM => Variable::PlatformSystem,
        Axis::MACHINE => Variable::PlatformMachine,
        Axis::IMPLEMENTATION_NAME => Variable::ImplementationName,
        Axis::PYTHON_IMPLEMENTATION => Variable::PlatformPythonImplementation,
        _ => return None,
    })
}

/// Returns what a row says of the value on another axis: the axis of the row, and by its
/// name there the name on the other.
pub(super) fn decisions(axis: Axis) -> Option<(Axis, Vec<(&'static str, &'static str)>)> {
    let rows = ROWS.iter();
    Some(match axis {
        Axis::OS_NAME => {
            let decided = rows.map(|row| (row.sys_platform, row.os_name));
            (Axis::SYS_PLATFORM, decided.collect())
        }
        Axis::PLATFORM_SYSTEM => {
            let decided = rows.filter_map(|row| Some((row.sys_platform, row.platform_system?)));
            (Axis::SYS_PLATFORM, decided.collect())
        }
        Axis::PYTHON_IMPLEMENTATION => (Axis::IMPLEMENTATION_NAME, IMPLEMENTATIONS.to_vec()),
        _ => return None,
    })
}

/// Returns the value of an environment on an axis of names.
pub(super) fn name_on(axis: Axis, environment: &Environment) -> Option<&str> {
    Some(match axis {
        Axis::SYS_PLATFORM => &environment.sys_platform,
        Axis::OS_NAME => &environment.os_name,
        Axis::PLATFORM_SYSTEM => &environment.platform_system,
        Axis::MACHINE => &environment.platform_machine,
        Axis::IMPLEMENTATION_NAME => &environment.implementation_name,
        Axis::PYTHON_IMPLEMENTATION => &environment.platform_python_implementation,
        _ => return None,
    })
}

/// Returns names that a comparison other than an equality is tried on.
pub(super) const fn usual_names(axis: Axis) -> &'static [&'static str] {
    match axis {
        Axis::SYS_PLATFORM => &[
            "linux",
            "darwin",
            "win32",
            "cygwin",
            "linux2",
            "android",
            "ios",
            "emscripten",
            "wasi",
            "msys",
            "aix",
            "sunos5",
        ],
        Axis::OS_NAME => &["posix", "nt", "java"],
        Axis::PLATFORM_SYSTEM => &[
            "Linux",
            "Darwin",
            "Windows",
            "Android",
            "iOS",
            "iPadOS",
            "Emscripten",
            "FreeBSD",
            "OpenBSD",
            "NetBSD",
            "SunOS",
            "AIX",
            "Java",
        ],
        Axis::MACHINE => &[
            "x86_64",
            "aarch64",
            "arm64",
            "AMD64",
            "ARM64",
            "amd64",
            "i386",
            "i686",
            "x86",
            "armv6l",
            "armv7l",
            "armv8l",
            "ppc64",
            "ppc64le",
            "s390x",
            "riscv64",
            "loongarch64",
            "wasm32",
        ],
        Axis::IMPLEMENTATION_NAME => &[
            "cpython",
            "pypy",
            "graalpy",
            "jython",
            "ironpython",
            "micropython",
            "pyston",
        ],
        Axis::PYTHON_IMPLEMENTATION => &[
            "CPython",
            "PyPy",
            "GraalVM",
            "Jython",
            "IronPython",
            "Pyston",
        ],
        _ => &[],
    }
}

/// Whether nothing but a row is called so, or nothing at all: a known name in another case,
/// an implementation's short name in capitals (`sys.implementation` says that it has none).
pub(super) fn is_taken(axis: Axis, name: &str) -> bool {
    let is_known =
        |known: &str, is_row: bool| (is_row || known != name) && known.eq_ignore_ascii_case(name);
    match axis {
        Axis::SYS_PLATFORM => ROWS.iter().any(|row| is_known(row.sys_platform, false)),
        // `posix` is that of many systems.
        Axis::OS_NAME => is_known("nt", true) || is_known("posix", false),
        Axis::PLATFORM_SYSTEM => {
            let mut known = ROWS.iter().filter_map(|row| row.platform_system);
            known.any(|known| is_known(known, true))
        }
        Axis::IMPLEMENTATION_NAME => name.bytes().any(|byte| byte.is_ascii_uppercase()),
        Axis::PYTHON_IMPLEMENTATION => {
            let mut known = IMPLEMENTATIONS.iter();
            known.any(|(_, known)| is_known(known, true))
        }
        _ => false,
    }
}

/// Returns an environment of which one value is known.
pub(super) fn environment_with(axis: Axis, name: &str) -> Environment {
    let mut environment = Environment::default();
    let field = match axis {
        Axis::SYS_PLATFORM => &mut environment.sys_platform,
        Axis::OS_NAME => &mut environment.os_name,
        Axis::PLATFORM_SYSTEM => &mut environment.platform_system,
        Axis::MACHINE => &mut environment.platform_machine,
        Axis::IMPLEMENTATION_NAME => &mut environment.implementation_name,
        _ => &mut environment.platform_python_implementation,
    };
    name.clone_into(field);
    environment
}

/// Whether a comparison searches the variable's value for a text: what it says of names
/// nobody knows yet cannot be listed.
pub(super) const fn searches_value(test: &Test) -> bool {
    test.is_reversed && is_search(test)
}

/// Whether a comparison is `in` or `not in`.
pub(super) const fn is_search(test: &Test) -> bool {
    matches!(test.operator, MarkerOperator::In | MarkerOperator::NotIn)
}

/// Returns the words of a text that is searched for the variable's value.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let words = text.split(move |c: char| !is_part(c));
    words.filter(|word| !word.is_empty())
}

/// Returns a comparison without `not`, and whether it had one.
///
/// Only where one is exactly the opposite of the other: no comparison of versions holds if
/// one side is not a version.
pub(super) fn without_negation(test: &Test) -> (Test, bool) {
    let mut test = test.clone();
    let compares_texts =
        !test.variable.is_version() || (!test.is_reversed && test.clause.is_none());
    let (operator, is_negated) = match test.operator {
        MarkerOperator::NotIn => (MarkerOperator::In, true),
        MarkerOperator::Version(Operator::NotEqual) if compares_texts => {
            (MarkerOperator::Version(Operator::Equal), true)
        }
        // Texts have no order: they are equal, or the comparison does not hold.
        MarkerOperator::Version(Operator::AtLeast | Operator::AtMost) if compares_texts => {
            (MarkerOperator::Version(Operator::Equal), false)
        }
        operator => (operator, false),
    };
    test.operator = operator;
    if compares_texts && !is_search(&test) {
        test.is_reversed = false;
    }
    (test, is_negated)
}

/// Returns the comparison that holds where one does not, or nearly: neither of two
/// comparisons of versions holds if a side is not a version.
pub(super) fn opposite(test: &Test) -> Option<Test> {
    let operator = match test.operator {
        MarkerOperator::In => MarkerOperator::NotIn,
        MarkerOperator::NotIn => MarkerOperator::In,
        MarkerOperator::Version(operator) => MarkerOperator::Version(match operator {
            Operator::Equal | Operator::Arbitrary => Operator::NotEqual,
            Operator::NotEqual => Operator::Equal,
            Operator::AtLeast => Operator::Below,
            Operator::Below => Operator::AtLeast,
            Operator::AtMost => Operator::Above,
            Operator::Above => Operator::AtMost,
            Operator::Compatible => return None,
        }),
    };
    let mut test = test.clone();
    test.operator = operator;
    Some(test)
}

/// Whether a comparison never holds, as texts have no order.
pub(super) fn never_holds(test: &Test) -> bool {
    let compares_texts =
        !test.variable.is_version() || (!test.is_reversed && test.clause.is_none());
    compares_texts
        && matches!(
            test.operator,
            MarkerOperator::Version(
                Operator::Above | Operator::Below | Operator::Compatible | Operator::Arbitrary
            )
        )
}

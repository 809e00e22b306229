//! The comparisons that a marker is printed with, in pip's spelling: double quotes,
//! `python_version` where whole minor versions are meant, `sys_platform` rather than
//! `platform_system` and `os_name`.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::super::marker::Variable;
use super::bits::Bits;
use super::cover::Term;
use super::release;

/// A comparison of Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pythons {
    /// This release and all later ones.
    Since(u64),
    /// All earlier ones.
    Below(u64),
    /// All of a minor version.
    Minor(u64),
    NotMinor(u64),
    /// One release.
    Only(u64),
    Not(u64),
}

impl Pythons {
    pub(super) fn to_text(self) -> String {
        let of_cut = |operator: &str, cut: u64| {
            let [major, minor, patch] = release::parts(cut);
            if patch == 0 {
                format!("python_version {operator} \"{major}.{minor}\"")
            } else {
                format!("python_full_version {operator} \"{major}.{minor}.{patch}\"")
            }
        };
        let of_release = |operator: &str, release: u64| {
            let [major, minor, patch] = release::parts(release);
            format!("python_full_version {operator} \"{major}.{minor}.{patch}\"")
        };
        match self {
            Self::Since(cut) => of_cut(">=", cut),
            Self::Below(cut) => of_cut("<", cut),
            Self::Minor(minor) => of_cut("==", release::minor(minor)),
            Self::NotMinor(minor) => of_cut("!=", release::minor(minor)),
            Self::Only(python) => of_release("==", python),
            Self::Not(python) => of_release("!=", python),
        }
    }

    pub(super) const fn rank(self) -> u32 {
        match self {
            Self::Since(_) | Self::Below(_) => 0,
            Self::Minor(_) => 2,
            Self::NotMinor(_) => 3,
            Self::Only(_) => 4,
            Self::Not(_) => 5,
        }
    }

    /// Whether another comparison beside it may say more.
    const fn goes_together(self) -> bool {
        !matches!(self, Self::Minor(_) | Self::Only(_))
    }
}

/// Returns the ways to restrict Python: one comparison, or two.
pub(super) fn python_terms<const N: usize>(
    comparisons: &[(Pythons, String, Bits<N>)],
    all: &Bits<N>,
) -> Vec<Term<N>> {
    let mut terms: IndexMap<Bits<N>, Term<N>, FxBuildHasher> = IndexMap::default();
    let mut add = |cells: Bits<N>, comparisons: &[&(Pythons, String, Bits<N>)]| {
        if cells.is_empty() || cells == *all {
            return;
        }
        let rank = comparisons.iter().map(|(python, _, _)| python.rank()).sum();
        if let Some(known) = terms.get(&cells)
            && (known.comparisons.len(), known.rank) <= (comparisons.len(), rank)
        {
            return;
        }
        let texts = comparisons.iter().map(|(_, text, _)| text.clone());
        let term = Term {
            cells,
            comparisons: texts.collect(),
            is_any: false,
            rank,
        };
        terms.insert(cells, term);
    };
    for comparison in comparisons {
        add(comparison.2, &[comparison]);
    }
    let several: Vec<&(Pythons, String, Bits<N>)> = comparisons
        .iter()
        .filter(|(python, _, _)| python.goes_together())
        .collect();
    for (at, one) in several.iter().enumerate() {
        for other in &several[at + 1..] {
            let cells = one.2.and(&other.2);
            if cells != one.2 && cells != other.2 {
                add(cells, &[one, other]);
            }
        }
    }
    terms.into_values().collect()
}

/// Returns where two neighboring Pythons are told apart: at or above `lowest`, at or below
/// `highest`.
pub(super) fn cut(lowest: u64, highest: u64, cuts: &[u64]) -> u64 {
    let named = || {
        let cuts = cuts.iter().copied();
        cuts.filter(|cut| (lowest..=highest).contains(cut))
    };
    let minors = named().filter(|cut| release::minor(*cut) == *cut);
    let upper = Some(release::minor(highest)).filter(|minor| *minor >= lowest);
    minors
        .max()
        .or_else(|| named().max())
        .or(upper)
        .unwrap_or(highest)
}

/// Values of a variable that are alike.
#[derive(Debug, Clone)]
pub(super) struct Class<const N: usize> {
    /// The names, sorted; none for all that are not named.
    pub(super) names: Vec<String>,
    pub(super) cells: Bits<N>,
}

/// Up to how many classes every combination is tried.
const MOST_COMBINED: usize = 5;

/// Returns the ways to restrict a variable to some classes of its values. The last class is
/// that of all other names, if `has_rest`.
pub(super) fn name_terms<const N: usize>(
    variable: Variable,
    classes: &[Class<N>],
    has_rest: bool,
    is_on: &Bits<N>,
) -> Vec<Term<N>> {
    let count = classes.len();
    let every = (1_u64 << count.min(63)) - 1;
    let mut choices: Vec<u64> = if count <= MOST_COMBINED {
        (1..every).collect()
    } else {
        let singles = (0..count.min(63)).map(|at| 1_u64 << at);
        let mut choices: Vec<u64> = singles.flat_map(|one| [one, every & !one]).collect();
        let with = |holds: &dyn Fn(&Class<N>) -> bool| {
            let own = classes.iter().enumerate().take(63);
            let own = own.filter(|(_, class)| holds(class));
            own.fold(0, |all, (at, _)| all | 1_u64 << at)
        };
        let some = with(&|class| class.cells.intersects(is_on));
        let only = with(&|class| class.cells.is_within(is_on));
        choices.extend([some, only, every & !some, every & !only]);
        choices
    };
    choices.sort_by_key(|choice| (choice.count_ones(), *choice));
    choices.dedup();
    choices.retain(|choice| *choice != 0 && *choice != every);
    let terms = choices.into_iter().map(|choice| {
        let chosen = |at: usize| choice & (1 << at.min(63)) != 0;
        let names = |is_chosen: bool| -> Vec<&String> {
            let own = classes.iter().enumerate();
            let own = own.filter(|(at, _)| chosen(*at) == is_chosen);
            own.flat_map(|(_, class)| &class.names).collect()
        };
        let (own, others) = (names(true), names(false));
        let has_own_rest = has_rest && chosen(count - 1);
        let is_shorter = own.len() == 1 || own.len() < others.len();
        let is_any = !has_own_rest && (has_rest || is_shorter);
        let (mut names, operator) = if is_any { (own, "==") } else { (others, "!=") };
        names.sort_unstable();
        let own = classes.iter().enumerate().filter(|(at, _)| chosen(*at));
        let cells = own.fold(Bits::none(), |all: Bits<N>, (_, class)| {
            all.or(&class.cells)
        });
        let names = names.into_iter();
        let comparisons: Vec<String> = names
            .map(|name| comparison(variable, operator, name))
            .collect();
        let rank = rank_of(variable) + u32::from(!is_any);
        Term {
            cells,
            rank: rank * u32::try_from(comparisons.len()).unwrap_or(1),
            comparisons,
            is_any,
        }
    });
    terms.collect()
}

/// Returns a comparison of a variable with a text.
pub(super) fn comparison(variable: Variable, operator: &str, text: &str) -> String {
    let quote = if text.contains('"') { '\'' } else { '"' };
    format!("{} {operator} {quote}{text}{quote}", variable.as_str())
}

/// Returns how much comparisons of a variable are preferred: the lower, the more.
pub(super) const fn rank_of(variable: Variable) -> u32 {
    match variable {
        Variable::PythonVersion | Variable::PythonFullVersion | Variable::Extra => 0,
        Variable::SysPlatform => 10,
        Variable::PlatformMachine => 20,
        Variable::ImplementationName => 30,
        Variable::OsName => 40,
        Variable::PlatformSystem => 42,
        Variable::PlatformPythonImplementation => 44,
        Variable::PlatformRelease => 60,
        Variable::PlatformVersion => 62,
        Variable::ImplementationVersion => 64,
    }
}

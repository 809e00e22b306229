//! Dependency confusion: names of ours that others use as well.
//!
//! Where the first index that knows a project is the only one for it, a project of ours
//! is safe from another of its name on a later index, until somebody turns the indexes
//! round, or installs without them. So who has such a name is told of it, once, with
//! what makes it safe: an index that owns it.

use crate::ops::compile::fetch::Fetcher;
use crate::ops::compile::fetch::indexes::NameCollision;
use crate::ops::events::{Event, Reporter};
use crate::resolve::Solution;

/// How many projects are named.
const MOST_NAMES: usize = 5;

/// Warns of chosen projects whose names later indexes know.
pub(in crate::ops) async fn warn(
    solution: &Solution,
    fetcher: &Fetcher<'_>,
    reporter: &dyn Reporter,
) {
    if let Some(words) = words(&fetcher.name_collisions(solution).await) {
        reporter.event(Event::Warning(words));
    }
}

fn words(collisions: &[NameCollision]) -> Option<String> {
    // A project that several later indexes have is named once.
    let mut told: Vec<&NameCollision> = Vec::new();
    for collision in collisions {
        if told.iter().all(|other| other.name != collision.name) {
            told.push(collision);
        }
    }
    let first = told.first()?;
    let named: Vec<String> = told
        .iter()
        .take(MOST_NAMES)
        .map(|collision| {
            format!(
                "{} (from `{}`, also on `{}`)",
                collision.name, collision.from, collision.also_on
            )
        })
        .collect();
    let more = match told.len() - named.len() {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    Some(format!(
        "a later index has projects with the same name: {}{more}; if they are yours, add \
         `packages = [\"{}\"]` to the `[[index]]` they come from, so that no other index is queried for them",
        named.join(", "),
        first.name
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::IndexUrl;

    fn collision(name: &str, also_on: &str) -> NameCollision {
        let index = |host: &str| IndexUrl::new(format!("https://{host}.example/").parse().unwrap());
        NameCollision {
            name: name.parse().unwrap(),
            from: index("corp"),
            also_on: index(also_on),
        }
    }

    #[test]
    fn names_few_and_each_once() {
        assert_eq!(words(&[]), None);
        let one = words(&[collision("acme", "index"), collision("acme", "other")]).unwrap();
        assert_eq!(
            one,
            "a later index has projects with the same name: acme (from `https://corp.example/`, \
             also on `https://index.example/`); if they are yours, add `packages = [\"acme\"]` to \
             the `[[index]]` they come from, so that no other index is queried for them"
        );
        let many: Vec<NameCollision> = (0..8)
            .map(|n| collision(&format!("a{n}"), "index"))
            .collect();
        let many = words(&many).unwrap();
        assert!(many.contains("a4 (") && !many.contains("a5"), "{many}");
        assert!(many.contains(", and 3 more;"), "{many}");
    }
}

//! docs/reference.md: every option and every setting, from their definitions.

pub(super) fn text() -> String {
    String::new()
}

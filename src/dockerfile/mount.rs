//! The value of `RUN --mount=`: fields of comma-separated values (RFC 4180, as Go's
//! `encoding/csv` reads one record).
//!
//! ```text
//! fields = field *( "," field )
//! field  = *char / <"> *( char / <"> <"> ) <">        ; a bare field has no <">
//! ```
//!
//! Keys count in any case; of several `from` the last one wins.

use crate::text::{Mapped, Span};

/// What a mount says about where it comes from.
#[derive(Debug)]
pub(super) struct Mount {
    /// The value of `from`, none if there is none or an empty one.
    pub(super) from: Option<Mapped>,
    /// Whether it is a secret, which comes from nowhere.
    pub(super) is_secret: bool,
}

/// A value whose quotes are wrong, or an empty one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadFields;

/// Reads the value of `--mount`.
pub(super) fn parse(value: &Mapped) -> Result<Mount, BadFields> {
    let mut mount = Mount {
        from: None,
        is_secret: false,
    };
    for field in fields(value)? {
        let bytes = field.bytes();
        let Some(equals) = bytes.iter().position(|&byte| byte == b'=') else {
            continue;
        };
        let key = &bytes[..equals];
        if key.eq_ignore_ascii_case(b"from") {
            let from = field.slice(Span::new(equals + 1, field.len()));
            mount.from = Some(from).filter(|from| !from.is_empty());
        } else if key.eq_ignore_ascii_case(b"type") {
            mount.is_secret = bytes[equals + 1..].eq_ignore_ascii_case(b"secret");
        }
    }
    Ok(mount)
}

fn fields(value: &Mapped) -> Result<Vec<Mapped>, BadFields> {
    let bytes = value.bytes();
    if bytes.is_empty() {
        return Err(BadFields);
    }
    let mut fields = Vec::new();
    let mut at = 0;
    loop {
        let mut field = Mapped::new();
        if bytes.get(at) == Some(&b'"') {
            at += 1;
            loop {
                match (bytes.get(at), bytes.get(at + 1)) {
                    (Some(b'"'), Some(b'"')) => {
                        push(&mut field, value, Span::new(at, at + 2));
                        at += 2;
                    }
                    (Some(b'"'), None | Some(b',')) => {
                        at += 1;
                        break;
                    }
                    (None, _) | (Some(b'"'), Some(_)) => return Err(BadFields),
                    (Some(_), _) => {
                        push(&mut field, value, Span::new(at, at + 1));
                        at += 1;
                    }
                }
            }
        } else {
            let rest = &bytes[at..];
            let length = rest
                .iter()
                .position(|&byte| byte == b',')
                .unwrap_or(rest.len());
            if rest[..length].contains(&b'"') {
                return Err(BadFields);
            }
            field = value.slice(Span::new(at, at + length));
            at += length;
        }
        fields.push(field);
        if at == bytes.len() {
            return Ok(fields);
        }
        at += 1;
    }
}

/// Adds the last byte of a part of the value, as made of all of that part.
fn push(field: &mut Mapped, value: &Mapped, span: Span) {
    let source = value
        .source(span)
        .expect("the bytes of a flag are in the order of the file");
    field.push(value.bytes()[span.end - 1], source);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, from: Option<&str>) {
        let mount = parse(&Mapped::verbatim(value.as_bytes(), 0)).unwrap();
        let found = mount.from.map(|from| from.bytes().to_vec());
        assert_eq!(found.as_deref(), from.map(str::as_bytes), "{value}");
    }

    #[test]
    fn the_last_from_wins() {
        check("type=bind,from=a:1,target=/x", Some("a:1"));
        check("FROM=a,From=b", Some("b"));
        check("from=a,from=", None);
        check("from", None);
        check("type=cache", None);
        check("from=a=b", Some("a=b"));
        check(" from=a", None);
        check("from=a,", Some("a"));
    }

    #[test]
    fn fields_may_be_quoted() {
        check("\"from=a\",ro", Some("a"));
        check("\"from=a,b\"", Some("a,b"));
        check("\"from=a\"\"b\"", Some("a\"b"));
    }

    #[test]
    fn other_quotes_are_wrong() {
        for bad in ["", "\"from=a", "from=\"a\"", "\"from=a\"b", "a,\""] {
            let value = Mapped::verbatim(bad.as_bytes(), 0);
            assert_eq!(parse(&value).err(), Some(BadFields), "{bad:?}");
        }
    }
}

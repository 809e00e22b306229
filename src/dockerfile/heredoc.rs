//! Heredocs: which ones the line of an instruction opens.
//!
//! ```text
//! heredoc = *DIGIT "<<" [ "-" ] *ws word      ; a whole word of the line, without "<"
//! ```
//!
//! The line is split as a shell would split it, by BuildKit's own lexer: quotes hold
//! words together, variables stay as they are, blanks behind `<<` belong to the word.
//! A line which that lexer cannot read opens none. The terminator is the word without
//! quotes and escapes. The escape character is always a backslash here.

use super::lines::space_at;
use super::name::name_length;

/// How deep `${…}` may nest.
const DEEPEST: usize = 32;

/// A heredoc that a line opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heredoc {
    /// The line that ends it.
    pub(super) terminator: Vec<u8>,
    /// Whether tabs may stand before the terminator.
    pub(super) is_indented: bool,
}

/// A heredoc whose word cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadWord;

/// Returns the heredocs that a line opens, in order.
pub(super) fn of_line(line: &[u8]) -> Result<Vec<Heredoc>, BadWord> {
    if !line.windows(2).any(|pair| pair == b"<<") {
        return Ok(Vec::new());
    }
    let words = Lexer::new(line, true).words().unwrap_or_default();
    words
        .iter()
        .filter_map(|word| of_word(word).transpose())
        .collect()
}

/// Whether a line that opened a heredoc is followed by its end.
pub(super) fn ends(heredoc: &Heredoc, line: &[u8]) -> bool {
    let tabs = if heredoc.is_indented {
        line.iter().take_while(|&&byte| byte == b'\t').count()
    } else {
        0
    };
    line[tabs..] == heredoc.terminator
}

fn of_word(word: &[u8]) -> Result<Option<Heredoc>, BadWord> {
    let digits = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let Some(rest) = word[digits..].strip_prefix(b"<<") else {
        return Ok(None);
    };
    let (is_indented, rest) = match rest.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let blanks = rest
        .iter()
        .take_while(|byte| matches!(byte, b'\t' | b'\n' | 0x0c | b'\r' | b' '))
        .count();
    let rest = &rest[blanks..];
    if rest.is_empty() || rest.contains(&b'<') {
        return Ok(None);
    }
    let words = Lexer::new(rest, false).words().map_err(|_| BadWord)?;
    Ok(match <[Vec<u8>; 1]>::try_from(words) {
        Ok([terminator]) => Some(Heredoc {
            terminator,
            is_indented,
        }),
        Err(_) => None,
    })
}

/// Splits a line into words.
struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    /// Whether quotes and escapes stay in the words.
    is_raw: bool,
}

/// A text that the lexer cannot read.
#[derive(Debug)]
struct Unreadable;

/// Text on its way into words: whether white space in it splits is not yet known.
#[derive(Default)]
struct Words {
    done: Vec<Vec<u8>>,
    word: Vec<u8>,
}

impl Words {
    /// Adds text that stays in one word.
    fn push_whole(&mut self, text: &[u8]) {
        self.word.extend_from_slice(text);
    }

    /// Adds text whose white space ends words.
    fn push_split(&mut self, text: &[u8]) {
        let mut at = 0;
        while at < text.len() {
            match space_at(text, at) {
                0 => {
                    self.word.push(text[at]);
                    at += 1;
                }
                length => {
                    self.end_word();
                    at += length;
                }
            }
        }
    }

    fn end_word(&mut self) {
        if !self.word.is_empty() {
            self.done.push(std::mem::take(&mut self.word));
        }
    }
}

impl<'a> Lexer<'a> {
    const fn new(text: &'a [u8], is_raw: bool) -> Self {
        Self {
            text,
            at: 0,
            is_raw,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn words(mut self) -> Result<Vec<Vec<u8>>, Unreadable> {
        let mut words = Words::default();
        while let Some(byte) = self.peek() {
            match byte {
                b'$' => words.push_split(&self.dollar(0)?),
                b'\'' | b'"' | b'<' => {
                    let mut text = Vec::new();
                    self.special(&mut text, self.is_raw, 0)?;
                    words.push_whole(&text);
                }
                b'\\' => {
                    let start = self.at + usize::from(!self.is_raw);
                    self.at = (self.at + 2).min(self.text.len());
                    words.push_whole(&self.text[start.min(self.at)..self.at]);
                }
                _ => {
                    let length = space_at(self.text, self.at).max(1);
                    words.push_split(&self.text[self.at..self.at + length]);
                    self.at += length;
                }
            }
        }
        words.end_word();
        Ok(words.done)
    }

    /// Reads a text up to a byte that ends it, which is dropped.
    fn until(&mut self, stop: u8, is_raw: bool, depth: usize) -> Result<Vec<u8>, Unreadable> {
        let mut text = Vec::new();
        while let Some(byte) = self.peek() {
            if byte == stop {
                self.at += 1;
                return Ok(text);
            }
            match byte {
                b'\'' | b'"' | b'<' | b'$' => self.special(&mut text, is_raw, depth)?,
                b'\\' => {
                    self.at += 1;
                    if is_raw {
                        text.push(byte);
                    }
                    text.extend(self.next());
                }
                _ => {
                    text.push(byte);
                    self.at += 1;
                }
            }
        }
        Err(Unreadable)
    }

    /// Reads what one of `'`, `"`, `<`, `$` begins.
    fn special(
        &mut self,
        text: &mut Vec<u8>,
        is_raw: bool,
        depth: usize,
    ) -> Result<(), Unreadable> {
        match self.peek() {
            Some(b'$') => text.extend(self.dollar(depth)?),
            Some(b'<') => {
                let start = self.at;
                self.at += 1;
                if self.peek() == Some(b'<') {
                    self.at += 1;
                    while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
                        self.at += 1;
                    }
                }
                text.extend_from_slice(&self.text[start..self.at]);
            }
            Some(b'\'') => {
                let inside = &self.text[self.at + 1..];
                let length = inside.iter().position(|&byte| byte == b'\'');
                let length = length.ok_or(Unreadable)?;
                let quote = usize::from(!self.is_raw);
                text.extend_from_slice(&self.text[self.at + quote..self.at + length + 2 - quote]);
                self.at += length + 2;
            }
            _ => self.double_quoted(text, is_raw, depth)?,
        }
        Ok(())
    }

    fn double_quoted(
        &mut self,
        text: &mut Vec<u8>,
        is_raw: bool,
        depth: usize,
    ) -> Result<(), Unreadable> {
        self.at += 1;
        if self.is_raw {
            text.push(b'"');
        }
        loop {
            match self.peek().ok_or(Unreadable)? {
                b'"' => {
                    self.at += 1;
                    if self.is_raw {
                        text.push(b'"');
                    }
                    return Ok(());
                }
                b'$' => text.extend(self.dollar(depth)?),
                b'\\' => {
                    self.at += 1;
                    if is_raw {
                        text.push(b'\\');
                    }
                    match self.peek() {
                        Some(byte @ (b'"' | b'$' | b'\\')) => {
                            self.at += 1;
                            text.push(byte);
                        }
                        Some(_) => text.push(b'\\'),
                        None => {}
                    }
                }
                byte => {
                    self.at += 1;
                    text.push(byte);
                }
            }
        }
    }

    /// Reads a variable, and gives it back as it stands: none has a value here.
    fn dollar(&mut self, depth: usize) -> Result<Vec<u8>, Unreadable> {
        let start = self.at;
        self.at += 1;
        if self.peek() != Some(b'{') {
            self.name();
            return Ok(self.text[start..self.at].to_vec());
        }
        self.at += 1;
        if depth == DEEPEST || matches!(self.peek(), None | Some(b'{' | b'}' | b':')) {
            return Err(Unreadable);
        }
        self.name();
        let mut text = self.text[start..self.at].to_vec();
        let operator = self.next().ok_or(Unreadable)?;
        text.push(operator);
        match operator {
            b'}' => return Ok(text),
            b':' => {
                let operator = self.next().ok_or(Unreadable)?;
                text.push(operator);
                let is_raw = matches!(operator, b'#' | b'%');
                text.extend(self.until(b'}', is_raw, depth + 1)?);
            }
            b'+' | b'-' | b'?' => text.extend(self.until(b'}', false, depth + 1)?),
            b'#' | b'%' => text.extend(self.until(b'}', true, depth + 1)?),
            b'/' => {
                if self.peek() == Some(b'/') {
                    self.at += 1;
                }
                text.extend(self.until(b'/', true, depth + 1)?);
                text.push(b'/');
                text.extend(self.until(b'}', true, depth + 1)?);
            }
            _ => return Err(Unreadable),
        }
        text.push(b'}');
        Ok(text)
    }

    fn name(&mut self) {
        self.at += name_length(&self.text[self.at..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, terminators: &[&str]) {
        let found: Vec<_> = of_line(line.as_bytes())
            .unwrap()
            .into_iter()
            .map(|heredoc| {
                let mark = if heredoc.is_indented { "-" } else { "" };
                format!("{mark}{}", String::from_utf8(heredoc.terminator).unwrap())
            })
            .collect();
        assert_eq!(found, terminators, "{line}");
    }

    #[test]
    fn words_open_heredocs() {
        check("RUN <<EOF", &["EOF"]);
        check("RUN cat <<A 3<<-'B' > x", &["A", "-B"]);
        check("COPY <<-\"E F\" /x", &["-E F"]);
        check("RUN << EOF", &["EOF"]);
        check("RUN <<\\EOF", &["EOF"]);
        check("RUN <<EOF|sh", &["EOF|sh"]);
        check("RUN <<$EOF", &["$EOF"]);
        check("RUN ${a:0:3} $(b) $@ <<EOF", &["EOF"]);
        check("RUN ${a:-b <<EOF}", &["EOF}"]);
    }

    #[test]
    fn other_words_open_none() {
        check("RUN cat<<EOF", &[]);
        check("RUN echo \"<<EOF\" '<<EOF'", &[]);
        check("RUN cat <<<EOF", &[]);
        check("RUN cat <<- EOF", &[]);
        check("RUN cat <<", &[]);
        check("RUN echo \\<<EOF", &[]);
        check("RUN x=$((1<<2))", &[]);
    }

    #[test]
    fn a_line_that_cannot_be_read_opens_none() {
        check("RUN echo ' <<EOF", &[]);
        check("RUN echo \" <<EOF", &[]);
        check("RUN ${a@Q} <<EOF", &[]);
        check("RUN ${a[0]} <<EOF", &[]);
        check("RUN ${a <<EOF", &[]);
        let nested = format!("RUN {} <<EOF", "${a:-".repeat(100_000));
        check(&nested, &[]);
    }

    #[test]
    fn the_end_is_the_word_alone_on_its_line() {
        let heredoc = |is_indented| Heredoc {
            terminator: b"EOF".to_vec(),
            is_indented,
        };
        assert!(ends(&heredoc(false), b"EOF"));
        assert!(!ends(&heredoc(false), b"\tEOF"));
        assert!(!ends(&heredoc(false), b"EOF "));
        assert!(ends(&heredoc(true), b"\t\tEOF"));
        assert!(!ends(&heredoc(true), b" EOF"));
    }
}

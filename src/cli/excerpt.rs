//! The lines of a document around a problem.

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// Most characters shown of a line: a document may be one line of megabytes.
const LINE_MAX: usize = 160;
/// How many of them stand before the problem in a line that is cut.
const BEFORE: usize = 60;

/// The line of a problem, and its neighbours when they are short. Lines and columns are counted in characters, as the
/// library counts them.
#[derive(Clone, Debug)]
pub struct Excerpt {
    name: String,
    shown: String,
    /// The first line shown, from 0.
    first_line: usize,
    /// The line of the problem, from 0.
    line: usize,
    /// The character of the problem, from 0.
    column: usize,
    /// The place of the problem in `shown`.
    span: SourceSpan,
}

impl Excerpt {
    /// The surroundings of a place, line and column counted from 1; `None` when the text has no such line.
    pub fn new(name: &str, bytes: &[u8], line: u32, column: u32) -> Option<Self> {
        // Bytes that are no text show as replacement characters; they are single characters to the library too.
        let text = String::from_utf8_lossy(bytes);
        let line = usize::try_from(line).ok()?.checked_sub(1)?;
        let column = usize::try_from(column).ok()?.checked_sub(1)?;
        let at = text.lines().nth(line)?;
        let cut = at.chars().count() > LINE_MAX;
        let skipped = if cut { column.saturating_sub(BEFORE) } else { 0 };
        let own: String = at.chars().skip(skipped).take(LINE_MAX).map(printable).collect();
        let inside = column.saturating_sub(skipped);
        let offset: usize = own.chars().take(inside).map(char::len_utf8).sum();
        let length = own.get(offset..).map_or(0, token_length);

        let is_short = |neighbour: &&str| !cut && neighbour.chars().count() <= LINE_MAX;
        let before = line.checked_sub(1);
        let before = before.and_then(|above| text.lines().nth(above)).filter(is_short);
        let after = text.lines().nth(line.saturating_add(1)).filter(is_short);
        let mut shown = String::new();
        if let Some(line) = before {
            shown.extend(line.chars().map(printable));
            shown.push('\n');
        }
        let start = shown.len().saturating_add(offset);
        shown.push_str(&own);
        if let Some(line) = after {
            shown.push('\n');
            shown.extend(line.chars().map(printable));
        }
        Some(Self {
            name: name.to_owned(),
            shown,
            first_line: if before.is_some() { line.saturating_sub(1) } else { line },
            line,
            column,
            span: (start, length).into(),
        })
    }

    /// The place of the problem.
    pub const fn span(&self) -> SourceSpan {
        self.span
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        _span: &SourceSpan,
        lines_before: usize,
        _lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        // Without surroundings it is asked for the place alone, to head the excerpt with it.
        let (line, column) = if lines_before == 0 { (self.line, self.column) } else { (self.first_line, 0) };
        let lines = self.shown.lines().count();
        let whole = (0, self.shown.len()).into();
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            self.shown.as_bytes(),
            whole,
            line,
            column,
            lines,
        )))
    }
}

/// A character that cannot steer the terminal, as wide as the one it stands for.
fn printable(character: char) -> char {
    if character.is_control() { ' ' } else { character }
}

/// The length of the JSON token a text starts with: a string to its closing quote, anything else to a delimiter.
fn token_length(text: &str) -> usize {
    let mut escaped = false;
    let is_string = text.starts_with('"');
    for (index, character) in text.char_indices() {
        let ends = if is_string {
            let closes = character == '"' && !escaped && index > 0;
            escaped = character == '\\' && !escaped;
            closes
        } else {
            matches!(character, ',' | ':' | ' ' | ']' | '}')
        };
        if ends {
            let with_quote = if is_string { 1 } else { 0 };
            return index.saturating_add(with_quote).max(1);
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(excerpt: &Excerpt) -> &str {
        let start = excerpt.span.offset();
        &excerpt.shown[start..start + excerpt.span.len()]
    }

    #[test]
    fn the_token_at_the_place_is_marked() {
        let text = "{\n  \"a\": \"满减\", \"b\\\"c\": 12\n}";
        let value = Excerpt::new("f", text.as_bytes(), 2, 8).unwrap();
        assert_eq!(marked(&value), "\"满减\"");
        let key = Excerpt::new("f", text.as_bytes(), 2, 14).unwrap();
        assert_eq!(marked(&key), "\"b\\\"c\"");
        let number = Excerpt::new("f", text.as_bytes(), 2, 22).unwrap();
        assert_eq!(marked(&number), "12");
    }

    #[test]
    fn a_line_of_any_length_is_shown_around_the_place_only() {
        let text = format!("[{}\"here\"{}]", "1,".repeat(500_000), ",2".repeat(500_000));
        let excerpt = Excerpt::new("f", text.as_bytes(), 1, 1_000_002).unwrap();
        assert_eq!(marked(&excerpt), "\"here\"");
        assert!(excerpt.shown.len() <= LINE_MAX);
        let place = excerpt.read_span(&excerpt.span(), 0, 0).unwrap();
        assert_eq!((place.line(), place.column()), (0, 1_000_001));
    }

    #[test]
    fn a_place_beyond_the_text_has_no_excerpt() {
        assert!(Excerpt::new("f", b"{}", 9, 1).is_none());
        assert!(Excerpt::new("f", b"{}", 0, 1).is_none());
        assert_eq!(marked(&Excerpt::new("f", b"{}", 1, 9).unwrap()), "");
    }
}

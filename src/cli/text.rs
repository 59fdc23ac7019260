//! Text and tables for a terminal.

use comfy_table::{Cell, CellAlignment, ContentLineStyle, LineStyle, Table, TableStyle, presets};

/// A line below the headings and nothing else.
const HEADED: TableStyle = TableStyle::new()
    .header_lines(ContentLineStyle::none().junction(' '))
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .content_lines(ContentLineStyle::none().junction(' '));

/// A text as it may be shown: control characters and marks that reorder text are spelt out, so that nothing from a
/// document can steer the terminal or hide what it says.
pub fn shown(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        let reorders =
            matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if character.is_control() || reorders {
            plain.extend(character.escape_unicode());
        } else {
            plain.push(character);
        }
    }
    plain
}

/// Which way a column leans: text to the left, numbers to the right.
#[derive(Clone, Copy, Debug)]
pub enum Lean {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// Rows in columns that align however wide their characters are.
pub struct Columns {
    table: Table,
    leans: Vec<Lean>,
}

impl Columns {
    /// Columns with headings.
    pub fn new(headings: &[(&str, Lean)]) -> Self {
        let leans: Vec<Lean> = headings.iter().map(|(_, lean)| *lean).collect();
        let mut columns = Self::bare(&leans);
        columns.table.load_style(HEADED);
        let cells = headings.iter().map(|(heading, lean)| cell(heading, *lean));
        columns.table.set_header(cells.collect::<Vec<_>>());
        columns
    }

    /// Columns without headings or lines.
    pub fn bare(leans: &[Lean]) -> Self {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        Self { table, leans: leans.to_vec() }
    }

    /// Adds a row; one text for each column.
    pub fn row<const N: usize>(&mut self, texts: [String; N]) {
        let cells = texts.iter().zip(&self.leans);
        let cells: Vec<Cell> = cells.map(|(text, lean)| cell(text, *lean)).collect();
        self.table.add_row(cells);
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The rows, one line each, without trailing blanks.
    pub fn print(&self, out: &mut String) {
        for line in self.table.lines() {
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
}

fn cell(text: &str, lean: Lean) -> Cell {
    Cell::new(text).set_alignment(match lean {
        Lean::Left => CellAlignment::Left,
        Lean::Right => CellAlignment::Right,
    })
}

/// A count with its noun: `1 unit`, `2 units`.
pub fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_document_can_steer_the_terminal() {
        assert_eq!(shown("满减 \u{1b}[31m\u{202e}"), "满减 \\u{1b}[31m\\u{202e}");
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let mut columns = Columns::bare(&[Lean::Left, Lean::Right]);
        columns.row(["跨店满减".to_owned(), "1".to_owned()]);
        columns.row(["abcdefgh".to_owned(), "23".to_owned()]);
        let mut out = String::new();
        columns.print(&mut out);
        let ends: Vec<&str> = out.lines().collect();
        // Four wide characters are as wide as eight narrow ones, so both numbers end in one column.
        assert_eq!(ends[0].replace("跨店满减", "abcdefgh").len(), ends[1].len());
    }
}

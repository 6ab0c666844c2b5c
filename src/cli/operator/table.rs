//! Tables for people: columns as wide as what is in them.

use claviger_proto::time::{TimestampMessage, read_timestamp};

use crate::cli::dates::date;

/// What stands for nothing.
pub(in crate::cli) const NONE: &str = "–";

/// A table.
pub(in crate::cli) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these headings.
    pub(in crate::cli) fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(|&it| it.to_owned()).collect()] }
    }

    /// Adds a row. An empty text is shown as a dash.
    pub(in crate::cli) fn row(&mut self, cells: &[&str]) {
        self.rows.push(cells.iter().map(|it| printable(it)).collect());
    }

    /// Adds a row that belongs to the one before. An empty text is shown as such.
    pub(in crate::cli) fn further_row(&mut self, cells: &[&str]) {
        let shown = |cell: &&str| if cell.is_empty() { String::new() } else { printable(cell) };
        self.rows.push(cells.iter().map(shown).collect());
    }

    /// The lines.
    pub(in crate::cli) fn lines(&self) -> Vec<String> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|it| it.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        self.rows.iter().map(|row| padded(row, &widths)).collect()
    }
}

fn padded(row: &[String], widths: &[usize]) -> String {
    let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
    cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

/// The text, or a dash, without what would control a terminal.
pub(in crate::cli) fn printable(text: &str) -> String {
    if text.is_empty() {
        return NONE.to_owned();
    }
    text.chars().map(|it| if it.is_control() { '\u{fffd}' } else { it }).collect()
}

/// A time of a message as people read it; a dash if it is unset.
pub(in crate::cli) fn time(time: Option<&TimestampMessage>) -> String {
    time.map_or_else(|| NONE.to_owned(), |it| date(read_timestamp(it)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["NAME", "ROLE", "NOTE"]);
        table.row(&["shop", "", "a\u{1b}[2J"]);
        table.row(&["a-long-name", "admin", ""]);

        let lines = table.lines();

        assert_eq!(lines[0], "NAME         ROLE   NOTE");
        assert_eq!(lines[1], "shop         –      a\u{fffd}[2J");
        assert_eq!(lines[2], "a-long-name  admin  –");
    }
}

//! Writes a table in columns. The caller decides how words are coloured.

/// The meaning of a word, from which the command line chooses a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Good,
    Notable,
    Bad,
}

/// Writes words by their tone.
pub(crate) trait Tones {
    fn write(&self, text: &mut String, word: &str, tone: Tone);
}

/// Writes every word without colour.
pub(crate) struct Plain;

impl Tones for Plain {
    fn write(&self, text: &mut String, word: &str, _: Tone) {
        text.push_str(word);
    }
}

/// The text and tone of a cell.
pub(crate) type Cell = (String, Tone);

/// Writes the rows in aligned columns. Leaves out columns without any text.
pub(crate) fn write_table<const N: usize>(
    text: &mut String,
    titles: [&str; N],
    rows: &[[Cell; N]],
    tones: &dyn Tones,
) {
    let width = |column: usize| {
        let widths = rows.iter().filter_map(|row| row.get(column)).map(|(cell, _)| cell.chars().count());
        widths
            .max()
            .filter(|width| *width > 0)
            .map(|width| width.max(titles.get(column).map_or(0, |title| title.len())))
    };
    let widths: Vec<Option<usize>> = (0..N).map(width).collect();
    let head = titles.map(|title| (title.to_owned(), Tone::Plain));
    for row in std::iter::once(&head).chain(rows) {
        // Spaces are written before the next text, so that no line ends in spaces.
        let mut pending_spaces = 2;
        for ((cell, tone), width) in row.iter().zip(&widths) {
            let Some(width) = width else { continue };
            if !cell.is_empty() {
                text.push_str(&" ".repeat(pending_spaces));
                pending_spaces = 0;
                tones.write(text, cell, *tone);
            }
            pending_spaces += width.saturating_sub(cell.chars().count()) + 3;
        }
        text.push('\n');
    }
}

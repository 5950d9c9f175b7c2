//! A table in columns, whose words may be coloured.

/// How much a word matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Good,
    Notable,
    Bad,
}

/// How words of a tone are written.
pub(crate) trait Tones {
    fn write(&self, text: &mut String, word: &str, tone: Tone);
}

/// All the same.
pub(crate) struct Plain;

impl Tones for Plain {
    fn write(&self, text: &mut String, word: &str, _: Tone) {
        text.push_str(word);
    }
}

/// A cell: its text and tone.
pub(crate) type Cell = (String, Tone);

/// Writes what there is in columns. One in which no setting has anything is left out.
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
        // Spaces are owed until there is something to part: no line ends in them.
        let mut owed = 2;
        for ((cell, tone), width) in row.iter().zip(&widths) {
            let Some(width) = width else { continue };
            if !cell.is_empty() {
                text.push_str(&" ".repeat(owed));
                owed = 0;
                tones.write(text, cell, *tone);
            }
            owed += width.saturating_sub(cell.chars().count()) + 3;
        }
        text.push('\n');
    }
}

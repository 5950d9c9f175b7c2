//! The tables, for people and for the documentation, and the targets.

use super::cell::{Cell, Cells};
use crate::outcome::Outcome;
use crate::table::Table;

pub(super) struct Report {
    outcome: Outcome,
    markdown: String,
}

impl Report {
    pub(super) fn new(outcome: Outcome) -> Self {
        Self { outcome, markdown: String::new() }
    }

    /// Adds a table. Ours leaks nowhere, and others do in it: a table in which none does shows nothing.
    pub(super) fn add(&mut self, title: &str, cells: Cells) {
        let mut head = vec![title];
        head.extend(&cells.crates);
        let mut table = Table::of(head.iter().map(|cell| (*cell).to_owned()).collect());
        let rule = vec!["---"; head.len()];
        self.markdown += &markdown_row(&head);
        self.markdown += &markdown_row(&rule);
        let mut others_leak = 0;
        for (channel, row) in cells.rows {
            let mut texts = vec![channel];
            texts.extend(row.iter().map(|cell| cell.as_str()));
            table.row(texts.iter().map(|text| (*text).to_owned()));
            let bold = |text: &&'static str| if *text == "leaks" { "**leaks**" } else { *text };
            self.markdown += &markdown_row(&texts.iter().map(bold).collect::<Vec<_>>());
            let (ours, others) = row.split_at(cells.ours);
            self.outcome.holds(format!("ours does not leak: {channel}"), !ours.contains(&Cell::Leaks));
            others_leak += others.iter().filter(|cell| **cell == Cell::Leaks).count();
        }
        self.outcome
            .holds(format!("control: {others_leak} leaks of others are seen: {title}"), others_leak > 0);
        self.markdown.push('\n');
        println!("{table}");
    }

    pub(super) fn print(self) -> Outcome {
        println!("As Markdown:\n\n{}", self.markdown);
        self.outcome
    }
}

fn markdown_row(cells: &[&str]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

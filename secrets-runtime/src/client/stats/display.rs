//! Prints [`Stats`] as a table.

use std::fmt;
use std::time::Duration;

use super::{EntryStats, Stats};

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ttl, max_stale) = (rounded(self.ttl), rounded(self.max_stale));
        writeln!(f, "{} from {}", self.environment, self.sources.join(", "))?;
        writeln!(f, "ttl {ttl}, at most {max_stale} longer; room for {}", self.capacity)?;
        writeln!(f)?;
        let hit_rate =
            self.hit_rate().map(|rate| format!("{:.1} % answered at once", rate * 100.0)).unwrap_or_default();
        let coalesced =
            if self.coalesced > 0 { format!("{} of them coalesced", self.coalesced) } else { String::new() };
        let refresh_failures = if self.refresh_failures > 0 {
            format!("{} of them failed", self.refresh_failures)
        } else {
            String::new()
        };
        let failing = if self.watched_failing > 0 {
            format!("{} of them do not load", self.watched_failing)
        } else {
            String::new()
        };
        let (requests, sent) = counted(self.requests.iter().map(|(operation, count)| (*operation, *count)));
        let (failures, kinds) = counted(self.failures.iter().map(|(kind, count)| (kind.as_str(), *count)));
        let rows = [
            ("reads", self.reads(), hit_rate),
            ("  hits", self.hits, String::new()),
            ("  stale", self.stale, String::new()),
            ("  remembered", self.remembered, String::new()),
            ("  misses", self.misses, coalesced),
            ("refreshes", self.refreshes, refresh_failures),
            ("evictions", self.evictions, String::new()),
            ("requests", requests, sent),
            ("failures", failures, kinds),
            ("watched", count_of(self.watched), failing),
        ];
        let rows = rows.map(|(name, count, note)| [name.to_owned(), count.to_string(), note]);
        table(f, &rows, &[Align::Left, Align::Right, Align::Left])?;
        if self.entries.is_empty() {
            return Ok(());
        }
        writeln!(f)?;
        let heading = ["source", "secret", "state", "fetched", "made", "stages"].map(str::to_owned);
        let rows: Vec<[String; 6]> = [heading].into_iter().chain(self.entries.iter().map(row)).collect();
        table(f, &rows, &[Align::Left; 6])
    }
}

fn count_of(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn row(entry: &EntryStats) -> [String; 6] {
    let ago = |duration: Option<Duration>| {
        duration.map(|duration| format!("{} ago", rounded(duration))).unwrap_or_default()
    };
    let mut name = entry.names.join(", ");
    if let Some(version) = &entry.version {
        name = format!("{name} ({version})");
    }
    [
        entry.source.clone(),
        name,
        entry.state.to_string(),
        ago(entry.fetched_ago),
        ago(entry.age),
        entry.stages.join(", "),
    ]
}

/// The sum of counts, and a list of those that are not zero.
fn counted<'a>(counts: impl Iterator<Item = (&'a str, u64)>) -> (u64, String) {
    let mut sum = 0;
    let mut names = Vec::new();
    for (name, count) in counts.filter(|(_, count)| *count > 0) {
        sum += count;
        names.push(format!("{count} {name}"));
    }
    (sum, names.join(", "))
}

/// A duration in its two largest units.
pub(super) fn rounded(duration: Duration) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let seconds = duration.as_secs();
    let (large, unit, small, lesser) = match seconds {
        0 if duration.subsec_millis() > 0 => return format!("{}ms", duration.subsec_millis()),
        0..MINUTE => return format!("{seconds}s"),
        MINUTE..HOUR => (seconds / MINUTE, 'm', seconds % MINUTE, 's'),
        HOUR..DAY => (seconds / HOUR, 'h', seconds % HOUR / MINUTE, 'm'),
        _ => (seconds / DAY, 'd', seconds % DAY / HOUR, 'h'),
    };
    if small == 0 { format!("{large}{unit}") } else { format!("{large}{unit} {small}{lesser}") }
}

#[derive(Clone, Copy)]
enum Align {
    Left,
    Right,
}

/// Writes columns as wide as their widest cell, without spaces at the end of a line.
fn table<const N: usize>(
    f: &mut fmt::Formatter<'_>,
    rows: &[[String; N]],
    columns: &[Align; N],
) -> fmt::Result {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in rows {
        let cells = row.iter().zip(widths).zip(columns);
        let cells = cells.map(|((cell, width), align)| match align {
            Align::Left => format!("{cell:<width$}"),
            Align::Right => format!("{cell:>width$}"),
        });
        writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

//! The text of a whole report: the set-up first, then each setting with its places, then what to do.
//! Settings that failed for one reason are one block.

use std::fmt;

use super::{DecodeError, ErrorKind, FieldError, Place, Report};

/// The number of settings that make one block, if their causes are the same in different places. Two of
/// them are easier to read one by one.
const MIN_GROUP: usize = 3;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_title(f)?;
        for (source, target) in &self.targets {
            writeln!(f, "  {source}: {target}")?;
        }
        for problem in &self.problems {
            writeln!(f, "\n  {problem}")?;
            if let Some(help) = problem.error().help() {
                writeln!(f, "    help: {help}")?;
            }
        }
        let blocks = blocks(&self.fields);
        let singles = || {
            blocks.iter().filter_map(|block| if let [field] = block.as_slice() { Some(*field) } else { None })
        };
        let path_width = widest(singles().map(|field| field.path.as_str()));
        // A long reason does not widen the column, so that doc comments stay on the screen.
        let kind_width = singles().map(|field| width(&field.summary())).filter(|width| *width <= 24).max();
        let kind_width = kind_width.unwrap_or(0);
        let mut last_help: &[String] = &[];
        for block in &blocks {
            let [first, ..] = block.as_slice() else { continue };
            if block.len() == 1 {
                write!(f, "\n  {:path_width$}   ", first.path)?;
                match &*first.description() {
                    "" => writeln!(f, "{}", first.summary())?,
                    description => writeln!(f, "{:kind_width$}   {description}", first.summary())?,
                }
                write_places(f, &first.places, |_| true, true)?;
            } else {
                match block.len() {
                    all if all == self.total => write!(f, "\n  all {all} settings")?,
                    some => write!(f, "\n  {some} settings")?,
                }
                writeln!(f, ", for one reason: {}", first.summary())?;
                // The ids of their requests differ.
                write_places(f, &first.places, |index| is_shared(block, index), false)?;
            }
            // The same help for consecutive settings is written once.
            for help in first.help.iter().filter(|help| block.len() > 1 || !last_help.contains(*help)) {
                writeln!(f, "    help: {help}")?;
            }
            last_help = &first.help;
            if block.len() > 1 {
                write_members(f, block)?;
            }
        }
        Ok(())
    }
}

impl Report {
    fn write_title(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, counted, failure, environment, total, fields, .. } = self;
        match (fields.len(), *total) {
            (0, _) | (1, 1) => write!(f, "{subject} {failure}")?,
            (failed, total) => write!(f, "{failed} of {total} {counted} of {subject} {failure}")?,
        }
        match environment.as_str() {
            // An account does not belong to an environment.
            "" => writeln!(f),
            environment => writeln!(f, " (environment: {environment})"),
        }
    }
}

/// The settings in their order; those with one cause are together, where the first of them is.
fn blocks(fields: &[FieldError]) -> Vec<Vec<&FieldError>> {
    let mut blocks: Vec<Vec<&FieldError>> = Vec::new();
    for field in fields {
        match blocks.iter_mut().find(|block| block.first().is_some_and(|first| have_same_cause(first, field)))
        {
            Some(block) => block.push(field),
            None => blocks.push(vec![field]),
        }
    }
    // A block that is too small falls apart.
    let is_block =
        |block: &Vec<&FieldError>| block.len() >= MIN_GROUP || (block.len() > 1 && have_same_places(block));
    let (groups, rest): (Vec<_>, Vec<_>) = blocks.into_iter().partition(is_block);
    let singles = rest.into_iter().flatten().map(|field| vec![field]);
    let mut blocks: Vec<_> = groups.into_iter().chain(singles).collect();
    let place_of = |block: &Vec<&FieldError>| {
        fields.iter().position(|field| block.first().is_some_and(|first| std::ptr::eq(*first, field)))
    };
    blocks.sort_by_key(place_of);
    blocks
}

/// Whether two settings failed for the same reason: everything is the same but their names and places.
/// Settings that are missing or invalid are listed one by one, since each of them needs a value of its own,
/// unless they are keys of one secret that does not exist or cannot be read.
fn have_same_cause<'a>(one: &'a FieldError, other: &'a FieldError) -> bool {
    let causes = |field: &'a FieldError| field.places.iter().map(Place::cause);
    let is_one_by_one = match one.kind {
        ErrorKind::Missing => !are_of_one_absent_secret(one, other),
        ErrorKind::Invalid => !one.reason.as_ref().is_some_and(DecodeError::is_about_document),
        _ => false,
    };
    !is_one_by_one
        && (one.kind, &one.reason, &one.help) == (other.kind, &other.reason, &other.help)
        && !one.places.is_empty()
        && causes(one).eq(causes(other))
}

/// Whether some place does not have the secret of which both settings are keys.
fn are_of_one_absent_secret(one: &FieldError, other: &FieldError) -> bool {
    one.places
        .iter()
        .zip(&other.places)
        .any(|(one, other)| one.is_absent() && other.is_absent() && one.location() == other.location())
}

/// Whether all settings of a block have the same places. They have equally many.
fn have_same_places(block: &[&FieldError]) -> bool {
    let [first, ..] = block else { return true };
    (0..first.places.len()).all(|index| is_shared(block, index))
}

/// Whether all settings of a block have the same place at this index.
fn is_shared(block: &[&FieldError], index: usize) -> bool {
    let mut locations = block.iter().map(|field| field.places.get(index).map(Place::location));
    let first = locations.next();
    locations.all(|other| Some(other) == first)
}

fn write_places<'a>(
    f: &mut fmt::Formatter<'_>,
    places: &'a [Place],
    with_location: impl Fn(usize) -> bool,
    is_of_one: bool,
) -> fmt::Result {
    let source_width = widest(places.iter().map(Place::source));
    let location =
        |(index, place): (usize, &'a Place)| if with_location(index) { place.location() } else { "" };
    let location_width = widest(places.iter().enumerate().map(location));
    for (index, place) in places.iter().enumerate() {
        let (source, (outcome, details)) = (place.source(), place.lines(is_of_one));
        let line = if (0..places.len()).any(&with_location) {
            format!("    {source:source_width$}  {:location_width$}   {outcome}", location((index, place)))
        } else {
            format!("    {source:source_width$}   {outcome}")
        };
        writeln!(f, "{}", line.trim_end())?;
        for detail in details {
            writeln!(f, "      {detail}")?;
        }
    }
    Ok(())
}

/// The settings of one block, with those of their places that differ.
fn write_members(f: &mut fmt::Formatter<'_>, block: &[&FieldError]) -> fmt::Result {
    let same_places = have_same_places(block);
    let locations = |field: &FieldError| {
        let places = field.places.iter().enumerate().filter(|(index, _)| !is_shared(block, *index));
        places.map(|(_, place)| place.location()).collect::<Vec<_>>().join(", ")
    };
    let path_width = widest(block.iter().map(|field| field.path.as_str()));
    let location_width = block.iter().map(|field| width(&locations(field))).max().unwrap_or(0);
    writeln!(f)?;
    for field in block {
        let line = if same_places {
            format!("    {:path_width$}   {}", field.path, field.description())
        } else {
            format!(
                "    {:path_width$}   {:location_width$}   {}",
                field.path,
                locations(field),
                field.description()
            )
        };
        writeln!(f, "{}", line.trim_end())?;
    }
    Ok(())
}

fn widest<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(width).max().unwrap_or(0)
}

fn width(text: &str) -> usize {
    text.chars().count()
}

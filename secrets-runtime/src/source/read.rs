//! Reading what holds secrets: no part of it is left behind.

use std::io::{self, ErrorKind, Read};

use zeroize::Zeroizing;

/// Reads to the end. A pipe does not say how much that is: what a buffer that was too small held is wiped.
///
/// # Errors
/// Those of reading, and [`ErrorKind::FileTooLarge`] if there is more than `most` bytes.
pub(super) fn read_to_end(
    mut reader: impl Read,
    expected: usize,
    most: usize,
) -> io::Result<Zeroizing<Vec<u8>>> {
    // One more, to see the end without another buffer.
    let mut bytes = Zeroizing::new(vec![0; expected.min(most) + 1]);
    let mut length = 0;
    loop {
        if length == bytes.len() {
            let mut larger = Zeroizing::new(vec![0; bytes.len().saturating_mul(2).max(8 * 1024)]);
            larger.iter_mut().zip(bytes.iter()).for_each(|(to, from)| *to = *from);
            bytes = larger;
        }
        match reader.read(bytes.get_mut(length..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if length > most {
            return Err(ErrorKind::FileTooLarge.into());
        }
    }
    bytes.truncate(length);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives little at a time, with interruptions.
    struct Slow<'a>(&'a [u8], bool);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(ErrorKind::Interrupted.into());
            }
            let few = buffer.len().min(1000);
            self.0.read(&mut buffer[..few])
        }
    }

    #[test]
    fn all_of_it_is_read_whatever_was_expected() {
        let content: Vec<u8> = (0..50_000_u32).map(|number| number.to_le_bytes()[0]).collect();
        for expected in [0, 1, 49_999, 50_000, 50_001, 1_000_000] {
            let read = read_to_end(Slow(&content, false), expected, 60_000).unwrap();
            assert_eq!(*read, content, "{expected}");
        }
        assert!(read_to_end(io::empty(), 0, 10).unwrap().is_empty());
    }

    #[test]
    fn more_than_may_be_is_refused() {
        for expected in [0, 10, 100] {
            assert_eq!(read_to_end(Slow(&[0; 10], false), expected, 10).unwrap().len(), 10);
            let error = read_to_end(Slow(&[0; 11], false), expected, 10).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::FileTooLarge);
        }
    }
}

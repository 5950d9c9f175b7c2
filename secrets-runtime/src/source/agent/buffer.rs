//! A buffer that grows and leaves no copy of its content behind.

use zeroize::Zeroizing;

/// Larger than most answers: a secret of 4 KiB and its names.
const FIRST_SIZE: usize = 8 * 1024;

/// The bytes that have arrived. They are wiped when the buffer grows, and when it is dropped.
pub(super) struct Buffer {
    bytes: Zeroizing<Vec<u8>>,
    filled: usize,
}

impl Buffer {
    pub(super) fn new() -> Self {
        Self { bytes: Zeroizing::new(vec![0; FIRST_SIZE]), filled: 0 }
    }

    /// The bytes that have arrived.
    pub(super) fn filled(&self) -> &[u8] {
        self.bytes.get(..self.filled).unwrap_or_default()
    }

    /// The same, to be changed in place.
    pub(super) fn filled_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.filled).unwrap_or_default()
    }

    /// Room for more bytes, which is never empty. A caller that writes some of it calls
    /// [`advance`](Self::advance).
    pub(super) fn free(&mut self) -> &mut [u8] {
        if self.filled == self.bytes.len() {
            let mut larger = Zeroizing::new(vec![0; self.bytes.len() * 2]);
            larger.iter_mut().zip(self.bytes.iter()).for_each(|(to, from)| *to = *from);
            self.bytes = larger;
        }
        self.bytes.get_mut(self.filled..).unwrap_or_default()
    }

    /// Counts bytes that were written to the free room.
    pub(super) fn advance(&mut self, count: usize) {
        self.filled = self.bytes.len().min(self.filled + count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_grows_and_keeps_its_content() {
        let mut buffer = Buffer::new();
        let mut expected = Vec::new();
        for number in 0..5 {
            let free = buffer.free();
            assert!(!free.is_empty());
            free.fill(number);
            let count = free.len();
            buffer.advance(count);
            expected.extend(std::iter::repeat_n(number, count));
        }
        assert_eq!(buffer.filled(), expected);
        assert_eq!(buffer.filled_mut(), expected);
        assert_eq!(buffer.filled().len(), FIRST_SIZE * 16);
    }
}

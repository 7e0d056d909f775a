//! The bytes of the recorder: a queue of fixed size.

use std::fmt;

/// Bytes that are put in at one end and taken out at the other. Allocates once.
pub(super) struct Ring {
    place: Box<[u8]>,
    start: usize,
    length: usize,
}

impl Ring {
    pub(super) fn new(size: usize) -> Self {
        Self { place: vec![0; size].into_boxed_slice(), start: 0, length: 0 }
    }

    pub(super) const fn size(&self) -> usize {
        self.place.len()
    }

    pub(super) const fn room(&self) -> usize {
        self.place.len() - self.length
    }

    /// Puts in what there is room for.
    pub(super) fn push(&mut self, added: &[u8]) {
        for byte in added.iter().take(self.room()) {
            let end = self.index(self.length);
            if let Some(place) = self.place.get_mut(end) {
                *place = *byte;
                self.length += 1;
            }
        }
    }

    /// The oldest bytes, as many as there are.
    pub(super) fn front<'b>(&self, buffer: &'b mut [u8]) -> &'b [u8] {
        let mut copied = 0;
        for (to, from) in buffer.iter_mut().zip(self.iter()) {
            *to = from;
            copied += 1;
        }
        buffer.get(..copied).unwrap_or_default()
    }

    pub(super) fn drop_front(&mut self, count: usize) {
        let count = count.min(self.length);
        self.start = self.index(count);
        self.length -= count;
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u8> + '_ {
        (0..self.length).filter_map(|place| self.place.get(self.index(place)).copied())
    }

    fn index(&self, place: usize) -> usize {
        (self.start + place).checked_rem(self.place.len()).unwrap_or_default()
    }
}

/// Without the bytes, which tell nobody anything.
impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (size, length) = (self.size(), self.length);
        f.debug_struct("Ring").field("size", &size).field("length", &length).finish_non_exhaustive()
    }
}

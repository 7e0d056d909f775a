//! Short lists of words, without memory of their own.

/// Words with spaces between them; up to `N` bytes are held in place.
#[derive(Clone, Eq, PartialEq)]
pub(crate) enum Names<const N: usize> {
    Inline { len: u8, bytes: [u8; N] },
    Long(Vec<u8>),
}

impl<const N: usize> Names<N> {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        let names = self.bytes().split(|byte| *byte == b' ').filter(|name| !name.is_empty());
        names.filter_map(|name| std::str::from_utf8(name).ok())
    }

    /// Whether this word is one of them; an empty one never is.
    pub(crate) fn contains(&self, name: &str) -> bool {
        let name = name.as_bytes();
        !name.is_empty() && self.bytes().split(|byte| *byte == b' ').any(|it| it == name)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes().is_empty()
    }

    /// One word, or several with spaces between them.
    pub(crate) fn push(&mut self, name: &str) {
        if let Self::Inline { len, bytes } = self {
            let start = usize::from(*len);
            let end = start + name.len();
            if end < N {
                bytes[start..end].copy_from_slice(name.as_bytes());
                bytes[end] = b' ';
                *len = (end + 1) as u8;
                return;
            }
            *self = Self::Long(bytes[..start].to_vec());
        }
        if let Self::Long(bytes) = self {
            bytes.extend_from_slice(name.as_bytes());
            bytes.push(b' ');
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Inline { len, bytes } => bytes.get(..usize::from(*len)).unwrap_or_default(),
            Self::Long(bytes) => bytes,
        }
    }
}

impl<const N: usize> Default for Names<N> {
    fn default() -> Self {
        const { assert!(N <= u8::MAX as usize, "the length is a byte") };
        Self::Inline { len: 0, bytes: [0; N] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_lists_are_alike() {
        let mut list = Names::<71>::default();
        let names: Vec<String> = (0..60).map(|it| format!("scope:{it}")).collect();
        for (count, name) in names.iter().enumerate() {
            assert!(!list.iter().any(|it| it == name));
            list.push(name);
            assert_eq!(list.iter().collect::<Vec<_>>(), names[..=count]);
        }
        assert!(matches!(list, Names::Long(_)));
    }

    #[test]
    fn one_that_just_fits_and_one_that_does_not() {
        for len in 29..=32 {
            let mut list = Names::<31>::default();
            let long = "x".repeat(len);
            list.push(&long);
            assert_eq!(matches!(list, Names::Inline { .. }), len < 31);
            list.push("y");
            assert_eq!(list.iter().collect::<Vec<_>>(), [&*long, "y"]);
        }
    }
}

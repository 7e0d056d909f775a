//! The interleavings of the memo's table.

use loom::sync::Arc;
use loom::thread;

use crate::models::bounded;
use crate::verify::table::{Digest, Table};

/// Like the words of a hash: no two digests have one in common.
fn digest(number: u64) -> Digest {
    [number << 8, number << 8 | 1, number << 8 | 2, number << 8 | 3]
}

/// A table of four places that are taken, three by digests that were asked for.
fn full_table() -> Arc<Table> {
    let table = Table::new(4);
    (1..=4).map(digest).for_each(|digest| table.put(&digest));
    (1..=3).for_each(|number| assert!(table.holds(&digest(number))));
    assert_eq!(table.room(), 4);
    Arc::new(table)
}

/// One thread puts a digest into a place while another asks for the one that was there, and marks
/// it. The new one is whole, and all others but one are still there.
pub fn who_marks_a_digest_spoils_none_that_replaces_it() {
    loom::model(|| {
        let table = full_table();
        let writer = {
            let table = Arc::clone(&table);
            thread::spawn(move || table.put(&digest(5)))
        };
        let found = table.holds(&digest(4));
        assert!(!table.holds(&digest(6)));
        writer.join().expect("a writer never panics");
        assert!(table.holds(&digest(5)), "the old one was found: {found}");
        // If the old one was marked in time, another has made room.
        assert_eq!((1..=4).filter(|number| table.holds(&digest(*number))).count(), 3);
    });
}

/// Two threads put digests into the same place while a third asks for them, and for one that was
/// never put: that is never found.
pub fn only_what_was_put_is_found() {
    bounded(|| {
        let table = full_table();
        let writers: Vec<_> = (5..=6)
            .map(|number| {
                let table = Arc::clone(&table);
                thread::spawn(move || {
                    table.put(&digest(number));
                    assert!(!table.holds(&digest(7)));
                })
            })
            .collect();
        let _ = (table.holds(&digest(5)), table.holds(&digest(6)));
        assert!(!table.holds(&digest(7)));
        for writer in writers {
            writer.join().expect("a writer never panics");
        }
        // A place that both have written to may be spoilt, and then nothing is found there. The
        // place is used again.
        (1..=3).for_each(|number| assert!(table.holds(&digest(number))));
        assert!(!table.holds(&digest(4)) && !table.holds(&digest(7)));
        table.put(&digest(8));
        assert!(table.holds(&digest(8)));
    });
}

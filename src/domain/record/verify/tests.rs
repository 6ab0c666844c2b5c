//! What verification finds, and what it leaves alone.

use claviger_token::time::Timestamp;

use super::*;
use crate::{domain::record::keys, model::record::Row};

/// A record of ten rows, with checkpoints at 3, 6 and 10.
struct Record {
    rows: Vec<SealedRow>,
    checkpoints: Vec<Checkpoint>,
    key: keys::EventKey,
    keys: TrustedKeys,
}

impl Record {
    fn new() -> Self {
        let (key, keys) = keys::tests::key();
        let rows =
            (1..=10).map(|position| SealedRow { position, chain_hash: vec![], row: row(position) });
        let mut record = Self { rows: rows.collect(), checkpoints: vec![], key, keys };
        record.chain();
        record.checkpoints = [3, 6, 10].map(|position| record.checkpoint(position, 0)).to_vec();
        record
    }

    /// Computes the hashes of all rows, as anyone can.
    fn chain(&mut self) {
        let mut hash = BEGINNING;
        for it in &mut self.rows {
            hash = encoding::chain_hash(&hash, it.position, &it.row);
            it.chain_hash = hash.to_vec();
        }
    }

    fn checkpoint(&self, position: i64, kept_after: i64) -> Checkpoint {
        let row = self.rows.iter().find(|it| it.position == position).unwrap();
        let checkpoint = Checkpoint {
            position,
            chain_hash: row.chain_hash.clone(),
            kept_after,
            signed_at: Timestamp::from_seconds(position),
            signature: vec![],
            key_id: String::new(),
        };
        self.key.sign(checkpoint).unwrap()
    }

    fn renumber(&mut self) {
        self.rows.iter_mut().zip(1..).for_each(|(it, position)| it.position = position);
    }

    fn verify(&self) -> Result<u64, Finding> {
        verify(&self.rows, self.checkpoints.clone(), &self.keys).map(|it| it.rows)
    }
}

fn row(number: i64) -> Row {
    Row { id: vec![1; 16], occurred_at: number, kind: "sign_in".to_owned(), ..Row::default() }
}

#[test]
fn a_record_that_nothing_was_done_to_is_proved() {
    let mut record = Record::new();
    assert_eq!(record.verify(), Ok(10));

    record.rows.clear();
    record.checkpoints.clear();
    assert_eq!(record.verify(), Ok(0));
}

#[test]
fn a_changed_column_is_found_at_its_position() {
    let mut record = Record::new();
    record.rows[4].row.outcome = "refused".to_owned();

    assert_eq!(record.verify(), Err(Finding::Changed(5)));
    record.chain();
    assert_eq!(record.verify(), Err(Finding::Rewritten { after: 3, up_to: 6 }));
}

#[test]
fn a_removed_row_is_found_also_when_the_gap_is_closed() {
    for index in 0..10 {
        let position = i64::try_from(index).unwrap() + 1;
        let mut record = Record::new();
        record.rows.remove(index);
        assert_eq!(record.verify(), Err(Finding::Removed(position)));

        record.renumber();
        let found = if position == 10 { Finding::Removed(10) } else { Finding::Changed(position) };
        assert_eq!(record.verify(), Err(found));
        record.chain();
        assert!(matches!(record.verify(), Err(Finding::Rewritten { .. } | Finding::Removed(10))));
    }
}

#[test]
fn an_added_row_is_found_wherever_it_is() {
    let mut record = Record::new();
    let twin = record.rows[5].clone();
    record.rows.insert(6, twin);
    assert_eq!(record.verify(), Err(Finding::Added(6)));
    record.renumber();
    assert_eq!(record.verify(), Err(Finding::Changed(7)));
    record.chain();
    assert_eq!(record.verify(), Err(Finding::Rewritten { after: 6, up_to: 10 }));

    let mut record = Record::new();
    record.rows.push(SealedRow { position: 11, chain_hash: vec![], row: row(11) });
    record.chain();
    assert_eq!(record.verify(), Err(Finding::Uncovered(11)));
}

#[test]
fn two_swapped_rows_are_found() {
    let mut record = Record::new();
    record.rows.swap(6, 7);
    assert_eq!(record.verify(), Err(Finding::Removed(7)), "in another order");
    record.renumber();
    assert_eq!(record.verify(), Err(Finding::Changed(7)), "with each other's positions");
    record.chain();
    assert_eq!(record.verify(), Err(Finding::Rewritten { after: 6, up_to: 10 }));
}

#[test]
fn a_forged_checkpoint_is_found() {
    let (another, _) = keys::tests::key();
    let mut record = Record::new();
    record.rows[4].row.outcome = "refused".to_owned();
    record.chain();
    let forged: Vec<_> = [3, 6, 10].map(|it| record.checkpoint(it, 0)).to_vec();
    let own = record.checkpoints[1].clone();

    let kept_signature = Checkpoint { signature: own.signature.clone(), ..forged[1].clone() };
    record.checkpoints[1] = kept_signature;
    assert_eq!(record.verify(), Err(Finding::ForgedCheckpoint(6)));

    let unsigned = Checkpoint { signature: vec![], ..own.clone() };
    record.checkpoints[1] = another.sign(unsigned).unwrap();
    assert!(matches!(record.verify(), Err(Finding::UntrustedKey { position: 6, .. })));

    record.checkpoints[1] = Checkpoint { kept_after: 3, ..own.clone() };
    assert_eq!(record.verify(), Err(Finding::ForgedCheckpoint(6)));

    record.checkpoints[1] = own.clone();
    record.checkpoints.push(own);
    assert_eq!(record.verify(), Err(Finding::ForgedCheckpoint(6)), "twice");
}

#[test]
fn a_key_signs_nothing_after_the_one_that_replaced_it() {
    let mut record = Record::new();
    let (next, mut keys) = keys::tests::key();
    for (key_id, public_key) in record.keys.public() {
        assert!(keys.add(key_id, public_key));
    }
    record.keys = keys;
    let old_id = record.checkpoints[2].key_id.clone();
    let unsigned = Checkpoint { signature: vec![], ..record.checkpoints[1].clone() };
    let by_next = next.sign(unsigned).unwrap();

    record.checkpoints[1] = by_next.clone();
    let found = record.verify();

    let replaced = Finding::ReplacedKey { position: 10, key_id: old_id.clone() };
    assert_eq!(found, Err(replaced));
    let unsigned = Checkpoint { signature: vec![], ..record.checkpoints[2].clone() };
    record.checkpoints[2] = next.sign(unsigned).unwrap();
    let proved = verify(&record.rows, record.checkpoints.clone(), &record.keys).unwrap();
    assert_eq!((proved.rows, proved.key_ids), (10, vec![old_id, by_next.key_id]));
}

#[test]
fn a_tail_that_was_cut_off_before_the_last_checkpoint_is_found() {
    let mut record = Record::new();
    record.rows.truncate(7);
    assert_eq!(record.verify(), Err(Finding::Removed(8)));

    record.rows.clear();
    assert_eq!(record.verify(), Err(Finding::Removed(1)));

    let mut record = Record::new();
    record.checkpoints.pop();
    assert_eq!(record.verify(), Err(Finding::Uncovered(7)), "the checkpoint without its rows");
}

#[test]
fn rows_that_were_kept_for_long_enough_may_be_missing_and_no_other() {
    let mut record = Record::new();
    record.checkpoints[2] = record.checkpoint(10, 3);
    assert_eq!(record.verify(), Ok(7), "before they are deleted");
    record.rows.remove(0);
    assert_eq!(record.verify(), Ok(7), "while they are deleted");
    record.rows.drain(..2);
    assert_eq!(record.verify(), Ok(7), "and after that");

    record.rows[0].row.outcome = "refused".to_owned();
    assert_eq!(record.verify(), Err(Finding::Changed(4)));
    record.rows.remove(0);
    assert_eq!(record.verify(), Err(Finding::Removed(4)));

    record.checkpoints.remove(0);
    assert_eq!(record.verify(), Err(Finding::MissingCheckpoint(3)));
}

#[test]
fn everything_may_have_been_kept_for_long_enough() {
    let mut record = Record::new();
    record.checkpoints = vec![record.checkpoint(10, 10)];
    record.rows.clear();

    assert_eq!(record.verify(), Ok(0));
}

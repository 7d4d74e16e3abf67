//! Copies from and to memory that others change meanwhile: guests, the library, other threads of the program.
//!
//! No reference to such memory is made, and each access of it is a relaxed atomic of one aligned word of 8 bytes, also where a copy needs
//! a part of the word. So no copy is a data race, whoever else copies. A copy as a whole is not atomic.
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

const WORD: usize = std::mem::size_of::<u64>();

// SAFETY, of both copies: the words are aligned, and the caller says that they can be accessed.

/// Copies bytes out.
///
/// # Safety
/// The bytes from `from` can be read, and so can the rest of the aligned words in which they lie. The program accesses them by this module.
pub(crate) unsafe fn copy_out(from: *const u8, to: &mut [u8]) {
    for_each_word(from as usize, to.len(), |word, skip, at, count| {
        let bytes = (*(word as *const AtomicU64)).load(Relaxed).to_ne_bytes();
        to[at..at + count].copy_from_slice(&bytes[skip..skip + count]);
    });
}

/// Copies bytes in. Those beside them stay as they are, also if another copy is changing them.
///
/// # Safety
/// As [`copy_out`], and they can be written.
pub(crate) unsafe fn copy_in(from: &[u8], to: *mut u8) {
    for_each_word(to as usize, from.len(), |word, skip, at, count| {
        let word = &*(word as *const AtomicU64);
        let given = &from[at..at + count];
        if let Ok(whole) = <[u8; WORD]>::try_from(given) {
            return word.store(u64::from_ne_bytes(whole), Relaxed);
        }
        let _ = word.fetch_update(Relaxed, Relaxed, |old| {
            let mut bytes = old.to_ne_bytes();
            bytes[skip..skip + count].copy_from_slice(given);
            Some(u64::from_ne_bytes(bytes))
        });
    });
}

/// The words of a run of bytes: where each lies, the offset and the number of the run's bytes in it, and how many came before.
fn for_each_word(start: usize, length: usize, mut each: impl FnMut(usize, usize, usize, usize)) {
    let mut done = 0;
    while done < length {
        let skip = (start + done) % WORD;
        let count = (WORD - skip).min(length - done);
        each(start + done - skip, skip, done, count);
        done += count;
    }
}

#[test]
fn every_alignment_and_length() {
    let mut words = [0u64; 5];
    for start in 0..WORD {
        for length in 0..=3 * WORD {
            words.fill(u64::from_ne_bytes([0xee; WORD]));
            let (given, mut found): (Vec<u8>, _) = ((1..=length as u8).collect(), vec![0; length]);
            // SAFETY: within the array.
            unsafe {
                copy_in(&given, words.as_mut_ptr().cast::<u8>().add(start));
                copy_out(words.as_ptr().cast::<u8>().add(start), &mut found);
            }
            assert_eq!(found, given);
            let all: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
            assert_eq!((&all[start..start + length], all.iter().filter(|byte| **byte == 0xee).count()), (&given[..], 40 - length));
        }
    }
}

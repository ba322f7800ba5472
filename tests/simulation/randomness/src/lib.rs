//! In place of the crate `getrandom`: numbers that a seed decides. Of its interface, what the library uses.

use std::cell::Cell;
use std::convert::Infallible;

/// No draw fails.
pub type Error = Infallible;

thread_local!(static STATE: Cell<u64> = const { Cell::new(0) });

/// What is drawn on this thread from now on.
pub fn seed(seed: u64) {
    STATE.set(seed);
}

/// SplitMix64.
pub fn u64() -> Result<u64, Error> {
    let state = STATE.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
    STATE.set(state);
    let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    Ok(mixed ^ mixed >> 31)
}

pub fn u32() -> Result<u32, Error> {
    u64().map(|number| (number >> 32) as u32)
}

pub fn fill(bytes: &mut [u8]) -> Result<(), Error> {
    for part in bytes.chunks_mut(8) {
        part.copy_from_slice(&u64()?.to_le_bytes()[..part.len()]);
    }
    Ok(())
}

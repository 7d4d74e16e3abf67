//! What several tests of the crate use.
use paging::SwapStore;
use std::collections::HashMap;

/// A swap store in memory. A slot that was never written is EIO.
#[derive(Default)]
pub struct Slots(HashMap<u32, [u8; 4096]>);

impl SwapStore for Slots {
    fn read(&mut self, slot: u32, bytes: &mut [u8; 4096]) -> Result<(), i32> {
        *bytes = *self.0.get(&slot).ok_or(5)?;
        Ok(())
    }
    fn write(&mut self, slot: u32, bytes: &[u8; 4096]) -> Result<(), i32> {
        self.0.insert(slot, *bytes);
        Ok(())
    }
}

//! Accesses of each size at each place of a device's pages, and a policy that is asked only for what its options say.
use paging::*;
use std::sync::{Arc, Mutex};

type Test = Result<()>;
type Answer<T> = std::result::Result<T, i32>;

const PAGE: u32 = 4096;

/// Registers, of which each byte is its offset. An access is aligned, or the library has split it.
struct Registers(Arc<Mutex<Vec<u8>>>);

impl Device for Registers {
    fn load(&mut self, offset: u64, size: u32) -> Answer<u64> {
        assert_eq!(offset % u64::from(size), 0, "a load of {size} bytes at {offset}");
        let bytes = self.0.lock().unwrap();
        Ok((0..size as usize).map(|at| u64::from(bytes[offset as usize + at]) << (8 * at)).sum())
    }
    fn store(&mut self, offset: u64, size: u32, value: u64) -> Answer<()> {
        assert_eq!(offset % u64::from(size), 0, "a store of {size} bytes at {offset}");
        let count = size as usize;
        self.0.lock().unwrap()[offset as usize..][..count].copy_from_slice(&value.to_le_bytes()[..count]);
        Ok(())
    }
}

#[test]
fn a_device_gets_aligned_accesses_only() -> Test {
    let engine = Engine::new()?;
    let process = engine.process("p")?;
    let bytes = Arc::new(Mutex::new((0..2 * PAGE).map(|at| (at * 7) as u8).collect::<Vec<u8>>()));
    let at = process.map_file(&engine.device("registers", Registers(bytes.clone()), u64::from(2 * PAGE))?, 2 * PAGE)?;
    let expected = |place: u32, size: usize| {
        let mut value = [0; 8];
        value[..size].copy_from_slice(&bytes.lock().unwrap()[place as usize..][..size]);
        u64::from_le_bytes(value)
    };
    for round in 0..2 {    // in the second one the device's pages are known
        for place in (0..16).chain(PAGE - 8..PAGE + 8) {
            let here = at + place;
            assert_eq!(u64::from(process.load::<u8>(here)?), expected(place, 1), "{round} {place}");
            assert_eq!(u64::from(process.load::<u16>(here)?), expected(place, 2), "{round} {place}");
            assert_eq!(u64::from(process.load::<u32>(here)?), expected(place, 4), "{round} {place}");
            assert_eq!(process.load::<u64>(here)?, expected(place, 8), "{round} {place}");
            process.store(here, 0x1122_3344_5566_7788 + u64::from(place))?;
            process.store(here, 0x99aa_bbcc + place)?;
            process.store(here, 0xddee + place as u16)?;
            assert_eq!(expected(place, 8), 0x1122_3344_99aa_ddee + u64::from(place));
        }
    }
    Ok(())
}

/// The first of the slots, and how often a page was hit.
struct First(Arc<Mutex<u32>>);

impl Policy for First {
    fn loaded(&mut self, _: i32, _: u64) {}
    fn hit(&mut self, _: i32) {
        *self.0.lock().unwrap() += 1;
    }
    fn find_victim(&mut self, _: &PageBits<'_>) -> Option<i32> {
        Some(0)
    }
    fn evicted(&mut self, _: i32, _: u64) {}
    fn removed(&mut self, _: i32) {}
}

#[test]
fn a_policy_sees_every_access_only_if_it_asks() -> Test {
    for every_access in [None, Some(false), Some(true)] {
        let hits = Arc::new(Mutex::new(0));
        let options = Options::new().policy(PolicyChoice::Own(Box::new(First(hits.clone()))));
        let engine = Engine::with(match every_access { Some(asked) => options.every_access(asked), None => options })?;
        let process = engine.process("p")?;
        let at = process.map(PAGE)?;
        for number in 0..5u32 {
            process.store(at, number)?;
        }
        assert_eq!(*hits.lock().unwrap(), if every_access == Some(true) { 4 } else { 0 }, "{every_access:?}");
    }
    Ok(())
}

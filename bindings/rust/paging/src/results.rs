//! What calls answer: the structures of paging.h, without what only C needs.
use crate::types::{Access, EventKind, FaultKind, Protection};
use crate::{sys, types};

include!(concat!(env!("OUT_DIR"), "/results.rs"));

/// A line of /proc/PID/maps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    pub start: u32,
    pub end: u32,
    pub protection: Protection,
    /// Shared 8, GrowsDown 256, Locked 512; others are the engine's own.
    pub flags: u32,
    /// In its file.
    pub offset: u64,
    /// The inode: areas with the same number show the same file or shared memory.
    pub object: u32,
    /// At most 95 bytes of it; [heap] and [stack] as in maps.
    pub name: String,
}

impl Area {
    pub(crate) fn of(raw: &sys::paging_area) -> Self {
        let name: Vec<u8> = raw.name.iter().map(|letter| *letter as u8).take_while(|letter| *letter != 0).collect();
        Self {
            start: raw.start,
            end: raw.end,
            protection: Protection::from_bits(raw.protection),
            flags: raw.flags,
            offset: raw.offset,
            object: raw.object,
            name: String::from_utf8_lossy(&name).into_owned(),
        }
    }
}

/// What has happened to a process of an engine. Fields that say nothing about an event of its kind are 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    pub kind: EventKind,
    /// Its number; 0 for what reclaim has done.
    pub process: i32,
    pub first_page: u32,
    pub page_count: u32,
    pub frame: u32,
    /// Of a fault.
    pub access: Access,
    /// Of a refused fault.
    pub refusal: Option<FaultKind>,
}

impl Event {
    pub(crate) fn of(raw: &sys::paging_event) -> Self {
        Self {
            kind: EventKind::of(raw.kind),
            process: raw.process,
            first_page: raw.first_page,
            page_count: raw.page_count,
            frame: raw.frame,
            access: types::access_of(raw.access),
            refusal: (raw.refusal != 0).then(|| FaultKind::of(raw.refusal)),
        }
    }
}

//! What paging.h declares, as it is: see the header for what each function costs, returns and promises.
#![allow(non_camel_case_types)]

include!(concat!(env!("OUT_DIR"), "/paging.rs"));

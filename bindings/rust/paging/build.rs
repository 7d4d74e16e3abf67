//! Lets tests and programs of a checkout find the library where it was built, and makes the table of names.
use std::{env, fs, path::PathBuf};

fn main() {
    println!("cargo:rustc-link-arg=-Wl,-rpath,{}", env::var("DEP_PAGING_FOLDER").unwrap());
    let names = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap()).join("../../names.csv");
    println!("cargo:rerun-if-changed={}", names.display());
    let text = fs::read_to_string(&names).expect("bindings/names.csv");
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let at = lines.next().unwrap().split(';').position(|one| one == "rust").unwrap();
    let mut rows: Vec<(&str, &str)> = lines
        .map(|line| (line.split(';').next().unwrap(), line.split(';').nth(at).unwrap()))
        .map(|(c, rust)| (c, if rust.starts_with('-') { "a function of paging::sys" } else { rust }))
        .collect();
    rows.sort_unstable();
    let output = PathBuf::from(env::var("OUT_DIR").unwrap()).join("names.rs");
    fs::write(output, format!("static NAMES: &[(&str, &str)] = &{rows:?};\n")).unwrap();
}

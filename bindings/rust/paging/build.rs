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
    let header = names.with_file_name("c").join("paging.h");
    println!("cargo:rerun-if-changed={}", header.display());
    let text = fs::read_to_string(&header).expect("bindings/c/paging.h");
    let output = PathBuf::from(env::var("OUT_DIR").unwrap()).join("results.rs");
    fs::write(output, RESULTS.iter().map(|(name, structure, what)| result(&text, name, structure, what)).collect::<String>()).unwrap();
}

/// The structures that calls fill in, as the crate has them.
const RESULTS: [(&str, &str, &str); 7] = [
    ("ProcessInfo", "process_info", "What a process is at this moment."),
    ("FaultCounts", "fault_counts", "Counts of page faults. They only grow."),
    ("Usage", "usage", "Sizes of a process in pages: the figures of status and statm."),
    ("Machine", "machine", "The frames of a machine."),
    ("ReplayResult", "replay_result", "What a policy made of a trace."),
    ("LedgerTimes", "ledger_times", "An account by cause, in picoseconds, but for the counts."),
    ("LedgerClock", "ledger_clock", "The clock of a ledger, in picoseconds."),
];

/// A structure without its size and what is reserved, with the comments of its fields.
fn result(header: &str, name: &str, structure: &str, what: &str) -> String {
    let body = header.split(&format!("typedef struct paging_{structure} {{")).nth(1).expect(structure).split('}').next().unwrap();
    let (mut fields, mut values) = (String::new(), String::new());
    for line in body.lines().skip(1).filter(|line| line.contains(';')) {
        let (declaration, comment) = line.split_once(';').unwrap();
        let (kind, field) = declaration.trim().split_once(' ').unwrap();
        if field == "size" || field.starts_with("reserved") {
            continue;
        }
        let comment = comment.trim().trim_start_matches("/*").trim_end_matches("*/").trim();
        if !comment.is_empty() {
            fields += &format!("    /// {}{}\n", comment[..1].to_uppercase(), &comment[1..]);
        }
        let is_bool = field.starts_with("has_") || field.starts_with("is_");
        let kind = if is_bool { "bool".to_string() } else { kind.replace("uint", "u").replace("int", "i").replace("_t", "") };
        fields += &format!("    pub {field}: {kind},\n");
        values += &format!("            {field}: raw.{field}{},\n", if is_bool { " != 0" } else { "" });
    }
    format!(
        "/// {what}\n#[derive(Debug, Clone, Copy, PartialEq, Eq)]\npub struct {name} {{\n{fields}}}\n\nimpl {name} {{\n    \
         pub(crate) fn of(raw: sys::paging_{structure}) -> Self {{\n        Self {{\n{values}        }}\n    }}\n}}\n\n"
    )
}

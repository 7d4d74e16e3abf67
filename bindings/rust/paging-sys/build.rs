//! Makes declarations of Rust from paging.h, so that no list exists twice.
//!
//! PAGING_LIBRARY_DIR is the folder of libpaging.so; without it, the build of the checkout around the crate.
use std::{env, fmt::Write, fs, path::PathBuf};

fn main() {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap()).join("../../..");
    let header = root.join("bindings/c/paging.h");
    let built = root.join("src/interop/Paging.Interop/bin/Release/net10.0/linux-x64/publish");
    let folder = env::var("PAGING_LIBRARY_DIR").unwrap_or_else(|_| built.display().to_string());
    println!("cargo:rerun-if-changed={}", header.display());
    println!("cargo:rerun-if-env-changed=PAGING_LIBRARY_DIR");
    println!("cargo:rustc-link-search=native={folder}");
    println!("cargo:rustc-link-lib=dylib=paging");
    println!("cargo:folder={folder}");
    let text = fs::read_to_string(header).expect("bindings/c/paging.h");
    let output = PathBuf::from(env::var("OUT_DIR").unwrap()).join("paging.rs");
    fs::write(output, versions(&text) + &translate(&plain(&text))).unwrap();
}

/// The numbers that are macros.
fn versions(text: &str) -> String {
    text.lines()
        .filter_map(|line| line.strip_prefix("#define PAGING_")?.split_once(' '))
        .filter(|(_, value)| value.parse::<u32>().is_ok())
        .map(|(name, value)| format!("pub const PAGING_{name}: u32 = {value};\n"))
        .collect()
}

/// The header without comments, inline functions and what the preprocessor reads.
fn plain(text: &str) -> String {
    let mut rest = text.to_string();
    for (open, close) in [("#ifndef PAGING_DECLARATIONS_ONLY", "#endif    /* PAGING_DECLARATIONS_ONLY */"), ("/*", "*/")] {
        while let Some(start) = rest.find(open) {
            let end = start + rest[start..].find(close).expect("an end") + close.len();
            rest.replace_range(start..end, "");
        }
    }
    rest.lines().filter(|line| !line.starts_with('#') && !line.starts_with("extern \"C\"")).collect::<Vec<_>>().join("\n")
}

fn translate(text: &str) -> String {
    let mut made = String::new();
    let mut functions = String::new();
    let mut rest = text;
    while let Some(end) = find_end(rest) {
        let one = rest[..end].trim().to_string();
        rest = &rest[end + 1..];
        if let Some(body) = one.strip_prefix("enum {") {
            for item in body.trim_end_matches('}').split(',').filter(|item| item.contains('=')) {
                let (name, value) = item.split_once('=').unwrap();
                let kind = if value.contains('-') { "i32" } else { "u32" };
                writeln!(made, "pub const {}: {kind} = {};", name.trim(), value.trim()).unwrap();
            }
        } else if one.starts_with("typedef struct") {
            let (body, name) = one[one.find('{').unwrap() + 1..].rsplit_once('}').unwrap();
            let fields: String = body.split(';').filter(|field| !field.trim().is_empty()).map(field).collect();
            writeln!(made, "#[repr(C)]\n#[derive(Clone, Copy)]\npub struct {} {{\n{fields}}}", name.trim()).unwrap();
        } else if let Some(handle) = one.strip_prefix("typedef uint64_t ").or_else(|| one.strip_prefix("PAGING_HANDLE(")) {
            writeln!(made, "pub type {} = u64;", handle.trim_end_matches(')')).unwrap();    // a structure of one word is passed as it
        } else if one.contains('(') {
            let (head, list) = one.split_once('(').unwrap();
            let (name, result) = declaration(head);
            writeln!(functions, "    pub fn {name}({}) -> {result};", parameters(list.trim_end_matches(')'))).unwrap();
        }
    }
    format!("{made}extern \"C\" {{\n{functions}}}\n")
}

/// The semicolon that ends a declaration, outside of braces.
fn find_end(text: &str) -> Option<usize> {
    let mut depth = 0;
    text.char_indices().find_map(|(at, letter)| {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        (letter == ';' && depth == 0).then_some(at)
    })
}

fn parameters(list: &str) -> String {
    list.split(',').filter(|one| one.trim() != "void").map(|one| {
        let (name, kind) = declaration(one);
        format!("{name}: {kind}")
    }).collect::<Vec<_>>().join(", ")
}

fn field(text: &str) -> String {
    if let Some((result, rest)) = text.split_once("(*") {
        let (name, list) = rest.split_once(")(").unwrap();
        let returned = if result.trim() == "void" { String::new() } else { format!(" -> {}", declaration(&format!("{result} x")).1) };
        return format!("    pub {name}: Option<unsafe extern \"C\" fn({}){returned}>,\n", parameters(list.trim_end_matches(')')));
    }
    let (name, kind) = declaration(text);
    match name.split_once('[') {
        Some((name, count)) => format!("    pub {name}: [{kind}; {}],\n", count.trim_end_matches(']')),
        None => format!("    pub {name}: {kind},\n"),
    }
}

/// A name and its type in Rust.
fn declaration(text: &str) -> (String, String) {
    let text = text.trim();
    let start = text.rfind(|letter: char| !letter.is_alphanumeric() && !"_[]".contains(letter)).unwrap() + 1;
    let (kind, name) = text.split_at(start);
    let is_const = kind.contains("const ");
    let stars = kind.matches('*').count();
    let base = kind.replace("const ", "").replace('*', "");
    let mut made = match base.trim() {
        "int32_t" => "i32", "uint32_t" => "u32", "int64_t" => "i64", "uint64_t" => "u64", "uint8_t" => "u8",
        "char" => "std::os::raw::c_char", "void" => "core::ffi::c_void", other => other,
    }.to_string();
    for star in 0..stars {
        made = format!("*{} {made}", if is_const && star == 0 { "const" } else { "mut" });    // C's const is of the base
    }
    (if name == "type" { "r#type".to_string() } else { name.to_string() }, made)
}

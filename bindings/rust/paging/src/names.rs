//! The library's texts name functions of C; these are their names here (bindings/names.csv).
include!(concat!(env!("OUT_DIR"), "/names.rs"));

pub(crate) fn in_rust(text: &str) -> String {
    let mut made = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("paging_") {
        made.push_str(&rest[..start]);
        let word = &rest[start + "paging_".len()..];
        let end = word.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(word.len());
        match NAMES.binary_search_by(|row| row.0.cmp(&word[..end])) {
            Ok(at) => made.push_str(NAMES[at].1),
            Err(_) => made.extend(word[..end].split('_').map(capitalized)),
        }
        rest = &word[end..];
    }
    made + rest
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

#[test]
fn texts_name_what_is_called_so_here() {
    assert_eq!(in_rust("A paging_engine ends with paging_sync, 'x'."), "A Engine ends with Engine::sync, 'x'.");
    assert_eq!(in_rust("paging_run comes first."), "Processor::run comes first.");
}

//! The library's texts name functions of C; these are their names here (bindings/names.csv).
include!(concat!(env!("OUT_DIR"), "/names.rs"));

pub(crate) fn in_rust(text: &str) -> String {
    let mut made = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("paging_") {
        made.push_str(&rest[..start]);
        let word = &rest[start + "paging_".len()..];
        let end = word.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(word.len());
        let name = match NAMES.binary_search_by(|row| row.0.cmp(&word[..end])) {
            Ok(at) => NAMES[at].1.to_string(),
            Err(_) => kind(&word[..end]),
        };
        if name.starts_with(['A', 'E', 'I', 'O']) && (made == "A " || made.ends_with(" a ") || made.ends_with(". A ")) {
            made.truncate(made.len() - 1);
            made.push_str("n ");
        }
        made.push_str(&name);
        rest = &word[end..];
    }
    made + rest
}

/// The type of a handle.
fn kind(word: &str) -> String {
    match word {
        "pinned" => "Pin".to_string(),
        "uffd" => "Userfaultfd".to_string(),
        _ => word.split('_').map(capitalized).collect(),
    }
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

#[test]
fn texts_name_what_is_called_so_here() {
    assert_eq!(in_rust("A paging_engine ends with paging_sync, 'x'."), "An Engine ends with Engine::sync, 'x'.");
    assert_eq!(in_rust("It is a paging_uffd; the call wants a paging_image."), "It is a Userfaultfd; the call wants an Image.");
    assert_eq!(in_rust("It is a paging_pinned. A paging_events is wanted."), "It is a Pin. An Events is wanted.");
    assert_eq!(in_rust("paging_run comes first."), "Processor::run comes first.");
}

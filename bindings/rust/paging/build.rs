//! Lets tests and programs of a checkout find the library where it was built.
fn main() {
    println!("cargo:rustc-link-arg=-Wl,-rpath,{}", std::env::var("DEP_PAGING_FOLDER").unwrap());
}

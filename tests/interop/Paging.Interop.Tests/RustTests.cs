namespace Paging.Interop.Tests;

/// <summary>The crates for Rust: their own tests, the example in their documentation, and a program of a user's own.</summary>
public sealed class RustTests
{
    /// <summary>What cargo builds: one folder, so that the crates are compiled once for all tests.</summary>
    private static readonly string Target = CCompiler.TakeFolder();

    [Trait("Category", "Slow")]
    [Fact]
    public void TheCratesOwnTestsPass()
    {
        CCompiler.Require("cargo");
        string output = Run(Path.Combine(HeaderText.Root, "bindings/rust"), "cargo", "test", "--quiet");
        string[] counts =    // units, tests, examples
            ["ok. 5 passed", "ok. 8 passed", "ok. 17 passed", "ok. 2 passed", "ok. 11 passed", "ok. 1 passed", "ok. 49 passed"];
        foreach (string count in counts)
            Assert.Contains(count, output, StringComparison.Ordinal);
    }

    /// <summary>What Cargo.toml declares is enough: nothing of the standard library is younger.</summary>
    [Trait("Category", "Slow")]
    [Fact]
    public void TheDeclaredVersionOfRustIsEnough()
    {
        CCompiler.Require("cargo-clippy");
        _ = Run(Path.Combine(HeaderText.Root, "bindings/rust"), "cargo", "clippy", "--quiet", "--all-targets", "--",
            "-D", "warnings", "-A", "clippy::all", "-D", "clippy::incompatible_msrv");
    }

    /// <summary>The declared version itself builds the crates, their tests too.</summary>
    [Trait("Category", "Slow")]
    [Fact]
    public void TheDeclaredVersionOfRustBuildsTheCrates()
    {
        string crates = Path.Combine(HeaderText.Root, "bindings/rust"), cargo = Path.Combine(HeaderText.Root, "artifacts/rust/cargo");
        Assert.SkipUnless(File.Exists(cargo), "The declared Rust is not here: tools/get-rust.sh fetches it");
        string declared = File.ReadAllText(Path.Combine(crates, "paging/Cargo.toml")).Split("rust-version = \"")[1].Split('"')[0];
        Assert.StartsWith($"rustc {declared}.", CCompiler.Run(Path.Combine(Path.GetDirectoryName(cargo)!, "rustc"), "--version"),
            StringComparison.Ordinal);
        _ = Run(crates, "env", $"CARGO_TARGET_DIR={CCompiler.TakeFolder()}", cargo, "check", "--quiet", "--workspace", "--all-targets");
    }

    private const string Race = """
        static mut COUNT: u64 = 0;
        fn main() {
            let add = || for _ in 0..1000 { unsafe { COUNT += 1 } };
            std::thread::scope(|threads| { threads.spawn(add); threads.spawn(add); });
        }
        """;

    /// <summary>SOUNDNESS.md has the command. First, that a race is reported with these options.</summary>
    [Trait("Category", "Slow")]
    [Fact]
    public void TheThreadSanitizerReportsNothing()
    {
        CCompiler.Require("cargo");
        bool hasNightly = CCompiler.Run("sh", "-c", "cargo +nightly --version > /dev/null 2>&1 && echo yes || echo no") is "yes\n";
        Assert.SkipUnless(hasNightly, "There is no nightly Rust here: rustup toolchain install nightly");
        string crates = Path.Combine(HeaderText.Root, "bindings/rust"), source = Path.Combine(CCompiler.TakeFolder(), "race.rs");
        string command = File.ReadAllText(Path.Combine(crates, "paging/SOUNDNESS.md")).Split("```sh\n")[1].Split("```")[0];
        File.WriteAllText(source, Race);
        string flags = command.Split("RUSTFLAGS=\"")[1].Split('"')[0], race = Path.ChangeExtension(source, null);
        string found = Assert.ThrowsAny<Exception>(() => Run(crates, "sh", "-c",
            $"rustc +nightly {flags} '{source}' -o '{race}' && TSAN_OPTIONS=suppressions=tsan.supp '{race}'")).Message;
        Assert.Contains("data race", found, StringComparison.Ordinal);
        Assert.Contains("17 passed", Run(crates, "sh", "-c", command), StringComparison.Ordinal);
    }

    /// <summary>From an empty folder, as the crate's first screen says. It runs without a path of libraries in the environment.</summary>
    [Trait("Category", "Slow")]
    [Fact]
    public void AProgramOfOnesOwnFindsTheLibrary()
    {
        CCompiler.Require("cargo");
        string folder = CCompiler.TakeFolder(), crates = Path.Combine(HeaderText.Root, "bindings/rust");
        string text = File.ReadAllText(Path.Combine(crates, "paging/src/lib.rs"));
        string build = text.Split("```no_run\n")[1].Split("//! ```")[0].Replace("//! ", "", StringComparison.Ordinal);
        _ = Directory.CreateDirectory(Path.Combine(folder, "src"));
        File.WriteAllText(Path.Combine(folder, "build.rs"), $"fn main() {{\n{build}}}\n");
        File.WriteAllText(Path.Combine(folder, "src/main.rs"), """
            fn main() -> Result<(), paging::Error> {
                let engine = paging::Engine::new()?;
                println!("{}", engine.process("first")?.map(4096)?);
                Ok(())
            }
            """);
        File.WriteAllText(Path.Combine(folder, "Cargo.toml"), $"""
            [package]
            name = "first"
            version = "0.1.0"
            edition = "2021"
            [dependencies]
            paging = {"{"} path = "{crates}/paging" {"}"}
            paging-sys = {"{"} path = "{crates}/paging-sys" {"}"}
            """);
        string output = Run(folder, "sh", "-c", "cargo build --quiet && exec $CARGO_TARGET_DIR/debug/first");
        Assert.Equal("3087003648\n", output);    // 0xb7fff000
    }

    private static string Run(string folder, params string[] command) => CCompiler.Run("env",
        ["-C", folder, "-u", "LD_LIBRARY_PATH", "CARGO_NET_OFFLINE=true", $"CARGO_TARGET_DIR={Target}",
            $"PAGING_LIBRARY_DIR={CCompiler.Library}", .. command]);
}

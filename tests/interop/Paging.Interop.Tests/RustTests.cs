namespace Paging.Interop.Tests;

/// <summary>The crates for Rust: their own tests and the example in their documentation.</summary>
public sealed class RustTests
{
    [Trait("Category", "Slow")]
    [Fact]
    public void TheCratesOwnTestsPass()
    {
        CCompiler.Require("cargo");
        string output = CCompiler.Run(
            "env", "-C", Path.Combine(HeaderText.Root, "bindings/rust"), "CARGO_NET_OFFLINE=true",
            $"CARGO_TARGET_DIR={CCompiler.TakeFolder()}", $"PAGING_LIBRARY_DIR={CCompiler.Library}", "cargo", "test", "--quiet");
        Assert.Contains("4 passed", output, StringComparison.Ordinal);
    }
}

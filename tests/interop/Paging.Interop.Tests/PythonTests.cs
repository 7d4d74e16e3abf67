namespace Paging.Interop.Tests;

/// <summary>The package for Python: its own tests, and its wheel as a user installs it.</summary>
public sealed class PythonTests
{
    private const string Binding = "bindings/python";

    // The host's pip installs into the environment: to give that a pip of its own takes four times as long. Some hosts have none.
    private const string Install = """
        options="install --quiet --no-index --disable-pip-version-check"
        python3 -m pip --python "$0" $options "$1" || { "$0" -m ensurepip && "$0" -m pip $options "$1"; }
        """;

    [Trait("Category", "Slow")]
    [Fact]
    public void ThePackagesOwnTestsPass()
    {
        CCompiler.Require("python3");
        _ = Run(HeaderText.Root, "python3", "-B", "-m", "unittest", "discover", "-s", Binding + "/tests");
    }

    /// <summary>From an empty folder, with nothing of the checkout around it.</summary>
    [Trait("Category", "Slow")]
    [Fact]
    public void TheWheelInstallsAndRuns()
    {
        CCompiler.Require("python3");
        _ = CCompiler.Library;
        string folder = CCompiler.TakeFolder(), environment = Path.Combine(folder, "environment");
        string wheel = CCompiler.Run("python3", "-B", "tools/pack-python.py").Trim();
        bool hasPip = CCompiler.Run("sh", "-c", "python3 -c 'import venv, ensurepip' 2> /dev/null && echo yes || echo no") is "yes\n";
        Assert.SkipUnless(hasPip, "There is no python3-venv here: apt-get install python3-venv");
        _ = CCompiler.Run("python3", "-m", "venv", "--without-pip", environment);
        string python = Path.Combine(environment, "bin/python");
        _ = CCompiler.Run("sh", "-c", Install, python, wheel);
        string example = Path.Combine(folder, "machine.py");
        File.Copy(Path.Combine(HeaderText.Root, Binding, "examples/machine.py"), example);
        Assert.Contains("counted to 2000", CCompiler.Run(python, example), StringComparison.Ordinal);
        const string seen = "import paging, pathlib; names = {one.name for one in pathlib.Path(paging.__file__).parent.iterdir()}\n"
            + "print(paging.__version__, {'py.typed', '__init__.pyi', 'engine.pyi', '_results.pyi'} <= names)";
        Assert.EndsWith(" True\n", CCompiler.Run(python, "-c", seen), StringComparison.Ordinal);
    }

    [Trait("Category", "Medium")]    // publishes the library
    [Fact]
    public void TheProgramInTheDocumentRuns()
    {
        CCompiler.Require("python3");
        string document = File.ReadAllText(Path.Combine(HeaderText.Root, "docs/EMBEDDING.md"));
        string file = Path.Combine(CCompiler.TakeFolder(), "source.py");
        File.WriteAllText(file, document.Split("```python\n")[1].Split("```")[0]);
        Assert.Equal("42 at b7ffe000\nFAULT_NOT_MAPPED at 00000010\n", Run(HeaderText.Root, "python3", "-B", file));
    }

    [Trait("Category", "Medium")]    // publishes the library
    [Fact]
    public void UnicornRunsOnMemoryOfAnEngine()
    {
        CCompiler.Require("python3");
        Assert.SkipWhen(string.IsNullOrEmpty(Environment.GetEnvironmentVariable("PAGING_UNICORN")),
            "There is no Unicorn here: tools/get-unicorn.sh fetches it, and prints the value of PAGING_UNICORN.");
        string output = Run(HeaderText.Root, "python3", "-B", "tools/clients/unicorn.py");
        Assert.StartsWith("fault 1 at 2003f000\nsum 705082704, ", output, StringComparison.Ordinal);
    }

    private static string Run(string folder, params string[] command) =>
        CCompiler.Run("env", ["-C", folder, $"PAGING_LIBRARY={Path.Combine(CCompiler.Library, "libpaging.so")}",
            $"PYTHONPATH={Path.Combine(HeaderText.Root, Binding)}", .. command]);
}

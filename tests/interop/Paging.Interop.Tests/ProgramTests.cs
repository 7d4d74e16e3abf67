using Paging.Tests;

namespace Paging.Interop.Tests;

/// <summary>Programs in C that use the library as an embedder does. Each checks itself.</summary>
public sealed class ProgramTests
{
    private static string Folder => Path.Combine(HeaderText.Root, "tests/interop/Paging.Interop.Tests/programs");

    public static TheoryData<string> Programs =>
        [.. Directory.EnumerateFiles(Folder, "*.c").Order(StringComparer.Ordinal)
            .Select(static path => Path.GetFileNameWithoutExtension(path))];

    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Programs))]
    public void AProgramFindsWhatItExpects(string name)
    {
        CCompiler.Require();
        string program = CCompiler.Build("c99", Path.Combine(Folder, name + ".c"));
        _ = CCompiler.Run(program, Path.Combine(Path.GetDirectoryName(program)!, "file"));
    }

    private static readonly string[] Sanitized = ["-fsanitize=thread", "-fsanitize=address,undefined"];

    /// <summary>PackageTests compiles the first program with the thread sanitizer.</summary>
    public static TheoryData<string, string> ProgramsOfCpp
    {
        get
        {
            TheoryData<string, string> rows = [];
            foreach (string name in (string[])["classes", "subjects"])
                foreach (string option in (string[])["-O1", .. Soak.IsWhole ? Sanitized : Sanitized[1..]]) rows.Add(name, option);
            return rows;
        }
    }

    /// <summary>The classes of paging.hpp, also under the sanitizers, whose reports end a program.</summary>
    [Trait("Category", "Slow")]
    [Theory, MemberData(nameof(ProgramsOfCpp))]
    public void TheClassesOfCppDoWhatTheySay(string name, string option)
    {
        CCompiler.Require("g++");
        string source = Path.Combine(Folder, name + ".cpp"), sanitizers = Path.Combine(HeaderText.Root, "bindings/c/paging_sanitizers.c");
        string program = CCompiler.BuildCpp(source, option, sanitizers);
        _ = CCompiler.Run(program);
    }

    [Trait("Category", "Medium")]    // publishes the library
    [Fact]
    public void TheLibraryIsSmallAndStaysLoaded()
    {
        CCompiler.Require();
        string library = Path.Combine(CCompiler.Library, "libpaging.so");
        Assert.InRange(new FileInfo(library).Length, 100_000, 13 << 19);    // 6.5 MiB
        Assert.Contains("NODELETE", CCompiler.Run("readelf", "-d", library), StringComparison.Ordinal);
    }

    /// <summary>A function that is added without a row fails here.</summary>
    [Fact]
    public void TheTableHasEveryFunction()
    {
        string text = string.Concat(Directory.EnumerateFiles(Folder, "table*.c").Select(File.ReadAllText));
        IEnumerable<string> functions = HeaderText.Functions.Select(static function => function.Name).Concat(HeaderText.InlineFunctions);
        Assert.DoesNotContain(functions, name => !text.Contains(name + "(", StringComparison.Ordinal));
    }

    /// <summary>Fuzzers and judges limit a program's addresses (ulimit -v, in KiB). The first call makes do with what there is.</summary>
    [Trait("Category", "Medium")]    // publishes the library
    [Theory]
    [InlineData(4_500_000)]
    [InlineData(4_000_000)]
    [InlineData(1_000_000)]
    [InlineData(400_000)]
    public void TheLibraryStartsUnderALimitOnAddresses(int limit)
    {
        CCompiler.Require();
        string program = CCompiler.Build("c99", Path.Combine(Folder, "limited.c"));
        _ = CCompiler.Run("sh", "-c", $"ulimit -v {limit} && exec '{program}'");
    }

    /// <summary>A short run of the fuzz of handles, which has every function. One thread: the same seed makes the same calls.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void RandomCallsEndNothing()
    {
        CCompiler.Require();
        string source = Path.Combine(HeaderText.Root, "fuzz/c/handles.c"), text = File.ReadAllText(source);
        IEnumerable<string> functions = HeaderText.Functions.Select(static function => function.Name).Concat(HeaderText.InlineFunctions);
        Assert.DoesNotContain(functions, name => !text.Contains(name + "(", StringComparison.Ordinal));
        string program = CCompiler.Build("gnu11", source, "-fsanitize=address");
        string output = CCompiler.Run("env", "ASAN_OPTIONS=handle_segv=0:detect_leaks=0", program, Soak.IsWhole ? "3" : "1", "1", "1");
        Assert.Contains("stale or wrong handles", output, StringComparison.Ordinal);
    }

    [Trait("Category", "Medium")]    // publishes the library
    [Fact]
    public void TheProgramInTheDocumentRuns()
    {
        CCompiler.Require();
        string document = File.ReadAllText(Path.Combine(HeaderText.Root, "docs/EMBEDDING.md"));
        string source = document.Split("```c\n")[1].Split("```")[0], file = Path.Combine(CCompiler.TakeFolder(), "source.c");
        File.WriteAllText(file, source);
        Assert.Equal("42 at b7ffe000\nfault 1 at 00000010\n", CCompiler.Run(CCompiler.Build("c99", file)));
    }

    [Trait("Category", "Medium")]    // publishes the library
    [Fact]
    public void ProgramsOfTheQuestionsPrintWhatTheySay()
    {
        CCompiler.Require();
        string document = File.ReadAllText(Path.Combine(HeaderText.Root, "docs/QUESTIONS.md"));
        string[] programs = [.. document.Split("```c\n").Skip(1).Select(static text => text.Split("```")[0])];
        Assert.True(programs.Length >= 3);
        foreach (string program in programs)
        {
            string file = Path.Combine(CCompiler.TakeFolder(), "source.c");
            File.WriteAllText(file, program);
            IEnumerable<string> said = program.Split('\n').Where(static line => line.Contains("printf(", StringComparison.Ordinal))
                .SelectMany(static line => line.Split("/* ").Skip(1).Select(static comment => comment.Split(" */")[0] + "\n"));
            Assert.Equal(string.Concat(said), CCompiler.Run(CCompiler.Build("c99", file)));
        }
    }

    [Trait("Category", "Medium")]    // publishes the library
    [Fact]
    public void TheProgramOfCppInTheDocumentRuns()
    {
        CCompiler.Require("g++");
        string document = File.ReadAllText(Path.Combine(HeaderText.Root, "docs/EMBEDDING.md"));
        string file = Path.Combine(CCompiler.TakeFolder(), "source.cpp");
        File.WriteAllText(file, document.Split("```cpp\n")[1].Split("```")[0]);
        string program = CCompiler.BuildCpp(file, "-O1", Path.Combine(HeaderText.Root, "bindings/c/paging_sanitizers.c"));
        Assert.Equal("42 at b7ffe000\nfault 1 at 00000010\n", CCompiler.Run(program));
    }

    [Trait("Category", "Medium")]    // publishes the library
    [Fact]
    public void TheAdapterAnswersAScenario()
    {
        CCompiler.Require();
        string sources = Path.Combine(HeaderText.Root, "samples/adapters/c");
        string program = CCompiler.Build("c11", Path.Combine(sources, "adapter.c"), Path.Combine(sources, "calls.c"));
        Assert.Equal(ScenarioAnswers, Answer($"'{program}'"));
    }

    [Trait("Category", "Medium")]    // publishes the library
    [Fact]
    public void TheAdapterInPythonAnswersTheSame()
    {
        CCompiler.Require("python3");
        string library = Path.Combine(CCompiler.Library, "libpaging.so");
        Assert.Equal(
            ScenarioAnswers,
            Answer($"PYTHONPATH=bindings/python PAGING_LIBRARY='{library}' python3 -B samples/adapters/library.py"));
    }

    /// <summary>The JIT gives the same results with an array, tables and a window, and makes accesses to a device by call.</summary>
    [Trait("Category", "Slow")]
    [Fact]
    public void TheJitOfTheSamplesRuns()
    {
        CCompiler.Require();
        string program = CCompiler.Build("gnu11", Path.Combine(HeaderText.Root, "samples/jit/rv32.c"), "-O2");
        Assert.Contains("The window is cheaper", CCompiler.Run(program, Soak.IsWhole ? [] : ["quick"]), StringComparison.Ordinal);
    }

    private const string ScenarioAnswers = "0\n0xb7ffe000\n0\n1\n1\n0x00000007\nSIGSEGV SEGV_MAPERR 0x00000000\n3\n-1 EOPNOTSUPP\n0\n";

    private static string Answer(string adapter)
    {
        string input = Path.Combine(CCompiler.TakeFolder(), "input");
        File.WriteAllText(input, """
            process(layout=flexible, task_size=0xc0000000, mmap_base=0xb8000000, brk=0x0804a000, stack_limit=0x800000, reserved=0xbfff0000)
            mmap(0, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)
            store32(0xb7ffe000, 7)
            fork()
            resident(0xb7ffe000, 0xb8000000)
            [1] load32(0xb7ffe000)
            [1] load(0)
            open("f", 4096, 1)
            fallocate(3, FALLOC_FL_ZERO_RANGE, 0, 4096)
            end

            """);
        return CCompiler.Run("sh", "-c", $"{adapter} < '{input}'");
    }
}

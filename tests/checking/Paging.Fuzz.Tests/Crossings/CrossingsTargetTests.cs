using Paging.Scripting.Parsing;
using Paging.Tests;
using Xunit;

namespace Paging.Fuzz.Tests;

/// <summary>Sets of features beside random calls and operations; regressions that name features.</summary>
public sealed class CrossingsTargetTests
{
    private static readonly CrossingsTarget Target = new();

    public static TheoryData<string> NamesWithFeatures =>
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "regressions"), "*.scn").Order(StringComparer.Ordinal)
            .Where(static path => CrossingsTarget.StaysOf(ScenarioParser.ParseFile(path)).Length != 0)
            .Select(static path => Path.GetFileName(path))];

    [Trait("Category", "Medium")]
    [Fact]
    public void SomeSeedsFindNothing()
    {
        List<FailureReport> failures = [];
        FuzzOptions options = new() { Target = Target.Name, ShrinkBudget = TimeSpan.Zero, OutDirectory = Folder };
        Target.RunSeeds(options, 1000, (ulong)(1000 + Soak.Of(60, 12)), failures);
        Assert.Equal("", string.Join('\n', failures.Select(static failure => $"seed {failure.Seed}: {failure.What}")));
    }

    [Theory, MemberData(nameof(NamesWithFeatures))]
    public void ARegressionRunsBesideTheFeaturesThatItNames(string name) =>
        Assert.Null(CrossingsTarget.Replay(ScenarioParser.ParseFile(Path.Combine(AppContext.BaseDirectory, "regressions", name))));

    [Fact]
    public void AFailureKeepsTheFeaturesThatItNeeds()
    {
        CompanionStay[] drawn =
            [.. "snapshot log@4-9 watch@3 threads swap@7-12".Split(' ').Select(static text => CompanionStay.Parse(text))];
        // Fails beside the watch from anywhere, and beside swap only from the seventh call on.
        CompanionStay[] needed = CrossingsTarget.Needed(drawn, static stays => Array.Exists(stays, static stay =>
            stay.Companion.Name is "watch") && Array.Exists(stays, static stay => stay is { Companion.Name: "swap", From: 7 }));
        Assert.Equal("watch swap@7-12", string.Join(' ', needed));
    }

    [Theory]
    [InlineData("log"), InlineData("log@4"), InlineData("log@4-9")]
    public void AStayIsReadAsItIsWritten(string text) => Assert.Equal(text, CompanionStay.Parse(text).ToString());

    [Theory]
    [InlineData("lgo"), InlineData("log@"), InlineData("log@x"), InlineData("log@1-2-3"), InlineData("log@4-")]
    public void WhatIsNoStayIsRefused(string text) => Assert.Throws<FormatException>(() => CompanionStay.Parse(text));

    /// <summary>A script's comment names the features; a wrong one is a line and exit code 2.</summary>
    [Fact]
    public void AScriptRunsBesideItsFeatures()
    {
        Directory.CreateDirectory(Folder);
        string path = Path.Combine(Folder, "beside.scn");
        const string header = "process(layout=flexible, task_size=0xc0000000, mmap_base=0xb8000000, brk=0x0804a000, "
            + "stack_limit=0x800000, reserved=0xbfff0000) = 0\n";
        const string calls = """
            mmap(0x20000000, 0x2000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
            store(0x20000000, 0x07) = 0
            load(0x20000000) = 0x07

            """;
        foreach ((string comment, int code, string said) in new[]
        {
            ("# beside snapshot-redone log@1\n", ExitCode.Clean, "nothing found"),
            ("# beside nonsense\n", ExitCode.Unusable, "is no companion"),
        })
        {
            File.WriteAllText(path, comment + header + calls);
            using StringWriter output = new();
            Assert.Equal(code, Target.Run(new FuzzOptions { Target = Target.Name, Script = path }, output));
            Assert.Contains(said, output.ToString(), StringComparison.Ordinal);
        }
    }

    private static string Folder => Path.Combine(Path.GetTempPath(), "paging-fuzz-tests");
}

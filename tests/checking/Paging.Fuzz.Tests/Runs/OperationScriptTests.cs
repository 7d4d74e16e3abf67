using Xunit;

namespace Paging.Fuzz.Tests;

/// <summary>The script of a structure's finding is written, read and run again.</summary>
public sealed class OperationScriptTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("paging-script").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void WhatIsWrittenIsRead()
    {
        string[] names = ["write", "share an object"];
        OperationScript script = new(ulong.MaxValue, 16, [new(1, 0, uint.MaxValue, 0xA), new(0, 1, 2, 3)]);
        string path = script.Write("huge", names, _directory, "two: lines\nof it");
        OperationScript read = OperationScript.Read(path, "huge", names);
        Assert.Equal((script.Seed, script.Interval), (read.Seed, read.Interval));
        Assert.Equal(script.Operations, read.Operations);
    }

    [Theory]
    [InlineData("", "line 1: not '# huge, seed …'")]
    [InlineData("# radix, seed 1, compared every 1: x", "line 1: not '# huge, seed …'")]
    [InlineData("# huge, seed 1: x", "line 1: not '# huge, seed NUMBER, compared every NUMBER: …'")]
    [InlineData("# huge, seed 1, compared every -1: x", "line 1: not '# huge, seed NUMBER, compared every NUMBER: …'")]
    [InlineData("# huge, seed 1, compared every 1: x\n# note\nwrite 1 2", "line 3: not an operation and three numbers")]
    [InlineData("# huge, seed 1, compared every 1: x\nfly 1 2 3", "line 2: not an operation and three numbers")]
    [InlineData("# huge, seed 1, compared every 1: x\nwrite 1 2 100000000", "line 2: '100000000' is no hexadecimal number of 32 bits")]
    public void AScriptThatIsNoneIsRefusedByItsLine(string text, string reason)
    {
        string path = Path.Combine(_directory, "script.txt");
        File.WriteAllText(path, text);
        Assert.Equal(reason, Assert.Throws<FormatException>(() => OperationScript.Read(path, "huge", ["write"])).Message);
        using StringWriter output = new();
        Assert.Equal(ExitCode.Unusable, TargetTable.Find("huge").Run(new() { Target = "huge", Script = path }, output));
        Assert.Single(output.ToString().TrimEnd().Split('\n'));
    }

    [Fact]
    public void ATargetRunsTheScriptOfItsFinding()
    {
        string path = Path.Combine(_directory, "script.txt");
        File.WriteAllText(path, "# radix, seed 7, compared every 1: x\n" + string.Concat(
            RadixRun.Operations.Select(static name => $"{name} 00000001 00000002 00000003\n")));
        using StringWriter output = new();
        Assert.Equal(ExitCode.Clean, TargetTable.Find("radix").Run(new() { Target = "radix", Script = path }, output));
        string[] lines = output.ToString().TrimEnd().Split('\n');
        Assert.Equal(RadixRun.Operations.Length + 1, lines.Length);
        Assert.StartsWith($"     1  {RadixRun.Operations[0]}: ", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("nothing found", lines[^1], StringComparison.Ordinal);
    }
}

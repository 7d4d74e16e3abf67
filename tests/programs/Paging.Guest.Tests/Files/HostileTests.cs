using System.Globalization;

namespace Paging.Guest.Tests;

/// <summary>A guest that makes any call with any arguments harms only itself.</summary>
public sealed class HostileTests(BuiltPrograms programs)
{
    private const string CallsVariable = "PAGING_HOSTILE_CALLS", SeedVariable = "PAGING_HOSTILE_SEED";
    private static readonly int CallsDefault = Soak.Of(20_000, 6_000);

    /// <summary>More calls, or others: PAGING_HOSTILE_CALLS, PAGING_HOSTILE_SEED.</summary>
    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(1, GuestExecution.Emulated)]
    [InlineData(2, GuestExecution.Emulated)]
    [InlineData(3, GuestExecution.Emulated)]
    [InlineData(4, GuestExecution.Direct)]
    [InlineData(5, GuestExecution.Direct)]
    public void RandomCallsEndNeitherTheMachineNorItsParent(int seed, GuestExecution execution)
    {
        using TemporaryDirectory outside = new();
        string root = outside.At("root");
        Directory.CreateDirectory(Path.Combine(root, "d", "e"));
        File.WriteAllText(Path.Combine(root, "f"), "inside");
        File.CreateSymbolicLink(Path.Combine(root, "l"), "..");
        File.WriteAllText(outside.At("secret"), "outside");
        using GuestRun run = new(root)
        {
            Engine = new() { RamBytes = 32 << 20 },
            SwapBytes = 8 << 20,
            HasNoStreams = true,
            Execution = execution,
            Pace = execution == GuestExecution.Direct ? GuestPace.Host : GuestPace.Code,
        };
        string inside = run.Install(programs.Find("hostile"), "hostile");
        Outcome guest = run.AsGuest(inside, Setting(SeedVariable, seed), Setting(CallsVariable, CallsDefault));
        Assert.Equal(0, guest.Status);
        Assert.Equal("outside", File.ReadAllText(outside.At("secret")));
        using System.Diagnostics.Process removal = System.Diagnostics.Process.Start("rm", ["-rf", root]);    // .NET cannot name all of it
        removal.WaitForExit();
        string[] left = [.. Directory.GetFileSystemEntries(outside.Path).Select(static path => Path.GetFileName(path))];
        Assert.Equal("secret", Assert.Single(left));
    }

    private static string Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) ?? otherwise.ToString(CultureInfo.InvariantCulture);
}

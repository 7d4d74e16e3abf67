using Paging.Samples;
using Paging.Tests;

namespace Paging.Programs.Tests;

/// <summary>The samples of docs/EMBEDDING.md do what the document shows.</summary>
public sealed class SamplesTests
{
    public static TheoryData<string> Names => ["cpu", "x86", "emulator", "fuzzer", "pager", "device", "dirty-log", "observer", "threads"];

    [Theory, MemberData(nameof(Names))]
    public void ASamplePrintsWhatTheDocumentShows(string name)
    {
        if (string.Equals(name, "x86", StringComparison.Ordinal)) RequiredProcessor.Check();
        using StringWriter output = new() { NewLine = "\n" };
        Action<TextWriter> sample = name switch
        {
            "cpu" => ProcessorSample.Run,
            "x86" => MachineCodeSample.Run,
            "emulator" => EmulatorSample.Run,
            "fuzzer" => SnapshotFuzzerSample.Run,
            "pager" => PagerSample.Run,
            "device" => DeviceSample.Run,
            "dirty-log" => DirtyLogSample.Run,
            "threads" => ThreadsSample.Run,
            _ => ObserverSample.Run,
        };
        sample(output);
        Assert.Equal(Shown(name), output.ToString());
    }

    /// <summary>The measured machines run to the end; their times are no matter of a test.</summary>
    [Fact]
    public void TheEmulatorIsMeasured()
    {
        using StringWriter output = new();
        EmulatorSample.Measure(output, rounds: 1);
        Assert.Matches(@"^an instruction: \d+\.\d+ ns, in an array \d+\.\d+ ns\s*$", output.ToString());
    }

    /// <summary>The output that the document shows below the sample's command.</summary>
    private static string Shown(string name)
    {
        string document = File.ReadAllText(Path.Combine(Root(), "docs", "EMBEDDING.md"));
        string command = $"$ dotnet run -c Release --project samples/Paging.Samples -- {name}\n";
        int begin = document.IndexOf(command, StringComparison.Ordinal);
        Assert.True(begin >= 0, $"docs/EMBEDDING.md does not run {name}.");
        begin += command.Length;
        return document[begin..document.IndexOf("```", begin, StringComparison.Ordinal)];
    }

    private static string Root()
    {
        string directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Paging.sln"))) directory = Path.GetDirectoryName(directory)!;
        return directory;
    }
}

using Paging.Cli;
using Paging.Scripting.Engine;

namespace Paging.Pictures.Tests;

/// <summary>Reports as the command writes them, made once for all tests of a class.</summary>
public sealed class ReportPages : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("paging-reports").FullName;

    /// <summary>Makes them.</summary>
    public ReportPages()
    {
        Replay = Make("replay", "--string", string.Join(' ', Enumerable.Range(0, 3000).Select(static i => (i * i % 11) + (i % 3))),
            "--policy", "all");
        Script = Make("script", Path.Combine(ExerciseTests.Root, "docs", "tour", "06-fork.scn"));
    }

    /// <summary>Twelve policies on a trace that they handle differently.</summary>
    public string Replay { get; }

    /// <summary>A script with faults of two kinds.</summary>
    public string Script { get; }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Make(params string[] args)
    {
        string file = Path.Combine(_folder, args[0] + ".html");
        using StringWriter said = new();
        int code = CommandLine.Run([.. args, "--report", file], said, said, static options => new EngineMachine(options));
        return code == ExitCode.Agreement ? file : throw new InvalidOperationException(said.ToString());
    }
}

using System.Reflection;

namespace Paging.Architecture.Tests;

/// <summary>The rooms of Paging.Cli, the lowest first: a room may use itself and those before it.</summary>
public sealed class CliRoomsTests : RoomsTests
{
    private const string Cli = "Paging.Cli";

    private static readonly Room[] Rooms =
    [
        new(Cli, "What all commands share: exit codes, sizes, ranges, tables, terminals, refusals, and the parts that Windows adds.",
            "ByteSize", "CommandExamples", "CommandOption", "CostLists", "Counted", "ExitCode", "OutputFileOption", "PlainTable",
            "ProcessLimits", "ProgressBar", "ProgressLines", "Refusal", "ScenarioArguments", "ScriptOutput", "StandardStreams",
            "SwapChoice", "SwapFileException", "TerminalInk", "Terminals", "UserFiles", "Registered"),
        new($"{Cli}.Reports", "Costs, timelines and pictures of scenario runs."),
        new($"{Cli}.Replay", "The result of a policy.", "PolicyFigures"),
        new($"{Cli}.Replay.Engine", "The engine under a recorded trace."),
        new($"{Cli}.Replay", "`paging replay`."),
        new($"{Cli}.Tlb", "`paging tlb`."),
        new($"{Cli}.Programs", "`paging exec` and `layout`; programs as files of the host."),
        new($"{Cli}.Run.Trace", "`paging run --trace`: its lines."),
        new($"{Cli}.Run.Checkpoints", "Where checkpoints of `paging run` lie."),
        new($"{Cli}.Run", "The request of a run, and its end in words.", "RunRequest", "RunEnding"),
        new($"{Cli}.Run.Report", "`paging run --report`."),
        new($"{Cli}.Run", "`paging run`."),
        new($"{Cli}.Fuzz", "`paging fuzz`: the target of afl-fuzz."),
        new($"{Cli}.Store", "`paging store`."),
        new($"{Cli}.Doctor", "`paging doctor`."),
        new($"{Cli}.Conform", "`paging conform` and `adapter`."),
        new($"{Cli}.Manual", "Help, the manual page and completions."),
        new($"{Cli}.Tour", "`paging tour`."),
        new($"{Cli}.View", "`paging view`."),
        new($"{Cli}.Walk", "`paging walk`."),
        new($"{Cli}.Exercises.Sheets", "`paging exercise --student`: a sheet for each student, its key and its grade."),
        new($"{Cli}.Exercises", "`paging exercise`."),
        new(Cli, "`paging script` and `record`, the Windows reports, and the command line.", ".Program"),
    ];

    private static readonly RoomReader Reader = RoomReader.Read(Assembly.Load("paging").Location, Rooms);

    public CliRoomsTests() : base(Cli, Rooms, Reader, crossingCountMin: 60) { }
}

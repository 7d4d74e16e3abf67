using System.CommandLine;
using System.CommandLine.Parsing;
using Paging.Cli.Programs;
using Paging.Remote;

namespace Paging.Cli.Run.Checkpoints;

/// <summary>The options of <c>paging run</c> that save and resume programs.</summary>
internal sealed class CheckpointOptions
{
    private readonly Option<RemoteAddress?> _checkpoint = CommandOption.InStore("--checkpoint",
        "On SIGUSR1 or after a time, save the program in a store (docs/REMOTE.md) and exit.");

    private readonly Option<string> _toFile = CommandOption.OutputFile("--to-file", "FILE", "Like --checkpoint, into one file.");

    private readonly Option<TimeSpan> _after = CommandOption.Seconds("--checkpoint-after", "Save after this time.");

    private readonly Option<bool> _live = CommandOption.Flag(
        "--live", "With --checkpoint: send most pages while the program runs, and stop it for the rest only.");

    private readonly Option<RemoteAddress?> _resume = CommandOption.InStore("--resume",
        "Resume a program saved in a store, in place of PROGRAM; pages are fetched when they are touched.");

    private readonly Option<string> _fromFile =
        CommandOption.Text("--from-file", "FILE", "Resume a program saved in a file, in place of PROGRAM.");

    private readonly Option<TimeSpan> _wait =
        CommandOption.Seconds("--wait", "With --resume: wait up to this time for a checkpoint of that name.");

    /// <summary>All of them.</summary>
    public Option[] All => [_checkpoint, _toFile, _after, _live, _resume, _fromFile, _wait];

    /// <summary>Validates their combination. Returns the error, or null.</summary>
    /// <param name="result">The options.</param>
    /// <param name="hasProgram">There is a PROGRAM.</param>
    public string? Validate(CommandResult result, bool hasProgram)
    {
        bool isResumed = result.GetResult(_resume) is not null || result.GetResult(_fromFile) is not null;
        bool isSaved = result.GetResult(_checkpoint) is not null || result.GetResult(_toFile) is not null;
        if (result.GetResult(_resume) is not null && result.GetResult(_fromFile) is not null)
            return "--resume and --from-file: one of them";
        if (result.GetResult(_checkpoint) is not null && result.GetResult(_toFile) is not null)
            return "--checkpoint and --to-file: one of them";
        if (result.GetResult(_after) is not null && !isSaved) return "--checkpoint-after needs --checkpoint or --to-file";
        if (result.GetResult(_live) is not null && result.GetResult(_checkpoint) is null) return "--live needs --checkpoint";
        if (result.GetResult(_wait) is not null && result.GetResult(_resume) is null) return "--wait needs --resume";
        if (result.GetResult(_toFile) is { Tokens: [{ Value: { } path }] } && !HostFileKind.IsRegular(path))
            return $"--to-file {path}: not a file";    // it would be replaced by one, even a device
        if (isResumed && hasProgram) return "--resume and --from-file know their program: no PROGRAM";
        return isResumed || hasProgram ? null : "PROGRAM is missing";
    }

    /// <summary>The place to save to, or null.</summary>
    public CheckpointPlace? ReadTarget(ParseResult result) => CheckpointPlace.Of(result.GetValue(_toFile), result.GetValue(_checkpoint));

    /// <summary>The time to save at; null to save on the signal only.</summary>
    public TimeSpan? ReadTime(ParseResult result) => result.GetResult(_after) is null ? null : result.GetValue(_after);

    /// <summary>True if most pages are to be sent while the program runs.</summary>
    public bool ReadLive(ParseResult result) => result.GetValue(_live);

    /// <summary>The time to wait for the checkpoint to resume.</summary>
    public TimeSpan ReadPatience(ParseResult result) => result.GetValue(_wait);

    /// <summary>The checkpoint to resume; null to start a program.</summary>
    public CheckpointPlace? ReadSource(ParseResult result) => CheckpointPlace.Of(result.GetValue(_fromFile), result.GetValue(_resume));
}

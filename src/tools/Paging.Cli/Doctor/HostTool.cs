namespace Paging.Cli.Doctor;

/// <summary>Something of this host that a part of the engine or its tests uses if it is there.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Purpose">What does not work without it.</param>
/// <param name="Command">The one command that gets it, typed in the repository.</param>
/// <param name="Look">Looks for it: where it is, or why it cannot be used.</param>
internal sealed record HostTool(string Name, string Purpose, string Command, Func<ToolFinding> Look);

/// <summary>What was found.</summary>
/// <param name="IsUsable">It is there and works.</param>
/// <param name="Detail">Where, or why not. A compiler's complaint has more than one line.</param>
internal readonly record struct ToolFinding(bool IsUsable, string Detail);

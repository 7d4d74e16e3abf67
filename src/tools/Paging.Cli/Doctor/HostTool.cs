namespace Paging.Cli.Doctor;

/// <summary>A tool of the host that a part of the engine or its tests uses if it is available.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Purpose">The features that need it.</param>
/// <param name="Command">The one command that gets it, typed in the repository.</param>
/// <param name="Probe">Finds the tool: returns its place, or why it cannot be used.</param>
internal sealed record HostTool(string Name, string Purpose, string Command, Func<ToolFinding> Probe);

/// <summary>The result of looking for a tool.</summary>
/// <param name="IsUsable">True if it is installed and works.</param>
/// <param name="Detail">Its place, or why it cannot be used. A compiler's errors have several lines.</param>
internal readonly record struct ToolFinding(bool IsUsable, string Detail);

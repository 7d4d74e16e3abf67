using System.Collections.Immutable;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.Scripting.Parsing;
using Paging.Tour;
using Paging.WindowsChecking.Dialect;
using Paging.WindowsChecking.Engine;
using Paging.WindowsTour;

namespace Paging.Cli;

/// <summary>What Windows adds to scenarios and the tour.</summary>
/// <remarks>Beside it, only <see cref="WindowsReports"/> names an assembly of Windows.</remarks>
internal static class Registered
{
    /// <summary>The dialects of scenarios beside that of Linux.</summary>
    public static ImmutableArray<ScenarioDialect> Dialects { get; } = [WindowsDialect.Instance];

    /// <summary>The stories of the tour, in its order.</summary>
    public static IReadOnlyList<StoryEntry> Stories => [.. StoryCatalog.All, WindowsStory.Entry, .. StoryCatalog.AllBeyond];

    /// <summary>Makes an engine that executes scenarios of a dialect beside that of Linux.</summary>
    public static IScriptMachine MakeMachine(ScenarioDialect dialect, EngineMachineOptions options) => dialect switch
    {
        WindowsDialect => new WindowsEngineMachine(options),
        _ => throw new ArgumentOutOfRangeException(nameof(dialect), dialect, "No machine executes this dialect."),
    };

    /// <summary>A story by its name, or null.</summary>
    public static StoryEntry? FindStory(string name) =>
        Stories.FirstOrDefault(story => string.Equals(story.Name, name, StringComparison.Ordinal));
}

namespace Paging.Pictures.Tests;

/// <summary>A walk through a story to its end and back, read from the browser.</summary>
internal sealed class StoryWalk
{
    /// <summary>Each step as it was shown, on the way there and on the way back.</summary>
    public required ShownStep[] Shown { get; init; }

    /// <summary>Everything that is wrong, with its step.</summary>
    public required string[] Found { get; init; }
}

namespace Paging.Pictures.Tests;

/// <summary>A step as the tour's page shows it, read from the browser.</summary>
internal sealed class ShownStep
{
    /// <summary>The story's name and the step's number.</summary>
    public required string Place { get; init; }

    /// <summary>The heading.</summary>
    public required string Title { get; init; }

    /// <summary>The descriptions of the pictures, in the order of the story.</summary>
    public required string[] Labels { get; init; }

    /// <summary>How many pictures are open and higher than their caption.</summary>
    public int OpenCount { get; init; }

    /// <summary>How many pictures are folded.</summary>
    public int FoldedCount { get; init; }
}

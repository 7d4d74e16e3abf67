namespace Paging.Pictures.Tests;

/// <summary>What the tour's page shows of a step, as the browser has it.</summary>
internal sealed class ShownStep
{
    /// <summary>The story's name and the step's number.</summary>
    public required string Place { get; init; }

    /// <summary>The heading.</summary>
    public required string Title { get; init; }

    /// <summary>The descriptions of the pictures, in the order in which they were told.</summary>
    public required string[] Labels { get; init; }

    /// <summary>How many pictures are open and higher than their caption.</summary>
    public int OpenCount { get; init; }

    /// <summary>How many pictures are folded.</summary>
    public int FoldedCount { get; init; }

    /// <summary>The HTML of all pictures.</summary>
    public required string Panels { get; init; }
}

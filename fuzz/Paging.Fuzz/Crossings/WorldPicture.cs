namespace Paging.Fuzz;

/// <summary>The model of a world at one moment.</summary>
/// <param name="Own">Numbers of private pages.</param>
/// <param name="Shared">Numbers of shared pages.</param>
/// <param name="File">Numbers of the file's pages.</param>
/// <param name="Copy">Numbers of the private view; null: the page shows the file.</param>
/// <param name="Leaves">The huge pages.</param>
internal readonly record struct WorldPicture(
    uint[] Own, uint[] Shared, uint[] File, uint?[] Copy, IReadOnlyList<KnownLeaf> Leaves);

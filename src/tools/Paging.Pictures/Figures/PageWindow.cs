using Paging.Native;

namespace Paging.Pictures.Figures;

/// <summary>A run of pages of a process, to be drawn.</summary>
/// <param name="ProcessId">The process.</param>
/// <param name="Range">The pages; those that no area covers are left out.</param>
/// <param name="Title">The name of the pages, such as <c>heap</c>.</param>
public sealed record PageWindow(int ProcessId, PageRange Range, string Title)
{
    /// <summary>Further runs of pages of the same process, below the first in the picture.</summary>
    public IReadOnlyList<PageRange> More { get; init; } = [];
}

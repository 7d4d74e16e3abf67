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

    /// <summary>Names for pages, in place of their addresses; with its number where a name has several.</summary>
    public IReadOnlyList<(PageRange Range, string Name)> Names { get; init; } = [];

    /// <summary>True for the kernel's view of RAM, which maps frame N at 0xC0000000 + N pages.</summary>
    public bool IsKernel { get; init; }

    /// <summary>The name of a page, or null.</summary>
    internal string? NameOf(PageNumber page)
    {
        foreach ((PageRange range, string name) in Names)
            if (range.Contains(page)) return range.Count.Value == 1 ? name : $"{name} #{page.Value - range.First.Value}";
        return null;
    }
}

using Paging.Windows.Sections;

namespace Paging.Windows.Reports;

/// <summary>A section at one moment.</summary>
/// <param name="Number">Identifies the section.</param>
/// <param name="Name">Its name, or empty.</param>
/// <param name="File">The name of the file after it.</param>
/// <param name="ByteLength">Its size in bytes.</param>
/// <param name="Flags">SEC_FILE, SEC_COMMIT or SEC_RESERVE; with SEC_NOCACHE.</param>
/// <param name="Protection">The most that views may allow.</param>
/// <param name="Handles">Handles of all processes.</param>
/// <param name="Views">Views of all processes.</param>
/// <param name="CommittedPages">Pages of the page file that it is charged for.</param>
/// <param name="CachedPages">Its object's pages that are in frames: valid or transition prototype PTEs.</param>
/// <param name="PagedOutPages">Its object's pages that are in a page file.</param>
public readonly record struct SectionSnapshot(
    uint Number, string Name, string File, long ByteLength, SectionFlags Flags, PageProtection Protection, uint Handles, uint Views,
    long CommittedPages, uint CachedPages, uint PagedOutPages)
{
    internal static SectionSnapshot Of(SectionObject section) => new(
        section.Number, section.Name ?? "", section.File.Name, section.ByteLength, section.Flags, section.Protection,
        section.HandleCount, section.ViewCount, section.IsOfFile ? 0 : section.File.ChargedPages, section.File.Pages.Count,
        section.File.Swapped.Count);
}

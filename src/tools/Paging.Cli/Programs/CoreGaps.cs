using Paging.Programs.Cores;

namespace Paging.Cli.Programs;

/// <summary>Names the pages that a core file and the files beside it do not have.</summary>
internal static class CoreGaps
{
    /// <summary>Returns a line for each file and reason, and one that says where the files were looked for.</summary>
    /// <param name="image">The memory.</param>
    /// <param name="root">The directory of the program's files; null for the host's own.</param>
    public static IEnumerable<string> Describe(CoreImage image, string? root)
    {
        bool hasFile = false;
        foreach (IGrouping<(string FileName, string Reason), MissingPages> missing in image.Missing.GroupBy(
            static missing => (missing.FileName, missing.Reason)))
        {
            hasFile |= missing.Key.FileName.StartsWith('/');
            yield return $"missing: {Counted.Of(missing.Sum(static one => one.Range.Count.Value), "page")} of {missing.Key.FileName}: "
                + missing.Key.Reason;
        }

        if (hasFile)
            yield return root is null ? "these names were looked for on the host; if the program had another root directory: --root DIR"
                : $"these names were looked for below {root}";
    }
}

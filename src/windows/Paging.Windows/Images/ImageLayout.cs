using Paging.Windows.Entries;

namespace Paging.Windows.Images;

/// <summary>The protections of an image in memory, run by run.</summary>
internal static class ImageLayout
{
    /// <summary>
    /// The runs from the start on: the end of each, in bytes, and its protection. Headers are read-only; gaps are closed.
    /// </summary>
    public static IEnumerable<(uint End, ProtectionCode Protection)> Of(PeImage image)
    {
        uint at = Rounded(image.HeaderByteLength);
        yield return (at, Code(PageProtection.ReadOnly));
        foreach (PeSection section in image.Sections)
        {
            if (section.ByteLength == 0) continue;
            if (section.Place > at) yield return (section.Place, ProtectionCode.NoAccess);
            if (section.Place < at) continue;    // within the headers
            at = Rounded(section.Place + section.ByteLength);
            yield return (at, Code(section.Protection));
        }

        if (at < image.ByteLength) yield return (image.ByteLength, ProtectionCode.NoAccess);
    }

    /// <summary>The number of pages that are copied when written, which a view is charged for.</summary>
    public static uint CountWriteCopy(PeImage image)
    {
        uint count = 0, at = 0;
        foreach ((uint end, ProtectionCode protection) in image.Runs)
        {
            if (protection.IsWriteCopy) count += (end - at) >> 12;
            at = end;
        }

        return count;
    }

    private static uint Rounded(uint place) => (place + 0xFFF) & ~0xFFFu;

    private static ProtectionCode Code(PageProtection protection) =>
        ProtectionCode.TryFrom(protection, out ProtectionCode code) ? code : ProtectionCode.NoAccess;
}

using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Core.Frames;
using Paging.Native;
using Paging.Reports;

namespace Paging.Fuzz;

/// <summary>The visible state of a process: texts, page by page words, and the bytes of its own pages.</summary>
/// <param name="Areas">The text of maps, the break, limits and positions: always the same after a restore.</param>
/// <param name="Pages">The texts of smaps and status, and pagemap: the same unless frames were short.</param>
/// <param name="Sharing">The part that depends on other processes: the same unless those have changed.</param>
/// <param name="Bytes">A hash of each of its own pages.</param>
internal sealed record SnapshotPicture(string Areas, string Pages, string Sharing, IReadOnlyDictionary<uint, int> Bytes)
{
    private const ulong FrameMask = (1UL << 55) - 1;

    /// <summary>Looks at a process without changing it.</summary>
    /// <param name="engine">Its engine.</param>
    /// <param name="process">The process.</param>
    /// <param name="withShared">Shared pages are restored as well: hashes their bytes instead of their places.</param>
    /// <param name="hidesFrames">A page may come back in another frame.</param>
    public static SnapshotPicture Of(PagingEngine engine, UserProcess process, bool withShared = false, bool hidesFrames = false)
    {
        AddressSpace memory = process.Memory;
        StringBuilder areas = new(memory.FormatMaps()), pages = new(), sharing = new();
        areas.Append(CultureInfo.InvariantCulture, $"break {memory.Break.Value:x} stack {memory.GetLimit(ResourceLimit.Stack):x} ");
        areas.Append(CultureInfo.InvariantCulture, $"name {process.Name} score {process.OutOfMemoryScore} ");
        for (int descriptor = 3; descriptor < 7; descriptor++)
        {
            Errno error = process.FileDescriptors.Seek(descriptor, 0, SeekOrigin.Current, out long position);
            areas.Append(CultureInfo.InvariantCulture, $"{descriptor}:{error}:{position} ");
        }

        pages.Append(memory.FormatStatus()).AppendLine(memory.Usage.Faults.ToString());
        long clean = 0;
        foreach (string line in memory.FormatSmaps().Split('\n'))
        {
            if (line.StartsWith("Referenced:", StringComparison.Ordinal)) continue;    // the machine's: a snapshot leaves it alone
            if (line.StartsWith("SwapPss:", StringComparison.Ordinal)) continue;    // other snapshots share the slot
            // Unmapping moves D from an entry to its frame, where other processes see it: dirty or clean is the machine's, too (W6).
            if (line.StartsWith("Pss_Dirty:", StringComparison.Ordinal)) continue;
            if (TrySplit(line, "_Clean:", out string kind, out long kilobytes))
            {
                clean = kilobytes;
                continue;
            }

            if (TrySplit(line, "_Dirty:", out kind, out kilobytes))
            {
                sharing.AppendLine(CultureInfo.InvariantCulture, $"{kind}: {clean + kilobytes}");
                continue;
            }

            bool depends = line.StartsWith("Pss", StringComparison.Ordinal) || line.StartsWith("Swap", StringComparison.Ordinal)
                || line.StartsWith("Locked", StringComparison.Ordinal)
                || line.StartsWith("Shared_", StringComparison.Ordinal) || line.StartsWith("Private_", StringComparison.Ordinal);
            (depends ? sharing : pages).AppendLine(line);
        }

        Dictionary<uint, int> bytes = [];
        foreach (AreaSnapshot area in memory.Areas.Snapshot())
        {
            for (PageNumber page = area.Range.First; page < area.Range.End; page++)
            {
                PagemapWord word = memory.ReadPagemap(page);
                sharing.Append(word.IsExclusivelyMapped ? 'x' : '.');
                bool isOwn = memory.HasOwnPage(page);
                bool isHidden = word.IsPresent && (isOwn ? hidesFrames : withShared);
                ulong shown = isHidden ? word.Word & ~FrameMask : word.Word;
                pages.Append(CultureInfo.InvariantCulture, $"{shown & ~(1UL << 56):x} ");
                if (!word.IsPresent || !(isOwn || withShared)) continue;
                if (isOwn && IsGivenUp(engine, memory, page, word.Frame)) continue;
                bytes.Add(page.Value, HashOf(engine.Ram.Bytes(word.Frame)));
            }
        }

        return new(areas.ToString(), pages.ToString(), sharing.ToString(), bytes);
    }

    /// <summary>True for a page that MADV_FREE has given up, and nothing has written since: reclaim may take its bytes.</summary>
    private static bool IsGivenUp(PagingEngine engine, AddressSpace memory, PageNumber page, FrameNumber frame) =>
        (engine.Parts.Machine.Frames.Shown(frame).Flags & PageFlags.FileBacked) != 0 && !memory.Space.Tables.Read(page).IsDirty;

    private static bool TrySplit(string line, string name, out string kind, out long kilobytes)
    {
        int at = line.IndexOf(name, StringComparison.Ordinal);
        kind = at < 0 ? "" : line[..at];
        kilobytes = 0;
        if (at >= 0) kilobytes = long.Parse(line.AsSpan(at + name.Length)[..^2], CultureInfo.InvariantCulture);    // without "kB"
        return at >= 0;
    }

    /// <summary>The hash by which bytes are compared.</summary>
    public static int HashOf(ReadOnlySpan<byte> bytes)
    {
        HashCode hash = default;
        hash.AddBytes(bytes);
        return hash.ToHashCode();
    }

    /// <summary>How another picture differs; null if it does not.</summary>
    /// <param name="now">The other picture.</param>
    /// <param name="comparesPages">No frame was short in between.</param>
    /// <param name="comparesSharing">No other process has changed in between.</param>
    public string? DifferenceFrom(SnapshotPicture now, bool comparesPages, bool comparesSharing)
    {
        if (Difference("areas", Areas, now.Areas) is { } areas) return areas;
        if (comparesPages && Difference("pages", Pages, now.Pages) is { } pages) return pages;
        if (comparesPages && comparesSharing && Difference("sharing", Sharing, now.Sharing) is { } sharing) return sharing;
        foreach ((uint page, int hash) in Bytes)
        {
            bool isThere = now.Bytes.TryGetValue(page, out int found);
            if (isThere ? found != hash : comparesPages) return $"page {page:x}: its bytes are {(isThere ? "others" : "gone")}";
        }

        return null;
    }

    private static string? Difference(string what, string before, string after)
    {
        if (string.Equals(before, after, StringComparison.Ordinal)) return null;
        string[] old = before.Split('\n', ' '), now = after.Split('\n', ' ');
        int at = 0;
        while (at < Math.Min(old.Length, now.Length) && string.Equals(old[at], now[at], StringComparison.Ordinal)) at++;
        return $"{what}, word {at}: {string.Join(' ', old.Skip(Math.Max(0, at - 6)).Take(12))} is now " +
            string.Join(' ', now.Skip(Math.Max(0, at - 6)).Take(12));
    }
}

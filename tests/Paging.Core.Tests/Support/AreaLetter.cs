namespace Paging.Core.Tests;

/// <summary>The letters of the pictures. A capital begins an area; '.' is a hole.</summary>
/// <remarks><code>
///   rights        private   shared anonymous   growing   locked   file, private   file, shared
///   read, write      w             s              g         l           f               m
///   read             r             z              h         k           q               d
///   others: n none, x read and execute, e all three, all private
/// </code></remarks>
internal static class AreaLetter
{
    public static MemoryProtection RightsOf(char letter) => letter switch
    {
        'w' or 's' or 'g' or 'l' or 'f' or 'm' => MemoryProtection.ReadWrite,
        'r' or 'z' or 'h' or 'k' or 'q' or 'd' => MemoryProtection.Read,
        'n' => MemoryProtection.None,
        'x' => MemoryProtection.Read | MemoryProtection.Execute,
        'e' => MemoryProtection.All,
        _ => throw new ArgumentOutOfRangeException(nameof(letter), letter, "No such letter in pictures of areas."),
    };

    public static MapFlags FlagsOf(char letter) => letter switch
    {
        's' or 'z' => MapFlags.Shared | MapFlags.Anonymous,
        'g' or 'h' => MapFlags.Private | MapFlags.Anonymous | MapFlags.GrowsDown,
        'l' or 'k' => MapFlags.Private | MapFlags.Anonymous | MapFlags.Locked,
        'f' or 'q' => MapFlags.Private,
        'm' or 'd' => MapFlags.Shared,
        _ => MapFlags.Private | MapFlags.Anonymous,
    };

    public static char Of(AreaSnapshot area)
    {
        bool writable = (area.Protection & MemoryProtection.Write) != 0;
        if (area.IsSharedAnonymous) return writable ? 's' : 'z';
        if (area.ObjectId != 0 && area.IsShared) return writable ? 'm' : 'd';
        if (area.ObjectId != 0) return writable ? 'f' : 'q';
        if (area.GrowsDown) return writable ? 'g' : 'h';
        if (area.IsLocked) return writable ? 'l' : 'k';
        return area.Protection switch
        {
            MemoryProtection.ReadWrite => 'w',
            MemoryProtection.Read => 'r',
            MemoryProtection.None => 'n',
            MemoryProtection.All => 'e',
            _ => 'x',
        };
    }

    /// <summary>The areas of a process at the base, as a picture of so many pages.</summary>
    public static string Draw(UserProcess process, int width)
    {
        Span<char> picture = new char[width];
        picture.Fill('.');
        foreach (AreaSnapshot area in process.Memory.Areas.Snapshot())
        {
            long first = (long)area.Range.First.Value - World.Base.Page.Value;
            for (long page = Math.Max(first, 0); page < Math.Min(first + area.Range.Count.Value, width); page++)
                picture[(int)page] = page == first ? char.ToUpperInvariant(Of(area)) : Of(area);
        }

        return picture.ToString();
    }
}

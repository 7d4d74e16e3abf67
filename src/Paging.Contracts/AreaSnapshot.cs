using Paging.Native;

namespace Paging.Core;

/// <summary>One area as a report shows it.</summary>
/// <param name="Range">Its pages.</param>
/// <param name="Protection">Its rights.</param>
/// <param name="IsShared">Mapped with MAP_SHARED: the <c>s</c> of maps.</param>
/// <param name="ByteOffset">Into the object; 0 for private anonymous memory.</param>
/// <param name="ObjectId">Tells objects apart: one number for each file; 0 for private anonymous memory.</param>
/// <param name="Name">The file's name; empty for private anonymous memory.</param>
/// <param name="IsSharedAnonymous">Memory behind MAP_SHARED|MAP_ANONYMOUS.</param>
/// <param name="GrowsDown">Grows down to an access below it.</param>
/// <param name="IsLocked">Locked in memory.</param>
public sealed record AreaSnapshot(
    PageRange Range, MemoryProtection Protection, bool IsShared, ulong ByteOffset, int ObjectId, string Name, bool IsSharedAnonymous,
    bool GrowsDown, bool IsLocked)
{
    /// <summary>Everything that was agreed for it, as smaps lists it in VmFlags.</summary>
    public AreaFlags Flags { get; init; }

    /// <summary>The four letters of maps: <c>rw-p</c>.</summary>
    public string Rights => string.Create(4, this, static (letters, area) =>
    {
        letters[0] = (area.Protection & MemoryProtection.Read) != 0 ? 'r' : '-';
        letters[1] = (area.Protection & MemoryProtection.Write) != 0 ? 'w' : '-';
        letters[2] = (area.Protection & MemoryProtection.Execute) != 0 ? 'x' : '-';
        letters[3] = area.IsShared ? 's' : 'p';
    });
}

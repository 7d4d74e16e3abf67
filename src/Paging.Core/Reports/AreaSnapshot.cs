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
    PageRange Range, MemoryProtection Protection, bool IsShared, ulong ByteOffset, int ObjectId, string Name, bool IsSharedAnonymous, bool GrowsDown, bool IsLocked)
{
    /// <summary>The four letters of maps: <c>rw-p</c>.</summary>
    public string Rights => string.Create(4, this, static (letters, area) =>
    {
        letters[0] = (area.Protection & MemoryProtection.Read) != 0 ? 'r' : '-';
        letters[1] = (area.Protection & MemoryProtection.Write) != 0 ? 'w' : '-';
        letters[2] = (area.Protection & MemoryProtection.Execute) != 0 ? 'x' : '-';
        letters[3] = area.IsShared ? 's' : 'p';
    });

    internal static List<AreaSnapshot> Of(AddressSpace space)
    {
        List<AreaSnapshot> areas = new(space.Areas.Count);
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
        {
            if (!space.Areas[index].Has(AreaFlags.Foreign)) areas.Add(Of(space, space.Areas[index]));
        }

        return areas;
    }

    internal static AreaSnapshot Of(AddressSpace space, in Area area)
    {
        FileObject? file = area.IsAnonymous ? null : space.Engine.Files.ObjectOf(area.File);
        return new(
            area.Range,
            (MemoryProtection)(area.Flags & AreaFlags.Rights),
            area.Has(AreaFlags.MayShare),
            file is null ? 0 : (ulong)area.PageOffset << 12,
            file is null ? 0 : (int)file.Number + 1,
            file?.Name ?? "",
            file?.Kind == FileKind.SharedAnonymous,
            area.Has(AreaFlags.GrowsDown),
            area.Has(AreaFlags.Locked));
    }
}

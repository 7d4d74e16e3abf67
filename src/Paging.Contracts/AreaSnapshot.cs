using Paging.Native;

namespace Paging.Core;

/// <summary>A memory area at one moment, for reports.</summary>
/// <param name="Range">Its pages.</param>
/// <param name="Protection">Its rights.</param>
/// <param name="IsShared">Mapped with MAP_SHARED: shown as <c>s</c> in maps.</param>
/// <param name="ByteOffset">The offset of its first byte in the object; 0 for private anonymous memory.</param>
/// <param name="ObjectId">A number that is different for each object; 0 for private anonymous memory.</param>
/// <param name="Name">The file's name; empty for private anonymous memory.</param>
/// <param name="IsSharedAnonymous">Memory of MAP_SHARED|MAP_ANONYMOUS.</param>
/// <param name="GrowsDown">Grows down when the memory below it is accessed.</param>
/// <param name="IsLocked">Locked in memory.</param>
public sealed record AreaSnapshot(
    PageRange Range, MemoryProtection Protection, bool IsShared, ulong ByteOffset, int ObjectId, string Name, bool IsSharedAnonymous,
    bool GrowsDown, bool IsLocked)
{
    /// <summary>All its flags, which smaps lists in VmFlags.</summary>
    public AreaFlags Flags { get; init; }

    /// <summary>The area owns private pages, or has owned some. Linux: vm_area_struct.anon_vma is set.</summary>
    public bool HasOwnPages { get; init; }

    /// <summary>
    /// A number for the open file that it maps; 0 for private anonymous memory. Pieces of one mapping have the same. Linux: vm_file.
    /// </summary>
    public int OpenFileId { get; init; }

    /// <summary>In pages of the pool of huge pages. Linux: is_vm_hugetlb_page.</summary>
    public bool IsHugePool { get; init; }

    /// <summary>The four letters that maps shows, such as <c>rw-p</c>.</summary>
    public string Rights => string.Create(4, this, static (letters, area) =>
    {
        letters[0] = (area.Protection & MemoryProtection.Read) != 0 ? 'r' : '-';
        letters[1] = (area.Protection & MemoryProtection.Write) != 0 ? 'w' : '-';
        letters[2] = (area.Protection & MemoryProtection.Execute) != 0 ? 'x' : '-';
        letters[3] = area.IsShared ? 's' : 'p';
    });
}

using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Vfs.Memory;

/// <summary>
/// The limit of pages and files of all file systems in memory: half of RAM, as for tmpfs.
/// Linux: shmem_default_max_blocks.
/// </summary>
/// <remarks>
/// Pages are counted when a file is written or resized; pages added by mappings are included in the next count. Pages counted here are in
/// the engine's RAM, or on its swap devices.
/// </remarks>
internal sealed class MemoryBlocks(PagingEngine engine)
{
    private readonly Dictionary<MemoryContent, ulong> _pages = [];

    public ulong PageCountMax { get; } = engine.Ram.FrameCount.Value / 2;

    public ulong PageCount { get; private set; }

    public ulong FileCountMax => PageCountMax;

    public ulong FileCount { get; private set; }

    /// <summary>Checks the room for bytes. Returns ENOSPC if there is too little.</summary>
    public Errno CheckRoom(int byteLength)
    {
        ulong wanted = PageWords.Covering((uint)byteLength);
        if (PageCount + wanted <= PageCountMax) return Errno.None;
        foreach (MemoryContent content in _pages.Keys.ToArray()) Count(content);
        return PageCount + wanted <= PageCountMax ? Errno.None : Errno.ENOSPC;
    }

    public void Count(MemoryContent content)
    {
        ulong now = content.PageCount;
        PageCount = PageCount - _pages.GetValueOrDefault(content) + now;
        _pages[content] = now;
    }

    public void Forget(MemoryContent content)
    {
        if (_pages.Remove(content, out ulong pages)) PageCount -= pages;
    }

    /// <summary>Counts a new file. Returns ENOSPC at the limit.</summary>
    public Errno AddFile()
    {
        if (FileCount >= FileCountMax) return Errno.ENOSPC;    // nr_inodes
        FileCount++;
        return Errno.None;
    }

    public void RemoveFile() => FileCount--;
}

using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Vfs.Memory;

/// <summary>
/// How many pages and files of RAM the file systems in memory may have between them: half, as tmpfs has it.
/// Linux: shmem_default_max_blocks.
/// </summary>
/// <remarks>
/// Pages are counted when a file is written or resized; those that a mapping brings in are found with the next count. Whatever is counted
/// here lies in the engine's RAM, or on its swap devices.
/// </remarks>
internal sealed class MemoryBlocks(PagingEngine engine)
{
    private readonly Dictionary<MemoryContent, ulong> _pages = [];

    public ulong PageCountMax { get; } = engine.Ram.FrameCount.Value / 2;

    public ulong PageCount { get; private set; }

    public ulong FileCountMax => PageCountMax;

    public ulong FileCount { get; private set; }

    /// <summary>ENOSPC: no room for so many bytes.</summary>
    public Errno Judge(int byteLength)
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

    /// <summary>One more name for a new file. ENOSPC: there are as many files as there may be.</summary>
    public Errno AddFile()
    {
        if (FileCount >= FileCountMax) return Errno.ENOSPC;
        FileCount++;
        return Errno.None;
    }

    public void RemoveFile() => FileCount--;
}

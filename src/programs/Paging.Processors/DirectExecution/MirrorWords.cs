using Paging.Native;

namespace Paging.Processors.DirectExecution;

/// <summary>Reads the words with which pages may be shown of a <see cref="PageMirror"/>, one page table after the other.</summary>
/// <param name="ram">The memory that holds the tables.</param>
/// <param name="format">Their layout.</param>
internal sealed class MirrorWords(PhysicalMemory ram, TableFormat format)
{
    private FrameNumber _directory, _table;
    private int _index;                      // the entry of the directory that was read last; -1: none
    private bool _isWalked, _isUser, _isWritable;

    /// <summary>Begins to read: the tables do not change until the last <see cref="WordOf"/>.</summary>
    public void Begin(FrameNumber directory) => (_directory, _index) = (directory, -1);

    /// <summary>The word of a page; 0 if it was not accessed, is the supervisor's, or lies beyond RAM.</summary>
    public ulong WordOf(PageNumber page)
    {
        if (page.DirectoryIndex != _index) Enter(page.DirectoryIndex);
        if (_isWalked)
        {
            WalkResult walk = Walker.Peek(ram, format, _directory, page);
            return walk.Succeeded && IsInRam(walk.Physical.Frame) ? PageMirror.WordOf(walk) : 0;
        }

        if (!_isUser) return 0;
        PageTableEntry leaf = new(ram.Words(_table)[page.TableIndex]);
        return leaf is { IsPresent: true, IsUser: true, IsAccessed: true } && IsInRam(leaf.Frame)
            ? PageMirror.WordOf(leaf.Frame, isWritable: _isWritable && leaf is { IsWritable: true, IsDirty: true }, isExecutable: true) : 0;
    }

    /// <summary>Reads an entry of the directory. Large pages and tables of PAE are walked to.</summary>
    private void Enter(int index)
    {
        _index = index;
        _isWalked = format != TableFormat.Classic || !IsInRam(_directory);
        if (_isWalked) return;
        PageDirectoryEntry entry = new(ram.Words(_directory)[index]);
        _isWalked = entry is { IsPresent: true, IsLarge: true } || !IsInRam(entry.Table);
        (_isUser, _isWritable, _table) = (entry is { IsPresent: true, IsUser: true }, entry.IsWritable, entry.Table);
    }

    private bool IsInRam(FrameNumber frame) => frame.Value < ram.FrameCount.Value;
}

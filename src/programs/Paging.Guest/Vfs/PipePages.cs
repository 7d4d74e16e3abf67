using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Vfs;

/// <summary>
/// The pages of all pipes: one file in the engine's RAM, a page of it for each page of a pipe. Data in pipes counts as memory of the
/// machine, and can be swapped; at most a quarter of RAM, so that programs can continue.
/// </summary>
internal sealed class PipePages(PagingEngine engine)
{
    private const int SpareMax = 64;    // 256 KiB: a busy pipe neither allocates nor frees

    private readonly uint _countMax = engine.Ram.FrameCount.Value / 4;
    private readonly Stack<uint> _free = new();
    private readonly Stack<uint> _spare = new();
    private OpenFileDescription? _open;
    private uint _end;

    /// <summary>Takes a page and writes its first bytes. ENOMEM if the machine has none left. Linux: anon_pipe_get_page.</summary>
    public Errno Take(ReadOnlySpan<byte> first, out uint page)
    {
        page = 0;
        if (_open is null)
        {
            Errno refused = engine.Files.CreateMemoryFile("/pipe").Open(FileRights.ReadWrite, OpenFlags.None, out _open);
            if (refused != Errno.None) return refused;
        }

        if (!_spare.TryPop(out page) && !_free.TryPop(out page))
        {
            if (_end == _countMax) return Errno.ENOMEM;
            page = _end++;
        }

        Errno error = Write(page, 0, first);
        if (error != Errno.None) _free.Push(page);
        return error;
    }

    public Errno Write(uint page, int offset, ReadOnlySpan<byte> source)
    {
        Errno error = _open!.WriteAt((long)PageWords.ToBytes(page) + offset, source, out int count);
        return error == Errno.None && count < source.Length ? Errno.ENOMEM : error;
    }

    public Errno Read(uint page, int offset, Span<byte> destination)
    {
        Errno error = _open!.ReadAt((long)PageWords.ToBytes(page) + offset, destination, out int count);
        return error == Errno.None && count < destination.Length ? Errno.EIO : error;
    }

    /// <summary>Returns a page. A few are kept for the next pipe, others are freed.</summary>
    public void Give(uint page)
    {
        if (_spare.Count < SpareMax)
        {
            _spare.Push(page);
            return;
        }

        _open!.Allocate(AllocationFlags.PunchHole | AllocationFlags.KeepSize, (long)PageWords.ToBytes(page), PageWords.ByteLength);
        _free.Push(page);
    }
}

using Paging.Core;
using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Windows.Caching;

/// <summary>One view of the system cache at one moment.</summary>
/// <param name="Number">0 to 255.</param>
/// <param name="Address">The view's address among the system's.</param>
/// <param name="File">The name of the file.</param>
/// <param name="Offset">The offset of the view in the file, in bytes: a multiple of 256 KB.</param>
/// <param name="ActiveCount">Reads and writes that are in the view.</param>
/// <remarks>Windows: VACB.</remarks>
public readonly record struct CacheViewSnapshot(int Number, VirtualAddress Address, string File, long Offset, uint ActiveCount);

/// <summary>Copies between files and callers through views of 256 KB over the one page cache, and reads ahead.</summary>
/// <remarks>
/// The frames are those that views of sections, mappings of Linux, read and write show. Written pages stay dirty until the lazy writer
/// (<see cref="SystemThreads.RunLazyWriter"/>) or another writer writes them. Windows: CcCopyRead, CcCopyWrite.
/// </remarks>
public sealed class CacheManager
{
    private readonly EngineParts _core;

    internal CacheManager(EngineParts core) => _core = core;

    /// <summary>Uses of a piece of a file that had its view already.</summary>
    public long Hits => Views.Hits;

    /// <summary>Uses that took the view of another piece, the least recently used one.</summary>
    public long Remapped => Views.Remapped;

    /// <summary>The pages that were requested ahead of reads.</summary>
    public long ReadAheadPages { get; private set; }

    internal CacheViews Views { get; } = new();

    /// <summary>Describes the views in use.</summary>
    public IReadOnlyList<CacheViewSnapshot> TakeSnapshot()
    {
        _core.Machine.Callers.Enter();
        List<CacheViewSnapshot> views = [];
        for (int view = 0; view < CacheViews.Count; view++)
        {
            CacheView one = Views[view];
            if (one.File is not { IsAlive: true } file) continue;
            views.Add(new(view, CacheViews.AddressOf(view), file.Name, one.Piece * CacheViews.ByteLength, one.ActiveCount));
        }

        return views;
    }

    /// <summary>Reads piece by piece, each through its view.</summary>
    internal Errno CopyRead(
        GuestFile file, ref ReadPattern pattern, FileCaching caching, long offset, Span<byte> destination, out int byteCount)
    {
        if (offset < 0 || destination.IsEmpty) return file.Read(offset, destination, out byteCount);    // which returns the error
        byteCount = 0;
        Errno error = Errno.None;
        while (byteCount < destination.Length && error == Errno.None)
        {
            Span<byte> part = destination.Slice(byteCount, LengthInPiece(offset + byteCount, destination.Length - byteCount));
            using CacheViews.Use view = Views.Acquire(file.Object, offset + byteCount);    // until after any exception of a backing
            error = file.Read(offset + byteCount, part, out int some);
            byteCount += some;
            if (some < part.Length) break;    // the file ends there, or an error follows
        }

        if (byteCount == 0) return error;
        if ((caching & FileCaching.RandomAccess) != 0) return Errno.None;
        if (!pattern.TryPredict(offset, offset + byteCount, out (long Begin, long End) ahead)) return Errno.None;
        if ((caching & FileCaching.SequentialScan) != 0) ahead.End += ahead.End - ahead.Begin;
        ReadAhead(file.Object, ahead);
        return Errno.None;
    }

    /// <summary>Writes piece by piece, each through its view.</summary>
    internal Errno CopyWrite(GuestFile file, long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        if (offset < 0 || source.IsEmpty) return file.Write(offset, source, out byteCount);    // which returns the error
        byteCount = 0;
        Errno error = Errno.None;
        while (byteCount < source.Length && error == Errno.None)
        {
            ReadOnlySpan<byte> part = source.Slice(byteCount, LengthInPiece(offset + byteCount, source.Length - byteCount));
            using CacheViews.Use view = Views.Acquire(file.Object, offset + byteCount);
            error = file.Write(offset + byteCount, part, out int some);
            byteCount += some;
            if (some < part.Length) break;
        }

        return byteCount != 0 ? Errno.None : error;
    }

    private static int LengthInPiece(long offset, int wanted) =>
        (int)Math.Min(wanted, CacheViews.ByteLength - (offset % CacheViews.ByteLength));

    /// <summary>Requests the pages of the piece in which the next read is expected. A failure shows when they are read.</summary>
    private void ReadAhead(FileObject file, (long Begin, long End) piece)
    {
        if (file.IsMemory || file.IsPaged || piece.Begin >= file.ByteLength) return;    // no disk to be ahead of
        using SlowPathHold hold = _core.Machine.Callers.Hold();
        ulong first = (ulong)piece.Begin >> VirtualAddress.PageShift;
        ulong end = ((ulong)Math.Min(piece.End, file.ByteLength) + VirtualAddress.OffsetMask) >> VirtualAddress.PageShift;
        _core.Io.ReadAhead.Force(_core.Machine.Lists.Root, file, new(new((uint)first), end));
        ReadAheadPages += (long)(end - first);
    }
}

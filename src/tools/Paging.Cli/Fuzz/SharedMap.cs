using System.Buffers;
using System.Runtime.InteropServices;

namespace Paging.Cli.Fuzz;

/// <summary>A segment of System V's shared memory that another process has made (shmat(2)).</summary>
internal sealed partial class SharedMap : MemoryManager<byte>
{
    private readonly int _length;
    private nint _start;    // 0 after Dispose

    private SharedMap(nint start, int length) => (_start, _length) = (start, length);

    /// <summary>Null: there is none, or not for this user.</summary>
    /// <param name="identifier">Of the segment.</param>
    /// <param name="length">The number of bytes used; the map has at least as many.</param>
    public static SharedMap? AttachOrNull(int identifier, int length)
    {
        nint start = Attach(identifier, 0, 0);
        return start == -1 ? null : new(start, length);
    }

    // SAFETY: the segment stays attached until Dispose.
    public override unsafe Span<byte> GetSpan() => new((void*)_start, _start == 0 ? 0 : _length);

    // SAFETY: as GetSpan; the memory never moves.
    public override unsafe MemoryHandle Pin(int elementIndex = 0) => new((byte*)_start + elementIndex);

    public override void Unpin() { }

    protected override void Dispose(bool disposing)
    {
        if (_start == 0) return;
        _ = Detach(_start);
        _start = 0;
    }

    [LibraryImport("libc", EntryPoint = "shmat")]
    private static partial nint Attach(int identifier, nint address, int flags);

    [LibraryImport("libc", EntryPoint = "shmdt")]
    private static partial int Detach(nint address);
}

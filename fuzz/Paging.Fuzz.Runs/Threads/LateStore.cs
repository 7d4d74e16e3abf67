using Paging.Core;
using Paging.Native;

namespace Paging.Fuzz;

/// <summary>A swap store whose reads take their time. The bytes are those of the moment of the request.</summary>
internal sealed class LateStore(ISwapStore inner, LateAnswers answers) : ISwapStore
{
    private volatile bool _isDisposed;

    public string Name => "late";
    public uint SlotCount => inner.SlotCount;
    public bool AllowsConcurrentReads => true;

    public Errno Read(uint slot, Span<byte> page)
    {
        Errno error = inner.Read(slot, page);
        Errno late = answers.Await();
        if (_isDisposed) throw new InvariantException("a swap device is read that has been closed");
        return error == Errno.None ? late : error;
    }

    public Errno Write(uint slot, ReadOnlySpan<byte> page) => inner.Write(slot, page);

    public void Dispose()
    {
        _isDisposed = true;
        inner.Dispose();
    }
}

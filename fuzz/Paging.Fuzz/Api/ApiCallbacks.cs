using Paging.Core;
using Paging.Native.Collections;
using Paging.Policies;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>The exception of the fuzzer's callbacks. To see it is no defect: the engine passes it on.</summary>
internal sealed class CallbackException : Exception
{
    public CallbackException() : this("A callback of the fuzzer threw.") { }

    public CallbackException(string message) : base(message) { }

    public CallbackException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>The host's code that the engine calls: mostly correct; or it throws, returns wrong values, or calls back.</summary>
/// <param name="random">Chance of its own.</param>
/// <param name="callBack">Makes a call of the engine, from inside.</param>
internal sealed class ApiMischief(FuzzRandom random, Action callBack)
{
    private readonly int _percent = random.OneOf([0, 0, 5, 30, 100]);

    /// <summary>Throws or calls back, or returns an error or none.</summary>
    public Errno Act()
    {
        if (!random.Percent(_percent)) return Errno.None;
        switch (random.Below(4))
        {
            case 0: throw new CallbackException();
            case 1: callBack(); return Errno.None;
            case 2: return Errno.EIO;
            default: return (Errno)random.OneOf([1, 28, 9999, -5]);
        }
    }

    /// <summary>A number of bytes, which may be more than there are.</summary>
    public int Count(int length) =>
        random.Percent(_percent) ? random.OneOf([0, -1, length / 2, length + 1, int.MaxValue, int.MinValue]) : length;

    /// <summary>Any slot.</summary>
    public int Slot(int slot) => random.Percent(_percent) ? random.OneOf([-1, 0, 1, 1000, int.MaxValue, int.MinValue]) : slot;
}

/// <summary>A backing in trouble.</summary>
internal sealed class ApiBacking(ApiMischief mischief, long byteLength) : IFileBacking
{
    public long ByteLength => byteLength;

    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        byteCount = mischief.Count((int)Math.Clamp(byteLength - offset, 0, destination.Length));
        return mischief.Act();
    }

    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = mischief.Count(source.Length);
        return mischief.Act();
    }

    public Errno SetLength(long length) => mischief.Act();

    public Errno Flush() => mischief.Act();

    public void Dispose() => mischief.Act();
}

/// <summary>Counts events.</summary>
internal struct ApiSink : IEngineEventSink
{
    public int Count { get; private set; }

    public void Take(in EngineEvent happened) => Count += happened.ToString().Length;
}

/// <summary>A swap store in trouble.</summary>
internal sealed class ApiStore(ApiMischief mischief, uint slotCount) : ISwapStore
{
    private readonly byte[]?[] _pages = new byte[]?[Math.Clamp(slotCount, 1, 4096)];

    public string Name => "store";

    public uint SlotCount => slotCount;

    public Errno Read(uint slot, Span<byte> page)
    {
        if (_pages[slot % _pages.Length] is { } bytes) bytes.CopyTo(page);
        return mischief.Act();
    }

    public Errno Write(uint slot, ReadOnlySpan<byte> page)
    {
        _pages[slot % _pages.Length] = page.ToArray();
        return mischief.Act();
    }

    public void Dispose() => mischief.Act();
}

/// <summary>A policy in trouble: the oldest slot goes first, or any other number.</summary>
internal struct ApiPolicy(ApiMischief? mischief) : IOnlinePolicy<ApiPolicy>
{
    private List<int>? _slots;

    public static ApiPolicy Create(int frameCount, int reservedFrameCount) => new(null);

    public readonly void Missed(ulong page) => mischief?.Act();

    public void Loaded(int slot, ulong page)
    {
        (_slots ??= []).Add(slot);
        mischief?.Act();
    }

    public readonly void Hit(int slot) => mischief?.Act();

    public readonly int FindVictim<TBits>(ref TBits bits) where TBits : struct, IPageBits
    {
        int slot = _slots is [int first, ..] ? first : IReplacementPolicy.None;
        if (mischief is null) return slot;
        slot = mischief.Slot(slot);
        bits.TakeAccessed(slot);
        mischief.Act();
        return slot;
    }

    public readonly void Evicted(int slot, ulong page)
    {
        _slots?.Remove(slot);
        mischief?.Act();
    }

    public readonly void Removed(int slot)
    {
        _slots?.Remove(slot);
        mischief?.Act();
    }
}

using System.Globalization;

namespace Paging.Core.Tests;

/// <summary>A backing of zeros that records the calls that change it, in hexadecimal: <c>write 1000+2000</c>.</summary>
internal sealed class NotingBacking(long byteLength) : IFileBacking
{
    private readonly List<string> _calls = [];

    /// <summary>The calls so far.</summary>
    public IReadOnlyList<string> Calls => _calls;

    /// <summary>The offset at which a write is refused; negative for none.</summary>
    public long Refused { get; init; } = -1;

    /// <summary>The offset of the page to which no mapping may store; negative for none.</summary>
    public long Sealed { get; set; } = -1;

    /// <summary>Runs in the middle of each write.</summary>
    public Action? OnWrite { get; set; }

    public long ByteLength { get; private set; } = byteLength;

    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        byteCount = (int)Math.Clamp(ByteLength - offset, 0, destination.Length);
        destination[..byteCount].Clear();
        return Errno.None;
    }

    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        OnWrite?.Invoke();
        byteCount = 0;
        if (offset == Refused) return Errno.ENOSPC;
        byteCount = source.Length;
        ByteLength = Math.Max(ByteLength, offset + byteCount);
        Note($"write {offset:x}+{byteCount:x}");
        return Errno.None;
    }

    public Errno SetLength(long byteLength)
    {
        ByteLength = byteLength;
        Note($"length {byteLength:x}");
        return Errno.None;
    }

    public Errno PunchHole(long offset, long byteLength)
    {
        Note($"punch {offset:x}+{byteLength:x}");
        return Errno.None;
    }

    public Errno PermitStore(long offset) => offset == Sealed ? Errno.ENOSPC : Errno.None;

    public Errno Flush() => Errno.None;

    public void Dispose() { }

    private void Note(FormattableString call) => _calls.Add(call.ToString(CultureInfo.InvariantCulture));
}

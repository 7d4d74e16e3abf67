using System.Buffers;
using Paging.Native.Memory;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Memory of the host beyond the end of RAM: which frame numbers it gets, and that they lead to its bytes and no others.</summary>
public sealed class HostWindowTests : IDisposable
{
    private readonly PhysicalMemory _ram = new(FrameCount.MiB(1), requestHugePages: false) { NameableCount = 266 };

    public void Dispose() => _ram.Release();

    [Fact]
    public void WindowsFollowRamAndFillTheFirstGapThatIsLargeEnough()
    {
        HostWindow one = Add(2), two = Add(3), three = Add(1);
        Assert.Equal((256u, 258u, 261u), (one.First.Value, two.First.Value, three.First.Value));
        two.Dispose();
        Assert.Equal(262u, Add(4).First.Value);    // the gap has three
        HostWindow again = Add(3);
        Assert.Equal(258u, again.First.Value);
        Assert.Equal([256u, 258u, 261u, 262u], _ram.HostMemory.Select(static window => window.First.Value));
        one.Dispose();
        Assert.Equal(256u, Add(1).First.Value);
        Assert.Equal(257u, Add(1).First.Value);
        Assert.False(_ram.TryAddWindow(new byte[4096], out HostWindow? none));    // all ten numbers are taken
        Assert.Null(none);
    }

    [Fact]
    public void TheLastNumberIsGivenAndNoneBehindIt()
    {
        Assert.False(_ram.TryAddWindow(new byte[11 * 4096], out _));
        Assert.Equal(0ul, _ram.HostMemoryEpoch);
        Assert.Equal(256u, Add(10).First.Value);
        Assert.False(_ram.TryAddWindow(new byte[4096], out _));
    }

    [Fact]
    public void EachFrameIsItsPageOfTheMemory()
    {
        byte[] bytes = new byte[3 * 4096];
        _ = Add(1);
        Assert.True(_ram.TryAddWindow(bytes, out HostWindow? window));
        foreach (uint at in (uint[])[0, 1, 2]) _ram.Fill(new(257 + at), (byte)(at + 1));
        for (int at = 0; at < bytes.Length; at++) Assert.True(bytes[at] == 1 + (at / 4096), $"byte {at} is {bytes[at]}");
        Assert.False(window!.Contains(new(256)));
        Assert.True(window.Contains(new(257)) && window.Contains(new(259)));
        Assert.False(window.Contains(new(260)));
        Assert.True(_ram.HasBytes(new(0)) && _ram.HasBytes(new(255)) && _ram.HasBytes(new(259)));
        Assert.False(_ram.HasBytes(new(260)));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ram.Fill(new(260), 1));
    }

    [Fact]
    public void AWindowThatIsGoneHasNoBytesAndGoesOnce()
    {
        HostWindow window = Add(2);
        Assert.Equal(1ul, _ram.HostMemoryEpoch);
        window.Dispose();
        Assert.Equal(2ul, _ram.HostMemoryEpoch);
        window.Dispose();
        Assert.Equal(2ul, _ram.HostMemoryEpoch);
        Assert.False(_ram.HasBytes(new(256)));
        Assert.Empty(_ram.HostMemory);
        Assert.Throws<ArgumentOutOfRangeException>(() => _ram.Bytes(new FrameNumber(256)));
    }

    [Fact]
    public void AWindowKeepsItsMemoryPinnedUntilItIsGone()
    {
        Pinned memory = new();
        Assert.True(_ram.TryAddWindow(memory.Memory, out HostWindow? window));
        Assert.Equal(1, memory.PinCount);
        window!.Dispose();
        window.Dispose();
        Assert.Equal(0, memory.PinCount);
    }

    /// <summary>A page of memory that counts its pins.</summary>
    private sealed class Pinned : MemoryManager<byte>
    {
        private readonly byte[] _bytes = GC.AllocateArray<byte>(4096, pinned: true);

        public int PinCount { get; private set; }

        public override Span<byte> GetSpan() => _bytes;

        public override unsafe MemoryHandle Pin(int elementIndex = 0)
        {
            PinCount++;
            return new(System.Runtime.CompilerServices.Unsafe.AsPointer(ref _bytes[elementIndex]), pinnable: this);
        }

        public override void Unpin() => PinCount--;

        protected override void Dispose(bool disposing) { }
    }

    private HostWindow Add(int pageCount)
    {
        Assert.True(_ram.TryAddWindow(new byte[pageCount * 4096], out HostWindow? window));
        Assert.Equal((uint)pageCount, window!.Count.Value);
        return window;
    }
}

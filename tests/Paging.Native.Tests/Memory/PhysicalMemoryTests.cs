using Paging.Native.Memory;
using Xunit;

namespace Paging.Native.Tests;

public sealed class PhysicalMemoryTests
{
    private static readonly FrameNumber First = new(0), Middle = new(100), Last = new(255);

    [Theory]
    [InlineData(0)]
    [InlineData(255)]
    [InlineData(0x1000001)]
    public void OtherSizesThanOneMebibyteToSixtyFourGibibytesAreRefused(uint frameCount) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new PhysicalMemory(new FrameCount(frameCount)));

    [Fact]
    public void SixtyFourGibibytesArePossible()
    {
        using PhysicalMemory ram = new(new FrameCount(0x1000000), requestHugePages: false);
        ram.Fill(new(0xFFFFFF), 1);
        Assert.Equal((1ul << 36, true), (ram.ByteLength, ram.IsFilledWith(new(0xFFFFFF), 1)));
    }

    [Fact]
    public void RamOfAnEngineIsGivenBackByTheEngineOnly()
    {
        PhysicalMemory ram = new(FrameCount.MiB(1), requestHugePages: false) { IsOwned = true };
        Assert.Throws<InvalidOperationException>(((IDisposable)ram).Dispose);
        ram.Fill(Last, 3);
        ram.Release();
        ram.Release();    // the engine is gone, and so is the memory: nothing to refuse
        Assert.Throws<ObjectDisposedException>(() => ram.Bytes(Last));
    }

    /// <summary>A bit for each frame, and no more.</summary>
    [Fact]
    public void TheMarksOfTranslatedCodeTakeABitForEachFrame()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        CodeFrames code = new(FrameCount.MiB(4096));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1 << 17, (1 << 17) + 1024);
        Assert.True(code.Mark(new(0xFFFFF)) && code.Holds(new(0xFFFFF)) && !code.Holds(new(0xFFFC0)));
        Assert.True(new CodeFrames(new(257)).Mark(new(256)));
    }

    [Fact]
    public void AllBytesAreZeroAtFirst()
    {
        using PhysicalMemory ram = new(FrameCount.MiB(1));
        for (uint frame = 0; frame < ram.FrameCount.Value; frame++) Assert.True(ram.IsZero(new(frame)));
        Assert.Equal(1ul << 20, ram.ByteLength);
    }

    [Fact]
    public void AFrameIsItsSliceOfRamInBytesAndInLittleEndianWords()
    {
        using PhysicalMemory ram = new(FrameCount.MiB(1));
        ram.Words(Middle)[1] = 0x11223344;
        Assert.Equal(4096, ram.Bytes(Middle).Length);
        Assert.Equal(1024, ram.Words(Middle).Length);
        Assert.Equal([0x44, 0x33, 0x22, 0x11], ram.Bytes(Middle.Address + 4, 4).ToArray());
    }

    [Fact]
    public void ARunOfBytesMayCrossFramesButNotTheEndOfRam()
    {
        using PhysicalMemory ram = new(FrameCount.MiB(1));
        ram.Bytes(new PhysicalAddress(0x1FFE), 4).Fill(7);
        Assert.Equal(7, ram.Bytes(new FrameNumber(1))[4095]);
        Assert.Equal(7, ram.Bytes(new FrameNumber(2))[0]);
        Assert.Equal(0, ram.Bytes(new PhysicalAddress(0x100000), 0).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => ram.Bytes(new PhysicalAddress(0xFFFFF), 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => ram.Bytes(new PhysicalAddress(0), -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ram.Bytes(new PhysicalAddress(0xFFFFFFFF), int.MaxValue));
    }

    [Fact]
    public void NoOperationReachesBeyondTheLastFrame()
    {
        using PhysicalMemory ram = new(FrameCount.MiB(1));
        FrameNumber beyond = new(256);
        Assert.Throws<ArgumentOutOfRangeException>(() => ram.Bytes(beyond));
        Assert.Throws<ArgumentOutOfRangeException>(() => ram.Words(beyond));
        Assert.Throws<ArgumentOutOfRangeException>(() => ram.Clear(beyond));
        Assert.Throws<ArgumentOutOfRangeException>(() => ram.ClearAhead(beyond));
        Assert.Throws<ArgumentOutOfRangeException>(() => ram.Fill(beyond, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ram.Copy(beyond, First));
        Assert.Throws<ArgumentOutOfRangeException>(() => ram.Copy(First, beyond));
        Assert.Throws<ArgumentOutOfRangeException>(() => ram.IsZero(beyond));
        Assert.Throws<ArgumentOutOfRangeException>(() => HostAddress(ram, beyond));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(255)]
    public void FillingAndClearingAFrameLeavesItsNeighboursAlone(uint number)
    {
        using PhysicalMemory ram = new(FrameCount.MiB(1));
        for (uint frame = 0; frame < 256; frame++) ram.Fill(new(frame), 0x5A);
        Action<FrameNumber>[] clearings = [ram.Clear, ram.ClearAhead];
        foreach (Action<FrameNumber> clear in clearings)
        {
            ram.Fill(new(number), 0xC3);
            Assert.True(ram.IsFilledWith(new(number), 0xC3));
            clear(new(number));
            for (uint frame = 0; frame < 256; frame++) Assert.True(ram.IsFilledWith(new(frame), frame == number ? (byte)0 : (byte)0x5A));
        }
    }

    [Fact]
    public void ACopyHasEveryByteOfItsSource()
    {
        using PhysicalMemory ram = new(FrameCount.MiB(1));
        new Random(1).NextBytes(ram.Bytes(First));
        byte[] expected = ram.Bytes(First).ToArray();
        ram.Copy(First, Last);
        Assert.Equal(expected, ram.Bytes(Last).ToArray());
        Assert.Equal(expected, ram.Bytes(First).ToArray());
        Assert.True(ram.IsZero(new(254)));
    }

    [Fact]
    public void OneWrongByteAnywhereIsSeen()
    {
        using PhysicalMemory ram = new(FrameCount.MiB(1));
        ram.Fill(Middle, 0xA5);
        for (int offset = 0; offset < 4096; offset++)
        {
            ram.Bytes(Middle)[offset] = 0xA4;
            Assert.False(ram.IsFilledWith(Middle, 0xA5));
            ram.Bytes(Middle)[offset] = 0xA5;
        }
        Assert.True(ram.IsFilledWith(Middle, 0xA5));
    }

    [Fact]
    public void AfterDisposeEveryAccessIsRefused()
    {
        PhysicalMemory ram = new(FrameCount.MiB(1));
        ram.Release();
        ram.Release();
        Assert.Throws<ObjectDisposedException>(() => ram.Bytes(First));
        Assert.Throws<ObjectDisposedException>(() => ram.Bytes(First.Address, 1));
        Assert.Throws<ObjectDisposedException>(() => ram.Clear(First));
        Assert.Equal(0u, ram.FrameCount.Value);
    }

    private static unsafe nint HostAddress(PhysicalMemory ram, FrameNumber frame) => (nint)ram.HostAddress(frame);
}

using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A watchpoint reports each access to its bytes through the processor, before it happens, and no other.</summary>
public sealed class WatchTests : IDisposable
{
    private readonly World _world = new();
    private readonly List<string> _seen = [];

    public WatchTests() => _world.Map(0, 4);

    private Mmu Mmu => _world.Mmu;

    public void Dispose()
    {
        _world.Verify();
        _world.Dispose();
    }

    [Fact]
    public void ReadsAndWritesAreReportedWithTheirBytes()
    {
        Mmu.Write(World.At(0, 8), 0x11223344u);    // cached before it is watched
        using Watchpoint watch = Mmu.Watch(World.At(0, 8), 4, WatchedAccesses.All, Note);
        Assert.Equal(0x11223344u, Mmu.Read<uint>(World.At(0, 8)));
        Mmu.Write(World.At(0, 10), (ushort)0xAABB);
        Assert.True(Mmu.TryRead(World.At(0, 11), out byte _));
        Assert.Equal(["Read 8: 44332211", "Write a: 2211 > bbaa", "Read b: aa"], Taken());
        Assert.Equal((0xAABB3344u, 4L), (Mmu.Read<uint>(World.At(0, 8)), watch.HitCount));
    }

    [Fact]
    public void OtherBytesOfThePageAreNotReported()
    {
        using Watchpoint watch = Mmu.Watch(World.At(1, 100), 2, WatchedAccesses.All, Note);
        Mmu.Write(World.At(1, 99), (byte)1);
        Mmu.Write(World.At(1, 102), 2u);
        Mmu.Write(World.At(0), 3u);
        Assert.Equal((1, 2u, 3u), (Mmu.Read<byte>(World.At(1, 99)), Mmu.Read<uint>(World.At(1, 102)), Mmu.Read<uint>(World.At(0))));
        Assert.Empty(Taken());
        Assert.Equal(0, watch.HitCount);
    }

    [Fact]
    public void OnlyTheKindsThatWereAskedForAreReported()
    {
        using Watchpoint writes = Mmu.Watch(World.At(0), 4096, WatchedAccesses.Write, Note);
        Mmu.Write(World.At(0), (byte)1);
        Mmu.Read<byte>(World.At(0));
        Assert.Equal(["Write 0: 00 > 01"], Taken());
    }

    [Fact]
    public void AValueInTwoPagesIsReportedForEachWatchedPage()
    {
        using Watchpoint watch = Mmu.Watch(World.At(0, 4094), 4, WatchedAccesses.All, Note);
        Mmu.Write(World.At(0, 4094), 0x04030201u);
        Assert.Equal(0x04030201u, Mmu.Read<uint>(World.At(0, 4094)));
        Assert.Equal(["Write ffe: 0000 > 0102", "Write 1000: 0000 > 0304", "Read ffe: 0102", "Read 1000: 0304"], Taken());
    }

    /// <summary>Runs that begin, end or go on in a watched page, or end exactly with it: every byte, and how many there were.</summary>
    [Theory]
    [InlineData(0, 4096), InlineData(0, 4097), InlineData(4095, 1), InlineData(4095, 2), InlineData(4000, 96), InlineData(4000, 97)]
    [InlineData(100, 4096), InlineData(4000, 4192), InlineData(4000, 4193), InlineData(4097, 8191), InlineData(5000, 7000)]
    [InlineData(1, 16383)]
    public void RunsOverWatchedAndOtherPagesReachTheirEnd(int start, int length)
    {
        const int all = 4 * 4096;
        foreach (int watched in (int[])[0, 1, 2, 3])
        {
            using Watchpoint watch = Mmu.Watch(World.At(watched, 2000), 1, WatchedAccesses.All, static _ => { });
            byte[] expected = new byte[all], bytes = new byte[length];
            foreach (int round in (int[])[0, 1])
            {
                Assert.Equal((uint)all, Mmu.Fill(World.At(0), all, 1, out _));
                expected.AsSpan().Fill(1);
                expected.AsSpan(start, length).Fill(7);
                bytes.AsSpan().Fill(7);
                long hits = watch.HitCount;
                if (round == 0) Assert.Equal((uint)length, Mmu.Fill(World.At(0, start), (uint)length, 7, out MemoryFault fault));
                else Assert.Equal(length, Mmu.CopyIn(World.At(0, start), bytes, out MemoryFault _));
                int at = (watched * 4096) + 2000;
                Assert.Equal(at >= start && at < start + length ? 1 : 0, watch.HitCount - hits);
                byte[] found = new byte[all];
                Assert.Equal(all, Mmu.CopyOut(World.At(0), found, out _));
                Assert.True(expected.AsSpan().SequenceEqual(found));
                Assert.Equal(length, Mmu.CopyOut(World.At(0, start), bytes, out _));
                Assert.False(bytes.AsSpan().ContainsAnyExcept((byte)7));
            }
        }
    }

    /// <summary>A refused fill has stored nothing of its page, as a refused copy.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ARefusedRunStoresAllOfThePageOrNothing(bool fills)
    {
        using Watchpoint watch = Mmu.Watch(World.At(1, 100), 4, WatchedAccesses.Write, static _ => throw new IOException("no"));
        byte[] found = new byte[8192], nines = new byte[300];
        nines.AsSpan().Fill(9);
        Assert.Throws<IOException>(() => _ = fills ? Mmu.Fill(World.At(0, 4000), 300, 9, out _)
            : (uint)Mmu.CopyIn(World.At(0, 4000), nines, out _));
        Assert.Equal(8192, Mmu.CopyOut(World.At(0), found, out _));
        Assert.Equal((96, 0, 1), (found.Count(static one => one == 9), found.AsSpan(4096).Count((byte)9), watch.HitCount));
    }

    [Fact]
    public void CopiesFillsAndAtomicAccessesAreReported()
    {
        using Watchpoint watch = Mmu.Watch(World.At(0, 2), 1, WatchedAccesses.All, Note);
        Assert.Equal(4, Mmu.CopyIn(World.At(0), [1, 2, 3, 4], out _));
        Assert.Equal(4u, Mmu.Fill(World.At(0), 4, 9, out _));
        Assert.Equal(4, Mmu.CopyOut(World.At(0), new byte[4], out _));
        Assert.Equal(0x09090909u, Mmu.CompareExchange(World.At(0), 5, 0x09090909));
        Assert.Equal(["Write 0: 00000000 > 01020304", "Write 0: 01020304 > 09090909", "Read 0: 09090909", "Read 0: 09090909",
            "Write 0: 09090909 > 05000000"], Taken());
        Assert.False(Mmu.TryGetSpan(World.At(0), 4, AccessKind.Read, out _, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.Device, fault.Kind);
    }

    [Fact]
    public void FetchesAreReportedAsSuch()
    {
        _world.Memory.Map(World.At(8), 4096, MemoryProtection.Read | MemoryProtection.Execute, World.PrivateFixed, out _);
        using Watchpoint watch = Mmu.Watch(World.At(8), 1, WatchedAccesses.Fetch, Note);
        Mmu.Read<byte>(World.At(8));
        Assert.True(Mmu.TryFetch(World.At(8), out byte _, out _));
        Assert.Equal(["Fetch 8000: 00"], Taken());
    }

    [Fact]
    public void AnAccessThatFaultsIsNotReported()
    {
        using Watchpoint watch = Mmu.Watch(World.At(4), 4, WatchedAccesses.All, Note);
        Assert.False(Mmu.TryRead(World.At(4), out uint _, out MemoryFault fault));
        Assert.Equal((MemoryFaultKind.NotMapped, 0), (fault.Kind, Taken().Length));
        _world.Map(4, 1);    // mapped later: watched all the same
        Mmu.Write(World.At(4), (byte)1);
        Assert.Equal(["Write 4000: 00 > 01"], Taken());
    }

    [Fact]
    public void AHandlerThatThrowsStopsTheAccess()
    {
        Mmu.Write(World.At(0), 7u);
        using (Mmu.Watch(World.At(0), 4, WatchedAccesses.Write, static _ => throw new TimeoutException("watched")))
            Assert.Equal("watched", Assert.Throws<TimeoutException>(() => Mmu.Write(World.At(0), 8u)).Message);
        Assert.Equal(7u, Mmu.Read<uint>(World.At(0)));
    }

    [Fact]
    public void AHandlerCannotCallTheEngine()
    {
        using Watchpoint watch = Mmu.Watch(World.At(0), 4, WatchedAccesses.Read, _ => _world.Memory.Mmu.Read<byte>(World.At(1)));
        Assert.Throws<InvalidOperationException>(() => Mmu.Read<uint>(World.At(0)));
    }

    [Fact]
    public void ADisposedWatchpointSeesNothingMore()
    {
        Watchpoint watch = Mmu.Watch(World.At(0), 4, WatchedAccesses.All, Note);
        watch.Dispose();
        watch.Dispose();
        Mmu.Write(World.At(0), 1u);
        Assert.Empty(Taken());
        Assert.True(Mmu.TryGetSpan(World.At(0), 4, AccessKind.Write, out _, out _));    // cached again
    }

    [Fact]
    public void AChildIsNotWatchedAndTheParentsCopyIs()
    {
        Mmu.Write(World.At(0), 1u);
        using Watchpoint watch = Mmu.Watch(World.At(0), 4, WatchedAccesses.Write, Note);
        using UserProcess child = _world.First.Fork();
        child.Memory.Mmu.Write(World.At(0), 2u);
        Mmu.Write(World.At(0), 3u);
        Assert.Equal(["Write 0: 01000000 > 03000000"], Taken());
        Assert.Equal((2u, 3u), (child.Memory.Mmu.Read<uint>(World.At(0)), Mmu.Read<uint>(World.At(0))));
    }

    [Fact]
    public void ADirtyLogSeesTheWritesToo()
    {
        using DirtyLog log = _world.Memory.OpenDirtyLog();
        using Watchpoint watch = Mmu.Watch(World.At(0), 4, WatchedAccesses.Write, Note);
        Mmu.Write(World.At(0), 1u);
        Mmu.Write(World.At(1), 1u);
        Assert.Equal([World.At(0).Page, World.At(1).Page], log.CollectDirty().ToArray());
        Mmu.Write(World.At(0), 2u);
        Assert.Equal([World.At(0).Page], log.CollectDirty().ToArray());
    }

    [Fact]
    public void AForeignProcessorIsNotHeldUp()
    {
        using Watchpoint watch = Mmu.Watch(World.At(0), 4, WatchedAccesses.All, Note);
        Assert.Equal(MemoryFault.None, Mmu.ResolveFault(World.At(0), PageFaultErrorCode.User | PageFaultErrorCode.Write));
        Assert.Empty(Taken());
    }

    /// <summary>A processor with a TLB of its own asks which accesses it has to leave to the engine.</summary>
    [Fact]
    public void ReportedPagesAreFound()
    {
        Assert.Empty(Reported(default));
        ByteShadow shadow = _world.Memory.OpenByteShadow();
        World.Succeeds(shadow.Mark(World.At(2) + 4095, 2, ByteState.Uninitialized));
        using (Watchpoint watch = Mmu.Watch(World.At(1) + 4092, 5, WatchedAccesses.Write, Note), other = Mmu.Watch(
            new(0xBFFF_FFFF), 1, WatchedAccesses.Read, Note))
        {
            uint first = World.At(0).Page.Value;
            Assert.Equal([first + 1, first + 2, first + 3, 0xBFFFFu], Reported(default));
            Assert.Equal([first + 2, first + 3, 0xBFFFFu], Reported(new(first + 2)));
            shadow.IsEnforced = false;    // it refuses nothing
            Assert.Equal([first + 1, first + 2, 0xBFFFFu], Reported(default));
            Assert.Empty(Reported(new(0xC0000)));
            Assert.Empty(Reported(new(uint.MaxValue)));
        }

        shadow.IsEnforced = true;
        Assert.Equal(2, Reported(default).Count);
        shadow.Close();
        Assert.Empty(Reported(default));
    }

    private List<uint> Reported(PageNumber from)
    {
        List<uint> all = [];
        for (; Mmu.TryFindReported(from, out PageNumber page); from = page + PageCount.One) all.Add(page.Value);
        return all;
    }

    [Fact]
    public void NonsenseIsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Mmu.Watch(World.At(0), 0, WatchedAccesses.All, Note));
        Assert.Throws<ArgumentOutOfRangeException>(() => Mmu.Watch(World.At(0), 1, WatchedAccesses.None, Note));
        Assert.Throws<ArgumentOutOfRangeException>(() => Mmu.Watch(new(0xBFFF_FFFF), 2, WatchedAccesses.All, Note));
        Assert.Throws<ArgumentOutOfRangeException>(() => Mmu.Watch(new(uint.MaxValue), uint.MaxValue, WatchedAccesses.All, Note));
        Assert.Throws<ArgumentNullException>(() => Mmu.Watch(World.At(0), 1, WatchedAccesses.All, null!));
    }

    /// <summary>Random accesses beside random watchpoints: bytes as in a plain array, reports as by a plain comparison.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void BytesAndReportsAreThoseOfAPlainModel(int seed)
    {
        Random random = new(seed);
        byte[] model = new byte[4 * 4096];
        List<(int Start, int Length, Watchpoint Watch)> watches = [];
        for (int step = 0; step < 4000; step++)
        {
            if (random.Next(40) == 0) Change(random, watches);
            int at = random.Next(2) == 0 ? random.Next(model.Length - 8) : (4096 * random.Next(1, 4)) - random.Next(8);
            int length = 1 << random.Next(4);
            if (at + length > model.Length) continue;
            int[] parts = at / 4096 == (at + length - 1) / 4096 ? [at, at + length] : [at, (at / 4096 * 4096) + 4096, at + length];
            long expected = 0;
            for (int i = 0; i + 1 < parts.Length; i++)
                expected += watches.Count(watch => watch.Start < parts[i + 1] && parts[i] < watch.Start + watch.Length);
            long before = watches.Sum(static watch => watch.Watch.HitCount);
            byte[] bytes = new byte[length];
            if (random.Next(2) == 0)
            {
                random.NextBytes(bytes);
                bytes.CopyTo(model, at);
                Write(World.At(0, at), bytes);
            }
            else
            {
                Assert.Equal(length, Mmu.CopyOut(World.At(0, at), bytes, out _));
                Assert.Equal(model[at..(at + length)], bytes);
            }

            Assert.Equal(expected, watches.Sum(static watch => watch.Watch.HitCount) - before);
        }
    }

    private void Change(Random random, List<(int Start, int Length, Watchpoint Watch)> watches)
    {
        if (watches.Count > 0 && random.Next(2) == 0)
        {
            int index = random.Next(watches.Count);
            watches[index].Watch.Dispose();
            watches.RemoveAt(index);
            return;
        }

        int start = random.Next(4 * 4096), length = Math.Min(1 + random.Next(random.Next(2) == 0 ? 8 : 5000), (4 * 4096) - start);
        watches.Add((start, length, Mmu.Watch(World.At(0, start), (uint)length, WatchedAccesses.All, static _ => { })));
    }

    private void Write(VirtualAddress at, byte[] bytes)
    {
        if (bytes.Length == 8) Mmu.Write(at, BitConverter.ToUInt64(bytes));
        else if (bytes.Length == 4) Assert.True(Mmu.TryWrite(at, BitConverter.ToUInt32(bytes)));
        else Assert.Equal(bytes.Length, Mmu.CopyIn(at, bytes, out _));
    }

    private void Note(WatchedAccess access)
    {
        string after = access.Kind == AccessKind.Write ? $" > {Convert.ToHexStringLower(access.After)}" : "";
        _seen.Add($"{access.Kind} {access.Address.Value - World.Base.Value:x}: {Convert.ToHexStringLower(access.Before)}{after}");
    }

    private string[] Taken()
    {
        string[] taken = [.. _seen];
        _seen.Clear();
        return taken;
    }
}

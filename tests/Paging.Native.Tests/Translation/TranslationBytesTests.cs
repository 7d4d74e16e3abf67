using System.Runtime.CompilerServices;
using Paging.Native.Collections;
using Paging.Native.Translation;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Bytes through the cache: within a page as a span or a copy, and values that lie in two pages.</summary>
public sealed class TranslationBytesTests : IDisposable
{
    private const uint First = 0x500, Second = 0x501;

    private readonly TableWorld _world = new(frameCount: 256);
    private readonly TranslationCache _cache;

    public TranslationBytesTests() => _cache = new(_world.Pool);

    public void Dispose()
    {
        _cache.Detach();
        _world.Dispose();
    }

    [Fact]
    public void ValuesInTwoPagesTakeTheEndOfOneAndTheBeginningOfTheOther()
    {
        Cache(First, 20, isWritten: true);
        Cache(Second, 9, isWritten: true);    // lies before the first page's frame
        CrossAnywhere<ushort>();
        CrossAnywhere<ThreeBytes>();
        CrossAnywhere<uint>();
        CrossAnywhere<ulong>();
        CrossAnywhere<UInt128>();
    }

    [Theory]
    [InlineData(true, true, true, true)]
    [InlineData(true, true, true, false)]
    [InlineData(true, true, false, true)]
    [InlineData(false, true, false, true)]
    [InlineData(true, false, true, false)]
    [InlineData(false, false, false, false)]
    public void BothPagesMustBeCached(bool readsFirst, bool readsSecond, bool writesFirst, bool writesSecond)
    {
        if (readsFirst) Cache(First, 20, writesFirst);
        if (readsSecond) Cache(Second, 9, writesSecond);
        VirtualAddress address = new PageNumber(First).Address + 4094u;
        _world.Ram.Fill(new(20), 0xAA);
        _world.Ram.Fill(new(9), 0xBB);
        bool reads = _cache.TryReadAcross(address, out uint value);
        Assert.Equal((readsFirst && readsSecond, readsFirst && readsSecond ? 0xBBBBAAAA : 0), (reads, reads ? value : 0));
        bool writes = _cache.TryWriteAcross(address, 0x44332211u);
        Assert.Equal(writesFirst && writesSecond, writes);
        byte[] expected = writes ? [0xAA, 0x11, 0x22, 0x33, 0x44, 0xBB] : [0xAA, 0xAA, 0xAA, 0xBB, 0xBB, 0xBB];
        byte[] found = [.. _world.Ram.Bytes(new(20))[4093..], .. _world.Ram.Bytes(new(9))[..3]];
        Assert.Equal(expected, found);
    }

    [Fact]
    public void AValueOfUpToTwoPagesIsAHitInBothAndALongerOneIsNot()
    {
        Cache(First, 20, isWritten: true);
        Cache(Second, 9, isWritten: true);
        VirtualAddress start = new PageNumber(First).Address;
        Assert.False(_cache.TryReadHit(start, out TwoPages value));
        Assert.False(_cache.TryWriteHit(start, value));
        for (int at = 0; at < 4096; at++) (_world.Ram.Bytes(new(20))[at], _world.Ram.Bytes(new(9))[at]) = ((byte)at, (byte)(at * 7));
        Assert.True(_cache.TryReadAcross(start, out value));
        byte[] whole = [.. _world.Ram.Bytes(new(20)), .. _world.Ram.Bytes(new(9))];
        Assert.True(((ReadOnlySpan<byte>)value).SequenceEqual(whole));
        _world.Ram.Fill(new(20), 1);
        _world.Ram.Fill(new(9), 1);
        Assert.True(_cache.TryWriteAcross(start, value));
        byte[] written = [.. _world.Ram.Bytes(new(20)), .. _world.Ram.Bytes(new(9))];
        Assert.Equal(whole, written);

        Assert.False(_cache.TryReadAcross(start + 1u, out value));    // its end lies in a third page
        Assert.False(_cache.TryWriteAcross(start + 1u, value));
        Assert.False(_cache.TryReadAcross(start + 4092u, out uint word));    // it ends with the first page
        Assert.False(_cache.TryWriteAcross(start + 4092u, word));
    }

    [Fact]
    public void BytesOfAPageAreCopiedAndShownOnlyIfItIsCachedForThat()
    {
        Cache(First, 20, isWritten: false);
        Cache(Second, 9, isWritten: true);
        VirtualAddress read = new PageNumber(First).Address + 0x10u, written = new PageNumber(Second).Address + 0x20u;
        VirtualAddress none = new PageNumber(Second + 1).Address;
        _world.Ram.Bytes(new(20))[0x10] = 77;
        byte[] bytes = [1, 2, 3];
        Assert.True(_cache.TryCopyOutHit(read, bytes));
        Assert.Equal([77, 0, 0], bytes);
        Assert.False(_cache.TryCopyOutHit(none, bytes));
        Assert.False(_cache.TryCopyInHit(read, [5, 6, 7]));
        Assert.True(_cache.TryCopyInHit(written, [5, 6, 7]));
        Assert.Equal([0, 5, 6, 7, 0], _world.Ram.Bytes(new(9))[0x1F..0x24].ToArray());

        Assert.True(_cache.TryGetSpanHit(read, 5, AccessKind.Read, out Span<byte> span));
        Assert.True(Unsafe.AreSame(ref span[0], ref _world.Ram.Bytes(new(20))[0x10]) && span.Length == 5);
        Assert.True(_cache.TryGetSpanHit(written, 4, AccessKind.Write, out span));
        Assert.True(Unsafe.AreSame(ref span[0], ref _world.Ram.Bytes(new(9))[0x20]) && span.Length == 4);
        Assert.False(_cache.TryGetSpanHit(read, 5, AccessKind.Write, out span));
        Assert.True(span.IsEmpty);
        Assert.False(_cache.TryGetSpanHit(none, 5, AccessKind.Read, out span));
        Assert.True(span.IsEmpty);
    }

    /// <summary>At each offset at which the value crosses, and one to each side, with every byte of both pages compared.</summary>
    private unsafe void CrossAnywhere<T>() where T : unmanaged
    {
        byte[] model = new byte[8192];
        Random random = new(sizeof(T));
        for (int offset = 4096 - sizeof(T); offset <= 4096 - sizeof(T) + 16; offset++)
        {
            if (offset >= 4096) break;
            VirtualAddress address = new PageNumber(First).Address + (uint)offset;
            bool crosses = offset + sizeof(T) > 4096;
            random.NextBytes(model);
            model.AsSpan(0, 4096).CopyTo(_world.Ram.Bytes(new(20)));
            model.AsSpan(4096).CopyTo(_world.Ram.Bytes(new(9)));
            Assert.Equal(crosses, _cache.TryReadAcross(address, out T value));
            T written = Unsafe.ReadUnaligned<T>(ref model[100]);
            if (crosses) Assert.Equal(Unsafe.ReadUnaligned<T>(ref model[offset]), value);
            Assert.Equal(crosses, _cache.TryWriteAcross(address, written));
            if (crosses) Unsafe.WriteUnaligned(ref model[offset], written);
            Assert.True(_world.Ram.Bytes(new(20)).SequenceEqual(model.AsSpan(0, 4096)));
            Assert.True(_world.Ram.Bytes(new(9)).SequenceEqual(model.AsSpan(4096)));
        }
    }

    private unsafe void Cache(uint page, uint frame, bool isWritten)
    {
        _cache.FillRead(new(page), _world.Ram.HostAddress(new(frame)));
        if (isWritten) _cache.FillWrite(new(page), _world.Ram.HostAddress(new(frame)));
    }

    private readonly record struct ThreeBytes(byte A, byte B, byte C);

    [InlineArray(8192)]
    private struct TwoPages
    {
        private byte _first;
    }
}

using System.Runtime.InteropServices;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Reads, writes, copies and fills of every size beside plain bytes: in spaces with and without a translation cache, on watched
/// pages, over pages that may not be written, may not be used, or are not there. A refused access names its first byte and changes nothing.
/// </summary>
public sealed class AccessModelTests
{
    private const int Pages = 8, Bytes = Pages * 4096;
    private const string Kinds = "ww-wrwxw";    // writable, hole, read-only, nothing allowed

    [Theory]
    [InlineData(1, false)]    // three processes take the one cache from each other
    [InlineData(64, false)]
    [InlineData(1, true)]
    [InlineData(64, true)]    // watched
    public void EveryAccessAgreesWithPlainBytes(int spacesMax, bool isWatched) => Property.ForSeeds(6, seed =>
    {
        Random random = new((int)seed);
        using World world = new(World.Options() with { AttachedSpacesMax = spacesMax });
        UserProcess[] processes = [world.First, world.Engine.CreateProcess("b"), world.Engine.CreateProcess("c")];
        Plain[] plain = [.. processes.Select(static process => new Plain(process))];
        if (isWatched) foreach (Plain one in plain) one.Watch();
        for (int step = 0; step < 600; step++)
        {
            Plain one = plain[random.Next(3)];
            switch (random.Next(11))
            {
                case 0: one.Value<byte>(random); break;
                case 1: one.Value<ushort>(random); break;
                case 2: one.Value<uint>(random); break;
                case 3: one.Value<ulong>(random); break;
                case 4: one.Value<UInt128>(random); break;
                case 5 or 6: one.CopyIn(random); break;
                case 7 or 8: one.CopyOut(random); break;
                case 9: one.Fill(random); break;
                default: one.Span(random); break;
            }
        }

        foreach (Plain one in plain) one.Compare();
        world.Verify();
    });

    /// <summary>A process and its bytes.</summary>
    private sealed class Plain
    {
        private readonly byte[] _bytes = new byte[Bytes];
        private readonly Mmu _mmu;
        private int _from, _to;    // the watched bytes
        private int _reports;
        private byte[]? _next;    // what is being written, from _at on
        private int _at;

        public Plain(UserProcess process)
        {
            _mmu = process.Memory.Mmu;
            World.MapAs(process, 0, Pages, MemoryProtection.ReadWrite, World.PrivateFixed);
            for (int page = 0; page < Pages; page++)
            {
                if (Kinds[page] == '-') World.Succeeds(process.Memory.Unmap(World.At(page), 4096));
                if (Kinds[page] == 'r') World.Succeeds(process.Memory.Protect(World.At(page), 4096, MemoryProtection.Read));
                if (Kinds[page] == 'x') World.Succeeds(process.Memory.Protect(World.At(page), 4096, MemoryProtection.None));
            }
        }

        /// <summary>Watches some bytes on both sides of a page's end.</summary>
        public void Watch()
        {
            (_from, _to) = (4000, 4196);
            _mmu.Watch(World.At(0, _from), (uint)(_to - _from), WatchedAccesses.Read | WatchedAccesses.Write, Report);
        }

        public void Value<T>(Random random) where T : unmanaged
        {
            int size = Marshal.SizeOf<T>(), at = Place(random, size);
            byte[] bytes = new byte[size];
            random.NextBytes(bytes);
            T value = MemoryMarshal.Read<T>(bytes);
            int bad;
            MemoryFault fault;
            bool isDone;
            if (random.Next(2) == 0)
            {
                bad = FirstRefused(at, size, "w");
                Begin(at, bytes);
                isDone = _mmu.TryWrite(World.At(0, at), value, out fault);
                End(at, size, bad < 0);
                if (bad < 0) bytes.CopyTo(_bytes, at);
            }
            else
            {
                bad = FirstRefused(at, size, "wr");
                Begin(at, null);
                isDone = _mmu.TryRead(World.At(0, at), out T found, out fault);
                End(at, size, bad < 0);
                Assert.Equal(bad < 0 ? MemoryMarshal.Read<T>(_bytes.AsSpan(at)) : default, found);
            }

            Assert.Equal(bad < 0, isDone);
            CheckFault(bad, fault);
        }

        public void CopyIn(Random random)
        {
            int size = random.Next(1, 9000), at = Place(random, size);
            byte[] bytes = new byte[size];
            random.NextBytes(bytes);
            int bad = FirstRefused(at, size, "w"), expected = bad < 0 ? size : bad - at;
            Begin(at, bytes);
            Assert.Equal(expected, _mmu.CopyIn(World.At(0, at), bytes, out MemoryFault fault));
            End(at, expected, isDone: true);
            bytes.AsSpan(0, expected).CopyTo(_bytes.AsSpan(at));
            CheckFault(bad, fault);
        }

        public void CopyOut(Random random)
        {
            int size = random.Next(1, 9000), at = Place(random, size);
            byte[] found = new byte[size];
            int bad = FirstRefused(at, size, "wr"), expected = bad < 0 ? size : bad - at;
            Begin(at, null);
            Assert.Equal(expected, _mmu.CopyOut(World.At(0, at), found, out MemoryFault fault));
            End(at, expected, isDone: true);
            Assert.True(_bytes.AsSpan(at, expected).SequenceEqual(found.AsSpan(0, expected)));
            CheckFault(bad, fault);
        }

        public void Fill(Random random)
        {
            int size = random.Next(1, 9000), at = Place(random, size);
            byte value = (byte)random.Next(256);
            int bad = FirstRefused(at, size, "w"), expected = bad < 0 ? size : bad - at;
            byte[] bytes = new byte[size];
            Array.Fill(bytes, value);
            Begin(at, bytes);
            Assert.Equal((uint)expected, _mmu.Fill(World.At(0, at), (uint)size, value, out MemoryFault fault));
            End(at, expected, isDone: true);
            _bytes.AsSpan(at, expected).Fill(value);
            CheckFault(bad, fault);
        }

        public void Span(Random random)
        {
            int at = Place(random, 1), size = random.Next(1, 4097 - (at & 4095));
            bool isWrite = random.Next(2) == 0;
            if (_to != 0 && at / 4096 * 4096 < _to && (at / 4096 * 4096) + 4096 > _from) return;    // no span of a watched page
            int bad = FirstRefused(at, size, isWrite ? "w" : "wr");
            Span<byte> writable = default;
            bool isFound = isWrite ? _mmu.TryGetWritableSpan(World.At(0, at), size, out writable, out MemoryFault fault)
                : _mmu.TryGetSpan(World.At(0, at), size, AccessKind.Read, out _, out fault);
            Assert.Equal(bad < 0, isFound);
            CheckFault(bad, fault);
            if (bad >= 0) return;
            Assert.True(_mmu.TryGetSpan(World.At(0, at), size, AccessKind.Read, out ReadOnlySpan<byte> span, out _));
            Assert.True(_bytes.AsSpan(at, size).SequenceEqual(span));
            if (!isWrite) return;
            writable.Fill(0x5A);
            _bytes.AsSpan(at, size).Fill(0x5A);
        }

        public void Compare()
        {
            byte[] page = new byte[4096];
            Begin(0, null);
            for (int at = 0; at < Pages; at++)
            {
                int expected = Kinds[at] is 'w' or 'r' ? 4096 : 0;
                Assert.Equal(expected, _mmu.CopyOut(World.At(at), page, out _));
                if (expected != 0) Assert.True(_bytes.AsSpan(at * 4096, 4096).SequenceEqual(page));
            }
        }

        /// <summary>Mostly near the end of a page.</summary>
        private static int Place(Random random, int size) => Math.Min(Bytes - size,
            random.Next(3) == 0 ? random.Next(Bytes) : Math.Max(0, (random.Next(1, Pages) * 4096) - random.Next(20)));

        private static int FirstRefused(int at, int size, string allowed)
        {
            for (int one = at; one < at + size; one = (one | 4095) + 1)
                if (!allowed.Contains(Kinds[one / 4096], StringComparison.Ordinal)) return one;
            return -1;
        }

        private static void CheckFault(int bad, MemoryFault fault)
        {
            if (bad < 0)
            {
                Assert.Equal(MemoryFaultKind.None, fault.Kind);
                return;
            }

            MemoryFaultKind kind = Kinds[bad / 4096] == '-' ? MemoryFaultKind.NotMapped : MemoryFaultKind.NotAllowed;
            Assert.Equal((World.At(0, bad), kind), (fault.Address, fault.Kind));
        }

        private void Begin(int at, byte[]? next) => (_at, _next, _reports) = (at, next, 0);

        /// <summary>There were reports if the access touched watched bytes, and only then.</summary>
        private void End(int at, int size, bool isDone)
        {
            bool touches = isDone && size != 0 && at < _to && at + size > _from;
            Assert.Equal(touches, _reports != 0);
        }

        private void Report(WatchedAccess access)
        {
            _reports++;
            int at = (int)(access.Address.Value - World.At(0).Value);
            Assert.True(_bytes.AsSpan(at, access.Before.Length).SequenceEqual(access.Before), "bytes before the access");
            Assert.Equal(_next is null ? AccessKind.Read : AccessKind.Write, access.Kind);
            ReadOnlySpan<byte> after = _next is null ? access.Before : _next.AsSpan(at - _at, access.Before.Length);
            Assert.True(after.SequenceEqual(access.After), "bytes after the access");
        }
    }
}

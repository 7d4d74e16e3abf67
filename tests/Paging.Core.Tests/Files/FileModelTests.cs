using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// read, write, mappings, direct I/O, truncation, holes, hints and write-back in any order, in little RAM, against plain arrays of bytes.
/// </summary>
public sealed class FileModelTests
{
    /// <summary>The same in a second, for those who wait.</summary>
    [Fact]
    public void AFewShortStories() => Property.ForSeeds(6, static seed =>
    {
        Random random = new((int)seed);
        using FileModel model = new();
        for (int step = 0; step < 150; step++) model.Do((uint)random.NextInt64(1L << 32));
        model.Finish();
    });

    [Trait("Category", "Slow")]
    [Fact]
    public void TheBytesOfAFileAreThoseOfAPlainArray() => Property.ForScripts(60, 120, static script =>
    {
        using FileModel model = new();
        foreach (uint word in script) model.Do(word);
        model.Finish();
    });

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void LongStoriesInOneMebibyte(int ten) => Property.ForSeeds(4, seed =>
    {
        Random random = new((int)seed + (ten * 100));
        using FileModel model = new();
        for (int step = 0; step < 1500; step++) model.Do((uint)random.NextInt64(1L << 32));
        model.Finish();
    });

    /// <summary>One file on a disk and its expected content; a shared and a private mapping of its first pages.</summary>
    private sealed class FileModel : IDisposable
    {
        private const int MappedPages = 40, PageMax = 130, SharedAt = 0, PrivateAt = 100, PressureAt = 400, PressurePages = 50;

        private readonly DeviceWorld _disk = new(20, options: World.Options(1) with { ReadAheadPages = 16 });
        private readonly List<byte> _content = [];
        private readonly Dictionary<int, byte[]> _copies = [];    // of the private mapping
        private readonly int _direct, _append;
        private uint _bits;
        private int _step;

        public FileModel()
        {
            for (int i = 0; i < 20 * 4096; i++) _content.Add(DeviceWorld.ByteOfPage(i >> 12));
            _direct = _disk.Open(flags: OpenFlags.Direct);
            _append = _disk.Open(FileRights.Write, OpenFlags.Append);
            _disk.World.MapFile(_disk.Descriptor, SharedAt, MappedPages, type: MapFlags.Shared);
            _disk.World.MapFile(_disk.Descriptor, PrivateAt, MappedPages);
            _disk.World.Map(PressureAt, PressurePages);
        }

        /// <summary>Every word means something: the low bits what, the others where and how much.</summary>
        public void Do(uint word)
        {
            _step++;
            _bits = word >> 4;
            switch (word & 15)
            {
                case 0: Read(_disk.Descriptor, Take(PageMax * 4096), Take(20_000)); break;
                case 1: Write(_disk.Descriptor, Take(PageMax * 4096), 1 + Take(20_000)); break;
                case 2: Read(_direct, Take(PageMax * 8) * 512, (1 + Take(40)) * 512); break;
                case 3: Write(_direct, Take(PageMax * 8) * 512, (1 + Take(40)) * 512); break;
                case 4: Store(SharedAt); break;
                case 5: Load(SharedAt); break;
                case 6: Store(PrivateAt); break;
                case 7: Load(PrivateAt); break;
                case 8: Truncate(Take(8) == 0 ? Take(PageMax * 4096) : Math.Max(0, _content.Count + Take(30_000) - 15_000)); break;
                case 9: Punch(Take(PageMax * 4096), 1 + Take(40_000)); break;
                case 10: Synchronize(); break;
                case 11: _disk.Engine.RunBackground(Take(40)); break;
                case 12: Advise(); break;
                case 13: Press(); break;
                case 14: Write(_append, _content.Count, 1 + Take(5_000)); break;
                default: _disk.Device.TransferByteLengthMax = Take(3) * 3000; break;
            }

            if (_step % 10 == 0) _disk.World.Verify();
        }

        public void Finish()
        {
            for (int page = 0; page < MappedPages && page < (_content.Count + 4095) / 4096; page++)
            {
                Check(SharedAt, page, Take(4096));
                Check(PrivateAt, page, Take(4096));
            }

            Read(_disk.Descriptor, 0, PageMax * 4096);
            Synchronize();
            Read(_direct, 0, PageMax * 4096);
            _disk.AssertNothingIsLeft();
        }

        public void Dispose() => _disk.Dispose();

        private int Take(int below)
        {
            int value = (int)(_bits % (uint)below);
            _bits = (_bits / 7) ^ (_bits * 2654435761u) ^ (uint)_step;    // further numbers of the same word
            return value;
        }

        private void Read(int descriptor, int offset, int byteCount)
        {
            byte[] bytes = new byte[byteCount];
            World.Succeeds(_disk.Calls.Read(descriptor, offset, bytes, out int count));
            int expected = Math.Clamp(_content.Count - offset, 0, byteCount);
            Assert.Equal(expected, count);
            for (int i = 0; i < count; i++)
            {
                if (bytes[i] != _content[offset + i]) Assert.Fail($"Step {_step}: byte {offset + i} read {bytes[i]:x2}, expected " +
                    $"{_content[offset + i]:x2}, length {_content.Count}.");
            }
        }

        private void Write(int descriptor, int offset, int byteCount)
        {
            byteCount = Math.Min(byteCount, (PageMax * 4096) - offset);
            if (byteCount <= 0) return;
            byte[] bytes = new byte[byteCount];
            for (int i = 0; i < bytes.Length; i++) bytes[i] = (byte)(_step + (i >> 5));
            World.Succeeds(_disk.Calls.Write(descriptor, offset, bytes, out int count));
            Assert.Equal(byteCount, count);
            while (_content.Count < offset + byteCount) _content.Add(0);
            for (int i = 0; i < byteCount; i++) _content[offset + i] = bytes[i];
        }

        private void Store(int at)
        {
            int address = Take(MappedPages * 4096);
            int page = address >> 12;
            bool isThere = page < (_content.Count + 4095) / 4096;
            if (isThere && address >= _content.Count) return;    // beyond the end, in the last page: not the file's
            byte value = (byte)_step;
            bool stored = _disk.World.Mmu.TryWrite(World.At(at) + (uint)address, value, out MemoryFault fault);
            if (!isThere)
            {
                Assert.Equal(new(MemoryFaultKind.BusError, World.At(at) + (uint)address), fault);
                return;
            }

            Assert.True(stored, $"Step {_step}: {fault}");
            if (at == SharedAt)
            {
                _content[address] = value;
                return;
            }

            if (!_copies.TryGetValue(page, out byte[]? copy)) _copies.Add(page, copy = PageOf(page));
            copy[address & 4095] = value;
        }

        private void Load(int at)
        {
            int address = Take(MappedPages * 4096);
            if (address >> 12 < (_content.Count + 4095) / 4096) Check(at, address >> 12, address & 4095);
            else Assert.False(_disk.World.Mmu.TryRead(World.At(at) + (uint)address, out byte _));
        }

        private void Check(int at, int page, int offset)
        {
            byte expected = at == PrivateAt && _copies.TryGetValue(page, out byte[]? copy) ? copy[offset] : PageOf(page)[offset];
            byte found = _disk.World.Peek(at + page, offset);
            if (found != expected) Assert.Fail($"Step {_step}: mapping {at} page {page} byte {offset} shows {found:x2}, expected " +
                $"{expected:x2}, length {_content.Count}.");
        }

        private byte[] PageOf(int page)
        {
            byte[] bytes = new byte[4096];
            for (int i = 0; i < 4096 && (page * 4096) + i < _content.Count; i++) bytes[i] = _content[(page * 4096) + i];
            return bytes;
        }

        private void Truncate(int byteLength)
        {
            byteLength = Math.Min(byteLength, PageMax * 4096);
            World.Succeeds(_disk.Calls.SetLength(_disk.Descriptor, byteLength));
            while (_content.Count < byteLength) _content.Add(0);
            if (byteLength < _content.Count)
            {
                _content.RemoveRange(byteLength, _content.Count - byteLength);
                foreach (int page in _copies.Keys.Where(page => page >= (byteLength + 4095) / 4096).ToArray()) _copies.Remove(page);
            }

            Assert.Equal(byteLength, _disk.File.ByteLength);
        }

        private void Punch(int offset, int byteCount)
        {
            World.Succeeds(_disk.Calls.PunchHole(_disk.Descriptor, offset, byteCount));
            for (int i = offset; i < offset + byteCount && i < _content.Count; i++) _content[i] = 0;
        }

        private void Synchronize()
        {
            World.Succeeds(_disk.Calls.Synchronize(_disk.Descriptor));
            Assert.Equal(0u, _disk.Engine.Files.DirtyPages.Value);
            Assert.True(_disk.Disk.Durable.SequenceEqual(_content.ToArray()),
                $"Step {_step}: the disk does not hold what was synchronized, {_disk.Disk.Durable.Length} of {_content.Count} bytes.");
        }

        private void Advise()
        {
            FileAdvice advice = (FileAdvice)Take(6);
            World.Succeeds(_disk.Calls.Advise(_disk.Descriptor, Take(PageMax * 4096), Take(2) == 0 ? 0 : Take(100_000), advice));
        }

        private void Press()
        {
            for (int page = 0; page < PressurePages; page++) _disk.World.Touch(PressureAt + page);
            World.Succeeds(_disk.World.Memory.Advise(World.At(PressureAt), World.Bytes(PressurePages), MemoryAdvice.DontNeed));
        }
    }
}

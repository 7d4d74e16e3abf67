using Paging.Core.Files;
using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// After a crash the disk holds all that fsync and msync reported durable. Later writes may be lost, page by page, and no page is half old
/// and half new.
/// </summary>
public sealed class CrashTests
{
    [Fact]
    public void OnlyUnsynchronizedWritesMayBeLost()
    {
        int lost = 0, kept = 0;
        for (ulong seed = 0; seed < 32; seed++)
        {
            using DeviceWorld disk = new(4);
            disk.Write(0, 0x77, 4096);
            World.Succeeds(disk.Calls.Synchronize(disk.Descriptor));
            disk.Write(4096, 0x78, 4096);
            World.Succeeds(disk.Calls.SynchronizeRange(disk.Descriptor, 0, 0, SyncRangeFlags.Write));    // on its way, not flushed
            disk.Write(8192, 0x79, 4096);    // in RAM only
            disk.Disk.Crash(seed);
            Assert.Equal((0x77, 0x12), (disk.Durable(0), disk.Durable(8192)));
            if (disk.Durable(4096) == 0x78) kept++;
            else lost++;
        }

        Assert.True(lost > 4 && kept > 4, $"{lost} lost, {kept} kept: both happen.");
    }

    [Fact]
    public void AfterTheCrashCallsReportThatTheDeviceIsGone()
    {
        using DeviceWorld disk = new(40);
        disk.Disk.Crash(1);
        Assert.Equal(Errno.EIO, disk.Calls.Read(disk.Descriptor, 0, new byte[1], out _));
        disk.World.MapFile(disk.Descriptor, 0, 1);
        Assert.False(disk.World.Mmu.TryRead(World.At(0), out byte _, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.BusError, fault.Kind);
        World.Succeeds(disk.Calls.Write(disk.Descriptor, 0, new byte[4096], out _));
        Assert.Equal(Errno.EIO, disk.Calls.Synchronize(disk.Descriptor));
        Assert.Equal(0x10, disk.Durable(0));
        disk.AssertNothingIsLeft();
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void TheDiskHoldsWhatFsyncReportedDurable() =>
        Property.ForScripts(150, 60, static script => Story.Run(script, isHealthy: true));

    [Trait("Category", "Slow")]
    [Fact]
    public void TheDiskHoldsItAlsoWhenTheDeviceFailsOrTransfersLittle() =>
        Property.ForScripts(250, 60, static script => Story.Run(script, isHealthy: false));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void DurableWritesSurviveInAFewStories(bool isHealthy) => Property.ForScripts(40, 60, script => Story.Run(script, isHealthy));

    [Fact]
    public void ALostDurableWriteIsFound()    // the canary: the property can fail
    {
        using DeviceWorld disk = new(2);
        Durability durability = new(disk);
        disk.Write(0, 0x77, 4096);
        durability.NoteChange();
        durability.NoteDurable(0, 100);    // without an fsync
        disk.Disk.Crash(1);
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(durability.Verify);
    }

    /// <summary>Writes, stores, truncations and calls to synchronize, then the power goes.</summary>
    private static class Story
    {
        private const int Pages = 24;

        public static void Run(uint[] script, bool isHealthy)
        {
            using DeviceWorld disk =
                new(8, options: World.Options(1) with { DirtyExpireTicks = 2, DirtyBackgroundRatio = 2, DirtyRatio = 4 });
            disk.World.MapFile(disk.Descriptor, 0, Pages, type: MapFlags.Shared);
            Durability durability = new(disk);
            byte value = 0x80;
            foreach (uint word in script)
            {
                int page = (int)(word >> 4) % Pages;
                int more = (int)(word >> 12);
                value++;
                Errno error = Errno.None;
                switch (word & 15)
                {
                    case <= 4:
                        disk.Calls.Write(disk.Descriptor, (page * 4096) + (more % 4096), Filled(value, 1 + (more % 9000)), out _);
                        break;
                    case <= 7: Store(disk, page, more % 4096, value); break;
                    case 8: disk.Calls.SetLength(disk.Descriptor, more % (Pages * 4096)); break;
                    case 9: disk.Engine.RunBackground(more % 20); break;
                    case 10 or 11:
                        error = disk.Calls.Synchronize(disk.Descriptor);
                        NoteResult(durability, error, 0, Pages + 4);
                        break;
                    case 12 or 13:
                        int count = 1 + (more % 5);
                        if (page + count > Pages) break;
                        error = disk.World.Memory.Synchronize(World.At(page), World.Bytes(count), SyncFlags.Sync);
                        NoteResult(durability, error, page, count);
                        break;
                    default:
                        if (!isHealthy) Break(disk, more);
                        break;
                }

                durability.NoteChange();
            }

            disk.World.Verify();
            disk.Disk.Crash((ulong)script.Length + value);
            durability.Verify();
        }

        private static void NoteResult(Durability durability, Errno error, int page, int count)
        {
            if (error == Errno.None) durability.NoteDurable(page, count);
            else durability.NoteError();
        }

        private static void Store(DeviceWorld disk, int page, int offset, byte value)
        {
            // a device that fails makes it SIGBUS
            if ((page * 4096) + offset < disk.File.ByteLength) disk.World.Mmu.TryWrite(World.At(page, offset), value, out _);
        }

        private static void Break(DeviceWorld disk, int more)
        {
            disk.Device.TransferByteLengthMax = more % 3 * 4096;
            disk.Device.FailAt(1 + (more % 4), (BackingCalls)(1 << (more / 4 % 4)), more % 2 == 0
                ? Errno.EIO : Errno.ENOSPC, 1 + (more % 3));
        }

        private static byte[] Filled(byte value, int count)
        {
            byte[] bytes = new byte[count];
            Array.Fill(bytes, value);
            return bytes;
        }
    }

    /// <summary>The states that each page may have after a crash: the last one reported durable, and every later one.</summary>
    private sealed class Durability
    {
        private const int PageMax = 40;

        private readonly DeviceWorld _disk;
        private readonly List<byte[]>[] _versions = new List<byte[]>[PageMax];
        private readonly List<long> _lengths;
        private readonly HashSet<int> _changed = [];    // since the last report, durable or failed
        private bool _lengthChanged;

        public Durability(DeviceWorld disk)
        {
            _disk = disk;
            for (int page = 0; page < PageMax; page++) _versions[page] = [Now(page)];
            _lengths = [disk.File.ByteLength];
        }

        /// <summary>Notes what pages look like now, to those who read the file.</summary>
        public void NoteChange()
        {
            for (int page = 0; page < PageMax; page++)
            {
                byte[] now = Now(page);
                if (now.AsSpan().SequenceEqual(_versions[page][^1])) continue;
                _versions[page].Add(now);
                _changed.Add(page);
            }

            if (_lengths[^1] == _disk.File.ByteLength) return;
            _lengths.Add(_disk.File.ByteLength);
            _lengthChanged = true;
        }

        /// <summary>fsync or msync has succeeded: these pages are durable.</summary>
        public void NoteDurable(int page, int count)
        {
            for (int at = page; at < Math.Min(PageMax, page + count); at++)
            {
                if (_changed.Remove(at)) _versions[at].RemoveRange(0, _versions[at].Count - 1);
            }

            if (page != 0 || count < 28 || !_lengthChanged) return;
            _lengths.RemoveRange(0, _lengths.Count - 1);
            _lengthChanged = false;
        }

        /// <summary>An error was reported: pages dirty until now are neither durable nor written again.</summary>
        public void NoteError()
        {
            _changed.Clear();
            _lengthChanged = false;
        }

        public void Verify()
        {
            ReadOnlySpan<byte> durable = _disk.Disk.Durable;
            // a long write goes out page by page
            bool isWholePages = (durable.Length & 4095) == 0 && durable.Length > _lengths.Min() && durable.Length < _lengths.Max();
            Assert.True(isWholePages || _lengths.Contains(durable.Length),
                $"The file is {durable.Length} bytes long and may be {string.Join(", ", _lengths)}.");
            for (int page = 0; page * 4096 < durable.Length; page++)
            {
                ReadOnlySpan<byte> found = durable[(page * 4096)..Math.Min(durable.Length, (page + 1) * 4096)];
                if (!IsOneOf(_versions[page], found)) Assert.Fail($"Page {page} is none of the {_versions[page].Count} versions that it " +
                    $"may be; it begins with {found[0]:x2}, ends with {found[^1]:x2}.");
            }
        }

        private static bool IsOneOf(List<byte[]> versions, ReadOnlySpan<byte> found)
        {
            foreach (byte[] version in versions)
            {
                if (found.SequenceEqual(version.AsSpan(0, found.Length))) return true;
            }

            return false;
        }

        /// <summary>
        /// The page as the cache has it; where it is not cached, as the device has it. Past failing reads: those change nothing.
        /// </summary>
        private byte[] Now(int page)
        {
            byte[] bytes = new byte[4096];
            FileObject file = _disk.File.Object;
            if (_disk.Engine.Parts.Files.Cache.TryFind(file, new((uint)page), out FrameNumber frame))
                _disk.Engine.Ram.Bytes(frame).CopyTo(bytes);
            else _disk.Disk.Read(page * 4096L, bytes, out _);
            long inFile = Math.Clamp(file.ByteLength - (page * 4096L), 0, 4096);
            bytes.AsSpan((int)inFile).Clear();
            return bytes;
        }
    }
}

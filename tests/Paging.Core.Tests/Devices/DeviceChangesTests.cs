using Paging.Native;
using Paging.Native.Translation;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// A device is found by what is mapped now, after any change, by the engine and by native code: both are compared with a table of pages.
/// </summary>
public sealed class DeviceChangesTests
{
    private const int PageCount = 10, DevicePages = 4;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EveryAccessFindsWhatIsMappedNow(bool allowsThreads) => Property.ForSeeds(allowsThreads ? 10 : 40, seed =>
    {
        Random random = new((int)seed);
        using World world = new(World.Options() with { AllowThreads = allowsThreads });
        RecordingDevice device = new();
        using GuestFile file = world.Engine.Files.CreateDevice("/dev/recorder", device, RecordingDevice.ByteLength);
        int descriptor = world.Open(file);
        VirtualProcessor? processor = allowsThreads ? world.Engine.Threads.CreateProcessor() : null;
        List<Live> all = [new(world.First, new Page[PageCount])];
        for (int step = 0; step < 200; step++)
        {
            Live live = all[random.Next(all.Count)];
            processor?.Run(live.Process);
            if (!allowsThreads) _ = live.Process.Memory.Mmu.ShowTables();    // a forked child has its own
            Change(live, all, descriptor, random);
            foreach (Live one in all) CheckShown(one, device);
            for (int i = 0; i < 3; i++)
            {
                live = all[random.Next(all.Count)];
                processor?.Run(live.Process);
                Access(live, random.Next(PageCount), device, random.Next(2) == 0);
            }
        }

        processor?.Rest();
        processor?.Dispose();
        world.Verify();
    });

    private enum Mapped
    {
        Nothing,
        Memory,
        Device
    }

    private readonly record struct Page(Mapped Kind, int DevicePage, bool CanRead, bool CanWrite);

    /// <summary>A process with the pages that it should have.</summary>
    private sealed class Live(UserProcess process, Page[] pages)
    {
        public UserProcess Process => process;
        public Page[] Pages => pages;
        public Snapshot? Snapshot { get; set; }
        public Page[] Kept { get; set; } = [];
    }

    private static void Change(Live live, List<Live> all, int descriptor, Random random)
    {
        AddressSpace memory = live.Process.Memory;
        int first = random.Next(PageCount), count = random.Next(1, PageCount - first + 1);
        int ofDevice = Math.Min(count, random.Next(1, DevicePages + 1)), devicePage = random.Next(DevicePages - ofDevice + 1);
        MemoryProtection protection = (MemoryProtection)random.Next(4);
        bool canRead = protection != MemoryProtection.None, canWrite = (protection & MemoryProtection.Write) != 0;
        switch (random.Next(9))
        {
            case 0 or 1:
                World.Succeeds(memory.Map(World.At(first), World.Bytes(ofDevice), protection, MapFlags.Shared | MapFlags.Fixed, descriptor,
                    World.Bytes(devicePage), out _));
                for (int i = 0; i < ofDevice; i++) live.Pages[first + i] = new(Mapped.Device, devicePage + i, canRead, canWrite);
                break;
            case 2:
                World.MapAs(live.Process, first, count, protection, World.PrivateFixed);
                live.Pages.AsSpan(first, count).Fill(new(Mapped.Memory, 0, canRead, canWrite));
                break;
            case 3:
                World.Succeeds(memory.Unmap(World.At(first), World.Bytes(count)));
                live.Pages.AsSpan(first, count).Clear();
                break;
            case 4 or 5:
                Protect(live, first, count, protection, canRead, canWrite);
                break;
            case 6:
                Move(live, first, random.Next(PageCount));
                break;
            case 7 when all.Count < 4:
                all.Add(new(live.Process.Fork(), [.. live.Pages]));
                break;
            case 8 when live.Snapshot is null:
                live.Snapshot = live.Process.TakeSnapshot();
                live.Kept = [.. live.Pages];
                break;
            case 8:
                live.Snapshot.Restore();
                live.Kept.CopyTo(live.Pages, 0);
                break;
        }
    }

    private static void Protect(Live live, int first, int count, MemoryProtection protection, bool canRead, bool canWrite)
    {
        Errno error = live.Process.Memory.Protect(World.At(first), World.Bytes(count), protection);
        for (int i = first; i < first + count; i++)
        {
            if (live.Pages[i].Kind == Mapped.Nothing)    // mprotect stops at the gap, and keeps what it has done
            {
                World.Returns(Errno.ENOMEM, error);
                return;
            }

            live.Pages[i] = live.Pages[i] with { CanRead = canRead, CanWrite = canWrite };
        }

        World.Succeeds(error);
    }

    private static void Move(Live live, int from, int to)
    {
        if (from == to || live.Pages[from].Kind == Mapped.Nothing) return;
        World.Succeeds(live.Process.Memory.Remap(
            World.At(from), 4096, 4096, RemapFlags.MayMove | RemapFlags.Fixed, World.At(to), out _));
        (live.Pages[to], live.Pages[from]) = (live.Pages[from], default);
    }

    private static void Access(Live live, int page, RecordingDevice device, bool isWrite)
    {
        Page expected = live.Pages[page];
        device.Take();
        MemoryFault fault;
        bool isDone = isWrite
            ? live.Process.Memory.Mmu.TryWrite(World.At(page, 8), 7u, out fault)
            : live.Process.Memory.Mmu.TryRead(World.At(page, 8), out uint _, out fault);
        MemoryFaultKind kind = expected.Kind == Mapped.Nothing ? MemoryFaultKind.NotMapped
            : (isWrite ? expected.CanWrite : expected.CanRead) ? MemoryFaultKind.None : MemoryFaultKind.NotAllowed;
        Assert.Equal((kind == MemoryFaultKind.None, kind), (isDone, fault.Kind));
        string call = expected.Kind == Mapped.Device && isDone ? $"{(isWrite ? 'S' : 'L')}4@{(expected.DevicePage * 4096) + 8:x}" : "";
        Assert.Equal(call, device.Take());
        if (call.Length != 0 && live.Process.Memory.Mmu.Shown is { } shown && live.Process.Memory.Space.Watched is null)
            Assert.Equal(World.At(page).Page, shown.DevicePages[World.At(page).Page.Value % DevicePage.Count].Page);
        CheckShown(live, device);
    }

    private static void CheckShown(Live live, RecordingDevice device)
    {
        foreach (DevicePage shown in live.Process.Memory.Mmu.Shown?.DevicePages ?? [])
        {
            if (shown.IsEmpty) continue;
            Page page = live.Pages[(int)(shown.Page - World.At(0).Page).Value];
            Assert.Equal(Mapped.Device, page.Kind);
            ulong offset = (ulong)page.DevicePage * 4096;
            Assert.Equal(DevicePage.Of(shown.Page, page.CanRead, page.CanWrite, device.Functions, offset), shown);
        }
    }
}

using Paging.Core;
using Paging.Core.Files;
using Paging.Native;
using static Paging.Fuzz.CrossingOperations;
using static Paging.Fuzz.CrossingWorld;

namespace Paging.Fuzz;

/// <summary>Everything that can be done beside a feature: files, pagers, devices and the host's memory.</summary>
internal static class CrossingOperationsOfFiles
{
    /// <summary>Every such operation.</summary>
    public static IReadOnlyList<CrossingOperation> All { get; } =
    [
        new("read and write by descriptor", static world =>
        {
            byte[] page = new byte[PageBytes];
            Accept(world.Process.FileDescriptors.Read(world.Descriptor, 4 * PageBytes, page, out int count));
            Require(count == page.Length && BitConverter.ToUInt32(page) == world.FileModel[4], "the file has other bytes");
            uint number = world.NextNumber();
            BitConverter.TryWriteBytes(page.AsSpan(0, 4), number);
            BitConverter.TryWriteBytes(page.AsSpan(page.Length - 4), number);
            Accept(world.Process.FileDescriptors.Write(world.Descriptor, 5 * PageBytes, page, out count));
            world.FileModel[5] = number;
        }, "ProcessDescriptors.Read", "ProcessDescriptors.Write", "GuestFile.Read", "GuestFile.Write"),
        new("read into and write from memory", static world =>
        {
            Accept(world.Process.FileDescriptors.Seek(world.Descriptor, 6 * PageBytes, SeekOrigin.Begin, out _));
            Accept(world.Process.FileDescriptors.ReadTo(world.Descriptor, Own + (30 * PageBytes), PageBytes, out uint count));
            Require(count == PageBytes, "not all was read");
            world.OwnModel[30] = world.FileModel[6];
            Accept(world.Process.FileDescriptors.WriteFrom(world.Descriptor, Own + (31 * PageBytes), PageBytes, out count));
            world.FileModel[7] = world.OwnModel[31];
        }, "ProcessDescriptors.ReadTo", "ProcessDescriptors.WriteFrom", "ProcessDescriptors.Seek"),
        new("cut and lengthen a file", static world =>
        {
            Accept(world.Process.FileDescriptors.SetLength(world.Descriptor, 14 * PageBytes));
            bool isRead = world.Mmu.TryRead(Mapped + (14 * PageBytes), out int _, out MemoryFault fault);
            Require(!isRead && fault.Kind == MemoryFaultKind.BusError, "a page beyond the end is there");
            Accept(world.Process.FileDescriptors.SetLength(world.Descriptor, SharedPages * PageBytes));
            world.FileModel[14] = world.FileModel[15] = 0;
            world.CopyModel[14] = world.CopyModel[15] = null;    // private copies beyond the end go, too
        }, "ProcessDescriptors.SetLength", "GuestFile.SetLength", "ProcessDescriptors.GetLength", "ProcessDescriptors.GetKind"),
        new("punch a hole", static world =>
        {
            Accept(world.Process.FileDescriptors.Allocate(world.Descriptor, AllocationFlags.PunchHole | AllocationFlags.KeepSize,
                8 * PageBytes, PageBytes));
            world.FileModel[8] = 0;
            Accept(world.Process.FileDescriptors.SeekExtent(world.Descriptor, 0, FileExtent.Data, out _));
        }, "ProcessDescriptors.Allocate", "ProcessDescriptors.SeekExtent"),
        new("another memory file", static world =>
        {
            using GuestFile file = world.Engine.Files.CreateMemoryFile("other", 2 * PageBytes);
            Accept(file.Open(world.Process, FileRights.ReadWrite, out int descriptor));
            world.Memory.MapFile(Place, file, 2 * PageBytes);
            Write(world.Process, Place, 5);
            Accept(file.AddSeals(FileSeals.Shrink));
            Require(file.SetLength(0) == Errno.EPERM, "a sealed file shrinks");
            Accept(world.Memory.Unmap(Place, 2 * PageBytes));
            Accept(world.Process.FileDescriptors.Close(descriptor));
        }, "EngineFiles.CreateMemoryFile", "GuestFile.Open", "GuestFile.AddSeals", "AddressSpace.MapFile", "ProcessDescriptors.Close",
            "EngineFiles.CreateDirectory", "EngineFiles.Find"),
        new("a file with a backing", static world =>
        {
            MemoryBacking backing = new(new byte[2 * PageBytes]);
            using GuestFile file = world.Engine.Files.CreateFile("disk", backing);
            world.Memory.MapFile(Place, file, 2 * PageBytes);
            Write(world.Process, Place, 5);
            Accept(world.Memory.Synchronize(Place, 2 * PageBytes, SyncFlags.Sync));
            Require(BitConverter.ToUInt32(backing.Content) == 5, "nothing was written back");
            Accept(world.Memory.Unmap(Place, 2 * PageBytes));
        }, "EngineFiles.CreateFile", "EngineFiles.OpenHostFile", "EngineFiles.SynchronizeAll", "GuestFile.Reload", "GuestFile.CountCached",
            "GuestFile.IsCached", "GuestFile.IsDirty", "GuestFile.IsMappedBy"),
        new("an open file", static world =>
        {
            Accept(world.RamFile.Open(FileRights.ReadWrite, OpenFlags.None, out OpenFileDescription? open));
            using (open)
            {
                byte[] word = new byte[4];
                Accept(open!.ReadAt(9 * PageBytes, word, out _));
                Require(BitConverter.ToUInt32(word) == world.FileModel[9], "an open file has other bytes");
                Accept(open.WriteAt(9 * PageBytes, word, out _));
                Accept(open.Seek(0, SeekOrigin.Begin, out _));
                Accept(open.Synchronize());
                Accept(open.Map(world.Memory, Place, PageBytes, MemoryProtection.Read, MapFlags.Shared | MapFlags.Fixed, 0, out _));
                Accept(world.Memory.Unmap(Place, PageBytes));
            }
        }, "OpenFileDescription.ReadAt", "OpenFileDescription.WriteAt", "OpenFileDescription.Seek", "OpenFileDescription.Map",
            "OpenFileDescription.Synchronize", "OpenFileDescription.Read", "OpenFileDescription.Write", "OpenFileDescription.Advise",
            "OpenFileDescription.Allocate", "OpenFileDescription.BeginWriteAt", "OpenFileDescription.SeekExtent",
            "OpenFileDescription.SetLength", "OpenFileDescription.SynchronizeRange"),
        new("write back and drop caches", static world =>
        {
            world.Engine.Files.WriteBack();
            world.Engine.Files.DropCaches();
            Accept(world.Process.FileDescriptors.Synchronize(world.Descriptor));
        }, "EngineFiles.WriteBack", "EngineFiles.DropCaches", "ProcessDescriptors.Synchronize", "ProcessDescriptors.SynchronizeRange",
            "ProcessDescriptors.Advise", "ProcessDescriptors.ReadAhead"),
        new("a pager", static world =>
        {
            using Pager pager = world.Engine.Files.CreatePager("pager", new(2), new Later());
            world.Memory.MapFile(Place, pager.File, 2 * PageBytes);
            bool isRead = world.Mmu.TryRead(Place, out int _, out MemoryFault fault);
            Require(!isRead && pager.IsPending(FilePage.First), $"not pending: {fault.Kind}");
            Require(pager.TryTakeRequest(out FilePage page) && page == FilePage.First, "no request");
            byte[] bytes = new byte[PageBytes];
            bytes[0] = 7;
            Accept(pager.Supply(page, bytes));
            Require(world.Mmu.Read<byte>(Place) == 7, "another page was supplied");
            Accept(world.Memory.Unmap(Place, 2 * PageBytes));
        }, "EngineFiles.CreatePager", "Pager.Supply", "Pager.SupplyZeros", "Pager.Fail", "Pager.IsPending", "Pager.TryTakeRequest",
            "Pager.WhenAnsweredAsync"),
        new("a device", static world =>
        {
            using GuestFile file = world.Engine.Files.CreateDevice("echo", new Echo(), PageBytes);
            world.Memory.MapDevice(Place, file);
            world.Mmu.Write(Place + 8, 5u);
            Require(world.Mmu.Read<uint>(Place + 8) == 13, "the device did not answer");
            Accept(world.Memory.Unmap(Place, PageBytes));
        }, "EngineFiles.CreateDevice", "AddressSpace.MapDevice"),
        new("a ROM", static world =>
        {
            using GuestFile rom = world.Engine.Files.CreateRom("rom", GC.AllocateArray<byte>(4096, pinned: true));
            world.Memory.MapFile(Place, rom, PageBytes, protection: MemoryProtection.Read);
            Require(world.Mmu.Read<uint>(Place) == 0 && !world.Mmu.TryWrite(Place, 1), "a ROM is written");
            Accept(world.Memory.Unmap(Place, PageBytes));
        }, "EngineFiles.CreateRom"),
        new("memory of the host", static world =>
        {
            byte[] bytes = GC.AllocateArray<byte>(4096, pinned: true);
            using GuestFile file = world.Engine.Files.CreateHostMemoryFile("host", bytes);
            world.Memory.MapFile(Place, file, PageBytes);
            world.Mmu.Write(Place, 5u);
            Require(bytes[0] == 5, "the host does not see a store");
            Accept(world.Memory.Unmap(Place, PageBytes));
        }, "EngineFiles.CreateHostMemoryFile"),
        new("frames of the host", static world =>
        {
            Require(world.Engine.Frames.TryTake(0, out FrameNumber frame), "no frame is free");
            using (GuestFile file = world.Engine.Files.CreateFrameFile("frames", frame, new(1)))
            {
                world.Memory.MapFile(Place, file, PageBytes);
                world.Mmu.Write(Place, 5u);
                Require(world.Engine.Ram.Words(frame)[0] == 5, "the frame holds something else");
                Accept(world.Memory.Unmap(Place, PageBytes));
            }

            world.Engine.Frames.Return(frame, 0);
        }, "EngineFiles.CreateFrameFile", "EngineFrames.TryTake", "EngineFrames.Return", "EngineFrames.TryTakeLow"),
        new("a segment", static world =>
        {
            using GuestFile segment = world.Engine.Files.CreateSharedMemory(2 * PageBytes, isCommitted: true);
            segment.IsSegment = true;
            world.Memory.MapFile(Place, segment, 2 * PageBytes);
            Write(world.Process, Place, 5);
            Accept(world.Memory.Unmap(Place, 2 * PageBytes));
        }, "EngineFiles.CreateSharedMemory"),
    ];

    /// <summary>A supplier that answers later.</summary>
    private sealed class Later : IPageSource
    {
        public PageAnswer Request(FilePage page, Span<byte> destination) => PageAnswer.Later;

        public Errno Store(FilePage page, ReadOnlySpan<byte> bytes) => Errno.EIO;
    }

    /// <summary>A register that returns the sum of its offset and what was stored last.</summary>
    private sealed class Echo : IMemoryDevice
    {
        private ulong _value;

        public ulong Load(ulong offset, int byteLength) => _value + offset;

        public void Store(ulong offset, int byteLength, ulong value) => _value = value;

        public ulong Fetch(ulong offset, int byteLength) => 0;
    }
}

using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The short calls map what mmap(2) with all arguments maps, and throw what it returns.</summary>
public sealed class MappingsTests : IDisposable
{
    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 4 << 20, RequestHostHugePages = false });
    private readonly UserProcess _process;

    public MappingsTests() => _process = _engine.CreateProcess("short");

    private AddressSpace Memory => _process.Memory;

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void AnonymousMemoryIsPrivateAndCanBeWritten()
    {
        VirtualAddress at = Memory.MapAnonymous(5000);
        Memory.Mmu.Write(at + 8191, (byte)1);
        using UserProcess child = _process.Fork();
        child.Memory.Mmu.Write(at, (byte)2);
        Assert.Equal(0, Memory.Mmu.Read<byte>(at));
        Assert.Equal(2u, Assert.Single(Memory.Areas.Snapshot()).Range.Count.Value);
        VirtualAddress readOnly = Memory.MapAnonymous(1, MemoryProtection.Read);
        Assert.False(Memory.Mmu.TryWrite(readOnly, (byte)1));
    }

    [Fact]
    public void ARefusalNamesAddressAndError()
    {
        VirtualAddress at = (VirtualAddress)0x1000_0000u;
        Memory.MapAnonymous(at, 4096);
        Memory.Mmu.Write(at, 77u);
        InvalidOperationException taken = Assert.Throws<InvalidOperationException>(() => Memory.MapAnonymous(at, 8192));
        Assert.Equal("Cannot map 8192 bytes at 10000000: EEXIST.", taken.Message);
        Assert.Equal(77u, Memory.Mmu.Read<uint>(at));
        Assert.Throws<ArgumentOutOfRangeException>("byteLength", () => Memory.MapAnonymous(0));
        Assert.Throws<ArgumentOutOfRangeException>("byteLength", () => Memory.MapAnonymous(at, 0));
        Assert.Throws<InvalidOperationException>(() => Memory.MapAnonymous(uint.MaxValue));
    }

    [Fact]
    public void AFileIsSharedUnlessPrivateIsAskedFor()
    {
        using GuestFile file = _engine.Files.CreateMemoryFile("file", 8192);
        VirtualAddress shared = Memory.MapFile(file, 8192), own = Memory.MapFile(file, 4096, byteOffset: 4096, isPrivate: true);
        Memory.Mmu.Write(shared + 4096, 5u);
        Assert.Equal(5u, Memory.Mmu.Read<uint>(own));
        Memory.Mmu.Write(own, 6u);
        byte[] bytes = new byte[1];
        Assert.Equal(Errno.None, file.Read(4096, bytes, out _));
        Assert.Equal(5, bytes[0]);
        Assert.Throws<InvalidOperationException>(() => Memory.MapFile(file, 4096, byteOffset: 1));
        Assert.Equal(2, file.MappingCount);
    }

    [Fact]
    public void ADeviceIsMappedWhole()
    {
        using GuestFile device = _engine.Files.CreateDevice("counter", new Counter(), 8192);
        VirtualAddress at = Memory.MapDevice(device);
        Assert.Equal(4100u, Memory.Mmu.Read<uint>(at + 4100));
        Assert.Equal(2u, Assert.Single(Memory.Areas.Snapshot()).Range.Count.Value);
    }

    [Fact]
    public void ADeviceLongerThanAnAddressSpaceIsRefused()
    {
        using GuestFile device = _engine.Files.CreateDevice("counter", new Counter(), (1L << 32) + 4096);
        string message = Assert.Throws<InvalidOperationException>(() => Memory.MapDevice(device)).Message;
        Assert.Equal("Cannot map 4294971392 bytes: ENOMEM.", message);
        Assert.Empty(Memory.Areas.Snapshot());
    }

    private sealed class Counter : IMemoryDevice
    {
        public ulong Load(ulong offset, int byteLength) => offset;

        public void Store(ulong offset, int byteLength, ulong value) { }
    }
}

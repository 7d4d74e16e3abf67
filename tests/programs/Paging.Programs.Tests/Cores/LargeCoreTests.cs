using Paging.Core;
using Paging.Native;
using Paging.Programs.Cores;
using Paging.Tests;

namespace Paging.Programs.Tests;

/// <summary>A core file of more than 3 GiB: sparse on the disk, and in the engine that clones it.</summary>
public sealed class LargeCoreTests : IDisposable
{
    private const uint AreaByteLength = 0x1000_0000;    // 256 MiB
    private static readonly uint AreaCount = (uint)Soak.Of(15, 5);
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    /// <summary>3.75 GiB in 15 areas, or a sample, with a page at each end; holes cost neither frames nor tables.</summary>
    [Fact]
    [Trait("Category", "Medium")]
    public void AreasOf256MiBAreWrittenReadAndCloned()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "a file system with holes");
        EngineOptions options = new() { RamBytes = 2 << 20, Overcommit = OvercommitMode.Always };
        using PagingEngine engine = new(options), second = new(options);
        UserProcess process = engine.CreateProcess("large", new ProcessOptions { HighestAddress = new(0xFFFF_FFFF) });
        for (uint i = 1; i <= AreaCount; i++)
        {
            VirtualAddress start = new(i * AreaByteLength);
            MemoryProtection rights = i % 2 == 0 ? MemoryProtection.ReadWrite : MemoryProtection.ReadWrite | MemoryProtection.Execute;
            Assert.Equal(Errno.None, process.Memory.Map(start, AreaByteLength, rights,
                MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _));
            Assert.True(process.Memory.Mmu.TryWrite(start, i));
            Assert.True(process.Memory.Mmu.TryWrite(start + (AreaByteLength - 4), ~i));
        }

        using (FileStream file = File.Create(_path)) CoreWriter.Write(process, file, new() { Threads = [new()] });
        Assert.True(new FileInfo(_path).Length > (long)AreaCount * AreaByteLength);
        using CoreFile core = CoreFile.Open(_path);
        Assert.Equal(AreaCount * AreaByteLength >> 12, core.Areas.Sum(static area => area.Dumped.Value));
        UserProcess clone = CoreImage.Of(core).Clone(second);
        for (uint i = 1; i <= AreaCount; i++)
        {
            VirtualAddress start = new(i * AreaByteLength);
            Assert.True(clone.Memory.Mmu.TryRead(start, out uint first)
                && clone.Memory.Mmu.TryRead(start + (AreaByteLength - 4), out uint last)
                && first == i && last == ~i);
        }

        // A table for both ends of each area
        Assert.InRange(second.Frames.CountOf(FrameState.PageTable).Value, 2 * AreaCount, (2 * AreaCount) + 2);
        Assert.True(clone.Memory.Mmu.TryRead(new(AreaByteLength * 3 / 2), out uint hole) && hole == 0);
        second.Audit().ThrowIfBroken();
    }
}

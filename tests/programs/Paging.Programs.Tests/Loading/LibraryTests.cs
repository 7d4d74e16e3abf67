using Paging.Core;
using Paging.Native;
using Paging.Reports;

namespace Paging.Programs.Tests;

/// <summary>Shared objects and the stacks of threads.</summary>
public sealed class LibraryTests
{
    [Fact]
    public void TwoInstancesOfRenderShareTextFramesAndNotData()
    {
        using World world = new();
        UserProcess first = world.Execute("gonzo"), second = world.Execute("gonzo");
        Assert.Equal(Errno.None, world.Loader.MapLibrary(first, world.Image("librender.so"), out LoadedLibrary one));
        Assert.Equal(Errno.None, world.Loader.MapLibrary(second, world.Image("librender.so"), out LoadedLibrary two));
        VirtualAddress text =
            Images.AddressOf("librender.so", "renderFrame"), count = Images.AddressOf("librender.so", "frameCount"),
            drawn = Images.AddressOf("librender.so", "framesDrawn");

        _ = first.Memory.Mmu.Read<uint>(text + one.Bias);
        Assert.True(first.Memory.ReadPagemap((text + one.Bias).Page).IsExclusivelyMapped);
        _ = second.Memory.Mmu.Read<uint>(text + two.Bias);
        PagemapWord ours = first.Memory.ReadPagemap((text + one.Bias).Page), theirs = second.Memory.ReadPagemap((text + two.Bias).Page);
        Assert.Equal(ours.Frame, theirs.Frame);
        Assert.True(ours is { IsFile: true, IsExclusivelyMapped: false });

        Assert.Equal(24, first.Memory.Mmu.Read<int>(count + one.Bias));
        first.Memory.Mmu.Write(count + one.Bias, 60);
        Assert.Equal(24, second.Memory.Mmu.Read<int>(count + two.Bias));
        Assert.False(first.Memory.ReadPagemap((count + one.Bias).Page).IsFile);

        VirtualAddress lastDrawn = drawn + one.Bias + (2999 * 4);
        Assert.Equal(0, first.Memory.Mmu.Read<int>(lastDrawn));
        Assert.Equal(0, first.Memory.Areas.Snapshot().Single(area => area.Range.Contains(lastDrawn.Page)).ObjectId);
        Assert.False(first.Memory.Mmu.TryWrite(text + one.Bias, 0, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.NotAllowed, fault.Kind);
    }

    [Fact]
    public void ALibraryIsNoProgramBoundToItsAddresses()
    {
        using World world = new();
        UserProcess process = world.Execute("gonzo");
        Assert.Equal(Errno.ENOEXEC, world.Loader.MapLibrary(process, world.Image("gonzo"), out _));
        Assert.Equal(Errno.ENOEXEC, world.Loader.MapLibrary(process, world.Image("symbols.txt"), out _));
    }

    [Fact]
    public void ALibraryThatFindsNoRoomLeavesNothingBehind()
    {
        using World world = new();
        UserProcess process = world.Execute("gonzo");
        string before = process.Memory.FormatMaps();
        process.Memory.SetLimit(ResourceLimit.AddressSpace, (process.Memory.Usage.Total.Bytes + 0x2000));
        Assert.Equal(Errno.ENOMEM, world.Loader.MapLibrary(process, world.Image("librender.so"), out _));
        Assert.Equal(before, process.Memory.FormatMaps());
    }
}

using System.IO.MemoryMappedFiles;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>RAM in a file can be mapped by any process that has its descriptor.</summary>
public sealed class SharedRamTests
{
    [Fact]
    public void AnotherMappingOfTheFileSeesTheSameBytes()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only a Linux host has memfd_create(2).");
        using World world = new(World.Options() with { ShareRam = true });
        Assert.NotNull(world.Engine.Ram.File);
        world.Map(0, 2);
        world.Mmu.Write(World.At(1, 8), 0x12345678);
        FrameNumber frame = world.Memory.Space.Tables.Read(World.At(1).Page).Frame;
        long offset = (long)frame.Address.Value + 8;

        string path = $"/proc/self/fd/{world.Engine.Ram.File!.DangerousGetHandle()}";
        using FileStream stream = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        Assert.Equal((long)world.Engine.Ram.ByteLength, stream.Length);
        using MemoryMappedFile file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.ReadWrite,
            HandleInheritability.None, leaveOpen: true);
        using MemoryMappedViewAccessor view = file.CreateViewAccessor();
        Assert.Equal(0x12345678, view.ReadInt32(offset));
        view.Write(offset, 99);
        Assert.Equal(99, world.Mmu.Read<int>(World.At(1, 8)));
        world.AssertNothingIsLeft();
        world.Engine.Dispose();
        Assert.Equal(0, view.ReadInt32(0));    // the mapping outlives the engine; frame 0 is the zero page
    }

    [Fact]
    public void OtherwiseThereIsNoFile()
    {
        using World world = new();
        Assert.Null(world.Engine.Ram.File);
    }
}

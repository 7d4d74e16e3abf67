using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>READ_IMPLIES_EXEC: every area mapped from then on that can be read can be executed as well.</summary>
/// <remarks>Linux: mm/mmap.c do_mmap; mm/mprotect.c do_mprotect_pkey; VM_DATA_DEFAULT_FLAGS in mm/vma.c do_brk_flags.</remarks>
public sealed class ReadImpliesExecuteTests : IDisposable
{
    private readonly World _world = new();

    public ReadImpliesExecuteTests()
    {
        _world.Map(0, 2, MemoryProtection.Read);
        _world.Memory.ReadImpliesExecute = true;
    }

    public void Dispose()
    {
        _world.AssertNothingIsLeft();
        _world.Dispose();
    }

    [Theory]
    [InlineData(MemoryProtection.None, "---p")]
    [InlineData(MemoryProtection.Write, "-w-p")]
    [InlineData(MemoryProtection.Execute, "--xp")]
    [InlineData(MemoryProtection.Read, "r-xp")]
    [InlineData(MemoryProtection.ReadWrite, "rwxp")]
    public void MapsAndProtectsAddTheRight(MemoryProtection rights, string expected)
    {
        _world.Map(4, 2, rights);
        Assert.Equal($"0-2 r--p, 4-6 {expected}", World.AreasOf(_world.First));
        World.Succeeds(_world.Memory.Protect(World.At(0), World.Bytes(2), rights));
        Assert.Equal($"0-2 {expected}, 4-6 {expected}", World.AreasOf(_world.First));
        _world.Memory.ReadImpliesExecute = false;
        World.Succeeds(_world.Memory.Protect(World.At(0), World.Bytes(2), MemoryProtection.Read));
        Assert.Equal($"0-2 r--p, 4-6 {expected}", World.AreasOf(_world.First));
    }

    [Theory]
    [InlineData(true, "rwxp"), InlineData(false, "rw-p")]
    public void TheHeapHasIt(bool isOn, string expected)
    {
        _world.Memory.ReadImpliesExecute = isOn;
        VirtualAddress start = _world.Memory.Break;
        Assert.Equal(start + 8192, _world.Memory.SetBreak(start + 8192));
        Assert.Equal(expected, _world.Memory.Areas.Snapshot().First(area => area.Range.First == start.Page).Rights);
    }

    [Theory]
    [InlineData(true, "r-xp"), InlineData(false, "r--p")]
    public void AChildInheritsIt(bool isOn, string expected)
    {
        _world.Memory.ReadImpliesExecute = isOn;
        using UserProcess child = _world.First.Fork();
        Assert.Equal(isOn, child.Memory.ReadImpliesExecute);
        World.MapAs(child, 8, 1, MemoryProtection.Read, World.PrivateFixed);
        Assert.Equal($"0-2 r--p, 8-9 {expected}", World.AreasOf(child));
    }
}

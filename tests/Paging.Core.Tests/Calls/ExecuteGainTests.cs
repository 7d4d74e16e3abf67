using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>PR_SET_MDWE: memory is written or executed, and becomes executable at its mapping only.</summary>
/// <remarks>Linux: include/linux/mman.h map_deny_write_exec, called by mmap_region and do_mprotect_pkey.</remarks>
public sealed class ExecuteGainTests : IDisposable
{
    private const MemoryProtection Code = MemoryProtection.Read | MemoryProtection.Execute, All = MemoryProtection.ReadWrite | Code;

    private readonly World _world = new();

    public void Dispose()
    {
        _world.AssertNothingIsLeft();
        _world.Dispose();
    }

    [Theory]
    [InlineData(MemoryProtection.ReadWrite, Errno.None)]
    [InlineData(MemoryProtection.Execute, Errno.None)]
    [InlineData(Code, Errno.None)]
    [InlineData(MemoryProtection.Write | MemoryProtection.Execute, Errno.EACCES)]
    [InlineData(All, Errno.EACCES)]
    public void AMappingIsWrittenOrExecuted(MemoryProtection rights, Errno expected)
    {
        _world.Map(0, 2, MemoryProtection.Read);
        foreach (ExecuteGain gain in (ExecuteGain[])[ExecuteGain.Refused, ExecuteGain.RefusedHere])
        {
            _world.Memory.ExecuteGain = gain;
            Assert.Equal(expected, _world.Memory.Map(World.At(0), World.Bytes(1), rights, World.PrivateFixed, out _));
            if (expected != Errno.None) Assert.Equal("0-2 r--p", World.AreasOf(_world.First));    // nothing was unmapped
        }

        _world.Memory.ExecuteGain = ExecuteGain.Allowed;
        World.Succeeds(_world.Memory.Map(World.At(0), World.Bytes(1), rights, World.PrivateFixed, out _));
    }

    [Theory]
    [InlineData(MemoryProtection.Read, Code, Errno.EACCES)]
    [InlineData(MemoryProtection.ReadWrite, MemoryProtection.Execute, Errno.EACCES)]
    [InlineData(Code, MemoryProtection.ReadWrite, Errno.None)]
    [InlineData(Code, MemoryProtection.Execute, Errno.None)]
    [InlineData(Code, All, Errno.EACCES)]
    [InlineData(All, All, Errno.EACCES)]    // even without a change
    [InlineData(All, Code, Errno.None)]
    public void AProtectionGivesNoExecution(MemoryProtection before, MemoryProtection after, Errno expected)
    {
        _world.Map(0, 2, before);
        _world.Memory.ExecuteGain = ExecuteGain.Refused;
        Assert.Equal(expected, _world.Memory.Protect(World.At(0), World.Bytes(1), after));
        _world.Memory.ExecuteGain = ExecuteGain.Allowed;
        World.Succeeds(_world.Memory.Protect(World.At(0), World.Bytes(1), after));
    }

    [Fact]
    public void ThereIsNoOtherValue() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _world.Memory.ExecuteGain = (ExecuteGain)2);

    /// <summary>All private memory, present and future, can be merged; shared memory cannot. Linux: ksm_add_vmas, ksm_vma_flags.</summary>
    [Fact]
    public void AllPrivateMemoryIsMergeable()
    {
        int file = _world.OpenFile("f", 4);
        _world.Map(0, 1);
        _world.MapFile(file, 2, 1, filePage: 0, type: MapFlags.Private);
        _world.MapFile(file, 4, 1, filePage: 0, type: MapFlags.Shared);
        _world.MapShared(6, 1);
        _world.Memory.IsAllMergeable = true;
        _world.Map(8, 1);
        _world.MapFile(file, 10, 1, filePage: 0, type: MapFlags.Private);
        _world.MapFile(file, 12, 1, filePage: 0, type: MapFlags.Shared);
        VirtualAddress heap = _world.Memory.Break;
        Assert.Equal(heap + 4096, _world.Memory.SetBreak(heap + 4096));
        Assert.Equal([true, true, false, false, true, true, false, true], Mergeable());
        _world.Memory.IsAllMergeable = false;
        Assert.Equal(Enumerable.Repeat(false, 8), Mergeable());
        World.Succeeds(_world.Memory.Advise(World.At(0), World.Bytes(1), MemoryAdvice.Mergeable));
        _world.Memory.IsAllMergeable = false;    // was not set: changes nothing (ksm_disable_merge_any)
        Assert.Equal(1, Mergeable().Count(static one => one));

        IEnumerable<bool> Mergeable() => ((VirtualAddress[])[.. Enumerable.Range(0, 7).Select(static i => World.At(2 * i)), heap]).Select(
            at => (_world.Memory.Areas.Snapshot().First(area => area.Range.Contains(at.Page)).Flags & AreaFlags.Mergeable) != 0);
    }
}

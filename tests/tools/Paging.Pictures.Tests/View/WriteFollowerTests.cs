using Paging.Core;
using Paging.Native;
using Paging.View;

namespace Paging.Pictures.Tests;

/// <summary>The last writer of a byte, by process, through fork and execve.</summary>
public sealed class WriteFollowerTests : IDisposable
{
    private static readonly VirtualAddress Address = new(0x2000_0123);

    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 2 << 20 });
    private readonly WriteFollower _writes = new(Address);
    private int _steps;

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void EachProcessHasItsOwnLastWriterAfterForkAndExecve()
    {
        UserProcess first = _engine.CreateProcess("first"), second = _engine.CreateProcess("second");
        Step(() => Map(first));
        Step(() => Map(second));
        Assert.Null(_writes.LastOf(first.Id));
        Step(() => Write(first));
        Step(() => Write(second));
        Assert.Equal((3, 4), (_writes.LastOf(first.Id)!.Step, _writes.LastOf(second.Id)!.Step));
        UserProcess child = null!;
        Step(() => child = first.Fork());
        Assert.Equal((3, first.Id), (_writes.LastOf(child.Id)!.Step, _writes.LastOf(child.Id)!.ProcessId));
        Step(() => Assert.Equal(Errno.None, child.ReplaceMemory("other", isTopDown: true, PageNumber.FirstKernel)));
        Step(() => Map(child));
        Step(() => Write(child));    // the new program's memory is followed as well
        Assert.Equal((8, child.Id), (_writes.LastOf(child.Id)!.Step, _writes.LastOf(child.Id)!.ProcessId));
        Assert.Equal((3, 4), (_writes.LastOf(first.Id)!.Step, _writes.LastOf(second.Id)!.Step));
    }

    private void Step(Action action)
    {
        if (_steps == 0) _writes.Look(_engine, 0);
        action();
        _writes.Look(_engine, ++_steps);
    }

    private static void Map(UserProcess process) => Assert.Equal(Errno.None, process.Memory.Map(new(Address.Value & ~0xFFFu), 0x1000,
        MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _));

    private static void Write(UserProcess process) => process.Memory.Mmu.Write(Address, (byte)1);
}

using Paging.Bench.Harness;
using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Windows;

namespace Paging.Bench.Operations.Windows;

/// <summary>One engine with a process of Windows and one of Linux, so that both do the same on the same tables and frames.</summary>
internal sealed class WindowsWorld : IDisposable
{
    public const AllocationTypes ReserveAndCommit = AllocationTypes.Reserve | AllocationTypes.Commit;
    public const MemoryProtection Both = MemoryProtection.ReadWrite;
    public const MapFlags Anonymous = MapFlags.Private | MapFlags.Anonymous;

    public WindowsWorld(ulong ramBytes)
    {
        Engine = new(new EngineOptions { RamBytes = ramBytes, Overcommit = OvercommitMode.Always });
        if (Engine.Swap.SwitchOn(new MemorySwapStore(ramBytes), out _) != Errno.None) throw new BrokenBenchmarkException("swapon failed.");
        Machine = WindowsMachine.Of(Engine);
        Process = Machine.CreateProcess("windows");
        Linux = Engine.CreateProcess("linux");
    }

    public PagingEngine Engine { get; }

    public WindowsMachine Machine { get; }

    public WindowsProcess Process { get; }

    public UserProcess Linux { get; }

    /// <summary>Allocates memory of Windows.</summary>
    public VirtualAddress Allocate(uint byteLength, AllocationTypes types = ReserveAndCommit)
    {
        Require(Process.Memory.VirtualAlloc(default, byteLength, types, PageProtection.ReadWrite, out VirtualAddress at), "VirtualAlloc");
        return at;
    }

    /// <summary>Maps memory of Linux.</summary>
    public VirtualAddress Map(uint byteLength)
    {
        Require(Linux.Memory.Map(default, byteLength, Both, Anonymous, out VirtualAddress at), "mmap");
        return at;
    }

    /// <summary>Makes many allocations of a page with a free page between, by releasing every other one; as many for Linux.</summary>
    /// <returns>The first page of each comb.</returns>
    public (VirtualAddress Windows, VirtualAddress Linux) MakeCombs(int count)
    {
        VirtualAddress windows = Allocate((uint)count << 13, AllocationTypes.Reserve), linux = Map((uint)count << 13);
        for (uint i = 0; i < count; i++)
        {
            VirtualAddress hole = windows + (i << 13) + 0x1000;
            uint length = 0x1000;
            if (Process.Native.NtFreeVirtualMemory(ref hole, ref length, AllocationTypes.Release) != NtStatus.Success)
                throw new BrokenBenchmarkException("NtFreeVirtualMemory failed.");
            Require(Linux.Memory.Unmap(linux + (i << 13) + 0x1000, 0x1000), "munmap");
        }

        return (windows, linux);
    }

    public static void Require(Win32Error error, string call)
    {
        if (error != Win32Error.Success) throw new BrokenBenchmarkException($"{call} of the engine returned {error}.");
    }

    public static void Require(Errno error, string call)
    {
        if (error != Errno.None) throw new BrokenBenchmarkException($"{call} of the engine returned {error}.");
    }

    public void Dispose()
    {
        Machine.Dispose();
        Engine.Dispose();
    }
}

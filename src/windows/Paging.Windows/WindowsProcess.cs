using Paging.Core;
using Paging.Native;
using Paging.Windows.Reports;
using Paging.Windows.Spaces;

namespace Paging.Windows;

/// <summary>A process with Windows' memory calls: an address space of 2 or 3 GB, allocations, views and handles to sections.</summary>
/// <remarks>
/// Its accesses go through <see cref="Mmu"/>, over real page tables, as those of a Linux process do. A processor of the embedder's own
/// calls <see cref="Core.Mmu.ResolveFault"/>, and then <see cref="Exception"/> for the program's exception. There is no fork: a new
/// process has nothing of another one, and sections are the only sharing. Windows: EPROCESS. Not thread-safe; see
/// <see cref="PagingEngine"/>.
/// </remarks>
public sealed class WindowsProcess : IDisposable
{
    private readonly WindowsMachine _machine;
    private readonly UserProcess _process;
    private readonly WindowsSpace _space;

    internal WindowsProcess(WindowsMachine machine, UserProcess process, WindowsSpace space)
    {
        (_machine, _process, _space) = (machine, process, space);
        Access = new(this, machine.Parts);
        Memory = new(this, machine.Parts);
        Sections = new(this, machine.Parts);
        Native = new(this, machine.Parts);
        WorkingSet = new(this, machine.Parts);
    }

    /// <summary>The process number: 1, 2, 3, … with Linux processes in one count. Never reused.</summary>
    public int Id => _process.Id;

    /// <summary>The name in reports.</summary>
    public string Name => _process.Name;

    /// <summary>The first address that no program has: 0x7fff0000, or 0xbfff0000 under /3GB.</summary>
    public VirtualAddress AddressLimit => _space.User.Probe.Address;

    /// <summary>True after <see cref="Exit"/>.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>The process's memory as the program's instructions see it.</summary>
    public Mmu Mmu => _process.Memory.Mmu;

    /// <summary>Accesses with the exceptions of Windows, and the copies of other processes.</summary>
    public MemoryAccess Access { get; }

    /// <summary>VirtualAlloc and its like.</summary>
    public VirtualMemory Memory { get; }

    /// <summary>CreateFileMapping, MapViewOfFile and their like.</summary>
    public FileMappingCalls Sections { get; }

    /// <summary>The native calls that those of kernel32 are made of.</summary>
    public NativeMemory Native { get; }

    /// <summary>The pages that the process can use without a fault, and their limits.</summary>
    public WorkingSet WorkingSet { get; }

    /// <summary>The stack of the running thread: a guard page in it makes it grow. The embedder sets it when it switches threads.</summary>
    public StackBounds Stack
    {
        get => _space.Stack;
        set
        {
            Enter();
            _space.Stack = value;
        }
    }

    /// <summary>The exception of the last refused access, for an embedder that resolves faults through <see cref="Mmu"/>.</summary>
    public (NtStatus Code, NtStatus Reason) Exception => (_space.Refusal, _space.RefusalReason);

    /// <summary>The allocations and their pages at this moment, in the order of addresses.</summary>
    public ProcessSnapshot TakeSnapshot()
    {
        Enter();
        return ProcessSnapshot.Of(_machine.Parts, _space);
    }

    /// <summary>Writes the process as it is now: <see cref="WindowsMachine.Save"/> of this process alone, whose sections it shares with no
    /// other afterwards.</summary>
    /// <param name="stream">As for <see cref="WindowsMachine.Save"/>; <see cref="WindowsMachine.Load"/> reads it.</param>
    /// <param name="pages">As for <see cref="WindowsMachine.Save"/>.</param>
    /// <param name="nameOf">As for <see cref="WindowsMachine.Save"/>.</param>
    /// <exception cref="ObjectDisposedException">The process has exited. Also the exceptions of <see cref="WindowsMachine.Save"/>.
    /// </exception>
    public void Save(Stream stream, Action<ReadOnlySpan<byte>>? pages = null, Func<int, string?>? nameOf = null)
    {
        _process.Space.ThrowIfEnded();
        _machine.SaveThose(stream, pages, nameOf, _space);
    }

    /// <summary>The memory part of EPROCESS.</summary>
    public ProcessRecord TakeRecord()
    {
        Enter();
        return ProcessRecord.Of(_machine.Parts, _space, Name);
    }

    /// <summary>The whole user half at this moment, run by run as VirtualQuery shows it, with the cost of each run.</summary>
    public AddressSnapshot TakeAddressSnapshot()
    {
        Enter();
        return AddressSnapshot.Of(_machine.Parts, _space);
    }

    /// <summary>Reads four bytes of the page tables through their map at 0xC0000000; <see cref="SelfMap"/> computes addresses.</summary>
    /// <returns>False: not an address of the map, not a multiple of 4, or no table is there.</returns>
    public bool TryReadSelfMap(VirtualAddress address, out uint word)
    {
        Enter();
        return SelfMap.TryRead(_space.Space.Tables, address, out word);
    }

    /// <summary>Ends the process: its memory is free, its views and handles are gone.</summary>
    public void Exit(int code = 0) => _process.Exit(code);

    /// <summary>Ends the process if it still runs, and reaps it.</summary>
    public void Dispose() => _process.Dispose();

    internal WindowsMachine Machine => _machine;

    /// <summary>The process as the engine has it, for a processor to switch to.</summary>
    public UserProcess User => _process;

    internal WindowsSpace Space => _space;

    /// <summary>Starts every call: checks the thread, the engine and the process, and charges the process's group from now on.</summary>
    internal WindowsSpace Enter()
    {
        _machine.Parts.Enter();
        _process.Space.ThrowIfEnded();
        return _space;
    }

    /// <summary>Ends a call: an exception that a callback threw reaches the host here.</summary>
    internal NtStatus Leave(NtStatus status) => _machine.Parts.Core.Machine.Callers.Leave(status);
}

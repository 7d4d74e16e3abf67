using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Paging.Core;
using Paging.HostKernel.Files;
using Paging.HostKernel.Interop;
using Paging.Native;

namespace Paging.HostKernel.Puppets;

/// <summary>The puppet: all processes of one scenario, the block they share with the host, and the commands for them.</summary>
internal sealed class Puppet : IDisposable
{
    private const int SignalBus = 7, SignalSegmentation = 11;
    private const int NotMapped = 1, NotAllowed = 2, NoSuchAddress = 2;    // SEGV_MAPERR, SEGV_ACCERR, BUS_ADRERR
    private const int ErrorMax = 4095;

    private readonly List<PuppetProcess?> _processes = [];
    private readonly Stack<int> _freeSlots = new(Enumerable.Range(0, PuppetLayout.SlotCount).Reverse());

    internal Puppet(PuppetLayout layout)
    {
        Block = new ControlBlock(layout);
        Exchange = LibC.CreateMemoryFile("exchange", 0);
        (Socket, PuppetSocket) = LibC.CreateSocketPair();
    }

    /// <summary>The block shared with the processes.</summary>
    internal ControlBlock Block { get; }

    /// <summary>The file through which kernel copies go: the puppets' descriptor 0.</summary>
    internal SafeFileHandle Exchange { get; }

    /// <summary>The end of the connection through which the puppets receive descriptors. It closes when the host is gone.</summary>
    internal SafeFileHandle Socket { get; }

    /// <summary>The other end, closed in the host once process 0 has it.</summary>
    internal SafeFileHandle PuppetSocket { get; }

    /// <summary>The process of this number, or null when there is none, or no longer.</summary>
    internal PuppetProcess? Find(int number) => number >= 0 && number < _processes.Count ? _processes[number] : null;

    /// <summary>The host's numbers of the processes that run.</summary>
    internal IReadOnlyList<int> ProcessIds => [.. _processes.OfType<PuppetProcess>().Select(static process => process.Pid)];

    /// <summary>Takes over process 0, just spawned with the first slot.</summary>
    internal PuppetProcess Adopt(int pid, ulong lockLimit)
    {
        PuppetProcess process = new(pid, _freeSlots.Pop(), new FileTable(), lockLimit);
        _processes.Add(process);
        return process;
    }

    /// <summary>Makes a system call in the process: the result, or minus the error, as the kernel leaves it in eax.</summary>
    internal int Call(
        PuppetProcess process, I386Call call, uint ebx = 0, uint ecx = 0, uint edx = 0, uint esi = 0, uint edi = 0, uint ebp = 0)
    {
        ref ControlWords words = ref Block.Words;
        (words.Eax, words.Ebx, words.Ecx, words.Edx, words.Esi, words.Edi, words.Ebp) = ((uint)call, ebx, ecx, edx, esi, edi, ebp);
        Block.Run(process, Block.Code.SystemCall);
        return (int)words.Eax;
    }

    /// <summary>The outcome of a call that returns no number.</summary>
    internal Errno Try(
        PuppetProcess process, I386Call call, uint ebx = 0, uint ecx = 0, uint edx = 0, uint esi = 0, uint edi = 0, uint ebp = 0) =>
        ErrorOf(Call(process, call, ebx, ecx, edx, esi, edi, ebp));

    /// <summary>Runs an access of the program with its registers set; false and the fault when it faulted.</summary>
    internal bool Access(PuppetProcess process, uint entry, out MemoryFault fault)
    {
        Block.Run(process, entry);
        ref readonly ControlWords words = ref Block.Words;
        fault = new MemoryFault(KindOf(words.Signal, words.SignalCode), new VirtualAddress(words.SignalAddress));
        return !fault.IsFault;
    }

    /// <summary>Forks the process; the number of the child, or minus the error.</summary>
    internal int Fork(PuppetProcess parent)
    {
        if (!_freeSlots.TryPop(out int slot)) return -(int)Errno.EAGAIN;
        Block.ResetSlot(slot);
        Block.Words.Ebp = Block.Layout.Slot(slot);
        Block.Run(parent, Block.Code.Fork);
        int pid = (int)Block.Words.Eax;
        if (pid < 0)
        {
            _freeSlots.Push(slot);
            return pid;
        }
        _processes.Add(new PuppetProcess(pid, slot, parent.Files.Fork(), parent.LockLimit));
        return _processes.Count - 1;
    }

    /// <summary>Lets a process end; when this returns, its memory is gone.</summary>
    internal void Exit(int number, uint code)
    {
        PuppetProcess process = _processes[number]!;
        ref ControlWords words = ref Block.Words;
        (words.Eax, words.Ebx) = ((uint)I386Call.Exit, code);
        Block.Post(process, Block.Code.SystemCall);
        process.Reap();
        process.Dispose();
        _processes[number] = null;
        _freeSlots.Push(process.Slot);
    }

    /// <summary>Puts words where the process finds them as an argument in memory.</summary>
    internal uint PutWords(params ReadOnlySpan<uint> words)
    {
        for (int i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(Block.Scratch[(i * sizeof(uint))..], words[i]);
        return Block.Layout.Scratch;
    }

    /// <summary>The error in a raw result.</summary>
    internal static Errno ErrorOf(int result) => result is < 0 and >= -ErrorMax ? (Errno)(-result) : Errno.None;

    public void Dispose()
    {
        foreach (PuppetProcess? process in _processes) process?.Dispose();
        _processes.Clear();
        Socket.Dispose();
        PuppetSocket.Dispose();
        Exchange.Dispose();
        Block.Dispose();
    }

    private static MemoryFaultKind KindOf(int signal, int code) => (signal, code) switch
    {
        (0, _) => MemoryFaultKind.None,
        (SignalSegmentation, NotMapped) => MemoryFaultKind.NotMapped,
        (SignalSegmentation, NotAllowed) => MemoryFaultKind.NotAllowed,
        (SignalBus, NoSuchAddress) => MemoryFaultKind.BusError,
        _ => throw new InvalidOperationException($"An access gave signal {signal} with si_code {code}, which the dialect does not know."),
    };
}

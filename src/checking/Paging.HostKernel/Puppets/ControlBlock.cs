using Microsoft.Win32.SafeHandles;
using Paging.HostKernel.Interop;

namespace Paging.HostKernel.Puppets;

/// <summary>The shared block as the host sees it: posts a command to a process, waits until it is done, and reads the result.</summary>
/// <remarks>
/// Both sides first spin, then sleep in futex(2) on a word of the block. So a command costs a microsecond when two processors
/// are free and two context switches when they are not. No ptrace: any thread of the host may call, one at a time.
/// </remarks>
internal sealed class ControlBlock : IDisposable
{
    private const long FutexCall = 202, FutexWait = 0, FutexWake = 1;
    private const long CheckNanoseconds = 200_000_000;
    private const int ReadWrite = 3, MapShared = 1;

    private readonly unsafe byte* _base;
    private readonly nuint _byteLength;
    private readonly SpinBudget _spin = new();

    /// <summary>Makes the block and puts the program into it.</summary>
    // SAFETY: the mapping was made ByteLength bytes long, and the program was built to end before ControlOffset.
    internal unsafe ControlBlock(PuppetLayout layout)
    {
        Layout = layout;
        Code = new PuppetCode(layout);
        _byteLength = layout.ByteLength;
        Memory = LibC.CreateMemoryFile("puppet", layout.ByteLength);
        _base = LibC.Map(null, _byteLength, ReadWrite, MapShared, Memory, 0);
        if (_base == (byte*)-1) throw LibC.Failed("mmap");
        Code.Bytes.CopyTo(new Span<byte>(_base, PuppetLayout.ControlOffset));
        Words.SpinCount = _spin.PuppetSpins;
        Words.SleepSeconds = 1;
        Words.PollDescriptor = PuppetLayout.SocketDescriptor;
    }

    /// <summary>The layout.</summary>
    internal PuppetLayout Layout { get; }

    /// <summary>The program in the block, with its entries.</summary>
    internal PuppetCode Code { get; }

    /// <summary>The block as a file, for the puppet to map.</summary>
    internal SafeFileHandle Memory { get; }

    /// <summary>The command and its result.</summary>
    // SAFETY: PuppetLayout places the words inside the block, which is mapped until Dispose.
    internal unsafe ref ControlWords Words => ref *(ControlWords*)(_base + PuppetLayout.ControlOffset);

    /// <summary>The part for arguments and results in memory.</summary>
    // SAFETY: PuppetLayout places the scratch part inside the block, which is mapped until Dispose.
    internal unsafe Span<byte> Scratch => new(_base + PuppetLayout.ScratchOffset, Layout.ScratchByteLength);

    /// <summary>Sets a process's wait word to idle.</summary>
    internal void ResetSlot(int index) => SlotWord(index) = ControlWords.Idle;

    /// <summary>Posts the command to the process and waits until it is done.</summary>
    /// <exception cref="InvalidOperationException">The process died of it.</exception>
    internal void Run(PuppetProcess process, uint entry)
    {
        Post(process, entry);
        Await(process);
    }

    /// <summary>Prepares to wait for a program that is about to start. It reports done when it runs.</summary>
    internal void Expect(int slot)
    {
        Words.Slot = Layout.Slot(slot);
        Words.Done = ControlWords.Idle;
        ResetSlot(slot);
    }

    /// <summary>Waits until the process reports done.</summary>
    internal void Await(PuppetProcess process)
    {
        ref int done = ref Words.Done;
        for (int spin = _spin.HostSpins; spin > 0; spin--)
        {
            if (Volatile.Read(ref done) == ControlWords.Posted)
            {
                _spin.Learn(wasInTime: true);
                return;
            }
            Thread.SpinWait(1);
        }
        _spin.Learn(wasInTime: false);
        while (Interlocked.CompareExchange(ref done, ControlWords.Asleep, ControlWords.Idle) != ControlWords.Posted)
        {
            Sleep(ref done);
            if (Volatile.Read(ref done) != ControlWords.Posted) process.ThrowIfDead();
        }
    }

    /// <summary>Posts the command without waiting: for exit, which never returns.</summary>
    internal void Post(PuppetProcess process, uint entry)
    {
        ref ControlWords words = ref Words;
        words.Entry = entry;
        words.Slot = Layout.Slot(process.Slot);
        words.SpinCount = _spin.PuppetSpins;
        words.Signal = 0;
        Volatile.Write(ref words.Done, ControlWords.Idle);
        ref int slot = ref SlotWord(process.Slot);
        if (Interlocked.Exchange(ref slot, ControlWords.Posted) == ControlWords.Asleep) Wake(ref slot);
    }

    // SAFETY: gives back the mapping that the constructor has made.
    public unsafe void Dispose()
    {
        _ = LibC.Unmap(_base, _byteLength);
        Memory.Dispose();
    }

    // SAFETY: the index is that of a process that Puppet has adopted, which is below the number of slots.
    private unsafe ref int SlotWord(int index) => ref *(int*)(_base + PuppetLayout.SlotsOffset + (index * sizeof(int)));

    // The words lie outside the managed heap: taking their address needs no pinning.
    // SAFETY: the word lies in the block, outside the managed heap, so its address stays; the timeout outlives the call.
    private static unsafe void Sleep(ref int word)
    {
        long* timeout = stackalloc long[2] { 0, CheckNanoseconds };
        _ = LibC.Futex(FutexCall, Address(ref word), FutexWait, ControlWords.Asleep, timeout);
    }

    // SAFETY: as Sleep.
    private static unsafe void Wake(ref int word) => _ = LibC.Futex(FutexCall, Address(ref word), FutexWake, 1, null);

    // SAFETY: the word lies outside the managed heap, so its address needs no pinning.
    private static unsafe void* Address(ref int word) => System.Runtime.CompilerServices.Unsafe.AsPointer(ref word);
}

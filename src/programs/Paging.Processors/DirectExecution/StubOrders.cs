using Paging.Native;

namespace Paging.Processors.DirectExecution;

//   0                                     F80              FA0                       FC8        FFF
//  ┌──────── … ─────────────────────┬──────┬────────────────┬─────────────────────────┬── … ─────┬───────┐
//  │ orders: a call, its arguments  │ last │ EDI … EAX      │ what iretq loads        │          │ block │
//  └──────── … ─────────────────────┴──────┴────────────────┴─────────────────────────┴── … ─────┴───────┘
/// <summary>System calls that a stub is to make, in a page that it can only read: seven words each, a negative one after them.</summary>
/// <remarks>
/// They are those of x86-64; the last argument is a number of pages. A program that goes on after them finds its registers here, and its
/// calls blocked: the last order stores <see cref="Block"/> in the last byte of the page, which only the file can store to. Linux:
/// Documentation/admin-guide/syscall-user-dispatch.rst.
/// </remarks>
internal sealed class StubOrders : IDisposable
{
    /// <summary>The addresses, in the stub, of a program's registers, of the rest of them, and of the byte that blocks its calls.</summary>
    public const uint RegistersAt = StubProgram.OrdersAt + RegistersOffset, FrameAt = StubProgram.OrdersAt + FrameOffset,
        BlockerAt = StubProgram.OrdersAt + BlockerOffset;

    /// <summary>The value of the byte while calls are blocked; else it is 0. Linux: SYSCALL_DISPATCH_FILTER_BLOCK.</summary>
    public const byte Block = 1;

    private const int RegistersOffset = 0xF80, FrameOffset = 0xFA0, BlockerOffset = 0xFFF;
    private const int WordsOfOrder = 7, OrderCountMax = (RegistersOffset / sizeof(uint) / WordsOfOrder) - 1;
    // The numbers of x86-64; Store is pwrite64.
    private const uint Map = 9, Protect = 10, Unmap = 11, Store = 18, ProcessControl = 157, CloseRange = 436;
    private const uint SharedFixed = 0x1 | 0x10, Populate = 0x8000;    // MAP_…
    private const uint Stop = uint.MaxValue, GoOn = uint.MaxValue - 1;       // words after the last order

    private unsafe uint* _words;    // the page; null after Dispose
    private int _count;
    private int _endOfLast;    // the word after the last order that was added

    // SAFETY: the page is mapped for this object alone, and Dispose unmaps it.
    public unsafe StubOrders()
    {
        File = TraceApi.CreateMemoryFile("paging-orders", 1);    // MFD_CLOEXEC
        nint at = File < 0 || TraceApi.SetLength(File, VirtualAddress.PageSize) != 0
            ? -1 : TraceApi.Map(0, VirtualAddress.PageSize, 3, 1, File, 0);    // PROT_READ | PROT_WRITE, MAP_SHARED
        if (at == -1) throw new InvalidOperationException("The host gives no memory that another process can map.");
        _words = (uint*)at;
    }

    /// <summary>The descriptor of the file that the stub maps.</summary>
    public int File { get; }

    /// <summary>True if there are no orders.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>True if there is no room for another order.</summary>
    public bool IsFull => !HasRoomFor(1);

    /// <summary>True if there is room for so many more orders.</summary>
    public bool HasRoomFor(int count) => _count + count < OrderCountMax;    // the last one blocks calls

    /// <summary>True while the calls of the stub's code reach the host's kernel.</summary>
    // SAFETY: as Blocker.
    public unsafe bool AllowsCalls
    {
        get => *Blocker == 0;
        set => *Blocker = value ? (byte)0 : Block;
    }

    /// <summary>Adds an order to map pages to consecutive frames. Of several, the host enters those that are used.</summary>
    public void AddMap(PageNumber first, uint count, FrameNumber frame, uint protection) =>
        Add(Map, (uint)first.Address.Value, count << VirtualAddress.PageShift, protection,
            count == 1 ? SharedFixed | Populate : SharedFixed, StubProgram.RamFile, frame.Value);

    /// <summary>Adds an order to unmap a range.</summary>
    public void AddUnmap(uint from, uint end) => Add(Unmap, from, end - from, 0, 0, 0, 0);

    /// <summary>Adds an order to change the protection of pages that are mapped.</summary>
    public void AddProtect(PageNumber first, PageNumber end, uint protection) =>
        Add(Protect, first.Address.Value, (end.Value - first.Value) << VirtualAddress.PageShift, protection, 0, 0, 0);

    /// <summary>Adds an order to make rdtsc a fault, or none: PR_SET_TSC of prctl(2).</summary>
    public void AddTimeStamps(bool areRefused) =>
        Add(ProcessControl, StubProgram.SetTimeStamps, areRefused ? StubProgram.RefuseTimeStamps : StubProgram.AllowTimeStamps, 0, 0, 0, 0);

    /// <summary>Adds an order to close descriptors.</summary>
    public void AddClose(uint first, uint last) => Add(CloseRange, first, last, 0, 0, 0, 0);

    /// <summary>Removes all orders; those that were added last are carried out.</summary>
    public void Clear() => _count = 0;

    /// <summary>Completes the list: after the last order a program goes on, and none of its calls reaches the host's kernel.</summary>
    // SAFETY: registers and frame lie in the page, at multiples of their words.
    public unsafe void EndWith(in HostRegisters registers)
    {
        Add(Store, StubProgram.OrdersFile, StubProgram.BlockAt, 1, BlockerOffset, 0, 0);
        _words[_count * WordsOfOrder] = GoOn;
        uint* words = _words + (RegistersOffset / sizeof(uint));
        (words[0], words[1], words[2], words[3]) = ((uint)registers.Rdi, (uint)registers.Rsi, (uint)registers.Rbp, (uint)registers.Rbx);
        (words[4], words[5], words[6]) = ((uint)registers.Rdx, (uint)registers.Rcx, (uint)registers.Rax);
        ulong* frame = (ulong*)_words + (FrameOffset / sizeof(ulong));
        (frame[0], frame[1], frame[2]) = (registers.Rip, registers.Cs, registers.Eflags);
        (frame[3], frame[4]) = (registers.Rsp, registers.Ss);
    }

    /// <summary>Makes the stub stop after the last order after all, if it has not passed it.</summary>
    // SAFETY: Add keeps this word inside the page.
    public unsafe void StopAtEnd() => _words[_endOfLast] = Stop;

    /// <summary>Unmaps the page; a stub that maps it keeps it.</summary>
    // SAFETY: the page belongs to this object alone, and is unmapped once.
    public unsafe void Dispose()
    {
        if (_words == null) return;
        _ = TraceApi.Unmap((nint)_words, VirtualAddress.PageSize);
        _ = TraceApi.Close(File);
        _words = null;
    }

    // SAFETY: the page exists until Dispose; afterwards a caller gets an exception.
    private unsafe byte* Blocker
    {
        get
        {
            ObjectDisposedException.ThrowIf(_words == null, this);
            return (byte*)_words + BlockerOffset;
        }
    }

    // SAFETY: the bound keeps an order and the word after it before the registers; a caller that does not ask for room gets an exception.
    private unsafe void Add(uint call, uint a, uint b, uint c, uint d, uint e, uint f)
    {
        ObjectDisposedException.ThrowIf(_words == null, this);
        if (_count >= OrderCountMax) throw new InvalidOperationException("The page of orders is full.");
        Span<uint> order = new(_words + (_count * WordsOfOrder), WordsOfOrder + 1);
        ReadOnlySpan<uint> words = [call, a, b, c, d, e, f, Stop];
        words.CopyTo(order);
        _count++;
        _endOfLast = _count * WordsOfOrder;
    }
}

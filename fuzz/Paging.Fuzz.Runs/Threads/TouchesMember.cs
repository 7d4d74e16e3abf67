using Paging.Core;
using Paging.Native;
using Paging.Scripting.Running;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>One thread that touches fresh pages: of its own, and some that all threads of its space touch at once.</summary>
internal sealed class TouchesMember(PagingEngine engine, UserProcess process, int number, ulong seed)
{
    private const int PagesEach = 256, RacedPages = 512;
    private const uint PageBytes = 4096, WordBytes = 64;
    private const uint Own = 0x1000_0000, OwnStride = 0x0010_0000, Raced = 0x4000_0000;

    private readonly FuzzRandom _random = new((seed * 31) + (ulong)number);
    private readonly uint[] _words = new uint[PagesEach];    // what its pages hold
    private int _next, _nextRaced, _change;

    public long TouchCount { get; private set; }
    public long AccessCount { get; private set; }
    public string? Failure { get; private set; }

    private Mmu Mmu => process.Memory.Mmu;

    /// <summary>Maps the areas of all threads.</summary>
    public static void MapAll(UserProcess process, int memberCount)
    {
        for (int i = 0; i < memberCount; i++) Map(process, new(Own + ((uint)i * OwnStride)), PagesEach);
        Map(process, new(Raced), RacedPages);
    }

    /// <summary>The report of a space adds up whenever it is read: its counts are read together, with the gate closed.</summary>
    public static string? Compare(AddressSpace memory)
    {
        FaultCounters faults = memory.Faults;
        return faults.Anonymous + faults.ZeroPage <= faults.Minor + faults.Major ? null : $"the counts of faults do not add up: {faults}";
    }

    public void Run(int touches)
    {
        try
        {
            using VirtualProcessor processor = engine.Threads.CreateProcessor();
            processor.Run(process);
            for (int i = 0; i < touches && Failure is null; i++)
            {
                Touch();
                processor.Poll();
            }

            for (int page = 0; page < _next && Failure is null; page++) Check(page);
            for (int page = 0; page < _nextRaced && Failure is null; page++) CheckRaced(page);
            processor.Rest();
        }
        catch (Exception exception)
        {
            Failure = Defect.Describe(exception);
        }
    }

    /// <summary>For the thread that makes calls: any of the pages go to swap, as memory pressure would choose them.</summary>
    public void PageOut() => process.Memory.Advise(At(0), PagesEach * PageBytes, MemoryAdvice.PageOut);

    private void Touch()
    {
        int kind = _random.Below(16);
        if (kind == 0 && _nextRaced < RacedPages) TouchRaced(_nextRaced);
        else if (kind == 1 && _next != 0) Check(_random.Below(_next));
        else TouchNext();
    }

    private void TouchNext()
    {
        if (_next == _words.Length) Discard();
        VirtualAddress at = At(_next);
        bool isRead = _random.Below(8) == 0;
        uint word = _words[_next] = isRead ? 0 : ThreadTag.Of(number, _next, ++_change | 1).Word;
        TouchCount++;
        AccessCount += isRead ? 1 : 2;
        if (!isRead && !Mmu.TryWrite(at, word, out MemoryFault fault)) Refuse(fault);
        else if (Mmu.TryRead(at + (uint)(_random.Below(63) + 1) * WordBytes, out uint rest, out fault) && rest != 0)
            Failure ??= $"fresh page {_next} of thread {number} holds {rest:x8}";
        else _next++;
    }

    private void TouchRaced(int page)
    {
        TouchCount++;
        AccessCount++;
        if (Mmu.TryWrite(RacedAt(page), Word(page), out MemoryFault fault)) _nextRaced++;
        else Refuse(fault);
    }

    private void Check(int page) => Check("page", page, At(page), _words[page]);

    private void CheckRaced(int page) => Check("raced page", page, RacedAt(page), Word(page));

    private void Check(string kind, int page, VirtualAddress at, uint written)
    {
        AccessCount++;
        if (Mmu.TryRead(at, out uint word, out MemoryFault fault) && word != written)
            Failure ??= $"{kind} {page} of thread {number} holds {word:x8}, and {written:x8} was written";
        else if (fault.Kind != MemoryFaultKind.None) Refuse(fault);
    }

    /// <summary>Its pages are fresh again.</summary>
    private void Discard()
    {
        process.Memory.Advise(At(0), PagesEach * PageBytes, MemoryAdvice.DontNeed);
        _next = 0;
    }

    private void Refuse(MemoryFault fault)
    {
        if (fault.Kind != MemoryFaultKind.OutOfMemory) Failure ??= $"thread {number}: {fault.Kind}";
    }

    private VirtualAddress At(int page) => new(Own + ((uint)number * OwnStride) + ((uint)page * PageBytes));

    private VirtualAddress RacedAt(int page) => new(Raced + ((uint)page * PageBytes) + ((uint)number * WordBytes));

    private uint Word(int page) => ThreadTag.Of(number, page, 1).Word;

    /// <summary>Maps pages at an address, for good.</summary>
    public static void Map(UserProcess process, VirtualAddress at, uint pages)
    {
        const MapFlags flags = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed;
        Errno error = process.Memory.Map(at, pages * PageBytes, MemoryProtection.ReadWrite, flags, out _);
        if (error != Errno.None) throw new InvariantException($"mmap: {error}");
    }
}
